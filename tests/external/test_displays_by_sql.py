"""Every count of every table of the report, counted again in SQL over the published transport files.

The queries are made of specs/displays.yaml alone, by SQLite, which shares no code with the displays.
"""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest
import yaml

from pipeline.displays import make, results
from pipeline.displays.participants import Read
from pipeline.study import Study
from tests.conftest import ROOT

SPEC = yaml.safe_load((ROOT / "specs" / "displays.yaml").read_text("utf-8"))
TABLES = [display for display in SPEC["displays"] if display.get("kind", "table") == "table"]
Counts = dict[tuple[str, str, str], tuple[int, int]]  # display, line and column -> number shown and records


def frames(latest: Path) -> dict[str, pd.DataFrame]:
    """The published datasets, an empty text being none."""
    files = (latest / "m5").rglob("*.xpt")
    return {f.stem.upper(): pyreadstat.read_xport(f)[0].replace("", None) for f in files}


def as_built(frame: pd.DataFrame) -> pd.DataFrame:
    """Dates as a build has them, which a transport file gives as objects."""
    objects = [c for c in frame if any(isinstance(value, datetime.date) for value in frame[c])]
    return frame.assign(**{str(c): pd.to_datetime(frame[c]).astype("datetime64[s]") for c in objects})


def reader(published: Mapping[str, pd.DataFrame]) -> Read:
    """What reads published datasets; what no record needs, and is not published, is without values."""

    def read(dataset: str, names: Sequence[str]) -> pd.DataFrame:
        frame = published.get(dataset, pd.DataFrame())
        unused = [name for name in names if name not in frame]
        empty = pd.DataFrame(index=frame.index, columns=unused, dtype="str")
        return as_built(pd.concat([frame, empty], axis=1)[list(names)])

    return read


def database(published: Mapping[str, pd.DataFrame]) -> sqlite3.Connection:
    db = sqlite3.connect(":memory:")
    for name, frame in published.items():
        frame.to_sql(name, db, index=False)
    return db


# --- the queries
def condition(where: Mapping[str, Any]) -> str:
    """A condition of displays.yaml in SQL."""
    parts = ["1"]
    for name, wanted in where.items():
        if wanted in ("present", "absent"):
            parts.append(f"r.{name} IS {'NOT ' if wanted == 'present' else ''}NULL")
        else:
            values = wanted if isinstance(wanted, list) else [wanted]
            parts.append(f"r.{name} IN ({', '.join(repr(str(v)) for v in values)})")
    return " AND ".join(parts)


