"""An auditor asks why a cell holds its value: answers typed from the collected forms, and the same for every
cell there is.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import UsageError
from pipeline.explain import explain, impact, show
from pipeline.explain.rules import fields_of_cell
from pipeline.finished.build import Build, RawRecord, Record
from pipeline.finished.raw_fields import OF_RECORD
from tests.support.explained import SUBJECT, asked, cells, collected, considered, explained, lines


@pytest.fixture(scope="module")
def build(built: Path) -> Build:
    return Build.opened(built)


# --- questions of an auditor
TERM = {"ae.TERM": [("ae.csv:27", "ALT increased")]}
ACTION = {"ae.ACN_NK": [("ae.csv:27", "Not applicable")]}
SEX = {"enrol.GENDER": [("enrol.csv:8", "Female")]}
BIRTH = {"enrol.BIRTH_DATE": [("enrol.csv:8", "13 AUG 1965")]}
START_AND_FIRST_DOSE = {
    "ae.START_DATE": [("ae.csv:27", "29 JAN 2017")],
    "tras.DOSE_DATE": [("tras.csv:42", "06 SEP 2016")],
    "tras.START_TIME": [("tras.csv:42", "09:29")],
}
ENROLMENTS = {
    "enrol.SUBJECT": [("enrol.csv:15", "FD-014"), ("enrol.csv:10", "FD-009")],
    "enrol.EARLIER_SUBJECT": [("enrol.csv:10", None), ("enrol.csv:15", "FD-009")],
}
QUESTIONS = [
    # a copy, a recoded answer, a date
    ("AE.AETERM", ["USUBJID=007", "AESEQ=1"], "ALT increased", "copy", TERM),
    ("DM.SEX", ["USUBJID=007"], "F", "codelist", SEX),
    ("DM.BRTHDTC", ["USUBJID=007"], "1965-08-13", "date", BIRTH),
    # a study day: the date of the event, and the first dose of all
    ("AE.AESTDY", ["USUBJID=007", "AESEQ=1"], 146, "derive", START_AND_FIRST_DOSE),
    # a supplemental qualifier, by its row of SUPPAE and by its name in AE
    ("SUPPAE.QVAL", ["USUBJID=007", "IDVARVAL=1", "QNAM=AEACNNK"], "NOT APPLICABLE", "supplemental", ACTION),
    ("AE.AEACNNK", ["USUBJID=007", "AESEQ=1"], "NOT APPLICABLE", "codelist", ACTION),
    # a participant who was screened again is one person
    ("DM.USUBJID", ["USUBJID=009"], "NCT02843126-FD-009", "subject", ENROLMENTS),
]


@pytest.mark.parametrize(
    ("target", "keys", "value", "verb", "ends"), QUESTIONS, ids=[q[0] for q in QUESTIONS]
)
def test_the_chain_ends_in_the_answers_that_were_collected(
    built: Path,
    target: str,
    keys: list[str],
    value: object,
    verb: str,
    ends: dict[str, list[tuple[str, object]]],
) -> None:
    cell = asked(built, target, *keys).root
    assert cell.value == value
    assert cell.rule is not None
    assert cell.rule.verb == verb
    assert collected(cell) == ends


def test_a_rule_is_shown_with_its_text_its_lines_and_the_reasons_of_its_parameters(built: Path) -> None:
    rule = asked(built, "TR.TRSTRESC", "USUBJID=007", "TRSEQ=4").root.rule
    assert rule is not None
    assert (rule.what, rule.place.split(":")[0], rule.code.split(":")[0]) == (
        "diameter_in_mm",
        "mappings/sdtm/tr.yaml",
        "pipeline/derivations/sdtm/lesions.py",
    )
    assert [p["reason"] for p in rule.parameters if p["of"] == "specs.parameters.too_small_mm"] == [
        "A lesion faintly seen and too small to measure counts as 5 mm."
    ]


def test_a_value_of_the_trial_summary_is_explained_by_its_lines_of_the_study_file(built: Path) -> None:
    title = asked(built, "TS.TSVAL", "TSPARMCD=TITLE")
    (line,) = title.root.parts
    assert (title.root.value, title.raw) == (
        "Combination of Trastuzumab and NK Immunotherapy for Recurrent Breast Cancer",
        [],
    )
    assert str(title.root.value) in str(line.value)
    assert line.place.startswith("specs/study.yaml:")
    counted = asked(built, "TS.TSVAL", "TSPARMCD=ACTSUB")
    assert {behind.field for behind in counted.raw} == {"enrol.CONSENT_DATE", "rand.ARM_CODE"}


def test_a_relation_of_datasets_is_explained_by_the_study_file_and_one_of_records_by_the_events(
    built: Path,
) -> None:
    whole = asked(built, "RELREC.RELTYPE", "RELID=TU-TR", "RDOMAIN=TU")
    assert whole.root.parts[0].place.startswith("specs/study.yaml:")
    event = asked(built, "RELREC.IDVARVAL", "USUBJID=026", "RDOMAIN=AE")
    assert collected(event.root)["ae.ACN_TRAS"] == [("ae.csv:78", "Drug withdrawn")]


def test_a_date_of_the_subject_level_is_followed_to_the_record_that_holds_it(built: Path) -> None:
    assert collected(asked(built, "ADSL.RANDDT", "USUBJID=007").root)["rand.RAND_DATE"] == [
        ("rand.csv:7", "04 SEP 2016")
    ]


def test_a_sum_of_diameters_lists_the_lesions_that_were_measured(built: Path) -> None:
    cell = asked(built, "ADTR.AVAL", "USUBJID=006", "PARAMCD=SDIAM", "ASMT=A2").root
    assert cell.value == 51
    (results,) = [n for n in cell.walk() if n.name == "TR" and n.role == "measured"]
    listed = [r for r in results.as_data()["records"] if (r["TRLNKGRP"], r["TRTESTCD"]) == ("A2", "LDIAM")]
    assert [(r["collected"], r["TRLNKID"], r["TRSTRESN"]) for r in listed] == [
        ("tl.csv:71", "T01", 22),
        ("tl.csv:72", "T02", 15),
        ("tl.csv:73", "T03", 14),
    ]


DECISIONS = [
    (
        "007",
        "A6 EVENT",
        "ADRS.ADT = 2017-05-10",
        {"first event": "progression on 2017-05-10", "planned visits missed": "0", "death": "none"},
    ),
    (
        "016",
        "A5 MISSED ASSESSMENTS",
        "ADTA.AENDT = 2017-01-31",
        {
            "first event": "progression on 2017-10-17",
            "last adequate assessment before the event": "2017-01-31",
            "planned visits missed": "2",
        },
    ),
    (
        "008",
        "A4 NEW ANTICANCER THERAPY",
        "ADTA.AENDT = 2016-12-02",
        {
            "first event": "progression on 2017-05-22",
            "new anticancer therapy": "2016-12-19",
            "last adequate assessment before that therapy": "2016-12-02",
        },
    ),
    (
        "009",
        "A3 EARLY DEATH",
        "ADSL.DTHDT = 2016-11-27",
        {"first event": "death on 2016-11-27", "death": "2016-11-27"},
    ),
]


@pytest.mark.parametrize(("subject", "rule", "winner", "facts"), DECISIONS, ids=[d[1] for d in DECISIONS])
def test_progression_free_survival_shows_its_candidates_and_what_decided(
    built: Path, subject: str, rule: str, winner: str, facts: dict[str, str]
) -> None:
    cell = asked(built, "ADTTE.AVAL", f"USUBJID={subject}", "PARAMCD=PFS").root
    (decision,) = [n for n in cell.walk() if n.kind == "decision" and n.name == "ADTTE, PFS"]
    assert {"decided by": rule, **facts}.items() <= dict(decision.facts).items()
    assert [f"{p.name} = {p.value}" for p in decision.parts if p.role == "decides"] == [winner]
    deciding = [r for r in decision.as_data()["records"] if r["decides"]]
    assert [f"{r['record']} = {r['date']}" for r in deciding] == [winner]


def test_every_time_to_event_record_names_the_one_candidate_that_decided(build: Build, prove: bool) -> None:
    for record in build.records("ADTTE")[:: 1 if prove else 5]:
        cell = explained(build, record, "ADT").root
        (decision,) = [n for n in cell.walk() if n.kind == "decision" and n.name.startswith("ADTTE")]
        assert [p.role for p in decision.parts].count("decides") == 1, build.value(record, "PARAMCD")


# --- every cell
@pytest.mark.long
def test_every_cell_is_explained_and_its_chain_ends_in_the_drop(build: Build, prove: bool) -> None:
    ends = 0
    subjects = None if prove else [f"{SUBJECT}009", f"{SUBJECT}007"]
    for record, variable in cells(build, subjects, None if prove else 6):
        name = f"{record.dataset}.{variable}"
        cell = explained(build, record, variable).root
        assert cell.rule or cell.note, name
        for node in cell.walk():
            if node.kind == "raw" and node.place:
                ends += 1
                file, line = node.place.split(":")
                field = node.name.partition(".")[2]
                assert lines(file)[int(line)][field] == (node.value or ""), name
    assert ends > 1000


def test_the_raw_records_are_those_of_the_drop(build: Build) -> None:
    for form in build.study_facts["forms"]:
        in_build = {r.place: r.values for r in build.raw_records(form)}
        in_drop = {
            f"{form}.csv:{n}": {k: v or None for k, v in row.items()}
            for n, row in lines(f"{form}.csv").items()
        }
        assert in_build == in_drop, form


# --- forward
def test_impact_is_the_inverse_of_explain(build: Build, seed: int, prove: bool) -> None:
    """A cell declares a raw field of a record when, and only when, that record's field touches the cell."""
    draw = random.Random(seed)
    subject = f"{SUBJECT}009"
    raws = [r for form in build.study_facts["forms"] for r in build.raw_records(form, subject)]
    supplemental = {
        name
        for dataset in build.study_facts["datasets"].values()
        for name, properties in dataset["variables"].items()
        if properties.get("supp")
    }
    touched = 0
    for _ in range(200 if prove else 25):
        raw = draw.choice(raws)
        field = draw.choice([*build.study_facts["forms"][raw.form]["fields"]])
        variables = impact.impact_of(build, raw.form, field, [raw]).touched
        touched += len(variables)
        forward = {(record, t.variable) for t in variables for record in t.records or ()}
        backward = {
            (record, variable)
            for record, variable in cells(build, [subject])
            if (variable not in supplemental or record.dataset.startswith("SUPP"))
            and _is_behind(build, record, variable, raw, field)
        }
        assert forward == backward, f"{raw.form}.{field}"
    assert touched > 25, "the fields drawn must reach the output, or they prove nothing"


