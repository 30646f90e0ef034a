"""specs/raw, specs/sdtm, specs/adam, the lists and units of the study, and the records it sets aside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.study import subject_numbers
from pipeline.study.agreement.names import Fault, tests_of, unknown
from pipeline.study.located import nearest
from pipeline.study.reader import (
    CODELISTS,
    FILES,
    SET_ASIDE,
    STUDY,
    UNITS,
)

if TYPE_CHECKING:
    from pipeline.study import Study


_FOLDERS = {"mappings": "mappings/sdtm and mappings/adam", "specs": "specs/raw, specs/sdtm and specs/adam"}


def strays(study: Study) -> Iterator[Fault]:
    """A file with a misspelt name would not be read, and nobody would know."""
    for name in study.strays:
        folder = name.rpartition("/")[0]
        known = [file for file in (*study.contents, *FILES) if file.rpartition("/")[0] == folder]
        if name.endswith(".yml"):
            yield name, (), f"is not read: its name ends in .yml; call it {Path(name).stem}.yaml"
            continue
        belongs = f"; what is read stands in {_FOLDERS[folder]}" if folder in _FOLDERS else ""
        hint = nearest(name, known, 0.8) or belongs
        yield name, (), f"is no file of a study{hint}; rename it, or move it elsewhere"
    for dataset in study.functions.keys() - study.mappings.keys():
        name = next(n for n in study.contents if n.endswith(f"/{dataset.lower()}.py"))
        hint = nearest(dataset.lower(), [mapped.lower() for mapped in study.mappings])
        yield name, (), f"{dataset.lower()}.py belongs to no mapping{hint}"


def twice(study: Study) -> Iterator[Fault]:
    """What is named by an id is named once."""
    protocol = study.protocol
    named = {
        ("arms", "code"): [arm.code for arm in protocol.arms],
        ("elements", "code"): [element.code for element in protocol.elements],
        ("epochs", "name"): [epoch.name for epoch in protocol.epochs],
        ("visits", "name"): [visit.name for visit in protocol.visits],
        ("visits", "number"): [f"{visit.number:g}" for visit in protocol.visits],
        ("evaluators", "code"): [evaluator.code for evaluator in protocol.evaluators],
        ("criteria", "code"): [criterion.code for criterion in protocol.criteria],
        ("dictionaries", "name"): [dictionary.name for dictionary in protocol.dictionaries],
        ("relations", "id"): [relation.id for relation in protocol.relations],
        ("assumptions", "id"): [assumption.id for assumption in protocol.assumptions],
    }
    for (part, key), names in named.items():
        for i, name in enumerate(names):
            if names.index(name) != i:
                yield STUDY, (part, i, key), f"{name} is the {key} of an earlier entry of `{part}`"


def forms(study: Study) -> Iterator[Fault]:
    """The field by which a form's records are cut off is a date of the form; what is coded is coded in a
    dictionary of the study.
    """
    dictionaries = [dictionary.name for dictionary in study.protocol.dictionaries]
    for name in (form for form in study.forms if form in study.datasets):
        message = f"{name} is a dataset too, so {name}.X could mean either; call the form and this file"
        yield f"specs/raw/{name}.yaml", (), f"{message} {name.lower()}: it still reads {name}.csv"
    for name, form in study.forms.items():
        for message in subject_numbers.faults_of_form(study, form.subject) if form.subject else ():
            yield f"specs/raw/{name}.yaml", ("subject",), message
        for field, contract in form.fields.items():
            known = contract.coded is None or contract.coded in dictionaries or not dictionaries
            if not known and field not in form.header:
                message = unknown(str(contract.coded), f"a dictionary of {STUDY}", dictionaries)
                yield f"specs/raw/{name}.yaml", ("fields", field, "coded"), message
        dates = [field for field, contract in form.fields.items() if contract.type == "date"]
        if form.dated is not None and form.dated not in dates:
            yield f"specs/raw/{name}.yaml", ("dated",), unknown(form.dated, f"a date of {name}", dates)


def datasets(study: Study) -> Iterator[Fault]:
    dictionaries = [dictionary.name for dictionary in study.protocol.dictionaries]
    for spec in study.datasets.values():
        file = f"specs/{spec.layer}/{spec.dataset.lower()}.yaml"
        a_variable = f"a variable of {spec.dataset}"
        for i, key in enumerate(spec.keys):
            if key not in spec.variables:
                yield file, ("keys", i), unknown(key, a_variable, spec.variables)
        for name, variable in spec.variables.items():
            path = ("variables", name)
            codelist, dictionary = variable.codelist, variable.dictionary
            if codelist is not None and codelist not in study.codelists:
                message = unknown(codelist, f"a list of {CODELISTS}", study.codelists)
                yield file, (*path, "codelist"), message
            if dictionary is not None and dictionary not in dictionaries:
                message = unknown(dictionary, f"a dictionary of {STUDY}", dictionaries)
                yield file, (*path, "dictionary"), message
            for by in variable.by:
                if by not in spec.variables:
                    yield file, (*path, "by"), unknown(by, a_variable, spec.variables)


def spellings(study: Study) -> Iterator[Fault]:
    """Two terms of one list may not share a spelling: the value would depend on which term comes first."""
    for name, codelist in study.codelists.items():
        values: dict[str, str] = {}
        for value, term in codelist.terms.items():
            for spelling in term.spellings(value):
                first = values.setdefault(spelling.casefold(), value)
                if first.casefold() != value.casefold():  # Pa and PA are two units
                    message = f"{spelling} is a spelling of {first} and of {value}"
                    yield CODELISTS, (name, "terms", value), f"{message}; one spelling means one term"


def units(study: Study) -> Iterator[Fault]:
    """A factor of one test is of a test that some dataset has."""
    tests = {test for spec in study.datasets.values() for test in tests_of(study, spec)}
    for key in study.units:
        test, _, unit = key.rpartition(" ")
        if test and test not in tests:
            if not tests:
                yield (
                    UNITS,
                    (key,),
                    f"{test} is a test, and no dataset of the study has tests; delete the line",
                )
                continue
            known = [f"{t} {unit}" for t in tests]
            yield UNITS, (key,), f"{test} is not a test of any dataset{nearest(key, known)}"


def set_aside(study: Study) -> Iterator[Fault]:
    for i, entry in enumerate(study.set_aside):
        path = ("entries", i)
        if entry.from_ not in study.forms:
            yield SET_ASIDE, (*path, "from"), unknown(entry.from_, "a form of specs/raw", study.forms)
            continue
        fields = study.forms[entry.from_].fields
        for field in entry.where:
            if field not in fields:
                message = unknown(field, f"a field of {entry.from_}", fields)
                yield SET_ASIDE, (*path, "where", field), message
        for place, message in study.unknown_labels(entry.from_, entry.where, (*path, "where")):
            yield SET_ASIDE, place, message
