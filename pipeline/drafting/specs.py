"""Specs as a draft: of a define.xml, or of a specification workbook in the layout of Pinnacle 21."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.drafting import text
from pipeline.drafting.study import STANDARDS
from pipeline.errors import UsageError
from pipeline.formats import UnreadableError
from pipeline.formats.define import described
from pipeline.formats.define.described import CodeList, Described, Specification, Table
from pipeline.standards import Guide, Terminology

DATASET, CODELISTS, STUDY = "dataset", "codelists", "study"
_TYPES = {"datetime": "iso", "partialDate": "iso", "partialDatetime": "iso", "incompleteDatetime": "iso",
          "partialTime": "iso", "date": "iso", "time": "iso"}  # fmt: skip
_TRIAL_DESIGN = ("TA", "TE", "TI", "TS", "TV", "TD", "RELREC")


def read(file: Path) -> Specification:
    """What a define.xml or a workbook says.

    Raises    UsageError for a file that is neither.
    """
    try:
        if file.suffix.lower() == ".xlsx":
            from pipeline.formats.xlsx import specification  # and openpyxl with it

            return specification.read(file)
        return described.read(file)
    except UnreadableError as error:
        raise UsageError(f"{file}: {error}") from None


def files(spec: Specification, guide: Guide, terminology: Terminology, name: str) -> dict[str, str]:
    """The files of a study by name: its specs, its code lists, and mappings whose lines are still comments.

    Takes     the specification; the standards; the name of the study where the file gives none.
    """
    layer = "adam" if "ADAM" in spec.standard.upper() else "sdtm"
    made = {"specs/study.yaml": _study(spec, name)}
    for table in spec.tables:
        if table.name.startswith("SUPP") or table.name in _TRIAL_DESIGN:
            continue
        file = f"{layer}/{table.name.lower()}.yaml"
        made[f"specs/{file}"] = text.file(_spec(table, spec, guide, layer))
        made[f"mappings/{file}"] = text.file(_mapping(table, spec))
    lists = [*_codelists(spec, terminology)]
    if lists:
        made["specs/codelists.yaml"] = text.file([text.schema_line(CODELISTS, 1), *lists])
    return made


def _study(spec: Specification, name: str) -> str:
    id_ = spec.study or name
    lines = [
        text.schema_line(STUDY, 1),
        "format: 1",
        text.drafted(f"id: {text.scalar(id_)}", "the name of the study in the file"),
        text.drafted("title: TITLE", "write it"),
        text.drafted(f"protocol: {text.scalar(id_)}", "the name of the study in the file"),
        text.drafted("sponsor: SPONSOR", "write it"),
        text.drafted("declared_build_time: 2000-01-01T00:00:00Z", "write it"),
        text.drafted(STANDARDS, f"that come with the product; the file says {spec.standard or 'none'}"),
        text.drafted("subjects: {form: FORM, number: FIELD}", "the form that enrols, and its number"),
    ]
    dictionaries = {c.dictionary: c.version for c in spec.codelists.values() if c.dictionary == "MedDRA"}
    for dictionary, version in dictionaries.items():
        said = f"dictionaries: [{{name: {dictionary}, version: {text.scalar(version or '0.0')}}}]"
        lines.append(text.drafted(said, "as the file says"))
    return text.file(lines)


# --- specs
def _spec(table: Table, spec: Specification, guide: Guide, layer: str) -> Iterator[str]:
    """A spec: the variables in their order, each with what is otherwise than the standard has it."""
    known = layer == "sdtm" and table.name in guide.datasets
    yield text.schema_line(DATASET, 2)
    yield f"dataset: {table.name}"
    if not known:
        if not (layer == "adam" and table.name == "ADSL"):
            yield f"label: {text.scalar(table.label)}"
            yield f"class: {table.class_.upper()}"
            yield f"structure: {text.scalar(table.structure)}"
        if layer == "sdtm":
            yield "nonstandard: true"
    if table.keys:
        yield f"keys: {text.flow(table.keys)}"
    yield "variables:"
    for variable in table.variables:
        facts = guide.variable(table.name, variable.name) if known else None
        said = {**_attributes(variable, facts is None), **_otherwise(variable, spec)}
        name = f"  - {variable.name}"
        yield f"{name}: {text.flow_map(said)}" if said else name


def _attributes(variable: Described, is_new: bool) -> dict[str, str]:
    """Label and type, where the standard does not know the variable."""
    if not is_new:
        return {}
    type_ = _TYPES.get(variable.type, variable.type)
    known = type_ if type_ in ("integer", "float", "iso") else "text"
    return {"label": text.scalar(variable.label), "type": known}


def _otherwise(variable: Described, spec: Specification) -> dict[str, str]:
    said = {}
    if variable.comment and spec.comments.get(variable.comment):
        said["comment"] = text.scalar(spec.comments[variable.comment])
    codelist = spec.codelists.get(variable.codelist)
    if codelist is not None and not codelist.dictionary and not codelist.code and codelist.terms:
        said["codelist"] = text.scalar(list_name(codelist))
    if codelist is not None and codelist.dictionary in ("MedDRA", "WHODD"):
        said["dictionary"] = codelist.dictionary
    return said


def list_name(codelist: CodeList) -> str:
    """The key under which a list stands in specs/codelists.yaml."""
    return re.sub(r"^CL\.", "", codelist.id)


# --- mappings
def _mapping(table: Table, spec: Specification) -> Iterator[str]:
    """A mapping whose lines are comments: the variable, its origin, its method; `from` is to be written."""
    yield text.schema_line("mapping", 2)
    yield f"# {table.name}: {table.structure}"
    yield f"dataset: {table.name}"
    yield text.drafted("from: FORM", "write the form, and a line for each variable below")
    yield "variables: {}"
    for variable in table.variables:
        origin = " ".join(filter(None, (variable.origin, variable.source, variable.predecessor)))
        yield f"#  {variable.name}: {{}}  # {variable.label}; {origin or 'no origin'}"
        method = spec.methods.get(variable.method)
        if method:
            yield from text.comment(f"     Method: {method}")
        for value in table.values.get(variable.name, ()):
            told = spec.methods.get(value.method, "")
            yield from text.comment(f"     where {value.where}: {value.origin} {told}".rstrip())


# --- code lists
def _codelists(spec: Specification, terminology: Terminology) -> Iterator[str]:
    """Each list with the terms that the file has: of the terminology by its name, or the sponsor's own."""
    named = _names(spec, terminology)
    for id_, codelist in spec.codelists.items():
        if codelist.dictionary or not codelist.terms:
            continue
        known = terminology.terms(codelist.code) if codelist.code else {}
        if not codelist.code:
            said = {"name": text.scalar(codelist.name), "terms": _terms(codelist)}
            yield f"{text.scalar(named[id_])}: {text.flow_map(said)}"
        elif known:
            own = [term.value for term in codelist.terms if term.value not in known]
            standard = [term.value for term in codelist.terms if term.value in known]
            if own:
                yield f"{text.scalar(named[id_])}: {{terms: {text.flow(standard)}, also: {text.flow(own)}}}"
            else:
                yield f"{text.scalar(named[id_])}: {text.flow(standard)}"


def _names(spec: Specification, terminology: Terminology) -> Mapping[str, str]:
    names = {}
    for id_, codelist in spec.codelists.items():
        facts = terminology.lists.get(codelist.code)
        names[id_] = (facts.list or facts.code) if facts else list_name(codelist)
    return names


def _terms(codelist: CodeList) -> str:
    if any(term.decode for term in codelist.terms):
        return text.flow_map({term.value: text.scalar(term.decode or term.value) for term in codelist.terms})
    return text.flow(term.value for term in codelist.terms)
