"""`init`: a study in seconds; or drafted from a drop, each drafted line with what it rests on."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline import lint
from pipeline.cli import app
from pipeline.drafting import command, words
from pipeline.errors import DropError, UsageError
from pipeline.plan import LIBRARY
from pipeline.standards import sdtmig
from tests.conftest import ROOT

# a drop as another EDC would write it: other names, other formats, semicolons, numbers with a comma
FOREIGN = {
    "Demog.csv": """Patient No;Centre;Sex;Date of Birth;Consent date;Race;Treatment group
P01;10;F;03/04/1960;01/02/2020;White;ARM A
P02;10;M;11/12/1955;03/02/2020;White;ARM B
P03;20;F;05/06/1971;07/02/2020;Asian;ARM A
P04;20;M;09/01/1949;10/02/2020;White;ARM B
""",
    "Toxicity.csv": """Patient No;Event;Grade;Is the event serious?;Relationship;Onset date;End date;Remarks
P01;Nausea;1;No;Possible;13/02/2020;20/02/2020;told by Mrs Smith
P01;Fatigue;2;No;Not related;01/03/2020;;
P02;Rash;1;No;Possible;25/02/2020;02/03/2020;
P03;Anaemia;3;Yes;Not related;17/02/2020;28/02/2020;
""",
    "Lesions.csv": """Patient No;Visit;Lesion No;Lesion type;Organ;Method;Scan date;Size;Unit
P01;BASELINE;T1;Target;Liver;CT Scan;30/01/2020;21,5;mm
P01;WEEK 8;T1;Target;Liver;CT Scan;27/03/2020;15,0;mm
P02;BASELINE;T1;Target;Lung;CT Scan;01/02/2020;33,0;mm
P02;BASELINE;N1;Non-Target;Liver;CT Scan;01/02/2020;NA;
P02;WEEK 8;T1;Target;Lung;CT Scan;30/03/2020;40,2;mm
P02;WEEK 8;N1;Non-Target;Liver;CT Scan;30/03/2020;NA;
""",
    "Response.csv": """Patient No;Visit;Assessment date;Target lesions;Non-target lesions;Overall response
P01;WEEK 8;27/03/2020;PR;NE;PR
P02;WEEK 8;30/03/2020;PD;NON-CR/NON-PD;PD
P03;WEEK 8;28/03/2020;SD;NE;SD
""",
    "Subsequent_Therapy.csv": """Patient No;Drug name;Start date
P02;Docetaxel;15/05/2020
""",
    "Dosing.csv": """Patient No;Study drug;Dose;Dose unit;Route;Start date;End date
