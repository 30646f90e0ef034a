"""The contract of a form as a draft: its fields by type, each with what its type rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.drafting import text
from pipeline.drafting.drop import NO_VALUE, Header
from pipeline.drafting.fields import Field
from pipeline.drafting.forms import ROW, Drafted
from pipeline.records.count import counted

KIND = "form"
_EVERY = "in every record that has a value"
_CODED = (
    *("LLT", "LLTCD", "DECOD", "PTCD", "HLT", "HLTCD", "HLGT", "HLGTCD"),
    *("BODSYS", "BDSYCD", "SOC", "SOCCD"),
)
_BY_MEDDRA = ("AE", "MH")
MANY = 2  # labels: a field with one says little of what may be answered


def file_name(form: str) -> str:
    """The file of a contract below the study's folder."""
    return f"specs/raw/{form.lower()}.yaml"


def contract(form: Drafted, title: str, coded: Sequence[str], asked: Sequence[str]) -> str:
    """The text of specs/raw/<form>.yaml.

    Takes     the form; its title; the fields that MedDRA codes; the fields whose answers a mapping recodes or
              asks for, so that their labels are listed.
    """
    return text.file([*_head(form, title), *_record(form), *_fields(form, asked), *_coded(coded)])


def header(of_drop: Header) -> str:
    """The text of specs/raw/header.yaml; "" where there is nothing to say of every form."""
    lines = []
    if of_drop.events:
        lines.append("events:")
        for event, visit in of_drop.events.items():
            line = f"  {text.scalar(event)}: {text.scalar(visit)}"
            lines.append(text.drafted(line, "by its name; write the visit as the study calls it"))
    if of_drop.missing:
        lines.append("missing:")
        for code, fields in of_drop.missing.items():
            why = f"stands in {', '.join(fields)} and is no choice there; write what it means"
            lines.append(text.drafted(f"  {text.scalar(code)}: {NO_VALUE}", why))
    return text.file([text.schema_line("header", 2), *lines]) if lines else ""


def _head(form: Drafted, title: str) -> Iterator[str]:
    collected = form.collected
    yield text.schema_line(KIND, 2)
    who = ""
    if form.subject:
        people = counted(int(collected.column(form.subject).texts.nunique()), "participant")
        who = f" of {people}"
    yield f"# {collected.file}: {counted(collected.records, 'record')}{who}"
    if form.name != form.name.lower():
        yield f"form: {text.scalar(form.name)}"
    yield f"title: {text.scalar(title)}"
    if form.lacks:
        column = form.named_by or "COLUMN"
        yield from text.comment(
            f"The participant is {form.lacks} in other forms. If {column} is the number, call it"
            f" {form.lacks} below and write `file: {{columns: {{{form.lacks}: {column}}}}}`; where this form"
            " writes it otherwise, without a hyphen perhaps, say how by the `parts` of specs/study.yaml:"
            ' `subject: "{SITEID:3}{SUBJID}"`'
        )
    if collected.declared:
        declared = {key: text.scalar(value) for key, value in collected.declared.items()}
        yield text.drafted(f"file: {text.flow_map(declared)}", "as its first line and its bytes say")


def _record(form: Drafted) -> Iterator[str]:
    keys = text.flow(form.keys) if form.keys else ROW
    yield text.drafted(f"keys: {keys}", form.keys_evidence)
    if form.visit:
        visits = form.fields[form.visit].distinct
        yield text.drafted(f"visit: {text.scalar(form.visit)}", f"its name, and {counted(visits, 'visit')}")
    missing = sorted({token for field in form.fields.values() for token in field.missing})
    if missing:
        fields = [name for name, field in form.fields.items() if field.missing]
        evidence = f"stand among the numbers or dates of {', '.join(fields)}"
        yield text.drafted(f"missing: {text.flow(missing)}", evidence)


def _fields(form: Drafted, asked: Sequence[str]) -> Iterator[str]:
    by_type: dict[str, list[Field]] = {}
    for field in form.fields.values():
        if form.made_of and field.name == form.subject:  # in no file
            continue
        by_type.setdefault("text" if field.type == "code" else field.type, []).append(field)
    for type_, evidence in (
        ("text", "where nothing narrower fits"),
        ("integer", f"whole numbers {_EVERY}"),
        ("number", f"numbers {_EVERY}"),
        ("time", f"times of day {_EVERY}"),
        ("stamp", f"moments {_EVERY}"),
    ):
        if type_ in by_type:
            *lines, last = text.listed(type_, [field.name for field in by_type[type_]])
            yield from [*lines, text.drafted(last, evidence)]
    if "date" in by_type:
        yield from _dates(by_type["date"])
    codes = [f for f in by_type.get("text", ()) if len(f.labels) >= MANY and f.name in asked]
    if codes:
        yield "codes:"
        for field in codes:
            *lines, last = text.listed(text.scalar(field.name), field.labels, "  ")
            yield from [*lines, text.drafted(last, field.evidence)]
    labels = {f.name: f.label for f in form.fields.values() if f.label and f.label != f.name}
    if labels:
        yield "questions:"
        yield from (f"  {text.scalar(name)}: {text.scalar(label)}" for name, label in labels.items())


def _dates(dates: Sequence[Field]) -> Iterator[str]:
    """Each format with its fields; a field that does not fit whole, or fits several, has its own line."""
    yield "date:"
    by_format: dict[str, list[Field]] = {}
    for field in dates:
        by_format.setdefault(field.format, []).append(field)
    for format_, fields in by_format.items():
        if all(";" not in f.evidence and "otherwise" not in f.evidence for f in fields) or len(fields) == 1:
            *lines, last = text.listed(text.scalar(format_), [field.name for field in fields], "  ")
            evidence = fields[0].evidence if len(fields) == 1 else "fits every record of each"
            yield from [*lines, text.drafted(last, evidence)]
        else:
            yield f"  {text.scalar(format_)}:"
            yield from (text.drafted(f"    - {text.scalar(f.name)}", f.evidence) for f in fields)


def _coded(fields: Sequence[str]) -> Iterator[str]:
    if fields:
        *lines, last = text.listed("  MedDRA", fields)
        yield from ["coded:", *lines, text.drafted(last, "by their names")]


def coded_by_meddra(variables: Sequence[tuple[str, str]]) -> list[str]:
    """The fields that give variables of MedDRA.

    Takes     variable and field.
    """
    coded = (f for variable, f in variables if variable[:2] in _BY_MEDDRA and variable[2:] in _CODED)
    return list(dict.fromkeys(coded))
