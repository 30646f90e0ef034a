"""Analysis datasets that everybody calls by the same name need no spec; what a study writes wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import minimal

ADAE = """\
dataset: ADAE
from: AE
copy: [AESEQ, AETERM, AEDECOD]
variables:
  TRTSDT:  {copy: ADSL.TRTSDT}
  ASTDT:   {derive: start_of_occurrence, of: {date: AESTDTC, end: AEENDTC, treated: TRTSDT}}
"""
FILES = {"mappings/adam/adae.yaml": ADAE}


def test_a_dataset_of_a_usual_name_has_its_label_class_and_keys(tmp_path: Path) -> None:
    adae = minimal.study(tmp_path, FILES).datasets["ADAE"]
    assert (adae.label, adae.class_, adae.subclass) == (
        "Adverse Events Analysis Dataset",
        "OCCURRENCE DATA STRUCTURE",
        "ADVERSE EVENT",
    )
    assert list(adae.keys) == ["STUDYID", "USUBJID", "AEDECOD", "ASTDT", "AESEQ"]
    assert adae.variables["ASTDT"].label == "Analysis Start Date"


def test_of_the_usual_keys_those_stay_that_the_dataset_has(tmp_path: Path) -> None:
    files = {"mappings/adam/adae.yaml": ADAE.replace("AEDECOD]", "AELLT]")}
    assert list(minimal.study(tmp_path, files).datasets["ADAE"].keys) == [
        "STUDYID",
        "USUBJID",
        "ASTDT",
        "AESEQ",
    ]


def test_what_the_study_writes_wins(tmp_path: Path) -> None:
    said = ("label: Events", "class: ADAM OTHER", "structure: One an event", "keys: [USUBJID, AESEQ]")
    spec = "".join(f"{line}\n" for line in ("dataset: ADAE", *said))
    adae = minimal.study(tmp_path, {**FILES, "specs/adam/adae.yaml": spec}).datasets["ADAE"]
    assert (adae.label, adae.class_, adae.subclass, list(adae.keys)) == (
        "Events",
        "ADAM OTHER",
        None,
        ["USUBJID", "AESEQ"],
    )


def test_a_variable_of_the_study_s_own_keeps_what_its_dataset_says_of_it_where_it_is_copied(
    tmp_path: Path,
) -> None:
    adsl = "dataset: ADSL\nvariables: {COHORT: {label: Cohort of the Study, type: text, codelist: null}}\n"
    mapping = (minimal.EXAMPLE / "mappings" / "adam" / "adsl.yaml").read_text("utf-8")
    files = {
        "specs/adam/adsl.yaml": adsl,
        "mappings/adam/adsl.yaml": f"{mapping}  COHORT: {{copy: DM.ARMCD}}\n",
        "mappings/adam/adae.yaml": f"{ADAE}  COHORT: {{copy: ADSL.COHORT}}\n",
    }
    cohort = minimal.study(tmp_path, files).datasets["ADAE"].variables["COHORT"]
    assert (cohort.label, cohort.type) == ("Cohort of the Study", "text")


@pytest.mark.parametrize("name", ["ADXX", "ADAEE"])
def test_another_name_is_asked_for_its_spec(tmp_path: Path, name: str) -> None:
    files = {f"mappings/adam/{name.lower()}.yaml": ADAE.replace("ADAE", name)}
    (fault,) = minimal.faults(tmp_path, files)
    assert f"{name} has no spec, and no guide of the study describes it" in fault
