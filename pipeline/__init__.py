"""Raw trial captures to SDTM, ADaM, XPT and define.xml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.schemas import schema

__all__ = ["GC_THRESHOLDS", "schema"]

# of the garbage collector: frames come and go by the thousand, and hardly any is in a circle for it to find.
# It would take 0.1 s of the sample's build, most of it to look through libraries as they are loaded.
GC_THRESHOLDS = (1_000_000, 50, 100)


def __getattr__(name: str) -> Any:
    # imported when it is asked for: pandera takes half a second, and the command line must not wait for it
    if name == "schema":
        from pipeline.schemas import schema

        return schema
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
