"""JSON Schema of each YAML file of a study, for editors: keys, verbs, functions, and the names of one study.

A schema comes of the model that reads the file. What the loader fills in need not be there, and what stands
in few words has its short form beside the long one. `lint` says more; a schema helps while a line is written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from pipeline.errors import UsageError
from pipeline.plan import LIBRARY
from pipeline.study import Study, reader
from pipeline.study import models as m
from pipeline.study.door import Door
from pipeline.study.faults import Faults
from pipeline.study.forms import HEADER
from pipeline.study.located import nearest
from pipeline.study.short.contracts import Contract
from pipeline.study.short.remaining import ELSE
from pipeline.study.simulation import Simulated

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ANY_NAME: Schema = {"type": ["string", "number"]}


@dataclass(frozen=True)
class Kind:
    """A kind of file: the model that reads it, and which files are of it."""

    model: type[BaseModel]
    files: str


KINDS: Mapping[str, Kind] = {
    "study": Kind(m.Protocol, reader.STUDY),
    "header": Kind(m.Header, HEADER),
    "form": Kind(Contract, "specs/raw/*.yaml"),
    "dataset": Kind(m.Dataset, "specs/[sa]d[ta]m/*.yaml"),
    "mapping": Kind(m.Mapping, "mappings/[sa]d[ta]m/*.yaml"),
    "codelists": Kind(m.Codelists, reader.CODELISTS),
    "units": Kind(m.Units, reader.UNITS),
    "set_aside": Kind(m.SetAsides, reader.SET_ASIDE),
    "waivers": Kind(m.Waivers, reader.WAIVERS),
    "simulation": Kind(Simulated, reader.SIMULATION),
    "door": Kind(Door, reader.DOOR),
    "faults": Kind(Faults, reader.FAULTS),
    **{
        Path(file).stem: Kind(model, file)
        for file, model in reader.OPTIONAL.items()
        if file != reader.WAIVERS
    },
    "translations": Kind(m.Translations, reader.TRANSLATIONS),
}


def kind_of(file: str) -> str | None:
    """The kind of a file of a study, by its name below the study's folder; None for what is none."""
    return next((name for name, kind in KINDS.items() if fnmatch(file, kind.files)), None)


def schema(kind: str, study: Study | None = None) -> Schema:
    """The schema of one kind of file.

    Takes     its name; a study whose forms, fields, datasets and functions are listed.
    Raises    UsageError for a kind that there is not.
    """
    if kind not in KINDS:
        raise UsageError(f"{kind}: no file of a study is called so{nearest(kind, KINDS)}; one of {_known()}")
    made: Schema = KINDS[kind].model.model_json_schema(by_alias=True)
    _let_numbers_be_texts(made)
    if kind in _SHORT:
        _SHORT[kind](made)
    if kind == "mapping":
        _name_functions_and_fields(made, study)
    return {"$schema": DIALECT, "title": f"{kind}: {KINDS[kind].files}", **made}


def _known() -> str:
    return ", ".join(KINDS)