P01;ARM A;50;mg;Oral;12/02/2020;10/03/2020
P02;ARM B;10;mg;Oral;14/02/2020;12/03/2020
P03;ARM A;50;mg;Oral;16/02/2020;14/03/2020
""",
    "readme.txt": "exported on Friday\n",
}


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("foreign")
    drop = folder / "drop"
    drop.mkdir()
    for name, text in FOREIGN.items():
        (drop / name).write_text(text, encoding="utf-8")
    command.from_drop(folder / "study", drop)
    return folder / "study"


def lines(study: Path, file: str) -> dict[str, str]:
    """Each line of a drafted file by what stands before its first colon, without its evidence."""
    text = (study / file).read_text("utf-8")
    found = [
        line.partition("  # draft:")[0] for line in text.splitlines() if not line.strip().startswith("#")
    ]
    return {key.strip(" -"): value.strip() for key, _, value in (line.partition(":") for line in found)}


# --- the study that builds at once
def test_a_study_of_init_builds_at_once(tmp_path: Path) -> None:
    study, out = tmp_path / "study", tmp_path / "out"
    made = CliRunner().invoke(app, ["init", str(study)])
    assert made.exit_code == 0, made.output
    built = CliRunner().invoke(
        app, ["build", str(study / "drop"), "--study", str(study), "--out", str(out), "--quiet"]
    )
    assert built.exit_code == 0, built.output
    assert (out / "latest" / "m5" / "datasets" / "sample-01" / "tabulations" / "sdtm" / "dm.xpt").is_file()


def test_init_writes_into_no_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="not an empty folder"):
        command.sample(tmp_path)
    with pytest.raises(UsageError, match="not an empty folder"):
        command.from_drop(tmp_path, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


# --- contracts
@pytest.mark.parametrize(
    ("file", "key", "value"),
    [
        ("demog", "keys", "[Patient No]"),
        ("demog", "file", "{delimiter: \";\"}"),
        ("demog", "form", "Demog"),
        ("toxicity", "DD/MM/YYYY", "[Onset date, End date]"),
        ("toxicity", "integer", "[Grade]"),
        ("lesions", "visit", "Visit"),
        ("lesions", "keys", "[Patient No, Visit, Lesion No]"),
        ("lesions", "missing", "[NA]"),
        ("lesions", "number", "[Size]"),
        ("lesions", "Lesion type", "[Non-Target, Target]"),
        ("response", "DD/MM/YYYY", "[Assessment date]"),
    ],
)  # fmt: skip
def test_a_contract_is_drafted_from_the_data(foreign: Path, file: str, key: str, value: str) -> None:
    assert lines(foreign, f"specs/raw/{file}.yaml")[key] == value


def test_a_date_whose_order_nobody_can_tell_says_so(tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    (tmp_path / "drop" / "dm.csv").write_text("SUBJID,BIRTH_DATE\nP1,03/04/1960\nP2,05/06/1971\n")
    command.from_drop(tmp_path / "study", tmp_path / "drop")
    text = (tmp_path / "study" / "specs" / "raw" / "dm.yaml").read_text("utf-8")
    assert "MM/DD/YYYY: [BIRTH_DATE]  # draft: fits all 2 records; DD/MM/YYYY too: ask which is day" in text


def test_records_that_a_format_does_not_fit_are_counted_and_none_is_shown(tmp_path: Path) -> None:
    days = [f"P{i},{i:02}.01.2020" for i in range(1, 21)]
    (tmp_path / "drop").mkdir()
    (tmp_path / "drop" / "sv.csv").write_text("\n".join(["SUBJID,VISIT_DATE", *days, "P21,spring 2020", ""]))
    command.from_drop(tmp_path / "study", tmp_path / "drop")
    text = (tmp_path / "study" / "specs" / "raw" / "sv.yaml").read_text("utf-8")
    assert "DD.MM.YYYY: [VISIT_DATE]  # draft: fits 20 records, and 1 are otherwise" in text
    assert "spring" not in text


def test_no_text_of_a_participant_is_in_any_drafted_file(foreign: Path) -> None:
    texts = "".join(path.read_text("utf-8") for path in foreign.rglob("*.yaml"))
    for own in ("Smith", "Nausea", "Docetaxel", "P01", "1960"):
        assert own not in texts, own


def test_a_date_of_two_orders_has_the_one_that_another_date_of_the_drop_needs(foreign: Path) -> None:
    text = (foreign / "specs" / "raw" / "demog.yaml").read_text("utf-8")
    assert "  DD/MM/YYYY:\n    - Date of Birth  # draft: fits all 4 records; MM/DD/YYYY too: as other" in text


# --- mappings
@pytest.mark.parametrize(
    ("dataset", "variable", "value"),
    [
        ("dm", "SEX", "{codelist: Sex}"),
        ("dm", "BRTHDTC", "{date: Date of Birth}"),
        ("dm", "RFICDTC", "{date: Consent date}"),
        ("dm", "SITEID", "{copy: Centre}"),
        ("dm", "ARMCD", "{derive: arm_code, of: {collected: Treatment group}}"),
        ("ae", "AETERM", "{copy: Event}"),
        ("ae", "AETOXGR", "{copy: Grade}"),
        ("ae", "AESER", "{codelist: \"Is the event serious?\"}"),
        ("ae", "AEREL", "{copy: Relationship}"),
        ("ae", "AESTDTC", "{date: Onset date}"),
        ("ae", "AEENDTC", "{date: End date}"),
        ("cm", "CMTRT", "{copy: Drug name}"),
        ("cm", "CMCAT", "{constant: NEW ANTICANCER THERAPY}"),
        ("cm", "CMSTDTC", "{date: Start date}"),
        ("ex", "EXTRT", "{copy: Study drug}"),
        ("ex", "EXDOSE", "{copy: Dose}"),
        ("ex", "EXDOSU", "{codelist: Dose unit}"),
        ("tu", "TULNKID", "{copy: Lesions.Lesion No}"),
        ("tu", "TULOC", "{codelist: Lesions.Organ}"),
        ("tr", "TRORRESU", "{codelist: Unit}"),
        ("rs", "RSDTC", "{date: Assessment date}"),
    ],
)  # fmt: skip
def test_a_field_is_proposed_for_its_variable(foreign: Path, dataset: str, variable: str, value: str) -> None:
    found = lines(foreign, f"mappings/sdtm/{dataset}.yaml")[variable]
    assert found == value or (variable == "TRORRESU" and "unit: Unit" in found)


def test_lesions_of_a_form_with_groups_are_a_block_each(foreign: Path) -> None:
    text = (foreign / "mappings" / "sdtm" / "tr.yaml").read_text("utf-8")
    assert re.findall(r"where: (.*?)  #", text) == ["{Lesion type: Target}", "{Lesion type: Non-Target}"]


def test_each_response_is_a_block_with_its_test(foreign: Path) -> None:
    text = (foreign / "mappings" / "sdtm" / "rs.yaml").read_text("utf-8")
    assert re.findall(r"RSTESTCD: \{constant: (\w+)\}", text) == ["TRGRESP", "NTRGRESP", "OVRLRESP"]
    assert "# draft: name: overall; 3 of 3 answers are terms of ONCRSR (C96785)" in text


def test_a_field_that_nothing_is_proposed_for_is_told(foreign: Path) -> None:
    text = (foreign / "mappings" / "sdtm" / "ae.yaml").read_text("utf-8")
    assert "# Fields of Toxicity that no line here reads: Remarks" in text


def test_a_file_that_is_no_form_is_a_companion(foreign: Path) -> None:
    assert lines(foreign, "specs/study.yaml")["companions"] == "[readme.txt]"


# --- what a stranger's forms look like
STRANGE = {
    "AE.csv": """SUBJ_NO,AE_NO,AE_VERBATIM,AE_START
