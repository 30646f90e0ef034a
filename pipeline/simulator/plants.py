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

    plant: Words
    subject: str
    row: Row

    def entry(self) -> dict[str, str]:
        entry = {
            "oddity": self.plant["oddity"],
            "form": self.plant["form"],
            "subject": self.subject,
            "folder": self.row["FOLDER"],
        }
        entry |= {"record": self.row["RECORD"]} | (
            {"lesion": self.row["LESION"]} if "LESION" in self.row else {}
        )
        return entry | {"field": self.plant["field"], "note": self.plant.get("note", "")}


def plant(rows: list[tuple[str, Row]], subject: str, show: Iterable[Words]) -> list[Planted]:
    """Changes the records that the plants name.

    Raises    SpecError for a plant whose record does not exist: the course did not bring it about.
    """
    chosen = []
    for oddity in show:
        where: Words = oddity.get("where", {})
        row = next(
            (
                r
                for form, r in rows
                if form == oddity["form"] and all(r.get(f, "") == v for f, v in where.items())
            ),
            None,
        )
        if row is None:
            raise SpecError(
                f"specs/simulation.yaml: plants: {oddity['oddity']}: {subject} has no such {oddity['form']}"
                " record; change its course"
            )
        chosen.append((oddity, row))
    # all are chosen before any is changed, so that one plant does not hide the next one's record
    for oddity, row in chosen:
        change = oddity.get("change")
        if change == "set":
            row[oddity["field"]] = oddity["to"]
        elif change:
            row[oddity["field"]] = CHANGES[change](row[oddity["field"]])
        row.update(oddity.get("with", {}))
    return [Planted(oddity, subject, row) for oddity, row in chosen]
