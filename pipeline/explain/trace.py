"""From a cell back to the raw records: the inputs of its rule are cells of published records, which have
rules themselves, or fields of raw records.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.explain import decisions, related, rewriting, rules
from pipeline.explain.nodes import Node, Rule, Table
from pipeline.finished.build import STUDY, Build, RawRecord, Record
from pipeline.formats.xpt.rows import Value
from pipeline.records.count import counted

FOLLOWED = 5  # records of a list, or cells with the value to be explained, that are followed further

PERSON = (
    "The study's identifier and the number under which the participant was first enrolled; a participant who"
    " is screened again keeps it."
)
SUPPLEMENTAL = {
    "QVAL": "The value of {of}, which the parent dataset cannot hold, or the rest of a text too long for it.",
    "IDVARVAL": "The number of the parent's record.",
    "USUBJID": "The participant of the parent's record.",
}
OTHER_SUPPLEMENTAL = (
    "Names the parent's record and the variable, {of}, whose value this is, as its spec says."
)


class Trace:
    """One explanation; what it has shown once is not shown again."""

    def __init__(self, build: Build, considered: decisions.Considered) -> None:
        self.build = build
        self.considered = considered
        self.shown: set[tuple[object, ...]] = set()

    def cell(self, record: Record, variable: str, role: str = "") -> Node:
        """A published cell and all that it rests on."""
        properties = self.build.study_facts["datasets"][record.dataset]["variables"].get(variable, {})
        name, value = f"{record.dataset}.{variable}", self.build.value(record, variable)
        identity = related.identity(self.build, record)
        if not self._is_first(record.dataset, record.place, variable):
            return Node("again", name, value, role=role, identity=identity)
        # the continuation of a long text has the rule of the variable that it continues
        explanation = self._explanation(record, str(properties.get("part_of", variable)), value)
        return Node("cell", name, value, properties.get("label", ""), role, identity=identity, **explanation)

    def raw_field(self, raw: RawRecord, name: str, role: str = "") -> Node:
        """A field of a raw record, as it was collected: here the chain ends."""
        question = self.build.study_facts["forms"][raw.form]["fields"].get(name, "")
        identity = {"USUBJID": raw.usubjid, "record": raw.record}
        value = raw.values.get(name)
        note = rewriting.read_as(self.build, raw.form, name, value)
        if name in raw.as_it_stood:
            read = raw.as_it_stood[name]
            note = f"{rewriting.CUT_OFF}; read as {'missing' if read is None else read}, which was so then"
        return Node("raw", f"{raw.form}.{name}", value, question, role, raw.place, identity, note=note)

    def _is_first(self, *key: object) -> bool:
        """Whether this is asked about for the first time."""
        if key in self.shown:
            return False
        self.shown.add(key)
        return True

    # --- what gives a value
    def _explanation(self, record: Record, variable: str, value: Value) -> dict[str, Any]:
        """The rule and the parts of a cell, or a note where it has no rule."""
        if record.form == STUDY:
            rule = Rule("study", text=rules.TEXTS["study"])
            return {"rule": rule, "parts": [self._study_lines(record), *self._counted(record, variable)]}
        if record.dataset.startswith("SUPP"):
            return self._supplemental(record, variable)
        if variable == "USUBJID":
            return {"rule": Rule("subject", text=PERSON), "parts": [*self._enrolments(record)]}
        definition = rules.rule_of(self.build, f"{record.dataset}.{variable}", record.block)
        if definition is None:
            place = self._collected_at(record)
            note = f"The mapping has no rule for it in records of this kind, so it is missing ({place})."
            return {"note": note}
        parts = [*self._inputs(definition, record, value)]
        rule = rules.shown(self.build, definition)
        return {"rule": rewriting.told(self.build, record, variable, value, rule, parts), "parts": parts}

    def _collected_at(self, record: Record) -> str:
        """file:line of the raw record that a published record is of, or its form where it is of none."""
        raw = self.build.raw_record(record.form, record.usubjid, record.record)
        return raw.place if raw else record.form

    def _study_lines(self, record: Record) -> Node:
        """The lines of specs/study.yaml that give a record: the first, and those indented below it."""
        lines = self.build.study_lines
        first = int(record.record.removeprefix("line ")) - 1
        last = first
        for line in lines[first + 1 :]:
            if not line.strip() or _indent(line) <= _indent(lines[first]):
                break
            last += 1
        text = " ".join(" ".join(lines[first : last + 1]).split())
        return Node("study", STUDY, text, place=f"{STUDY}:{first + 1}")

    def _counted(self, record: Record, variable: str) -> Iterator[Node]:
        """The raw fields of a value of the trial summary that is counted in the data."""
        if variable == "TSVAL" and rules.is_counted_in_data(self.build, record):
            what = self.build.study_facts["counted"][self.build.value(record, "TSPARMCD")]
            fields = [str(field) for field in rules.fields_of_variable(self.build, "TS", "TSVAL")]
            note = f"{what}: counted in the data, which overrule specs/study.yaml where they give a value"
            yield Node("records", "DM", note=note, behind=fields)

    def _supplemental(self, record: Record, variable: str) -> dict[str, Any]:
        """A column of SUPP--: the value is that of the parent's variable, the rest says of which record and
        variable it is.
        """
        qualifiers = self.build.variables[record.dataset]["qualifiers"]
        qualifier = qualifiers[str(self.build.value(record, "QNAM"))]
        text = SUPPLEMENTAL.get(variable, OTHER_SUPPLEMENTAL).format(of=qualifier["of"])
        rule = Rule("supplemental", qualifier["of"], text, place=qualifier["place"])
        parent = related.parent_record(self.build, record)
        if parent is None:
            return {"rule": rule, "note": "The parent's record is not in this build."}
        parents_variable = qualifier["of"]
        if variable in ("USUBJID", "STUDYID"):
            parents_variable = variable
        elif variable == "IDVARVAL":
            parents_variable = str(self.build.value(record, "IDVAR") or "") or qualifier["of"]
        return {"rule": rule, "parts": [self.cell(parent, parents_variable, "of the parent's record")]}

    def _enrolments(self, record: Record) -> Iterator[Node]:
        """The subject number on the raw record, and each enrolment of the participant."""
        subjects = self.build.study_facts["subjects"]
        raw = self.build.raw_record(record.form, record.usubjid, record.record)
        if raw:
            yield self.raw_field(raw, subjects["number"], "subject number")
        for enrolment in self.build.raw_records(subjects["form"], record.usubjid):
            yield self.raw_field(enrolment, subjects["number"], "enrolled as")
            for field in subjects["other"]:
                yield self.raw_field(enrolment, field, "also part of USUBJID")
            if subjects["earlier"]:
                yield self.raw_field(enrolment, subjects["earlier"], "enrolled before as")

    # --- inputs of a rule
    def _inputs(self, definition: Mapping[str, Any], record: Record, value: Value) -> Iterator[Node]:
        """What a rule read for this record: single values, then the lists of the participant's records."""
        lists: dict[str, list[Mapping[str, Any]]] = {}
        for read in definition.get("inputs", ()):
            if read["many"]:
                lists.setdefault(read["as"], []).append(read)
            elif read["name"] != "USUBJID":
                yield from self._single_value(read, record)
        for role, columns in lists.items():
            names = [column["name"] for column in columns if column["name"] != "USUBJID"]
            yield self._list(columns[0]["from"], names, record, role, value)

    def _single_value(self, read: Mapping[str, Any], record: Record) -> Iterator[Node]:
        """One value that a rule read: of the record that a function made, of this record, of its raw record,
        or of a record of another dataset.
        """
        name, source = read["name"], read["from"]
        role = "" if read["as"] == "of" else read["as"]
        if not source:
            yield self._made_record(record, name, role)
        elif source == record.dataset:
            yield self.cell(record, name, role)
        elif source in self.build.study_facts["forms"]:
            is_of_form = record.form == source
            raw = self.build.raw_record(source, record.usubjid, record.record) if is_of_form else None
            if raw:
                yield self.raw_field(raw, name, role)
            else:
                note = "This record is not of a record of that form."
                yield Node("raw", f"{source}.{name}", role=role, note=note)
        else:
            if read["own"]:
                sources = related.taken_from(self.build, record, source)
            else:
                sources = self.build.records(source, record.usubjid)[:1]
            for other in sources[:FOLLOWED]:
                yield self.cell(other, name, role)

    def _made_record(self, record: Record, field: str, role: str) -> Node:
        """The record that a function made: the function, what it read, and what it chose."""
        definition = rules.rule_of(self.build, record.dataset, record.block)
        name = f"{record.dataset}, record from {record.form}"
        note = f"{field} of this record"
        if definition is None or not self._is_first("record", record.dataset, record.place):
            return Node("again", name, role=role, note=note)
        rule = rules.shown(self.build, definition)
        if "endpoint" in definition:
            return self._decision(record, definition, rule, note, role)
        parts = [*self._inputs(definition, record, None)]
        place = self._collected_at(record)
        return Node("decision", name, role=role, note=note, rule=rule, place=place, parts=parts)

    def _decision(
        self, record: Record, definition: Mapping[str, Any], rule: Rule, note: str, role: str
    ) -> Node:
        """The record of a time-to-event parameter: all candidates, and the chain of the one that decided."""
        decision = decisions.decision(self.build, self.considered, record, definition)
        parts = [self.cell(*cell, "decides") for cell in decision.deciding]
        parts += [self.cell(*cell, "time begins") for cell in decision.origin]
        return Node(
            "decision",
            f"{record.dataset}, {decision.parameter}",
            role=role,
            note=note,
            rule=rule,
            table=decision.candidates,
            facts=decision.facts,
            parts=parts,
        )

    # --- lists of records
    def _list(self, source: str, columns: Sequence[str], record: Record, role: str, value: Value) -> Node:
        """The participant's records of a form or dataset that a rule read; those that it seems to have chosen
        are followed further.
        """
        if not self._is_first("list", source, tuple(columns), record.usubjid):
            note = f"the participant's records: {', '.join(columns)}"
            return Node("again", source, role=role, note=note)
        if source in self.build.study_facts["forms"]:
            return self._list_of_raw_records(source, columns, record, role)

        records = self.build.records(source, record.usubjid)
        values = [self.build.values(records, column) for column in columns]
        rows = [
            [self._collected_at(r), *(column[place] for column in values)] for place, r in enumerate(records)
        ]
        followed = self._followed(records, columns, values, record, value)
        parts = [self.cell(r, column) for r, column in followed]
        fields = {str(f) for column in columns for f in rules.fields_of_variable(self.build, source, column)}
        table = Table(["collected", *columns], rows)
        return Node("records", source, role=role, table=table, parts=parts, behind=sorted(fields))

    def _list_of_raw_records(self, form: str, columns: Sequence[str], record: Record, role: str) -> Node:
        """The participant's records of a form; the record that is explained is of one of them, perhaps."""
        records = self.build.raw_records(form, record.usubjid)
        rows = [[raw.place, *(raw.read_as(column) for column in columns)] for raw in records]
        own = [raw for raw in records if (raw.form, raw.record) == (record.form, record.record)]
        parts = [self.raw_field(raw, column) for raw in own for column in columns]
        late = len(self.build.set_aside(form, record.usubjid))
        note = f"{counted(late, 'record')} of the time after the data cut-off set aside" if late else ""
        table = Table(["collected", *columns], rows)
        return Node("records", form, role=role, table=table, note=note, parts=parts)

    def _followed(
        self,
        records: Sequence[Record],
        columns: Sequence[str],
        values: Sequence[Sequence[Value]],
        record: Record,
        value: Value,
    ) -> Iterator[tuple[Record, str]]:
        """The cells of a list to follow: of the records of this raw record, and those that hold the value to
        be explained.
        """
        if records and records[0].dataset == record.dataset:
            own = [r for r in records if r.place == record.place]
        else:
            own = [r for r in records if related.is_of_same_raw_record(r, record)][:FOLLOWED]
        yield from ((r, column) for r in own for column in columns)
        equal = [
            (r, column)
            for column, column_values in zip(columns, values, strict=True)
            for r, listed in zip(records, column_values, strict=True)
            if r not in own and _explains(listed, value)
        ]
        # a value that many records hold says nothing about which of them was chosen
        if len(equal) <= FOLLOWED:
            yield from equal


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _explains(listed: Value, value: Value) -> bool:
    """Whether a listed value is the one to be explained: a date in ISO 8601 is compared by its day, and a
    value of one character is too short to tell.
    """
    if listed is None or value is None or len(str(value)) < 2:
        return False
    is_date = isinstance(value, str) and len(value) == 10
    return listed == value or (is_date and str(listed)[:10] == value)
