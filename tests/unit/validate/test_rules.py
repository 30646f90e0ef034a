"""Each rule across records and datasets fires on the fault planted for it, names key and raw record, and is silent on clean data."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.findings import Finding
from pipeline.study import Study
from pipeline.validate import rules
from tests.support.tables import days, text

Row = dict[str, str | None]

# Clean data that come as near to each rule as they may.
CLEAN: dict[str, list[Row]] = {
    "DM": [
        {"USUBJID": "died", "RFSTDTC": "2016-08-12", "DTHFL": "Y", "DTHDTC": "2017-05"},
        {"USUBJID": "alive", "RFPENDTC": "2019-07-01"},  # the day of the cut-off
    ],
    "AE": [
        {"USUBJID": "died", "AESTDTC": "2016-08-12", "AEENDTC": "2016-08-12"},  # ends on the day it starts
        {"USUBJID": "died", "AESTDTC": "2016-08-12", "AEENDTC": "2016-08"},  # may end after it starts
        {"USUBJID": "alive", "AESTDTC": "2016", "AEENDTC": "2016-01-05"},  # may start before it ends
        {"USUBJID": "alive", "AESTDTC": "2019", "AEENDTC": None},  # may start before the cut-off
    ],
    "TR": [{"USUBJID": "died", "TRORRES": "2.3", "TRORRESU": "cm", "TRSTRESC": "23"}],
    "ADSL": [
        {"USUBJID": "died", "DTHFL": "Y", "DTHDTC": "2017-05", "LSTALVDT": "2017-05-31"},  # on its last possible day
        {"USUBJID": "alive", "LSTALVDT": "2019-06-20"},
    ],
    "ADTTE": [{"USUBJID": "alive", "PARAMCD": "OS", "STARTDT": "2016-08-10", "ADT": "2016-08-10"}],  # an event on the first day
}


def frame(study: Study, name: str, rows: list[Row]) -> pd.DataFrame:
    """A dataset as the rules get it: all its variables in their types, identity and block beside them."""
    spec = study.datasets[name]
    columns = {"form": text(*[name.lower()] * len(rows)), "record": text(*[f"{i:02d}" for i in range(len(rows))])}
    for variable, v in spec.variables.items():
        values = [r.get(variable) for r in rows]
        columns[variable] = days(*values) if v.type == "date" else pd.Series(values, dtype=v.dtype)
    return pd.DataFrame(columns).assign(block=0)


def check(study: Study, **planted: list[Row]) -> list[Finding]:
    """What the rules object to in the clean data with some records added."""
    return rules.check(study, {name: frame(study, name, rows + planted.get(name, [])) for name, rows in CLEAN.items()})


def test_clean_data_have_no_finding(study: Study) -> None:
    assert check(study) == []


PLANTED: dict[str, tuple[str, str, Row, str, str]] = {
    # fault: (rule, dataset, record added, variable, key and raw record)
    "a subject whom DM does not know": ("SUBJECT-IN-DM", "AE", {"USUBJID": "stranger"}, "USUBJID", "USUBJID=stranger | ae, stranger, 04"),
    "an event that ends the day before it starts": (
        "END-BEFORE-START",
        "AE",
        {"USUBJID": "died", "AEDECOD": "Chills", "AESTDTC": "2016-08-12", "AEENDTC": "2016-08-11"},
        "AEENDTC",
        "USUBJID=died, AEDECOD=Chills, AESTDTC=2016-08-12 | ae, died, 04",
    ),
    "an event that ends the month before, however imprecise": (
        "END-BEFORE-START",
        "AE",
        {"USUBJID": "died", "AESTDTC": "2016-08", "AEENDTC": "2016-07"},
        "AEENDTC",
        "USUBJID=died, AESTDTC=2016-08 | ae, died, 04",
    ),
    "an event that ends in the hour before it starts": (
        "END-BEFORE-START",
        "AE",
        {"USUBJID": "died", "AESTDTC": "2016-08-12T10:30", "AEENDTC": "2016-08-12T09:30"},
        "AEENDTC",
        "USUBJID=died, AESTDTC=2016-08-12T10:30 | ae, died, 04",
    ),
    "a result that no unit leads to the standard one": (
        "RESULT-NOT-STANDARDIZED",
        "TR",
        {"USUBJID": "died", "TRORRES": "23", "TRORRESU": "inch"},
        "TRSTRESC",
        "USUBJID=died | tr, died, 01",
    ),
    "an event on the day after the cut-off": (
        "AFTER-CUT-OFF",
        "AE",
        {"USUBJID": "alive", "AESTDTC": "2019-07-02"},
        "AESTDTC",
        "USUBJID=alive, AESTDTC=2019-07-02 | ae, alive, 04",
    ),
    "an event in the month after it": (
        "AFTER-CUT-OFF",
        "AE",
        {"USUBJID": "alive", "AEENDTC": "2019-08"},
        "AEENDTC",
        "USUBJID=alive | ae, alive, 04",
    ),
    "time that runs backwards": (
        "EVENT-BEFORE-ORIGIN",
        "ADTTE",
        {"USUBJID": "died", "PARAMCD": "OS", "STARTDT": "2016-08-10", "ADT": "2016-08-09"},
        "ADT",
        "USUBJID=died, PARAMCD=OS | adtte, died, 01",
    ),
    "known alive the day after death": (
        "DEATH-BEFORE-ALIVE",
        "ADSL",
        {"USUBJID": "died", "DTHFL": "Y", "DTHDTC": "2017-05-09", "LSTALVDT": "2017-05-10"},
        "DTHDTC",
        "USUBJID=died | adsl, died, 02",
    ),
    "known alive after the last day the date of death can mean": (
        "DEATH-BEFORE-ALIVE",
        "ADSL",
        {"USUBJID": "died", "DTHFL": "Y", "DTHDTC": "2017-05", "LSTALVDT": "2017-06-01"},
        "DTHDTC",
        "USUBJID=died | adsl, died, 02",
    ),
    "a death without any date": (
        "DEATH-WITHOUT-DATE",
        "DM",
        {"USUBJID": "died_too", "DTHFL": "Y"},
        "DTHDTC",
        "USUBJID=died_too | dm, died_too, 02",
    ),
}


@pytest.mark.parametrize(("rule", "dataset", "row", "variable", "where"), PLANTED.values(), ids=PLANTED)
def test_a_planted_fault_is_one_finding_that_names_key_and_raw_record(
    study: Study, rule: str, dataset: str, row: Row, variable: str, where: str
) -> None:
    [finding] = check(study, **{dataset: [row]})
    assert (finding.rule, finding.severity, finding.dataset, finding.variable) == (rule, "error", dataset, variable)
    assert f"{finding.key} | {finding.source}" == where
    assert finding.message


def test_every_rule_has_a_planted_fault() -> None:
    assert {rule for rule, *_ in PLANTED.values()} == {r.id for r in rules.RULES}


def test_all_faults_are_found_at_once(study: Study) -> None:
    found = check(
        study, AE=[{"USUBJID": "stranger", "AESTDTC": "2019-07-02", "AEENDTC": "2019-07-01"}], DM=[{"USUBJID": "died_too", "DTHFL": "Y"}]
    )
    assert sorted(f.rule for f in found) == ["AFTER-CUT-OFF", "DEATH-WITHOUT-DATE", "END-BEFORE-START", "SUBJECT-IN-DM"]


def test_no_records_have_no_finding(study: Study) -> None:
    assert rules.check(study, {name: frame(study, name, []) for name in CLEAN}) == []
