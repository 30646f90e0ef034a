"""What makes a record itself: the person, the raw form, and the values of the form's key fields."""

from __future__ import annotations

from typing import Final

SUBJECT: Final = "USUBJID"
# beside every frame, raw or derived, through every stage; never published
KEY: Final = [SUBJECT, "form", "record"]
