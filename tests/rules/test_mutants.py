"""Slips of one token planted in the study's own YAML: each is refused when the study is loaded, or changes a
value that `test_mapping_lines` names.

`make prove` plants 200 chosen by the seed; every day a few that once slipped through.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import PipelineError
from pipeline.study import Study, load
from tests.conftest import ROOT
from tests.support import mapping_lines, mutants

AE, TTE = "mappings/sdtm/ae.yaml", "mappings/adam/adtte.yaml"
# slips that were once noticed by a total alone, or not at all: file, the line as it is, and as it must not be
PLANTED = [
    # overall survival censored at the end of treatment and not at the last day known to be alive
    (TTE, "date: LSTALVDT", "date: TRTEDT", "ADTTE.ADT"),
    # the action taken with the other product
    (AE, "{codelist: ACN, of: ACN_TRAS}", "{codelist: ACN, of: ACN_NK}", "AE.AEACN"),
    ("mappings/sdtm/lb.yaml", "limit: LOW}", "limit: HIGH}", "LB.LBORNRLO"),
    ("mappings/sdtm/ec.yaml", "stop: STOP_TIME", "stop: START_TIME", "EC.ECENDTC"),
    ("mappings/sdtm/dm.yaml", "{date: enrol.BIRTH_DATE}", "{date: enrol.CONSENT_DATE}", "DM.BRTHDTC"),
    ("mappings/sdtm/cm.yaml", "where: {TYPE: Drug therapy}", "where: {TYPE: Surgery}", "CM.CMTRT"),
    ("mappings/sdtm/tr.yaml", "TRLNKID:  {copy: LESION}", "TRLNKID:  {copy: ORGAN}", "TR.TRLNKID"),
    ("mappings/sdtm/ds.yaml", "DSSTDTC: {date: END_DATE}\n      DSLSTALV",
     "DSSTDTC: {date: LAST_CONTACT}\n      DSLSTALV", "DS.DSSTDTC"),
    ("specs/study.yaml", "too_small_mm:\n    value: 5", "too_small_mm:\n    value: 6", "ADTR.AVAL"),
]  # fmt: skip
# changes that make no difference in any data, each with the reason
ALIKE = {
    "mappings/sdtm/tr.yaml variables.TRSEQ.of.records: TRGRPID -> TRLNKID":
        "numbers of lesions, as NEW01, NT01 and T01, sort as NEW, NON-TARGET and TARGET do",
    **{
        f"mappings/adam/adsl.yaml variables.{variable}.of.assessments: ADTA.ABLFL -> ADTA.ANL01FL":
            "baseline is the first assessment that is kept, and it is flagged for analysis"
        for variable in ("TARGBL", "NTARGBL", "SUMBL")
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def study_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mutants.copied(ROOT, tmp_path_factory.mktemp("study"))


def noticed(copy: Path) -> list[str]:
    """What is told of a study: why it is refused, or each variable whose values change."""
    try:
        found = mapping_lines.published(load(copy))
    except PipelineError as e:
        return str(e).split("\n")
    return list(mapping_lines.differences(found, mapping_lines.expected()))


def test_the_study_as_it_is_is_told_nothing_of(study_copy: Path) -> None:
    assert noticed(study_copy) == []


@pytest.mark.parametrize(("file", "old", "new", "told"), PLANTED, ids=[new for _, _, new, _ in PLANTED])
def test_a_slip_is_named_by_its_variable(study_copy: Path, file: str, old: str, new: str, told: str) -> None:
    path = study_copy / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{file} no longer holds {old}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    try:
        assert any(told in line for line in noticed(study_copy))
    finally:
        path.write_text(text, encoding="utf-8")


def test_what_makes_no_difference_is_a_slip_that_could_be_planted(study: Study) -> None:
    assert ALIKE.keys() <= {mutant.key for mutant in mutants.all_mutants(study, ROOT)}


def test_97_of_100_slips_are_noticed(study: Study, study_copy: Path, prove: bool, seed: int) -> None:
    if not prove:
        pytest.skip("200 builds: make prove")
    different = [m for m in mutants.all_mutants(study, ROOT) if m.key not in ALIKE]
    planted = mutants.chosen(different, 200, seed)
    unnoticed = []
    for mutant in planted:
        path = study_copy / mutant.file
        text = path.read_text(encoding="utf-8")
        mutant.plant(study_copy)
        if not noticed(study_copy):
            unnoticed.append(str(mutant))
        path.write_text(text, encoding="utf-8")
    assert len(unnoticed) <= 0.03 * len(planted), "\n".join(unnoticed)