S-01,1,Rash,UNK-FEB-2022
S-01,2,Rash,UNK-UNK-2021
S-02,1,Cough,UNK-MAR-2022
""",
    "DEMOG.csv": """SUBJ_NO,GENDER,AGE_CONSENT,CONSENT_DT
S-01,Male,50,03-JAN-2022
S-02,Female,61,13-JAN-2022
""",
    "RANDOM.csv": """SUBJ_NO,RAND_DT,ARM_DESC
S-01,10-JAN-2022,BX + Y
S-02,20-JAN-2022,Y alone
S-03,21-JAN-2022,BX + Y
S-04,22-JAN-2022,Y alone
S-05,23-JAN-2022,BX + Y
S-06,24-JAN-2022,Y alone
""",
    "VITALS.csv": """SUBJ_NO,VS_DT,HT_CM,WT_KG
S-01,03-JAN-2022,168,74.0
S-02,13-JAN-2022,180,81.5
""",
    "LAB.csv": """PatientID,CollDate,Test,Result,Units
S01,03-JAN-2022,Hemoglobin,14,g/dL
S02,13-JAN-2022,Hemoglobin,15,g/dL
""",
    "TARGET.csv": """SUBJ_NO,VISIT_NAME,SCAN_DT,L1_SITE,L1_MM,L2_SITE,L2_MM
S-01,Screening,04-JAN-2022,Liver,20,Lung,31
S-01,Week 8,04-MAR-2022,,18,,NE
S-02,Screening,14-JAN-2022,Liver,25,,
S-02,Week 8,14-MAR-2022,,24,,
""",
    "NEWLES.csv": """SUBJ_NO,VISIT_NAME,SCAN_DT,NEW_YN,NL_NO,NL_SITE
