"""The endpoints of participants as a drop has them, or as it would have them without some of its changes.

A participant stands alone in a build, so one block holds the same participant many times over, each time with
other records.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as By
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from pipeline import sources
from pipeline.drop_diff.records import Change, Drop
from pipeline.mapping import cutoff
from pipeline.mapping.interpret import tabulate
from pipeline.mapping.lineage import lineage
from pipeline.mapping.steps import Node, Plan
from pipeline.plan import plan_of
from pipeline.study import Study
from pipeline.study.models import Dataset, Mapping

SUBJECTS = 1200  # that are worked out together
NO_RECORD = "no record"
FLAGS, _FLAG = "ADSL", "FL"  # the dataset of population flags, and how the name of one ends
_TELLING = ("PARAMCD", "CNSR", "EVNTDESC", "STARTDT", "ADT", "AVALC", "AVAL")  # variables of an endpoint
_NONE = np.empty(0, dtype="int64")

Endpoint = tuple[str, str]  # dataset, and PARAMCD or the flag
States = By[Endpoint, str]  # what each endpoint of a participant is, in words


@dataclass(frozen=True)
class Undone:
    """A change of the new drop that is taken back: the record, or one field of it."""

    change: Change
    field: str = ""


@dataclass(frozen=True)
class Scenario:
    """A participant with the records of the old drop, or with those of the new one without some changes."""

    usubjid: str
    is_old: bool = False
    undone: tuple[Undone, ...] = ()


class Scenarios:
    """Works out the endpoints of participants, and nothing that these do not rest on.

    Endpoints are the parameters of time to event and of response of which a participant has at most one
    record, and the flags of ADSL.
    """

    def __init__(self, study: Study, old: Drop, new: Drop) -> None:
        self.study = study
        asked = {name: [*_nodes(study.datasets[name], mapping)] for name, mapping in study.mappings.items()}
        self.asked = {name: asked[name] for name in sorted(asked, key=partial(_rank, study)) if asked[name]}
        self.plan = plan_of(study).leading_to(node for nodes in self.asked.values() for node in nodes)
        self.forms = {
            form: _Form.of_drops(form, old.identified[form], new.identified[form])
            for form in _forms_read(study, self.plan)
        }

    def forms_behind(self) -> By[str, frozenset[str]]:
        """By dataset the raw forms that its endpoints can depend on."""
        behind = lineage(self.plan)
        return {
            dataset: frozenset(field.frame for node in nodes for field in behind.get(node, ()))
            for dataset, nodes in self.asked.items()
        }

    def in_order(self, *states: States) -> list[Endpoint]:
        """The endpoints of all of these, dataset after dataset."""
        place = {dataset: number for number, dataset in enumerate(self.asked)}
        return sorted({e for some in states for e in some}, key=lambda e: (place[e[0]], e[1]))

    def endpoints(self, scenarios: Sequence[Scenario]) -> list[States]:
        """The endpoints of each scenario."""
        if not self.asked:
            return [{} for _ in scenarios]
        found: list[States] = []
        for first in range(0, len(scenarios), SUBJECTS):
            found += self._of_block(scenarios[first : first + SUBJECTS])
        return found

    def _of_block(self, scenarios: Sequence[Scenario]) -> Iterator[States]:
        names = [f"{scenario.usubjid}~{number:04d}" for number, scenario in enumerate(scenarios)]
        forms = {}
        for name, form in self.forms.items():
            records = form.of_scenarios(scenarios, names)
            forms[name], _, _ = sources.understood(self.study, self.study.forms[name], records)
        frames = tabulate(self.study, self.plan, cutoff.cut(self.study, forms).forms)
        told: dict[str, dict[Endpoint, str]] = {name: {} for name in names}
        for dataset in self.asked:
            for name, endpoint, state in states(dataset, frames[dataset]):
                told[name][dataset, endpoint] = state
        yield from told.values()


# --- what is asked
def _rank(study: Study, dataset: str) -> int:
    """Time to event comes first, then response, then the flags."""
    return 2 if dataset == FLAGS else int("CNSR" not in study.datasets[dataset].variables)


def _nodes(spec: Dataset, mapping: Mapping) -> Iterator[Node]:
    """The records and the telling variables of a dataset that has endpoints."""
    has_endpoints = mapping.parameters or mapping.response_parameters or "CNSR" in spec.variables
    if spec.dataset == FLAGS:
        names = [name for name in spec.variables if name.endswith(_FLAG)]
    elif has_endpoints and "PARAMCD" in spec.variables:
        names = [name for name in _TELLING if name in spec.variables]
    else:
        return
    for name in ("", *names):
        yield spec.dataset, name


def _forms_read(study: Study, plan: Plan) -> list[str]:
    """The forms that are mapped to what is asked, and those that the data cut-off asks."""
    after_cutoff = study.protocol.after_cutoff
    rules = after_cutoff.not_yet if after_cutoff else ()
    read = {rule.form for rule in rules} | {date.form for rule in rules for date in rule.after}
    read.add(study.protocol.subjects.form)
    for step in plan.steps:
        read |= {i.frame for inputs in step.inputs.values() for i in inputs}
        if step.verb == "rows" and not step.name:
            read.add(step.what)
    return [form for form in study.forms if form in read]


def states(dataset: str, records: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    """Participant, endpoint and its state in words, of each endpoint of a dataset."""
    if dataset == FLAGS:
        for flag in [str(name) for name in records if str(name).endswith(_FLAG)]:
            for subject, value in zip(records["USUBJID"], records[flag].fillna(""), strict=True):
                yield subject, flag, str(value) or "blank"
        return
    several = records.loc[records.duplicated(["USUBJID", "PARAMCD"]), "PARAMCD"].unique()
    for record in records[~records["PARAMCD"].isin(several)].to_dict("records"):
        yield str(record["USUBJID"]), str(record["PARAMCD"]), _state(record)


def _state(record: By[object, object]) -> str:
    """A record of a parameter in words: `event 2017-05-10 (PROGRESSIVE DISEASE) from 2016-07-11`, `PR`."""
    told = {name: "" if pd.isna(record.get(name)) else record[name] for name in _TELLING}  # type: ignore[call-overload]
    if "CNSR" in record:
        kind = "undecided" if told["CNSR"] == "" else "event" if told["CNSR"] == 0 else "censored"
        words = [kind, str(told["ADT"])[:10] or "without a date"]
        if told["EVNTDESC"]:
            words.append(f"({told['EVNTDESC']})")
        if told["STARTDT"]:
            words.append(f"from {str(told['STARTDT'])[:10]}")
        return " ".join(words)
    value = told["AVALC"] or told["AVAL"]
    return f"{value:g}" if isinstance(value, float) else str(value) or "no value"


# --- records
def _places(records: pd.DataFrame, first: int) -> dict[str, np.ndarray]:
    """By participant the places of the records, counted from `first`."""
    places = np.arange(first, first + len(records))
    return {str(s): places[found] for s, found in records.groupby("USUBJID").indices.items()}


@dataclass(frozen=True)
class _Form:
    """The records of a form of both drops, the old ones first, and where those of each participant stand."""

    name: str
    records: pd.DataFrame
    rows: np.ndarray  # of each record, its row in the file of its drop
    old: By[str, np.ndarray]
    new: By[str, np.ndarray]

    @classmethod
    def of_drops(cls, name: str, old: pd.DataFrame, new: pd.DataFrame) -> _Form:
        records = pd.concat([old, new])
        return cls(name, records, records.index.to_numpy(), _places(old, 0), _places(new, len(old)))

    def of_scenarios(self, scenarios: Sequence[Scenario], names: Sequence[str]) -> pd.DataFrame:
        """The records of all scenarios in the order of identity, with the scenario's name as USUBJID."""
        taken = [self._places(scenario) for scenario in scenarios]
        records = self.records.iloc[np.concatenate([_NONE, *taken])]
        subjects = np.repeat(np.array(names, dtype="object"), [len(places) for places in taken])
        records = records.assign(USUBJID=pd.array(subjects, dtype="str")).reset_index(drop=True)
        first = 0
        for scenario, places in zip(scenarios, taken, strict=True):
            for undone in self._of_this_form(scenario):
                if undone.field:
                    of_old = self.old.get(scenario.usubjid, _NONE)
                    was = of_old[self.rows[of_old] == undone.change.was]
                    now = first + np.flatnonzero(self.rows[places] == undone.change.now)
                    if len(was) and len(now):
                        records.loc[now, undone.field] = self.records[undone.field].iloc[was[0]]
            first += len(places)
        return records.sort_values(["USUBJID", "record"], kind="stable", ignore_index=True)

    def _places(self, scenario: Scenario) -> np.ndarray:
        """Where the records of a scenario stand among those of both drops."""
        was, now = (drop.get(scenario.usubjid, _NONE) for drop in (self.old, self.new))
        if scenario.is_old:
            return was
        whole = [undone.change for undone in self._of_this_form(scenario) if not undone.field]
        restored = np.isin(self.rows[was], [change.was for change in whole])
        removed = np.isin(self.rows[now], [change.now for change in whole])
        return np.concatenate([was[restored], now[~removed]])

    def _of_this_form(self, scenario: Scenario) -> Iterator[Undone]:
        return (undone for undone in scenario.undone if undone.change.form == self.name)
