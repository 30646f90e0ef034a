"""What a build keeps of its study, so that two builds can be compared long after: specs and mappings, as they
were read.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path


def files(root: Path, names: Iterable[str], home: Path) -> None:
    """The files of specs/ and mappings/, byte by byte."""
    for name in names:
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, home / name)
