"""Blocks: analysis datasets of the program that a study takes by name (`use: adta`), each a file of
pipeline/standards/blocks in the long form, with its spec and code lists.

1. What the study writes wins: a line, a source, a code list, a part of the spec of the same name.
2. `choose` names the parameters, or the groups of variables, that the dataset has, in the study's order.
3. A variable, an input with a ? and a source of events are left out where the study does not have what they
   read; any other input is asked for (`settled`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from pipeline.records.conditions import ABSENT
from pipeline.standards.tables import SHIPPED
from pipeline.study.located import KeyPath, Located, content, nearest, parsed, text
from pipeline.study.models import INVESTIGATOR, Protocol
from pipeline.study.short.mappings import Spec

FOLDER = "pipeline/standards/blocks"
# words of a block for what the study declares: the date of planning, and code, --EVAL and --EVALID of its own
# evaluator
ANCHOR, EVALUATOR, ROLE, READER = "ANCHOR", "EVALUATOR", "ROLE", "READER"
_MERGED = ("sources", "censoring", "responses", "variables")
_KEPT = ("dataset", "parameters", "response_parameters", "records")  # of the study, as they are


@dataclass
class Block:
    """A block as a study takes it."""

    name: str
    file: Located  # of the study: the mapping with `use`
    mapping: Spec
    spec: Spec  # its variables as a list, each {NAME: attributes}
    codelists: Spec
    spec_file: Located | None  # of the study, where it has one
    places: dict[KeyPath, tuple[int, int]]
    rules: dict[KeyPath, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    offered: tuple[str, ...] = ()  # what `choose` may name

    @property
    def rule(self) -> str:
        return f"{self.name} block"

    def fault(self, path: KeyPath, message: str) -> None:
        self.faults.append(str(self.file.error(path, message)))

    def located(self) -> Located:
        """The mapping in the long form; what is the block's stands at `use`."""
        return replace(self.file, value=self.mapping, places=self.places, rules=self.rules, is_expanded=True)

    def located_spec(self) -> Located:
        """The spec that lists all variables."""
        file = self.spec_file or self.file
        use = self.file.places.get(("use",), (1, 1))
        variables = [v if any(v.values()) else next(iter(v)) for v in self.spec["variables"]]
        places: dict[KeyPath, tuple[int, int]] = {("variables", i): use for i in range(len(variables))}
        return Located(file.file, file.shown, {**self.spec, "variables": variables}, {(): use, **places})


def used(file: Located) -> bool:
    """Whether a mapping takes a block."""
    return isinstance(file.value, dict) and "use" in file.value


def opened(file: Located, spec: Located | None, protocol: Protocol) -> Block:
    """The block that a mapping takes, with what the study writes of its own.

    Takes     the mapping with `use`; the spec of the study, where it has one; specs/study.yaml.
    """
    said: Spec = dict(file.value)
    name = str(said.pop("use"))
    places = dict(file.places)
    known = names()
    if name not in known:
        block = Block(name, file, {"dataset": said.get("dataset")}, {"variables": []}, {}, spec, places)
        block.fault(("use",), f"{name} is no block{nearest(name, known)}; there are {', '.join(known)}")
        return block
    taken = _filled(_read(name), protocol)
    block = Block(name, file, taken["mapping"], taken["spec"], taken["codelists"], spec, places)
    if ANCHOR in str(taken["mapping"]):
        what = "the date of ADSL from which scans are planned"
        advice = "write anchor: ADSL.RANDDT in specs/study.yaml"
        block.fault(("use",), f"{name} counts from `anchor`, {what}: {advice}")
    _choose(block, said, taken, protocol)
    _leave_out(block, said)
    _mark(block)
    _add_what_the_study_writes(block, said)
    _name_the_parameters(block)
    _override_spec(block)
    return block


def names() -> list[str]:
    """The blocks that there are."""
    return sorted(path.stem for path in (SHIPPED.parent / "blocks").glob("*.yaml"))


@cache
def _text(name: str) -> str:
    file = f"{FOLDER}/{name}.yaml"
    return text(content(SHIPPED.parent / "blocks" / f"{name}.yaml", file), file)


def _read(name: str) -> Spec:
    value: Spec = parsed(_text(name), f"{FOLDER}/{name}.yaml", f"{FOLDER}/{name}.yaml").value
    value["spec"]["variables"] = [v if isinstance(v, dict) else {v: {}} for v in value["spec"]["variables"]]
    return {"codelists": {}, **value}


