"""What follows of a changed drop for the endpoints of each participant: every correction that was planted in
the earlier drop is found and explained down to its raw record, and none is invented.
"""

from __future__ import annotations

import filecmp
from pathlib import Path

import pandas as pd
import pytest

from pipeline.drop_diff import records, told
from pipeline.drop_diff.scenarios import Scenario, Scenarios, states
from pipeline.finished import tables
from pipeline.finished.folder import Folder
from pipeline.study import Study
from tests.support import earlier_drop
from tests.support.door import rows
from tests.support.drops import of_subjects

EARLIER = earlier_drop.HOME


@pytest.fixture(scope="module")
def today(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample drop of the participants of the earlier one."""
    return of_subjects(tmp_path_factory.mktemp("today") / "2019-07-01", *earlier_drop.PARTICIPANTS)


@pytest.fixture(scope="module")
def found(study: Study, today: Path) -> told.Difference:
    return told.difference(study, EARLIER, today)


def test_the_earlier_drop_is_what_its_script_makes(tmp_path: Path) -> None:
    earlier_drop.write(tmp_path)
    names = sorted(path.name for path in EARLIER.iterdir())
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert filecmp.cmpfiles(EARLIER, tmp_path, names, shallow=False)[0] == names


@pytest.mark.long
def test_every_correction_is_found_and_none_is_invented(found: told.Difference) -> None:
    assert {(c.kind, c.form, c.record, *c.cells.items()) for c in told.to_confirm(found)} == {
        ("changed", "tl", "FD-008|WEEK 24|T01", ("DIAMETER", ("38", "25"))),
        ("re-keyed", "tl", "FD-010|WEEK 24|T02", ("LESION", ("T03", "T02"))),
        ("changed", "rand", "FD-002", ("RAND_DATE", ("20 JUL 2016", "19 JUL 2016"))),
        ("changed", "ae", "FD-001|3", ("TERM", ("FATIGUE", "fatigue"))),
        ("re-keyed", "cm", "FD-006|2", ("SUBJECT", ("FD-007", "FD-006"))),
        ("gone", "nl", "FD-001|WEEK 48|NEW01"),
    }


def test_new_are_the_records_that_were_entered_since(found: told.Difference, today: Path) -> None:
    since = {
        f"{file.name}:{line}"
        for file in today.glob("*.csv")
        for line, record in enumerate(rows(file), 2)
        if record["ENTERED_AT"] > "2018-07-02"
        or (file.name == "nl.csv" and record["SUBJECT"] == "FD-007")  # planted: entered late
    }
    assert {c.new for c in found.changes if c.kind == "new"} == since


NEW_LESION = "New lesions, WEEK 48 NEW01 is no longer there (nl.csv:2 of the old drop)"
WEEK_120 = "Target lesions, WEEK 120 T01 has come (tl.csv:10)"
REKEYED = (
    "Target lesions, WEEK 24 T02 was under another key: LESION T03 -> T02"
    " (tl.csv:91; tl.csv:90 of the old drop)"
)
DATE = (
    "Randomization list export: RAND_DATE 20 JUL 2016 -> 19 JUL 2016 (rand.csv:3; rand.csv:3 of the old drop)"
)
PD = "event 2017-12-09 (PROGRESSIVE DISEASE)"
TOLD = [  # participant, endpoint, how it is introduced, causes
    ("FD-001", "PFS event 2017-06-11 (PROGRESSIVE DISEASE) -> event 2018-10-28 (PROGRESSIVE DISEASE)",
     "because", (NEW_LESION, WEEK_120)),
    ("FD-001",
     "OS censored 2018-05-19 (ALIVE AT LAST CONTACT) -> censored 2019-06-10 (ALIVE AT LAST CONTACT)",
     "because, each by itself:", ("End of study has come (eos.csv:2)",
      "Survival follow-up, SURVIVAL FOLLOW-UP 11 1 has come (surv.csv:12)")),
    ("FD-002", f"PFS {PD} from 2016-07-20 -> {PD} from 2016-07-19", "because", (DATE,)),
    ("FD-006", "OS censored 2018-04-11 (ALIVE AT LAST CONTACT) -> event 2018-11-19 (DEATH)",
     "because", ("Death has come (death.csv:3)",)),
    ("FD-007", "PFS censored 2017-05-10 (ONGOING WITHOUT EVENT) -> event 2017-05-10 (PROGRESSIVE DISEASE)",
     "because", ("New lesions, WEEK 36 NEW01 has come (nl.csv:2)",)),
    ("FD-008", "PFSE event 2017-02-19 (PROGRESSIVE DISEASE) -> event 2017-05-22 (PROGRESSIVE DISEASE)",
     "because", ("Target lesions, WEEK 24 T01: DIAMETER 38 -> 25 (tl.csv:82; tl.csv:81 of the old drop)",)),
    ("FD-010", "BOR NE -> PR", "because", (REKEYED,)),
]  # fmt: skip


@pytest.mark.parametrize(("participant", "endpoint", "because", "causes"), TOLD, ids=lambda v: str(v)[:12])
def test_an_endpoint_is_explained_by_the_raw_records_that_changed_it(
    found: told.Difference, participant: str, endpoint: str, because: str, causes: tuple[str, ...]
) -> None:
    (of_endpoint,) = [
        t for t in told.endpoints_told(found) if t.participant == participant and endpoint in t.endpoints
    ]
    assert (of_endpoint.because, of_endpoint.causes) == (because, causes)


def test_no_endpoint_is_explained_by_what_does_not_matter(found: told.Difference) -> None:
    """An adverse event in another case and a drug under the number of another participant change none, and
    neither is a screening failure touched by what came.
    """
    causes = {undone.change.form for changed in found.downstream.changed for undone in changed.causes}
    assert causes == {"death", "eos", "nl", "rand", "resp", "surv", "tl"}
    changed = {changed.usubjid.removeprefix("NCT02843126-") for changed in found.downstream.changed}
    assert changed == set(earlier_drop.PARTICIPANTS) - {"FD-005"}


def published_states(built: Path, dataset: str) -> list[tuple[str, str, str]]:
    frame = tables.published(Folder.opened(built), dataset)
    for name in {"ADT", "STARTDT"} & {*frame}:
        frame[name] = pd.Timestamp("1960-01-01") + pd.to_timedelta(frame[name], unit="D")
    return [*states(dataset, frame)]


def test_what_is_worked_out_is_what_a_build_publishes(study: Study, built: Path, today: Path) -> None:
    drop = records.read(study, today)
    participants = sorted(drop.participants)
    scenarios = Scenarios(study, drop, drop)
    published = {name: published_states(built, name) for name in ("ADTTE", "ADRS")}
    for subject, of_subject in zip(
        participants, scenarios.endpoints([Scenario(s) for s in participants]), strict=True
    ):
        for dataset, all_states in published.items():
            expected = {code: state for s, code, state in all_states if s == subject}
            assert {code: state for (name, code), state in of_subject.items() if name == dataset} == expected
