"""What changed in the mapping from one build to the next, by meaning: variables, verbs, fields, codelists,
functions, parameters.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.review.plain import differences, in_words

Node = tuple[str, str]  # (dataset or form, variable or field); "" is the set of a dataset's records
Book = Mapping[str, Any]  # what lineage/mapping.json says

_OF_DATASET = ("label", "class", "structure", "keys", "comment")
_OF_VARIABLE = ("label", "type", "max_length", "core", "codelist", "dictionary", "required", "long", "supp",
                "by", "continued", "evaluator", "format", "role", "comment")  # fmt: skip
_TEXTS = ("comment", "role")
_WITHOUT_DEPENDENTS = ("label", "core", *_TEXTS)  # no other variable depends on these
_OF_RULE = {
    "of": "inputs",
    "codelist": "codelist",
    "function": "function",
    "specs": "parameters",
    "constant": "constant",
    "where": "condition",
}
_OF_EVENTS = {"sources": "event source", "parameters": "endpoint", "censoring": "meaning of CNSR"}


@dataclass(frozen=True)
class Change:
    """One change of specs/, mappings/ or the program, and where its effect on the data begins."""

    kind: str  # variable, rule, codelist, function, parameter, records, event, contract, study, program, text
    subject: str
    what: str
    old: str = ""
    new: str = ""
    nodes: frozenset[Node] = frozenset()  # whose values it can change; none: it cannot change a value
    deep: bool = True  # also what depends on these
    values: frozenset[str] = frozenset()  # only cells that held or hold one of these; none: any

    def as_data(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "kind": self.kind,
            "subject": self.subject,
            "what": self.what,
            "old": self.old,
            "new": self.new,
            "can_change_values": bool(self.nodes),
        }


def changes(old: Book, new: Book) -> list[Change]:
    """Every change, in the order of the book."""
    all_changes = [
        *_datasets(old, new),
        *_functions(old, new),
        *_parameters(old, new),
        *_codelists(old, new),
        *_contracts(old, new),
    ]
    return list(dict.fromkeys(all_changes))


def _in_either(old: Iterable[str], new: Iterable[str]) -> list[str]:
    """The names of both, in their order, each once."""
    return list(dict.fromkeys([*old, *new]))


def _came_or_went(old: Any) -> str:
    """What happened to something that only one of the builds has."""
    return "added" if old is None else "removed"


# --- datasets and variables
def _datasets(old: Book, new: Book) -> Iterator[Change]:
    for name in _in_either(old["datasets"], new["datasets"]):
        before, after = old["datasets"].get(name), new["datasets"].get(name)
        if before is None or after is None:
            yield Change("dataset", name, _came_or_went(before), nodes=frozenset({(name, "")}))
            continue
        for part in _OF_DATASET:
            if before.get(part) != after.get(part):
                yield Change("dataset", name, part, in_words(before.get(part)), in_words(after.get(part)))
        yield from _records(name, before, after)
        for variable in _in_either(before["variables"], after["variables"]):
            yield from _variable(name, variable, before, after)


def _variable(dataset: str, name: str, before: Book, after: Book) -> Iterator[Change]:
    old, new = before["variables"].get(name), after["variables"].get(name)
    subject, nodes = f"{dataset}.{name}", frozenset({(dataset, name)})
    if old is None and new is not None:
        yield Change("variable", subject, "added", "", _rules_in_words(new["rules"]), nodes)
    elif old is not None and new is None:
        yield Change("variable", subject, "removed", _rules_in_words(old["rules"]), "", nodes)
    elif old is not None and new is not None:
        for part in _OF_VARIABLE:
            was, now = old.get(part), new.get(part)
            if was != now:
                kind = "text" if part in _TEXTS else "variable"
                deep = part not in _WITHOUT_DEPENDENTS
                yield Change(kind, subject, part, in_words(was), in_words(now), nodes, deep)
        old_rules = _by_block(old["rules"], before["blocks"])
        new_rules = _by_block(new["rules"], after["blocks"])
        yield from _rules(subject, nodes, old_rules, new_rules)


def _rules(
    subject: str, nodes: frozenset[Node], old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[Change]:
    """The rules of a variable, block by block; the same change in several blocks is given once."""
    blocks_by_change: dict[tuple[str, str, str], list[str]] = {}
    all_blocks = _in_either(old, new)
    for block in all_blocks:
        for change in _differences_of_rules(old.get(block), new.get(block)):
            blocks_by_change.setdefault(change, []).append(block)
    for (what, was, now), blocks in blocks_by_change.items():
        is_in_some = blocks != [""] and len(blocks) < len(all_blocks)
        yield Change(
            "rule", subject, f"{what} ({', '.join(blocks)})" if is_in_some else what, was, now, nodes
        )


def _differences_of_rules(old: Book | None, new: Book | None) -> Iterator[tuple[str, str, str]]:
    """What changed in a rule, and both states in words."""
    if old is None or new is None:
        if old is not None:
            yield "rule removed", rule_in_words(old), ""
        if new is not None:
            yield "rule added", "", rule_in_words(new)
        return
    if old["verb"] != new["verb"]:
        yield "verb", rule_in_words(old), rule_in_words(new)
        return
    for part, noun in _OF_RULE.items():
        if old.get(part) != new.get(part):
            is_one_field = part == "of" and old["verb"] in ("copy", "codelist", "date")
            what = "source field" if is_one_field else noun
            yield what, in_words(old.get(part)), in_words(new.get(part))


def _by_block(rules: Iterable[Mapping[str, Any]], blocks: list[dict[str, Any]]) -> dict[str, Any]:
    """Rules by the name of their block; a rule for all blocks is one of each."""
    names = _names_of_blocks(blocks)
    by_block: dict[str, Any] = {}
    for rule in rules:
        number = rule.get("block")
        all_names = list(names.values()) or [""]
        for name in all_names if number is None else [names[number]]:
            by_block[name] = rule
    return by_block


def _names_of_blocks(blocks: list[dict[str, Any]]) -> dict[int, str]:
    """A name for each block, which stays the same when another block is put before it."""
    uses: dict[str, int] = {}
    names = {}
    for block in blocks:
        name = block.get("parameter") or block.get("source") or _short_name(block)
        uses[name] = uses.get(name, 0) + 1
        names[block["block"]] = name if uses[name] == 1 else f"{name} {uses[name]}"
    return names


def _records(dataset: str, before: Book, after: Book) -> Iterator[Change]:
    """Where a dataset's records come from: blocks, their conditions, and what decides time-to-event
    parameters.
    """
    nodes = frozenset({(dataset, "")})
    for part, noun in _OF_EVENTS.items():
        for path, was, now in differences(before.get(part) or {}, after.get(part) or {}):
            yield Change("event", dataset, f"{noun} {path}", was, now, nodes)
    old_rules, new_rules = _rules_of_records(before), _rules_of_records(after)
    for change in _rules(dataset, nodes, old_rules, new_rules):
        yield Change("records", dataset, change.what, change.old, change.new, nodes)


def _rules_of_records(content: Book) -> dict[str, Any]:
    """The rules of a dataset's records by block. What a time-to-event parameter reads follows from its
    events, which are compared themselves.
    """
    rules = []
    for block in content["blocks"]:
        left_out = "of" if "parameter" in block else ""
        rules.append({name: value for name, value in block.items() if name != left_out})
    return _by_block(rules, rules)


def _rules_in_words(rules: Iterable[Mapping[str, Any]]) -> str:
    """The rules of a variable in one line, each once."""
    return "; ".join(dict.fromkeys(rule_in_words(rule) for rule in rules))


def rule_in_words(rule: Mapping[str, Any]) -> str:
    """A rule in one line."""
    source = rule.get("source", "") if rule["verb"] == "rows" else ""
    what = rule.get("codelist") or _short_name(rule) or source or rule.get("what", "")
    of = in_words(rule.get("of"))
    words = [
        rule["verb"],
        str(rule.get("constant", what)),
        f"of {of}" if of else "",
        f"where {in_words(rule['where'])}" if "where" in rule else "",
    ]
    return " ".join(word for word in words if word)


def _short_name(rule: Mapping[str, Any]) -> str:
    """The name of a rule's function without its dataset or layer; "" where the rule has no function."""
    return str(rule.get("function", "")).split(".")[-1]


