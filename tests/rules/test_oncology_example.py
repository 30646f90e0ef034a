"""examples/oncology: a solid-tumour study of 12 invented participants, from YAML alone. Best response,
progression-free and overall survival of each are typed from RECIST 1.1 and the rules of the convention.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pyreadstat
import pytest

from pipeline import stages as run
from pipeline.errors import SpecError
from pipeline.mapping.resolve import plan
from pipeline.stages import LIBRARY
from pipeline.study import load
from pipeline.workers import Workers

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "oncology"
MOST_LINES = 350


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the finished build."""
    out = tmp_path_factory.mktemp("oncology")
    report = run.build(load(EXAMPLE), EXAMPLE, EXAMPLE / "drop", out, Workers(1), lambda _: None)
    assert not report.refused
    return report.home


def published(built: Path, dataset: str, *columns: str) -> list[tuple[object, ...]]:
    """The values of some columns in each record; a missing text is ""."""
    path = next((built / "m5").rglob(f"{dataset.lower()}.xpt"))
    frame, _ = pyreadstat.read_xport(path)
    texts = {c: frame[c].astype("str") for c in columns if c.endswith("DT")}
    return list(frame.assign(**texts)[list(columns)].itertuples(index=False, name=None))


def test_the_study_is_written_in_few_lines_without_python() -> None:
    lines = [
        line
        for path in [*EXAMPLE.glob("specs/**/*.yaml"), *EXAMPLE.glob("mappings/**/*.yaml")]
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip() and not line.lstrip().startswith("#")
    ]
    assert len(lines) <= MOST_LINES
    assert not list(EXAMPLE.rglob("*.py"))


