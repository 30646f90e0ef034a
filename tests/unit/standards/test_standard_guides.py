"""What SDTMIG and ADaMIG say of a variable, typed by hand from the guides."""

from __future__ import annotations

import pytest

from pipeline.standards import VariableFacts, adamig, guides, sdtmig
from pipeline.standards.guides import GENERAL


@pytest.mark.parametrize(
    ("dataset", "variable", "label", "type_", "core", "role"),
    [
        ("AE", "AETERM", "Reported Term for the Adverse Event", "Char", "Req", "Topic"),
        ("AE", "AESER", "Serious Event", "Char", "Exp", "Record Qualifier"),
        ("DM", "SEX", "Sex", "Char", "Req", "Record Qualifier"),
        ("EX", "EXSTDTC", "Start Date/Time of Treatment", "Char", "Exp", "Timing"),
        ("LB", "LBSTRESN", "Numeric Result/Finding in Standard Units", "Num", "Exp", "Result Qualifier"),
        ("TR", "TRLNKID", "Link ID", "Char", "Exp", "Identifier"),
        # of the general observation classes: the guide's tables have them in other domains only
        ("EX", "VISITNUM", "Visit Number", "Num", "Perm", "Timing"),
        ("DS", "VISITNUM", "Visit Number", "Num", "Perm", "Timing"),
        ("AE", "AEDTC", "Date/Time of Collection", "Char", "Perm", "Timing"),
        ("MH", "MHSTDY", "Study Day of Start of Observation", "Num", "Perm", "Timing"),
        # of the class of the domain
        ("MH", "MHSOC", "Primary System Organ Class", "Char", "Perm", "Variable Qualifier"),
        ("PR", "PRREASOC", "Reason for Occur Value", "Char", "Perm", "Record Qualifier"),
        # a text over 200 characters goes on
        ("CO", "COVAL1", "Comment 1", "Char", "Perm", "Topic"),
    ],
)
def test_a_variable_of_sdtm_is_as_the_guide_has_it(
    dataset: str, variable: str, label: str, type_: str, core: str, role: str
) -> None:
    facts = sdtmig("3.4").variable(dataset, variable)
    assert facts is not None
    assert (facts.name, facts.label, facts.type, facts.core, facts.role) == (
        variable,
        label,
        type_,
        core,
        role,
    )


@pytest.mark.parametrize(
    ("dataset", "variable"),
    [
        ("AE", "AEBAD"),
        ("ZZ", "ZZTERM"),
        ("DM", "VISITNUM"),  # DM is of no general class
        ("AE", "SEX"),  # a qualifier of another class is not taken over
        ("LB", "LBSEV"),
    ],
)
def test_a_variable_that_the_guide_does_not_know_has_no_facts(dataset: str, variable: str) -> None:
    assert sdtmig("3.4").variable(dataset, variable) is None


@pytest.mark.parametrize(
    ("structures", "variable", "label", "core"),
    [
        (("ADSL",), "TRT01P", "Planned Treatment for Period 01", "Req"),
        (("ADSL",), "TRT02P", "Planned Treatment for Period 02", "Req"),
        (("ADSL",), "AGEGR1", "Pooled Age Group 1", "Perm"),
        (("ADSL",), "AGEGR1N", "Pooled Age Group 1 (N)", "Perm"),
        (("BDS",), "ANL01FL", "Analysis Flag 01", "Cond"),
        (("BDS",), "AVAL", "Analysis Value", "Cond"),
        (("BDS for TTE", "BDS"), "CNSR", "Censor", "Cond"),
        (("OCCDS",), "ONTR01FL", "On Treatment Period 01 Flag", "Perm"),
    ],
)
def test_an_index_in_a_name_of_adam_stands_in_its_label_too(
    structures: tuple[str, ...], variable: str, label: str, core: str
) -> None:
    facts = adamig("1.3").variable(structures, variable)
    assert facts is not None
    assert (facts.name, facts.label, facts.core) == (variable, label, core)


@pytest.mark.parametrize("variable", ["TRT1P", "TRT001P", "AGEGR0", "AGEGR12", "TRTxxP1", "XYZ"])
def test_a_name_that_no_index_makes_is_unknown(variable: str) -> None:
    assert adamig("1.3").variable(("ADSL",), variable) is None


def test_a_version_that_is_not_shipped_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        sdtmig("3.1")
    with pytest.raises(KeyError):
        adamig("1.0")


def test_the_usual_keys_are_variables_of_their_dataset_and_every_dataset_has_some() -> None:
    for facts in sdtmig("3.4").datasets.values():
        assert facts.keys, facts.name
        assert set(facts.keys) <= set(facts.variables), facts.name


def test_a_domain_of_a_general_class_may_be_dated_and_visited() -> None:
    guide = sdtmig("3.4")
    general = [d.name for d in guide.datasets.values() if d.class_ in GENERAL]
    assert len(general) == 46
    for name in general:
        assert isinstance(guide.variable(name, "VISITNUM"), VariableFacts), name
        assert isinstance(guide.variable(name, "EPOCH"), VariableFacts), name


def test_all_that_is_shipped_is_listed_with_its_size() -> None:
    assert list(guides.everything()) == [("SDTMIG 3.4", 63, 1917), ("ADaMIG 1.3", 5, 591)]
