"""A format of dates that many records do not have is a slip of the contract: it is told once, at its place in
the contract, with the format that fits, and never with a date of a participant.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import SpecError
from pipeline.sources import files
from tests.support.short_study import DM, DROP, short_drop, short_study

RAW_DM = "specs/raw/dm_raw.yaml"
# the declared format of COL_DT, its dates; what is told
SLIPS = {
    "day and month the other way round": (
        *("DD/MM/YYYY", ("12/26/2013", "07/08/2014")),
        "DD/MM/YYYY does not fit COL_DT in 1 of 2 records (first: dm_raw.csv:2, month over 12);"
        " MM/DD/YYYY fits all",
    ),
    "another mark": (
        *("MM-DD-YYYY", ("12/26/2013", "07/22/2014")),
        "MM-DD-YYYY does not fit COL_DT in 2 of 2 records (first: dm_raw.csv:2, another form);"
        " MM/DD/YYYY fits all",
    ),
    "dates that two formats read": (
        *("YYYY-MM-DD", ("12/06/2013", "07/08/2014")),
        "YYYY-MM-DD does not fit COL_DT in 2 of 2 records (first: dm_raw.csv:2, another form);"
        " MM/DD/YYYY and DD/MM/YYYY fit all: the form or its guide says which",
    ),
    "dates of which some are partial": (
        *("YYYY-MM-DD", ("12/26/2013", "2014")),
        "YYYY-MM-DD does not fit COL_DT in 2 of 2 records (first: dm_raw.csv:2, another form);"
        " MM/DD/YYYY partial fits all",
    ),
}
# dates of COL_DT under MM/DD/YYYY that no contract is wrong about: each is a fault of its record
FAULTS = {
    "a date that no format reads": ("12/26/2013", "22.13.2014"),
    "a partial date": ("12/26/2013", "2014"),
    "a blank": ("12/26/2013", "  "),
    "a code for no value": ("12/26/2013", "NA"),
}


def read_with(tmp_path: Path, form: str, dates: tuple[str, str]) -> Path:
    """Reads the drop with these dates under the declared format; the folder of the study."""
    contract = DM.replace("{MM/DD/YYYY: [COL_DT]", f"{{{form}: [COL_DT]")
    study = short_study(tmp_path / "study", {RAW_DM: contract})
    records = DROP["dm_raw.csv"].replace("12/26/2013", dates[0]).replace("07/22/2014", dates[1])
    files.read(study, short_drop(tmp_path / "drop", {"dm_raw.csv": records}))
    return tmp_path / "study"


@pytest.mark.parametrize(("form", "dates", "message"), SLIPS.values(), ids=SLIPS)
def test_a_format_that_many_records_do_not_have_is_refused_at_its_place(
    tmp_path: Path, form: str, dates: tuple[str, str], message: str
) -> None:
    with pytest.raises(SpecError) as caught:
        read_with(tmp_path, form, dates)
    assert str(caught.value) == f"{tmp_path / 'study' / RAW_DM}:5:8: {message}"


@pytest.mark.parametrize("dates", FAULTS.values(), ids=FAULTS)
def test_what_no_other_format_explains_is_left_to_the_checks_of_each_record(
    tmp_path: Path, dates: tuple[str, str]
) -> None:
    read_with(tmp_path, "MM/DD/YYYY", dates)


def test_a_few_wrong_dates_are_faults_of_their_records(tmp_path: Path) -> None:
    study = short_study(
        tmp_path / "study", {RAW_DM: DM.replace("MM/DD/YYYY: [COL_DT]", "DD/MM/YYYY: [COL_DT]")}
    )
    ambiguous = "".join(f"S1,701-20{i},63,Female,01/02/2014,1951\n" for i in range(10, 30))
    records = f"STUDY,PATNUM,IT.AGE,IT.SEX,COL_DT,BIRTH\nS1,701-1001,63,Female,01/13/2014,1951\n{ambiguous}"
    files.read(study, short_drop(tmp_path / "drop", {"dm_raw.csv": records}))