class Counter:
    """The counts of one table."""

    def __init__(self, db: sqlite3.Connection, display: Mapping[str, Any]) -> None:
        columns = SPEC["columns"][display["columns"]]
        population = SPEC["populations"][display["population"]]
        where = condition(population.get("where", {})).replace("r.", "")
        self.db, self.id = db, "T" + str(display["number"]).replace(".", "-")
        self.has_total = columns.get("total", True)
        db.execute("DROP TABLE IF EXISTS who")
        db.execute(
            f"CREATE TABLE who AS SELECT USUBJID, {columns['variable']} AS arm FROM ADSL WHERE {where}"
        )

    def count(self, dataset: str, where: str, line: str, having: str = "r.USUBJID IS NOT NULL") -> Counts:
        """Participants and records by line, whose id is an expression, and by column."""
        records = f"FROM {dataset} r JOIN who ON who.USUBJID = r.USUBJID WHERE {where} AND {having}"
        numbers = "COUNT(DISTINCT r.USUBJID), COUNT(*)"
        query = f"SELECT {line}, who.arm, {numbers} {records} AND who.arm IS NOT NULL GROUP BY 1, 2"
        found = {(self.id, row[0], row[1]): (row[2], row[3]) for row in self.db.execute(query)}
        if self.has_total:
            query = f"SELECT {line}, {numbers} {records} GROUP BY 1"
            found |= {(self.id, row[0], "Total"): (row[1], row[2]) for row in self.db.execute(query)}
        return found

    def row(self, row: Mapping[str, Any]) -> Iterator[Counts]:
        """The counts of the lines of one row."""
        dataset, where = row.get("dataset", "ADSL"), condition(row.get("where", {}))
        name = row["id"]
        if row.get("heading"):
            return
        if part := row.get("categories"):
            value = f"COALESCE({text(part['variable'])}, 'Missing')"
            yield self.count(dataset, where, f"'{name}/' || {value}")
        elif part := row.get("summary"):
            found = self.present(dataset, where, f"'{name}/n'", part["variable"])
            yield {key: (records, records) for key, (_, records) in found.items()}
        elif part := row.get("visits"):
            parameter = f"r.{part['parameter']} || '/' || " if "parameter" in part else ""
            line = f"'{name}/' || {parameter}r.{part['visit']}"
            last = "" if part.get("brief") else "/n"
            at_visit = f"{where} AND r.{part['visit']} IS NOT NULL"
            yield self.present(dataset, at_visit, f"{line} || '{last}'", part["value"])
            if "change" in part:
                yield self.present(dataset, at_visit, f"{line} || '/change{last}'", part["change"])
        elif part := row.get("levels"):
            yield from self.levels(name, dataset, where, part)
        elif part := row.get("rate"):
            yield self.count(dataset, where, f"'{name}/participants'")
            yield self.count(dataset, where, f"'{name}/responders'", f"r.{part['variable']} = '{part['is']}'")
        elif part := row.get("survival"):
            yield self.count(dataset, where, f"'{name}/participants'")
            for kind, test in (("events", "= 0"), ("censored", "<> 0")):
                having = f"r.{part['censored']} {test}"
                yield self.count(dataset, where, f"'{name}/{kind}'", having)
                if "reasons" in part:
                    yield self.count(dataset, where, f"'{name}/{kind}/' || r.{part['reasons']}", having)
        elif part := row.get("restricted_mean"):
            yield self.count(dataset, where, f"'{name}/participants'")
        elif part := row.get("subgroups"):
            yield from self.subgroups(name, dataset, where, part)
        elif part := row.get("liver"):
            yield from self.liver(name, dataset, part)
        elif part := row.get("agreement"):
            yield from self.agreement(name, dataset, part)
        else:
            yield self.count(dataset, where, f"'{name}'")

    def present(self, dataset: str, where: str, line: str, variable: str) -> Counts:
        """Those with a value. A summary's n is of records, as of infusions; a visit has one a participant."""
        return self.count(dataset, where, line, f"r.{variable} IS NOT NULL")

    def levels(self, name: str, dataset: str, where: str, part: Mapping[str, Any]) -> Iterator[Counts]:
        """Each level by itself; of the worst grade, the records whose grade no other of the level exceeds."""
        if "at_least" in part:
            terms = " AND ".join(f"f.{v} = r.{v}" for v in part["variables"])
            share = "100.0 * COUNT(DISTINCT f.USUBJID) / (SELECT COUNT(*) FROM who a WHERE a.arm = w.arm)"
            frequent = (
                f"SELECT 1 FROM {dataset} f JOIN who w ON w.USUBJID = f.USUBJID WHERE {terms} AND"
                f" {where.replace('r.', 'f.')} GROUP BY w.arm HAVING {share} >= {part['at_least']}"
            )
            where = f"{where} AND EXISTS ({frequent})"
        for depth in range(len(part["variables"]) + 1):
            variables = part["variables"][:depth]
            line = f"'{name}'" + "".join(f" || '/' || r.{v}" for v in variables)
            yield self.count(dataset, where, line)
            if worst := part.get("worst"):
                same = "".join(f" AND o.{v} = r.{v}" for v in variables)
                other = f"SELECT MAX(o.{worst}) FROM {dataset} o WHERE o.USUBJID = r.USUBJID{same} AND "
                having = f"r.{worst} = ({other}{where.replace('r.', 'o.')})"
                yield self.count(dataset, where, f"{line} || '/{worst}=' || r.{worst}", having)

    def subgroups(self, name: str, dataset: str, where: str, part: Mapping[str, Any]) -> Iterator[Counts]:
        """Events or responders of each subgroup, and its records."""
        rate, times = part.get("rate", {}), part.get("survival", {})
        event = f"r.{rate['variable']} = '{rate['is']}'" if rate else f"r.{times['censored']} = 0"
        lines = [f"'{name}/all'"]
        for group in part["groups"]:
            value = f"COALESCE({text(group['variable']).replace('r.', 's.')}, 'Missing')"
            lines.append(f"'{name}/{group['variable']}/' || {value}")
        for line in lines:
            records = (
                f"FROM {dataset} r JOIN who ON who.USUBJID = r.USUBJID JOIN ADSL s ON s.USUBJID = r.USUBJID"
                f" WHERE {where}"
            )
            query = f"SELECT {line}, who.arm, SUM({event}), COUNT(*) {records} GROUP BY 1, 2"
            yield {(self.id, row[0], row[1]): (row[2], row[3]) for row in self.db.execute(query)}

    def liver(self, name: str, dataset: str, part: Mapping[str, Any]) -> Iterator[Counts]:
        """Participants above each multiple, by the quotient of each value and its limit."""
        listed = ", ".join(repr(code) for code in part["transaminases"])
        multiple = "r.AVAL / r.ANRHI"
        is_of = {
            "transaminases": f"r.PARAMCD IN ({listed})",
            "bilirubin": f"r.PARAMCD = '{part['bilirubin']}'",
        }
        later = f"r.ADY > 1 AND {multiple} IS NOT NULL"
        for kind, limits in (("transaminases", (3, 5, 10, 20)), ("bilirubin", (2,))):
            yield self.count(dataset, f"{later} AND {is_of[kind]}", f"'{name}/{kind}'")
            for limit in limits:
                where = f"{later} AND {is_of[kind]} AND {multiple} > {limit}"
                yield self.count(dataset, where, f"'{name}/{kind} {limit}'")
        above = [f"{is_of['transaminases']} AND {multiple} > 3", f"{is_of['bilirubin']} AND {multiple} > 2"]
        other = [
            f"EXISTS (SELECT 1 FROM {dataset} o WHERE o.USUBJID = r.USUBJID AND "
            + f"{later} AND {condition})".replace("r.", "o.")
            for condition in above
        ]
        where = f"{later} AND (({above[0]}) OR ({above[1]})) AND {other[0]} AND {other[1]}"
        yield self.count(dataset, where, f"'{name}/candidates'")

    def agreement(self, name: str, dataset: str, part: Mapping[str, str]) -> Iterator[Counts]:
        """Each participant with both answers; two records each."""
        by, variable = part.get("by", "PARAMCD"), part["variable"]
        both = (
            f"SELECT a.USUBJID, a.{variable} AS a, b.{variable} AS b FROM {dataset} a JOIN {dataset} b ON"
            f" a.USUBJID = b.USUBJID AND a.{by} = '{part['first']}' AND b.{by} = '{part['second']}'"
            f" WHERE a.{variable} IS NOT NULL AND b.{variable} IS NOT NULL"
        )
        for line in (f"'{name}/participants'", f"'{name}/' || r.a || '-' || r.b"):
            found = self.count(f"({both})", "1", line)
            yield {key: (participants, 2 * records) for key, (participants, records) in found.items()}


