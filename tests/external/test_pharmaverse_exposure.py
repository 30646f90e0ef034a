"""Exposure by this project's functions on the SDTM of the CDISC pilot study, beside the ADEX that the
pharmaverse published of it, value by value.

There the planned dose is 54 mg a day, of placebo 0; a record of EX is a time of constant dosing, once a day.
Every parameter that both have is compared; where a value differs, the table below says where, how often and
why, and no value may differ elsewhere.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pandas as pd
import pytest

from pipeline.derivations.adam import exposure
from pipeline.study.models import Visit
from tests.support.pharmaverse import KEY, identified, stored

VISITS = (
    Visit(name="BASELINE", number=3, day=1, doses=("XANOMELINE", "PLACEBO")),
    Visit(name="WEEK 2", number=4, day=14, doses=("XANOMELINE", "PLACEBO")),
    Visit(name="WEEK 24", number=12, day=168, doses=("XANOMELINE", "PLACEBO")),
)
PLANNED = {"XANOMELINE": [54.0], "PLACEBO": [0.0]}
WEEK = 7
# their parameter: ours, and what theirs is multiplied by to be in its unit
BY_DOSE = {"DOSE": ("DOSE", 1), "PLDOSE": ("PLANNED", 1)}
IN_SUM = {
    "TDOSE": ("CUMULATIVE", 1),
    "TDURD": ("DURATION", 1),
    "AVDDSE": ("INTENSITY", WEEK),  # a day there, a week here
    "TDOSINT": ("RELATIVE", 1),
}
WITHOUT_COUNTERPART = {
    "TPDOSE": "the planned dose of the days treated; here it is in RELATIVE",
    "TADJ TADJAE ADJ ADJAE": "their program makes up EXADJ, which is not in the SDTM",
    "DURD": "the days of each record; here a record of ADEX is a dose, and DURATION is of a product",
    "PDURD PDOSE PPDOSE PDOSINT PAVDDSE PADJ PADJAE": "weeks 2 to 24; here there are no periods",
}


class Difference(NamedTuple):
    participants: set[str]
    parameters: str  # theirs
    reason: str


DIFFERENCES = (
    Difference(
        {"01-704-1233", "01-705-1018", "01-705-1031", "01-705-1303", "01-705-1377", "01-705-1382"},
        "DOSE PLDOSE TDURD",
        "a dose without a date of its end lasts the day of its start here, and no day there",
    ),
    Difference(
        {"01-705-1031", "01-705-1303", "01-705-1377", "01-705-1382"},
        "TDOSE",
        "follows from it, where the dose is not of placebo",
    ),
    Difference({"01-705-1018"}, "AVDDSE", "no other dose: 0 of a day here, 0 of 0 days there"),
    Difference(
        {"01-705-1303", "01-705-1377", "01-705-1382"},
        "AVDDSE TDOSINT",
        "follows from it, where the dose is not the mean of the doses before",
    ),
    Difference(
        {"01-701-1034", "01-701-1148"},
        "DOSE TDOSE AVDDSE TDOSINT",
        "their program sets doses to 0 for a medication error that the SDTM does not have",
    ),
)
Values = dict[str, pd.Series]  # by their parameter: by participant, of single doses by participant and EXSEQ


@pytest.fixture(scope="module")
def doses() -> pd.DataFrame:
    return identified(stored("pharmaversesdtm", "ex"), "EX")


@pytest.fixture(scope="module")
def theirs() -> pd.DataFrame:
    return stored("pharmaverseadam", "adex")


def worked_out(doses: pd.DataFrame) -> Values:
    """Our values under the names of theirs."""
    linked = doses.assign(LINK=doses["EXSEQ"].astype("str"), OCCUR="Y")
    given = linked[[*KEY, "EXTRT", "EXDOSE", "EXDOSFRQ", "EXSTDTC", "EXENDTC", "LINK", "EXSEQ"]]
    planned = linked[[*KEY, "EXTRT", "OCCUR", "VISIT", "LINK"]]
    plan = {"planned_doses": PLANNED, "cycle_days": 21}
    single = exposure.exposure_by_dose(given, planned, VISITS, **plan)  # type: ignore[arg-type]
    sums = exposure.exposure_in_sum(given, planned, VISITS, **plan, reduced_dose_share=0.9)  # type: ignore[arg-type]
    sums = sums[~sums["PARAMETER"].str.startswith(exposure.ALL_PRODUCTS)]
    found = {}
    for name, (ours, _) in BY_DOSE.items():
        of_name = single[single["PARAMETER"].str.endswith(f": {ours}")]
        found[name] = of_name.set_index(["USUBJID", "SEQ"])["VALUE"]
    for name, (ours, _) in IN_SUM.items():
        of_name = sums[sums["PARAMETER"].str.endswith(f": {ours}")]
        found[name] = of_name.set_index("USUBJID")["VALUE"]
    return found


def published(theirs: pd.DataFrame) -> Values:
    """Their values in our units; what they leave empty is left out."""
    valued = theirs[theirs["AVAL"].notna()]
    found = {}
    for name, (_, times) in (BY_DOSE | IN_SUM).items():
        of_name = valued[valued["PARAMCD"].eq(name)]
        by = ["USUBJID", "EXSEQ"] if name in BY_DOSE else ["USUBJID"]
        found[name] = of_name.set_index(by)["AVAL"] * times
    return found


def differing(ours: pd.Series, yours: pd.Series) -> list[str]:
    """The participants of whom a value differs, or one side has none."""
    both = pd.DataFrame({"ours": ours, "yours": yours})
    differs = ~(both["ours"] - both["yours"]).abs().lt(1e-6)
    return sorted(both.index[differs].get_level_values(0))


def told(parameter: str) -> list[str]:
    """The participants of whom the table tells a difference of this parameter."""
    return sorted(p for d in DIFFERENCES if parameter in d.parameters.split() for p in d.participants)


@pytest.mark.parametrize("parameter", [*BY_DOSE, *IN_SUM])
def test_no_value_differs_without_a_reason(doses: pd.DataFrame, theirs: pd.DataFrame, parameter: str) -> None:
    ours, yours = worked_out(doses)[parameter], published(theirs)[parameter]
    assert len(yours) >= 167
    assert sorted(set(differing(ours, yours))) == told(parameter)


def test_their_medication_errors_are_not_in_the_sdtm(doses: pd.DataFrame, theirs: pd.DataFrame) -> None:
    single = theirs[theirs["PARAMCD"].eq("DOSE")].set_index(["USUBJID", "EXSEQ"])["EXDOSE"]
    collected = doses.set_index(["USUBJID", "EXSEQ"])["EXDOSE"].reindex(single.index)
    changed = single[single.ne(collected)]
    assert set(changed) == {0.0}
    assert set(changed.index.get_level_values(0)) == {"01-701-1034", "01-701-1148"}


def test_every_parameter_of_theirs_is_compared_or_has_a_reason_why_not(theirs: pd.DataFrame) -> None:
    without = {name for names in WITHOUT_COUNTERPART for name in names.split()}
    assert set(theirs["PARAMCD"]) == {*BY_DOSE, *IN_SUM, *without}


@pytest.mark.parametrize(
    ("column", "value", "parameters"),
    [
        ("EXDOSE", 55.0, ["DOSE", "TDOSE", "AVDDSE", "TDOSINT"]),
        ("EXENDTC", "2014-04-01", ["DOSE", "PLDOSE", "TDOSE", "TDURD"]),
    ],
)
def test_a_changed_value_is_seen(
    doses: pd.DataFrame, theirs: pd.DataFrame, column: str, value: Any, parameters: list[str]
) -> None:
    """01-701-1033 has one record: 54 mg a day from 2014-03-18 to 2014-03-31."""
    spoilt = doses.copy()
    spoilt.loc[spoilt["USUBJID"].eq("01-701-1033"), column] = value
    ours, yours = worked_out(spoilt), published(theirs)
    seen = [name for name in (*BY_DOSE, *IN_SUM) if "01-701-1033" in differing(ours[name], yours[name])]
    assert seen == parameters
