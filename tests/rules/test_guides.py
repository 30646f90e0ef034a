"""The reviewer's guides: sections in PHUSE's order, every number a query over the build, every finding
explained.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pyreadstat
import pytest

from pipeline.checks.datasets import deviations, explanations, waivers
from pipeline.checks.datasets.rules import RULES
from pipeline.derivations.oncology import reconcile
from pipeline.errors import PipelineError, SpecError
from pipeline.publish.guides import content as guides
from pipeline.publish.guides.tables import UNEXPLAINED, Table
from pipeline.records.findings import Finding
from pipeline.study import Study
from tests.conftest import ROOT
from tests.support import small_builds
from tests.support.small_study import small_study

TEMPLATES = ROOT / "pipeline" / "publish" / "guides" / "templates"
NUMBERS = re.compile(
    r"\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|hundred|dozen)\b",
    re.IGNORECASE,
)
CSDRG = """
1 Introduction|1.1 Purpose|1.2 Acronyms|1.3 Study Data Standards and Dictionary Inventory
2 Protocol Description|2.1 Protocol Number and Title|2.2 Protocol Design|2.3 Trial Design Datasets
3 Subject Data Description|3.1 Overview|3.2 Annotated CRFs|3.3 SDTM Subject Domains
4 Data Conformance Summary|4.1 Conformance Inputs|4.2 Issues Summary|4.3 Additional Conformance Details
Appendix I Inclusion/Exclusion Criteria|Appendix II Legacy Data Conversion
"""
ADRG = """
1 Introduction|1.1 Purpose|1.2 Acronyms|1.3 Study Data Standards and Dictionary Inventory
1.4 Source Data Used for Analysis Dataset Creation
2 Protocol Description|2.1 Protocol Number and Title|2.2 Protocol Design in Relation to ADaM Concepts
3 Analysis Considerations Related to Multiple Analysis Datasets|3.1 Core Variables|3.2 Treatment Variables
3.3 Subject Issues that Require Special Analysis Rules
3.4 Use of Visit Windowing, Unscheduled Visits, and Record Selection
3.5 Imputation/Derivation Methods
4 Analysis Data Creation and Processing Issues|4.1 Split Datasets|4.2 Data Dependencies
4.3 Intermediate Datasets
5 Analysis Dataset Descriptions|5.1 Overview|5.2 Analysis Datasets
6 Data Conformance Summary|6.1 Conformance Inputs|6.2 Issues Summary
7 Submission of Programs|7.1 ADaM Programs|7.2 Analysis Output Programs|7.3 Open-Source Software
"""


def written(out: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((out / "lineage" / "guides.json").read_text(encoding="utf-8"))
    return content


def parts(out: Path) -> dict[str, Any]:
    """Paragraphs and tables by name."""
    return {p["id"]: p for g in written(out)["guides"].values() for s in g["sections"] for p in s["parts"]}


@pytest.fixture(scope="module")
def guide_parts(few_built: Path) -> dict[str, Any]:
    return parts(few_built)


# --- no number is typed by hand
@pytest.mark.parametrize("name", guides.TITLES)
def test_no_template_holds_a_digit_or_the_word_for_a_number(name: str) -> None:
    text = (TEMPLATES / f"{name}.txt.j2").read_text(encoding="utf-8")
    assert re.findall(r".*\d.*", text) == []
    assert NUMBERS.findall(text) == []


def test_what_the_sponsor_adds_holds_no_number(study: Study) -> None:
    own = study.guides
    texts = [
        *own.acronyms.values(),
        *(t for a in (*own.tabulation, *own.analysis) for t in (a.question, a.answer)),
    ]
    texts += [d.notes or "" for d in own.datasets.values()] + [e.text for e in own.explanations]
    assert [t for t in texts if re.search(r"\d", t) or NUMBERS.search(t)] == []


def test_a_record_more_is_a_record_more_in_the_guide(tmp_path: Path) -> None:
    dose = small_builds.DROP["dose.csv"]
    more = {
        "dose.csv": dose + "03,V1,Yes,05 MAR 2018,95,DRUG\n",
        "enrol.csv": small_builds.DROP["enrol.csv"] + "04,,,Male,01 JAN 1950\n",
    }
    before, after = (
        parts(small_builds.built(tmp_path, "before")),
        parts(small_builds.built(tmp_path, "after", drop=more)),
    )
    assert before["csdrg.3.3.EX.facts"]["text"].startswith("One record per dose; 3 records.")
    assert after["csdrg.3.3.EX.facts"]["text"].startswith("One record per dose; 4 records.")
    assert before["csdrg.3.1.subjects"]["text"].startswith("DM holds 3 participants")
    assert after["csdrg.3.1.subjects"]["text"].startswith("DM holds 4 participants")
    assert ["Enrolment", "4", "4", "0"] in after["csdrg.3.1.accounting"]["rows"]


# --- order and names
@pytest.mark.parametrize(("name", "expected"), [("csdrg", CSDRG), ("adrg", ADRG)])
def test_sections_stand_in_the_order_of_the_template_of_phuse(
    few_built: Path, name: str, expected: str
) -> None:
    headings = [f"{s['number']} {s['title']}" for s in written(few_built)["guides"][name]["sections"]]
    assert [h for h in headings if not re.match(r"\d+\.\d+\.\d+ ", h)] == [
        h for h in re.split(r"[|\n]", expected) if h
    ]


def test_each_dataset_has_a_section_of_its_name_below_its_kind(few_built: Path) -> None:
    report = json.loads((few_built / "report" / "report.json").read_text(encoding="utf-8"))
    sections = {s["id"] for g in written(few_built)["guides"].values() for s in g["sections"]}
    for d in report["datasets"]:
        name = d["dataset"]
        if not name.startswith("SUPP"):
            place = (
                "csdrg.2.3"
                if name in ("TA", "TE", "TV", "TD", "TI", "TS")
                else {"sdtm": "csdrg.3.3", "adam": "adrg.5.2"}[d["layer"]]
            )
            assert f"{place}.{name}" in sections


def test_every_paragraph_has_a_name_of_its_own(few_built: Path) -> None:
    names = [
        p["id"] for g in written(few_built)["guides"].values() for s in g["sections"] for p in s["parts"]
    ]
    assert len(names) == len(set(names)) > 150


# --- what the numbers are
def test_the_records_of_each_dataset_are_those_of_its_file(
    few_built: Path, guide_parts: dict[str, Any]
) -> None:
    """Counted by an independent reader in the transport files."""
    counted = {}
    for path in (few_built / "m5").rglob("*.xpt"):
        counted[path.stem.upper()] = pyreadstat.read_xport(path)[0].shape[0]
    counts = {
        p.split(".")[3]: re.search(r"; ([\d,]+) records?\.", guide_parts[p]["text"])
        for p in guide_parts
        if p.endswith(".facts")
    }
    assert len(counts) > 30
    for name, number in counts.items():
        assert number, name
        assert int(number[1].replace(",", "")) == counted[name], name
    supp = {r[0]: r[4] for r in guide_parts["csdrg.3.3.inventory"]["rows"] if r[4]}
    assert {f"SUPP{n}": int(c.replace(",", "")) for n, c in supp.items()} == {
        n: c for n, c in counted.items() if n.startswith("SUPP")
    }


def test_supplemental_qualifiers_are_counted_by_name(few_built: Path, guide_parts: dict[str, Any]) -> None:
    rows = pyreadstat.read_xport(next((few_built / "m5").rglob("suppae.xpt")))[0]
    assert {r[0]: int(r[3]) for r in guide_parts["csdrg.3.3.AE.suppAE"]["rows"]} == rows[
        "QNAM"
    ].value_counts().to_dict()


def test_imputed_dates_are_counted_by_their_flags(few_built: Path, guide_parts: dict[str, Any]) -> None:
    adsl, adae, adcm, admh = (
        pyreadstat.read_xport(next((few_built / "m5").rglob(f"{name}.xpt")))[0]
        for name in ("adsl", "adae", "adcm", "admh")
    )
    counts = {date: int(records) for date, _, _, _, records in guide_parts["adrg.3.5.imputations"]["rows"]}
    assert counts == {
        "ADAE.ASTDT": int(adae["ASTDTF"].ne("").sum()),
        "ADAE.AENDT": int(adae["AENDTF"].ne("").sum()),
        "ADCM.ASTDT": int(adcm["ASTDTF"].ne("").sum()),
        "ADCM.AENDT": int(adcm["AENDTF"].ne("").sum()),
        "ADMH.ASTDT": int(admh["ASTDTF"].ne("").sum()),
        "ADMH.AENDT": int(admh["AENDTF"].ne("").sum()),
        "ADSL.DTHDT": int(adsl["DTHDTF"].ne("").sum()),
        "ADSL.EOSDT": int(adsl["EOSDTF"].ne("").sum()),
        "ADSL.NACTDT": int(adsl["NACTDTF"].ne("").sum()),
        "ADRS.ADT": 1,  # DEATH
        "ADTTE.ADT": 1,  # OS
    }
    assert counts["ADSL.DTHDT"] == 1  # the participant whose day of death nobody knows


def test_findings_are_counted_as_in_the_report_and_waivers_are_given_in_full(
    few_built: Path, guide_parts: dict[str, Any], study: Study
) -> None:
    report = json.loads((few_built / "report" / "report.json").read_text(encoding="utf-8"))
    issues = [
        *guide_parts["csdrg.4.2.issues"]["rows"],
        *guide_parts.get("adrg.6.2.issues", {"rows": []})["rows"],
    ]
    assert sorted((r[1], r[3], int(r[4])) for r in issues) == sorted(
        (f["rule"], f["severity"], f["records"]) for f in report["findings"]["by_rule"]
    )
    rows = guide_parts["csdrg.4.3.waivers"]["rows"]
    assert [row[:3] for row in rows] == [
        ["REASON-WITH-END", "DM.RFENDTC", "CG0530, CORE-000192"],
        ["LIMIT-OF-CENSORED", "LB.LBORNRHI", "CG0181, CORE-000289"],
        ["LIMIT-OF-CENSORED", "LB.LBSTNRHI", "CG0183, CORE-000299"],
    ]
    assert [row[3:] for row in rows] == [[w.owner, w.expires.isoformat(), w.reason] for w in study.waivers]


def test_the_rules_are_counted_from_the_tables_that_are_asked(guide_parts: dict[str, Any]) -> None:
    covered = {c for r in RULES for c in r.covers}
    assert (
        f"by {len(RULES)} rules across records and datasets, which cover {len(covered)} published rules"
        in guide_parts["csdrg.4.1.validator"]["text"]
    )


def test_assumptions_parameters_and_criteria_are_given_in_full(
    guide_parts: dict[str, Any], study: Study
) -> None:
    assert [r[0] for r in guide_parts["csdrg.2.2.assumptions"]["rows"]] == [
        a.statement for a in study.protocol.assumptions
    ]
    assert [r[0] for r in guide_parts["adrg.3.5.parameters"]["rows"]] == list(study.protocol.parameters)
    assert [r[2] for r in guide_parts["csdrg.appendix.criteria.criteria"]["rows"]] == [
        c.text for c in study.protocol.criteria
    ]


def test_software_has_its_version_and_python_the_one_required_not_the_one_running(
    guide_parts: dict[str, Any],
) -> None:
    rows = dict(guide_parts["csdrg.4.1.software"]["rows"])
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert rows["Python"] == ">=3.11"
    for name in ("pandas", "lxml", "reportlab"):
        assert f"\n{name}=={rows[name]} " in lock


def test_data_dependencies_say_what_an_analysis_dataset_reads(guide_parts: dict[str, Any]) -> None:
    rows = {r[0]: r[1:] for r in guide_parts["adrg.4.2.dependencies"]["rows"]}
    assert rows["ADTR"][:2] == ["TR", "ADSL, ADTA"]
    assert len(rows["ADSL"]) == 2, "no analysis dataset reads a form, so there is no column for forms"
    assert {"DS", "SS", "SV"} <= set(rows["ADSL"][0].split(", "))  # the last day known alive
    assert guide_parts["adrg.4.2.mutual"]["text"].startswith("ADSL and ADTA take variables from each other")


def test_no_participant_is_named(few_built: Path) -> None:
    text = (few_built / "lineage" / "guides.json").read_text(encoding="utf-8")
    assert not re.search(r"FD-\d{3}", text)


def test_acronyms_are_those_that_the_guide_uses(guide_parts: dict[str, Any], study: Study) -> None:
    listed = {r[0] for r in guide_parts["csdrg.1.2.acronyms"]["rows"]}
    assert {"SDTM", "CDISC", "FDA"} <= listed < set(study.guides.acronyms)
    assert "PHUSE" not in listed


# --- explanations
def test_every_warning_of_the_sample_is_explained(built: Path) -> None:
    rows = [*parts(built)["csdrg.4.2.issues"]["rows"], *parts(built)["adrg.6.2.issues"]["rows"]]
    assert len(rows) > 10
    assert [r for r in rows if r[5] in ("", UNEXPLAINED)] == []


ELSEWHERE = [  # rules with warnings that are in no table of rules
    "CUT-OFF-ANSWER", "CUT-OFF-DATE", "RAW-CODE-NEW", "SUMMARY-CODE", "SUMMARY-DATA", "TERM-BESIDE",
    "TERM-NEW", "WAIVER-UNUSED", "RECIST-AXIS", "RECIST-BASELINE", "RECIST-BASELINE-LATE",
    "RECIST-BASELINE-OLD", "RECIST-CR-THEN-PR", "RECIST-MEASURABLE", "RECIST-NO-BASELINE", "RECIST-ROLE",
    "RECIST-TARGETS",
]  # fmt: skip


def test_every_rule_that_can_warn_is_explained_for_any_dataset(study: Study) -> None:
    of_tables = [rule.id for rule in RULES if rule.severity == "warning"]
    of_deviations = [rule.id for rule in deviations.RULES]
    of_disagreements = ["RECIST-" + name.replace(" ", "-") for name in reconcile.CLASSES]
    every = {*of_tables, *of_deviations, *of_disagreements, *ELSEWHERE}
    assert {rule for rule in every if not study.guides.explanation(rule, "ANY", "ANY")} == set()


def finding(rule: str, severity: str = "warning", variable: str = "AETERM") -> Finding:
    return Finding(rule, severity, "AE", variable, "", "", "wrong", "")


def test_an_unexplained_warning_is_a_finding_once_and_an_explained_one_is_none(study: Study) -> None:
    missing = explanations.missing(
        study,
        [
            finding("NEW-RULE"),
            finding("NEW-RULE"),
            finding("TERM-NEW"),
            finding("OTHER", "waived"),
            finding("BAD", "error"),
        ],
    )
    assert [(f.rule, f.severity, f.dataset, f.variable, f.key) for f in missing] == [
        ("GUIDE-UNEXPLAINED", "warning", "AE", "AETERM", "NEW-RULE")
    ]


def test_the_guide_says_that_an_explanation_is_missing(tmp_path: Path) -> None:
    waiver = (
        "waivers: [{rule: VALUE-TERM, dataset: DM, variable: SEX, reason: For tests, owner: Tester, expires:"
        " 2030-01-01}]\n"
    )
    out = small_builds.built(tmp_path, "unexplained", {"specs/waivers.yaml": waiver})
    rows = parts(out)["csdrg.4.2.issues"]["rows"]
    assert [(r[0], r[1], r[5]) for r in rows if r[1] == waivers.UNUSED] == [
        ("DM.SEX", waivers.UNUSED, UNEXPLAINED)
    ]
    # the small study's doses have no unit, which nobody explains either
    assert [(r[0], r[1]) for r in rows if r[1] == explanations.UNEXPLAINED] == [
        ("DM.SEX", explanations.UNEXPLAINED),
        ("EX.EXDOSU", explanations.UNEXPLAINED),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("datasets: {ADSK: {notes: x}}", r"specs/guides\.yaml:1:\d+: ADSK has no spec; did you mean ADSL\?"),
        (
            "explanations: [{rule: A, dataset: ADSK, text: x}]",
            r"specs/guides\.yaml:1:\d+: ADSK is neither a dataset nor a form; did you mean ADSL\?",
        ),
        (
            "explanations: [{rule: A, text: x}, {rule: A, dataset: DM, text: y}]",
            r"A is explained above for the same findings",
        ),
    ],
)
def test_a_wrong_name_in_the_guides_is_refused_with_its_place(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(SpecError, match=message):
        small_study(tmp_path, {"specs/guides.yaml": text})


# --- the template language
def test_numbers_of_sections_are_counted_and_names_stay() -> None:
    text = "# A\n## B\n@x one\n### [DM] C\n@y two\n|t Rows\n|u None\n## D\n# E\n## F\n#! [z] G"
    tables = {"t": Table(("h",), (("1",),)), "u": Table(("h",), ())}
    sections = list(guides._sections("g", text, tables))
    assert [(s.id, s.heading, s.level) for s in sections] == [
        ("g.1", "1 A", 1), ("g.1.1", "1.1 B", 2), ("g.1.1.DM", "1.1.1 C", 3), ("g.1.2", "1.2 D", 2),
        ("g.2", "2 E", 1), ("g.2.1", "2.1 F", 2), ("g.appendix.z", "Appendix I G", 1)]  # fmt: skip
    assert [p.id for p in sections[2].parts] == [
        "g.1.1.DM.y",
        "g.1.1.DM.t",
    ]  # a table without rows is not shown


def test_a_line_that_is_no_part_of_a_guide_is_refused() -> None:
    with pytest.raises(PipelineError, match="neither heading nor paragraph nor table: loose words"):
        list(guides._sections("g", "# A\nloose words", {}))


def test_text_of_the_study_can_never_be_a_heading() -> None:
    assert guides._one_line("a\n# b") == "a # b"


# --- terminologies, dictionaries and endpoints
def test_each_value_of_another_terminology_has_its_code_or_the_reason_why_it_has_none(
    guide_parts: dict[str, Any],
) -> None:
    rows = {row[0]: row[1:] for row in guide_parts["csdrg.2.3.TS.codes"]["rows"]}
    assert sorted(rows) == ["COMPTRT", "INDIC", "PCLAS", "SPONSOR", "TDIGRP", "TRT"]
    assert rows["COMPTRT"] == ["TRASTUZUMAB", "UNII", "P188ANX8CK", "", ""]
    assert all(bool(code) != bool(reason) for _, _, code, _, reason in rows.values())


def test_the_tabulation_guide_lists_ctcae_and_says_that_codes_of_meddra_are_made_up(
    guide_parts: dict[str, Any],
) -> None:
    section = "csdrg.1.3"
    assert ["CTCAE", "4.03"] in guide_parts[f"{section}.standards"]["rows"]
    notes = dict(guide_parts[f"{section}.dictionaries"]["rows"])
    assert "made up" in notes["MedDRA"]


def test_an_endpoint_says_where_participants_without_an_event_are_censored(
    guide_parts: dict[str, Any],
) -> None:
    censored = {row[0]: row[4] for row in guide_parts["adrg.5.2.ADTTE.endpointsADTTE"]["rows"]}
    assert censored["OS"] == "ALIVE AT LAST CONTACT"
    assert censored["PFS"] == (
        "last ADEQUATE ASSESSMENT (ADTA.AENDT), where these come first the one before NEW ANTICANCER THERAPY"
        " or 2 missed assessments; RANDDT where there is none"
    )
    assert censored["PFSE"] == "last ADEQUATE ASSESSMENT (ADTA.AENDT); RANDDT where there is none"
    assert all(censored.values())


def test_a_finding_of_a_collected_field_names_its_form_page_and_question(built: Path) -> None:
    rows = parts(built)["csdrg.4.2.issues"]["rows"]
    assert "Concomitant medication (annotated CRF, page 5): Route" in [row[0] for row in rows]
    assert not [row[0] for row in rows if re.match(r"[a-z]", row[0])]