def write(folder: Path, study: Study | None = None, kinds: Iterable[str] = KINDS) -> list[Path]:
    """Writes the schema of each kind into a folder, as KIND.json.

    Returns   the files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for kind in kinds:
        path = folder / f"{kind}.json"
        path.write_text(as_text(schema(kind, study)), encoding="utf-8", newline="\n")
        paths.append(path)
    return paths


def as_text(schema: Schema) -> str:
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


# --- what the loader reads, and a model's own schema does not tell
def _let_numbers_be_texts(part: Any) -> None:
    """A number of YAML is read as the text it was written in, and a text may be a number: 3.10, 010."""
    if isinstance(part, dict):
        if part.get("type") == "string" and "enum" not in part and "const" not in part:
            part["type"] = ["string", "number"]
        for content in part.values():
            _let_numbers_be_texts(content)
    elif isinstance(part, list):
        for content in part:
            _let_numbers_be_texts(content)


def _need(made: Schema, *names: str) -> None:
    """What must stand in the file: the loader fills in the rest."""
    made["required"] = [name for name in names if name in made["properties"]]


def _of_study(made: Schema) -> None:
    _need(made, "id", "title", "protocol", "sponsor", "declared_build_time", "subjects", "standards")
    by_name: Schema = {"type": "object", "additionalProperties": _ANY_NAME}
    for key in ("standards", "arms", "epochs"):
        made["properties"][key] = {"anyOf": [by_name, made["properties"][key]]}
    codes = {"type": "array", "items": _ANY_NAME}
    made["properties"]["missing"] = {"anyOf": [codes, by_name]}


def _of_header(made: Schema) -> None:
    codes = {"type": "array", "items": _ANY_NAME}
    made["properties"]["missing"] = {"anyOf": [codes, made["properties"]["missing"]]}


def _of_dataset(made: Schema) -> None:
    """Variables as names, with what the study says of them, or by name; the standard says the rest."""
    _need(made, "dataset")
    made["properties"]["like"] = _ANY_NAME
    made["properties"].pop("layer", None)
    said = made["$defs"]["Variable"]
    said.pop("required", None)
    said["type"] = ["object", "null"]
    by_name: Schema = {"type": "object", "additionalProperties": {"$ref": "#/$defs/Variable"}}
    item: Schema = {"anyOf": [_ANY_NAME, {**by_name, "minProperties": 1, "maxProperties": 1}]}
    made["properties"]["variables"] = {"anyOf": [by_name, {"type": "array", "items": item}]}


def _of_codelists(made: Schema) -> None:
    """Each list as terms, or with what is said of it."""
    term: Schema = {"anyOf": [_ANY_NAME, {"type": ["object", "null"]}, {"type": "array", "items": _ANY_NAME}]}
    by_value: Schema = {"type": "object", "additionalProperties": term}
    terms: Schema = {"anyOf": [{"type": "array", "items": {"anyOf": [_ANY_NAME, by_value]}}, by_value]}
    long = made["$defs"]["Codelist"]
    long.pop("required", None)
    flag, name = {"type": "boolean"}, _ANY_NAME
    extra = {"also": terms, "decoded": flag, "ordered": flag, "decodes_of": name, "terms": terms}
    long["properties"] |= extra | {"lists": {"type": "array", "items": name}}
    made["additionalProperties"] = {"anyOf": [{"$ref": "#/$defs/Codelist"}, terms]}


def _of_mapping(made: Schema) -> None:
    """One block of records at the top, an entry for each test, what the mapping says for its spec, and the
    lines of the engine that it takes over.
    """
    _need(made, "dataset")
    names: Schema = {"type": "array", "items": _ANY_NAME}
    by_name: Schema = {"type": "object", "additionalProperties": _ANY_NAME}
    block = made["$defs"]["Records"]
    where = block["properties"]["where"]
    block["properties"]["where"] = {"anyOf": [where, {"const": ELSE}]}
    of_block = {
        "each": {"type": "array", "items": {"type": "object"}},
        "copy": names,
        "from": block["properties"]["from"],
        "where": block["properties"]["where"],
    }
    block["properties"] |= of_block
    made["properties"] |= of_block | {"keys": names, "not_collected": by_name, "leave_out": by_name}
    of_evaluator: Schema = {
        "type": "object",
        "properties": dict.fromkeys(("code", "as", "evaluator", "name"), _ANY_NAME),
        "required": ["code", "as", "evaluator", "name"],
        "additionalProperties": False,
    }
    chosen: Schema = {"type": "array", "items": {"anyOf": [_ANY_NAME, of_evaluator]}}
    made["properties"] |= {"use": _ANY_NAME, "choose": chosen}


_SHORT: Mapping[str, Callable[[Schema], None]] = {
    "study": _of_study,
    "header": _of_header,
    "dataset": _of_dataset,
    "mapping": _of_mapping,
    "codelists": _of_codelists,
}


# --- names
def _name_functions_and_fields(made: Schema, study: Study | None) -> None:
    """Enumerations in the lines of a mapping: functions; with a study its fields, datasets and lists."""
    functions = sorted({name for layer in LIBRARY.values() for name in layer})
    rule, derivation = made["$defs"]["Rule"]["properties"], made["$defs"]["Derivation"]["properties"]
    # a study's own functions are Python, which a schema does not read
    derivation["derive"] = rule["derive"] = _one_of(functions, open_=True)
    if study is None:
        return
    fields = {name for form in study.forms.values() for name in form.fields}
    fields |= {f"{form.form}.{name}" for form in study.forms.values() for name in form.fields}
    variables = {name for spec in study.datasets.values() for name in spec.variables}
    variables |= {f"{spec.dataset}.{name}" for spec in study.datasets.values() for name in spec.variables}
    rule["copy"] = _one_of(sorted(fields | variables), open_=True)
    rule["date"] = _one_of(sorted(fields), open_=True)
    rule["codelist"] = _one_of(sorted(fields | study.codelists.keys()), open_=True)
    made["properties"]["dataset"] = _one_of(sorted(study.datasets), open_=False)


def _one_of(names: Iterable[str], open_: bool) -> Schema:
    """One of these names; an open list is offered by an editor, and any other name is no fault."""
    listed: Schema = {"enum": [*names]}
    return {"anyOf": [listed, _ANY_NAME]} if open_ else listed
