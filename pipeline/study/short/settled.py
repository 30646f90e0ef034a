"""A block held against what a study has: what the study cannot give is left out, or asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pipeline.study.located import KeyPath
from pipeline.study.short.blocks import Block
from pipeline.study.short.mappings import Draft, Spec

Has = Callable[[str, str], bool]  # whether the study has this variable of this dataset
Gives = Callable[[str, str, str], bool]  # whether a line of the study may give this term of this variable
OPTIONAL = "?"
NO_VARIABLES = ("dataset", "describes", "where", "censor")  # the keys of a source that name none


def settle(block: Block, draft: Draft, has: Has, gives: Gives) -> None:
    """Leaves out of the draft, and of the block's spec, each variable and source of the block whose inputs
    the study does not have; an input that is needed and not there is a fault at `use`.

    Takes     the block; its mapping on its way to the long form.
    """
    long = draft.long
    for records in draft.blocks:
        if isinstance(records.get("from"), dict):
            records["from"]["of"] = _inputs(block, records["from"].get("of", {}), has, "")
            if asked := records["from"].get("with"):
                records["from"]["with"] = {name: _mapped(terms, gives) for name, terms in asked.items()}
    for i, parameter in enumerate(long.get("response_parameters") or ()):
        if ("response_parameters", i) in draft.rules:
            subjects = _columns(block, parameter.get("subjects", []), has, "ADSL")
            parameter["subjects"] = subjects or []
    _drop_sources(block, draft, has)
    _drop_variables(block, draft, has)


def _mapped(terms: dict[str, str], gives: Gives) -> bool:
    """Whether the study maps a term, as `{RS.RSTESTCD: NEWLPROG}` asks."""
    named = ((*name.split(".", 1), term) for name, term in terms.items())
    return all(gives(dataset, variable, term) for dataset, variable, term in named)


def _inputs(block: Block, of: Spec, has: Has, dataset: str) -> Spec:
    settled: Spec = {}
    for parameter, names in of.items():
        name = parameter.removesuffix(OPTIONAL)
        if isinstance(names, list):
            columns = _columns(block, names, has, dataset, needed=name == parameter)
            if columns is not None:
                settled[name] = columns
        else:
            settled[name] = names
    return settled


def _columns(
    block: Block, names: list[Any], has: Has, dataset: str, *, needed: bool = True
) -> list[str] | None:
    """The columns that the study has; None where one is lacking that the input cannot do without."""
    columns, lacking = [], []
    for each in names:
        name = str(each).removesuffix(OPTIONAL)
        prefix, _, column = name.rpartition(".")
        if has(prefix or dataset, column):
            columns.append(name)
        elif name == each:
            lacking.append((prefix or dataset, column))
    for of, column in lacking if needed else ():
        block.fault(("use",), f"{block.name} reads {of}.{column}, which the study does not have; map it")
    return None if lacking else columns


def _drop_sources(block: Block, draft: Draft, has: Has) -> None:
    for key in ("sources", "responses"):
        for name, source in list((draft.long.get(key) or {}).items()):
            if (key, name) not in draft.rules:
                continue
            _settle_conditions(source, has)
            read = [part for k, part in source.items() if k not in NO_VARIABLES]
            read += list(source.get("where", {}))
            lacking = [variable for variable in read if not has(source["dataset"], variable)]
            if lacking and key == "sources":
                del draft.long[key][name]
                _refuse_use(block, draft, name, f"{source['dataset']}.{lacking[0]}")
            elif key == "responses":
                _lessen(draft.long[key], name, lacking)
                if name not in draft.long[key]:
                    _refuse_choice(block, draft, name, f"{source['dataset']}.{lacking[0]}")


def _settle_conditions(source: Spec, has: Has) -> None:
    """Leaves out the conditions with ? on variables that the study does not have."""
    if "where" not in source:
        return
    conditions = source["where"].items()
    kept = {
        name.removesuffix(OPTIONAL): condition
        for name, condition in conditions
        if not name.endswith(OPTIONAL) or has(source["dataset"], name.removesuffix(OPTIONAL))
    }
    source["where"] = kept
    if not kept:
        del source["where"]


def _refuse_use(block: Block, draft: Draft, source: str, lacking: str) -> None:
    """A parameter that draws on a source which the study cannot give."""
    for i, parameter in enumerate(draft.long.get("parameters") or ()):
        named = [*parameter.get("events", ()), *parameter.get("censors", ()), parameter.get("start")]
        convention = parameter.get("convention") or {}
        if source == "therapy" and convention.get("therapy"):
            named.append(source)
        if source in named:
            message = f"{source} reads {lacking}, which the study does not have; map it, or leave it out"
            block.fault(("parameters", i), message)


def _refuse_choice(block: Block, draft: Draft, source: str, lacking: str) -> None:
    """A response parameter that is drawn from a source which the study cannot give."""
    said: list[Any] = block.file.value.get("choose") or []
    chosen = [each.get("code") if isinstance(each, dict) else each for each in said]
    for i, parameter in enumerate(draft.long.get("response_parameters") or ()):
        code = parameter["code"]
        if parameter.get("source") != source or ("response_parameters", i) not in draft.rules:
            continue
        reported = f"{code}I"
        there = reported in block.offered
        instead = f"choose {reported}, by the investigator" if there else f"leave {code} out"
        message = f"{code} reads {lacking}, which the study does not have; {instead}, or map it"
        block.fault(("choose", chosen.index(code)), message)


def _lessen(responses: Spec, name: str, lacking: list[str]) -> None:
    """A source of responses without what it can do without; without its date or value it is none."""
    source = responses[name]
    if {source["date"], source.get("value"), *source.get("where", {})} & set(lacking):
        del responses[name]
        return
    responses[name] = {key: part for key, part in source.items() if part not in lacking}


def _drop_variables(block: Block, draft: Draft, has: Has) -> None:
    """Until nothing more goes: a line may read a variable that has gone."""
    dataset, lines = draft.dataset, draft.long["variables"]

    def there(name: Any) -> bool:
        prefix, _, column = str(name).rpartition(".")
        if prefix.startswith("specs"):
            return True
        if not prefix:
            return name == "USUBJID" or name not in gone
        return has(prefix, column) if prefix != dataset else column not in gone

    gone: set[str] = set()
    before = -1
    while len(gone) != before:
        before = len(gone)
        for variable, line in list(lines.items()):
            of = line.get("of") or {}
            read = [line["copy"]] if "." in str(line.get("copy", "")) else []
            for names in of.values() if isinstance(of, dict) else ():
                read += names if isinstance(names, list) else [names]
            path: KeyPath = ("variables", variable)
            if path in draft.rules and not all(there(name) for name in read):
                gone.add(variable)
                del lines[variable]
    block.spec["variables"] = [v for v in block.spec["variables"] if not gone & v.keys()]
