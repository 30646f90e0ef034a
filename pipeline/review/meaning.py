"""What changed in the mapping from one build to the next, by meaning: variables, verbs, fields, codelists,
functions, parameters.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.review import plain as review_plain

Node = tuple[str, str]  # (dataset or form, variable or field); "" is the set of a dataset's records
Book = Mapping[str, Any]

_OF_VARIABLE = ("label", "type", "max_length", "core", "codelist", "dictionary", "required", "long", "supp", "by", "continued", "evaluator",
                "format", "role", "comment")  # fmt: skip
_OF_DATASET = ("label", "class", "structure", "keys", "comment")
_ASPECTS = {
    "of": "inputs",
    "codelist": "codelist",
    "function": "function",
    "specs": "parameters",
    "constant": "constant",
    "where": "condition",
}


@dataclass(frozen=True)
class Change:
    """One change of specs/, mappings/ or the program, and what its effect on the data begins with."""

    kind: str  # variable, rule, codelist, function, parameter, records, event, contract, study, program, text
    subject: str
    what: str
    old: str = ""
    new: str = ""
    nodes: frozenset[Node] = frozenset()  # whose values it can change; none: it cannot change a value
    deep: bool = True  # and what depends on these; else these alone
    values: frozenset[str] = frozenset()  # only cells that held or hold one of these; none: any


def changes(old: Book, new: Book) -> list[Change]:
    """Every change, in the order of the book."""
    found = [
        *_datasets(old, new),
        *_functions(old, new),
        *_parameters(old, new),
        *_codelists(old, new),
        *_contracts(old, new),
    ]
    return list(dict.fromkeys(found))


# --- datasets and variables
def _datasets(old: Book, new: Book) -> Iterator[Change]:
    for name in dict.fromkeys([*old["datasets"], *new["datasets"]]):
        a, b = old["datasets"].get(name), new["datasets"].get(name)
        if a is None or b is None:
            yield Change("dataset", name, "added" if a is None else "removed", nodes=frozenset({(name, "")}))
            continue
        for part in _OF_DATASET:
            if a.get(part) != b.get(part):
                yield Change("dataset", name, part, _said(a.get(part)), _said(b.get(part)))
        yield from _records(name, a, b)
        for variable in dict.fromkeys([*a["variables"], *b["variables"]]):
            yield from _variable(name, variable, a, b)


def _variable(dataset: str, name: str, a: Book, b: Book) -> Iterator[Change]:
    old, new = a["variables"].get(name), b["variables"].get(name)
    subject, nodes = f"{dataset}.{name}", frozenset({(dataset, name)})
    if old is None or new is None:
        rules = "; ".join(dict.fromkeys(rule_in_words(r) for r in (new or old or {})["rules"]))
        yield Change(
            "variable", subject, *(("added", "", rules) if old is None else ("removed", rules, "")), nodes
        )
        return
    for part in _OF_VARIABLE:
        if old.get(part) != new.get(part):
            kind, shallow = (
                "text" if part in ("comment", "role") else "variable",
                part in ("label", "core", "comment", "role"),
            )
            yield Change(kind, subject, part, _said(old.get(part)), _said(new.get(part)), nodes, not shallow)
    yield from _rules(
        subject, nodes, _by_block(old["rules"], a["blocks"]), _by_block(new["rules"], b["blocks"])
    )


def _rules(
    subject: str, nodes: frozenset[Node], old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[Change]:
    """The rules of a variable, block by block; what is the same change in several blocks is told once."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for block in dict.fromkeys([*old, *new]):
        a, b = old.get(block), new.get(block)
        for told in _differences(a, b):
            found.setdefault(told, []).append(block)
    for (what, a_said, b_said), blocks in found.items():
        where = (
            f"{what} ({', '.join(blocks)})" if blocks != [""] and len(blocks) < len({*old, *new}) else what
        )
        yield Change("rule", subject, where, a_said, b_said, nodes)


def _differences(a: Book | None, b: Book | None) -> Iterator[tuple[str, str, str]]:
    if a is None or b is None:
        yield (
            "rule removed" if a else "rule added",
            rule_in_words(a) if a else "",
            rule_in_words(b) if b else "",
        )
        return
    if a["verb"] != b["verb"]:
        yield "verb", rule_in_words(a), rule_in_words(b)
        return
    for part, said in _ASPECTS.items():
        if a.get(part) != b.get(part):
            called = "source field" if part == "of" and a["verb"] in ("copy", "codelist", "date") else said
            yield called, _said(a.get(part)), _said(b.get(part))


