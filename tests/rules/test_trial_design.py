"""The datasets that describe the trial: every value is of specs/study.yaml, at the line that the record
names, or counted in the data.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from pipeline import sources
from pipeline import stages as run
from pipeline.derivations.sdtm import trial_design
from pipeline.errors import SpecError
from pipeline.profile import Profile, profile_of
from pipeline.study import Study, load
from pipeline.study.design import Fact
from pipeline.study.models import Variable, Visit
from tests.conftest import ROOT

# The parameters that FDA rule FB1102 asks of every study, typed from the technical conformance guide.
ASKED = [
    "ACTSUB",
    "ADAPT",
    "ADDON",
    "AGEMAX",
    "AGEMIN",
    "COMPTRT",
    "DCUTDESC",
    "DCUTDTC",
    "EXTTIND",
    "FCNTRY",
    "HLTSUBJI",
    "LENGTH",
    "NARMS",
    "NCOHORT",
    "OBJPRIM",
    "OBJSEC",
    "ONGOSIND",
    "OUTMSPRI",
    "PDPSTIND",
    "PDSTIND",
    "PIPIND",
    "PLANSUB",
    "RDIND",
    "REGID",
    "SENDTC",
    "SEXPOP",
    "SPONSOR",
    "SDTMVER",
    "SDTIGVER",
    "STOPRULE",
    "SSTDTC",
    "STYPE",
    "TBLIND",
    "TCNTRL",
    "THERAREA",
    "TITLE",
    "TPHASE",
    "TTYPE",
    "INDIC",
    "RANDQT",
]
MAY_REPEAT = {"FCNTRY", "OBJPRIM", "OBJSEC", "OUTMSPRI", "OUTMSSEC", "RANDQT", "REGID", "TITLE", "TTYPE"}
SEEN = Profile(randomized=30, first_consent="2016-07-01")


@pytest.fixture(scope="module")
def made(study: Study) -> dict[str, pd.DataFrame]:
    return trial_design.frames(study, SEEN)


def rows(frame: pd.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    """The records of some columns, a missing value as None."""
    return [
        tuple(None if pd.isna(v) else v for v in row) for row in frame[list(columns)].itertuples(index=False)
    ]


def test_each_arm_has_its_elements_in_order_with_their_epochs(made: dict[str, pd.DataFrame]) -> None:
    assert rows(made["TA"], "ARMCD", "TAETORD", "ETCD", "EPOCH", "TABRANCH") == [
        ("NKT", 1, "SCRN", "SCREENING", "Randomized to trastuzumab and NK immunotherapy"),
        ("NKT", 2, "NKTRAS", "TREATMENT", None),
        ("NKT", 3, "FUP", "FOLLOW-UP", None),
        ("T", 1, "SCRN", "SCREENING", "Randomized to trastuzumab"),
        ("T", 2, "TRAS", "TREATMENT", None),
        ("T", 3, "FUP", "FOLLOW-UP", None),
    ]


def test_an_element_has_one_name_and_one_set_of_rules(made: dict[str, pd.DataFrame]) -> None:
    assert rows(made["TE"], "ETCD", "ELEMENT", "TEDUR") == [
        ("FUP", "Follow-up", None),
        ("NKTRAS", "Trastuzumab and NK cells", "P168D"),
        ("SCRN", "Screening", "P28D"),
        ("TRAS", "Trastuzumab", "P168D"),
    ]
    assert not made["TE"].duplicated(["TESTRL", "TEENRL", "TEDUR"]).any()


def test_scans_of_one_interval_and_window_are_one_record_counted_from_randomization(
    made: dict[str, pd.DataFrame],
) -> None:
    columns = ("TDORDER", "TDANCVAR", "TDSTOFF", "TDTGTPAI", "TDMINPAI", "TDMAXPAI", "TDNUMRPT")
    assert rows(made["TD"], *columns) == [
        (1, "ANCH1DT", "P0D", "P6W", "P5W", "P7W", 2),  # weeks 6, 12
        (2, "ANCH1DT", "P12W", "P12W", "P10W", "P14W", 3),  # weeks 24, 36, 48
        (3, "ANCH1DT", "P48W", "P24W", "P22W", "P26W", 4),  # weeks 72, 96, 120, 144
    ]


@pytest.mark.parametrize(
    ("visit", "rule"),
    [
        (
            Visit(name="a", number=1, day=-28, after=27),
            "From day -28 to day -1, where day 1 is the day of randomization",
        ),
        (
            Visit(name="a", number=1, day=-28, after=28),
            "From day -28 to day 1, where day 1 is the day of randomization",
        ),
        (
            Visit(name="a", number=1, day=2, before=2, anchor="first dose"),
            "From day -1 to day 2, where day 1 is the day of the first dose",
        ),
        (
            Visit(name="a", number=1, day=1, before=3, after=3, anchor="first dose"),
            "The day of the first dose",
        ),
        (
            Visit(name="a", number=1, day=1, after=5),
            "From day 1 to day 6, where day 1 is the day of randomization",
        ),
        (Visit(name="a", number=1, day=1), "The day of randomization"),
        (Visit(name="a", number=1, early=True), "The end of treatment"),
        (Visit(name="a", number=1, early=True, starts="Day 30 after the end"), "Day 30 after the end"),
        (Visit(name="a", number=1, starts="The day of surgery"), "The day of surgery"),
    ],
    ids=["before day 1", "up to day 1", "over the day 0 that is not", "the anchor itself", "from day 1 on",
         "day 1 alone", "early, without a day", "early, in words", "without a day, in words"],
)  # fmt: skip
def test_the_window_of_a_visit_has_no_day_0(study: Study, visit: Visit, rule: str) -> None:
    alone = replace(study, protocol=study.protocol.model_copy(update={"visits": (visit,)}))
    assert set(trial_design.frames(alone, SEEN)["TV"]["TVSTRL"]) == {rule}


def test_a_visit_is_listed_for_each_arm_that_has_it(made: dict[str, pd.DataFrame]) -> None:
    tv = made["TV"]
    assert rows(
        tv[tv["VISIT"].isin(["NK 2", "CYCLE 2 DAY 1", "SURVIVAL FOLLOW-UP 13"])],
        "ARMCD",
        "VISITNUM",
        "VISIT",
        "VISITDY",
    ) == [
        ("NKT", 3, "NK 2", 8),
        ("NKT", 4, "CYCLE 2 DAY 1", 22),
        ("NKT", 513, "SURVIVAL FOLLOW-UP 13", None),
        ("T", 4, "CYCLE 2 DAY 1", 22),
        ("T", 513, "SURVIVAL FOLLOW-UP 13", None),
    ]
    assert not tv["VISIT"].str.startswith("UNSCHEDULED").any()


def test_each_criterion_of_the_eligibility_form_is_in_ti(study: Study, made: dict[str, pd.DataFrame]) -> None:
    assert sorted(study.forms["elig"].fields["CRITERION"].codes) == list(made["TI"]["IETESTCD"])
    assert rows(made["TI"].head(1), "IETESTCD", "IETEST", "IECAT", "TIVERS") == [
        ("EXCL01", "Patients with cardiac pacemaker", "EXCLUSION", "1")
    ]


def test_the_summary_has_every_parameter_that_is_asked_of_all_studies(made: dict[str, pd.DataFrame]) -> None:
    assert len(ASKED) == 40
    assert set(ASKED) <= set(made["TS"]["TSPARMCD"])
    assert {"INTMODEL", "INTTYPE", "PCLAS"} <= set(made["TS"]["TSPARMCD"])  # asked of an interventional study


def test_only_some_parameters_may_repeat(made: dict[str, pd.DataFrame]) -> None:
    ts = made["TS"]
    assert set(ts.loc[ts["TSPARMCD"].duplicated(), "TSPARMCD"]) <= MAY_REPEAT
    assert rows(ts[ts["TSPARMCD"].eq("OBJSEC")], "TSSEQ", "TSVAL") == [
        (1, "To evaluate progression-free survival"),
        (2, "To evaluate overall survival"),
    ]


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        ("AGEMAX", ("P70Y", None, None, "ISO 8601", None)),
        ("CRMDUR", (None, "NA", None, None, None)),
        ("FCNTRY", ("CHN", None, None, "ISO 3166-1 alpha-3", None)),
        ("PLANSUB", (None, "UNK", None, None, None)),
        ("ONGOSIND", ("N", None, "C49487", "CDISC CT", "2022-09-30")),
        ("COMPTRT", ("TRASTUZUMAB", None, "P188ANX8CK", "UNII", None)),
        ("INDIC", ("RECURRENT BREAST CANCER", None, None, None, None)),
        ("PCLAS", ("CELLULAR IMMUNOTHERAPY", None, None, None, None)),
        ("TDIGRP", ("HER2-POSITIVE CARCINOMA OF BREAST", None, "427685000", "SNOMED", "2019-07-31")),
        ("TRT", ("NK CELLS", None, None, None, None)),
        ("REGID", ("NCT02843126", None, "NCT02843126", "ClinicalTrials.gov", None)),
        ("SEXPOP", ("F", None, "C16576", "CDISC CT", "2022-09-30")),
        ("TBLIND", ("OPEN LABEL", None, "C49659", "CDISC CT", "2022-09-30")),
        ("TPHASE", ("PHASE I/II TRIAL", None, "C15693", "CDISC CT", "2022-09-30")),
        ("SPONSOR", ("Fuda Cancer Hospital", None, None, None, None)),
    ],
)
def test_a_value_of_terminology_has_its_code_and_version_and_a_missing_one_says_why(
    made: dict[str, pd.DataFrame], parameter: str, expected: tuple[str | None, ...]
) -> None:
    ts = made["TS"]
    assert rows(ts[ts["TSPARMCD"].eq(parameter)], "TSVAL", "TSVALNF", "TSVALCD", "TSVCDREF", "TSVCDVER") == [
        expected
    ]


@pytest.mark.parametrize("parameter", ["TRT", "COMPTRT", "INDIC", "TDIGRP", "PCLAS", "SPONSOR"])
def test_a_value_of_another_terminology_without_code_and_without_reason_is_a_warning(
    study: Study, parameter: str
) -> None:
    facts = [
        fact.model_copy(update={"code": None, "uncoded": None}) if fact.parameter == parameter else fact
        for fact in study.protocol.summary
    ]
    planted = replace(study, protocol=study.protocol.model_copy(update={"summary": tuple(facts)}))
    assert [(f.rule, f.severity, f.key) for f in trial_design.without_codes(planted)] == [
        ("SUMMARY-CODE", "warning", f"TSPARMCD={parameter}")
    ]
    assert trial_design.without_codes(study) == []


def test_the_two_parameters_of_the_cut_off_are_one_group(made: dict[str, pd.DataFrame]) -> None:
    ts = made["TS"]
    assert rows(ts[ts["TSGRPID"].notna()], "TSPARMCD", "TSGRPID") == [
        ("DCUTDESC", "CUT-OFF"),
        ("DCUTDTC", "CUT-OFF"),
    ]


def test_each_record_names_the_line_of_the_study_file_that_says_it(made: dict[str, pd.DataFrame]) -> None:
    lines = (ROOT / "specs" / "study.yaml").read_text(encoding="utf-8").splitlines()
    for name, column in (("TA", "ETCD"), ("TE", "ETCD"), ("TI", "IETESTCD"), ("TS", "TSPARMCD")):
        for record, value in rows(made[name], "record", column):
            assert str(value) in lines[int(str(record).removeprefix("line ")) - 1], f"{name} {value}"


# --- what the data tell
def test_the_summary_of_the_sample_agrees_with_its_participants(study: Study, sample: sources.Drop) -> None:
    frames, counted, found = run.one_block(study, sample.forms)
    seen = profile_of(run.publishable(study), frames, counted, found)
    assert (seen.randomized, seen.first_consent) == (30, "2016-07-01")
    assert trial_design.differences(study, seen) == []


def test_the_first_consent_is_the_earliest_of_all_blocks_and_screen_failures_do_not_count() -> None:
    a, b = (
        Profile(randomized=2, first_consent="2016-08-01"),
        Profile(randomized=1, first_consent="2016-07-02"),
    )
    assert (a.merge(b).randomized, a.merge(b).first_consent) == (3, "2016-07-02")
    assert a.merge(Profile()).first_consent == "2016-08-01"


def test_a_summary_that_the_data_contradict_has_the_value_of_the_data_and_a_warning(study: Study) -> None:
    other = Profile(randomized=29, first_consent="2016-07-04")
    ts = trial_design.frames(study, other)["TS"]
    assert rows(ts[ts["TSPARMCD"].isin(["ACTSUB", "SSTDTC"])], "TSVAL") == [("29",), ("2016-07-04",)]
    assert [(f.rule, f.severity, f.key) for f in trial_design.differences(study, other)] == [
        ("SUMMARY-DATA", "warning", "TSPARMCD=ACTSUB"),
        ("SUMMARY-DATA", "warning", "TSPARMCD=SSTDTC"),
    ]


# --- long text and wrong names
def long_objective(study: Study, more: dict[str, Variable]) -> Study:
    fact = Fact(parameter="OBJPRIM", value="objective " * 30 + "end", source="planted")
    spec = study.datasets["TS"]
    wider = spec.model_copy(update={"variables": {**spec.variables, **more}})
    protocol = study.protocol.model_copy(update={"summary": (fact,)})
    return replace(study, protocol=protocol, datasets={**study.datasets, "TS": wider})


def test_a_value_over_200_bytes_is_continued_in_tsval1(study: Study) -> None:
    ts = trial_design.frames(
        long_objective(study, {"TSVAL1": Variable(label="Parameter Value 1", type="text")}), SEEN
    )["TS"]
    assert rows(ts, "TSVAL", "TSVAL1") == [("objective " * 19 + "objective", "objective " * 10 + "end")]


def test_a_value_that_the_spec_has_no_room_for_is_refused_with_its_place(study: Study) -> None:
    with pytest.raises(SpecError, match=r"study\.yaml:\d+:\d+: the value needs 2 variables of 200 bytes"):
        trial_design.frames(long_objective(study, {}), SEEN)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("element: TRAS}", "element: TRASS}", "TRASS is not a code of `elements`; did you mean TRAS"),
        (
            "{epoch: TREATMENT, element: TRAS}",
            "{epoch: TREATMNT, element: TRAS}",
            "TREATMNT is not a name of `epochs`; did you mean TREATMENT",
        ),
        ("arms: [NKT]", "arms: [NTK]", "NTK is not a code of `arms`; did you mean NKT"),
        (
            "parameter: ADAPT,",
            "parameter: ADABT,",
            "ADABT is not in the list TSPARMCD of specs/codelists.yaml; did you mean ADAPT",
        ),
        (
            "assumption: cut-off",
            "assumption: cutoff",
            "cutoff is not an id of `assumptions`; did you mean cut-off",
        ),
        (
            "codelist: TBLIND",
            "codelist: TBLYND",
            "TBLYND is not a list of specs/codelists.yaml; did you mean TBLIND",
        ),
        (
            "value: OPEN LABEL",
            "value: OPEN LABLE",
            "OPEN LABLE is not a term of TBLIND; did you mean OPEN LABEL",
        ),
        ("null: UNK, source", "source", "either a value or a null flavour"),
        (
            "value: N, codelist: NY, assumption: trial-summary",
            "value: N, codelist: NY",
            "either its source or the assumption",
        ),
    ],
)
def test_a_wrong_name_in_the_design_is_reported_with_its_place_and_the_nearest_right_word(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    (tmp_path / "mappings").symlink_to(ROOT / "mappings")
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    file = tmp_path / "specs" / "study.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load(tmp_path)
    assert told in str(caught.value)
    assert str(caught.value).startswith(f"{file}:")
