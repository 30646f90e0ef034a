"""What a mapping file says is what its dataset holds: verbs, conditions, types, order of work, and identity
beside every record.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest

from pipeline.errors import SpecError
from pipeline.mapping.interpret import recode, tabulate
from pipeline.study.models import Codelist
from tests.support.small_study import FILES, small_study, steps_of
from tests.support.tables import records, shown, text

RAW = {
    "enrol": records(
        "USUBJID SUBJECT FOLDER EARLIER GENDER BIRTH",
        ("two", "02", "SCREENING", None, "Male", "1970"),
        ("one", "01", "SCREENING", None, "Female", "1966-03-04"),
        ("never_dosed", "03", "SCREENING", None, "WOMAN", None),
        form="enrol",
    ),
    "dose": records(
        "USUBJID SUBJECT FOLDER GIVEN DAY MG PRODUCT",
        ("one", "01", "CYCLE 2", "Yes", "2016-09-02", "360", "TRASTUZUMAB"),
        ("one", "01", "CYCLE 1", "Yes", "2016-08-12", "480.5", "TRASTUZUMAB"),
        ("two", "02", "CYCLE 1", "yes", "2016-08-20", None, "TRASTUZUMAB"),
        ("two", "02", "CYCLE 2", "No", None, None, "TRASTUZUMAB"),
        ("never_dosed", "03", "CYCLE 1", "No", None, None, "TRASTUZUMAB"),
        form="dose",
    ),
    "lab": records("USUBJID SUBJECT FOLDER VALUE BATCH", form="lab"),
}
EX = FILES["mappings/sdtm/ex.yaml"]
FIRST_DOSE = FILES["mappings/sdtm/dm.py"]


def tabulated(
    root: Path, changed: Mapping[str, str] | None = None, raw: Mapping[str, pd.DataFrame] = RAW
) -> dict[str, pd.DataFrame]:
    study = small_study(root, changed)
    return tabulate(study, steps_of(study), raw)


def column(frame: pd.DataFrame, variable: str) -> dict[str, object]:
    """A variable's values by subject and record."""
    return dict(zip(frame["USUBJID"] + " " + frame["record"], shown(frame[variable]), strict=True))


# --- verbs
def test_each_verb_gives_its_value(tmp_path: Path) -> None:
    datasets = tabulated(tmp_path)
    dm, ex, adsl = datasets["DM"].set_index("USUBJID"), datasets["EX"], datasets["ADSL"].set_index("USUBJID")
    assert dm["STUDYID"].tolist() == ["S1", "S1", "S1"], "constant: a fact of specs/study.yaml"
    assert dm["SUBJID"].to_dict() == {
        "one": "01",
        "two": "02",
        "never_dosed": "03",
    }, "copy: a field as it was collected"
    assert dm["SEX"].to_dict() == {
        "one": "F",
        "two": "M",
        "never_dosed": "F",
    }, "codelist: decode or collected spelling, in any case"
    assert shown(dm.loc[["one", "two", "never_dosed"], "BRTHDTC"]) == [
        "1966-03-04",
        "1970",
        None,
    ], "date: as precise as collected"
    assert shown(dm.loc[["one", "two", "never_dosed"], "RFSTDTC"]) == [
        "2016-08-12",
        "2016-08-20",
        None,
    ], "derive: a function of its inputs"
    assert column(ex, "EXDOSE") == {
        "one 00": 360.0,
        "one 01": 480.5,
        "two 02": None,
    }, "a number of the form as a number"
    assert shown(adsl.loc[["one", "two", "never_dosed"], "TRTSDT"]) == ["2016-08-12", "2016-08-20", None]
    assert adsl["SEX"].to_dict() == {"one": "F", "two": "M", "never_dosed": "F"}


def test_two_datasets_may_need_each_other_where_no_variable_needs_itself(tmp_path: Path) -> None:
    # DM.RFSTDTC needs EX.EXSTDTC, and EX.EXSTDY needs DM.RFSTDTC
    assert column(tabulated(tmp_path)["EX"], "EXSTDY") == {"one 00": 22, "one 01": 1, "two 02": 1}


