"""The mapping of a finished build in an auditor's words: one entry a rule, with all that the rule rests on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.errors import UsageError
from pipeline.finished.folder import Build
from pipeline.study.located import nearest

VERBS = {
    "constant": "the same value in each record",
    "copy": "as it stands",
    "codelist": "recoded by a codelist",
    "date": "a collected date as ISO 8601",
    "derive": "worked out by a function",
    "supplemental": "no line of a mapping makes it",
    "study": "no line of a mapping makes it",
    "person": "no line of a mapping makes it",
    "continued": "no line of a mapping makes it",
    "none": "nothing maps it: always missing",
    "rows": "one record each",
}


@dataclass(frozen=True)
class Field:
    """A field or variable that a rule reads."""

    name: str
    form: str = ""  # title of the form, with its name
    question: str = ""
    parameter: str = ""  # of the function; "" where the rule has one field


@dataclass(frozen=True)
class Recoding:
    collected: str
    value: str
    records: int


@dataclass(frozen=True)
class Parameter:
    """A part of specs/ that a function takes, with the value and reason of those that have them."""

    name: str
    value: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Entry:
    """One rule: of a variable, or (`variable` empty) of a dataset's records."""

    variable: str
    blocks: tuple[int, ...]  # none: all records at once
    verb: str
    said: str  # the verb in words
    what: str  # constant, function or codelist
    sources: tuple[str, ...]  # the forms or datasets of the blocks
    where: tuple[str, ...]  # conditions of the blocks
    fields: tuple[Field, ...]
    recodings: tuple[Recoding, ...]
    respelled: tuple[Recoding, ...]  # labels that the contract read in another spelling
    function: str  # its name in `functions`
    text: str  # its docstring
    parameters: tuple[Parameter, ...]
    comment: str
    place: str


@dataclass(frozen=True)
class Target:
    """A variable with its rules."""

    name: str
    label: str
    type: str
    core: str
    codelist: str
    published: str  # SUPP-- where it is supplemental
    origin: str
    comment: str
    filled: int
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Sheet:
    """A dataset with its records' sources and its variables."""

    name: str
    label: str
    layer: str
    structure: str
    records: int
    comment: str
    rows: tuple[Entry, ...]
    targets: tuple[Target, ...]


def sheets(build: Build, target: str = "") -> list[Sheet]:
    """The datasets of a build, or the one asked for, or the one with the variable asked for alone.

    Takes     DATASET or DATASET.VARIABLE in any case; "" for all.
    Raises    UsageError naming the nearest word where the build has no such dataset or variable.
    """
    name, _, variable = target.upper().partition(".")
    known = build.book["datasets"]
    if name and name not in known:
        raise UsageError(f"{target}: the build has no dataset {name}{nearest(name, known)}")
    if variable and variable not in known[name]["variables"]:
        raise UsageError(
            f"{target}: {name} has no variable {variable}{nearest(variable, known[name]['variables'])}"
        )
    reader = _Reader(build.book)
    return [reader.sheet(n, d, variable) for n, d in known.items() if name in ("", n)]


