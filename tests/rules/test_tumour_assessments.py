"""ADTA: which assessment is baseline, which is adequate, in which window it lies, which progression stands by
iRECIST.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pytest

from pipeline.checks.datasets import response
from pipeline.derivations.adam.assessments import tumour_assessments
from pipeline.errors import SpecError
from pipeline.study import Study

START = pd.Timestamp("2016-08-10")  # randomization, day 1
SUBJECT = "she"


def iso(day: int | None) -> str | None:
    """Day 1 is randomization, day 0 the day before it: these tables count plainly."""
    return None if day is None else (START + pd.Timedelta(days=day - 1)).strftime("%Y-%m-%d")


@dataclass
class Told:
    """The records of one participant, gathered scan by scan."""

    tr: list[dict[str, Any]] = field(default_factory=list)
    rs: list[dict[str, Any]] = field(default_factory=list)
    pr: list[dict[str, Any]] = field(default_factory=list)
    number: int = 0

    def scan(self, day: int, *sizes: float | None, missed: bool = False, other: str | None = None) -> Told:
        """Target lesions by size in mm (None: not assessed), perhaps one non-target lesion; `missed`: one
        region was not imaged.
        """
        self.number += 1
        for n, size in enumerate(sizes, 1):
            self.row(f"T{n:02d}", "TARGET", "LDIAM", day, size, None)
        if other is not None:
            self.row("NT01", "NON-TARGET", "TUMSTATE", day, None, other)
        self.pr += [
            self.identity("img") | {"PRCAT": "IMAGING", "PROCCUR": done}
            for done in ("Y", "N" if missed else "Y")
        ]
        return self

    def row(self, lesion: str, role: str, test: str, day: int, size: float | None, state: str | None) -> None:
        missing = size is None and not state
        self.tr.append(
            self.identity("tl")
            | {
                "TRLNKID": lesion,
                "TRGRPID": role,
                "TRLNKGRP": f"A{self.number}",
                "TRTESTCD": test,
                "TRSTRESN": size,
            }
            | {
                "TRSTRESC": state or (None if missing else f"{size:g}"),
                "TRSTAT": "NOT DONE" if missing else None,
            }
            | {"TRDTC": None if missing else iso(day)}
        )

    def identity(self, form: str) -> dict[str, Any]:
        record = f"{self.number:02d}-{len(self.tr) + len(self.pr):02d}"
        return {
            "USUBJID": SUBJECT,
            "form": form,
            "record": record,
            "VISITNUM": float(self.number),
            "VISIT": f"VISIT {self.number}",
        }

    def frames(self) -> dict[str, pd.DataFrame]:
        texts = (
            "USUBJID form record VISIT TRLNKID TRGRPID TRLNKGRP TRTESTCD TRSTRESC TRSTAT TRDTC PRCAT PROCCUR"
        )
        tr, pr = pd.DataFrame(self.tr), pd.DataFrame(self.pr)
        rs = pd.DataFrame(
            columns=[
                "USUBJID",
                "form",
                "record",
                "VISIT",
                "VISITNUM",
                "RSLNKGRP",
                "RSTESTCD",
                "RSSTRESC",
                "RSDTC",
            ],
            dtype="str",
        )
        tr, pr = (
            f.astype({c: "str" for c in texts.split() if c in f} | {"VISITNUM": "float64"}) for f in (tr, pr)
        )
        tu = tr.drop_duplicates("TRLNKID")[["USUBJID", "form", "record", "TRLNKID"]].rename(
            columns={"TRLNKID": "TULNKID"}
        )
        organs = [f"ORGAN {n}" for n in range(len(tu))]
        subjects = pd.DataFrame(
            {"USUBJID": [SUBJECT], "form": ["enrol"], "record": ["00"], "RANDDT": [START]}
        )
        return {
            "subjects": subjects.astype({"RANDDT": "datetime64[s]"}),
            "measured": tr.astype({"TRSTRESN": "float64"}),
            "identified": tu.assign(
                TULOC=pd.Series(organs, index=tu.index, dtype="str"),
                TUNODE=pd.Series("N", index=tu.index, dtype="str"),
            ),
            "reported": rs.astype({"VISITNUM": "float64"}),
            "images": pr,
        }


def assessed(study: Study, she: Told) -> pd.DataFrame:
    return tumour_assessments(
        **she.frames(), parameters=study.protocol.parameters, visits=study.visits
    ).set_index("ASMT")


def test_baseline_is_the_last_assessment_on_or_before_randomization_and_an_earlier_one_is_left_out(
    study: Study,
) -> None:
    found = assessed(study, Told().scan(-20, 40).scan(1, 30).scan(43, 24))
    assert found["assessment"].to_dict() == {"A2": 0, "A3": 1}
    assert found[["baseline", "sum", "response"]].to_numpy().tolist()[1] == [30, 24, "SD"]


def test_without_a_scan_by_randomization_there_is_no_baseline(study: Study) -> None:
    found = assessed(study, Told().scan(43, 30).scan(85, 20))
    assert found["assessment"].to_dict() == {"A1": 1, "A2": 2}
    assert found["response"].tolist() == ["NE", "NE"]
    assert found["ABLFL"].isna().all()


ADEQUATE: dict[str, tuple[Told, str]] = {
    "every region imaged, every lesion assessed": (Told().scan(-5, 30, 20).scan(43, 28, 18), "Y"),
    "a region was not imaged": (Told().scan(-5, 30, 20).scan(43, 28, 18, missed=True), "N"),
    "a target was not assessed": (Told().scan(-5, 30, 20).scan(43, 28, None), "N"),
    "a target was not assessed and progression is certain all the same": (
        Told().scan(-5, 30, 20).scan(43, 90, None),
        "N",
    ),
    "a non-target lesion was not assessed": (
        Told().scan(-5, 30, other="PRESENT").scan(43, 28, other=""),
        "N",
    ),
}


@pytest.mark.parametrize(("she", "expected"), ADEQUATE.values(), ids=ADEQUATE)
def test_an_assessment_is_adequate_where_nothing_was_left_out(study: Study, she: Told, expected: str) -> None:
    found = assessed(study, she)
    assert found["ADEQFL"].fillna("").tolist() == ["", expected]


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
    found = assessed(study, Told().scan(-5, 30).scan(day, 28))
    assert found["AVISIT"].fillna("").tolist() == ["BASELINE", visit or ""]


def test_of_two_in_one_window_the_nearest_to_the_plan_is_flagged_and_of_equals_the_first(
    study: Study,
) -> None:
    found = assessed(study, Told().scan(-5, 30).scan(80, 28).scan(86, 27).scan(167, 26).scan(171, 25))
    assert found["ANL01FL"].eq("Y").to_dict() == {
        "A1": True,
        "A2": False,
        "A3": True,
        "A4": True,
        "A5": False,
    }


def test_a_progression_by_irecist_stands_unless_a_later_response_takes_it_back(study: Study) -> None:
    taken_back = assessed(study, Told().scan(-5, 30).scan(43, 40).scan(85, 20))
    assert taken_back["IPDFL"].isna().all()
    unconfirmed = assessed(study, Told().scan(-5, 30).scan(43, 28).scan(85, 40))
    assert unconfirmed["IPDFL"].eq("Y").to_dict() == {"A1": False, "A2": False, "A3": True}
    confirmed = assessed(study, Told().scan(-5, 30).scan(43, 40).scan(85, 50))
    assert confirmed[["iresponse", "IPDFL"]].to_numpy().tolist()[2] == ["iCPD", "Y"]
    assert confirmed.loc["A3", "ipd_date"] == START + pd.Timedelta(days=42), (
        "dated to the first progression of the two"
    )


def test_a_parameter_that_the_study_lacks_is_named(study: Study) -> None:
    held = {n: p for n, p in study.protocol.parameters.items() if n != "pd_fraction"}
    with pytest.raises(
        SpecError, match=r"specs/study.yaml: `parameters` lacks pd_fraction, which Recist asks for"
    ):
        tumour_assessments(**Told().scan(-5, 30).frames(), parameters=held, visits=study.visits)


# --- what RECIST asks of the lesions, as findings
def found(
    study: Study, she: Told, organs: list[str] | None = None, change: dict[str, str] | None = None
) -> list[tuple[str, str]]:
    given = she.frames()
    if organs:
        given["identified"] = given["identified"].assign(
            TULOC=pd.Series(organs, index=given["identified"].index, dtype="str")
        )
    adta = tumour_assessments(**given, parameters=study.protocol.parameters, visits=study.visits)
    adta = adta.rename(
        columns={"assessment": "ASMTN", "response": "OVRLRESP", "sum": "SUMDIAM", "DISAGREE": "DISAGREE"}
    )
    tr = given["measured"].copy()
    if change:
        tr.loc[tr["TRLNKID"].eq(change["lesion"]) & tr["TRLNKGRP"].eq("A2"), "TRGRPID"] = change["role"]
    frames = {"ADTA": adta, "TR": tr, "TU": given["identified"], "RS": given["reported"]}
    return [(f.rule, f.key.removeprefix("USUBJID=she, ")) for f in response.check(study, frames)]


def test_five_targets_two_an_organ_are_allowed(study: Study) -> None:
    five = Told().scan(-5, 30, 20, 20, 15, 15)
    assert found(study, five, ["LIVER", "LIVER", "LUNG", "LUNG", "BREAST"]) == []


def test_a_sixth_target_is_reported_with_all_six(study: Study) -> None:
    six = Told().scan(-5, 30, 20, 20, 15, 15, 12)
    told = found(study, six, ["LIVER", "LIVER", "LUNG", "LUNG", "BREAST", "SKIN"])
    assert told == [("RECIST-TARGETS", f"TRLNKID=T{n:02d}, TRLNKGRP=A1") for n in range(1, 7)]


def test_a_third_target_of_an_organ_is_reported_with_those_of_the_organ(study: Study) -> None:
    told = found(study, Told().scan(-5, 30, 20, 20, 15), ["LIVER", "LIVER", "LUNG", "LIVER"])
    assert told == [("RECIST-TARGETS", f"TRLNKID={t}, TRLNKGRP=A1") for t in ("T01", "T02", "T04")]


def test_a_target_below_10_mm_at_baseline_is_reported(study: Study) -> None:
    assert found(study, Told().scan(-5, 10)) == []
    assert found(study, Told().scan(-5, 9.9)) == [("RECIST-MEASURABLE", "TRLNKID=T01, TRLNKGRP=A1")]


def test_a_target_that_baseline_does_not_have_is_reported(study: Study) -> None:
    assert found(study, Told().scan(-5, 30).scan(43, 28, 20)) == [
        ("RECIST-BASELINE", "TRLNKID=T02, TRLNKGRP=A2")
    ]


def test_a_lesion_under_two_roles_is_reported(study: Study) -> None:
    told = found(
        study, Told().scan(-5, 30, 20).scan(43, 28, 18), change={"lesion": "T02", "role": "NON-TARGET"}
    )
    assert [t for t in told if t[0] == "RECIST-ROLE"] == [
        ("RECIST-ROLE", f"TRLNKID=T02, TRLNKGRP={a}") for a in ("A1", "A2")
    ]
