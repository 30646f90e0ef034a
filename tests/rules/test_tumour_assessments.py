"""ADTA: which assessment is baseline, which is adequate, in which window it lies, which progression stands by
iRECIST.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd
import pytest

from pipeline.checks.datasets import baseline, response
from pipeline.derivations.adam.assessments import tumour_assessments
from pipeline.derivations.oncology.recist import Recist
from pipeline.errors import SpecError
from pipeline.profile import Column, Profile
from pipeline.records.findings import Finding
from pipeline.study import Study
from pipeline.study.models import TumourSchedule
from pipeline.study.parameters import chosen
from tests.support.settings import settings_of

START = pd.Timestamp("2016-08-10")  # randomization, day 1
SUBJECT = "participant"
TR = ["TRLNKID", "TRGRPID", "TRLNKGRP", "TRTESTCD", "TRSTRESC", "TRSTAT", "TRDTC"]
TEXTS = ["USUBJID", "form", "record", "VISIT", *TR, "PRCAT", "PROCCUR", "PRLOC"]
REPORTED = ["USUBJID", "form", "record", "VISIT", "VISITNUM", "RSGRPID", "RSTESTCD", "RSSTRESC", "RSDTC"]

DISPOSITION = ["USUBJID", "form", "record", "DSSCAT", "DSDECOD", "DSSTDTC"]
CAUSES = ["USUBJID", "form", "record", "DDRESCAT"]


def iso(day: int | None) -> str | None:
    """Day 1 is randomization, day 0 the day before it: these tables count plainly."""
    return None if day is None else (START + pd.Timedelta(days=day - 1)).strftime("%Y-%m-%d")


@dataclass
class Scans:
    """The records of one participant, gathered scan by scan."""

    tr: list[dict[str, Any]] = field(default_factory=list)
    pr: list[dict[str, Any]] = field(default_factory=list)
    stops: list[list[Any]] = field(default_factory=list)
    deaths: list[list[Any]] = field(default_factory=list)
    number: int = 0
    visit: str = ""
    first_dose: str | None = "2016-08-12T09:30"  # day 3

    def never_dosed(self) -> Scans:
        self.first_dose = None
        return self

    def scan(
        self,
        day: int,
        *sizes: float | None,
        missed: bool = False,
        other: str | None = None,
        time: str = "",
        visit: str = "",
        regions: str = "",
    ) -> Scans:
        """Target lesions by size in mm (None: not assessed), perhaps one non-target lesion; `missed`: one
        region was not imaged; `regions`: those imaged, and with a minus those not imaged.
        """
        self.number += 1
        self.visit = visit or f"VISIT {self.number}"
        for n, size in enumerate(sizes, 1):
            self.add_lesion(f"T{n:02d}", "TARGET", "LDIAM", day, size, None, time)
        if other is not None:
            self.add_lesion("NT01", "NON-TARGET", "TUMSTATE", day, None, other)
        for done in ("Y", "N" if missed else "Y"):
            self.pr.append(self.identity("img") | {"PRCAT": "IMAGING", "PROCCUR": done})
        for region in regions.split():
            done = "N" if region.endswith("-") else "Y"
            image = {"PRCAT": "IMAGING", "PROCCUR": done, "PRLOC": region.removesuffix("-")}
            self.pr.append(self.identity("img") | image)
        return self

    def add_lesion(
        self,
        lesion: str,
        role: str,
        test: str,
        day: int,
        size: float | None,
        state: str | None,
        time: str = "",
    ) -> None:
        not_done = size is None and not state
        result = {
            "TRLNKID": lesion,
            "TRGRPID": role,
            "TRLNKGRP": f"A{self.number}",
            "TRTESTCD": test,
            "TRSTRESN": size,
            "TRSTRESC": state or (None if not_done else f"{size:g}"),
            "TRSTAT": "NOT DONE" if not_done else None,
            "TRDTC": None if not_done else f"{iso(day)}{time}",
        }
        self.tr.append(self.identity("tl") | result)

    def identity(self, form: str) -> dict[str, Any]:
        return {
            "USUBJID": SUBJECT,
            "form": form,
            "record": f"{self.number:02d}-{len(self.tr) + len(self.pr):02d}",
            "VISITNUM": float(self.number),
            "VISIT": self.visit,
        }

    def frames(self) -> dict[str, Any]:
        tr, pr = (
            f.astype({c: "str" for c in TEXTS if c in f} | {"VISITNUM": "float64"})
            for f in (pd.DataFrame(self.tr), pd.DataFrame(self.pr))
        )
        tu = tr.drop_duplicates("TRLNKID")[["USUBJID", "form", "record", "TRLNKID"]]
        organs = pd.Series([f"ORGAN {n}" for n in range(len(tu))], index=tu.index, dtype="str")
        nodes = pd.Series("N", index=tu.index, dtype="str")
        subject = {"USUBJID": [SUBJECT], "form": ["enrol"], "record": ["00"], "ANCH1DT": [START]}
        dose = pd.Series([self.first_dose], dtype="str")
        return {
            "subjects": pd.DataFrame(subject).astype({"ANCH1DT": "datetime64[s]"}),
            "exposure": pd.DataFrame({"USUBJID": [SUBJECT], "RFXSTDTC": dose}),
            "measured": tr.astype({"TRSTRESN": "float64"}),
            "identified": tu.rename(columns={"TRLNKID": "TULNKID"}).assign(TULOC=organs, TUNODE=nodes),
            "reported": pd.DataFrame(columns=REPORTED, dtype="str").astype({"VISITNUM": "float64"}),
            "images": pr,
            "disposition": self.ended(DISPOSITION, self.stops),
            "causes": self.ended(CAUSES, self.deaths),
        }

    def stopped(self, day: int, why: str, product: str = "STUDY TREATMENT - TRASTUZUMAB") -> Scans:
        self.stops.append([SUBJECT, "eot", "00", product, why, iso(day)])
        return self

    def died(self, category: str) -> Scans:
        self.deaths.append([SUBJECT, "death", "00", category])
        return self

    @staticmethod
    def ended(columns: list[str], rows: list[list[Any]]) -> pd.DataFrame:
        return pd.DataFrame(rows, columns=columns, dtype="str")


def derived(study: Study, frames: dict[str, Any]) -> pd.DataFrame:
    settings: dict[str, Any] = settings_of(tumour_assessments, study.protocol.parameters)
    given: dict[str, Any] = {
        "tumour_schedule": study.protocol.tumour_schedule,
        "evaluators": study.protocol.evaluators,
    }
    return tumour_assessments(visits=study.visits, **given | frames, **settings)


def assessed(study: Study, participant: Scans) -> pd.DataFrame:
    return derived(study, participant.frames()).set_index("ASMT")


BASELINES: dict[str, tuple[Scans, dict[str, int]]] = {
    # randomized on day 1, first dose on day 3 at 09:30 where nothing else is said
    "the last before the first dose; an earlier one is left out": (
        Scans().scan(-20, 40).scan(-3, 30).scan(43, 24),
        {"A2": 0, "A3": 1},
    ),
    "after randomization and before the first dose": (Scans().scan(2, 30).scan(43, 24), {"A1": 0, "A2": 1}),
    "the later one of two before the first dose, though it is after randomization": (
        Scans().scan(-5, 40).scan(2, 30).scan(43, 24),
        {"A2": 0, "A3": 1},
    ),
    "on the day of the first dose": (Scans().scan(3, 30).scan(43, 24), {"A1": 0, "A2": 1}),
    "on that day, a minute before the dose": (Scans().scan(3, 30, time="T09:29"), {"A1": 0}),
    "on that day, at the time of the dose: not before it": (Scans().scan(3, 30, time="T09:30"), {"A1": 1}),
    "on that day, a minute after the dose": (Scans().scan(3, 30, time="T09:31"), {"A1": 1}),
    "on the day after the first dose": (Scans().scan(4, 30).scan(43, 24), {"A1": 1, "A2": 2}),
    "with a time, of a dose without one": (
        Scans(first_dose="2016-08-12").scan(3, 30, time="T23:00"),
        {"A1": 0},
    ),
    "never dosed: on the day of randomization": (Scans().never_dosed().scan(1, 30), {"A1": 0}),
    "never dosed: 7 days after randomization": (Scans().never_dosed().scan(8, 30), {"A1": 0}),
    "never dosed: 8 days after randomization": (Scans().never_dosed().scan(9, 30), {"A1": 1}),
    "never dosed: the last of two within the 7 days": (
        Scans().never_dosed().scan(-5, 40).scan(6, 30),
        {"A2": 0},
    ),
    "dosed, on a day that is not known: on the day of randomization": (
        Scans(first_dose="2016-08").scan(1, 30),
        {"A1": 0},
    ),
    "dosed, on a day that is not known: on the day after randomization": (
        Scans(first_dose="2016-08").scan(2, 30),
        {"A1": 1},
    ),
}


@pytest.mark.parametrize(("participant", "numbers"), BASELINES.values(), ids=BASELINES)
def test_baseline_is_the_last_assessment_before_treatment(
    study: Study, participant: Scans, numbers: dict[str, int]
) -> None:
    assert assessed(study, participant)["assessment"].to_dict() == numbers


def test_response_is_compared_with_the_baseline_before_the_first_dose(study: Study) -> None:
    outcome = assessed(study, Scans().scan(-20, 40).scan(2, 30).scan(43, 24))
    assert outcome[["baseline", "sum", "response"]].to_numpy().tolist()[1] == [30, 24, "SD"]


def test_baseline_can_be_counted_from_randomization_whatever_was_given(study: Study) -> None:
    frames = Scans(first_dose="2016-08-20").scan(-5, 40).scan(2, 30).scan(9, 20).frames()
    settings: dict[str, Any] = settings_of(tumour_assessments, study.protocol.parameters)
    settings |= {"baseline_reference": "anchor", "baseline_days_after_anchor": 0}
    given: dict[str, Any] = {"tumour_schedule": (), "evaluators": study.protocol.evaluators}
    outcome = tumour_assessments(visits=study.visits, **given, **frames, **settings).set_index("ASMT")
    assert outcome["assessment"].to_dict() == {"A1": 0, "A2": 1, "A3": 2}


def test_without_a_scan_before_the_first_dose_there_is_no_baseline(study: Study) -> None:
    found = assessed(study, Scans().scan(43, 30).scan(85, 20))
    assert found["assessment"].to_dict() == {"A1": 1, "A2": 2}
    assert found["response"].tolist() == ["NE", "NE"]
    assert found["ADEQFL"].tolist() == ["N", "N"]  # every lesion was assessed, and nothing evaluated
    assert found["ABLFL"].isna().all()


ADEQUATE: dict[str, tuple[Scans, str]] = {
    "every region imaged, every lesion assessed": (Scans().scan(-5, 30, 20).scan(43, 28, 18), "Y"),
    "a region was not imaged": (Scans().scan(-5, 30, 20).scan(43, 28, 18, missed=True), "N"),
    "a target was not assessed": (Scans().scan(-5, 30, 20).scan(43, 28, None), "N"),
    "a target was not assessed and progression is certain all the same": (
        Scans().scan(-5, 30, 20).scan(43, 90, None),
        "N",
    ),
    "a non-target lesion was not assessed": (
        Scans().scan(-5, 30, other="PRESENT").scan(43, 28, other=""),
        "N",
    ),
}


@pytest.mark.parametrize(("participant", "expected"), ADEQUATE.values(), ids=ADEQUATE)
def test_an_assessment_is_adequate_where_nothing_was_left_out(
    study: Study, participant: Scans, expected: str
) -> None:
    found = assessed(study, participant)
    assert found["ADEQFL"].fillna("").tolist() == ["", expected]


WITHOUT_LESION = {
    # what the investigator reported on days -5 and 43, whether a region was missed on day 43: ADEQFL
    "no disease": (["NA", "NA"], False, ["", "Y"]),
    "complete response, as some write it": (["NA", "CR"], False, ["", "Y"]),
    "not evaluable": (["NA", "NE"], False, ["", "N"]),
    "a region was not imaged": (["NA", "NA"], True, ["", "N"]),
    "no assessment at baseline": ([None, "NA"], False, ["N"]),
}


@pytest.mark.parametrize(("answers", "missed", "expected"), WITHOUT_LESION.values(), ids=WITHOUT_LESION)
def test_without_a_lesion_at_baseline_an_assessment_is_adequate_where_all_was_seen(
    study: Study, answers: list[str | None], missed: bool, expected: list[str]
) -> None:
    frames = Scans().scan(-5, 30).scan(43, 30, missed=missed).frames()
    reported = [
        [SUBJECT, "resp", f"0{n}", f"VISIT {n}", float(n), f"A{n}", "OVRLRESP", answer, iso(day)]
        for n, (answer, day) in enumerate(zip(answers, (-5, 43), strict=True), 1)
        if answer
    ]
    frames["reported"] = pd.DataFrame(reported, columns=REPORTED).astype(frames["reported"].dtypes)
    frames |= {name: frames[name].head(0) for name in ("measured", "identified")}
    found = derived(study, frames)
    assert found["response"].isna().all()
    assert found["ADEQFL"].fillna("").tolist() == expected


BONE_SCANS = (  # of the non-target lesion, whose organ is ORGAN 1: at baseline and every 24 weeks
    TumourSchedule(visits=("WEEK 24", "WEEK 48"), organs=("ORGAN 1",)),
)
SELDOM: dict[str, tuple[Scans, list[str]]] = {
    # overall response, target and non-target lesions known to be there, adequate
    "not due and not assessed: its last known state stands": (
        Scans().scan(-5, 30, other="PRESENT").scan(43, 28, visit="WEEK 6"),
        ["SD", "NON-CR/NON-PD", "Y"],
    ),
    "not due, and a record says that it was not assessed": (
        Scans().scan(-5, 30, other="PRESENT").scan(43, 28, other="", visit="WEEK 6"),
        ["SD", "NON-CR/NON-PD", "Y"],
    ),
    "not due and assessed all the same": (
        Scans().scan(-5, 30, other="PRESENT").scan(43, 28, other="UNEQUIVOCAL PROGRESSION", visit="WEEK 6"),
        ["PD", "PD", "Y"],
    ),
    "due and not assessed": (
        Scans().scan(-5, 30, other="PRESENT").scan(169, 28, other="", visit="WEEK 24"),
        ["SD", "NE", "N"],
    ),
    "due and without a record": (
        Scans().scan(-5, 30, other="PRESENT").scan(169, 28, visit="WEEK 24"),
        ["SD", "NE", "N"],
    ),
    "the targets gone, the lesion there when last seen: no complete response": (
        Scans().scan(-5, 30, other="PRESENT").scan(43, 0, visit="WEEK 6"),
        ["PR", "NON-CR/NON-PD", "Y"],
    ),
    "the targets gone, the lesion gone when last seen": (
        Scans()
        .scan(-5, 30, other="PRESENT")
        .scan(169, 0, other="ABSENT", visit="WEEK 24")
        .scan(253, 0, visit="WEEK 36"),
        ["CR", "CR", "Y"],
    ),
    "at an unscheduled visit it is not due": (
        Scans().scan(-5, 30, other="PRESENT").scan(60, 28, visit="UNSCHEDULED 01"),
        ["SD", "NON-CR/NON-PD", "Y"],
    ),
    "non-target disease alone": (
        Scans().scan(-5, other="PRESENT").scan(43, other="", visit="WEEK 6"),
        ["NON-CR/NON-PD", "NON-CR/NON-PD", "Y"],
    ),
    "a target is always due": (
        Scans().scan(-5, 30, 20).scan(43, 28, None, visit="WEEK 6"),
        ["NE", "", "N"],
    ),
}


@pytest.mark.parametrize(("participant", "expected"), SELDOM.values(), ids=SELDOM)
def test_a_lesion_that_is_not_due_takes_nothing_away(
    study: Study, participant: Scans, expected: list[str]
) -> None:
    frames = participant.frames()
    if participant.tr[0]["TRGRPID"] == "NON-TARGET":  # the only lesion
        frames["identified"] = frames["identified"].replace({"TULOC": {"ORGAN 0": "ORGAN 1"}})
    outcome = derived(study, frames | {"tumour_schedule": BONE_SCANS})
    last = outcome[["response", "non_target", "ADEQFL"]].fillna("").to_numpy().tolist()[-1]
    assert last == expected


def test_progression_of_a_lesion_that_is_not_due_is_stated_once(study: Study) -> None:
    worse = (
        Scans().scan(-5, 30, other="PRESENT").scan(169, 28, other="UNEQUIVOCAL PROGRESSION", visit="WEEK 24")
    )
    outcome = derived(study, worse.scan(253, 28, visit="WEEK 36").frames() | {"tumour_schedule": BONE_SCANS})
    assert outcome["non_target"].tolist()[1:] == ["PD", "NON-CR/NON-PD"]
    assert outcome["n_non_target_assessed"].tolist() == [1, 1, 0]
    assert outcome["n_non_target_not_due"].tolist() == [0, 0, 1]


def test_a_lesion_can_be_due_by_the_method_with_which_it_is_seen(study: Study) -> None:
    frames = Scans().scan(-5, 30, other="PRESENT").scan(43, 28, visit="WEEK 6").frames()
    methods = pd.Series(["CT SCAN", "SCINTIGRAPHY"], index=frames["identified"].index, dtype="str")
    frames["identified"] = frames["identified"].assign(TUMETHOD=methods)
    schedule = (TumourSchedule(visits=("WEEK 24",), methods=("SCINTIGRAPHY",)),)
    assert derived(study, frames | {"tumour_schedule": schedule})["ADEQFL"].tolist()[1] == "Y"
    schedule = (TumourSchedule(visits=("WEEK 24",), methods=("CT SCAN",)),)
    assert derived(study, frames | {"tumour_schedule": schedule})["ADEQFL"].tolist()[1] == "N"


PELVIS_ONCE = (
    TumourSchedule(visits=("WEEK 6", "WEEK 12"), regions=("CHEST", "ABDOMEN")),
    TumourSchedule(visits=("WEEK 12",), regions=("PELVIS",)),
)
REGIONS = {
    "all regions due": ("WEEK 6", "CHEST ABDOMEN", "Y"),
    "one due was not imaged": ("WEEK 6", "CHEST ABDOMEN-", "N"),
    "one due has no record": ("WEEK 6", "CHEST", "N"),
    "one not due was not imaged": ("WEEK 6", "CHEST ABDOMEN PELVIS-", "Y"),
    "due at the next visit": ("WEEK 12", "CHEST ABDOMEN PELVIS-", "N"),
    "not imaged and then imaged again": ("WEEK 6", "CHEST ABDOMEN- ABDOMEN", "Y"),
    "at an unscheduled visit what is listed is due": ("UNSCHEDULED 01", "CHEST", "Y"),
    "and was not done": ("UNSCHEDULED 01", "CHEST-", "N"),
}


@pytest.mark.parametrize(("visit", "regions", "expected"), REGIONS.values(), ids=REGIONS)
def test_the_regions_due_at_a_visit_are_imaged(study: Study, visit: str, regions: str, expected: str) -> None:
    frames = Scans().scan(-5, 30).scan(43, 28, visit=visit, regions=regions).frames()
    outcome = derived(study, frames | {"tumour_schedule": PELVIS_ONCE})
    assert outcome["ADEQFL"].tolist()[1] == expected


@pytest.mark.parametrize(
    ("day", "visit"),
    [
        (35, None),
        (36, "WEEK 6"),
        (50, "WEEK 6"),
        (51, None),
        (78, "WEEK 12"),
        (92, "WEEK 12"),
        (93, None),
        (155, "WEEK 24"),
        (183, "WEEK 24"),
    ],
)
def test_an_assessment_lies_in_the_window_of_its_day(study: Study, day: int, visit: str | None) -> None:
    found = assessed(study, Scans().scan(-5, 30).scan(day, 28))
    assert found["AVISIT"].fillna("").tolist() == ["BASELINE", visit or ""]


def test_of_two_in_one_window_the_nearest_to_the_plan_is_flagged_and_of_equals_the_first(
    study: Study,
) -> None:
    found = assessed(study, Scans().scan(-5, 30).scan(80, 28).scan(86, 27).scan(167, 26).scan(171, 25))
    assert found["ANL01FL"].eq("Y").to_dict() == {
        "A1": True,
        "A2": False,
        "A3": True,
        "A4": True,
        "A5": False,
    }


# --- iRECIST: 30 mm at baseline; 40 mm is progression, 20 mm a partial response, 50 mm grew further
PROGRESSED = {
    # rule: (participant, assessment of the event, day of the progression, why)
    "confirmed, on the assessment that confirms": (
        Scans().scan(-5, 30).scan(43, 40).scan(85, 50).scan(169, 60),
        ("A3", 43, "CONFIRMED"),
    ),
    "confirmed at the next planned assessment, 84 days later": (
        Scans().scan(-5, 30).scan(43, 28).scan(85, 40).scan(169, 50),
        ("A4", 85, "CONFIRMED"),
    ),
    "confirmed on the last day of the window of the next planned assessment, week 24": (
        Scans().scan(-5, 30).scan(43, 28).scan(85, 40).scan(183, 50),
        ("A4", 85, "CONFIRMED"),
    ),
    "not confirmed a day later": (
        Scans().scan(-5, 30).scan(43, 28).scan(85, 40).scan(184, 50),
        ("A4", 85, "NOTHING MORE ASSESSED"),
    ),
    "week 12 is 28 days away, and so the next planned assessment": (
        Scans().scan(-5, 30).scan(57, 40).scan(169, 50),
        ("A3", 57, "NOTHING MORE ASSESSED"),
    ),
    "week 12 is 27 days away, and so week 24 the next": (
        Scans().scan(-5, 30).scan(58, 40).scan(169, 50),
        ("A3", 58, "CONFIRMED"),
    ),
    "taken back by a response": (Scans().scan(-5, 30).scan(43, 40).scan(85, 20), None),
    "taken back by stable disease": (Scans().scan(-5, 30).scan(43, 36).scan(85, 33), None),
    "taken back, though treatment was stopped for it": (
        Scans().scan(-5, 30).scan(43, 40).scan(85, 20).stopped(50, "PROGRESSIVE DISEASE"),
        None,
    ),
    "nothing more assessed": (
        Scans().scan(-5, 30).scan(43, 28).scan(85, 40),
        ("A3", 85, "NOTHING MORE ASSESSED"),
    ),
    "unconfirmed at every assessment to the last": (
        Scans().scan(-5, 30).scan(43, 40).scan(85, 41).scan(169, 42),
        ("A4", 43, "NOTHING MORE ASSESSED"),
    ),
    "an assessment that could not be evaluated takes nothing back, and is one": (
        Scans().scan(-5, 30).scan(43, 40).scan(85, None),
        None,
    ),
    "treatment stopped for progression": (
        Scans().scan(-5, 30).scan(43, 40).scan(85, None).stopped(50, "PROGRESSIVE DISEASE"),
        ("A2", 43, "TREATMENT STOPPED"),
    ),
    "on the day of the scan": (
        Scans().scan(-5, 30).scan(43, 40).scan(85, None).stopped(43, "PROGRESSIVE DISEASE"),
        ("A2", 43, "TREATMENT STOPPED"),
    ),
    "stopped before the scan": (
        Scans().scan(-5, 30).scan(43, 40).scan(85, None).stopped(42, "PROGRESSIVE DISEASE"),
        None,
    ),
    "stopped for another reason": (
        Scans().scan(-5, 30).scan(43, 40).scan(85, None).stopped(50, "ADVERSE EVENT"),
        None,
    ),
    "out of the study for progression, not off treatment": (
        Scans()
        .scan(-5, 30)
        .scan(43, 40)
        .scan(85, None)
        .stopped(50, "PROGRESSIVE DISEASE", "STUDY PARTICIPATION"),
        None,
    ),
    "the cancer killed": (
        Scans().scan(-5, 30).scan(43, 40).scan(85, None).died("DISEASE UNDER STUDY"),
        ("A2", 43, "DEATH FROM CANCER"),
    ),
    "something else did": (Scans().scan(-5, 30).scan(43, 40).scan(85, None).died("ADVERSE EVENT"), None),
    "the block that began after a response counts": (
        Scans().scan(-5, 30).scan(43, 40).scan(85, 20).scan(169, 40),
        ("A4", 169, "NOTHING MORE ASSESSED"),
    ),
}


@pytest.mark.parametrize(("participant", "expected"), PROGRESSED.values(), ids=PROGRESSED)
def test_a_progression_by_irecist_is_the_event(
    study: Study, participant: Scans, expected: tuple[str, int, str] | None
) -> None:
    adta = assessed(study, participant)
    assert adta["IPDFL"].eq("Y").eq(adta["ipd_why"].notna()).all()
    events = adta[adta["IPDFL"].eq("Y")]
    days = (events["ipd_date"] - START).dt.days + 1
    rows = list(zip(events.index, days, events["ipd_why"], strict=True))
    assert rows == ([] if expected is None else [expected])


def test_where_the_study_says_so_only_a_confirmed_progression_is_the_event(study: Study) -> None:
    frames = Scans().scan(-5, 30).scan(43, 28).scan(85, 40).frames()
    settings = settings_of(tumour_assessments, study.protocol.parameters) | {"unconfirmed_stands": []}
    given: dict[str, Any] = {"tumour_schedule": (), "evaluators": study.protocol.evaluators}
    adta = tumour_assessments(visits=study.visits, **given, **frames, **settings)
    assert adta["IPDFL"].isna().all()


def test_numbers_of_assessments_are_numbers_and_not_texts(study: Study) -> None:
    participant = Scans().scan(-5, 30)
    for n in range(1, 11):
        participant.scan(n * 42, 28)
    assert assessed(study, participant)["assessment"].to_dict() == {f"A{n}": n - 1 for n in range(1, 12)}


def test_a_reported_response_without_measurements_is_an_assessment_too(study: Study) -> None:
    frames = Scans().scan(-5, 30).frames()
    row = [SUBJECT, "resp", "02", "VISIT 2", 2.0, "A2", "OVRLRESP", "SD", iso(43)]
    frames["reported"] = pd.DataFrame([row], columns=REPORTED).astype({"VISITNUM": "float64"})
    found = derived(study, frames)[["ASMT", "assessment", "IVOVRL", "form", "record"]]
    assert found.to_numpy().tolist()[1] == ["A2", 1, "SD", "resp", "02"]


def test_a_participant_who_is_not_randomized_has_no_assessment(study: Study) -> None:
    frames = Scans().scan(-5, 30).frames()
    never = pd.Series([pd.NaT], dtype="datetime64[s]")
    frames["subjects"] = frames["subjects"].assign(ANCH1DT=never)
    assert derived(study, frames).empty


def test_a_parameter_that_the_study_lacks_is_named(study: Study) -> None:
    others = {n: p for n, p in study.protocol.parameters.items() if n != "pd_fraction"}
    lacking = r"specs/study.yaml: `parameters` lacks pd_fraction, which Recist asks for"
    with pytest.raises(SpecError, match=lacking):
        chosen(Recist, others)


# --- what RECIST asks of the lesions, as findings
def findings(
    study: Study,
    participant: Scans,
    organs: list[str] | None = None,
    change: dict[str, str] | None = None,
) -> list[tuple[str, str]]:
    frames = participant.frames()
    identified, tr = frames["identified"], frames["measured"].copy()
    if organs:
        identified = identified.assign(TULOC=pd.Series(organs, index=identified.index, dtype="str"))
        frames["identified"] = identified
    names = {"assessment": "ASMTN", "response": "OVRLRESP", "sum": "SUMDIAM"}
    adta = derived(study, frames).rename(columns=names)
    if change:
        of_lesion = tr["TRLNKID"].eq(change["lesion"]) & tr["TRLNKGRP"].eq("A2")
        tr.loc[of_lesion, "TRGRPID"] = change["role"]
    dosed = pd.to_datetime(pd.Series([(participant.first_dose or "")[:10] or None]), format="%Y-%m-%d")
    adta = adta.rename(columns={"first_date": "ASTDT", "last_date": "AENDT"})
    tables = {
        "ADSL": frames["subjects"].assign(TRTSDT=dosed.astype("datetime64[s]")),
        "ADTA": adta,
        "TR": tr,
        "TU": identified,
        "RS": frames["reported"],
    }
    found = baseline.check(study, tables) + response.check(study, tables)
    return [(f.rule, f.key.removeprefix("USUBJID=participant, ")) for f in found]


def test_five_targets_two_an_organ_are_allowed(study: Study) -> None:
    five = Scans().scan(-5, 30, 20, 20, 15, 15)
    assert findings(study, five, ["LIVER", "LIVER", "LUNG", "LUNG", "BREAST"]) == []


def test_a_sixth_target_is_reported_with_all_six(study: Study) -> None:
    six = Scans().scan(-5, 30, 20, 20, 15, 15, 12)
    reported = findings(study, six, ["LIVER", "LIVER", "LUNG", "LUNG", "BREAST", "SKIN"])
    assert reported == [("RECIST-TARGETS", f"TRLNKID=T{n:02d}, TRLNKGRP=A1") for n in range(1, 7)]


def test_a_third_target_of_an_organ_is_reported_with_those_of_the_organ(study: Study) -> None:
    reported = findings(study, Scans().scan(-5, 30, 20, 20, 15), ["LIVER", "LIVER", "LUNG", "LIVER"])
    assert reported == [("RECIST-TARGETS", f"TRLNKID={t}, TRLNKGRP=A1") for t in ("T01", "T02", "T04")]


def test_a_target_below_10_mm_at_baseline_is_reported(study: Study) -> None:
    assert findings(study, Scans().scan(-5, 10)) == []
    assert findings(study, Scans().scan(-5, 9.9)) == [("RECIST-MEASURABLE", "TRLNKID=T01, TRLNKGRP=A1")]


def test_a_target_that_baseline_does_not_have_is_reported(study: Study) -> None:
    assert findings(study, Scans().scan(-5, 30).scan(43, 28, 20)) == [
        ("RECIST-BASELINE", "TRLNKID=T02, TRLNKGRP=A2")
    ]


def test_a_lesion_under_two_roles_is_reported(study: Study) -> None:
    reported = findings(
        study, Scans().scan(-5, 30, 20).scan(43, 28, 18), change={"lesion": "T02", "role": "NON-TARGET"}
    )
    assert [t for t in reported if t[0] == "RECIST-ROLE"] == [
        ("RECIST-ROLE", f"TRLNKID=T02, TRLNKGRP={a}") for a in ("A1", "A2")
    ]


def test_a_node_measured_by_its_longest_diameter_is_reported(study: Study) -> None:
    participant = Scans().scan(-5, 30).scan(43, 28)
    participant.tr[1]["TRTESTCD"] = "LPERP"  # a lesion that is no node, at the second assessment
    assert findings(study, participant) == [("RECIST-AXIS", "TRLNKID=T01, TRLNKGRP=A2")]


# --- baseline, as findings
AGE: dict[str, tuple[Scans, list[tuple[str, str]]]] = {
    # first dose on day 3; days before day 1 are counted plainly in these tables: day 0 is the day before it
    "28 days before the first dose": (Scans().scan(-25, 30), []),
    "29 days before the first dose": (Scans().scan(-26, 30), [("RECIST-BASELINE-OLD", "ASMTN=0")]),
    "never dosed: 28 days before randomization": (Scans().never_dosed().scan(-27, 30), []),
    "never dosed: 29 days before randomization": (
        Scans().never_dosed().scan(-28, 30),
        [("RECIST-BASELINE-OLD", "ASMTN=0")],
    ),
    "never dosed: 7 days after randomization": (Scans().never_dosed().scan(8, 30), []),
}


@pytest.mark.parametrize(("participant", "expected"), AGE.values(), ids=AGE)
def test_a_baseline_more_than_28_days_before_treatment_is_reported_and_used(
    study: Study, participant: Scans, expected: list[tuple[str, str]]
) -> None:
    assert findings(study, participant) == expected
    assert assessed(study, participant)["ABLFL"].tolist() == ["Y"]


def test_a_baseline_with_a_scan_after_the_first_dose_is_reported(study: Study) -> None:
    participant = Scans().scan(2, 30)
    participant.add_lesion("T02", "TARGET", "LDIAM", 4, 20, None)
    assert findings(study, participant) == [("RECIST-BASELINE-LATE", "ASMTN=0")]


def test_a_participant_without_a_baseline_is_reported_once_and_nothing_that_follows_from_it(
    study: Study,
) -> None:
    late = Scans().scan(4, 30, 20).scan(43, 28, 18)
    frames = late.frames()
    row = [SUBJECT, "resp", "02", "VISIT 2", 2.0, "A2"]
    reported = [[*row, "TRGRESP", "SD", iso(43)], [*row, "OVRLRESP", "SD", iso(43)]]
    frames["reported"] = pd.DataFrame(reported, columns=REPORTED).astype({"VISITNUM": "float64"})
    assert derived(study, frames)["DISAGREE"].isna().all()
    assert findings(study, late) == [("RECIST-NO-BASELINE", f"USUBJID={SUBJECT}")]


def test_a_randomized_participant_without_any_assessment_has_no_baseline(study: Study) -> None:
    nobody = Scans().scan(-5, 30).frames()
    adta = derived(study, nobody).rename(columns={"first_date": "ASTDT", "last_date": "AENDT"}).iloc[:0]
    adsl = nobody["subjects"].assign(TRTSDT=pd.Series([pd.NaT], dtype="datetime64[s]"))
    without = baseline.check(study, {"ADSL": adsl, "ADTA": adta})
    assert [(f.rule, f.key) for f in without] == [("RECIST-NO-BASELINE", f"USUBJID={SUBJECT}")]
    assert "by 7 days after the date from which scans are planned" in without[0].message
    screened = adsl.assign(ANCH1DT=pd.Series([pd.NaT], dtype="datetime64[s]"))
    assert baseline.check(study, {"ADSL": screened, "ADTA": adta}) == []


def without_baseline(*values: str) -> list[Finding]:
    return [
        Finding("RECIST-NO-BASELINE", "warning", "ADTA", "ABLFL", f"USUBJID={i}", value, "", "")
        for i, value in enumerate(values)
    ]


def test_a_study_in_which_nobody_has_a_baseline_is_told_once(study: Study) -> None:
    two = without_baseline("", "")
    other = Finding("RECIST-ROLE", "warning", "TR", "TRGRPID", "", "", "", "")
    profile = Profile(findings=frozenset([*two, other]))
    (nobody,) = baseline.by_cause(study, profile) - {other}
    assert (nobody.key, nobody.value) == ("", "2 participants")
    somebody = replace(profile, columns={("ADTA", "ABLFL"): Column(filled=1)})
    assert baseline.by_cause(study, somebody) == {*two, other}


LATE = {
    # rule: (participants with an anchor, values of their findings, what is told once)
    "more than one in ten": (
        19,
        ("3 days later", "1 days later", ""),
        "2 of 19 participants have no scan before the first dose; their first is 1 to 3 days later",
    ),
    "all of them on one day": (
        2,
        ("9 days later", "9 days later"),
        "2 of 2 participants have no scan before the first dose; their first is 9 days later",
    ),
    "one in ten is each a query": (20, ("3 days later", "1 days later"), None),
    "a single one too": (2, ("3 days later",), None),
}


@pytest.mark.parametrize(("participants", "values", "told"), LATE.values(), ids=LATE)
def test_scans_that_come_too_late_in_many_participants_are_told_with_their_cause(
    study: Study, participants: int, values: tuple[str, ...], told: str | None
) -> None:
    each = without_baseline(*values)
    columns = {("ADSL", "ANCH1DT"): Column(filled=participants), ("ADTA", "ABLFL"): Column(filled=1)}
    outcome = baseline.by_cause(study, Profile(findings=frozenset(each), columns=columns))
    late = {f for f in each if f.value}
    if told is None:
        assert outcome == set(each)
        return
    (once,) = outcome - set(each)
    assert outcome - {once} == set(each) - late
    assert once.message.startswith(told)
    assert "correct `baseline_reference` or `baseline_days_after_anchor`" in once.message


def _checked(study: Study, without: str = "") -> set[str]:
    """The rules about response that find something in a participant with a late baseline and a disagreement,
    where the datasets lack a variable.
    """
    participant = Scans().scan(-5, 30).scan(43, 40)
    frames = participant.frames()
    row = [SUBJECT, "resp", "02", "VISIT 2", 2.0, "A2"]
    answers = [[*row, "TRGRESP", "SD", iso(43)], [*row, "OVRLRESP", "PD", iso(43)]]
    frames["reported"] = pd.DataFrame(answers, columns=REPORTED).astype({"VISITNUM": "float64"})
    names = {"assessment": "ASMTN", "response": "OVRLRESP", "sum": "SUMDIAM"}
    names |= {"first_date": "ASTDT", "last_date": "AENDT"}
    adta = derived(study, frames).rename(columns=names)
    dosed = pd.Series([pd.Timestamp("2000-01-01")], dtype="datetime64[s]")
    tables = {
        "ADSL": frames["subjects"].assign(TRTSDT=dosed),
        "ADTA": adta.iloc[1:],  # so that there is no baseline
        "TR": frames["measured"],
        "TU": frames["identified"],
        "RS": frames["reported"],
    }
    if without:
        dataset, _, variable = without.partition(".")
        assert variable in tables[dataset], without
        tables[dataset] = tables[dataset].drop(columns=variable)
    return {f.rule for f in baseline.check(study, tables) + response.check(study, tables)}


def test_a_study_without_randomization_counts_baseline_from_the_first_dose(study: Study) -> None:
    assert "RECIST-NO-BASELINE" in _checked(study)
    assert "RECIST-NO-BASELINE" in _checked(study, "ADSL.ANCH1DT")


@pytest.mark.parametrize(
    "variable",
    [
        *("ADSL.TRTSDT", "ADTA.ABLFL", "ADTA.ASTDT", "ADTA.AENDT", "ADTA.EVALCD", "ADTA.ASMT", "ADTA.ASMTN"),
        *("ADTA.IVOVRL", "ADTA.IVSUM", "ADTA.DISAGREE", "ADTA.SUMDIAM", "RS.RSTESTCD", "RS.RSGRPID"),
        *("TR.TRGRPID", "TR.TRLNKID", "TR.TRTESTCD", "TR.TRSTAT", "TU.TULNKID", "TU.TULOC"),
    ],
)
def test_a_check_of_response_is_silent_where_a_study_lacks_what_it_asks_about(
    study: Study, variable: str
) -> None:
    assert _checked(study, variable) < _checked(study) | {"never found"}
