"""What a function of the library reads is declared beside it and held against the mapping before any data are
read: an input or a column that is missing is told at its line.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.derivations.adam import milestones, subject
from pipeline.derivations.sdtm import ongoing, tumours, visits
from pipeline.errors import SpecError
from pipeline.mapping import functions
from pipeline.mapping.bindings import PARTS
from pipeline.mapping.resolve import plan
from pipeline.records.columns import Columns, Date, Dates, Named, Placed, declared
from pipeline.stages import LIBRARY
from pipeline.study import defaults
from pipeline.study.models import Visit
from tests.support.small_study import FILES, small_study, steps_of

# functions that read whatever the mapping lists, in any number
ANY_COLUMNS = {"sequence", "imputation_flag_of_source", "death_flag", "strongest_causality", "flag_where"}
# those whose columns the mapping of ADRS and ADTTE names as data, which the loader checks by itself
BY_DATA = {"progression_free", "time_to_event", "tumour_assessments", "reported_assessments"} | {
    name for name, f in LIBRARY["adam"].items() if "source" in functions.shapes(f)
}
# inputs that a mapping may leave out, since the study has them under their names
OF_OWN_NAME = {"usubjid", "lesion_status", *PARTS}
OF_OWN_NAME |= {*defaults.engine().defaults, *defaults.engine().decisions}
WIDE = """\
form: wide
title: Any texts and dates
source: Investigator
record: one per subject
fields:
  T1: {question: A text, type: text}
  T2: {question: A text, type: text}
  T3: {question: A text, type: text}
  T4: {question: A text, type: text}
  T5: {question: A text, type: text}
  T6: {question: A text, type: text}
  T7: {question: A text, type: text}
  D1: {question: A date, type: date, format: dd MON yyyy}
  D2: {question: A date, type: date, format: dd MON yyyy}
