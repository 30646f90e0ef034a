"""The numbers and lists of the reviewer's guides, each a query over study, plan, specs and the profile of the
build.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from typing import Protocol

from pipeline.mapping import inputs
from pipeline.publish import manifest, report
from pipeline.publish.acrf import write as acrf
from pipeline.publish.acrf.annotations import NOT_SUBMITTED, Annotations, annotations_of
from pipeline.publish.define.model import DEFINE_VERSION
from pipeline.publish.lineage.words import Book
from pipeline.records.conditions import in_words
from pipeline.study.design import TERMINOLOGIES
from pipeline.study.guides import Answer
from pipeline.study.models import Codelist, Dataset, Standard

UNEXPLAINED = "Not explained."
_OBJECTIVES = {
    "OBJPRIM": "Primary",
    "OBJSEC": "Secondary",
    "OUTMSPRI": "Primary outcome",
    "OUTMSSEC": "Secondary outcome",
}


class Rule(Protocol):
    """A rule that the build checks its records by."""

    @property
    def covers(self) -> tuple[str, ...]:
        """The published ids of rules that ask the same."""


@dataclass(frozen=True)
class Table:
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def table(head: str, rows: Iterable[Sequence[object]]) -> Table:
    """A table of text. Takes the names of its columns with | between them."""
    texts = (tuple("" if value is None else str(value) for value in row) for row in rows)
    return Table(tuple(head.split("|")), tuple(texts))


class TabulationQueries:
    """Answers what the guide of the tabulations asks, and what both guides ask."""

    def __init__(self, book: Book, rules: Sequence[Rule]) -> None:
        self.book = book
        self.study, self.profile, self.specs = book.study, book.profile, book.package.specs
        self.protocol = book.study.protocol
        self.rules = rules

    # --- the study
    def acronyms(self) -> Table:
        return table("Acronym|Meaning", sorted(self.study.guides.acronyms.items()))

    def standards(self, layer: str) -> Table:
        """Standards and dictionaries that the layer's datasets use, the format of define.xml last."""
        standards = [s for s in self.protocol.standards if layer in s.layers or s.type == "IG"]
        used = {v.dictionary for s in self.layer(layer) for v in s.variables.values()}
        rows = [(_standard_name(s), s.version) for s in standards]
        rows += [(d.name, d.version) for d in self.protocol.dictionaries if d.name in used]
        rows.append(("Define-XML", DEFINE_VERSION))
        return table("Standard or dictionary|Version", rows)

    def dictionaries(self, layer: str) -> Table:
        """What the study says of the dictionaries that the layer's datasets use."""
        used = {v.dictionary for s in self.layer(layer) for v in s.variables.values()}
        rows = [(d.name, d.note) for d in self.protocol.dictionaries if d.name in used and d.note]
        return table("Dictionary|What to know of values coded in it", rows)

    def summary_codes(self) -> Table:
        """The values of the trial summary that an outside terminology has codes for: the code, or why there
        is none.
        """
        rows = []
        for fact in self.protocol.summary:
            terminology = TERMINOLOGIES.get(fact.parameter)
            if terminology and fact.value:
                reason = fact.uncoded or ""
                rows.append((fact.parameter, fact.value, terminology, fact.code, fact.version, reason))
        return table("TSPARMCD|TSVAL|Terminology|Code|Version|Why there is no code", rows)

    def arms(self) -> Table:
        rows = []
        for arm in self.protocol.arms:
            elements = ", ".join(f"{e.epoch}: {e.element}" for e in arm.elements)
            rows.append((arm.code, arm.name, elements))
        return table("ARMCD|ARM|Elements by epoch", rows)

    def assumptions(self) -> Table:
        return table("Assumption|Reason", ((a.statement, a.reason) for a in self.protocol.assumptions))

    def criteria(self) -> Table:
        rows = [(c.code, c.category, c.text, c.version) for c in self.protocol.criteria]
        return table("IETESTCD|Category|Criterion, full text|Protocol version", rows)

    def objectives(self) -> Table:
        facts = [f for f in self.protocol.summary if f.parameter in _OBJECTIVES]
        return table("Kind|Text", ((_OBJECTIVES[f.parameter], f.value) for f in facts))

    def versions(self) -> str:
        """The versions of the protocol whose criteria TI holds."""
        return ", ".join(dict.fromkeys(c.version for c in self.protocol.criteria))

    def summary(self, parameter: str) -> str:
        """A parameter of the trial summary; "" where it has none."""
        return "; ".join(f.value or f.null or "" for f in self.protocol.summary if f.parameter == parameter)

    def visits(self) -> Table:
        rows = []
        for v in self.protocol.visits:
            if not v.series:
                window = f"{-v.before or 0} to {v.after:+d}"
                rows.append((v.name, f"{v.number:g}", v.day, window, v.anchor, ", ".join(v.arms) or "all"))
        return table("Visit|VISITNUM|Day|Window, days|Counted from|Arms", rows)

    def series(self) -> Table:
        rows = [
            (v.name, f"{v.number:g} + number", v.planned or "", v.every or "")
            for v in self.protocol.visits
            if v.series
        ]
        return table("Visit|VISITNUM|Planned|Days between", rows)

    def answers(self, answers: Iterable[Answer]) -> list[tuple[str, str]]:
        return [(a.question, a.answer) for a in answers]

    # --- datasets
    def layer(self, layer: str) -> list[Dataset]:
        return [s for s in self.specs.values() if s.layer == layer]

    def trial(self) -> list[Dataset]:
        """The datasets that describe the trial."""
        return [s for s in self.layer("sdtm") if s.class_.upper() == "TRIAL DESIGN"]

    def subjects(self) -> list[Dataset]:
        """The datasets of subjects, without their SUPP--."""
        trial = self.trial()
        others = [s for s in self.layer("sdtm") if s not in trial]
        return [s for s in others if not self.book.origins.parent(s.dataset)]

    def records(self, *names: str) -> int:
        return sum(self.profile.records.get(name, 0) for name in names)

    def empty(self, layer: str) -> list[str]:
        return [s.dataset for s in self.layer(layer) if not self.records(s.dataset)]

    def inventory(self, specs: Iterable[Dataset]) -> Table:
        rows = []
        for s in specs:
            supp = f"SUPP{s.dataset}"
            supplemental = f"{self.records(supp):,}" if supp in self.specs else ""
            rows.append((s.dataset, s.label, s.class_, f"{self.records(s.dataset):,}", supplemental))
        return table("Dataset|Label|Class|Records|Records of SUPP--", rows)

    def notes(self, spec: Dataset) -> str:
        """What specs say of a dataset in words."""
        return " ".join(filter(None, (spec.comment, self.study.guides.of(spec.dataset).notes)))

    def commented(self, spec: Dataset) -> Table:
        rows = [(n, v.label, v.comment) for n, v in spec.published.items() if v.comment]
        return table("Variable|Label|Comment", rows)

    def qualifiers(self, spec: Dataset) -> Table:
        """The supplemental qualifiers of a dataset with records, continuations of long texts included."""
        rows = []
        for (dataset, variable, values), column in sorted(self.profile.groups.items(), key=lambda g: g[0]):
            if (dataset, variable) == (f"SUPP{spec.dataset}", "QVAL") and column.filled:
                name = self.book.origins.qualified(spec.dataset, values[0])
                origins = self.book.origins.each(spec.dataset, name, column.blocks)
                types = ", ".join(dict.fromkeys(o.type for o in origins))
                rows.append((values[0], spec.variables[name].label, types, f"{column.filled:,}"))
        return table("QNAM|QLABEL|Origin|Records", rows)

    def extended(self, layer: str) -> Table:
        """How many values outside its list of the standard each variable has."""
        rows = []
        for (dataset, name), column in sorted(self.profile.columns.items()):
            spec = self.specs.get(dataset)
            if spec is None or spec.layer != layer or name not in spec.published:
                continue
            codelist = self.study.codelists.get(spec.published[name].codelist or "")
            if codelist and codelist.code and (codelist.extensible or codelist.beside):
                extended = [term for term in column.terms if not _has_code(codelist, term)]
                if extended:
                    rows.append((dataset, name, codelist.name, f"{len(extended):,}"))
        return table("Dataset|Variable|Codelist|Extended values", rows)

    # --- the annotated CRF and the records of the drop
    @cached_property
    def annotations(self) -> Annotations:
        return annotations_of(self.study, self.book.plan)

    @cached_property
    def pages(self) -> Mapping[str, int]:
        return acrf.pages(self.study)

    def forms_of(self, dataset: str) -> str:
        """The forms that feed a dataset, with their pages of the annotated CRF."""
        forms = [f for f, annotated in self.annotations.forms.items() if dataset in annotated.domains]
        return ", ".join(f"{self.study.forms[f].title} (page {self.pages[f]})" for f in forms)

    def not_submitted(self) -> Table:
        """The fields that no dataset holds: those that every form has, then by form."""
        fields_of = {
            form: [field for field, notes in annotated.fields.items() if notes[0].text == NOT_SUBMITTED]
            for form, annotated in self.annotations.forms.items()
        }
        first = next(iter(fields_of.values()), [])
        everywhere = [f for f in first if all(f in fields for fields in fields_of.values())]
        rows = [("every form", ", ".join(everywhere))] if everywhere else []
        header = {field for form in self.study.forms.values() for field in form.header}
        for name, fields in fields_of.items():
            form = self.study.forms[name]
            own = [f"{form.fields[f].question} ({f})" for f in fields if f not in header]
            if own:
                rows.append((form.title, ", ".join(own)))
        return table("Form|Fields that no dataset holds", rows)

    def accounting(self) -> Table:
        rows = []
        for form, count in sorted(self.profile.accounting.items()):
            set_aside = sum(dict(count.set_aside).values())
            title = self.study.forms[form].title
            rows.append((title, f"{count.read:,}", f"{count.published:,}", f"{set_aside:,}"))
        return table("Form|Records read|Published|Set aside", rows)

    def read(self) -> int:
        return sum(count.read for count in self.profile.accounting.values())

    def set_aside(self) -> int:
        return sum(sum(dict(count.set_aside).values()) for count in self.profile.accounting.values())

    def reasons(self) -> Table:
        """What the study sets aside on purpose, and how many records that concerns."""
        rows = []
        for entry in self.study.set_aside:
            count = self.profile.accounting.get(entry.from_)
            records = dict(count.set_aside).get(entry.reason, 0) if count else 0
            where = in_words(entry.where)
            rows.append((self.study.forms[entry.from_].title, where, entry.reason, f"{records:,}"))
        reason = self.protocol.reason_after_cutoff
        for form, counts in sorted(self.profile.accounting.items()):
            late = dict(counts.set_aside).get(reason, 0)
            if late:
                rows.append((self.study.forms[form].title, "", reason, f"{late:,}"))
            if counts.as_it_stood:
                as_it_stood = self.protocol.reason_as_it_stood
                rows.append((self.study.forms[form].title, "", as_it_stood, f"{counts.as_it_stood:,}"))
        return table("Form|Records where|Reason|Records", rows)

    # --- conformance
    def issues(self, layer: str) -> Table:
        """The findings by rule; the guide of the tabulations has those of forms and of SDTM."""
        rows = []
        for f in report.by_rule(self.profile.findings):
            spec = self.study.datasets.get(f["dataset"])
            is_adam = spec is not None and spec.layer == "adam"
            if is_adam == (layer == "adam"):
                place = self._place(f["dataset"], f["variable"])
                message, _, waiver = f["message"].partition(". Waived: ")
                explanation = waiver or self.study.guides.explanation(f["rule"], f["dataset"], f["variable"])
                count = f"{f['records']:,}"
                rows.append((place, f["rule"], message, f["severity"], count, explanation or UNEXPLAINED))
        return table("Dataset|Rule|Message|Severity|Count|Explanation", rows)

    def _place(self, dataset: str, variable: str) -> str:
        """A variable by its name, a collected field by its form, page and question."""
        if dataset not in self.study.forms:
            return ".".join(filter(None, (dataset, variable)))
        field = self.study.forms[dataset].fields.get(variable)
        return inputs.form(self.study, dataset) + (f": {field.question}" if field else "")

    def errors(self) -> int:
        return sum(f.severity == "error" for f in self.profile.findings)

    def waivers(self) -> Table:
        rows = []
        for w in self.study.waivers:
            scope = ", ".join((f"{w.dataset}.{w.variable}", *(f"{k} = {v}" for k, v in w.where.items())))
            published = ", ".join(w.published)
            rows.append((w.rule, scope, published, w.owner, w.expires.isoformat(), w.reason))
        return table("Rule|Scope|Published ids|Owner|Accepted until|Reason", rows)

    def published_rules(self) -> int:
        return len({published for rule in self.rules for published in rule.covers})

    def schemas(self, layer: str) -> int:
        return sum(len(s.published) for s in self.layer(layer))

    def software(self) -> Table:
        """What made the package: the pipeline, the oldest Python that it runs on, and its libraries, as
        requirements.lock pins them.
        """
        python = metadata.metadata("cdisc-pipeline")["Requires-Python"]
        rows = [("cdisc-pipeline", manifest.version("cdisc-pipeline")), ("Python", python)]
        rows += [(name, manifest.version(name)) for name in manifest.LIBRARIES]
        return table("Software|Version", rows)

    def version(self, library: str) -> str:
        return manifest.version(library)


def _has_code(codelist: Codelist, term: str) -> bool:
    return term in codelist.terms and bool(codelist.terms[term].code)


def _standard_name(standard: Standard) -> str:
    if standard.type == "IG":
        return standard.name
    return f"{standard.name} Controlled Terminology, {standard.publishing_set}"
