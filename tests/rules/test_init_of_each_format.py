"""`init --from` a drop in each format that a build reads: the draft loads, and reads that drop as it is.

A day is shown as its file has it: typed days in ISO 8601, text as it stands.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import yaml

from pipeline.drafting import command, drop
from pipeline.errors import DropError
from pipeline.sources import files
from pipeline.study import load
from pipeline.study.models import Form, RawFile
from tests.support.drop_writers import FORMATS

DM = """
    SITE | SUBJECT | FOLDER    | FORM | RECORD | SEX | COUNTRY | BRTHDAT     | WEIGHT | AGE
    101  | 101-01  | SCREENING | DM   | 1      | F   | USA     | 03 APR 1960 | 61.5   | 59
    101  | 101-02  | SCREENING | DM   | 1      | M   | USA     | 11 DEC 1955 | 80.25  | 64
    102  | 102-01  | SCREENING | DM   | 1      | F   | FRA     | 05 JUN 1971 | 70.75  | 48
"""
AE = """
    SITE | SUBJECT | FOLDER | FORM | RECORD | TERM    | PT      | SEVERITY | ONSETDAT    | ONSETTIM
    101  | 101-01  | LOG    | AE   | 1      | Nausea  | Nausea  | MILD     | 13 FEB 2020 | 08:30
    101  | 101-01  | LOG    | AE   | 2      | Fatigue | Fatigue | MODERATE | 01 MAR 2020 |
    102  | 102-01  | LOG    | AE   | 1      | Anaemia | Anaemia | MILD     | 17 FEB 2020 | 21:05
"""
OWN: dict[str, dict[str, object]] = {
    "SEX": {"type": "code", "codes": ["F", "M"]},
    "BRTHDAT": {"type": "date", "format": "dd MON yyyy"},
    "WEIGHT": {"type": "number"},
    "AGE": {"type": "integer"},
    "SEVERITY": {"type": "code", "codes": ["MILD", "MODERATE"]},
    "ONSETDAT": {"type": "date", "format": "dd MON yyyy"},
    "ONSETTIM": {"type": "time"},
}
AS_TEXT = (
    *("csv with semicolons", "csv with bars in gb18030", "csv with a byte-order mark", "tsv"),
    *("odm", "odm with its history"),  # their items are declared as text
)
DRAFTED = {  # as a person would declare them; of the numbers of site and record nobody can tell
    "SEX": "code", "COUNTRY": "text", "BRTHDAT": "date", "WEIGHT": "number", "AGE": "integer",
    "TERM": "text", "PT": "text", "SEVERITY": "code", "ONSETDAT": "date", "ONSETTIM": "time",
}  # fmt: skip


def collected(text: str) -> pd.DataFrame:
    rows = [[cell.strip() or None for cell in line.split("|")] for line in text.strip().splitlines()]
    return pd.DataFrame(rows[1:], columns=pd.Index(rows[0]), dtype="str")


def contract(form: str, frame: pd.DataFrame) -> Form:
    fields = {name: {"question": name, **OWN.get(name, {"type": "text"})} for name in map(str, frame)}
    content = {"form": form, "title": form, "source": "Investigator", "record": "-", "fields": fields}
    return Form.model_validate(content)


def written(name: str, folder: Path) -> Path:
    """The drop in one format."""
    frames = {"dm": collected(DM), "ae": collected(AE)}
    writer, declared = FORMATS[name]
    forms = {}
    for form, frame in frames.items():
        of_form = contract(form, frame)
        file = RawFile.model_validate(declared(of_form))
        forms[form] = of_form.model_copy(update={"file": file})
    folder.mkdir()
    writer(frames, forms, folder)
    return folder


def plain(column: str) -> str:
    """A field by the name that it has in the other formats: REDCap's are `dm_sex` and `ae_term`."""
    return column.removeprefix("DM_").removeprefix("AE_")


