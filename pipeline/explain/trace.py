"""From a cell back to the raw records: each rule's inputs are cells of published records or fields of raw
ones, and so on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.explain import decisions, rules
from pipeline.explain.nodes import Node, Rule, Table
from pipeline.finished.build import STUDY, Published, Raw, Record
from pipeline.formats.xpt.rows import Value

MOST = 5  # records of a list that are followed further
Inputs = Sequence[Mapping[str, Any]]


class Trace:
    """One explanation: what was told once is not told again."""

    def __init__(self, build: Published, considered: decisions.Considered) -> None:
        self.build = build
        self.considered = considered
        self.told: set[tuple[object, ...]] = set()

    def cell(self, record: Record, variable: str, role: str = "") -> Node:
        """A published cell and all that it rests on."""
        about = self.build.study["datasets"][record.dataset]["variables"].get(variable, {})
        value = self.build.value(record, variable)
        name = f"{record.dataset}.{variable}"
        if not self._first(record.dataset, record.place, variable):
            return Node("again", name, value, role=role, identity=self.key(record))
        made = self._made(record, str(about.get("part_of", variable)), value)
        return Node("cell", name, value, about.get("label", ""), role, identity=self.key(record), **made)

    def key(self, record: Record) -> dict[str, Value]:
        """What tells a record from others in its dataset: USUBJID and its number, or its keys."""
        about = self.build.study["datasets"][record.dataset]
        number = next((n for n in (f"{record.dataset}SEQ", "ASEQ") if n in about["variables"]), None)
        names = (
            ["USUBJID", number] if number and record.usubjid else [k for k in about["keys"] if k != "STUDYID"]
        )
        return {n: self.build.value(record, n) for n in names if n in about["variables"]}

    def _first(self, *what: object) -> bool:
        if what in self.told:
            return False
        self.told.add(what)
        return True

    # --- what made a value
    def _made(self, record: Record, variable: str, value: Value) -> dict[str, Any]:
        """The rule and the parts of a cell."""
        if record.form == STUDY:
            return {
                "rule": Rule("study", text=rules.TEXTS["study"]),
                "parts": [self._study(record), *self._counted(record, variable)],
            }
        if record.dataset.startswith("SUPP"):
            return self._supplemental(record, variable)
        if variable == "USUBJID":
            return {"rule": Rule("subject", text=PERSON), "parts": [*self._person(record)]}
        rule = rules.made_by(self.build, f"{record.dataset}.{variable}", record.block)
        if rule is None:
            return {
                "note": (
                    "No rule of the mapping gives it in records of this kind, so it is missing"
                    f" ({self._origin(record)})."
                )
            }
        return {
            "rule": rules.shown(self.build, rule),
            "parts": [*self._inputs(rule.get("inputs", ()), rule, record, value)],
        }

    def _origin(self, record: Record) -> str:
        raw = self.build.raw_record(record.form, record.usubjid, record.record)
        return raw.place if raw else record.form

    def _study(self, record: Record) -> Node:
        """The lines of specs/study.yaml that a record is told in."""
        first = int(record.record.removeprefix("line ")) - 1
        lines = self.build.study_lines
        depth = len(lines[first]) - len(lines[first].lstrip())
        more = [
            at
            for at in range(first + 1, len(lines))
            if len(lines[at]) - len(lines[at].lstrip()) <= depth or not lines[at].strip()
        ]
        text = " ".join(" ".join(lines[first : min(more, default=len(lines))]).split())
        return Node("study", STUDY, text, place=f"{STUDY}:{first + 1}")

    def _counted(self, record: Record, variable: str) -> Iterator[Node]:
        """The raw fields of what the trial summary counts in the data."""
        if variable == "TSVAL" and rules.counts(self.build, record):
            what = self.build.study["counted"][self.build.value(record, "TSPARMCD")]
            note = f"{what}: counted in the data; where they have a value, it is theirs"
            yield Node("records", "DM", note=note, behind=rules.raw_fields(self.build, "TS", "TSVAL"))

    def _supplemental(self, record: Record, variable: str) -> dict[str, Any]:
        """A column of SUPP--: the value is that of the parent's variable, the rest says which record and
        variable it is of.
        """
        about = self.build.variables[record.dataset]
        behind = about["qualifiers"][str(self.build.value(record, "QNAM"))]
        parent = self.parent(record, about["of"])
        rule = Rule(
            "supplemental",
            behind["of"],
            SUPPLEMENTAL.get(variable, SUPPLEMENTAL[""]).format(**behind),
            place=behind["place"],
        )
        if parent is None:
            return {"rule": rule, "note": "The parent's record is not in this build."}
        names = {
            "QVAL": behind["of"],
            "IDVARVAL": str(self.build.value(record, "IDVAR") or ""),
            "USUBJID": "USUBJID",
            "STUDYID": "STUDYID",
        }
        return {
            "rule": rule,
            "parts": [self.cell(parent, names.get(variable) or behind["of"], "of the parent's record")],
        }

    def parent(self, record: Record, dataset: str) -> Record | None:
        """The record of the parent dataset that a SUPP-- record is of."""
        return next(
            (
                r
                for r in self.build.records(dataset, record.usubjid)
                if _same(r, record) and r.block == record.block
            ),
            None,
        )

    def _person(self, record: Record) -> Iterator[Node]:
        """The subject number of the record and the participant's enrolments."""
        about = self.build.study["subjects"]
        raw = self.build.raw_record(record.form, record.usubjid, record.record)
        if raw:
            yield self.raw(raw, about["number"], "subject number")
        for one in self.build.raw(about["form"], record.usubjid):
            yield self.raw(one, about["number"], "enrolled as")
            yield self.raw(one, about["earlier"], "enrolled before as")

    # --- inputs
    def _inputs(
        self, inputs: Inputs, rule: Mapping[str, Any], record: Record, value: Value
    ) -> Iterator[Node]:
        """What a rule read for this record: single values, then the lists of the participant's records."""
        lists: dict[str, list[Mapping[str, Any]]] = {}
        for i in inputs:
            if i["many"]:
                lists.setdefault(i["as"], []).append(i)
            else:
                yield from self._single(i, rule, record)
        for role, columns in lists.items():
            yield self.listed(
                columns[0]["from"],
                [c["name"] for c in columns if c["name"] != "USUBJID"],
                record,
                role,
                value,
            )

    def _single(self, i: Mapping[str, Any], rule: Mapping[str, Any], record: Record) -> Iterator[Node]:
        role = "" if i["as"] == "of" else i["as"]
        frame, name = i["from"], i["name"]
        if name == "USUBJID":
            return
        if not frame:
            yield self.decided(record, name, role)
        elif frame == record.dataset:
            yield self.cell(record, name, role)
        elif frame in self.build.study["forms"]:
            raw = (
                self.build.raw_record(frame, record.usubjid, record.record) if record.form == frame else None
            )
            yield (
                self.raw(raw, name, role)
                if raw
                else Node("raw", f"{frame}.{name}", role=role, note="This record is of no record there.")
            )
        else:
            sources = (
                self.sources(record, rule, frame)
                if i["own"]
                else self.build.records(frame, record.usubjid)[:1]
            )
            for source in sources[:MOST]:
                yield self.cell(source, name, role)

    def sources(self, record: Record, rule: Mapping[str, Any], frame: str) -> Sequence[Record]:
        """The record of another dataset from which a record was taken: of one raw record it is the one whose
        copied values agree.
        """
        found = [r for r in self.build.records(frame, record.usubjid) if _same(r, record)]
        if len(found) < 2:
            return found
        for node in self.build.study["datasets"][record.dataset]["variables"]:
            copied = rules.made_by(self.build, f"{record.dataset}.{node}", record.block)
            if (
                copied
                and copied["verb"] == "copy"
                and (i := copied["inputs"][0])["from"] == frame
                and i["own"]
            ):
                value = self.build.value(record, node)
                found = [
                    r for r, v in zip(found, self.build.values(found, i["name"]), strict=True) if v == value
                ]
        return found

    def raw(self, raw: Raw, name: str, role: str = "") -> Node:
        """A field of a raw record, as it was collected: here the chain ends."""
        question = self.build.study["forms"][raw.form]["fields"].get(name, "")
        identity = {"USUBJID": raw.usubjid, "record": raw.record}
        return Node("raw", f"{raw.form}.{name}", raw.values.get(name), question, role, raw.place, identity)

    def decided(self, record: Record, field: str = "", role: str = "") -> Node:
        """The record that a function made, or took from another dataset: the function, what it read, and what
        it chose.
        """
        name = f"{record.dataset}, record from {record.form}"
        rule = rules.made_by(self.build, record.dataset, record.block)
        note = f"{field} of this record" if field else ""
        if rule is None or not self._first("rows", record.dataset, record.place):
            return Node("again", name, role=role, note=note)
        if "endpoint" in rule:
            return decisions.decision(self, record, rule, note, role)
        parts = [*self._inputs(rule.get("inputs", ()), rule, record, None)]
        return Node(
            "decision",
            name,
            role=role,
            note=note,
            rule=rules.shown(self.build, rule),
            place=self._origin(record),
            parts=parts,
        )

    # --- lists of records
    def listed(self, frame: str, columns: Sequence[str], record: Record, role: str, value: Value) -> Node:
        """The participant's records of a form or dataset that a rule read, those that it shows to be chosen
        explained further.
        """
        if not self._first("list", frame, tuple(columns), record.usubjid):
            return Node("again", frame, role=role, note=f"the participant's records: {', '.join(columns)}")
        if frame in self.build.study["forms"]:
            raws = self.build.raw(frame, record.usubjid)
            rows = [[r.place, *(r.values.get(c) for c in columns)] for r in raws]
            chosen = [
                self.raw(r, c)
                for r in raws
                if (r.form, r.record) == (record.form, record.record)
                for c in columns
            ]
            return Node("records", frame, role=role, table=Table(["collected", *columns], rows), parts=chosen)
        records = self.build.records(frame, record.usubjid)
        values = [self.build.values(records, c) for c in columns]
        rows = [[self._origin(r), *(v[at] for v in values)] for at, r in enumerate(records)]
        parts = [self.cell(r, c) for r, c in self._chosen(records, columns, values, record, value)]
        declared = sorted({f for c in columns for f in rules.raw_fields(self.build, frame, c)})
        return Node(
            "records",
            frame,
            role=role,
            table=Table(["collected", *columns], rows),
            parts=parts,
            behind=declared,
        )

    def _chosen(
        self,
        records: Sequence[Record],
        columns: Sequence[str],
        values: Sequence[Sequence[Value]],
        record: Record,
        value: Value,
    ) -> Iterator[tuple[Record, str]]:
        """The cells to follow: of the record that this one is of, and those that hold the value that is to be
        explained.
        """
        if records and records[0].dataset == record.dataset:
            mine = [r for r in records if r.place == record.place]
        else:
            mine = [r for r in records if _same(r, record)][:MOST]
        yield from ((r, c) for r in mine for c in columns)
        alike = [
            (r, c)
            for c, held in zip(columns, values, strict=True)
            for r, one in zip(records, held, strict=True)
            if r not in mine and _alike(one, value)
        ]
        yield from alike if len(alike) <= MOST else ()


def _same(one: Record, other: Record) -> bool:
    """Whether two records are of one raw record."""
    return (one.usubjid, one.form, one.record) == (other.usubjid, other.form, other.record)


def _alike(one: Value, value: Value) -> bool:
    """Whether a value is the one to be explained, at least a number or a text of some length; a date in ISO
    8601 by its day.
    """
    if one is None or value is None or len(str(value)) < 2:
        return False
    return one == value or (isinstance(value, str) and len(value) == 10 and str(one)[:10] == value)


PERSON = (
    "The study's identifier and the number under which the person was enrolled first; a person screened again"
    " keeps it."
)
SUPPLEMENTAL = {
    "QVAL": "The value of {of}, which the standard dataset cannot hold, or the part of it that goes on here.",
    "IDVARVAL": "The number of the parent's record.",
    "USUBJID": "The participant of the parent's record.",
    "": "Says which record of the parent and which variable, {of}, the value is of, as its spec says.",
}