def _by_block(rules: Iterable[Mapping[str, Any]], blocks: list[dict[str, Any]]) -> dict[str, Any]:
    """Rules by the name of their block; a rule for all blocks is one of each."""
    names = block_names(blocks)
    found: dict[str, Any] = {}
    for rule in rules:
        number = rule.get("block")
        for name in [names[number]] if number is not None else list(names.values()) or [""]:
            found[name] = rule
    return found


def block_names(blocks: list[dict[str, Any]]) -> dict[int, str]:
    """A name for each block that a block put before it does not change."""
    seen: dict[str, int] = {}
    names = {}
    for b in blocks:
        name = b.get("parameter") or b.get("source") or b.get("function", "").split(".")[-1]
        seen[name] = seen.get(name, 0) + 1
        names[b["block"]] = name if seen[name] == 1 else f"{name} {seen[name]}"
    return names


def _records(dataset: str, a: Book, b: Book) -> Iterator[Change]:
    """Where a dataset's records come from: blocks, their conditions, and what decides time-to-event
    parameters.
    """
    nodes = frozenset({(dataset, "")})
    for part in ("sources", "parameters", "censoring"):
        for path, old, new in review_plain.differences(a.get(part) or {}, b.get(part) or {}):
            kind = {"sources": "event source", "parameters": "endpoint", "censoring": "meaning of CNSR"}[part]
            yield Change("event", dataset, f"{kind} {path}", old, new, nodes)
    # what a time-to-event parameter reads follows from its events, which are told above
    told_rules = (
        [{k: v for k, v in r.items() if k != "of" or "parameter" not in r} for r in d["blocks"]]
        for d in (a, b)
    )
    old_blocks, new_blocks = (_by_block(rules, rules) for rules in told_rules)
    for told in _rules(f"{dataset} records", nodes, old_blocks, new_blocks):
        yield Change("records", dataset, told.what, told.old, told.new, nodes)


def rule_in_words(rule: Mapping[str, Any]) -> str:
    """A rule in one line."""
    of, source = _said(rule.get("of")), rule.get("source", "") if rule["verb"] == "rows" else ""
    what = rule.get(
        "constant",
        rule.get("codelist") or rule.get("function", "").split(".")[-1] or source or rule.get("what", ""),
    )
    where = f"where {_said(rule['where'])}" if "where" in rule else ""
    return " ".join(filter(None, [rule["verb"], str(what), f"of {of}" if of else "", where]))


# --- what rules refer to
def _functions(old: Book, new: Book) -> Iterator[Change]:
    moved = {m for m in {*old["modules"], *new["modules"]} if old["modules"].get(m) != new["modules"].get(m)}
    for name in sorted({*old["functions"]} & {*new["functions"]}):
        a, b = old["functions"][name], new["functions"][name]
        nodes = users(new, name)
        if a["text"] != b["text"]:
            yield Change("function", name, "text", a["text"], b["text"])
        if a["source"] != b["source"] and not _same_code(a["source"], b["source"]):
            yield Change("function", name, "code", a["source"], b["source"], nodes)
        elif a["file"].startswith("mappings/") and a.get("rest") != b.get("rest"):
            yield Change("function", name, "code beside it in the same file", nodes=nodes)
    for module in sorted(moved):
        resting = [n for n, f in new["functions"].items() if module in f["modules"]]
        nodes = frozenset(n for f in resting for n in users(new, f))
        yield Change("program", module, f"changed; {len(resting)} functions rest on it", nodes=nodes)


def _same_code(a: str, b: str) -> bool:
    """Whether two texts of a function differ in comments, layout and docstring alone."""
    return _bare(a) == _bare(b)


def _bare(source: str) -> str:
    found = ast.parse(source).body[0]
    if isinstance(found, ast.FunctionDef) and ast.get_docstring(found) is not None:
        found.body = found.body[1:]
    return ast.dump(found)


def users(book: Book, function: str) -> frozenset[Node]:
    """What a function makes: variables, and the records of datasets."""
    return _made(book, lambda rule: bool(rule.get("function") == function))


def takers(book: Book, table: str) -> frozenset[Node]:
    """What is made with a part of specs/: of that name, or of a part that holds it."""
    return _made(
        book,
        lambda rule: any(
            table == t or table.startswith(f"{t}.") or t.startswith(f"{table}.") for t in _tables(rule)
        ),
    )


