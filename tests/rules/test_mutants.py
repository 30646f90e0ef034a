"""Slips of one token planted in the study's own YAML: each is refused when the study is loaded, or changes a
value that `test_mapping_lines` names.

Every day 15 are planted together, each in a variable of its own; `make prove` plants each of them alone, and
200 chosen by the seed. `survivors.tsv` lists those that make no difference, each with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

from pipeline import sources
from pipeline.errors import PipelineError
from pipeline.study import Study, load
from tests.conftest import ROOT
from tests.support import code_mutants, mapping_lines, mutants, reading

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
    ("specs/study.yaml", "primary_visit:\n    value: WEEK 12", "primary_visit:\n    value: WEEK 6",
     "ADRS.AVALC"),
    # who is randomized and never dosed
    ("mappings/adam/adsl.yaml", "safety_flag, of: {treated: TRTSDT}", "safety_flag, of: {treated: RANDDT}",
     "ADSL.SAFFL"),
    # two samples of one visit
    ("mappings/sdtm/cp.yaml", "[CPTESTCD, VISITNUM, CPDTC, CPREFID]", "[CPTESTCD, VISITNUM, CPDY, CPREFID]",
     "CP.CPREFID"),
    # who was last heard of when an event began
    ("mappings/sdtm/dm.yaml", "events: [ae.START_DATE,", "events: [ae.END_DATE,", "DM.RFPENDTC"),
    ("mappings/sdtm/pr.yaml", "{codelist: LAT, of: LATERALITY}", "{codelist: LAT, of: SETTING}", "PR.PRLAT"),
    ("mappings/sdtm/vs.yaml", "VSORRES:  {copy: DIABP}", "VSORRES:  {copy: SYSBP}", "VS.VSORRES"),
    ("mappings/sdtm/ie.yaml", "IESTRESC: {codelist: NY, of: MET}", "IESTRESC: {codelist: NY, of: DETAIL}",
     "IE.IESTRESC"),
]  # fmt: skip
SURVIVORS = code_mutants.survivors()


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


@pytest.fixture
def planted_one(study_copy: Path) -> Iterator[Callable[[str, str, str], None]]:
    """Puts another text in the place of one in a file of the copy, which is as it was in the end."""
    before: dict[Path, str] = {}

    def plant(file: str, old: str, new: str) -> None:
        path = study_copy / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} no longer holds {old}"
        before.setdefault(path, text)
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    yield plant
    for path, text in before.items():
        path.write_text(text, encoding="utf-8")


def test_each_of_fifteen_slips_is_named_by_its_variable(
    study_copy: Path, planted_one: Callable[[str, str, str], None]
) -> None:
    for file, old, new, _ in PLANTED:
        planted_one(file, old, new)
    named = {line.partition(":")[0] for line in noticed(study_copy)}
    assert {told for *_, told in PLANTED} - named == set()
    assert len({told for *_, told in PLANTED}) == len(PLANTED) == 15


@pytest.mark.parametrize(("file", "old", "new", "told"), PLANTED, ids=[new for _, _, new, _ in PLANTED])
def test_a_slip_is_named_by_its_variable(
    study_copy: Path,
    planted_one: Callable[[str, str, str], None],
    prove: bool,
    file: str,
    old: str,
    new: str,
    told: str,
) -> None:
    if not prove:
        pytest.skip("15 builds: make prove; every day they are planted together")
    planted_one(file, old, new)
    assert told in {line.partition(":")[0] for line in noticed(study_copy)}


def test_each_survivor_is_a_slip_that_could_be_planted(study: Study) -> None:
    slips: list[code_mutants.Slip] = [*mutants.all_mutants(study, ROOT), *code_mutants.all_slips(ROOT)]
    assert SURVIVORS.keys() <= {slip.key for slip in slips}
    assert all(why.strip() for why in SURVIVORS.values())


def test_97_of_100_slips_are_noticed(study: Study, study_copy: Path, prove: bool, seed: int) -> None:
    if not prove:
        pytest.skip("200 slips: make prove")
    every = mutants.all_mutants(study, ROOT)
    unnoticed = unnoticed_of(study, study_copy, code_mutants.chosen(every, 200, seed))
    assert len(unnoticed) <= 6, "\n".join(unnoticed)
    survivors = [m for m in every if m.key in SURVIVORS]
    assert unnoticed_of(study, study_copy, survivors) == [str(m) for m in survivors], (
        "one of them can be noticed"
    )


def unnoticed_of(study: Study, study_copy: Path, planted: Sequence[mutants.Mutant]) -> list[str]:
    """Those of the mutants, each planted alone, of which nothing is told.

    A slip in a mapping is looked for in its own dataset first, which takes a tenth of the time of all.
    """
    forms = reading.read(study, mapping_lines.DROP).forms
    as_it_is = cache(lambda dataset: mapping_lines.made(study, dataset, forms))
    unnoticed = []
    for mutant in planted:
        path = study_copy / mutant.file
        text = path.read_text(encoding="utf-8")
        mutant.plant(study_copy)
        dataset = path.stem.upper() if mutant.file.startswith("mappings/") else ""
        if not (dataset and changes(study_copy, dataset, forms, as_it_is(dataset))) and not noticed(
            study_copy
        ):
            unnoticed.append(str(mutant))
        path.write_text(text, encoding="utf-8")
    return unnoticed


def changes(study_copy: Path, dataset: str, forms: sources.Forms, as_it_is: mapping_lines.Table) -> bool:
    """Whether the study is refused, or makes other records of a dataset."""
    try:
        return mapping_lines.made(load(study_copy), dataset, forms) != as_it_is
    except PipelineError:
        return True