def _filled(part: Any, protocol: Protocol) -> Any:
    """The block with what the study declares in the place of ANCHOR, EVALUATOR, ROLE and READER."""
    if isinstance(part, dict):
        filled = {key: _filled(value, protocol) for key, value in part.items()}
        filled = {key: value for key, value in filled.items() if value is not None or part[key] is None}
        if "EVALCD" in part and "name" in part["EVALCD"]:
            evaluators = {each.code: each.name for each in protocol.evaluators}
            filled["EVALCD"] = {**part["EVALCD"], "terms": evaluators}
        return filled
    if isinstance(part, list):
        return [_filled(value, protocol) for value in part]
    own = protocol.evaluators[0]
    if part == EVALUATOR:
        return own.code
    if part == ROLE:  # a record without an evaluator is the investigator's
        return [own.evaluator, ABSENT] if own.evaluator == INVESTIGATOR else own.evaluator
    if part == READER:
        return own.id
    if isinstance(part, str) and protocol.anchor_variable:
        return part.replace(ANCHOR, protocol.anchor_variable)
    return part


# --- what the study writes
def _choose(block: Block, said: Spec, taken: Spec, protocol: Protocol) -> None:
    """Keeps what `choose` names: of ADRS the parameters, elsewhere groups of variables."""
    chosen = said.pop("choose", None)
    parameters = block.mapping.get("response_parameters")
    groups: Mapping[str, list[str]] = taken.get("choices", {})
    known = [p["code"] for p in parameters] if parameters else list(groups)
    block.offered = tuple(known)
    if parameters and not chosen:
        block.fault(("use",), f"{block.name} needs `choose`, the parameters: {', '.join(known)}")
    if parameters and isinstance(chosen, list):
        chosen = _with_added(block, chosen, protocol)
        known = [p["code"] for p in parameters]
    for i, code in enumerate(chosen if isinstance(chosen, list) else []):
        if code is not None and code not in known:
            there = nearest(str(code), known) or f"; there are {', '.join(known)}"
            block.fault(("choose", i), f"{code} is nothing to choose in {block.name}{there}")
    wanted = [code for code in chosen or () if code in known]
    if parameters:
        by_code = {p["code"]: p for p in parameters}
        block.mapping["response_parameters"] = [by_code[code] for code in wanted]
        _keep_terms(block.codelists, wanted)
    for name in (n for group, names in groups.items() if group not in wanted for n in names):
        _drop(block, name)


def _with_added(block: Block, chosen: list[Any], protocol: Protocol) -> list[Any]:
    """The codes of what is chosen. What is of another evaluator is added to the parameters first; where
    it is at fault, the fault is told and the place keeps no code.
    """
    codes: list[Any] = []
    for i, entry in enumerate(chosen):
        if not isinstance(entry, dict):
            codes.append(entry)
            continue
        fault = _fault_of(block, entry, protocol)
        if fault:
            key, message = fault
            block.fault(("choose", i, key) if key else ("choose", i), message)
            codes.append(None)
        else:
            _add_parameter(block, entry, protocol)
            codes.append(str(entry["code"]))
    return codes


def _fault_of(block: Block, entry: Spec, protocol: Protocol) -> tuple[str, str] | None:
    """What is wrong with {code, as, evaluator, name}, and the key that is; None where nothing is."""
    if entry.keys() != {"code", "as", "evaluator", "name"}:
        return "", "a parameter of another evaluator has code, as, evaluator and name"
    code, like, evaluator = (str(entry[key]) for key in ("code", "as", "evaluator"))
    parameters = {p["code"]: p for p in block.mapping["response_parameters"]}
    if code in parameters:
        return "code", f"{code} is a parameter of {block.name}; choose another code"
    evaluators = [each.code for each in protocol.evaluators]
    if evaluator not in evaluators:
        there = nearest(evaluator, evaluators) or f"; there are {', '.join(evaluators)}"
        return "evaluator", f"{evaluator} is none of `evaluators`{there}"
    offered = [each for each, p in parameters.items() if "EVALCD" in _where_of(block, p)]
    if like not in offered:
        there = f"; there are {', '.join(offered)}"
        return "as", f"{like} is not drawn from the assessments of an evaluator{there}"
    return None


def _where_of(block: Block, parameter: Spec) -> Spec:
    """The records that a parameter's source takes."""
    where: Spec = block.mapping["responses"][parameter["source"]].get("where", {})
    return where


def _add_parameter(block: Block, entry: Spec, protocol: Protocol) -> None:
    """Adds the parameter `as` under another code, drawn from the assessments of the evaluator: the parameter,
    its source, and its terms in the lists that name and group parameters.
    """
    code, evaluator = str(entry["code"]), str(entry["evaluator"])
    responses, parameters = block.mapping["responses"], block.mapping["response_parameters"]
    like = next(p for p in parameters if p["code"] == entry["as"])
    source = responses[like["source"]]
    name_of_source = f"{like['source']} {evaluator}"
    responses[name_of_source] = {**source, "where": {**source["where"], "EVALCD": evaluator}}
    parameters.append({**like, "code": code, "source": name_of_source})
    block.codelists["PARAMCD_ADRS"]["terms"][code] = entry["name"]
    who = next(each.name for each in protocol.evaluators if each.code == evaluator)
    categories = block.codelists["PARCAT1_ADRS"]["terms"]
    categories.setdefault(f"RECIST 1.1 {who.upper()}", []).append(code)


