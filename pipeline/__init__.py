"""Raw trial captures to SDTM, ADaM, XPT and define.xml."""

from __future__ import annotations

from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.notebook import build
    from pipeline.schemas import schema
    from pipeline.study import Study

    __version__: str

__all__ = ["GC_THRESHOLDS", "Study", "__version__", "build", "schema"]

# of the garbage collector: frames come and go by the thousand, and hardly any is in a circle for it to find.
# It would take 0.1 s of the sample's build, most of it to look through libraries as they are loaded.
GC_THRESHOLDS = (1_000_000, 50, 100)

# what is imported when it is asked for: pandera takes half a second, and the command line must not wait
_MODULES = {"Study": "pipeline.study", "build": "pipeline.notebook", "schema": "pipeline.schemas"}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return metadata.version("cdisc-pipeline")
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