def test_variables_that_need_each_other_are_refused_by_name(tmp_path: Path) -> None:
    circle = EX.replace(
        "EXSTDTC: {date: DAY}", "EXSTDTC: {derive: date_time, of: {date: DM.RFSTDTC, time: EXTRT}}"
    )
    with pytest.raises(SpecError, match=r"DM\.RFSTDTC.*EX\.EXSTDTC|EX\.EXSTDTC.*DM\.RFSTDTC"):
        tabulated(tmp_path, {"mappings/sdtm/ex.yaml": circle})


# --- conditions
@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("", ["never_dosed 04", "one 00", "one 01", "two 02", "two 03"]),
        ("where: {GIVEN: Yes}", ["one 00", "one 01", "two 02"]),  # without regard to case
        ("where: {MG: present}", ["one 00", "one 01"]),
        ("where: {MG: absent}", ["never_dosed 04", "two 02", "two 03"]),
        ("where: {FOLDER: [CYCLE 2, CYCLE 3]}", ["one 00", "two 03"]),
        ("where: {GIVEN: Yes, MG: absent}", ["two 02"]),
        ("where: {PRODUCT: Perhaps}", []),
    ],
)
def test_a_block_takes_the_records_that_meet_all_its_conditions(
    tmp_path: Path, where: str, expected: list[str]
) -> None:
    datasets = tabulated(tmp_path, {"mappings/sdtm/ex.yaml": EX.replace("where: {GIVEN: Yes}", where)})
    assert sorted(column(datasets["EX"], "EXTRT")) == expected


# --- shape
def test_a_dataset_has_identity_then_the_variables_of_its_spec_in_order_then_the_block(
    tmp_path: Path,
) -> None:
    ex = tabulated(tmp_path)["EX"]
    assert list(ex) == [
        "USUBJID",
        "form",
        "record",
        "STUDYID",
        "EXSEQ",
        "EXTRT",
        "EXDOSE",
        "EXSTDTC",
        "EXSTDY",
        "block",
    ]
    assert set(ex["form"]) == {"dose"}


def test_a_variable_that_nothing_maps_is_missing_in_the_type_of_its_spec(tmp_path: Path) -> None:
    unmapped = "    variables:\n      EXTRT:  {copy: PRODUCT}\n      EXDOSE: {copy: MG}\n"
    ex = tabulated(tmp_path, {"mappings/sdtm/ex.yaml": EX.replace(unmapped, "")})["EX"]
    assert ex["EXDOSE"].isna().all()
    assert (str(ex["EXDOSE"].dtype), str(ex["EXTRT"].dtype)) == ("float64", "str")


def test_types_are_declared_and_never_inferred(tmp_path: Path) -> None:
    empty = {name: frame.iloc[:0] for name, frame in RAW.items()}
    blank = {
        **RAW,
        "dose": RAW["dose"].assign(MG=text(*[None] * 5), DAY=text(*[None] * 5), PRODUCT=text(*[None] * 5)),
    }
    full = tabulated(tmp_path)
    for raw in (empty, blank):
        other = tabulated(tmp_path, raw=raw)
        for name, frame in full.items():
            assert other[name].dtypes.drop("block").to_dict() == frame.dtypes.drop("block").to_dict()


def test_a_block_that_does_not_map_a_variable_leaves_it_missing(tmp_path: Path) -> None:
    blocks = """\
  - from: dose
    where: {GIVEN: No}
    variables:
      EXTRT: {constant: NOTHING}
variables:"""
    ex = tabulated(
        tmp_path, {"mappings/sdtm/ex.yaml": EX.replace("variables:\n  STUDYID", blocks + "\n  STUDYID")}
    )["EX"]
    assert column(ex, "EXTRT") == {
        "one 00": "TRASTUZUMAB",
        "one 01": "TRASTUZUMAB",
        "two 02": "TRASTUZUMAB",
        "two 03": "NOTHING",
        "never_dosed 04": "NOTHING",
    }
    assert column(ex, "EXDOSE") == {
        "one 00": 360.0,
        "one 01": 480.5,
        "two 02": None,
        "two 03": None,
        "never_dosed 04": None,
    }
    assert column(ex, "EXSTDY") == {
        "one 00": 22,
        "one 01": 1,
        "two 02": 1,
        "two 03": None,
        "never_dosed 04": None,
    }, "of both blocks"
    assert ex.groupby("block")["record"].apply(sorted).to_dict() == {
        0: ["00", "01", "02"],
        1: ["03", "04"],
    }


