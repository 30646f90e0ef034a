"""Rates, times to event, agreement: the sample as other libraries have it, and what cannot be estimated."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest

from pipeline.displays import make
from pipeline.displays.content import Table
from pipeline.publish import datasets
from pipeline.study import Study
from tests.support.displayed import BOTH, NK, T, made, participants, shown, study_with

RATE = {"id": "RSP", "label": "Response", "dataset": "ADRS", "rate": {"variable": "AVALC", "is": "Y"}}
SURVIVAL = {
    "id": "OS", "label": "Survival", "dataset": "ADTTE",
    "survival": {"time": "AVALM", "unit": "months", "censored": "CNSR", "at": [3, 24]},
}  # fmt: skip
NOTHING = "not estimable"

# Of the committed drop. Counts: cross-tables of the XPT files. Limits of rates: scipy (binomtest, exact and
# wilson). Fisher's test: R's fisher.test. Medians, probabilities, tests, ratios: R's survival (survfit with
# log-log limits, its summary at the times, survdiff, coxph with Efron's ties), from AVALM and CNSR of
# adtte.xpt.
SAMPLE = {
    "T14-2-1": {
        "RSPW12/responders": ("11 (73.3)", "1 (6.7)", ""),
        "RSPW12/rate": ("73.3 (44.9, 92.2)", "6.7 (0.2, 31.9)", ""),
        "RSPW12/difference": ("", "", "66.7 (32.4, 83.4)"),
        "RSPW12/p": ("", "", "0.0005"),
    },
    "T14-2-3": {"CB/p": ("", "", "0.2635")},
    "T14-2-5": {
        "PFS/events": ("9 (60.0)", "12 (80.0)", ""),
        "PFS/censored": ("6 (40.0)", "3 (20.0)", ""),
        "PFS/median": ("16.7 (3.9, not estimable)", "8.2 (2.7, 8.4)", ""),
        "PFS/at 6": ("79.4 (48.8, 92.9)", "53.3 (23.4, 76.2)", ""),
        "PFS/at 12": ("71.5 (40.4, 88.3)", "8.9 (0.5, 32.6)", ""),
        "PFS/logrank": ("", "", "0.0025"),
        "PFS/hr": ("", "", "0.24 (0.09, 0.64)"),
    },
    "T14-2-7": {
        "OS/events": ("6 (40.0)", "9 (60.0)", ""),
        "OS/median": ("32.7 (16.7, not estimable)", "24.0 (8.2, not estimable)", ""),
        "OS/at 12": ("92.9 (59.1, 99.0)", "72.2 (41.7, 88.6)", ""),
        "OS/at 24": ("64.3 (34.3, 83.3)", "50.6 (23.3, 72.7)", ""),
        "OS/at 36": (NOTHING, NOTHING, ""),
        "OS/logrank": ("", "", "0.2701"),
        "OS/hr": ("", "", "0.56 (0.20, 1.58)"),
    },
    "T14-2-4": {
        "BORAGREE/participants": ("15 (100.0)", "15 (100.0)", "30 (100.0)"),
        "BORAGREE/PR-PR": ("10 (66.7)", "1 (6.7)", "11 (36.7)"),
        "BORAGREE/SD-SD": ("3 (20.0)", "11 (73.3)", "14 (46.7)"),
        "BORAGREE/agreement": ("100.0 (78.2, 100.0)", "100.0 (78.2, 100.0)", "100.0 (88.4, 100.0)"),
        "BORAGREE/kappa": ("1.00 (1.00, 1.00)", "1.00 (1.00, 1.00)", "1.00 (1.00, 1.00)"),
    },
}


@pytest.mark.parametrize("display", SAMPLE)
def test_the_results_of_the_sample_are_those_of_other_libraries(
    study: Study, built: Path, display: str
) -> None:
    folder = datasets.folder(study, built / "latest", "adam")

    def read(dataset: str, names: Sequence[str]) -> pd.DataFrame:
        records = pyreadstat.read_xport(folder / f"{dataset.lower()}.xpt")[0]
        return records.replace("", None)[list(names)]

    [asked] = [d for d in study.displays.displays if d.id == display]
    table = make.made(study, asked, read)
    assert isinstance(table, Table)
    found = {
        line.id: tuple(line.cells[c].text if c in line.cells else "" for c in table.columns)
        for line in table.lines
    }
    assert {line: found[line] for line in SAMPLE[display]} == SAMPLE[display]


def frames(*rows: tuple[str, str, float, int]) -> dict[str, pd.DataFrame]:
    """ADSL, ADRS and ADTTE of participants: arm, whether they responded, months, CNSR."""
    names = [f"participant {number}" for number in range(len(rows))]
    adsl = participants(**{name: row[0] for name, row in zip(names, rows, strict=True)})
    adrs = pd.DataFrame({"USUBJID": names, "AVALC": [row[1] for row in rows]}, dtype="str")
    months, censored = [row[2] for row in rows], [row[3] for row in rows]
    adtte = pd.DataFrame({"USUBJID": names, "AVALM": months, "CNSR": censored})
    return {
        "ADSL": adsl,
        "ADRS": adrs,
        "ADTTE": adtte.astype({"USUBJID": "str", "AVALM": "float64", "CNSR": "float64"}),
    }


def texts(study: Study, of: dict[str, pd.DataFrame], row: dict[str, Any]) -> dict[str, list[str]]:
    return {label.lstrip("."): rest for label, *rest in shown(study, of, row, total=False)}


def test_a_study_without_participants_has_zeros_and_nothing_estimated(study: Study) -> None:
    found = texts(study, frames(), RATE) | texts(study, frames(), SURVIVAL)
    assert {text for line in found.values() for text in line} == {"", "0", NOTHING}


def test_an_arm_without_participants_has_no_comparison(study: Study) -> None:
    few = frames((T, "Y", 2.0, 0), (T, "N", 4.0, 1))
    found = texts(study, few, RATE)
    assert found["Rate, % (95 % CI)"] == [NOTHING, "50.0 (1.3, 98.7)", ""]
    assert found["Difference, percentage points (95 % CI)"] == ["", "", NOTHING]
    assert found["Fisher's exact test, p"] == ["", "", NOTHING]
    found = texts(study, few, SURVIVAL)
    assert found["Median, months (95 % CI)"] == [NOTHING, "2.0 (2.0, not estimable)", ""]
    assert found["Log-rank test, p"] == found["Hazard ratio (95 % CI)"] == ["", "", NOTHING]


def test_who_has_no_answer_counts_among_those_who_did_not_respond(study: Study) -> None:
    """One of two responded in the one arm, none of one in the other; the interval is that of 1 in 2."""
    of = frames((NK, "Y", 2.0, 0), (NK, "N", 2.0, 0), (T, "N", 4.0, 1))
    found = texts(study, of | {"ADRS": of["ADRS"].iloc[[0, 2]]}, RATE)
    assert found["Participants with an answer"] == ["1 (50.0)", "1 (100.0)", ""]
    assert found["Responders"] == ["1 (50.0)", "0", ""]
    assert found["Rate, % (95 % CI)"] == ["50.0 (1.3, 98.7)", "0.0 (0.0, 97.5)", ""]
    assert found["Fisher's exact test, p"] == ["", "", "1.0000"]


def test_without_an_event_nothing_is_estimated_and_nothing_fails(study: Study) -> None:
    found = texts(study, frames((NK, "N", 5.0, 1), (NK, "N", 6.0, 9), (T, "N", 4.0, 2)), SURVIVAL)
    assert found["Events"] == ["0", "0", ""]
    assert found["Censored"] == ["2 (100.0)", "1 (100.0)", ""]
    assert found["Median, months (95 % CI)"] == [NOTHING, NOTHING, ""]
    assert found["Without event at 3 months, % (95 % CI)"][0] == "100.0 (not estimable, not estimable)"
    assert found["Without event at 24 months, % (95 % CI)"] == [NOTHING, NOTHING, ""]
    assert found["Hazard ratio (95 % CI)"] == ["", "", NOTHING]


def test_the_columns_are_the_arms_then_the_comparison_with_the_control(study: Study) -> None:
    table = made(study_with(study, RATE), frames((NK, "Y", 2.0, 0)))
    assert isinstance(table, Table)
    assert [c.head for c in table.columns] == [f"{NK}\n(N=1)", f"{T}\n(N=0)", BOTH, "Total\n(N=1)"]


def test_agreement_counts_the_pairs_of_answers_of_each_arm(study: Study) -> None:
    adrs = pd.DataFrame(
        [(who, parameter, answer) for who, *answers in (
            ("ann", "PR", "PR"), ("bea", "SD", "PR"), ("cleo", "SD", "SD"), ("dora", "PD", None),
        ) for parameter, answer in zip(("BOR", "BORI"), answers, strict=True)],
        columns=["USUBJID", "PARAMCD", "AVALC"],
    )  # fmt: skip
    row = {
        "id": "A", "label": "Answers", "dataset": "ADRS",
        "agreement": {"variable": "AVALC", "first": "BOR", "second": "BORI"},
    }  # fmt: skip
    of = {"ADSL": participants(ann=NK, bea=NK, cleo=T, dora=T), "ADRS": adrs}
    assert shown(study, of, row, total=False) == [
        ("Answers", "", ""),
        ("..Participants with both", "2 (100.0)", "1 (50.0)"),
        ("....BOR PR, BORI PR", "1 (50.0)", "0"),
        ("....BOR SD, BORI PR", "1 (50.0)", "0"),
        ("....BOR SD, BORI SD", "0", "1 (50.0)"),
        ("..Agreement, % (95 % CI)", "50.0 (1.3, 98.7)", "100.0 (2.5, 100.0)"),
        ("..Cohen's kappa (95 % CI)", "0.00 (0.00, 0.00)", NOTHING),
    ]