@pytest.mark.parametrize("name", FORMATS)
def test_a_drop_of_any_format_is_drafted_and_read_by_its_draft(name: str, tmp_path: Path) -> None:
    source = written(name, tmp_path / "drop")
    command.from_drop(tmp_path / "study", source)
    study = load(tmp_path / "study")
    read = files.read(study, source)
    days = ("13 FEB 2020", "01 MAR 2020", "17 FEB 2020")
    iso = ("2020-02-13", "2020-03-01", "2020-02-17")
    births = ("03 APR 1960", "11 DEC 1955", "05 JUN 1971")
    iso_births = ("1960-04-03", "1955-12-11", "1971-06-05")
    ae = read["ae"].rename(columns=plain)
    dm = read["dm"].rename(columns=plain)
    assert list(ae["SUBJECT"]) == ["101-01", "101-01", "102-01"]
    assert list(ae["TERM"]) == ["Nausea", "Fatigue", "Anaemia"]
    assert list(ae["SEVERITY"]) == ["MILD", "MODERATE", "MILD"]
    assert list(ae["ONSETDAT"]) == list(days if name in AS_TEXT else iso)
    assert list(ae["ONSETTIM"].fillna("")) == ["08:30", "", "21:05"]
    assert list(dm["BRTHDAT"]) == list(births if name in AS_TEXT else iso_births)
    assert list(dm["WEIGHT"]) == ["61.5", "80.25", "70.75"]
    assert list(dm["AGE"]) == ["59", "64", "48"]
    types = {plain(f): of.type for form in study.forms.values() for f, of in form.fields.items()}
    assert {field: types[field] for field in DRAFTED} == DRAFTED


@pytest.mark.parametrize("name", FORMATS)
def test_each_field_of_any_format_has_its_variable(name: str, tmp_path: Path) -> None:
    command.from_drop(tmp_path / "study", written(name, tmp_path / "drop"))
    study = load(tmp_path / "study")
    dm = study.mappings["DM"].records[0].variables | study.mappings["DM"].variables
    ae = study.mappings["AE"].records[0].variables | study.mappings["AE"].variables
    assert plain(str(dm["SEX"].of)) == "SEX"
    assert plain(str(dm["BRTHDTC"].date)) == "BRTHDAT"
    assert plain(str(dm["AGE"].copy_)) == "AGE"
    assert plain(str(ae["AETERM"].copy_)) == "TERM"
    assert plain(str(ae["AEDECOD"].copy_)) == "PT"
    assert plain(str(ae["AESEV"].of)) == "SEVERITY"


# --- what a REDCap project says of all its forms
def redcap(folder: Path, *rows: str) -> Path:
    """A project of one instrument, in which a choice and a checkbox are asked."""
    folder.mkdir()
    choices, validation = (
        "Choices, Calculations, OR Slider Labels",
        "Text Validation Type OR Show Slider Number",
    )
    dictionary = f"""Variable / Field Name,Form Name,Field Type,"{choices}",{validation}
record_id,dm,text,,
sex,dm,radio,"1, Male | 2, Female",
race,dm,checkbox,"1, White | 2, Asian",
"""
    head = "record_id,redcap_event_name,sex,race___1,race___2,race___ni,dm_complete"
    (folder / "Trial_DataDictionary_2020-01-01.csv").write_text(dictionary, encoding="utf-8")
    (folder / "Trial_DATA_2020-01-01_1200.csv").write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    return folder


def test_the_events_and_the_codes_for_no_value_of_a_project_are_drafted(tmp_path: Path) -> None:
    project = redcap(tmp_path / "drop", "P1,baseline_arm_1,1,1,0,0,2", "P2,baseline_arm_1,NI,0,0,1,2")
    command.from_drop(tmp_path / "study", project)
    text = (tmp_path / "study" / "specs" / "raw" / "header.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(text) == {
        "events": {"baseline_arm_1": "BASELINE"},
        "missing": {"NI": "No value"},
    }
    assert "# draft: stands in sex, race and is no choice there; write what it means" in text


def test_a_project_without_its_dictionary_is_told(tmp_path: Path) -> None:
    project = redcap(tmp_path / "drop", "P1,baseline_arm_1,1,1,0,0,2")
    (project / "Trial_DataDictionary_2020-01-01.csv").unlink()
    with pytest.raises(DropError, match="dictionary"):
        drop.read(project)