def _tables(rule: Mapping[str, Any]) -> list[str]:
    said = rule.get("said", "")
    return [*rule.get("specs", {}).values(), *([f"specs.{said.removeprefix('study.')}"] if said else [])]


def _made(book: Book, chosen: Any) -> frozenset[Node]:
    rules = (
        (d, v, r)
        for d, told in book["datasets"].items()
        for v, t in told["variables"].items()
        for r in t["rules"]
    )
    records = ((d, "", r) for d, told in book["datasets"].items() for r in told["blocks"])
    return frozenset((d, v) for found in (rules, records) for d, v, r in found if chosen(r))


def _parameters(old: Book, new: Book) -> Iterator[Change]:
    for name in dict.fromkeys([*old["parameters"], *new["parameters"]]):
        a, b = old["parameters"].get(name, {}), new["parameters"].get(name, {})
        using = frozenset(
            n
            for book in (old, new)
            for f in book["parameters"].get(name, {}).get("used_by", ())
            for n in users(book, f)
        )
        if not a or not b:
            yield Change(
                "parameter",
                name,
                "removed" if a else "added",
                _said(a.get("value")),
                _said(b.get("value")),
                using,
            )
            continue
        if a["value"] != b["value"]:
            yield Change("parameter", name, "value", _said(a["value"]), _said(b["value"]), using)
        for part in ("reason", "source"):
            if a.get(part) != b.get(part):
                yield Change("parameter", name, part, _said(a.get(part)), _said(b.get(part)))


def _codelists(old: Book, new: Book) -> Iterator[Change]:
    for name in dict.fromkeys([*old["codelists"], *new["codelists"]]):
        a, b = old["codelists"].get(name), new["codelists"].get(name)
        using = frozenset(n for book in (old, new) for n in _recoded_by(book, name))
        if a is None or b is None:
            yield Change("codelist", name, "added" if a is None else "removed", nodes=using)
            continue
        for path, was, now in review_plain.differences(
            {k: v for k, v in a.items() if k != "terms"}, {k: v for k, v in b.items() if k != "terms"}
        ):
            yield Change("codelist", name, path, was, now)
        for term in dict.fromkeys([*a["terms"], *b["terms"]]):
            yield from _term(name, term, a["terms"].get(term), b["terms"].get(term), using)


def _term(name: str, term: str, a: Book | None, b: Book | None, using: frozenset[Node]) -> Iterator[Change]:
    if a is None or b is None:
        yield Change("codelist", name, f"term {term} {'added' if a is None else 'removed'}", nodes=using)
        return
    before, after = set(a.get("collected", ())), set(b.get("collected", ()))
    for spelling in sorted(before ^ after):
        what = f"spelling {spelling} of {term} {'added' if spelling in after else 'removed'}"
        yield Change("codelist", name, what, nodes=using)
    for part, bears in (("decode", True), ("code", False), ("order", True)):
        if a.get(part) != b.get(part):
            yield Change(
                "codelist",
                name,
                f"{part} of {term}",
                _said(a.get(part)),
                _said(b.get(part)),
                using if bears else frozenset(),
            )


def _recoded_by(book: Book, codelist: str) -> frozenset[Node]:
    return _made(book, lambda rule: bool(rule.get("codelist") == codelist)) | takers(
        book, f"specs.codelists.{codelist}"
    )


def _contracts(old: Book, new: Book) -> Iterator[Change]:
    for name in dict.fromkeys([*old["fields"], *new["fields"]]):
        a, b = old["fields"].get(name), new["fields"].get(name)
        form, _, field = name.partition(".")
        nodes = frozenset({(form, field)})
        if a is None or b is None:
            yield Change("contract", name, "field added" if a is None else "field removed", nodes=nodes)
            continue
        for path, was, now in review_plain.differences(a, b):
            yield Change("contract", name, path, was, now, frozenset() if path == "question" else nodes)
    for path, was, now in review_plain.differences(old["forms"], new["forms"]):
        yield Change("contract", path, "form", was, now)
    for path, was, now in review_plain.differences(old["set_aside"], new["set_aside"]):
        yield Change("set aside", "mappings/set_aside.yaml", path, was, now)


def _said(value: Any) -> str:
    return review_plain.said(value)