def _is_behind(build: Build, record: Record, variable: str, raw: RawRecord, field: str) -> bool:
    """Whether lineage declares the field of the raw record behind the cell."""
    through = {
        f.through for f in fields_of_cell(build, record, variable) if (f.form, f.name) == (raw.form, field)
    }
    is_own = (record.usubjid, record.form, record.record) == (raw.usubjid, raw.form, raw.record)
    is_of_subject = record.usubjid in (raw.usubjid, "") or record.form == "specs/study.yaml"
    return (is_own and OF_RECORD in through) or (is_of_subject and bool(through - {OF_RECORD}))


def test_a_diameter_touches_its_result_and_the_endpoints_but_no_demographics(built: Path) -> None:
    of_diameter = impact.impact(built, "tl.DIAMETER", ["SUBJECT=FD-007", "FOLDER=WEEK 12"])
    assert of_diameter.raw is not None
    assert [r.place for r in of_diameter.raw] == ["tl.csv:82"]
    through = {(t.dataset, t.variable): t.through for t in of_diameter.touched}
    assert through["TR", "TRSTRESN"] == "its own record"
    assert through["ADTTE", "AVAL"] == "any record of the subject"
    assert "DM" not in {t.dataset for t in of_diameter.touched}


def test_a_form_and_its_field_are_named_in_any_case(built: Path) -> None:
    assert (
        impact.impact(built, "RAND.arm_code", []).touched == impact.impact(built, "rand.ARM_CODE", []).touched
    )


