"""The mapping of a finished build in an auditor's words: one entry per rule, with all that the rule rests
on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipeline.errors import UsageError
from pipeline.finished.folder import Folder
from pipeline.mapping_book.model import Entry, Field, Parameter, Reading, Recoding, Sheet, Target
from pipeline.records.conditions import in_words
from pipeline.study.located import nearest

VERBS = {
    "constant": "the same value in each record",
    "copy": "unchanged",
    "codelist": "recoded by a codelist",
    "date": "a collected date as ISO 8601",
    "derive": "worked out by a function",
    "supplemental": "not from a line of the mapping",
    "study": "not from a line of the mapping",
    "person": "not from a line of the mapping",
    "continued": "not from a line of the mapping",
    "none": "nothing maps it: always missing",
    "rows": "one record each",
}
PARAMETERS = "specs.parameters."
READINGS = {
    "trimmed": "blanks around the text left out",
    "on one line": "line breaks and tabs read as blanks",
    "read as a number": "read as a number in plain form",
}


def sheets(build: Folder, target: str = "") -> list[Sheet]:
    """The datasets of a build, or the one that is asked for, with all its variables or the one asked for.

    Takes     DATASET or DATASET.VARIABLE in any case; "" for all.
    Raises    UsageError with the nearest name where the build has no such dataset or variable.
    """
    name, _, variable = target.upper().partition(".")
    datasets = build.mapping_book["datasets"]
    if name and name not in datasets:
        raise UsageError(f"{target}: the build has no dataset {name}{nearest(name, datasets)}")
    if variable and variable not in datasets[name]["variables"]:
        hint = nearest(variable, datasets[name]["variables"])
        raise UsageError(f"{target}: {name} has no variable {variable}{hint}")
    reader = _Reader(build.mapping_book)
    return [reader.sheet(dataset, variable) for dataset in datasets if name in ("", dataset)]


class _Reader:
    """Reads lineage/mapping.json, and looks up what its rules refer to."""

    def __init__(self, book: Mapping[str, Any]) -> None:
        self.book = book
        self.recodings: dict[tuple[str, str, int | None], list[Recoding]] = {}  # by dataset, variable, block
        for r in book["recodings"]:
            how, places = r.get("how", ""), tuple(r.get("places", ()))
            recoding = Recoding(r["collected"], r["value"], r["records"], how, places)
            self.recodings.setdefault((r["dataset"], r["variable"], r["block"]), []).append(recoding)
        self.respelled: dict[str, list[Recoding]] = {}  # by form and field
        for r in book["respelled"]:
            recoding = Recoding(r["collected"], r["label"], r["records"])
            self.respelled.setdefault(f"{r['form']}.{r['field']}", []).append(recoding)
        self.readings: dict[str, list[Reading]] = {}  # by form and field
        for r in book.get("readings", ()):
            name = f"{r['form']}.{r['field']}"
            self.readings.setdefault(name, []).append(Reading(name, READINGS[r["how"]], r["records"]))

    def sheet(self, name: str, variable: str) -> Sheet:
        dataset = self.book["datasets"][name]
        return Sheet(
            name=name,
            label=dataset["label"],
            layer=dataset["layer"],
            structure=dataset["structure"],
            records=dataset["records"],
            comment=dataset.get("comment", ""),
            rows=tuple(self.entry(name, "", [rule]) for rule in dataset["blocks"]),
            targets=tuple(self.target(name, v) for v in dataset["variables"] if variable in ("", v)),
        )

    def target(self, dataset: str, name: str) -> Target:
        variable = self.book["datasets"][dataset]["variables"][name]
        return Target(
            name=name,
            label=variable["label"],
            type=variable["type"],
            core=variable["core"],
            codelist=variable.get("codelist", ""),
            published=f"SUPP{dataset}" if variable.get("supp") else "",
            origin="; ".join(dict.fromkeys(_origin(origin) for origin in variable["origins"])),
            comment=variable.get("comment", ""),
            filled=variable["filled"],
            entries=tuple(self.entry(dataset, name, rules) for rules in _alike(variable["rules"])),
        )

    def entry(self, dataset: str, variable: str, rules: list[dict[str, Any]]) -> Entry:
        """One rule, which may be written for several blocks."""
        rule = rules[0]
        numbers = tuple(r["block"] for r in rules if r.get("block") is not None)
        blocks = [b for b in self.book["datasets"][dataset]["blocks"] if b["block"] in numbers]
        fields = tuple(self.fields(rule))
        recodings = [
            recoding
            for number in numbers or (None,)
            for recoding in self.recodings.get((dataset, variable, number), [])
        ]
        respelled = tuple(r for field in fields for r in self.respelled.get(field.name, []))
        readings = tuple(r for field in fields for r in self.readings.get(field.name, []))
        function = rule.get("function", "")
        return Entry(
            variable=variable,
            blocks=numbers,
            verb=rule["verb"],
            verb_in_words=self.in_words(dataset, variable, rule, bool(recodings or respelled or readings)),
            what=_what(rule),
            sources=tuple(dict.fromkeys(self.source(block) for block in blocks)),
            where=tuple(dict.fromkeys(_conditions_of_blocks(blocks))),
            fields=fields,
            recodings=_summed(recodings),
            respelled=respelled,
            readings=readings,
            function=function,
            text=self.book["functions"].get(function, {}).get("text", ""),
            parameters=(*self.parameters(rule), *self.values(rule), *self.events(dataset, rule)),
            comment=rule.get("comment", ""),
            place=rule.get("place", ""),
        )

    def in_words(self, dataset: str, variable: str, rule: Mapping[str, Any], is_changed: bool) -> str:
        """What the verb of a rule does; what is copied is unchanged only where no text of it was changed."""
        words = VERBS[rule["verb"]]
        if rule["verb"] != "copy":
            return words
        type_ = self.book["datasets"][dataset]["variables"][variable]["type"]
        is_collected = any(name in self.book["fields"] for name in rule["of"]["of"])
        if is_collected and type_ in ("integer", "float"):
            return "as a number"
        return "unchanged, but for the texts listed here" if is_changed else words

    def source(self, block: Mapping[str, Any]) -> str:
        """Where the records of a block come from: a form, a dataset or a function."""
        source: str = block.get("source", "")
        if not source:
            parameter = f" for {block['parameter']}" if "parameter" in block else ""
            return f"made by {_short_name(block['function'])}{parameter}"
        if source in self.book["forms"]:
            return f"{self.book['forms'][source]['title']} ({source})"
        return source

    def fields(self, rule: Mapping[str, Any]) -> Iterator[Field]:
        """What a rule reads: fields of forms with their questions, variables of datasets, and columns of the
        record that a function made.
        """
        for parameter, names in rule.get("of", {}).items():
            role = "" if parameter in ("of", "where") else parameter
            for name in names:
                form, _, column = name.partition(".")
                if name in self.book["fields"]:
                    title = f"{self.book['forms'][form]['title']} ({form})"
                    yield Field(name, title, self.book["fields"][name]["question"], role)
                elif form == "*":
                    yield Field(column, "of the record that the function made", "", role)
                else:
                    yield Field(name, "", "", role)

    def parameters(self, rule: Mapping[str, Any]) -> Iterator[Parameter]:
        """The parts of specs/ that a function takes."""
        for part in rule.get("specs", {}).values():
            if not part.startswith(PARAMETERS):
                yield Parameter(part)
                continue
            name = part.removeprefix(PARAMETERS)
            parameter = self.book["parameters"][name]
            unit = f" {parameter['unit']}" if parameter.get("unit") else ""
            default = " (default)" if parameter.get("default") else ""
            yield Parameter(name, f"{parameter['value']}{unit}{default}", parameter["reason"])

    def values(self, rule: Mapping[str, Any]) -> Iterator[Parameter]:
        """The values that stand on the line itself, and those that the function has by default."""
        defaults = rule.get("defaults", ())
        for name, value in rule.get("with", {}).items():
            default = " (default)" if name in defaults else ""
            yield Parameter(name.rstrip("_"), f"{_one_line(value)}{default}")

    def events(self, dataset: str, rule: Mapping[str, Any]) -> Iterator[Parameter]:
        """What decides a time-to-event parameter: where time begins, its events and censorings, and its
        convention.
        """
        if rule["verb"] != "rows":
            return
        definitions = self.book["datasets"][dataset].get("parameters", ())
        definition = next((d for d in definitions if d["code"] == rule.get("parameter")), None)
        if not definition:
            return
        yield Parameter(f"{definition['code']} begins", str(definition["start"]), definition["name"])
        for kind, noun in (("events", "event"), ("censors", "censoring")):
            for name in definition.get(kind, ()):
                source = self.book["datasets"][dataset]["sources"][name]
                condition = in_words(source.get("where", {}))
                where = f" where {condition}" if condition else ""
                date = f"{source['dataset']}.{source['date']}{where}"
                yield Parameter(f"{noun}: {name}", date, source["describes"])
        for name, value in definition.get("convention", {}).items():
            yield Parameter(f"convention: {name}", _one_line(value))


def _short_name(function: str) -> str:
    """The name of a function without the dataset or layer that it belongs to."""
    return function.split(".")[-1]


def _what(rule: Mapping[str, Any]) -> str:
    """What a rule names after its verb: a constant and where it comes from, a codelist or a function."""
    if rule["verb"] == "constant":
        written = rule.get("said")
        return f"{rule.get('constant', '')}{f' ({written})' if written else ''}"
    return str(rule.get("codelist") or _short_name(rule.get("function", "")) or rule.get("what", ""))


def _origin(origin: Mapping[str, str]) -> str:
    parts = (origin["type"], origin.get("source"), origin.get("from"))
    return " ".join(part for part in parts if part)


def _alike(rules: Iterable[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Rules of several blocks that do the same, together, so that each is shown once."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for rule in rules:
        content = {k: v for k, v in rule.items() if k not in ("block", "place", "source")}
        groups.setdefault(repr(content), []).append(rule)
    return list(groups.values())


def _conditions_of_blocks(blocks: list[dict[str, Any]]) -> Iterator[str]:
    """Which records of their sources the blocks take, named by the source where there are several."""
    for block in blocks:
        condition = in_words(block.get("where", {}), block.get("unless", ()))
        if condition:
            yield f"{block.get('source', '')}: {condition}" if len(blocks) > 1 else condition


def _one_line(value: Any) -> str:
    """A part of a mapping in one line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_one_line(part)}" for name, part in value.items())
    if isinstance(value, list):
        return ", ".join(_one_line(part) for part in value)
    return str(value)


def _summed(recodings: Iterable[Recoding]) -> tuple[Recoding, ...]:
    """The recodings of several blocks with their records added up, in order of the collected text."""
    records: dict[tuple[str, str, str, tuple[str, ...]], int] = {}
    for r in recodings:
        key = (r.collected, r.value, r.how, r.places)
        records[key] = records.get(key, 0) + r.records
    return tuple(
        Recoding(collected, value, number, how, places)
        for (collected, value, how, places), number in sorted(records.items())
    )