"""
# how an input that is missing is written, by its shape
WRITE = {
    "Series": "write `of: {{{0}: NAME}}`",
    "frame": "write `of: {{{0}: [NAME, NAME]}}`",
    "table": "write `with: {{{0}: ...}}`, or `of: {{{0}: specs.NAME}}`",
}
SHAPE = {"Series": "USUBJID", "frame": "[dose.DAY]", "table": "specs.units"}
Line = tuple[str, str]  # a line of a mapping, and what must be told of it


def _frames() -> Iterator[tuple[str, str, str, Columns]]:
    for layer, library in LIBRARY.items():
        for name, function in library.items():
            for parameter, columns in declared(function).items():
                if parameter != "return":
                    yield layer, name, parameter, columns


def _variable(name: str) -> str:
    return name.replace("--", "ZZ").replace("*", "1")


def _spec(dataset: str, variables: list[str]) -> str:
    lines = [
        f"  {v}: {{label: A text, type: text}}" for v in dict.fromkeys(["STUDYID", "USUBJID", *variables])
    ]
    head = f"dataset: {dataset}\nlabel: Any\nclass: FINDINGS\nstructure: One record per record\n"
    return head + "keys: [STUDYID, USUBJID]\nvariables:\n" + "\n".join(lines) + "\n"


def _faults(root: Path, layer: str, lines: list[str]) -> list[str]:
    """What is told of a mapping of the layer that holds these lines, without its folder."""
    names = sorted({_variable(n) for *_, c in _frames() if isinstance(c, Named) for n in c.names})
    dataset = {"sdtm": "XX", "adam": "ADXX"}[layer]
    own = [f"V{i}" for i in range(len(lines))]
    class_ = {"sdtm": "FINDINGS", "adam": "BASIC DATA STRUCTURE"}[layer]
    head = f"dataset: {dataset}\nrecords:\n  - from: {'wide' if layer == 'sdtm' else 'ZZ'}\nvariables:\n"
    files = {
        "specs/raw/wide.yaml": WIDE,
        "specs/sdtm/zz.yaml": _spec("ZZ", names),
        "mappings/sdtm/zz.yaml": "dataset: ZZ\nrecords:\n  - from: wide\nvariables:\n"
        + "".join(f"  {name}: {{constant: x}}\n" for name in ["STUDYID", *names]),
        f"specs/{layer}/{dataset.lower()}.yaml": _spec(dataset, own).replace("FINDINGS", class_),
        f"mappings/{layer}/{dataset.lower()}.yaml": head
        + "".join(f"  {v}: {line}\n" for v, line in zip(own, lines, strict=True)),
    }
    study = small_study(root, files)
    try:
        plan(study, LIBRARY)
    except SpecError as e:
        mapping = f"{root.as_posix()}/mappings/{layer}/{dataset.lower()}.yaml:"
        return [fault.removeprefix(mapping) for fault in str(e).split("\n") if fault.startswith(mapping)]
    return []


def _told(root: Path, layer: str, lines: list[Line]) -> None:
    faults = _faults(root, layer, [line for line, _ in lines])
    for number, (line, expected) in enumerate(lines, start=5):
        of_line = [f for f in faults if f.startswith(f"{number}:")]
        assert any(expected in fault for fault in of_line), (line, expected, of_line)


@pytest.mark.parametrize("layer", ["sdtm", "adam"])
def test_an_input_that_a_mapping_does_not_give_is_told_at_its_line(tmp_path: Path, layer: str) -> None:
    lines = []
    for name, function in LIBRARY[layer].items():
        shapes = functions.shapes(function)
        needed = functions.needed(function)
        for missing in set(needed) - OF_OWN_NAME:
            of = ", ".join(f"{p}: {SHAPE[shapes[p]]}" for p in needed if p != missing)
            lines.append(
                (
                    f"{{derive: {name}, of: {{{of}}}}}",
                    f"{name} needs {missing}; {WRITE[shapes[missing]].format(missing)}",
                )
            )
    _told(tmp_path, layer, lines)


@pytest.mark.parametrize("layer", ["sdtm", "adam"])
def test_an_input_with_a_misspelt_name_is_told_with_the_right_one(tmp_path: Path, layer: str) -> None:
    lines = []
    for name, function in LIBRARY[layer].items():
        for parameter, shape in functions.shapes(function).items():
            of = f"{parameter}x: {SHAPE[shape]}"
            lines.append((f"{{derive: {name}, of: {{{of}}}}}", f"{name} has no parameter {parameter}x"))
    _told(tmp_path, layer, lines)


@pytest.mark.parametrize("layer", ["sdtm", "adam"])
def test_a_column_that_a_list_lacks_is_told_at_the_list(tmp_path: Path, layer: str) -> None:
    lines = []
    for of_layer, name, parameter, columns in _frames():
        if of_layer != layer or not isinstance(columns, Named):
            continue
        for missing in columns.names:
            others = [f"ZZ.{_variable(n)}" for n in columns.names if n != missing] or ["ZZ.STUDYID"]
            line = f"{{derive: {name}, of: {{{parameter}: [{', '.join(others)}]}}}}"
            add = f"; add ZZ.{missing}" if missing == _variable(missing) else ""
            told = f"{name} reads of {parameter} {missing}, which the list does not name{add}"
            lines.append((line, told))
    assert lines
    _told(tmp_path, layer, lines)


@pytest.mark.parametrize("layer", ["sdtm", "adam"])
def test_a_list_with_too_many_columns_or_a_date_at_another_place_is_told(tmp_path: Path, layer: str) -> None:
    lines = []
    for of_layer, name, parameter, columns in _frames():
        if of_layer != layer or not isinstance(columns, Placed):
            continue
        too_many = [f"wide.{field}" for field in ("T1", "T2", "T3", "T4", "T5", "T6", "D1", "D2")]
        told = f"{name} reads of {parameter} in this order: "
        lines.append((f"{{derive: {name}, of: {{{parameter}: [{', '.join(too_many)}]}}}}", told))
        lines.append((f"{{derive: {name}, of: {{{parameter}: []}}}}", "the list is empty"))
        texts = [f"wide.T{i + 1}" for i in range(len(columns.places))]
        if any(isinstance(place, Date) for place in columns.places):
            last = f"{{derive: {name}, of: {{{parameter}: [{', '.join(texts)}]}}}}"
            lines.append((last, " is no date"))
    _told(tmp_path, layer, lines)


@pytest.mark.parametrize("layer", ["sdtm", "adam"])
def test_nothing_is_told_of_a_list_that_has_all_columns(tmp_path: Path, layer: str) -> None:
    lines = []
    for of_layer, name, parameter, columns in _frames():
        if of_layer != layer or isinstance(columns, Dates):
            continue
        if isinstance(columns, Named):
            listed = [f"ZZ.{_variable(n)}" for n in columns.names]
        else:
            texts, dates = iter(("T1", "T2", "T3", "T4", "T5")), iter(("D1", "D2"))
            listed = [f"wide.{next(dates if isinstance(p, Date) else texts)}" for p in columns.places]
        lines.append(f"{{derive: {name}, of: {{{parameter}: [{', '.join(listed)}]}}}}")
    told = [fault for fault in _faults(tmp_path, layer, lines) if "reads of" in fault]
    assert told == []


def test_a_column_that_a_first_occurrence_does_not_use_is_told(tmp_path: Path) -> None:
    listed = "[ZZ.ASTDT, ZZ.ZZSEQ, ZZ.STUDYID]"

    def line(given: str) -> str:
        return f"{{derive: first_occurrence, of: {{records: {listed}}}, with: {{{given}}}}}"

    neither = (
        "first_occurrence reads of records ASTDT, --SEQ and what stands under `with`; STUDYID is neither"
    )
    unknown = "DOMAIN is not among the columns of `records`"
    _told(tmp_path, "adam", [(line("where: {DOMAIN: A}"), neither), (line("by: [DOMAIN]"), unknown)])
    used = [line("where: {STUDYID: A}"), line("by: [STUDYID]")]
    assert [fault for fault in _faults(tmp_path, "adam", used) if "records" in fault] == []


def test_every_frame_of_the_library_declares_its_columns() -> None:
    silent = {
        name
        for library in LIBRARY.values()
        for name, function in library.items()
        for parameter, shape in functions.shapes(function).items()
        if shape == "frame" and parameter not in declared(function)
    }
    assert silent <= ANY_COLUMNS | BY_DATA


@pytest.mark.parametrize(
    ("changed", "place", "told"),
    [
        (
            {"{date: EXSTDTC, reference:": "{date: EXSTDTC, referense:"},
            "mappings/sdtm/ex.yaml:",
            "study_day has no parameter referense; did you mean reference?",
        ),
        (
            {"records: [EXSTDTC]": "records: [EXSTDTX]"},
            "mappings/sdtm/ex.yaml:",
            "EX has no EXSTDTX; did you mean EXSTDTC?",
        ),
        (
            {"  EXSTDTC: {date: DAY}\n": ""},
            "mappings/sdtm/ex.yaml:",
            "EX.EXSTDTC is in its spec, and no line of its mapping gives it",
        ),
    ],
)  # fmt: skip
def test_a_build_of_such_a_mapping_ends_with_exit_3_and_the_place(
    tmp_path: Path, changed: dict[str, str], place: str, told: str
) -> None:
    mapping = FILES["mappings/sdtm/ex.yaml"]
    for old, new in changed.items():
        assert old in mapping
        mapping = mapping.replace(old, new)
    small_study(tmp_path, {"mappings/sdtm/ex.yaml": mapping})
    arguments = ["build", str(tmp_path), "--study", str(tmp_path), "--out", str(tmp_path / "out")]
    outcome = CliRunner().invoke(app, arguments)
    assert outcome.exit_code == 3, outcome.output
    assert place in outcome.stderr
    assert told in outcome.stderr
    assert "Traceback" not in outcome.output


MADE = """\
dataset: EX
records:
  - from: {derive: first_treatment, of: {exposure: [dose.DAY]}}
    where: {STRAT: present}