def test_it_is_published_with_a_define_xml_of_each_layer_and_without_an_error(built: Path) -> None:
    findings = (built / "report" / "findings.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert [line for line in findings if ",error," in line] == []
    assert len(list((built / "m5").rglob("define.xml"))) == 2


# participant: (best response, confirmed, responder, progression). Scans at screening, weeks 6, 12, 18, 24.
RESPONSES = {
    "1001": ("PR", "PR", "Y", "Y"),  # sums 50, 30, 28, 40: PR twice, then 12 mm and 43 % over the nadir
    "1002": ("SD", "SD", "N", "Y"),  # 40, 38, 36 and a new lesion
    "1003": ("SD", "SD", "N", "Y"),  # 30, 29, 28 and unequivocal progression of a non-target lesion
    "1004": ("CR", "CR", "Y", "N"),  # target and non-target gone at week 6 and after
    "1005": ("SD", "SD", "N", "N"),  # 3.0, 2.9, 3.0, 2.8 cm
    "1006": ("CR", "CR", "Y", "N"),  # a node of 20 mm is 9 and 8, the other lesion gone
    "1007": ("PR", "SD", "Y", "N"),  # 24, then too small (5) and 12 = 17 > 16.8, then 5 + 11 = 16
    "1008": ("NE", "NE", "N", "N"),  # a target not assessed at either scan
    "1009": ("SD", "SD", "N", "N"),  # 30, 28, then dead
    "1010": ("SD", "SD", "N", "Y"),  # 30, 30, other therapy, 45
    "1011": ("SD", "SD", "N", "N"),  # never dosed: 30, 31
    "1012": ("SD", "SD", "N", "Y"),  # 30, 30, two scans missed, 45
}


def test_responses_are_those_of_recist(built: Path) -> None:
    answers: dict[str, dict[str, object]] = {}
    for subject, code, value in published(built, "ADRS", "SUBJID", "PARAMCD", "AVALC"):
        answers.setdefault(str(subject), {})[str(code)] = value
    found = {s: (a["BOR"], a["CBOR"], a["RSP"], a["PD"]) for s, a in answers.items()}
    assert found == RESPONSES


LAST = "LAST ADEQUATE ASSESSMENT"
# participant: (date, days from 2014-01-06, CNSR, event or reason, what the date of a censoring is)
PROGRESSION_FREE = {
    "1001": ("2014-05-12", 127, 0, "PROGRESSIVE DISEASE", ""),
    "1002": ("2014-03-31", 85, 0, "PROGRESSIVE DISEASE", ""),
    "1003": ("2014-03-31", 85, 0, "PROGRESSIVE DISEASE", ""),
    "1004": ("2014-05-12", 127, 1, "ONGOING WITHOUT EVENT", LAST),
    "1005": ("2014-05-12", 127, 1, "ONGOING WITHOUT EVENT", LAST),
    "1006": ("2014-03-31", 85, 1, "ONGOING WITHOUT EVENT", LAST),
    "1007": ("2014-03-31", 85, 1, "ONGOING WITHOUT EVENT", LAST),
    "1008": ("2014-01-06", 1, 2, "NO BASELINE OR POST-BASELINE ASSESSMENT", "RANDOMIZATION"),
    "1009": ("2014-03-10", 64, 0, "DEATH", ""),
    "1010": ("2014-02-17", 43, 3, "NEW ANTICANCER THERAPY", f"{LAST} BEFORE NEW THERAPY"),
    "1011": ("2014-02-17", 43, 5, "LOST TO FOLLOW-UP OR WITHDRAWN", LAST),
    "1012": ("2014-02-17", 43, 4, "TWO OR MORE MISSED ASSESSMENTS", f"{LAST} BEFORE MISSED ASSESSMENTS"),
}
ALIVE = "ALIVE AT LAST CONTACT"
# all others were seen alive at the end of the study, 2014-09-30
OVERALL = {
    "1003": ("2014-08-01", 208, 0, "DEATH", ""),  # of the month alone the first day counts
    "1009": ("2014-03-10", 64, 0, "DEATH", ""),
    "1011": ("2014-02-20", 46, 1, ALIVE, ""),  # the day of the withdrawal
}


def times(built: Path, code: str) -> dict[str, tuple[object, ...]]:
    columns = ("SUBJID", "PARAMCD", "ADT", "AVAL", "CNSR", "EVNTDESC", "CNSDTDSC")
    return {str(r[0]): r[2:] for r in published(built, "ADTTE", *columns) if r[1] == code}


def test_progression_free_survival_is_that_of_the_convention(built: Path) -> None:
    assert times(built, "PFS") == PROGRESSION_FREE


def test_overall_survival_ends_with_death_or_the_last_contact(built: Path) -> None:
    others = dict.fromkeys(PROGRESSION_FREE, ("2014-09-30", 268, 1, ALIVE, ""))
    assert times(built, "OS") == {**others, **OVERALL}


def test_lesions_are_in_millimetres_and_nodes_by_their_short_axis(built: Path) -> None:
    columns = ("TRTESTCD", "TRORRES", "TRORRESU", "TRSTRESC", "TRSTRESN", "TRSTRESU")
    results = set(published(built, "TR", *columns))
    assert ("LDIAM", "2.9", "cm", "29", 29.0, "mm") in results
    assert ("LPERP", "9", "mm", "9", 9.0, "mm") in results
    assert ("LDIAM", "TOO SMALL TO MEASURE", "", "5", 5.0, "mm") in results
    assert ("LDIAM", "0", "", "0", 0.0, "mm") in results
    assert {r[3] for r in results if r[0] == "TUMSTATE"} == {
        "PRESENT",
        "ABSENT",
        "UNEQUIVOCAL",
        "UNEQUIVOCAL PROGRESSION",
    }


def test_what_the_study_does_not_have_is_left_out(built: Path) -> None:
    path = next((built / "m5").rglob("adta.xpt"))
    columns = set(pyreadstat.read_xport(path)[0])
    assert {"TRTP", "ITTFL", "OVRLRESP", "IVOVRL"} <= columns
    assert not {"TRTPN", "IRESP", "IPDFL"} & columns, "no numbers of treatments, and IRECIST is not chosen"


# --- what may be wrong in a study that uses blocks
FAULTS = {
    # rule: (file, text, the one in its place, what must be told)
    "a block that there is not": (
        "mappings/adam/adta.yaml",
        "use: adta ",
        "use: adtaa ",
        "2:1: adtaa is no block; did you mean adta?",
    ),
    "a parameter that ADRS does not offer": (
        "mappings/adam/adrs.yaml",
        "CBOR",
        "CBOOR",
        "3:26: CBOOR is nothing to choose in adrs; did you mean CBOR?",
    ),
    "a response by RECIST of a study that takes the reported ones": (
        "mappings/adam/adta.yaml",
        "use: adta ",
        "use: adta_reported ",
        "3:21: BOR reads ADTA.OVRLRESP, which the study does not have; choose BORI, by the investigator",
    ),
    "a parameter of which ADTTE reads and that ADRS does not choose": (
        "mappings/adam/adrs.yaml",
        ", PD]",
        "]",
        "PD is not a value of ADRS.PARAMCD",
    ),
    "a dataset that the block needs": (
        "mappings/sdtm/tr.yaml",
        "  TRLNKGRP: {derive: assessment,",
        "  TRREFID: {derive: assessment,",
        "2:1: adta reads TR.TRLNKGRP, which the study does not have; map it",
    ),
    "no date from which scans are planned": (
        "specs/study.yaml",
        "anchor: ADSL.RANDDT\n",
        "",
        "2:1: adta counts from `anchor`, the date of ADSL from which scans are planned: write anchor:"
        " ADSL.RANDDT in specs/study.yaml",
    ),
    "no minimum of stable disease": (
        "specs/study.yaml",
        "  minimum_sd_days:",
        "  shortest_stable:",
        "`parameters` lacks minimum_sd_days, which the plan decides: from which day",
    ),
    "a new therapy that ADSL does not have": (
        "mappings/adam/adsl.yaml",
        "  NACTDT:  {derive: new_therapy_date,",
        "  TR01SDT: {derive: new_therapy_date,",
        "10:5: therapy reads ADSL.NACTDT, which the study does not have; map it, or leave it out",
    ),
}


@pytest.mark.parametrize(("file", "old", "new", "told"), FAULTS.values(), ids=FAULTS)
def test_a_slip_is_told_with_what_to_do(tmp_path: Path, file: str, old: str, new: str, told: str) -> None:
    study = tmp_path / "study"
    shutil.copytree(EXAMPLE, study, ignore=shutil.ignore_patterns("drop"))
    text = (study / file).read_text(encoding="utf-8")
    assert old in text
    (study / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SpecError) as refused:
        plan(load(study), LIBRARY)
    assert told in str(refused.value)