# --- invariants
def test_the_order_of_raw_records_means_nothing(tmp_path: Path) -> None:
    backwards = {name: frame.iloc[::-1].reset_index(drop=True) for name, frame in RAW.items()}
    datasets = tabulated(tmp_path, raw=backwards)
    for name, frame in tabulated(tmp_path).items():
        pd.testing.assert_frame_equal(datasets[name], frame)


def test_a_subject_stands_alone(tmp_path: Path) -> None:
    together = tabulated(tmp_path)
    for subject in ("one", "two", "never_dosed"):
        own = {
            name: frame[frame["USUBJID"].eq(subject)].reset_index(drop=True) for name, frame in RAW.items()
        }
        for name, frame in tabulated(tmp_path, raw=own).items():
            pd.testing.assert_frame_equal(
                frame, together[name][together[name]["USUBJID"].eq(subject)].reset_index(drop=True)
            )


def test_a_second_record_of_a_subject_in_dm_is_left_to_the_check_of_its_key(
    tmp_path: Path,
) -> None:
    twice = {
        **RAW,
        "enrol": pd.concat([RAW["enrol"], RAW["enrol"].iloc[[1]].assign(record="99")], ignore_index=True),
    }
    assert column(tabulated(tmp_path, raw=twice)["EX"], "EXSTDY") == {"one 00": 22, "one 01": 1, "two 02": 1}


def test_the_raw_records_are_not_changed(tmp_path: Path) -> None:
    spoiling = FIRST_DOSE.replace(
        "    first = ", '    doses["EXSTDTC"] = "spoilt"\n    usubjid.iloc[:] = "spoilt"\n    first = '
    )
    before = {name: frame.copy() for name, frame in RAW.items()}
    datasets = tabulated(tmp_path, {"mappings/sdtm/dm.py": spoiling})
    for name, frame in RAW.items():
        pd.testing.assert_frame_equal(frame, before[name])
    assert column(datasets["EX"], "EXSTDTC") == {
        "one 00": "2016-09-02",
        "one 01": "2016-08-12",
        "two 02": "2016-08-20",
    }
    assert set(datasets["DM"]["USUBJID"]) == {"one", "two", "never_dosed"}


# --- functions
def test_a_function_sees_the_columns_that_the_mapping_names_and_identity_and_nothing_else(
    tmp_path: Path,
) -> None:
    looking = FIRST_DOSE.replace(
        "    first = ",
        '    assert list(doses) == ["USUBJID", "form", "record", "EXSTDTC"], list(doses)\n    first = ',
    )
    tabulated(tmp_path, {"mappings/sdtm/dm.py": looking})
    with pytest.raises(
        SpecError, match="first_dose failed: KeyError: EXDOSE, which the mapping does not give"
    ):
        tabulated(
            tmp_path, {"mappings/sdtm/dm.py": FIRST_DOSE.replace('["EXSTDTC"].min()', '["EXDOSE"].min()')}
        )


DOSED_AND_SPOILT = '''\
import pandas as pd


def dosed(usubjid: pd.Series, doses: pd.DataFrame) -> pd.Series:
    """Total dose and first day."""
    by = doses.groupby("USUBJID").agg(total=("EXDOSE", "sum"), first=("EXSTDTC", "min"))
    doses.loc[:, "EXDOSE"] = -1.0
    doses.loc[:, "EXSTDTC"] = "spoilt"
    text = by["first"] + " " + by["total"].astype("str")
    return text.reindex(usubjid).set_axis(usubjid.index).astype("str")
'''


