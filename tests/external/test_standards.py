"""Specs and codelists beside the facts of the standards, which the tables of this folder hold in the
project's own form.

sdtmig34*.tsv: SDTMIG 3.4, domains and variables; adamig13.tsv: ADaMIG 1.3 with the time-to-event and
occurrence documents; ct.tsv: the terms of SDTM CT 2022-09-30 and ADaM CT 2022-06-24 that the study could use.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.derivations.sdtm import supp
from pipeline.study import Study
from pipeline.study.models import Codelist, Dataset, Term, Variable

HERE = Path(__file__).resolve().parent
TYPES = {
    "text": "Char",
    "iso": "Char",
    "integer": "Num",
    "float": "Num",
    "date": "Num",
    "datetime": "Num",
    "time": "Num",
}
CONTINUED = {
    "COVAL1": "Comment 1"
}  # SDTMIG 3.4, 4.5.3: text over 200 characters of CO and TS goes on in numbered variables
CUSTOM = {"DC": "DM"}  # a domain of the study with the structure of a standard one


def table(name: str) -> list[dict[str, str]]:
    with (HERE / f"{name}.tsv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


@pytest.fixture(scope="session")
def guide() -> dict[str, dict[str, dict[str, str]]]:
    found: dict[str, dict[str, dict[str, str]]] = {}
    for row in table("sdtmig34"):
        found.setdefault(row["domain"], {})[row["variable"]] = row
    return found


@pytest.fixture(scope="session")
def sets() -> dict[str, dict[str, str]]:
    return {r["dataset"]: r for r in table("sdtmig34_datasets")}


@pytest.fixture(scope="session")
def analysis() -> list[dict[str, str]]:
    return table("adamig13")


@pytest.fixture(scope="session")
def terms() -> list[dict[str, str]]:
    return table("ct")


# --- SDTM
def differs(spec: Dataset, domain: str, guide: Mapping[str, Mapping[str, Mapping[str, str]]]) -> list[str]:
    """Where a spec is not what the guide says of its variables."""
    known = guide[domain]
    found = []
    for name, v in spec.published.items():
        row = known.get(name) or elsewhere(name, domain, v.label, guide)
        if row is None:
            found.append(f"{name} is no variable of {domain}")
            continue
        said = {"label": v.label, "type": TYPES[v.type], "role": v.role}
        found += [f"{name}: {k} is {said[k]}, the guide says {row[k]}" for k in said if said[k] != row[k]]
        if name in known and v.core != row["core"]:
            found.append(f"{name}: core is {v.core}, the guide says {row['core']}")
    found += [
        f"{n} is missing and {r['core']}"
        for n, r in known.items()
        if r["core"] in ("Req", "Exp") and n not in spec.published
    ]
    order = [n for n in spec.published if n in known]
    return found + ([] if order == [n for n in known if n in order] else [f"the order is {', '.join(order)}"])


def elsewhere(
    name: str, domain: str, label: str, guide: Mapping[str, Mapping[str, Mapping[str, str]]]
) -> Mapping[str, str] | None:
    """A variable of the general observation classes that the guide lists in other domains only, or the
    continuation of a long text.

    The guide words a label for its domain ("of Adverse Event"), so the row with this label comes first.
    """
    if name in CONTINUED:
        return {**guide[domain][name[:-1]], "label": CONTINUED[name]}
    generic = name[len(domain) :] if name.startswith(domain) else name
    rows = [
        variables[c]
        for other, variables in guide.items()
        for c in (generic, f"{other}{generic}")
        if c in variables
    ]
    return next((r for r in rows if r["label"] == label), rows[0] if rows else None)


def sdtm(study: Study) -> dict[str, Dataset]:
    return {n: s for n, s in study.datasets.items() if s.layer == "sdtm"}


def test_every_variable_is_as_the_guide_has_it_and_the_required_and_expected_ones_are_there(
    study: Study, guide: dict[str, dict[str, dict[str, str]]]
) -> None:
    found = {n: differs(s, CUSTOM.get(n, n), guide) for n, s in sdtm(study).items()}
    assert {n: f for n, f in found.items() if f} == {}


def test_supplemental_qualifiers_are_as_the_guide_has_them(
    study: Study, guide: dict[str, dict[str, dict[str, str]]]
) -> None:
    for name, spec in supp.specs(study.datasets).items():
        assert differs(spec, "SUPPQUAL", guide) == [], name


def test_every_dataset_has_label_and_class_of_the_guide(
    study: Study, sets: dict[str, dict[str, str]]
) -> None:
    for name, spec in sdtm(study).items():
        if name not in CUSTOM:
            assert (spec.label, spec.class_) == (sets[name]["label"], sets[name]["class"]), name


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"label": "Sex of Subject"}, "SEX: label is Sex of Subject, the guide says Sex"),
        ({"type": "integer"}, "SEX: type is Num, the guide says Char"),
        ({"role": "Topic"}, "SEX: role is Topic, the guide says Record Qualifier"),
        ({"core": "Perm"}, "SEX: core is Perm, the guide says Req"),
    ],
)
def test_a_variable_that_is_not_the_guides_is_seen(
    study: Study, guide: dict[str, dict[str, dict[str, str]]], change: dict[str, str], told: str
) -> None:
    spec = study.datasets["DM"]
    changed = {**spec.variables, "SEX": spec.variables["SEX"].model_copy(update=change)}
    assert differs(spec.model_copy(update={"variables": changed}), "DM", guide) == [told]


def test_a_missing_a_strange_and_a_misplaced_variable_are_seen(
    study: Study, guide: dict[str, dict[str, dict[str, str]]]
) -> None:
    spec = study.datasets["DM"]
    first = {
        "COUNTRY": spec.variables["COUNTRY"],
        **{n: v for n, v in spec.variables.items() if n not in ("SEX", "COUNTRY")},
    }
    found = differs(
        spec.model_copy(update={"variables": {**first, "DMXYZ": Variable(label="Own", type="text")}}),
        "DM",
        guide,
    )
    assert [f.split(" ", 3)[:3] for f in found] == [
        ["DMXYZ", "is", "no"],
        ["SEX", "is", "missing"],
        ["the", "order", "is"],
    ]


# --- ADaM
def pattern(text: str) -> re.Pattern[str]:
    """A name or label of the guide as a pattern: xx, zz stand for two digits, y and w for one, -- for two
    letters, ... for what a study says.
    """
    marked = re.sub(r"(?<![A-Za-z])(xx|zz|y|w)(?![A-Za-z])|(?<=[A-Z])(xx|zz|y|w)(?=[A-Z]|$)", "\0", text)
    pattern_ = r"\d{1,2}".join(re.escape(part) for part in marked.split("\0"))
    return re.compile(pattern_.replace(r"\-\-", "[A-Z]{2}").replace(r"\.\.\.", ".+"))


def of_structure(spec: Dataset, analysis: list[dict[str, str]]) -> list[dict[str, str]]:
    standards = {
        "SUBJECT LEVEL ANALYSIS DATASET": ("ADSL",),
        "BASIC DATA STRUCTURE": ("BDS for TTE", "BDS"),
        "OCCURRENCE DATA STRUCTURE": ("OCCDS", "AE"),
        "ADAM OTHER": ("BDS",),  # has no variables of its own: those that a BDS has too are named as there
    }
    wanted = standards[spec.class_.upper()]
    if (spec.subclass or "").upper() != "TIME-TO-EVENT":
        wanted = tuple(w for w in wanted if w != "BDS for TTE")
    if (spec.subclass or "").upper() != "ADVERSE EVENT":
        wanted = tuple(w for w in wanted if w != "AE")
    rows = [r for r in analysis if r["structure"] in wanted]
    # ADaMIG 1.3 took most variables of the older document on time to event over, and where it did it decides
    taken_over = {r["variable"] for r in rows if r["structure"] == "BDS"}
    rows = [r for r in rows if r["structure"] != "BDS for TTE" or r["variable"] not in taken_over]
    return sorted(rows, key=lambda r: wanted.index(r["structure"]))


def adam_differs(spec: Dataset, analysis: list[dict[str, str]]) -> list[str]:
    found = []
    rows = of_structure(spec, analysis)
    for name, v in spec.published.items():
        row = next((r for r in rows if pattern(r["variable"]).fullmatch(name)), None)
        if row is None or row["variable"].startswith("--"):
            continue  # the study's own variable, or one carried from SDTM, which labels it
        if not pattern(row["label"]).fullmatch(v.label):
            found.append(f"{name}: label is {v.label}, the guide says {row['label']}")
        if row["type"] and TYPES[v.type] != row["type"]:
            found.append(f"{name}: type is {TYPES[v.type]}, the guide says {row['type']}")
    other = spec.class_.upper() == "ADAM OTHER"
    required = {
        r["variable"]
        for r in rows
        if r["core"] == "Req" and r["structure"] == rows[-1]["structure"] and not other
    }
    # the topic of an occurrence: the term of an event, the name of a medication
    topics = {"--TERM", "CMTRT"} & required
    if any(pattern(topic).fullmatch(name) for topic in topics for name in spec.published):
        required -= topics
    return found + [
        f"{n} is missing and Req"
        for n in sorted(required)
        if not any(pattern(n).fullmatch(k) for k in spec.published)
    ]


def test_analysis_variables_are_as_the_guide_has_them(study: Study, analysis: list[dict[str, str]]) -> None:
    found = {n: adam_differs(s, analysis) for n, s in study.datasets.items() if s.layer == "adam"}
    assert {n: f for n, f in found.items() if f} == {}


def test_an_analysis_variable_that_is_not_the_guides_is_seen(
    study: Study, analysis: list[dict[str, str]]
) -> None:
    spec = study.datasets["ADSL"]
    wrong = {
        **spec.variables,
        "TRT01P": spec.variables["TRT01P"].model_copy(update={"label": "Treatment", "type": "integer"}),
    }
    wrong.pop("SITEID")
    assert adam_differs(spec.model_copy(update={"variables": wrong}), analysis) == [
        "TRT01P: label is Treatment, the guide says Planned Treatment for Period xx",
        "TRT01P: type is Num, the guide says Char",
        "SITEID is missing and Req",
    ]


def test_an_occurrence_without_its_topic_is_seen(study: Study, analysis: list[dict[str, str]]) -> None:
    spec = study.datasets["ADCM"]
    without = {n: v for n, v in spec.variables.items() if n != "CMTRT"}
    assert adam_differs(spec.model_copy(update={"variables": without}), analysis) == [
        "--TERM is missing and Req",
        "CMTRT is missing and Req",
    ]


# --- terminology
def unknown(codelists: Mapping[str, Codelist], terms: list[dict[str, str]]) -> list[str]:
    """What a list says otherwise than the terminology: its name and kind, the code of a term, an addition to
    a closed list.
    """
    lists = {(r["standard"], r["list"]): (r["name"], r["extensible"] == "yes") for r in terms}
    known = {(r["standard"], r["list"], r["term"], r["code"]) for r in terms}
    anywhere = {(r["term"], r["code"]) for r in terms}
    found = []
    for name, c in codelists.items():
        at = (c.standard or "", c.code or "")
        if c.code and lists.get(at) != (c.name, c.extensible):
            found.append(
                f"{name}: {c.code} {c.name}, extensible: {c.extensible}, is no list of the terminology"
            )
        for value, t in c.terms.items():
            right = (*at, value, t.code) in known if c.code else (value, t.code) in anywhere
            if (t.code and not right) or (not t.code and c.code and not c.extensible):
                found.append(f"{name}: {value} {t.code or 'without a code'} is no term of it")
    return found


def test_every_code_is_of_the_terminology(study: Study, terms: list[dict[str, str]]) -> None:
    assert unknown(study.codelists, terms) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": "Gender"}, "SEX: C66731 Gender, extensible: False, is no list of the terminology"),
        ({"extensible": True}, "SEX: C66731 Sex, extensible: True, is no list of the terminology"),
        ({"terms": {"F": Term(code="C20197")}}, "SEX: F C20197 is no term of it"),
        ({"terms": {"DIVERSE": Term()}}, "SEX: DIVERSE without a code is no term of it"),
    ],
)
def test_a_code_that_is_not_of_the_terminology_is_seen(
    study: Study, terms: list[dict[str, str]], change: dict[str, object], told: str
) -> None:
    changed = replace(study, codelists={"SEX": study.codelists["SEX"].model_copy(update=change)})
    assert unknown(changed.codelists, terms) == [told]


def test_the_name_and_the_short_name_of_a_summary_parameter_have_one_code(study: Study) -> None:
    names = {t.code: n for n, t in study.codelists["TSPARM"].terms.items() if t.code}
    for short, term in study.codelists["TSPARMCD"].terms.items():
        assert term.code is None or names[term.code] == term.decode, short
