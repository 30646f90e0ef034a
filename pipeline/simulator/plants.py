"""What is planted on a participant on purpose, and the list that says where."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.errors import SpecError

Words = Mapping[str, Any]
Row = dict[str, str]

CHANGES: Mapping[str, Callable[[str], str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "trailing": lambda value: f"{value}  ",
    "no day": lambda value: value if value.startswith("UN ") else f"UN {value[3:]}",
    "no month": lambda value: f"UN UNK {value[-4:]}",
}


@dataclass(frozen=True)
class Planted:
    """One planted oddity and the record that shows it."""

    said: Words
    subject: str
    row: Row

    def entry(self) -> dict[str, str]:
        entry = {
            "oddity": self.said["oddity"],
            "form": self.said["form"],
            "subject": self.subject,
            "folder": self.row["FOLDER"],
        }
        entry |= {"record": self.row["RECORD"]} | (
            {"lesion": self.row["LESION"]} if "LESION" in self.row else {}
        )
        return entry | {"field": self.said["field"], "note": self.said.get("note", "")}


def plant(rows: list[tuple[str, Row]], subject: str, show: Iterable[Words]) -> list[Planted]:
    """Changes the records that the plants name.

    Raises    SpecError for a plant whose record does not exist: the course did not bring it about.
    """
    found = []
    for said in show:
        where: Words = said.get("where", {})
        row = next(
            (
                r
                for form, r in rows
                if form == said["form"] and all(r.get(f, "") == v for f, v in where.items())
            ),
            None,
        )
        if row is None:
            raise SpecError(
                f"specs/simulation.yaml: plants: {said['oddity']}: {subject} has no such {said['form']}"
                " record; change its course"
            )
        found.append((said, row))
    for (
        said,
        row,
    ) in found:  # all are found before any is changed, so that one plant does not hide the next one's record
        change = said.get("change")
        if change == "set":
            row[said["field"]] = said["to"]
        elif change:
            row[said["field"]] = CHANGES[change](row[said["field"]])
        row.update(said.get("with", {}))
    return [Planted(said, subject, row) for said, row in found]