def _keep_terms(codelists: Spec, codes: list[str]) -> None:
    """Of the lists of parameters those that are chosen, in their order."""
    terms = codelists["PARAMCD_ADRS"]["terms"]
    codelists["PARAMCD_ADRS"]["terms"] = {code: terms[code] for code in codes}
    categories = codelists["PARCAT1_ADRS"]["terms"]
    kept = {name: [code for code in of if code in codes] for name, of in categories.items()}
    codelists["PARCAT1_ADRS"]["terms"] = {name: of for name, of in kept.items() if of}


def _leave_out(block: Block, said: Spec) -> None:
    left_out = said.get("leave_out")
    of_block = [name for name in left_out if name in block.mapping["variables"]] if left_out else []
    for name in of_block:
        _drop(block, name)
    if left_out:
        said["leave_out"] = {name: why for name, why in left_out.items() if name not in of_block}


def _drop(block: Block, name: str) -> None:
    block.mapping["variables"].pop(name, None)
    block.spec["variables"] = [v for v in block.spec["variables"] if name not in v]


def _mark(block: Block) -> None:
    """Every part of the block stands at `use`, by the rule of its name."""
    use = block.file.places.get(("use",), (1, 1))
    block.places[()] = block.places.get((), (1, 1))
    for key, part in block.mapping.items():
        parts = part if isinstance(part, dict) else range(len(part))
        for each in parts:
            block.rules[key, each] = block.rule
            block.places.setdefault((key, each), use)


def _add_what_the_study_writes(block: Block, said: Spec) -> None:
    mapping = block.mapping
    for key, part in said.items():
        if key in _MERGED and isinstance(part, dict) and isinstance(mapping.get(key), dict):
            for name in part:
                block.rules.pop((key, name), None)
                block.places[key, name] = block.file.places.get((key, name), (1, 1))
            mapping[key] = {**mapping[key], **part}
        elif key == "response_parameters" and isinstance(part, list):
            before = len(mapping.get(key, []))
            for path, place in block.file.places.items():
                if path[:1] == (key,) and len(path) > 1 and isinstance(path[1], int):
                    block.places[(key, path[1] + before, *path[2:])] = place
            mapping[key] = [*mapping.get(key, []), *part]
        else:
            mapping[key] = part
    own = said.get("variables")
    listed = {name for v in block.spec["variables"] for name in v}
    for name in own if isinstance(own, dict) else ():
        if name not in listed:
            block.spec["variables"].append({name: {}})


def _name_the_parameters(block: Block) -> None:
    """The list of time-to-event parameters, and that of their events and censorings."""
    parameters = block.mapping.get("parameters")
    if block.name != "adtte":
        return
    if not parameters:
        what = "code, name, start, events, and censors or a convention"
        block.fault(("use",), f"adtte needs `parameters`: {what}")
    said = [p for p in parameters or () if isinstance(p, dict) and {"code", "name"} <= p.keys()]
    terms = {str(p["code"]): p["name"] for p in said}
    sources = block.mapping["sources"]
    texts = [s["describes"] for s in sources.values() if isinstance(s, dict) and "describes" in s]
    texts += [str(meaning) for meaning in block.mapping["censoring"].values()]
    block.codelists = {
        "PARAMCD_ADTTE": {"name": "Parameter Code of ADTTE", "terms": terms},
        **block.codelists,
        "EVNTDESC": {
            "name": "Event or Censoring of ADTTE",
            "extensible": True,
            "terms": list(dict.fromkeys(texts)),
        },
    }


def _override_spec(block: Block) -> None:
    """A spec of the study: its keys and, by name, its variables take the place of the block's."""
    said = block.spec_file.value if block.spec_file is not None else None
    block.spec = {"dataset": block.mapping.get("dataset"), **block.spec}
    if not isinstance(said, dict):
        return
    variables = said.get("variables", {})
    if isinstance(variables, list):
        entries = [each if isinstance(each, dict) else {each: {}} for each in variables]
        variables = {name: attributes for each in entries for name, attributes in each.items()}
    by_name = {name: attributes for v in block.spec["variables"] for name, attributes in v.items()}
    for name, attributes in variables.items():
        by_name[str(name)] = {**by_name.get(name, {}), **(attributes or {})}
    block.spec |= {key: part for key, part in said.items() if key != "variables"}
    block.spec["variables"] = [{name: attributes} for name, attributes in by_name.items()]
