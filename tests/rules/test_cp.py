"""CP: counts of lymphocyte subsets and their shares of lymphocytes."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline import sources
from pipeline.study import Study
from tests.support.tabulated import datasets, forms, rows

EXPECTED = [
    # CPTESTCD, CPTEST, CPMRKSTR, CPORRES, CPORRESU, CPSTRESC, CPSTRESN, CPSTRESU
    ("BLYCE", "B-Lymphocytes", "CD45+CD19+", "121", "10^6/L", "121", 121.0, "10^6/L"),
    ("BLYCELY", "B-Lymphocytes/Lymphocytes", "CD45+CD19+", "10.7", "%", "10.7", 10.7, "%"),
    ("NKCE", "Natural Killer Cells", "CD45+CD3-CD16+CD56+", "131", "10^6/L", "131", 131.0, "10^6/L"),
    ("NKLY", "NK Cells/Lym", "CD45+CD3-CD16+CD56+", "11.5", "%", "11.5", 11.5, "%"),
    ("TLC", "TLym Cytx", "CD45+CD3+CD8+", "305", "10^6/L", "305", 305.0, "10^6/L"),
    ("TLCLY", "TLym Cytx/Lym", "CD45+CD3+CD8+", "26.8", "%", "26.8", 26.8, "%"),
    ("TLYCE", "T-Lymphocytes", "CD45+CD3+", "823", "10^6/L", "823", 823.0, "10^6/L"),
    ("TLYH", "TLym Help", "CD45+CD3+CD4+", "463", "10^6/L", "463", 463.0, "10^6/L"),
    ("TLYHLY", "TLym Help/Lym", "CD45+CD3+CD4+", "40.7", "%", "40.7", 40.7, "%"),
    ("TLYLY", "TLym/Lym", "CD45+CD3+", "72.2", "%", "72.2", 72.2, "%"),
]


@pytest.fixture(scope="module")
def cp(study: Study, sample: sources.Drop) -> pd.DataFrame:
    return datasets(study, forms(sample, "FD-021"), "CP")["CP"]


def test_each_population_has_a_count_and_a_share(cp: pd.DataFrame) -> None:
    found = rows(
        cp, "CPTESTCD CPTEST CPMRKSTR CPORRES CPORRESU CPSTRESC CPSTRESN CPSTRESU", VISIT="SCREENING"
    )
    assert sorted(found) == EXPECTED


def test_a_sample_has_its_method_and_time(cp: pd.DataFrame) -> None:
    assert set(rows(cp, "CPREFID CPCAT CPSPEC CPMETHOD VISITNUM CPDTC CPDY CPLOBXFL", VISIT="SCREENING")) == {
        ("F0021001", "IMMUNOPHENOTYPING", "BLOOD", "FLOW CYTOMETRY", 1.0, "2016-12-01T08:56", -14.0, "Y")
    }