# --- functions and parameters
def _functions(old: Book, new: Book) -> Iterator[Change]:
    for name in sorted(old["functions"].keys() & new["functions"].keys()):
        before, after = old["functions"][name], new["functions"][name]
        nodes = users(new, name)
        if before["text"] != after["text"]:
            yield Change("function", name, "text", before["text"], after["text"])
        if not is_same_code(before["source"], after["source"]):
            yield Change("function", name, "code", before["source"], after["source"], nodes)
        elif before["file"].startswith("mappings/") and before.get("rest") != after.get("rest"):
            yield Change("function", name, "code beside it in the same file", nodes=nodes)
    for module in sorted({*old["modules"], *new["modules"]}):
        if old["modules"].get(module) == new["modules"].get(module):
            continue
        resting = [name for name, function in new["functions"].items() if module in function["modules"]]
        nodes = frozenset(node for name in resting for node in users(new, name))
        noun = "function rests" if len(resting) == 1 else "functions rest"
        yield Change("program", module, f"changed; {len(resting)} {noun} on it", nodes=nodes)


def is_same_code(old: str, new: str) -> bool:
    """Whether two texts of a function differ in comments, layout and docstring alone."""
    return old == new or _without_text(old) == _without_text(new)


def _without_text(source: str) -> str:
    function = ast.parse(source).body[0]
    if isinstance(function, ast.FunctionDef) and ast.get_docstring(function) is not None:
        function.body = function.body[1:]
    return ast.dump(function)


