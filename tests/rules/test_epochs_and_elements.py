"""Epochs that a study gives by the dates with which they begin make its elements, arms, TA, TE and SE."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from pipeline.derivations.sdtm import elements, trial_design
from pipeline.errors import SpecError
from pipeline.profile import Profile
from pipeline.study import Study, load
from pipeline.study.design import Arm, Element, Step
from pipeline.study.short import design
from tests.support.minimal import folder, study
from tests.support.tables import text

EPOCHS = "epochs: {SCREENING: DM.RFICDTC, TREATMENT: DM.RFXSTDTC, FOLLOW-UP: after DM.RFXENDTC}"


@pytest.fixture(scope="module")
def minimal(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return study(tmp_path_factory.mktemp("minimal"))


# --- elements and arms
def test_a_treatment_epoch_has_an_element_for_each_arm_and_any_other_one_for_all(minimal: Study) -> None:
    arms = {arm.code: [(s.epoch, s.element) for s in arm.elements] for arm in minimal.protocol.arms}
    assert arms == {
        "Pbo": [("SCREENING", "SCRN"), ("TREATMENT", "PBO"), ("FOLLOW-UP", "FU")],
        "Xan_Hi": [("SCREENING", "SCRN"), ("TREATMENT", "XANHI"), ("FOLLOW-UP", "FU")],
        "Xan_Lo": [("SCREENING", "SCRN"), ("TREATMENT", "XANLO"), ("FOLLOW-UP", "FU")],
    }


def test_an_element_begins_as_its_epoch_and_ends_where_the_next_begins(minimal: Study) -> None:
    screening, placebo, *_ = minimal.protocol.elements
    assert screening == Element(
        code="SCRN",
        name="Screening",
        start="Informed consent",
        end="First exposure to study treatment",
    )
    assert placebo == Element(
        code="PBO",
        name="Placebo",
        start="First exposure to study treatment",
        end="The day after last exposure to study treatment",
    )
    follow_up = next(element for element in minimal.protocol.elements if element.code == "FU")
    assert follow_up.end == "End of participation"


def test_codes_of_elements_have_eight_letters_at_most_and_differ() -> None:
    epochs = {"OPEN-LABEL TREATMENT": "DM.RFXSTDTC", "EXTENDED TREATMENT": "after DM.RFXENDTC"}
    arms = [{"code": "PLACEBO TO ACTIVE", "name": "A"}, {"code": "PLACEBO TO PLACEBO", "name": "B"}]
    codes = [element["code"] for element in design.made(epochs, arms)["elements"]]
    assert codes == ["PLACEBOT", "PLACEBO2", "PLACEBO3", "PLACEBO4"]


def test_se_ta_and_te_follow_from_the_epochs(minimal: Study) -> None:
    assert {"SE", "TA", "TE"} <= minimal.datasets.keys()
    assert minimal.located[design.SE].at(("variables", "ETCD")) == "mappings/sdtm/se.yaml + rule 6"
    assert [*minimal.datasets["SE"].variables] == [
        *("STUDYID", "DOMAIN", "USUBJID", "SESEQ", "ETCD", "ELEMENT", "TAETORD", "EPOCH"),
        *("SESTDTC", "SEENDTC", "SESTDY", "SEENDY"),
    ]


PLAN = """
visits:
  - {name: SCREENING, number: 1, day: -14, after: 13}
  - {name: END OF TREATMENT, number: 30, early: true}
  - {name: UNSCHEDULED, number: 900, series: true}
criteria: [{code: INCL01, category: INCLUSION, text: Adults, version: "1"}]
summary: [{parameter: NARMS, value: "3", source: Protocol}]
"""
LISTS = "\nTSPARMCD: {decoded: true, terms: [NARMS]}\nTSPARM: {decodes_of: TSPARMCD}\n"


@pytest.mark.parametrize(
    ("kept", "expected"),
    [
        (("visits", "criteria", "summary"), {"TI", "TS", "TV"}),
        (("criteria",), {"TI"}),
        (("summary",), {"TS"}),
        (("visits",), {"TV"}),
        ((), set()),
    ],
    ids=["all", "criteria", "summary", "visits", "nothing"],
)
def test_what_the_plan_says_is_published_without_a_spec(
    tmp_path: Path, kept: tuple[str, ...], expected: set[str]
) -> None:
    root = folder(tmp_path)
    parts = {part.partition(":")[0]: part for part in re.split(r"\n(?=[a-z])", PLAN.strip())}
    plan = "".join(f"{parts[key]}\n" for key in kept)
    for name, more in (("study", plan), ("codelists", LISTS)):
        path = root / f"specs/{name}.yaml"
        path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    made = load(root)
    assert made.datasets.keys() & {"TI", "TS", "TV"} == expected
    if "TV" in expected:
        tv = trial_design.frames(made, Profile())["TV"]
        visits = list(dict.fromkeys(zip(tv["VISIT"], tv["TVSTRL"], strict=True)))
        assert visits == [
            ("SCREENING", "From day -14 to day -1, where day 1 is the day of randomization"),
            ("END OF TREATMENT", "The end of treatment"),
        ]


def test_a_mapping_of_se_that_the_study_writes_wins(tmp_path: Path) -> None:
    own = """\
dataset: SE
records:
  - {from: DM, variables: {ETCD: {constant: SCRN}, SESTDTC: {copy: DM.RFICDTC}, EPOCH: {constant: SCREENING}}}