def test_without_keys_impact_names_variables_alone(built: Path) -> None:
    touched = impact.impact(built, "rand.ARM_CODE", []).touched
    variables = {(t.dataset, t.variable) for t in touched}
    assert variables >= {("DM", "ARM"), ("ADSL", "TRT01P"), ("TS", "TSVAL")}
    assert {t.records is None for t in touched} == {True}


# --- wrong questions
WRONG = [
    (["AEE.AETERM", "USUBJID=X"], "AEE is not a dataset of this build; did you mean AE?"),
    (["AE.AETRM", "USUBJID=X"], "AE has no variable AETRM; did you mean AETERM?"),
    (["AE"], "AE: name a variable too, AE.VARIABLE"),
    (["AE.AETERM", "USUBJD=X"], "AE has no variable USUBJD; did you mean USUBJID?"),
    (
        ["AE.AETERM", "USUBJID"],
        "a record is named by KEY=VALUE, such as USUBJID=... or LBSEQ=3; an argument has no `=`",
    ),
    (
        ["AE.AETERM", "USUBJID=FD-007"],
        "AE has no record of that USUBJID; give it in full, as it is in the data",
    ),
    (
        ["AE.AETERM", f"USUBJID={SUBJECT}007"],
        "3 records of AE match; add AEDECOD or AESTDTC or AESPID or AESEQ",
    ),
    (
        ["AE.AETERM", f"USUBJID={SUBJECT}007", "AESEQ=9"],
        "AE has no record with that AESEQ together with that USUBJID",
    ),
    (["ADTTE.AVAL", "PARAMCD=PFX"], "ADTTE has no record with that PARAMCD; did you mean PFS?"),
]