def test_what_a_function_writes_into_its_records_does_not_reach_the_next_use_of_them(tmp_path: Path) -> None:
    twice = (
        FILES["mappings/sdtm/dm.yaml"]
        .replace(
            "RFSTDTC: {derive: first_dose, of: {usubjid: USUBJID, doses: [EX.EXSTDTC]}}",
            "RFSTDTC: {derive: dosed, of: {usubjid: USUBJID, doses: [EX.EXSTDTC, EX.EXDOSE]}}\n"
            "  BRTHDTC: {derive: dosed, of: {usubjid: USUBJID, doses: [EX.EXSTDTC, EX.EXDOSE]}}",
        )
        .replace("  BRTHDTC: {date: BIRTH}\n", "")
    )
    spoiling = DOSED_AND_SPOILT
    datasets = tabulated(tmp_path, {"mappings/sdtm/dm.yaml": twice, "mappings/sdtm/dm.py": spoiling})
    expected = {"one": "2016-08-12 840.5", "two": "2016-08-20 0.0", "never_dosed": None}
    for variable in ("RFSTDTC", "BRTHDTC"):
        assert dict(zip(datasets["DM"]["USUBJID"], shown(datasets["DM"][variable]), strict=True)) == expected
    assert column(datasets["EX"], "EXDOSE") == {"one 00": 360.0, "one 01": 480.5, "two 02": None}


PICKED = """\
dataset: EX
records:
  - from: {derive: last_dose, of: {doses: [dose.DAY]}}
    variables:
      EXTRT:  {copy: dose.PRODUCT}
      EXDOSE: {copy: dose.MG}
variables:
  STUDYID: {constant: study.id}
  EXSEQ:   {derive: sequence, of: {records: [EXSTDTC]}}
  EXSTDTC: {date: dose.DAY}
"""
LAST_DOSE = """\
import pandas as pd


def last_dose(doses: pd.DataFrame) -> pd.DataFrame:
    in_order = doses.sort_values("DAY", na_position="first")
    return in_order.drop_duplicates("USUBJID", keep="last")[["USUBJID", "form", "record"]]
"""


def test_a_function_that_picks_records_gives_identity_and_the_fields_follow(tmp_path: Path) -> None:
    ex = tabulated(tmp_path, {"mappings/sdtm/ex.yaml": PICKED, "mappings/sdtm/ex.py": LAST_DOSE})["EX"]
    assert column(ex, "EXDOSE") == {"one 00": 360.0, "two 02": None, "never_dosed 04": None}
    assert column(ex, "EXSTDTC") == {
        "one 00": "2016-09-02",
        "two 02": "2016-08-20",
        "never_dosed 04": None,
    }


def test_a_function_may_make_records_with_fields_of_their_own(tmp_path: Path) -> None:
    # one record per subject, with the identity of the subject's first record
    total = """\
import pandas as pd


def total(doses: pd.DataFrame) -> pd.DataFrame:
    first = doses.sort_values("record").drop_duplicates("USUBJID")[["USUBJID", "form", "record"]]
    sums = doses.assign(MG=doses["MG"].astype("float64")).groupby("USUBJID")["MG"].sum()
    return first.assign(SUM=first["USUBJID"].map(sums))
"""
    mapping = PICKED.replace(
        "derive: last_dose, of: {doses: [dose.DAY]}", "derive: total, of: {doses: [dose.MG]}"
    ).replace("dose.MG}", "SUM}")
    ex = tabulated(tmp_path, {"mappings/sdtm/ex.yaml": mapping, "mappings/sdtm/ex.py": total})["EX"]
    assert column(ex, "EXDOSE") == {"one 00": 840.5, "two 02": 0.0, "never_dosed 04": 0.0}


IN_HOURS = """\
import pandas as pd


def in_hours(mg: pd.Series, per_day: float) -> pd.Series:
    return mg.astype("float64") * per_day
"""


