"""Results come from the published records, are shown as rounded, and are only in the package of an agency."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from pypdf import PdfReader

from pipeline import stages as run
from pipeline.errors import SpecError
from pipeline.publish import datasets
from pipeline.publish.package import results, results_pdf
from pipeline.study import Study
from pipeline.workers import Workers
from tests.conftest import ROOT, quiet
from tests.support import define_study as small

NK, T = "Trastuzumab and NK immunotherapy", "Trastuzumab"
BOTH = f"{NK} versus {T}"
# Of the committed drop. Counts: cross-tables of the XPT files. Limits of rates: scipy (binomtest, exact and
# wilson). Medians, tests, ratios: R 4.2.2, survival 3.5-3 (survfit with log-log limits, survdiff, coxph with
# Efron's ties), from AVALM and CNSR of adtte.xpt.
SAMPLE = {
    "RSPW12": [
        (NK, "15"), (NK, "11"), (NK, "73.3 (44.9, 92.2)"),
        (T, "15"), (T, "1"), (T, "6.7 (0.2, 31.9)"),
        (BOTH, "66.7 (32.4, 83.4)"),
    ],
    "PFS": [
        (NK, "15"), (NK, "9"), (NK, "6"), (NK, "16.7 (3.9, not estimable)"),
        (T, "15"), (T, "12"), (T, "3"), (T, "8.2 (2.7, 8.4)"),
        (BOTH, "0.0025"), (BOTH, "0.24 (0.09, 0.64)"),
    ],
    "OS": [
        (NK, "15"), (NK, "6"), (NK, "9"), (NK, "32.7 (16.7, not estimable)"),
        (T, "15"), (T, "9"), (T, "6"), (T, "24.0 (8.2, not estimable)"),
        (BOTH, "0.2701"), (BOTH, "0.56 (0.20, 1.58)"),
    ],
    "BORAGREE": [  # CR, PR, SD, PD; then agreement and kappa
        (NK, "15"), (NK, "1"), (NK, "10"), (NK, "3"), (NK, "1"),
        (NK, "15"), (NK, "100.0 (78.2, 100.0)"), (NK, "1.00 (1.00, 1.00)"),
        # PR, SD, NON-CR/NON-PD, PD, NE
        (T, "15"), (T, "1"), (T, "11"), (T, "1"), (T, "1"), (T, "1"),
        (T, "15"), (T, "100.0 (78.2, 100.0)"), (T, "1.00 (1.00, 1.00)"),
    ],
}  # fmt: skip

RESULTS = ("RSPW12", "PFS", "OS", "BORAGREE")


def shown(rows: list[results.ResultRow]) -> dict[str, list[tuple[str, str]]]:
    """By result, the group and the text of each row."""
    by_result: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        by_result.setdefault(row.result, []).append((row.group, row.shown))
    return by_result


def test_the_results_of_the_sample_are_those_of_other_libraries(study: Study, built: Path) -> None:
    folder = datasets.folder(study, built / "latest", "adam")
    records = {n: pyreadstat.read_xport(folder / f"{n.lower()}.xpt")[0] for n in ("ADRS", "ADTTE")}
    assert shown(results.result_rows(study, records)) == SAMPLE


# --- what cannot be estimated
def records(*rows: tuple[str, str, float, int]) -> dict[str, pd.DataFrame]:
    """ADRS and ADTTE of participants: arm, responder, months, CNSR; the same for PFS and OS."""
    arm, responds, months, censored = zip(*rows, strict=True) if rows else ((), (), (), ())
    usubjid = [f"participant {number}" for number in range(len(rows))]
    common = {"USUBJID": usubjid, "ITTFL": ["Y"] * len(rows), "TRTP": arm}
    adrs = pd.DataFrame({**common, "PARAMCD": ["RSPW12"] * len(rows), "AVALC": responds})
    times = pd.DataFrame({**common, "AVALM": months, "CNSR": censored})
    return {
        "ADRS": adrs,
        "ADTTE": pd.concat([times.assign(PARAMCD=p) for p in ("PFS", "OS")], ignore_index=True),
    }


def test_a_study_without_participants_has_no_results_but_zeros(study: Study) -> None:
    texts = shown(results.result_rows(study, records()))
    assert {t for _, t in texts["RSPW12"]} == {t for _, t in texts["PFS"]} == {"0", "not estimable"}


def test_an_arm_without_participants_has_no_comparison(study: Study) -> None:
    texts = shown(results.result_rows(study, records((T, "Y", 2.0, 0), (T, "N", 4.0, 1))))
    assert texts["RSPW12"][2:] == [
        (NK, "not estimable"), (T, "2"), (T, "1"), (T, "50.0 (1.3, 98.7)"), (BOTH, "not estimable"),
    ]  # fmt: skip
    assert texts["PFS"][4:] == [
        (T, "2"), (T, "1"), (T, "1"), (T, "2.0 (2.0, not estimable)"),
        (BOTH, "not estimable"), (BOTH, "not estimable"),
    ]  # fmt: skip


def test_without_an_event_nothing_is_estimated_and_nothing_fails(study: Study) -> None:
    texts = shown(results.result_rows(study, records((NK, "N", 2.0, 1), (NK, "N", 3.0, 9), (T, "N", 4.0, 2))))
    assert texts["OS"] == [
        (NK, "2"), (NK, "0"), (NK, "2"), (NK, "not estimable"),
        (T, "1"), (T, "0"), (T, "1"), (T, "not estimable"),
        (BOTH, "not estimable"), (BOTH, "not estimable"),
    ]  # fmt: skip
    assert texts["RSPW12"][2] == (NK, "0.0 (0.0, 84.2)")


def test_agreement_counts_the_pairs_of_answers_of_each_arm(study: Study) -> None:
    published = records((NK, "Y", 2.0, 0), (NK, "N", 3.0, 1), (T, "N", 4.0, 1))
    answers = [("BOR", ["PR", "SD", "SD"]), ("BORI", ["PR", "PR", "SD"])]
    of_parameters = [published["ADRS"].assign(PARAMCD=code, AVALC=given) for code, given in answers]
    published["ADRS"] = pd.concat([published["ADRS"], *of_parameters], ignore_index=True)
    rows = [r for r in results.result_rows(study, published) if r.result == "BORAGREE"]
    assert [(r.group, r.statistic, r.shown) for r in rows] == [
        (NK, "Participants with both", "2"),
        (NK, "BOR PR, BORI PR", "1"),
        (NK, "BOR SD, BORI PR", "1"),
        (NK, "Agreeing", "1"),
        (NK, "Agreement, % (95 % CI)", "50.0 (1.3, 98.7)"),
        (NK, "Cohen's kappa (95 % CI)", "0.00 (0.00, 0.00)"),
        (T, "Participants with both", "1"),
        (T, "BOR SD, BORI SD", "1"),
        (T, "Agreeing", "1"),
        (T, "Agreement, % (95 % CI)", "100.0 (2.5, 100.0)"),
        (T, "Cohen's kappa (95 % CI)", "not estimable"),
    ]


def test_the_list_for_programs_holds_twelve_digits_beside_what_is_shown(study: Study) -> None:
    rows = results.result_rows(study, records((NK, "Y", 2.0, 0), (NK, "N", 3.0, 0), (NK, "N", 4.0, 0)))
    rate = next(r for r in rows if r.group == NK and r.statistic.startswith("Response rate"))
    assert (rate.value, rate.shown[:5]) == (33.3333333333, "33.3 ")


def test_a_participant_outside_the_population_does_not_count(study: Study) -> None:
    published = records((NK, "Y", 2.0, 0), (T, "N", 4.0, 1))
    published["ADRS"]["ITTFL"] = ["Y", "N"]
    assert shown(results.result_rows(study, published))["RSPW12"][3] == (T, "0")


# --- the files
def test_the_package_of_an_agency_has_the_results_and_define_names_them(
    study: Study, few: Path, tmp_path: Path
) -> None:
    report = run.build(study, ROOT, few, tmp_path, Workers(), quiet, ("fda",))
    home = tmp_path / "latest"
    assert report.content["findings"]["errors"] == 0
    folder = datasets.folder(study, home, "adam")
    assert (folder / "results.pdf").read_bytes().startswith(b"%PDF")
    assert 'xlink:href="results.pdf"' in (folder / "define.xml").read_text(encoding="utf-8")
    rows = json.loads((home / "report" / "results.json").read_text(encoding="utf-8"))
    participants = [r["shown"] for r in rows if r["result"] == "OS" and r["statistic"] == "Participants"]
    assert participants == ["2", "2"]
    assert " ".join(rows[0]) == "display result group statistic unit value low high shown"
    assert "results.pdf" in (home / "m5" / "README.txt").read_text(encoding="ascii")


def test_a_build_for_nobody_in_particular_has_no_results(built: Path) -> None:
    assert not list((built / "latest").rglob("results.*"))
    assert "results.pdf" not in next((built / "latest").rglob("adam/datasets/define.xml")).read_text(
        encoding="utf-8"
    )


def test_the_same_results_give_the_same_bytes_whatever_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, rows = small.study(tmp_path), {"WOMEN": [("F", "Rate", "100.0 (<1, 2>)")]}
    results_pdf.write(study, rows, tmp_path / "one.pdf")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    results_pdf.write(study, rows, tmp_path / "two.pdf")
    monkeypatch.undo()
    time.tzset()
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()
    assert b"D:20200203040506+00'00'" in (tmp_path / "one.pdf").read_bytes().replace(b"\\", b"")


def test_each_display_has_a_page_and_shows_its_rows(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reportlab.rl_config.pageCompression", 0)
    rows = {r: [("Arm", "Statistic", f"{r} shown")] for r in RESULTS}
    results_pdf.write(study, rows, tmp_path / "results.pdf")
    content = (tmp_path / "results.pdf").read_bytes().decode("latin-1")
    assert len(re.findall(r"/Type /Page\b(?!s)", content)) == len(results_pdf.pages(study)) == 4
    assert all(f"{r} shown" in content for r in rows)


def test_every_font_is_embedded(study: Study, tmp_path: Path) -> None:
    results_pdf.write(study, {r: [("Arm", "Statistic", "1")] for r in RESULTS}, tmp_path / "results.pdf")
    for page in PdfReader(tmp_path / "results.pdf").pages:
        fonts = [f.get_object() for f in page["/Resources"]["/Font"].values()]  # type: ignore[index]
        assert fonts
        assert all("/FontFile2" in f["/FontDescriptor"] for f in fonts)


def test_a_display_that_does_not_fit_on_a_page_is_refused(study: Study, tmp_path: Path) -> None:
    rows = {r: [("Arm", f"Statistic {n}", "1") for n in range(60)] for r in RESULTS}
    with pytest.raises(SpecError, match=r"specs/analyses\.yaml: Table 14\.2\.1 does not fit on one page"):
        results_pdf.write(study, rows, tmp_path / "results.pdf")
