"""Which column of a file is which field of its contract, and what to do where a column matches none."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.errors import DropError
from pipeline.study.located import nearest
from pipeline.study.models import Form

# MOOD, Start_Date, ae_term, mood; not Fever
_LIKE_A_NAME = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*|[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)+|[a-z]+")


def fields(
    file: str, names: Sequence[str], form: Form, line: str = "", ignore_case: bool = False
) -> list[str]:
    """The field of the contract that each column of a file holds.

    Takes     the names as the file has them; `line` is where they stand (", line 1"); `ignore_case` where
              upper and lower case mean the same, as in SAS.
    Returns   one field for each column, in the order of the file.
    Raises    DropError that lists every column that is missing, unknown or there twice.
    """

    def plain(name: str) -> str:
        return name.upper() if ignore_case else name

    field_of = {plain(form.file.columns.get(field, field)): field for field in form.fields}
    columns = [plain(name) for name in names]
    if not set(columns) & set(field_of):  # a file without a header, whose first record holds values
        why = "names no column of the contract; export the form with its header line"
        raise DropError(f"{file}{line}: {why}")
    wrong = faults(columns, list(field_of))
    if wrong:
        raise DropError("\n".join(f"{file}: {fault}" for fault in wrong))
    return [field_of[column] for column in columns]


def faults(names: Sequence[str], expected: Sequence[str]) -> list[str]:
    """Every expected column that is missing, every column that nobody expects, every column there twice.

    A header that ran into its first record has values for names: unless every unknown name looks like a
    name, only their places are shown.
    """
    missing = [name for name in expected if name not in names]
    unknown = {name: place for place, name in enumerate(names, start=1) if name not in expected}
    twice = sorted({name for name in expected if list(names).count(name) > 1})
    shown = list(unknown) if all(_LIKE_A_NAME.fullmatch(name) for name in unknown) else []

    export = "export it, or change specs/raw"
    add = "add it to specs/raw so that it is not lost in silence"
    wrong = [f"column {name} is missing{nearest(name, shown)}; {export}" for name in missing]
    wrong += [f"column {name} is not in the contract{nearest(name, missing)}; {add}" for name in shown]
    if len(shown) < len(unknown):
        places = ", ".join(str(place) for place in unknown.values())
        wrong.append(
            f"what stands in the header at {places} may be a value and is not shown; export the form with its"
            " header line alone"
        )
    wrong += [f"column {name} stands in the header twice" for name in twice]
    return wrong
