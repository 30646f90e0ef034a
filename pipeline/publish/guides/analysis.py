"""What the guide of the analysis datasets asks beyond that of the tabulations: how they are made, and from
what.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pipeline.mapping.inputs import convention as convention_in_words
from pipeline.mapping.origins import method
from pipeline.mapping.steps import Step
from pipeline.profile import Column
from pipeline.publish.guides.tables import Table, TabulationQueries, table
from pipeline.publish.lineage import source_texts
from pipeline.publish.lineage.words import function_name
from pipeline.publish.package import programs
from pipeline.study.models import PARAMETERS, Dataset, Default, EventSource, TimeToEvent, Variable

_TREATMENTS = re.compile(r"TRT(\d\d)?[PA]N?|ARMCD|ARM|ACTARMCD|ACTARM|ARMNRS")
_POPULATIONS = re.compile(r"(RAND|ITT|SAF|FAS|PPROT|RESPEV)FL")
_IMPUTATION_FLAGS = re.compile(r"\w+(DTF|TMF)")
_PURPOSES = ("Efficacy", "Safety", "Baseline")


class Queries(TabulationQueries):
    """Answers what the templates of both guides ask."""

    # --- variables of more than one dataset
    def core(self) -> Table:
        """Variables of ADSL that every other analysis dataset has."""
        others = [s for s in self.layer("adam") if s.dataset != "ADSL"]
        shared = [n for n in self._adsl() if others and all(n in s.published for s in others)]
        return table("Variable|Label", ((n, self._adsl()[n].label) for n in shared))

    def treatments(self) -> Table:
        labels: dict[str, str] = {}
        datasets: dict[str, list[str]] = {}
        for s in self.layer("adam"):
            for name, variable in s.published.items():
                if _TREATMENTS.fullmatch(name):
                    labels.setdefault(name, variable.label)
                    datasets.setdefault(name, []).append(s.dataset)
        return table("Variable|Label|In", ((n, labels[n], ", ".join(datasets[n])) for n in labels))

    def populations(self) -> Table:
        flags = {n: v for n, v in self._adsl().items() if _POPULATIONS.fullmatch(n)}
        return table(
            "Flag|Label|Derivation", ((n, v.label, self._rules("ADSL", n)) for n, v in flags.items())
        )

    def imputations(self) -> Table:
        """Each imputation flag with its date, and how many records needed it."""
        rows = []
        for s in self.layer("adam"):
            for flag, variable in s.published.items():
                if _IMPUTATION_FLAGS.fullmatch(flag):
                    date = flag[:-1]
                    filled = self.profile.columns.get((s.dataset, flag), Column()).filled
                    rule = self._rules(s.dataset, date)
                    rows.append((f"{s.dataset}.{date}", flag, variable.label, rule, f"{filled:,}"))
        return table("Date|Flag|Label|Rule|Records imputed", rows)

    def parameters(self) -> Table:
        """Those that the study writes; the program's own where something is worked out with them, or where
        the study has tumour assessments, which checks hold against them too.
        """
        bound = set().union(*self.book.tables.values())
        shown = {
            name: parameter
            for name, parameter in self.protocol.parameters.items()
            if not isinstance(parameter, Default) or "ADTA" in self.specs or PARAMETERS + name in bound
        }
        rows = [(n, p.text, p.reason, p.source or "") for n, p in shown.items()]
        return table("Parameter|Value|Reason|Source", rows)

    def _adsl(self) -> dict[str, Variable]:
        return dict(self.specs["ADSL"].published) if "ADSL" in self.specs else {}

    # --- how the datasets depend on each other
    def dependencies(self) -> Table:
        """Which datasets each analysis dataset is made from, in the order in which they are made."""
        rows = []
        for s in self.layer("adam"):
            sources = self.reads(s.dataset)
            sdtm = ", ".join(n for n in sources if self.study.datasets[n].layer == "sdtm")
            adam = ", ".join(n for n in sources if self.study.datasets[n].layer == "adam")
            rows.append((s.dataset, sdtm, adam))
        rows.sort(key=lambda row: (len(self._needed(row[0])), row[0]))
        return table("Dataset|From SDTM|From ADaM", rows)

    def mutual(self) -> list[str]:
        """Pairs of analysis datasets of which each takes variables from the other."""
        names = [s.dataset for s in self.layer("adam")]
        pairs = [(a, b) for a in names for b in names if a < b]
        return [f"{a} and {b}" for a, b in pairs if b in self.reads(a) and a in self.reads(b)]

    def reads(self, dataset: str) -> list[str]:
        """The datasets that a dataset takes values or records from."""
        steps = self._steps([dataset])
        sources = _frames(steps) | {s.what for s in steps if s.verb == "rows" and not s.name}
        return sorted(n for n in sources if n in self.study.datasets and n != dataset)

    def _needed(self, dataset: str) -> set[str]:
        """The analysis datasets that must be made before this one."""
        needed: set[str] = set()
        new = {dataset}
        while new:
            sources = {n for d in new for n in self.reads(d)}
            new = {n for n in sources if self.study.datasets[n].layer == "adam"} - needed
            needed |= new
        return needed

    def _steps(self, datasets: Iterable[str]) -> list[Step]:
        names = set(datasets)
        return [s for s in self.book.plan.steps if s.node[0] in names]

    # --- each dataset
    def purposes(self) -> Table:
        rows = []
        for s in self.layer("adam"):
            described = self.study.guides.of(s.dataset)
            marks = ["X" if purpose in described.supports else "" for purpose in _PURPOSES]
            primary = "X" if described.primary else ""
            records = f"{self.records(s.dataset):,}"
            rows.append((s.dataset, s.label, s.class_, *marks, primary, s.structure, records))
        return table("Dataset|Label|Class|Efficacy|Safety|Baseline|Primary objective|Structure|Records", rows)

    def values(self, spec: Dataset) -> Table:
        """The parameters of a dataset that occur."""
        pairs = self.profile.pairs.get((spec.dataset, "PARAMCD", "PARAM"), frozenset())
        return table("PARAMCD|PARAM", sorted(pairs))

    def endpoints(self, spec: Dataset) -> Table:
        """Time-to-event parameters as their mapping declares them."""
        rows = []
        mapping = self.study.mappings.get(spec.dataset)
        for p in mapping.parameters if mapping else ():
            sources = mapping.sources if mapping else {}
            events = "; ".join(sources[n].describes for n in p.events)
            convention = convention_in_words(p.convention) if p.convention else ""
            rows.append((p.code, p.name, p.start, events, _censored_at(p, sources), convention))
        return table("PARAMCD|PARAM|Start|Events|Censored at|Convention", rows)

    def censoring(self, spec: Dataset) -> Table:
        mapping = self.study.mappings.get(spec.dataset)
        return table("CNSR|Meaning", mapping.censoring.items() if mapping else ())

    # --- programs and displays
    def programs(self) -> Table:
        """The files of the package that hold what makes each analysis dataset: its mapping, and the functions
        that the mapping names.
        """
        rows = []
        for s in self.layer("adam"):
            own = f"{s.dataset.lower()}.txt"
            contents: dict[str, set[str]] = {own: {"the mapping"}}
            for step in self._steps([s.dataset]):
                if callable(step.what):
                    file = programs.file_of(s.dataset, self._function(step))
                    contents.setdefault(file, set()).add(step.name)
            others = sorted(contents.keys() - {own})
            rows += [(s.dataset, file, ", ".join(sorted(contents[file]))) for file in (own, *others)]
        return table("Output|Program|Holds", rows)

    def displays(self) -> Table:
        """The displays that the study declares, with the records behind each result."""
        rows = []
        told = self.study.displays
        for display in told.documented:
            for row in display.documented:
                assert row.result
                where = told.selection(display, row, self.study.datasets[row.dataset].published)
                records = f"{row.dataset} where {', '.join(f'{n} = {v}' for n, v in where.items())}"
                told_of = (row.result.purpose.capitalize(), records, row.result.documentation)
                rows.append((display.name, display.title, *told_of))
        return table("Display|Title|Purpose|Records|Method", rows)

    def _function(self, step: Step) -> source_texts.Function:
        return self.book.functions[function_name(self.study, step)]

    def _rules(self, dataset: str, variable: str) -> str:
        """What the functions of a variable say they do, and from what."""
        by_node = self.book.plan.by_node
        makers = {row.block: row for row in by_node.get((dataset, ""), [])}
        steps = [s for s in by_node.get((dataset, variable), []) if callable(s.what)]
        return " ".join(dict.fromkeys(method(self.study, s, makers.get(s.block)) for s in steps))


def _frames(steps: Iterable[Step]) -> set[str]:
    """The forms and datasets whose fields or variables these steps read."""
    return {i.frame for step in steps for inputs in step.inputs.values() for i in inputs}


def _censored_at(parameter: TimeToEvent, sources: Mapping[str, EventSource]) -> str:
    """Where the time of a participant without an event ends: at what the parameter lists, or as its
    convention has it.
    """
    if not parameter.convention:
        listed = "; ".join(sources[name].describes for name in parameter.censors)
        return listed or "not censored: only participants with an event have a record"
    convention, last = parameter.convention, sources["adequate"]
    start = sources[parameter.start].describes if parameter.start in sources else parameter.start
    before = [sources["therapy"].describes] if convention.therapy else []
    if convention.missed:
        before.append(f"{convention.missed.windows} missed assessments")
    cause = f", where these come first the one before {' or '.join(before)}" if before else ""
    return f"last {last.describes} ({last.dataset}.{last.date}){cause}; {start} where there is none"
