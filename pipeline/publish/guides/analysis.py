"""What the guide of the analysis datasets asks beyond that of the tabulations: how they are made, and from
what.
"""

from __future__ import annotations

import re

from pipeline.mapping.origins import method
from pipeline.mapping.steps import Step
from pipeline.profile import Column
from pipeline.publish.guides.tables import Table, Tabulated, table
from pipeline.publish.lineage import source_texts
from pipeline.publish.lineage.words import function_name
from pipeline.publish.package import programs
from pipeline.study.models import Convention, Dataset, Variable


class Queries(Tabulated):
    """Answers what a template asks."""

    def core(self) -> Table:
        """Variables of ADSL that every other analysis dataset has."""
        adsl = self.specs["ADSL"].published if "ADSL" in self.specs else {}
        others = [s for s in self.layer("adam") if s.dataset != "ADSL"]
        return table(
            "Variable|Label",
            ((n, v.label) for n, v in adsl.items() if others and all(n in s.published for s in others)),
        )

    def treatments(self) -> Table:
        names: dict[str, tuple[Variable, list[str]]] = {}
        for s in self.layer("adam"):
            for n, v in s.published.items():
                if re.fullmatch(r"TRT(\d\d)?[PA]N?|ARMCD|ARM|ACTARMCD|ACTARM|ARMNRS", n):
                    names.setdefault(n, (v, []))[1].append(s.dataset)
        return table("Variable|Label|In", ((n, v.label, ", ".join(where)) for n, (v, where) in names.items()))

    def populations(self) -> Table:
        adsl = self.specs["ADSL"].published if "ADSL" in self.specs else {}
        rows = [
            (n, v.label, self._rules("ADSL", n))
            for n, v in adsl.items()
            if re.fullmatch(r"(RAND|ITT|SAF|FAS|PPROT)FL", n)
        ]
        return table("Flag|Label|Derivation", rows)

    def imputations(self) -> Table:
        """Each flag of imputation with the date it is of, and how many records it was needed in."""
        rows = []
        for s in self.layer("adam"):
            for n, v in s.published.items():
                if re.fullmatch(r"\w+(DTF|TMF)", n):
                    filled = self.facts.columns.get((s.dataset, n), Column()).filled
                    rows.append(
                        (f"{s.dataset}.{n[:-1]}", n, v.label, self._rules(s.dataset, n[:-1]), f"{filled:,}")
                    )
        return table("Date|Flag|Label|Rule|Records imputed", rows)

    def parameters(self) -> Table:
        rows = [(n, p.text, p.reason, p.source or "") for n, p in self.protocol.parameters.items()]
        return table("Parameter|Value|Reason|Source", rows)

    def dependencies(self) -> Table:
        """Which datasets each analysis dataset is made from, in the order in which they are made."""
        rows = []
        for s in self.layer("adam"):
            reads = self.reads(s.dataset)
            sdtm, adam = (
                [n for n in reads if self.study.datasets[n].layer == layer] for layer in ("sdtm", "adam")
            )
            rows.append((s.dataset, ", ".join(sdtm), ", ".join(adam), ", ".join(self.raw_inputs(s.dataset))))
        rows.sort(key=lambda r: (len(self.behind(r[0])), r[0]))
        past = any(r[3] for r in rows)
        return table(
            "Dataset|From SDTM|From ADaM" + "|From forms" * past, rows if past else [r[:3] for r in rows]
        )

    def mutual(self) -> list[str]:
        """Pairs of analysis datasets of which each takes variables from the other."""
        names = [s.dataset for s in self.layer("adam")]
        return [
            f"{a} and {b}"
            for a in names
            for b in names
            if a < b and b in self.reads(a) and a in self.reads(b)
        ]

    def reads(self, dataset: str) -> list[str]:
        steps = [s for s in self.told.plan.steps if s.node[0] == dataset]
        found = {i.frame for s in steps for ii in s.inputs.values() for i in ii} | {
            s.what for s in steps if s.verb == "rows" and not s.name
        }
        return sorted(n for n in found if n in self.study.datasets and n != dataset)

    def raw_inputs(self, dataset: str = "") -> list[str]:
        """Forms that an analysis dataset, or any of them, reads past SDTM, by their titles."""
        read = (
            s
            for s in self.told.plan.steps
            if self.study.datasets[s.node[0]].layer == "adam" and dataset in ("", s.node[0])
        )
        forms = {i.frame for s in read for ii in s.inputs.values() for i in ii} & self.study.forms.keys()
        return sorted(self.study.forms[f].title for f in forms)

    def behind(self, dataset: str) -> set[str]:
        """The analysis datasets that must be there before this one."""
        found: set[str] = set()
        left = {dataset}
        while left:
            left = {n for d in left for n in self.reads(d) if self.study.datasets[n].layer == "adam"} - found
            found |= left
        return found

    def purposes(self) -> Table:
        rows = []
        for s in self.layer("adam"):
            told = self.study.guides.of(s.dataset)
            marks = ["X" if p in told.supports else "" for p in ("Efficacy", "Safety", "Baseline")]
            rows.append(
                (
                    s.dataset,
                    s.label,
                    s.class_,
                    *marks,
                    "X" if told.primary else "",
                    s.structure,
                    f"{self.records(s.dataset):,}",
                )
            )
        return table("Dataset|Label|Class|Efficacy|Safety|Baseline|Primary objective|Structure|Records", rows)

    def values(self, spec: Dataset) -> Table:
        """The parameters of a dataset that occur."""
        pairs = self.facts.pairs.get((spec.dataset, "PARAMCD", "PARAM"), frozenset())
        return table("PARAMCD|PARAM", sorted(pairs))

    def endpoints(self, spec: Dataset) -> Table:
        """Time-to-event parameters as their mapping declares them."""
        mapping = self.study.mappings.get(spec.dataset)
        rows = []
        for p in mapping.parameters if mapping else ():
            sources = mapping.sources if mapping else {}
            said = {
                kind: "; ".join(sources[n].describes for n in getattr(p, kind))
                for kind in ("events", "censors")
            }
            rows.append(
                (
                    p.code,
                    p.name,
                    p.start,
                    said["events"],
                    said["censors"],
                    _convention(p.convention) if p.convention else "",
                )
            )
        return table("PARAMCD|PARAM|Start|Events|Censored at|Convention", rows)

    def censoring(self, spec: Dataset) -> Table:
        mapping = self.study.mappings.get(spec.dataset)
        return table("CNSR|Meaning", mapping.censoring.items() if mapping else ())

    def programs(self) -> Table:
        """The files of the package that hold what makes each analysis dataset: its mapping, and the functions
        that this names.
        """
        rows = []
        for s in self.layer("adam"):
            own = f"{s.dataset.lower()}.txt"
            files: dict[str, set[str]] = {own: {"the mapping"}}
            for t in self.told.plan.steps:
                if t.node[0] == s.dataset and callable(t.what):
                    files.setdefault(programs.place(s.dataset, self._function(t)), set()).add(t.name)
            rows += [
                (s.dataset, f, ", ".join(sorted(names)))
                for f, names in sorted(files.items(), key=lambda i: (i[0] != own, i[0]))
            ]
        return table("Output|Program|Holds", rows)

    def displays(self) -> Table:
        """The displays that the study declares, with the records that each result is of."""
        rows = [
            (
                d.id,
                d.title,
                r.purpose.capitalize(),
                f"{r.dataset} where {', '.join(f'{n} = {v}' for n, v in r.where.items())}",
                r.documentation,
            )
            for d in self.study.analyses
            for r in d.results
        ]
        return table("Display|Title|Purpose|Records|Method", rows)

    def _function(self, s: Step) -> source_texts.Function:
        return self.told.functions[function_name(self.study, s)]

    def _rules(self, dataset: str, variable: str) -> str:
        """What the functions of a variable say they do, and from what."""
        return " ".join(
            dict.fromkeys(
                method(self.study, s)
                for s in self.told.plan.by_node.get((dataset, variable), [])
                if callable(s.what)
            )
        )


def _convention(c: Convention) -> str:
    missed = (
        f"; after {c.missed.windows} missed assessments: {', '.join(c.missed.before)} not counted"
        if c.missed
        else ""
    )
    return (
        f"{c.id}: events dated by {c.dated}; new therapy:"
        f" {f'assessments {c.therapy} it count' if c.therapy else 'ignored'}{missed}"
    )