S-01,Week 8,04-MAR-2022,No,,
S-02,Week 8,14-MAR-2022,Yes,1,Bone
""",
}


@pytest.fixture(scope="module")
def strange(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("strange")
    (folder / "drop").mkdir()
    for name, text in STRANGE.items():
        (folder / "drop" / name).write_text(text, encoding="utf-8")
    command.from_drop(folder / "study", folder / "drop")
    return folder / "study"


@pytest.mark.parametrize(
    ("file", "key", "value"),
    [
        ("specs/raw/ae.yaml", "keys", "[SUBJ_NO, AE_NO]"),  # and not the term
        ("specs/raw/ae.yaml", "DD-MON-YYYY partial", "[AE_START]"),  # no date is complete
        ("mappings/sdtm/ae.yaml", "from", "ae"),  # a dataset is called AE
        ("mappings/sdtm/dm.yaml", "AGE", "{copy: AGE_CONSENT}"),
        ("mappings/sdtm/dm.yaml", "ARMCD", "{derive: arm_code, of: {collected: RANDOM.ARM_DESC}}"),
        ("mappings/sdtm/dm.yaml", "RACE", "WHY"),  # the draft knows no reason
        ("specs/study.yaml", "arms", "{ARM1: BX + Y, ARM2: Y alone}"),
        ("mappings/sdtm/lb.yaml", "LBTESTCD", "{codelist: Test}"),
    ],
)  # fmt: skip
def test_the_names_of_a_strange_form_are_understood(strange: Path, file: str, key: str, value: str) -> None:
    assert lines(strange, file)[key] == value


def test_a_unit_may_stand_in_the_name_of_a_field(strange: Path) -> None:
    text = (strange / "mappings/sdtm/vs.yaml").read_text("utf-8")
    assert "{VSTESTCD: WEIGHT, VSORRES: WT_KG, VSORRESU: kg}" in text
    assert "{VSTESTCD: HEIGHT, VSORRES: HT_CM, VSORRESU: cm}" in text


def test_a_form_without_the_participant_says_what_to_write(strange: Path) -> None:
    text = " ".join((strange / "specs/raw/lab.yaml").read_text("utf-8").split())
    assert "`file: {columns: {SUBJ_NO: PatientID}}`" in text


def test_lesions_side_by_side_are_a_block_each(strange: Path) -> None:
    identified = (strange / "mappings/sdtm/tu.yaml").read_text("utf-8")
    measured = (strange / "mappings/sdtm/tr.yaml").read_text("utf-8")
    assert re.findall(r"where: \{(\w+): present\}", identified) == ["L1_SITE", "L2_SITE"]
    assert re.findall(r"where: \{(\w+): present\}", measured) == ["NL_NO", "L1_MM", "L2_MM"]
    assert re.findall(r"TRLNKID: +\{constant: (\w+)\}", measured) == ["T01", "T02"]
    # NE stands among the numbers of the second
    assert "{derive: diameter_as_collected, of: {diameter: L1_MM}}" in measured
    assert "{derive: diameter_as_collected, of: {diameter: L2_MM, status: L2_MM}}" in measured
    assert "{derive: lesion_identifier, of: {lesion: NL_NO}, with: {prefix: NEW}}" in measured


# --- what is left
def test_lint_lists_each_drafted_line(foreign: Path) -> None:
    found = lint.drafted(foreign)
    study = f"{foreign}/specs/study.yaml"
    assert f"{study}:4:15: draft: write it" in found
    marked = sum(path.read_text("utf-8").count("# draft:") for path in foreign.rglob("*.yaml"))
    assert len(found) == marked > 100


def test_a_build_warns_of_each_file_with_drafted_lines(tmp_path: Path) -> None:
    study = tmp_path / "study"
    command.sample(study)
    path = study / "mappings" / "sdtm" / "ex.yaml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("{copy: DRUG}", "{copy: DRUG}  # draft: name: drug", 1), encoding="utf-8")
    out = tmp_path / "out"
    built = CliRunner().invoke(
        app, ["build", str(study / "drop"), "--study", str(study), "--out", str(out), "--quiet"]
    )
    assert built.exit_code == 0, built.output
    findings = (out / "latest" / "report" / "findings.csv").read_text("utf-8")
    assert "STUDY-DRAFT,warning" in findings
    assert "line 5 is drafted and not confirmed" in findings
    assert "mappings/sdtm/ex.yaml:5" in findings


# --- one more form
def test_a_new_form_is_drafted_beside_the_others(tmp_path: Path) -> None:
    study, drop = tmp_path / "study", tmp_path / "drop"
    command.sample(study)
    shutil.copytree(study / "drop", drop)
    (drop / "vs.csv").write_text("SUBJID,VISIT,VSDAT,SYSBP\n01-001,WEEK 1,2024-01-15,120\n", encoding="utf-8")
    written = command.new_form(study, "vs", drop)
    assert sorted(written.files) == ["mappings/sdtm/vs.yaml", "specs/raw/vs.yaml"]
    assert lines(study, "mappings/sdtm/vs.yaml")["VSDTC"] == "{date: VSDAT}"
    with pytest.raises(UsageError, match="has its contract"):
        command.new_form(study, "vs", drop)
    with pytest.raises(DropError, match="is not in the drop"):
        command.new_form(study, "lb", drop)


# --- a form that a person mapped
def test_the_draft_of_the_example_has_the_lines_that_a_person_wrote(tmp_path: Path) -> None:
    command.from_drop(tmp_path / "study", ROOT / "examples" / "minimal" / "drop")
    written = lines(ROOT / "examples" / "minimal", "mappings/sdtm/ae.yaml")
    drafted = lines(tmp_path / "study", "mappings/sdtm/ae.yaml")
    same = [v for v in written if written[v].startswith("{") and drafted.get(v) == written[v]]
    assert {"AETERM", "AESEV", "AESER", "AEOUT", "AESTDTC", "AEENDTC", "AESCONG", "AESDISAB"} <= set(same)


# --- the tables
def test_every_variable_that_a_table_names_is_one_of_the_guide() -> None:
    guide = sdtmig("3.4")
    for row in words.table("words"):
        for where in row["where"].split():
            datasets = (
                [where]
                if where in guide.datasets
                else [name for name, facts in guide.datasets.items() if facts.class_ == where]
            )
            assert datasets, where
            if row["verb"] not in ("response",) and where in guide.datasets:
                variable = row["variable"].replace("--", where)
                assert guide.variable(where, variable), (where, variable)
    for row in words.table("forms"):
        assert set(row["domain"].split()) <= guide.datasets.keys(), row


def test_the_number_that_tells_most_participants_apart_is_that_of_the_participant(tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    (drop / "dm.csv").write_text(
        "SUBJECT,SITEID,SUBJNO,SEX\n001,104,104-001,F\n001,211,211-001,M\n002,104,104-002,F\n",
        encoding="utf-8",
    )
    (drop / "ae.csv").write_text(
        "SUBJECT,SITEID,SUBJNO,AETERM\n001,104,104-001,Rash\n001,211,211-001,Fever\n", encoding="utf-8"
    )
    command.from_drop(tmp_path / "study", drop)
    assert "number: SUBJNO" in (tmp_path / "study/specs/study.yaml").read_text(encoding="utf-8")


def test_a_box_that_is_ticked_is_no_answer_of_a_list(tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    people = "001,1,0,F\n002,0,1,M\n003,1,0,F\n"
    (drop / "dm.csv").write_text(f"SUBJECT,RACE_WHITE,RACE_ASIAN,SEX\n{people}", encoding="utf-8")
    command.from_drop(tmp_path / "study", drop)
    drafted = (tmp_path / "study/mappings/sdtm/dm.yaml").read_text(encoding="utf-8")
    assert "copy: RACE_WHITE" not in drafted
    assert "SEX:" in drafted


def test_a_number_that_begins_again_at_each_site_is_made_of_both(tmp_path: Path) -> None:
    command.from_drop(tmp_path / "study", ROOT / "examples" / "safety" / "drop")
    drafted = (tmp_path / "study/specs/study.yaml").read_text(encoding="utf-8")
    assert 'number: SUBJNO, made_of: "{SITEID}-{SUBJECT}"}  # draft: 5 participants in 5 records' in drafted
    enrolled = (tmp_path / "study/specs/raw/dm.yaml").read_text(encoding="utf-8")
    assert "keys: [SUBJNO]" in enrolled
    assert "text: [SUBJECT," in enrolled  # SUBJNO is a column of no file
    assert "SUBJID:   {copy: SUBJECT}" in (tmp_path / "study/mappings/sdtm/dm.yaml").read_text(
        encoding="utf-8"
    )


def test_names_as_raves_forms_have_them(tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    forms = {
        "dm": "SUBJNO,SEX\n104-001,Male\n104-002,Female\n",
        "rsinv": "SUBJNO,FOLDEROID,RSDAT,TRGRESP,NTRGRESP,OVRLRESP\n"
        "104-001,W6,2021-03-06,Partial response,Non-CR/Non-PD,Partial response\n"
        "104-002,W6,2021-03-08,Stable disease,Non-CR/Non-PD,Stable disease\n",
        "ae": "SUBJNO,AENO,AETERM,AETERM_PT,AETERM_SOC\n104-001,1,Tired,Fatigue,General disorders\n",
        "exiv": "SUBJNO,EXDRUG,EXSTDAT,EXTOT,EXTOT_U\n104-001,QV-77,2021-01-28,886,mg\n",
    }
    for name, text in forms.items():
        (drop / f"{name}.csv").write_text(text, encoding="utf-8")
    command.from_drop(tmp_path / "study", drop)
    folder = tmp_path / "study" / "mappings" / "sdtm"
    rs, ae, ex = ((folder / f"{name}.yaml").read_text(encoding="utf-8") for name in ("rs", "ae", "ex"))
    for test in ("TRGRESP", "NTRGRESP", "OVRLRESP"):
        assert f"RSTESTCD: {{constant: {test}}}" in rs
        assert f"RSORRES:  {{copy: {test}}}" in rs
    assert "AEDECOD:  {copy: AETERM_PT}" in ae
    assert "AESOC:    {copy: AETERM_SOC}" in ae
    assert "EXTRT:   {copy: EXDRUG}" in ex
    assert "EXDOSE:  {copy: EXTOT}" in ex
    assert "EXDOSU:  {codelist: EXTOT_U}" in ex


ELIGIBILITY = """SUBJECT,IEDAT,INCL01,INCL02,EXCL01,Remark2
S-01,02-Jan-2022,Yes,Yes,No,No
S-02,12-Jan-2022,Yes,No,No,No
"""


def test_criteria_side_by_side_are_a_block_each_and_who_meets_all_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    (tmp_path / "drop/ie.csv").write_text(ELIGIBILITY, "utf-8")
    command.from_drop(tmp_path / "study", tmp_path / "drop")
    drafted = (tmp_path / "study/mappings/sdtm/ie.yaml").read_text("utf-8")
    assert re.findall(r"where: \{(.*?)\}", drafted) == ["INCL01: No", "INCL02: No", "EXCL01: Yes"]
    assert re.findall(r"IEORRES: +\{constant: (\w)\}", drafted) == ["N", "N", "Y"]
    assert "# Fields of ie that no line here reads: Remark2" in drafted
    aside = (tmp_path / "study/mappings/set_aside.yaml").read_text("utf-8")
    assert "{from: ie, where: {INCL01: Yes, INCL02: Yes, EXCL01: No}, reason: All criteria were met}" in aside
    assert '{code: EXCL01, category: EXCLUSION, text: TEXT, version: "1"}' in (
        tmp_path / "study/specs/study.yaml"
    ).read_text("utf-8")


@pytest.mark.parametrize(
    ("country", "line"),
    [("Germany", "{derive: country_code, of: {country: dm.COUNTRY}}"), ("DEU", "{copy: COUNTRY}")],
)
def test_a_country_by_its_name_is_drafted_with_its_code(tmp_path: Path, country: str, line: str) -> None:
    (tmp_path / "drop").mkdir()
    rows = f"SUBJECT,SEX,COUNTRY\nS-01,F,{country}\nS-02,M,{country}\n"
    (tmp_path / "drop/dm.csv").write_text(rows, "utf-8")
    command.from_drop(tmp_path / "study", tmp_path / "drop")
    assert line in (tmp_path / "study/mappings/sdtm/dm.yaml").read_text("utf-8")
    assert "country_code" in LIBRARY["sdtm"]


def test_the_preferred_term_may_be_called_by_its_letters(tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    (tmp_path / "drop/ae.csv").write_text("SUBJECT,AETERM,AEPT\nS-01,Sick,Nausea\nS-02,Tired,Fatigue\n")
    command.from_drop(tmp_path / "study", tmp_path / "drop")
    assert "AEDECOD:  {copy: AEPT}" in re.sub(
        " +{", "  {", (tmp_path / "study/mappings/sdtm/ae.yaml").read_text()
    )
