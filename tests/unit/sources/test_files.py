"""A drop is read whole, whichever of its files are there, or refused with every fault at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import DropError
from pipeline.sources import files
from pipeline.study import Study
from pipeline.study.models import RawFile

SECRET = "Wang Xiulan"


@pytest.fixture(scope="module")
def two_forms(study: Study) -> Study:
    """The study as if it had two forms and no more."""
    return replace(study, forms={name: study.forms[name] for name in ("enrol", "death")})


@pytest.fixture
def drop(two_forms: Study, tmp_path: Path) -> Path:
    """A drop of two forms without records."""
    home = tmp_path / "drop"
    home.mkdir()
    for name, form in two_forms.forms.items():
        (home / f"{name}.csv").write_text(",".join(form.fields) + "\n", encoding="utf-8")
    return home


def refusal(study: Study, drop: Path) -> list[str]:
    with pytest.raises(DropError) as caught:
        files.read(study, drop)
    return str(caught.value).split("\n")


def test_a_drop_has_one_file_a_form_and_the_companions_that_the_study_declares(
    two_forms: Study, drop: Path
) -> None:
    (drop / "planted.json").write_text("[]")
    frames = files.read(two_forms, drop)
    assert {name: list(f) for name, f in frames.items()} == {
        n: list(f.fields) for n, f in two_forms.forms.items()
    }


def test_all_faults_of_a_drop_are_listed_at_once(two_forms: Study, drop: Path) -> None:
    (drop / "enrol.csv").write_text("")
    (drop / "death.csv").rename(drop / "deaths.csv")
    assert refusal(two_forms, drop) == [
        (
            "deaths.csv: no form of specs/raw has this name; did you mean death?; remove the file or write"
            " its contract"
        ),
        "enrol.csv: the file is empty; it needs at least its header line",
        (
            "death.csv: the file is missing from the drop; export the form, with its header line alone if it"
            " has no record"
        ),
    ]


def test_a_drop_that_is_not_a_folder_is_refused(two_forms: Study, drop: Path) -> None:
    for path in (drop / "absent", drop / "enrol.csv"):
        assert refusal(two_forms, path) == [
            f"{path}: no such folder; a drop is a folder with one file per form, or with one ODM-XML file"
        ]


def test_a_drop_that_may_not_be_opened_is_refused(
    two_forms: Study, drop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(_: Path) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", denied)
    assert refusal(two_forms, drop) == [
        f"{drop}: cannot be read (Permission denied); check that the folder may be opened"
    ]


def test_a_link_out_of_the_drop_is_refused_even_under_the_name_of_a_companion(
    two_forms: Study, drop: Path
) -> None:
    (drop.parent / "elsewhere.csv").write_text(SECRET)
    (drop / "enrol.csv").unlink()
    (drop / "enrol.csv").symlink_to("../elsewhere.csv")
    (drop / "planted.json").symlink_to(drop.parent / "elsewhere.csv")
    assert refusal(two_forms, drop) == [
        "enrol.csv: leads out of the drop folder; copy the file itself into the drop",
        "planted.json: leads out of the drop folder; copy the file itself into the drop",
    ]


def test_a_name_with_control_characters_is_shown_escaped_and_refused(two_forms: Study, drop: Path) -> None:
    (drop / "ae\x1b[31m\n.csv").write_text(SECRET)
    (drop / os.fsdecode(b"b\xff.csv")).write_text(SECRET)
    assert refusal(two_forms, drop) == [
        "ae\\x1b[31m\\n.csv: the name has a control character; rename the file",
        "b\\udcff.csv: the name has a control character; rename the file",
    ]


def test_links_that_lead_nowhere_and_folders_are_refused(two_forms: Study, drop: Path) -> None:
    (drop / "a").mkdir()
    (drop / "b").symlink_to("b")
    (drop / "c").symlink_to("absent")
    assert refusal(two_forms, drop) == [
        f"{name}: not a file; a drop is one folder of files" for name in "abc"
    ]


def test_two_files_for_one_form_are_refused(two_forms: Study, drop: Path) -> None:
    (drop / "death.tsv").write_text("\t".join(two_forms.forms["death"].fields) + "\n", encoding="utf-8")
    assert refusal(two_forms, drop) == [
        "death.csv, death.tsv: form death stands in 2 files; leave the one that is meant"
    ]


def test_forms_may_come_in_different_formats(two_forms: Study, drop: Path) -> None:
    (drop / "death.csv").unlink()
    (drop / "death.tsv").write_text("\t".join(two_forms.forms["death"].fields) + "\n", encoding="utf-8")
    assert list(files.read(two_forms, drop)) == ["enrol", "death"]


def test_a_kind_of_file_that_is_not_read_is_refused(two_forms: Study, drop: Path) -> None:
    (drop / "death.csv").rename(drop / "death.txt")
    faults = refusal(two_forms, drop)
    assert faults[0].startswith("death.txt: no reader for this kind of file; expected one of .csv, .tsv, ")
    assert faults[1:] == [
        "death.csv: the file is missing from the drop; export the form, with its header line alone if it has"
        " no record"
    ]


def test_a_form_in_another_format_than_its_contract_declares_is_refused(two_forms: Study, drop: Path) -> None:
    file = RawFile(format="parquet")
    forms = {**two_forms.forms, "death": two_forms.forms["death"].model_copy(update={"file": file})}
    assert refusal(replace(two_forms, forms=forms), drop) == [
        "death.csv: form death comes as csv, where specs/raw declares parquet; export it as parquet, or"
        " declare csv"
    ]


def test_a_document_that_cannot_be_read_is_the_only_fault_for_nobody_knows_which_forms_it_holds(
    two_forms: Study, drop: Path
) -> None:
    (drop / "death.csv").unlink()
    (drop / "trial.xml").write_text("<ODM/>")
    (fault,) = refusal(two_forms, drop)
    assert fault.startswith("trial.xml: the root element is not ODM")


OF_PATIENTS = """\
<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" ODMVersion="1.3.2" FileType="Snapshot"><Study OID="S">
<MetaDataVersion OID="V" Name="1"><StudyEventDef OID="E" Name="DEATH" Repeating="No" Type="Common"/>
<FormDef OID="F" Name="DEATH" Repeating="No"><ItemGroupRef ItemGroupOID="G" Mandatory="No"/></FormDef>
<ItemGroupDef OID="G" Name="DEATH" Repeating="No"><ItemRef ItemOID="I" Mandatory="No"/></ItemGroupDef>
<ItemDef OID="I" Name="CAUSE" DataType="text" Length="9"/></MetaDataVersion></Study>
<ClinicalData StudyOID="S" MetaDataVersionOID="V"><SubjectData SubjectKey="FD-1"><StudyEventData
StudyEventOID="E"><FormData FormOID="F"><ItemGroupData ItemGroupOID="G"><ItemData ItemOID="I" Value="X"/>
</ItemGroupData></FormData></StudyEventData></SubjectData></ClinicalData></ODM>
"""
OF_REDCAP = {
    "T_DATA_1.csv": "record_id,cause,death_complete\nFD-1,X,2\n",
    "T_DataDictionary_1.csv": (
        "field_name,form_name,field_type,select_choices_or_calculations,"
        "text_validation_type_or_show_slider_number\n"
        "record_id,death,text,,\ncause,death,text,,\n"
    ),
}


@pytest.mark.parametrize("files_", [{"trial.xml": OF_PATIENTS}, OF_REDCAP], ids=["ODM", "REDCap"])
def test_a_document_s_subject_is_the_number_that_the_study_names_whatever_it_is_called(
    study: Study, tmp_path: Path, files_: dict[str, str]
) -> None:
    death = study.forms["death"]
    fields = {"PATNUM": death.fields["SUBJECT"], "CAUSE": death.fields["CAUSE"]}
    subjects = study.protocol.subjects.model_copy(update={"form": "death", "number": "PATNUM"})
    of_patients = replace(
        study,
        forms={"death": death.model_copy(update={"fields": fields, "keys": ()})},
        protocol=study.protocol.model_copy(update={"subjects": subjects}),
    )
    for name, content in files_.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    read = files.read(of_patients, tmp_path)["death"]
    assert read.to_dict("records") == [{"PATNUM": "FD-1", "CAUSE": "X"}]


def test_an_odm_file_that_lacks_a_form_or_a_column_is_refused(two_forms: Study, drop: Path) -> None:
    for path in drop.glob("*.csv"):
        path.unlink()
    items = [
        c
        for c in two_forms.forms["death"].fields
        if c not in ("SITE", "SUBJECT", "FOLDER", "FORM", "RECORD", "CAUSE")
    ]
    (drop / "trial.xml").write_text(
        '<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" ODMVersion="1.3.2" FileType="Snapshot"><Study'
        ' OID="S"><MetaDataVersion OID="V" Name="1"><StudyEventDef OID="E" Name="VISIT" Repeating="Yes"'
        ' Type="Common"/><FormDef OID="F" Name="DEATH" Repeating="No"><ItemGroupRef ItemGroupOID="G"'
        ' Mandatory="No"/></FormDef><ItemGroupDef OID="G" Name="DEATH" Repeating="Yes">'
        + "".join(f'<ItemRef ItemOID="I.{c}" Mandatory="No"/>' for c in items)
        + "</ItemGroupDef>"
        + "".join(f'<ItemDef OID="I.{c}" Name="{c}" DataType="text" Length="9"/>' for c in items)
        + "</MetaDataVersion></Study></ODM>",
        encoding="utf-8",
    )
    assert refusal(two_forms, drop) == [
        "trial.xml: form death: column CAUSE is missing; export it, or change specs/raw",
        (
            "trial.xml: form enrol: not in the document's definition; export the form, if only with its"
            " definition"
        ),
    ]


def called(study: Study, **names: str) -> Study:
    """The study with forms whose contracts say what their files are called."""
    forms = {
        name: form.model_copy(update={"file": RawFile(called=names[name])}) if name in names else form
        for name, form in study.forms.items()
    }
    return replace(study, forms=forms)


def test_a_file_with_a_date_in_its_name_is_that_of_the_form_whose_contract_says_so(
    two_forms: Study, drop: Path
) -> None:
    (drop / "death.csv").rename(drop / "S1_Death_20220401.csv")
    study = called(two_forms, death="S1_DEATH_*")
    assert set(files.read(study, drop)) == {"enrol", "death"}
    assert files.file_of_each_form(study, drop)["death"] == "S1_Death_20220401.csv"


def test_two_files_that_are_called_so_are_refused_and_so_is_none(two_forms: Study, drop: Path) -> None:
    study = called(two_forms, death="S1_DEATH_*")
    (drop / "death.csv").rename(drop / "S1_DEATH_1.csv")
    (drop / "S1_DEATH_2.csv").write_bytes((drop / "S1_DEATH_1.csv").read_bytes())
    (told,) = refusal(study, drop)
    assert "form death stands in 2 files; leave the one that is meant" in told
    for number in (1, 2):
        (drop / f"S1_DEATH_{number}.csv").unlink()
    (told,) = refusal(study, drop)
    assert told.startswith("S1_DEATH_*.csv: the file is missing from the drop")


def test_a_file_of_two_forms_that_are_called_so_is_of_neither(two_forms: Study, drop: Path) -> None:
    study = called(two_forms, death="S1_*", enrol="S1_*")
    (drop / "death.csv").rename(drop / "S1_1.csv")
    assert "S1_1.csv: no form of specs/raw has this name" in refusal(study, drop)[0]
