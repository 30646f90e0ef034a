"""MI and GF: receptors by immunohistochemistry, copies of the HER2 gene by FISH."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline import sources
from pipeline.study import Study
from tests.support.tabulated import all_datasets, datasets, forms, lost, rows

MI = "MITESTCD MITSTDTL MIORRES MIORRESU MISTRESC MISTRESN MISTRESU MIRESCAT MIMETHOD"
GF = "GFTESTCD GFTEST GFTSTDTL GFSYM GFORRES GFORRESU GFSTRESC GFSTRESN GFSTRESU GFRESCAT GFMETHOD"


@pytest.fixture(scope="module")
def made(study: Study, sample: sources.Drop) -> dict[str, pd.DataFrame]:
    return all_datasets(study, forms(sample, "FD-021"))


def without_result(path: pd.DataFrame) -> pd.DataFrame:
    return path.assign(
        RESULT=pd.Series(index=path.index, dtype="str"), RESULT_UNIT=pd.Series(index=path.index, dtype="str")
    )


def test_receptors_by_immunohistochemistry_are_in_mi(made: dict[str, pd.DataFrame]) -> None:
    mi = made["MI"]
    assert sorted(rows(mi, MI)) == [
        ("ESTRCPT", "PERCENT POSITIVE CELL", "0", "%", "0", 0.0, "%", "NEGATIVE", "IHC"),
        ("HER2", "STAINING INTENSITY", "2+", None, "2+", None, None, "EQUIVOCAL", "IHC"),
        ("PROGESTR", "PERCENT POSITIVE CELL", "50", "%", "50", 50.0, "%", "POSITIVE", "IHC"),
    ]
    assert set(rows(mi, "MIREFID MISPEC MISPCCND VISIT MIDTC MIDY MILOBXFL")) == {
        ("P57229", "TUMOR TISSUE", None, "SCREENING", "2010-09-25", -2273.0, "Y")
    }


def test_the_tissue_goes_to_the_supplemental_qualifiers(made: dict[str, pd.DataFrame]) -> None:
    assert rows(made["SUPPMI"], "QNAM QVAL") == [("MITISSUE", "Primary tumour")] * 3
    assert rows(made["SUPPGF"], "QNAM QVAL") == [("GFTISSUE", "Primary tumour")]


def test_gene_copies_by_fish_are_in_gf(made: dict[str, pd.DataFrame]) -> None:
    assert rows(made["GF"], GF) == [
        (
            "CPNUMVAR",
            "Copy Number Variation",
            "NUMBER OF GENE COPIES",
            "ERBB2",
            "10.9",
            "copies/cell",
            "10.9",
            10.9,
            "copies/cell",
            "AMPLIFIED",
            "FISH",
        )
    ]


def test_where_only_the_interpretation_was_given_it_is_the_result(study: Study, sample: sources.Drop) -> None:
    found = datasets(study, forms(sample, "FD-021", path=without_result), "MI", "GF")
    assert sorted(rows(found["MI"], MI)) == [
        ("ESTRCPT", "RECEPTOR OVERALL STATUS", "Negative", None, "NEGATIVE", None, None, None, "IHC"),
        ("HER2", "RECEPTOR OVERALL STATUS", "Equivocal", None, "EQUIVOCAL", None, None, None, "IHC"),
        ("PROGESTR", "RECEPTOR OVERALL STATUS", "Positive", None, "POSITIVE", None, None, None, "IHC"),
    ]
    assert rows(found["GF"], "GFTSTDTL GFORRES GFSTRESC GFSTRESN GFRESCAT") == [
        ("COPY NUMBER ALTERATION INTERPRETATION", "Amplified", "AMPLIFIED", None, None)
    ]


def test_a_partial_date_of_the_tissue_stays_partial(study: Study, sample: sources.Drop) -> None:
    found = datasets(
        study, forms(sample, "FD-021", path=lambda f: f.assign(SAMPLE_DATE="2010-09")), "MI", "GF"
    )
    assert set(rows(found["MI"], "MIDTC MIDY MILOBXFL")) == {("2010-09", None, None)}


def test_a_method_that_no_domain_takes_is_reported_and_not_dropped(
    study: Study, sample: sources.Drop
) -> None:
    raw = forms(
        sample, "FD-021", path=lambda f: f.assign(METHOD=f["METHOD"].mask(f["METHOD"].eq("FISH"), "CISH"))
    )
    assert lost(study, raw, "path", "MI", "GF") == ["path, NCT02843126-FD-021, FD-021|4"]