variables:
  SEENDTC: {copy: DM.RFPENDTC}
not_collected: {TAETORD: One element is mapped}
"""
    assert len(study(tmp_path, {"mappings/sdtm/se.yaml": own}).mappings["SE"].records) == 1


def test_epochs_by_name_make_nothing(tmp_path: Path) -> None:
    root = folder(tmp_path)
    said = (root / "specs/study.yaml").read_text(encoding="utf-8")
    listed = "epochs: [{name: TREATMENT, description: Under treatment}]"
    (root / "specs/study.yaml").write_text(said.replace(EPOCHS, listed), encoding="utf-8")
    assert load(root).datasets.keys().isdisjoint({"SE", "TA", "TE"})


SLIPS = {
    "a date of another dataset": (
        "{SCREENING: |DS.DSSTDTC}",
        "SCREENING begins on a date of DM: DM.VARIABLE, or after DM.VARIABLE",
        "SCREENING",
    ),
    "no date": (
        "{SCREENING: consent}",
        "SCREENING begins on a date of DM: DM.VARIABLE, or after DM.VARIABLE",
        "",
    ),
    "elements too": (
        "{SCREENING: DM.RFICDTC}\nelements: [{code: SCRN, name: Screening, start: Consent, end: Dose}]",
        "the dates of `epochs` make the elements; delete them, or list the epochs by name",
        "",
    ),
}


@pytest.mark.parametrize(("epochs", "message", "_"), SLIPS.values(), ids=SLIPS)
def test_a_slip_in_the_epochs_is_told_with_its_place(
    tmp_path: Path, epochs: str, message: str, _: str
) -> None:
    root = folder(tmp_path)
    path = root / "specs/study.yaml"
    said = path.read_text(encoding="utf-8")
    path.write_text(said.replace(EPOCHS, f"epochs: {epochs.replace('|', '')}"), encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load(root)
    line = said[: said.index(EPOCHS)].count("\n") + 1 + epochs.count("\n")
    assert any(
        told.startswith(f"{path}:{line}:") and told.endswith(message)
        for told in str(caught.value).split("\n")
    )


def test_a_date_that_dm_does_not_have_is_told(tmp_path: Path) -> None:
    root = folder(tmp_path)
    path = root / "specs/study.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("DM.RFICDTC", "DM.RFICDT"), encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load(root)
    line = path.read_text(encoding="utf-8").split("\n").index(EPOCHS.replace("DM.RFICDTC", "DM.RFICDT")) + 1
    assert f"{path}:{line}:10: RFICDT is not a date of DM; did you mean RFICDTC?" in str(caught.value)


# --- the way of each participant
A = Arm(
    code="A",
    name="A",
    elements=(Step(epoch="SCREENING", element="SCRN"), Step(epoch="TREATMENT", element="A")),
)
B = Arm(
    code="B",
    name="B",
    elements=(Step(epoch="SCREENING", element="SCRN"), Step(epoch="TREATMENT", element="B")),
)


def of_dm(**dates: list[str | None]) -> pd.DataFrame:
    """One record for each participant."""
    records = {name: text(*values) for name, values in dates.items()}
    count = len(next(iter(dates.values())))
    who = text(*(f"p{i}" for i in range(count)))
    return pd.DataFrame({"USUBJID": who, "form": text(*["dm"] * count), "record": who, **records})


def test_who_has_not_the_date_of_an_epoch_does_not_enter_it() -> None:
    entered = elements.epoch_from(of_dm(RFICDTC=["2019-01-07", None, "2019-01"]))
    assert entered[["USUBJID", "START"]].to_numpy().tolist() == [["p0", "2019-01-07"], ["p2", "2019-01"]]


# last dose, end of participation: the day on which the epoch after it begins, if it does
AFTER = {
    "went on to the next day": ("2019-03-31", "2019-05-02", "2019-04-01"),
    "left on the next day": ("2019-03-31", "2019-04-01", "2019-04-01"),
    "left on the day of the last dose": ("2019-03-31", "2019-03-31", None),
    "left at an unknown time": ("2019-03-31", None, "2019-04-01"),
    "left in the month after": ("2019-03-31", "2019-04", "2019-04-01"),
    "left in the same month, on an unknown day": ("2019-03-05", "2019-03", "2019-03-06"),
    "never dosed": (None, "2019-05-02", None),
    "last dosed on an unknown day": ("2019-03", "2019-05-02", None),
}


@pytest.mark.parametrize(("last_dose", "left", "begins"), AFTER.values(), ids=AFTER)
def test_an_epoch_after_a_date_begins_on_the_next_day_for_who_is_still_in_the_study(
    last_dose: str | None, left: str | None, begins: str | None
) -> None:
    entered = elements.epoch_after(of_dm(RFXENDTC=[last_dose], RFPENDTC=[left]))
    assert entered["START"].tolist() == ([] if begins is None else [begins])


def test_the_element_of_an_epoch_is_that_of_the_actual_arm_where_the_arms_differ() -> None:
    element = elements.element_of_epoch(
        text("SCREENING", "SCREENING", "TREATMENT", "TREATMENT", "TREATMENT"),
        text("A", None, "A", "B", None),
        (A, B),
    )
    assert element.tolist() == ["SCRN", "SCRN", "A", "B", "UNPLAN"]
