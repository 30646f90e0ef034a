"""The numbers and lists of the reviewer's guides, each a query over study, plan, specs and the profile of the
build.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata

from jinja2 import Environment, PackageLoader

from pipeline.publish import manifest, report
from pipeline.publish.acrf import write as acrf
from pipeline.publish.acrf.annotations import NOT_SUBMITTED, Annotations, annotations_of
from pipeline.publish.lineage.words import Told
from pipeline.study.guides import Answer
from pipeline.study.models import Dataset, Standard

UNEXPLAINED = "Not explained."


@dataclass(frozen=True)
class Check:
    """A rule that the build asks of its records."""

    id: str
    covers: tuple[str, ...]  # published ids that ask the same
    severity: str


@dataclass(frozen=True)
class Table:
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def table(head: str, rows: Iterable[Sequence[object]]) -> Table:
    """A table of text. Takes its columns' names with | between them."""
    return Table(
        tuple(head.split("|")), tuple(tuple("" if v is None else str(v) for v in row) for row in rows)
    )


class Tabulated:
    """Answers what the guide of the tabulations asks, and both guides."""

    def __init__(self, told: Told, checks: Iterable[Check]) -> None:
        self.told = told
        self.study, self.profile, self.specs = told.study, told.profile, told.specs
        self.protocol = told.study.protocol
        self.checks = tuple(checks)

    # --- the study
    def acronyms(self) -> Table:
        return table("Acronym|Meaning", sorted(self.study.guides.acronyms.items()))

    def standards(self, layer: str) -> Table:
        """Standards and dictionaries that the layer's datasets use, the format of define.xml last."""
        rows = [
            (_standard(s), s.version) for s in self.protocol.standards if layer in s.layers or s.type == "IG"
        ]
        used = {v.dictionary for s in self.layer(layer) for v in s.variables.values()}
        rows += [(d.name, d.version) for d in self.protocol.dictionaries if d.name in used]
        return table("Standard or dictionary|Version", [*rows, ("Define-XML", define_version())])

    def arms(self) -> Table:
        rows = [
            (a.code, a.name, ", ".join(f"{s.epoch}: {s.element}" for s in a.elements))
            for a in self.protocol.arms
        ]
        return table("ARMCD|ARM|Elements by epoch", rows)

    def assumptions(self) -> Table:
        return table("Assumption|Reason", ((a.statement, a.reason) for a in self.protocol.assumptions))

    def criteria(self) -> Table:
        rows = [(c.code, c.category, c.text, c.version) for c in self.protocol.criteria]
        return table("IETESTCD|Category|Criterion, full text|Protocol version", rows)

    def objectives(self) -> Table:
        kept = {
            "OBJPRIM": "Primary",
            "OBJSEC": "Secondary",
            "OUTMSPRI": "Primary outcome",
            "OUTMSSEC": "Secondary outcome",
        }
        return table(
            "Kind|Text", ((kept[f.parameter], f.value) for f in self.protocol.summary if f.parameter in kept)
        )

    def versions(self) -> str:
        """The versions of the protocol whose criteria TI holds."""
        return ", ".join(dict.fromkeys(c.version for c in self.protocol.criteria))

    def summary(self, parameter: str) -> str:
        """A parameter of the trial summary; "" where it has none."""
        return "; ".join(f.value or f.null or "" for f in self.protocol.summary if f.parameter == parameter)

    def visits(self) -> Table:
        planned = [v for v in self.protocol.visits if not v.series]
        rows = [
            (
                v.name,
                f"{v.number:g}",
                v.day,
                f"{-v.before or 0} to {v.after:+d}",
                v.anchor,
                ", ".join(v.arms) or "all",
            )
            for v in planned
        ]
        return table("Visit|VISITNUM|Day|Window, days|Counted from|Arms", rows)

    def series(self) -> Table:
        rows = [
            (v.name, f"{v.number:g} + number", v.planned or "", v.every or "")
            for v in self.protocol.visits
            if v.series
        ]
        return table("Visit|VISITNUM|Planned|Days between", rows)

    def answers(self, given: Iterable[Answer]) -> list[tuple[str, str]]:
        return [(a.question, a.answer) for a in given]

    # --- datasets
    def layer(self, layer: str) -> list[Dataset]:
        return [s for s in self.specs.values() if s.layer == layer]

    def trial(self) -> list[Dataset]:
        """The datasets that describe the trial."""
        return [s for s in self.layer("sdtm") if s.class_.upper() == "TRIAL DESIGN"]

    def subjects(self) -> list[Dataset]:
        """The datasets of subjects, without their SUPP--."""
        return [
            s for s in self.layer("sdtm") if s not in self.trial() and not self.told.origins.parent(s.dataset)
        ]

    def records(self, *names: str) -> int:
        return sum(self.profile.records.get(n, 0) for n in names)

    def empty(self, layer: str) -> list[str]:
        return [s.dataset for s in self.layer(layer) if not self.records(s.dataset)]

    def inventory(self, specs: Iterable[Dataset]) -> Table:
        rows = []
        for s in specs:
            supp = f"SUPP{s.dataset}"
            rows.append(
                (
                    s.dataset,
                    s.label,
                    s.class_,
                    f"{self.records(s.dataset):,}",
                    f"{self.records(supp):,}" if supp in self.specs else "",
                )
            )
        return table("Dataset|Label|Class|Records|Records of SUPP--", rows)

    def notes(self, spec: Dataset) -> str:
        """What specs say of a dataset in words."""
        return " ".join(filter(None, (spec.comment, self.study.guides.of(spec.dataset).notes)))

    def commented(self, spec: Dataset) -> Table:
        return table(
            "Variable|Label|Comment",
            ((n, v.label, v.comment) for n, v in spec.published.items() if v.comment),
        )

    def qualifiers(self, spec: Dataset) -> Table:
        """The supplemental qualifiers of a dataset that have records, long texts that go on among them."""
        rows = []
        for (dataset, variable, values), column in sorted(self.profile.groups.items(), key=lambda g: g[0]):
            if (dataset, variable) == (f"SUPP{spec.dataset}", "QVAL") and column.filled:
                name = self.told.origins.qualified(spec.dataset, values[0])
                found = self.told.origins.each(spec.dataset, name, column.blocks)
                origin = ", ".join(dict.fromkeys(o.type for o in found))
                rows.append((values[0], spec.variables[name].label, origin, f"{column.filled:,}"))
        return table("QNAM|QLABEL|Origin|Records", rows)

    def extended(self, layer: str) -> Table:
        """How many values outside an extensible list of the standard each variable has; the values are in
        define.xml.
        """
        rows = []
        for (dataset, name), column in sorted(self.profile.columns.items()):
            spec = self.specs.get(dataset)
            variable = spec.published.get(name) if spec and spec.layer == layer else None
            listed = self.study.codelists.get(variable.codelist or "") if variable else None
            more = [
                t
                for t in column.terms
                if listed
                and listed.code
                and listed.extensible
                and not (t in listed.terms and listed.terms[t].code)
            ]
            if listed and more:
                rows.append((dataset, name, listed.name, f"{len(more):,}"))
        return table("Dataset|Variable|Codelist|Extended values", rows)

    # --- the annotated CRF and the records of the drop
    @cached_property
    def annotations(self) -> Annotations:
        return annotations_of(self.study, self.told.plan)

    @cached_property
    def pages(self) -> Mapping[str, int]:
        return acrf.pages(self.study)

    def forms_of(self, dataset: str) -> str:
        """The forms that feed a dataset, with their pages of the annotated CRF."""
        found = [f for f, a in self.annotations.forms.items() if dataset in a.domains]
        return ", ".join(f"{self.study.forms[f].title} (page {self.pages[f]})" for f in found)

    def not_submitted(self) -> Table:
        """The fields that no dataset holds: those that every form has, then by form."""
        lost = {
            f: [c for c, notes in a.fields.items() if notes[0].text == NOT_SUBMITTED]
            for f, a in self.annotations.forms.items()
        }
        everywhere = [
            c for c in next(iter(lost.values()), []) if all(c in fields for fields in lost.values())
        ]
        rows = [("every form", ", ".join(everywhere))] if everywhere else []
        header = {c for f in self.study.forms.values() for c in f.header}
        for form, fields in lost.items():
            own = [c for c in fields if c not in header]
            if own:
                rows.append(
                    (
                        self.study.forms[form].title,
                        ", ".join(f"{self.study.forms[form].fields[c].question} ({c})" for c in own),
                    )
                )
        return table("Form|Fields that no dataset holds", rows)

    def accounting(self) -> Table:
        rows = []
        for form, count in sorted(self.profile.accounting.items()):
            aside = dict(count.set_aside)
            rows.append(
                (
                    self.study.forms[form].title,
                    f"{count.read:,}",
                    f"{count.published:,}",
                    f"{sum(aside.values()):,}",
                )
            )
        return table("Form|Records read|Published|Set aside", rows)

    def read(self) -> int:
        return sum(c.read for c in self.profile.accounting.values())

    def set_aside(self) -> int:
        return sum(n for c in self.profile.accounting.values() for _, n in dict(c.set_aside).items())

    def reasons(self) -> Table:
        """What the study sets aside on purpose, and how many records that took."""
        rows = []
        for entry in self.study.set_aside:
            taken = (
                dict(self.profile.accounting[entry.from_].set_aside).get(entry.reason, 0)
                if entry.from_ in self.profile.accounting
                else 0
            )
            where = "; ".join(
                f"{f} = {v if isinstance(v, str) else ', '.join(v)}" for f, v in entry.where.items()
            )
            rows.append((self.study.forms[entry.from_].title, where, entry.reason, f"{taken:,}"))
        return table("Form|Records where|Reason|Records set aside", rows)

    # --- conformance
    def issues(self, layer: str) -> Table:
        """The findings by rule; those of forms and of SDTM are told in the guide of tabulations."""
        rows = []
        waivers = {(w.rule, w.dataset, w.variable): w.reason for w in self.study.waivers}
        for f in report.counted(self.profile.findings):
            analysis = (
                f["dataset"] in self.study.datasets and self.study.datasets[f["dataset"]].layer == "adam"
            )
            if analysis == (layer == "adam"):
                why = (
                    waivers.get((f["rule"], f["dataset"], f["variable"]))
                    if f["severity"] == "waived"
                    else None
                )
                why = (
                    why
                    or self.study.guides.explanation(f["rule"], f["dataset"], f["variable"])
                    or UNEXPLAINED
                )
                place = ".".join(filter(None, (f["dataset"], f["variable"])))
                rows.append(
                    (
                        place,
                        f["rule"],
                        f["message"].partition(". Waived: ")[0],
                        f["severity"],
                        f"{f['records']:,}",
                        why,
                    )
                )
        return table("Dataset|Rule|Message|Severity|Count|Explanation", rows)

    def errors(self) -> int:
        return sum(f.severity == "error" for f in self.profile.findings)

    def waivers(self) -> Table:
        rows = [
            (w.rule, f"{w.dataset}.{w.variable}" + "".join(f", {k} = {v}" for k, v in w.where.items()), ", ".join(w.published), w.owner,
             w.expires.isoformat(), w.reason)
            for w in self.study.waivers
        ]  # fmt: skip
        return table("Rule|Scope|Published ids|Owner|Accepted until|Reason", rows)

    def published_rules(self) -> int:
        return len({c for check in self.checks for c in check.covers})

    def schemas(self, layer: str) -> int:
        return sum(len(s.published) for s in self.layer(layer))

    def software(self) -> Table:
        """What made the package: the pipeline, the least Python that it needs, and its libraries, as
        requirements.lock pins them.
        """
        needed = metadata.metadata("cdisc-pipeline")["Requires-Python"]
        rows = [("cdisc-pipeline", manifest.version("cdisc-pipeline")), ("Python", needed)]
        return table("Software|Version", [*rows, *((n, manifest.version(n)) for n in manifest.LIBRARIES)])

    def version(self, library: str) -> str:
        return manifest.version(library)


def define_version() -> str:
    """The version of Define-XML, as the template of define.xml states it."""
    loader = PackageLoader("pipeline.publish.define")
    source, *_ = loader.get_source(Environment(autoescape=True), "define.xml.j2")
    return str(re.findall(r'DefineVersion="([\d.]+)"', source)[0])


def _standard(s: Standard) -> str:
    return s.name if s.type == "IG" else f"{s.name} Controlled Terminology, {s.publishing_set}"