def text(variable: str) -> str:
    """A value as text: a whole number without a point."""
    return f"CASE WHEN typeof(r.{variable}) = 'real' THEN printf('%g', r.{variable}) ELSE r.{variable} END"


def by_sql(db: sqlite3.Connection) -> Counts:
    found: Counts = {}
    for display in TABLES:
        counter = Counter(db, display)
        for row in display["rows"]:
            for counts in counter.row(row):
                found |= counts
    return found


def by_displays(frame: pd.DataFrame) -> Counts:
    """The counts of the results."""
    of_count = frame[frame["OPER"].isin(["count", "n"])]
    keys = zip(of_count["DISPLAY"], of_count["LINEID"], of_count["COLUMN"], strict=True)
    numbers = zip(of_count["VALUE"].astype(int), of_count["NREC"], strict=True)
    return dict(zip(keys, numbers, strict=True))


def differences(shown: Counts, counted: Counts) -> list[tuple[Any, ...]]:
    """Every cell in which they differ; a group of nobody is a zero in the one and nothing in the other."""
    nobody = (0, 0)
    both = {key: (shown.get(key, nobody), counted.get(key, nobody)) for key in {*shown, *counted}}
    return sorted((*key, *numbers) for key, numbers in both.items() if numbers[0] != numbers[1])


@pytest.mark.long
def test_every_count_of_the_sample_is_that_of_sql(study: Study, built: Path) -> None:
    published = frames(built / "latest")
    shown = by_displays(results.frame(make.displays(study, reader(published))))
    counted = by_sql(database(published))
    assert differences(shown, counted) == []
    assert len(counted) > 1000


def test_every_count_of_a_build_is_that_of_sql(few_built: Path) -> None:
    latest = few_built / "latest"
    shown = by_displays(pd.read_parquet(latest / "tlf" / "results.parquet"))
    assert differences(shown, by_sql(database(frames(latest)))) == []


@pytest.mark.long
@pytest.mark.parametrize(
    ("variable", "value"), [("ATOXGR", "5"), ("TRTEMFL", None), ("AEDECOD", "Another term"), ("AESER", "X")]
)
def test_one_changed_cell_is_seen(study: Study, few_built: Path, variable: str, value: str | None) -> None:
    published = frames(few_built / "latest")
    changed = published["ADAE"].copy()
    emergent = changed.index[changed["TRTEMFL"].eq("Y") & changed[variable].ne(value or "")]
    changed.loc[emergent[0], variable] = value
    read = reader({**published, "ADAE": changed})
    shown = by_displays(results.frame(make.displays(study, read)))
    assert differences(shown, by_sql(database(published)))
