"""Forms of which the drop holds much less than the build before: most of a file may have been left out."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.records.findings import Finding
from pipeline.records.lost import LOST, Sizes, lost
from pipeline.study import Study


def check(study: Study, now: Sizes, before: Sizes) -> Iterator[Finding]:
    """An error for each form that lost more of its records or participants than `lost_percent` allows.

    Takes     how much the forms of this drop hold, and those of the build that it continues.
    """
    percent = study.protocol.lost_percent
    for form, told in lost(now, before, percent):
        message = f"{told}; more than {percent:g} % are gone; ask for the whole form, or confirm the loss"
        yield Finding(LOST, "error", form, "", "", "", message, form)
