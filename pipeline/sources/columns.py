"""Which column of a file is which field of its contract, and what to do where one has no other."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.errors import DropError
from pipeline.study.located import nearest
from pipeline.study.models import Form

_NAME = re.compile(
    r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*|[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)+|[a-z]+"
)  # MOOD, Start_Date, ae_term, mood; not Fever


def fields(file: str, names: Sequence[str], form: Form, line: str = "", fold: bool = False) -> list[str]:
    """The field of the contract that each column of a file holds.

    Takes     the names as the file has them; `line` is where they stand (", line 1"); `fold` where upper and
              lower case mean the same, as in SAS.
    Returns   one field a column, in the order of the file.
    Raises    DropError that lists every column that is missing, unknown or there twice.
    """

    def plain(name: str) -> str:
        return name.upper() if fold else name

    by_name = {plain(form.file.columns.get(f, f)): f for f in form.fields}
    found = [plain(n) for n in names]
    if not set(found) & set(by_name):  # else each cell of a first record would be told as a column
        raise DropError(
            f"{file}{line}: names no column of the contract; export the form with its header line"
        )
    told = faults(found, list(by_name))
    if told:
        raise DropError("\n".join(f"{file}: {t}" for t in told))
    return [by_name[n] for n in found]


def faults(names: Sequence[str], expected: Sequence[str]) -> list[str]:
    """Every expected column that is not among the names, every name that nobody expects, every name there
    twice.

    A header that ran into its first record has values for names: unless every unknown name looks like one,
    only their places are told.
    """
    twice = sorted({n for n in expected if list(names).count(n) > 1})
    missing = [c for c in expected if c not in names]
    extra = {n: at for at, n in enumerate(names, start=1) if n not in expected}
    shown = list(extra) if all(_NAME.fullmatch(n) for n in extra) else []
    told = [f"column {c} is missing{nearest(c, shown)}; export it, or change specs/raw" for c in missing]
    told += [
        f"column {n} is not in the contract{nearest(n, missing)}; add it to specs/raw so that it is not lost"
        " in silence"
        for n in shown
    ]
    if len(shown) < len(extra):
        places = ", ".join(str(at) for at in extra.values())
        told.append(
            f"what stands in the header at {places} may be a value and is not shown; export the form with its"
            " header line alone"
        )
    return told + [f"column {n} stands in the header twice" for n in twice]
