"""What changed in what rules refer to: functions and the program below them, parameters, codelists, and the
contracts of raw forms.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pipeline.review.change import Book, Change, Node, came_or_went, in_either, nodes_with_rule, takers, users
from pipeline.review.plain import differences, in_words


def changes(old: Book, new: Book) -> Iterator[Change]:
    """Every such change, in the order of the book.

    Takes     the mappings of two builds.
    Returns   changes with what each can explain in the data.
    """
    yield from _functions(old, new)
    yield from _parameters(old, new)
    yield from _codelists(old, new)
    yield from _contracts(old, new)


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
    """Whether two texts of a function differ in comments, layout and docstring alone.

    Takes     the source of a function in two builds.
    Returns   true or false.
    """
    return old == new or _without_text(old) == _without_text(new)


def _without_text(source: str) -> str:
    function = ast.parse(source).body[0]
    if isinstance(function, ast.FunctionDef) and ast.get_docstring(function) is not None:
        function.body = function.body[1:]
    return ast.dump(function)


def _parameters(old: Book, new: Book) -> Iterator[Change]:
    for name in in_either(old["parameters"], new["parameters"]):
        before, after = old["parameters"].get(name), new["parameters"].get(name)
        nodes = _users_of_parameter(old, name) | _users_of_parameter(new, name)
        was, now = before or {}, after or {}
        values = (in_words(was.get("value")), in_words(now.get("value")))
        if before is None or after is None:
            yield Change("parameter", name, came_or_went(before), *values, nodes)
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
    for name in in_either(old["codelists"], new["codelists"]):
        before, after = old["codelists"].get(name), new["codelists"].get(name)
        nodes = _recoded_by(old, name) | _recoded_by(new, name)
        if before is None or after is None:
            yield Change("codelist", name, came_or_went(before), nodes=nodes)
            continue
        for path, was, now in differences(_without_terms(before), _without_terms(after)):
            yield Change("codelist", name, path, was, now)
        for term in in_either(before["terms"], after["terms"]):
            yield from _term(name, term, before["terms"].get(term), after["terms"].get(term), nodes)


def _without_terms(codelist: Book) -> Book:
    return {part: value for part, value in codelist.items() if part != "terms"}


def _term(
    codelist: str, term: str, old: Book | None, new: Book | None, nodes: frozenset[Node]
) -> Iterator[Change]:
    if old is None or new is None:
        yield Change("codelist", codelist, f"term {term} {came_or_went(old)}", nodes=nodes)
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
    recoded = nodes_with_rule(book, lambda rule: rule.get("codelist") == codelist)
    return recoded | takers(book, f"specs.codelists.{codelist}")


def _contracts(old: Book, new: Book) -> Iterator[Change]:
    for name in in_either(old["fields"], new["fields"]):
        before, after = old["fields"].get(name), new["fields"].get(name)
        form, _, field = name.partition(".")
        nodes = frozenset({(form, field)})
        if before is None or after is None:
            yield Change("contract", name, f"field {came_or_went(before)}", nodes=nodes)
            continue
        for path, was, now in differences(before, after):
            changed = frozenset() if path == "question" else nodes
            yield Change("contract", name, path, was, now, changed)
    for path, was, now in differences(old["forms"], new["forms"]):
        yield Change("contract", path, "form", was, now)
    for path, was, now in differences(old["set_aside"], new["set_aside"]):
        yield Change("set aside", "mappings/set_aside.yaml", path, was, now)