def _parameters(old: Book, new: Book) -> Iterator[Change]:
    for name in _in_either(old["parameters"], new["parameters"]):
        before, after = old["parameters"].get(name), new["parameters"].get(name)
        nodes = _users_of_parameter(old, name) | _users_of_parameter(new, name)
        was, now = before or {}, after or {}
        values = (in_words(was.get("value")), in_words(now.get("value")))
        if before is None or after is None:
            yield Change("parameter", name, _came_or_went(before), *values, nodes)
            continue
        if was["value"] != now["value"]:
            yield Change("parameter", name, "value", *values, nodes)
        for part in ("reason", "source"):
            if was.get(part) != now.get(part):
                yield Change("parameter", name, part, in_words(was.get(part)), in_words(now.get(part)))


def _users_of_parameter(book: Book, name: str) -> frozenset[Node]:
    """What is made by the functions that take a parameter."""
    functions = book["parameters"].get(name, {}).get("used_by", ())
    return frozenset(node for function in functions for node in users(book, function))


# --- codelists and contracts
def _codelists(old: Book, new: Book) -> Iterator[Change]:
    for name in _in_either(old["codelists"], new["codelists"]):
        before, after = old["codelists"].get(name), new["codelists"].get(name)
        nodes = _recoded_by(old, name) | _recoded_by(new, name)
        if before is None or after is None:
            yield Change("codelist", name, _came_or_went(before), nodes=nodes)
            continue
        for path, was, now in differences(_without_terms(before), _without_terms(after)):
            yield Change("codelist", name, path, was, now)
        for term in _in_either(before["terms"], after["terms"]):
            yield from _term(name, term, before["terms"].get(term), after["terms"].get(term), nodes)


def _without_terms(codelist: Book) -> Book:
    return {part: value for part, value in codelist.items() if part != "terms"}


def _term(
    codelist: str, term: str, old: Book | None, new: Book | None, nodes: frozenset[Node]
) -> Iterator[Change]:
    if old is None or new is None:
        yield Change("codelist", codelist, f"term {term} {_came_or_went(old)}", nodes=nodes)
        return
    before, after = set(old.get("collected", ())), set(new.get("collected", ()))
    for spelling in sorted(before ^ after):
        what = "added" if spelling in after else "removed"
        yield Change("codelist", codelist, f"spelling {spelling} of {term} {what}", nodes=nodes)
    for part in ("decode", "code", "order"):
        was, now = old.get(part), new.get(part)
        if was != now:
            # the NCI code is in define.xml alone
            changed = frozenset() if part == "code" else nodes
            yield Change("codelist", codelist, f"{part} of {term}", in_words(was), in_words(now), changed)


def _recoded_by(book: Book, codelist: str) -> frozenset[Node]:
    recoded = _nodes_with_rule(book, lambda rule: rule.get("codelist") == codelist)
    return recoded | takers(book, f"specs.codelists.{codelist}")


def _contracts(old: Book, new: Book) -> Iterator[Change]:
    for name in _in_either(old["fields"], new["fields"]):
        before, after = old["fields"].get(name), new["fields"].get(name)
        form, _, field = name.partition(".")
        nodes = frozenset({(form, field)})
        if before is None or after is None:
            yield Change("contract", name, f"field {_came_or_went(before)}", nodes=nodes)
            continue
        for path, was, now in differences(before, after):
            changed = frozenset() if path == "question" else nodes
            yield Change("contract", name, path, was, now, changed)
    for path, was, now in differences(old["forms"], new["forms"]):
        yield Change("contract", path, "form", was, now)
    for path, was, now in differences(old["set_aside"], new["set_aside"]):
        yield Change("set aside", "mappings/set_aside.yaml", path, was, now)


# --- what rules use
def users(book: Book, function: str) -> frozenset[Node]:
    """What a function makes: variables, and the records of datasets."""
    return _nodes_with_rule(book, lambda rule: rule.get("function") == function)


def takers(book: Book, part: str) -> frozenset[Node]:
    """What is made with a part of specs/: with that part, with one in it, or with one that it is in."""

    def takes(rule: Mapping[str, Any]) -> bool:
        taken = _parts_of_specs(rule)
        return any(part == t or part.startswith(f"{t}.") or t.startswith(f"{part}.") for t in taken)

    return _nodes_with_rule(book, takes)


def _parts_of_specs(rule: Mapping[str, Any]) -> list[str]:
    """The parts of specs/ that a rule takes, including the one that a constant comes from."""
    parts = list(rule.get("specs", {}).values())
    constant = rule.get("said", "")
    if constant:
        parts.append(f"specs.{constant.removeprefix('study.')}")
    return parts


def _nodes_with_rule(book: Book, is_chosen: Callable[[Mapping[str, Any]], bool]) -> frozenset[Node]:
    """The variables and sets of records that have a rule of which this is true."""
    nodes: set[Node] = set()
    for dataset, content in book["datasets"].items():
        if any(is_chosen(rule) for rule in content["blocks"]):
            nodes.add((dataset, ""))
        for variable, properties in content["variables"].items():
            if any(is_chosen(rule) for rule in properties["rules"]):
                nodes.add((dataset, variable))
    return frozenset(nodes)
