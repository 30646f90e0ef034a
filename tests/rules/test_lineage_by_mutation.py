"""Invariant 3: a changed raw cell changes only the output cells that lineage declared for it, and lineage
does not declare everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
import pytest

from pipeline import stages as run
from pipeline.mapping import resolve
from pipeline.mapping.lineage import lineage
from pipeline.sources import files
from pipeline.study import Study
from tests.conftest import DROP
from tests.support import mutation
from tests.support.mutation import Proof, Reach

pytestmark = pytest.mark.long

# Declared cells of all cells of the changed participants. Analysis datasets rest on all of a participant's
# scans, the start and end of a visit on all dates collected under it, and the day last known alive, which an
# imputed death and overall survival rest on, on all dates at which the participant was seen or heard of.
SHARE = {
    "ADTTE": 0.25,
    "ADTA": 0.2,
    "ADRS": 0.17,
    "ADTR": 0.13,
    "SUPPIE": 0.15,
    "RELREC": 0.12,
    "SV": 0.09,
    "ADAE": 0.08,  # a flag of first or worst occurrence is decided among all events of the participant
    # what is on treatment has an end that an imputed death may bound, and a flag of first occurrence is
    # decided among all drugs of the participant
    "ADCM": 0.07,
    # the days from the last dose to death, and both flags drawn from them, rest on an imputed death too, and
    # whether response can be judged rests on all scans
    "ADSL": 0.07,
    "SE": 0.06,
    # functions make its records of all doses, in order and in sum: lineage declares of each of their fields
    # all that the function reads
    "ADEX": 0.06,
}
ANY_SHARE = 0.045  # of every other dataset
PER_CHANGED = 45  # declared cells for each that changed, over all datasets
PER_CHANGED_OF_ONE = 120  # and of one dataset, where at least 20 changed


@pytest.fixture(scope="module")
def raw(study: Study) -> dict[str, pd.DataFrame]:
    return files.read(study, DROP)


@pytest.fixture(scope="module")
def proofs(study: Study, raw: dict[str, pd.DataFrame], prove: bool, seed: int) -> list[Proof]:
    """27 rounds in three builds; 90 rounds where everything is to be proved."""
    return [*mutation.proofs(study, raw, 90 if prove else 27, seed)]


def loose(reach: Mapping[str, Reach]) -> list[str]:
    """The datasets of which lineage declares more than it should."""
    names = [n for n, r in reach.items() if r.share > SHARE.get(n, ANY_SHARE)]
    names += [n for n, r in reach.items() if r.changed >= 20 and r.declared > PER_CHANGED_OF_ONE * r.changed]
    changed = sum(r.changed for r in reach.values())
    declared = sum(r.declared for r in reach.values())
    return [*names, "all datasets"] if declared > PER_CHANGED * max(1, changed) else names


def test_every_changed_output_cell_was_declared_by_lineage(proofs: list[Proof], prove: bool) -> None:
    assert sum(len(p.changes) for p in proofs) >= (3000 if prove else 900)
    assert sum(p.cells for p in proofs) >= (15_000 if prove else 4500), (
        "the changes must reach the output, or they prove nothing"
    )
    assert [u for p in proofs for u in p.undeclared] == []


def test_every_field_of_every_form_is_changed(
    proofs: list[Proof], study: Study, raw: dict[str, pd.DataFrame]
) -> None:
    """All but keys and subject numbers, and those that hold one and the same value in every record."""
    assert mutation.changeable(study, raw) <= {(c.form, c.field) for p in proofs for c in p.changes}


def test_the_changes_reach_the_datasets(proofs: list[Proof]) -> None:
    """All but what only the one person screened again has, and qualifiers that few have."""
    unreached = {n for n, r in mutation.reached(proofs).items() if not r.changed}
    assert {n for n in unreached if not n.startswith("SUPP")} <= {"DC", "RELREC"}


def test_lineage_is_tight(proofs: list[Proof]) -> None:
    reach = mutation.reached(proofs)
    for name, r in reach.items():
        per_changed = r.declared / max(1, r.changed)
        print(f"{name:8}{r.changed:8}{r.declared:8}{per_changed:8.1f}{r.share:8.4f}")  # shown with -s
    assert loose(reach) == []


def test_a_lineage_that_declares_everything_is_too_loose(
    study: Study, raw: dict[str, pd.DataFrame], seed: int
) -> None:
    known = lineage(resolve.plan(study, run.LIBRARY))
    everything = frozenset().union(*known.values())
    everywhere = dict.fromkeys(known, everything)
    (_, changes), *_ = mutation.rounds(study, raw, 1, seed)
    before = mutation.built(study, raw)[1]
    reach = mutation.compared(everywhere, before, before, changes).reach
    assert {"ADTTE", "ADTA", "LB", "VS", "all datasets"} <= set(loose(reach))


def test_a_function_that_looks_at_its_neighbour_is_caught(
    study: Study, raw: dict[str, pd.DataFrame], monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    def date_time(date: pd.Series, time: pd.Series) -> pd.Series:
        return (date + "T" + time).shift(1, fill_value="2016-07-01").astype("str")

    study = replace(study)  # a study of its own, whose steps are resolved anew
    monkeypatch.setitem(run.LIBRARY, "sdtm", {**run.LIBRARY["sdtm"], "date_time": date_time})
    doses = [
        (f, n)
        for f, n in mutation.places(study)
        if (f, n) in (("tras", "DOSE_DATE"), ("tras", "START_TIME"), ("nk", "DOSE_DATE"))
    ]
    monkeypatch.setattr(mutation, "places", lambda _: doses)
    assert [u for p in mutation.proofs(study, raw, 1, seed, at_once=1) for u in p.undeclared]


def test_a_function_that_reads_what_it_did_not_declare_is_caught(
    study: Study, raw: dict[str, pd.DataFrame], monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Only columns that `of:` names are given to a function; one that gets at others behind the interpreter's
    back is caught.
    """
    hidden: dict[str, pd.DataFrame] = {}

    def at_baseline(usubjid: pd.Series, assessments: pd.DataFrame, evaluators: object) -> pd.Series:
        weight = (
            hidden["vs"]["WEIGHT"].astype("float64").groupby("NCT02843126-" + hidden["vs"]["SUBJECT"]).sum()
        )
        return usubjid.map(weight).where(usubjid.isin(assessments["USUBJID"]))

    def built(study: Study, raw: mutation.Frames) -> object:
        hidden["vs"] = raw["vs"]
        return whole(study, raw)

    study, whole = replace(study), mutation.built
    monkeypatch.setattr(mutation, "built", built)
    monkeypatch.setitem(run.LIBRARY, "adam", {**run.LIBRARY["adam"], "at_baseline": at_baseline})
    monkeypatch.setattr(mutation, "places", lambda _: [("vs", "WEIGHT")])
    undeclared = {
        u.partition(" of ")[0] for p in mutation.proofs(study, raw, 1, seed, at_once=1) for u in p.undeclared
    }
    assert undeclared == {"ADSL.TARGBL", "ADSL.NTARGBL", "ADSL.SUMBL"}