@pytest.mark.parametrize(("question", "message"), WRONG, ids=[m for _, m in WRONG])
def test_a_question_that_names_nothing_is_answered_with_the_nearest_right_word(
    built: Path, question: list[str], message: str
) -> None:
    result = CliRunner().invoke(app, ["explain", str(built), *question])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(message)


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (["tll.DIAMETER"], "tll is not a raw form of this study; did you mean tl?"),
        (["tl.DIAMETR"], "tl has no field DIAMETR; did you mean DIAMETER?"),
        (["tl.DIAMETER", "FOLDR=1"], "tl has no field FOLDR; did you mean FOLDER?"),
        (
            ["tl.DIAMETER", "SUBJECT=nobody"],
            "tl has no record with that SUBJECT; values are given as they were collected",
        ),
    ],
)
def test_a_wrong_field_is_answered_with_the_nearest_right_word(
    built: Path, question: list[str], message: str
) -> None:
    result = CliRunner().invoke(app, ["impact", str(built), *question])
    assert (result.exit_code, result.stderr) == (2, f"{message}\n")


def test_a_folder_without_a_build_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no finished build here"):
        explain.explain(tmp_path, "AE.AETERM", [], considered)


# --- the answer in a sentence, before the chain
ANSWERS = [
    (
        ("ADTTE.AVAL", "USUBJID=007", "PARAMCD=PFS"),
        "249 days = 2017-05-10 - 2016-09-04 + 1; event: progressive disease; rule A6 EVENT.",
    ),
    (
        ("DM.SEX", "USUBJID=007"),
        'F, from enrol.GENDER "Female" at enrol.csv:8. The value recoded by the codelist SEX.',
    ),
    (
        ("AE.AESTDY", "USUBJID=007", "AESEQ=1"),
        "146, from AE.AESTDTC 2017-01-29 and DM.RFSTDTC 2016-09-06T09:29. Day of the study, where the"
        " reference date is day 1 and the day before it is day -1; missing unless both dates are complete.",
    ),
    (("DM.DOMAIN", "USUBJID=007"), "DM. The same value in each record."),
]


@pytest.mark.parametrize(("question", "sentence"), ANSWERS, ids=[q[0] for q, _ in ANSWERS])
def test_the_answer_comes_first_in_a_sentence(built: Path, question: tuple[str, ...], sentence: str) -> None:
    assert asked(built, *question).answer == sentence


PFS = ("ADTTE.AVAL", f"USUBJID={SUBJECT}007", "PARAMCD=PFS")


def printed(built: Path, *question: str) -> list[str]:
    result = CliRunner().invoke(app, ["explain", str(built), *question])
    assert result.exit_code == 0, result.stderr
    return result.stdout.splitlines()