class _Reader:
    """Reads the book, and looks up what its rules refer to."""

    def __init__(self, book: Mapping[str, Any]) -> None:
        self.book = book
        self.recodings: dict[tuple[str, str, int | None], list[Recoding]] = {}
        for r in book["recodings"]:
            key = (r["dataset"], r["variable"], r["block"])
            self.recodings.setdefault(key, []).append(Recoding(r["collected"], r["value"], r["records"]))
        self.respelled: dict[str, list[Recoding]] = {}
        for r in book["respelled"]:
            self.respelled.setdefault(f"{r['form']}.{r['field']}", []).append(
                Recoding(r["collected"], r["label"], r["records"])
            )

    def sheet(self, name: str, told: Mapping[str, Any], variable: str) -> Sheet:
        rows = tuple(self.entry(name, "", [r], told["blocks"]) for r in told["blocks"])
        shown = {n: v for n, v in told["variables"].items() if variable in ("", n)}
        targets = tuple(self.target(name, n, v, told["blocks"]) for n, v in shown.items())
        structure, comment = told["structure"], told.get("comment", "")
        return Sheet(name, told["label"], told["layer"], structure, told["records"], comment, rows, targets)

    def target(
        self, dataset: str, name: str, told: Mapping[str, Any], blocks: list[dict[str, Any]]
    ) -> Target:
        origins = dict.fromkeys(
            " ".join(filter(None, (o["type"], o.get("source"), o.get("from")))) for o in told["origins"]
        )
        entries = tuple(self.entry(dataset, name, rules, blocks) for rules in _alike(told["rules"]))
        published = f"SUPP{dataset}" if told.get("supp") else ""
        codelist, comment = told.get("codelist", ""), told.get("comment", "")
        return Target(
            name,
            told["label"],
            told["type"],
            told["core"],
            codelist,
            published,
            "; ".join(origins),
            comment,
            told["filled"],
            entries,
        )

    def entry(
        self, dataset: str, variable: str, rules: list[dict[str, Any]], blocks: list[dict[str, Any]]
    ) -> Entry:
        rule = rules[0]
        numbers = tuple(r["block"] for r in rules if r.get("block") is not None)
        mine = [b for b in blocks if b["block"] in numbers]
        fields = tuple(self.fields(rule))
        function = self.book["functions"].get(rule.get("function", ""), {})
        return Entry(
            variable=variable,
            blocks=numbers,
            verb=rule["verb"],
            said=VERBS[rule["verb"]],
            what=_what(rule),
            sources=tuple(dict.fromkeys(self.source(b) for b in mine)),
            where=tuple(dict.fromkeys(self.conditions(mine))),
            fields=fields,
            recodings=_summed(
                r for n in numbers or (None,) for r in self.recodings.get((dataset, variable, n), [])
            ),
            respelled=tuple(r for f in fields for r in self.respelled.get(f.name, [])),
            function=rule.get("function", ""),
            text=function.get("text", ""),
            parameters=(*self.parameters(rule), *self.events(dataset, rule)),
            comment=rule.get("comment", ""),
            place=rule.get("place", ""),
        )

    def source(self, block: Mapping[str, Any]) -> str:
        """Where the records of a block come from."""
        named = block.get("source", "")
        if not named:
            of = f" for {block['parameter']}" if "parameter" in block else ""
            return f"made by {block['function'].split('.')[-1]}{of}"
        return f"{self.book['forms'][named]['title']} ({named})" if named in self.book["forms"] else named

    def conditions(self, blocks: list[dict[str, Any]]) -> Iterator[str]:
        """Which records of their sources the blocks take; named by the source where there are several."""
        for b in blocks:
            told = " and ".join(_condition(f, w) for f, w in b.get("where", {}).items())
            if told:
                yield f"{b.get('source', '')}: {told}" if len(blocks) > 1 else told

    def events(self, dataset: str, rule: Mapping[str, Any]) -> Iterator[Parameter]:
        """What decides a time-to-event parameter: where time begins, its events and censorings, its
        convention.
        """
        told = self.book["datasets"][dataset]
        chosen = next(
            (
                p
                for p in told.get("parameters", ())
                if rule["verb"] == "rows" and p["code"] == rule.get("parameter")
            ),
            None,
        )
        if not chosen:
            return
        yield Parameter(f"{chosen['code']} begins", str(chosen["start"]), chosen["name"])
        for kind, said in (("events", "event"), ("censors", "censoring")):
            for name in chosen.get(kind, ()):
                source = told["sources"][name]
                where = " and ".join(_condition(f, w) for f, w in source.get("where", {}).items())
                yield Parameter(
                    f"{said}: {name}",
                    f"{source['dataset']}.{source['date']}{f' where {where}' if where else ''}",
                    source["describes"],
                )
        for name, value in chosen.get("convention", {}).items():
            yield Parameter(f"convention: {name}", _said(value))

    def fields(self, rule: Mapping[str, Any]) -> Iterator[Field]:
        for parameter, names in rule.get("of", {}).items():
            for name in names:
                form = name.partition(".")[0]
                shown = "" if parameter in ("of", "where") else parameter
                if name in self.book["fields"]:
                    title = f"{self.book['forms'][form]['title']} ({form})"
                    yield Field(name, title, self.book["fields"][name]["question"], shown)
                else:
                    yield Field(
                        name.removeprefix("*."),
                        "of the record that the function made" if form == "*" else "",
                        "",
                        shown,
                    )

    def parameters(self, rule: Mapping[str, Any]) -> Iterator[Parameter]:
        known = self.book["parameters"]
        for name in rule.get("specs", {}).values():
            short = name.removeprefix("specs.parameters.")
            if short in known and short != name:
                yield _parameter(short, known[short])
            else:
                yield Parameter(name)


def _parameter(name: str, told: Mapping[str, Any]) -> Parameter:
    unit = f" {told['unit']}" if told.get("unit") else ""
    return Parameter(name, f"{told['value']}{unit}", told["reason"])


def _said(value: Any) -> str:
    """A part of a mapping in one line."""
    if isinstance(value, Mapping):
        return "; ".join(f"{k}: {_said(v)}" for k, v in value.items())
    return ", ".join(map(_said, value)) if isinstance(value, list) else str(value)


def _what(rule: Mapping[str, Any]) -> str:
    if rule["verb"] == "constant":
        return f"{rule.get('constant', '')}{f' ({said})' if (said := rule.get('said')) else ''}"
    return str(rule.get("codelist") or rule.get("function", "").split(".")[-1] or rule.get("what", ""))


def _alike(rules: Iterable[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Rules that say the same for several blocks, together: a rule for all blocks is written once."""
    found: dict[str, list[dict[str, Any]]] = {}
    for rule in rules:
        found.setdefault(
            repr({k: v for k, v in rule.items() if k not in ("block", "place", "source")}), []
        ).append(rule)
    return list(found.values())


def _condition(field: str, wanted: str | list[str]) -> str:
    if wanted in ("present", "absent"):
        return f"{field} is {wanted}"
    return f"{field} is {' or '.join(wanted) if isinstance(wanted, list) else wanted}"


def _summed(recodings: Iterable[Recoding]) -> tuple[Recoding, ...]:
    found: dict[tuple[str, str], int] = {}
    for r in recodings:
        found[r.collected, r.value] = found.get((r.collected, r.value), 0) + r.records
    return tuple(Recoding(*pair, records) for pair, records in sorted(found.items()))
