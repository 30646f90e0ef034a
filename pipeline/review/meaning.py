"""What changed in the mapping from one build to the next, by meaning: variables, verbs, fields, codelists,
functions, parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipeline.review import references
from pipeline.review.change import Book, Change, Node, came_or_went, in_either
from pipeline.review.plain import differences, in_words

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
    "unless": "exception",
}
_OF_EVENTS = {"sources": "event source", "parameters": "endpoint", "censoring": "meaning of CNSR"}


def changes(old: Book, new: Book) -> list[Change]:
    """Every change, in the order of the book.

    Takes     the mappings of two builds.
    Returns   changes with what each can explain in the data.
    """
    return list(dict.fromkeys([*_datasets(old, new), *references.changes(old, new)]))


# --- datasets and variables
def _datasets(old: Book, new: Book) -> Iterator[Change]:
    for name in in_either(old["datasets"], new["datasets"]):
        before, after = old["datasets"].get(name), new["datasets"].get(name)
        if before is None or after is None:
            yield Change("dataset", name, came_or_went(before), nodes=frozenset({(name, "")}))
            continue
        for part in _OF_DATASET:
            if before.get(part) != after.get(part):
                yield Change("dataset", name, part, in_words(before.get(part)), in_words(after.get(part)))
        yield from _records(name, before, after)
        for variable in in_either(before["variables"], after["variables"]):
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
    all_blocks = in_either(old, new)
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
        f"unless {in_words(rule['unless'])}" if "unless" in rule else "",
    ]
    return " ".join(word for word in words if word)


def _short_name(rule: Mapping[str, Any]) -> str:
    """The name of a rule's function without its dataset or layer; "" where the rule has no function."""
    return str(rule.get("function", "")).split(".")[-1]