def test_what_is_printed_begins_with_cell_answer_and_candidates(built: Path) -> None:
    shown = printed(built, *PFS)
    assert shown[0].startswith("ADTTE.AVAL = 249  Analysis Value")
    assert shown[1].startswith("249 days = 2017-05-10 - 2016-09-04 + 1; event")
    assert shown[2].startswith("decided by: A6 EVENT; data cut-off: 2019-07-01; first event: progression on")
    assert shown[4].strip() == "10 candidates by date"
    assert shown.index("how it came about") == 16  # their head and ten rows stand between


@pytest.mark.parametrize(
    "question", [PFS, ("AE.AESTDY", f"USUBJID={SUBJECT}007", "AESEQ=1")], ids=lambda q: q[0]
)
def test_at_most_forty_lines_come_before_more_is_asked_for(built: Path, question: tuple[str, ...]) -> None:
    shown = printed(built, *question)
    assert len(shown) <= 40
    assert shown[-1].startswith("The chain goes deeper: --depth ")


def test_a_chain_that_fits_is_whole_and_each_deeper_level_shows_more(built: Path) -> None:
    whole = printed(built, "DM.SEX", f"USUBJID={SUBJECT}007")
    assert not [line for line in whole if line.endswith(" below") or "--depth" in line]
    lengths = [len(printed(built, *PFS, "--depth", str(depth))) for depth in (1, 2, 4, 30)]
    assert lengths == sorted(set(lengths))
    folded = [line for line in printed(built, *PFS, "--depth", "30") if line.endswith(" below")]
    assert folded == []


# --- shapes of the answer
def test_the_answer_comes_as_tree_as_json_and_as_a_page_that_loads_nothing(
    built: Path, tmp_path: Path
) -> None:
    question = ["explain", str(built), "ADTTE.AVAL", f"USUBJID={SUBJECT}007", "PARAMCD=PFS"]
    tree = CliRunner().invoke(app, question).stdout
    assert "first event: progression on 2017-05-10" in tree
    assert "nl.csv:2" in tree
    printed = json.loads(CliRunner().invoke(app, [*question, "--json"]).stdout)
    assert printed["answer"].startswith("249 days")
    assert (printed["cell"]["name"], printed["cell"]["value"]) == ("ADTTE.AVAL", 249)
    page = tmp_path / "cell.html"
    assert CliRunner().invoke(app, [*question, "--html", str(page)]).exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert "tl.csv:81" in text
    assert not [
        word for word in ("<script", "http:", "https:", "src=", "href=", "url(", "@import") if word in text
    ]


def test_a_collected_text_cannot_become_part_of_the_page(built: Path) -> None:
    explanation = asked(built, "AE.AETERM", "USUBJID=007", "AESEQ=1")
    object.__setattr__(explanation.root, "value", "<b>&")
    assert "&lt;b&gt;&amp;" in show.page(explanation)


def test_an_explanation_loads_neither_checks_nor_the_rest_of_the_pipeline(built: Path) -> None:
    question = ["explain", str(built), "ADTTE.AVAL", f"USUBJID={SUBJECT}007", "PARAMCD=PFS"]
    others = ["great_expectations", "jinja2", "lxml", "pandera",
              "pipeline.stages", "pipeline.derivations.sdtm", "pipeline.publish"]  # fmt: skip
    code = f"""
import sys
from typer.testing import CliRunner
from pipeline.cli import app
result = CliRunner().invoke(app, {question!r})
assert result.exit_code == 0, result.output
print(sorted(set({others!r}) & set(sys.modules)))
"""
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert loaded == "[]\n"


def test_impact_comes_as_tree_and_as_json(built: Path) -> None:
    question = ["impact", str(built), "tl.DIAMETER", "SUBJECT=FD-007", "FOLDER=WEEK 12"]
    assert "tl.csv:82" in CliRunner().invoke(app, question).stdout
    printed = json.loads(CliRunner().invoke(app, [*question, "--json"]).stdout)
    own = [t for t in printed["touches"] if (t["dataset"], t["variable"]) == ("TR", "TRSTRESN")]
    assert [r["VISITNUM"] for r in own[0]["records"]] == [10]