def test_a_parameter_of_the_study_reaches_a_function_by_its_name(tmp_path: Path) -> None:
    mapping = EX.replace(
        "EXDOSE: {copy: MG}", "EXDOSE: {derive: in_hours, of: {mg: MG, per_day: specs.parameters.per_day}}"
    )
    ex = tabulated(tmp_path, {"mappings/sdtm/ex.yaml": mapping, "mappings/sdtm/ex.py": IN_HOURS})["EX"]
    assert column(ex, "EXDOSE") == {"one 00": 8640.0, "one 01": 11532.0, "two 02": None}


WRONG = {
    "one value a record": (
        "return usubjid.iloc[:1]",
        "first_dose must return one value per record, in the order given",
    ),
    "in the order given": (
        "return usubjid.iloc[::-1]",
        "first_dose must return one value per record, in the order given",
    ),
    "a Series": ("return list(usubjid)", "first_dose must return one value per record, in the order given"),
    "text for text": (
        "return pd.Series(1.5, index=usubjid.index)",
        "first_dose returns float64 for RFSTDTC, which is text",
    ),
}


@pytest.mark.parametrize(("body", "message"), WRONG.values(), ids=WRONG)
def test_a_function_returns_what_its_variable_needs_or_is_refused_with_its_place(
    tmp_path: Path, body: str, message: str
) -> None:
    wrong = FIRST_DOSE[: FIRST_DOSE.index("    first = ")] + f"    {body}\n"
    with pytest.raises(SpecError, match=r"mappings/sdtm/dm\.yaml:9:3: " + re.escape(message)):
        tabulated(tmp_path, {"mappings/sdtm/dm.py": wrong})


def test_a_date_must_be_a_date_and_not_text(tmp_path: Path) -> None:
    with pytest.raises(
        SpecError, match=r"mappings/adam/adsl\.yaml:8:3: whole_day returns str for TRTSDT, which is a date"
    ):
        tabulated(
            tmp_path,
            {
                "mappings/adam/adsl.py": (
                    FILES["mappings/adam/adsl.py"].replace("return dates.day(date)", "return date")
                )
            },
        )


def test_records_without_identity_are_refused(tmp_path: Path) -> None:
    lost = LAST_DOSE.replace('[["USUBJID", "form", "record"]]', '[["USUBJID"]]')
    with pytest.raises(
        SpecError, match=r"mappings/sdtm/ex\.yaml:\d+:\d+: last_dose must return records with their identity"
    ):
        tabulated(tmp_path, {"mappings/sdtm/ex.yaml": PICKED, "mappings/sdtm/ex.py": lost})


# --- codelists
ACTION = Codelist.model_validate(
    {
        "name": "Action",
        "terms": {"DOSE REDUCED": {"collected": ["Reduced", "减量"]}, "NONE": {"decode": "Dose not changed"}},
    }
)


def test_a_spelling_becomes_its_term_and_an_unknown_one_stays_for_the_schema_to_judge() -> None:
    given = text("dose reduced", "REDUCED", "减量", "Dose not changed", "Stopped", None)
    assert shown(recode(given, ACTION)) == [
        "DOSE REDUCED",
        "DOSE REDUCED",
        "DOSE REDUCED",
        "NONE",
        "Stopped",
        None,
    ]
    assert recode(text(), ACTION).dtype == recode(text(None), ACTION).dtype == "str"


def test_a_constant_is_a_number_in_a_number_and_the_text_as_written_in_a_text(tmp_path: Path) -> None:
    mapping = EX.replace("EXDOSE: {copy: MG}", "EXDOSE: {constant: 2.50}").replace(
        "EXTRT:  {copy: PRODUCT}", "EXTRT:  {constant: 2.50}"
    )
    ex = tabulated(tmp_path, {"mappings/sdtm/ex.yaml": mapping})["EX"]
    assert ex["EXDOSE"].unique().tolist() == [2.5]
    assert ex["EXTRT"].unique().tolist() == ["2.50"]