variables:
  STUDYID: {constant: study.id}
  EXSEQ:   {derive: sequence, of: {records: [EXSTDTC]}}
  EXSTDTC: {copy: STARTS}
"""


def test_a_field_that_a_function_does_not_make_is_told_with_the_nearest(tmp_path: Path) -> None:
    study = small_study(tmp_path, {"mappings/sdtm/ex.yaml": MADE})
    with pytest.raises(SpecError) as refusal:
        steps_of(study)
    faults = str(refusal.value)
    assert "ex.yaml:4:13: the records that first_treatment makes have no field STRAT" in faults
    assert "ex.yaml:8:3: the records that first_treatment makes have no field STARTS" in faults
    assert faults.count("did you mean START?") == 2


# --- the words of a form and of a study
def _of(values: list[str | None]) -> pd.Series:
    return pd.Series(values, dtype="str")


@pytest.mark.parametrize("word", ["Y", "yes", "YES", "1", "Checked", "True", " Yes "])
def test_every_usual_word_for_yes_counts(word: str) -> None:
    answers = _of([word, "No", "0", None])
    assert list(tumours.diameter_test(answers)) == ["LPERP", "LDIAM", "LDIAM", "LDIAM"]
    assert ongoing.relation_of_end(answers).notna().tolist() == [True, False, False, False]


def test_a_study_may_have_another_word_for_yes() -> None:
    assert list(tumours.state_test(_of(["Ja", "Y"]), yes=("ja",))) == ["LNSTATE", "TUMSTATE"]


def _records(**columns: list[str]) -> pd.DataFrame:
    count = len(next(iter(columns.values())))
    key = {"USUBJID": ["P1"] * count, "form": ["f"] * count, "record": [str(i) for i in range(count)]}
    return pd.DataFrame({**key, **columns}, dtype="str")


def test_visits_are_read_by_place_whatever_a_form_calls_its_fields() -> None:
    records = _records(Besuch=["WEEK 6", "WEEK 6"], Wann=["2016-01-04", "2016-01-06"])
    named = records.assign(Held=["1", "0"])[[*records.columns[:4], "Held", "Wann"]]
    held = visits.visits_held(named, (Visit(name="WEEK 6", number=7),))
    # the visit that was held keeps the number; the other is the earlier one
    assert dict(zip(held["record"], held["VISITNUM"], strict=True)) == {"0": 7.0, "1": 7.01}


def test_the_end_of_the_study_is_read_from_a_category_or_a_subcategory() -> None:
    person = _of(["P1"])
    ended = _records(DSCAT=["DISPOSITION EVENT"], DSDECOD=["COMPLETED"], DSSTDTC=["2016-05-01"])
    assert list(subject.study_status(person, ended)) == ["COMPLETED"]
    other = _records(WHAT=["END"], WHY=["LOST TO FOLLOW-UP"], DAY=["2016-05-01"])
    assert list(subject.study_status(person, other)) == ["ONGOING"]
    assert list(subject.study_status(person, other, ends=("END",))) == ["DISCONTINUED"]


def test_new_therapy_needs_no_procedures_and_takes_the_categories_of_the_study() -> None:
    person, never = _of(["P1"]), pd.Series([pd.NaT], dtype="datetime64[s]")
    drugs = _records(CMCAT=["NEXT LINE"], CMSTDTC=["2016-05-01"])
    assert milestones.new_therapy_date(person, never, drugs).isna().all()
    found = milestones.new_therapy_date(person, never, drugs, categories=("NEXT LINE",))
    assert list(found) == [pd.Timestamp("2016-05-01")]


def test_the_last_day_alive_is_that_of_the_records_which_a_study_has() -> None:
    person = _of(["P1"])
    doses = _records(EXSTDTC=["2016-01-04"])
    alive = milestones.last_known_alive(person, doses=doses, disposition_without_contact=[])
    assert list(alive) == [pd.Timestamp("2016-01-04")]
    assert milestones.last_known_alive(person, disposition_without_contact=[]).isna().all()


def test_a_mapping_that_makes_no_records_is_told(tmp_path: Path) -> None:
    mapping = FILES["mappings/adam/adsl.yaml"].replace("records:\n  - from: DM\n", "")
    with pytest.raises(
        SpecError,
        match=r"adsl\.yaml:1:1: no line says whose records these are; write `from: FORM`, or `records:`",
    ):
        steps_of(small_study(tmp_path, {"mappings/adam/adsl.yaml": mapping}))


def test_a_circle_through_a_variable_with_the_name_of_a_field_says_how_the_field_is_written(
    tmp_path: Path,
) -> None:
    mapping = FILES["mappings/sdtm/dm.yaml"].replace(
        "SEX:     {codelist: SEX, of: GENDER}", "SEX:     {derive: in_capitals, of: {text: SUBJID}}"
    )
    mapping = mapping.replace("{copy: SUBJECT}", "{derive: in_capitals, of: {text: SEX}}")
    form = FILES["specs/raw/enrol.yaml"].replace("GENDER:", "SEX:")
    with pytest.raises(SpecError, match=r"DM\.S.*; a field of the form is written enrol\.SEX"):
        steps_of(small_study(tmp_path, {"mappings/sdtm/dm.yaml": mapping, "specs/raw/enrol.yaml": form}))
