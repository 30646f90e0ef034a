"""Checks the files of a study against each other: a name that one file uses must be defined in the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.records import conditions
from pipeline.standards import sdtmig
from pipeline.standards.guides import SDTM
from pipeline.study import defaults, displayed, subject_numbers, written
from pipeline.study import models as m
from pipeline.study import visits as by_name
from pipeline.study.frozen import LABEL_BYTES
from pipeline.study.located import KeyPath, nearest, nearest_or_all
from pipeline.study.reader import (
    CODELISTS,
    FILES,
    GUIDES,
    NMPA,
    SET_ASIDE,
    SIMULATION,
    STUDY,
    UNITS,
    WAIVERS,
)

if TYPE_CHECKING:
    from pipeline.study import Study
    from pipeline.study.datasets import Dataset

Fault = tuple[str, KeyPath, str]  # file, place in it, message
_A_VISIT = "a visit of the study"


def faults(study: Study) -> list[str]:
    """Every name that leads nowhere, each with file:line:column and the nearest right word."""
    checks = (
        _strays,
        _twice,
        _subjects,
        _collected_dates,
        _visits,
        _windows,
        _grades,
        _anchor,
        _parameters,
        _after_cutoff,
        _schedule,
        _tumour_schedule,
        _forms,
        written.faults,
        _datasets,
        _spellings,
        _set_aside,
        _design,
        _treatments,
        _evaluators,
        _cutoff,
        _limits,
        _important_deviations,
        _units,
        _summary,
        _waivers,
        _guides,
        displayed.faults,
        _edition,
        _simulation,
    )
    return [*dict.fromkeys(str(study.error(*fault)) for check in checks for fault in check(study))]


def _unknown(name: str, what: str, known: Iterable[str]) -> str:
    """The message for a name that is not among the known ones: `what` says what it should be."""
    return f"{name} is not {what}{nearest(name, known)}"


# --- the files, and the names in specs/study.yaml
def _anchor(study: Study) -> Iterator[Fault]:
    """The date from which planned visits are counted, where it is no date of ADSL."""
    anchor, adsl = study.protocol.anchor, study.datasets.get("ADSL")
    if anchor is None or adsl is None:
        return
    dates = [f"ADSL.{name}" for name, variable in adsl.variables.items() if variable.type == "date"]
    if anchor not in dates:
        yield defaults.STUDY, ("anchor",), _unknown(anchor, "a date of ADSL", dates)


def _parameters(study: Study) -> Iterator[Fault]:
    """A parameter whose name is almost one of the program's: what it says would not be heard."""
    known = [*defaults.engine().defaults, *defaults.engine().decisions]
    for name, parameter in study.protocol.parameters.items():
        if isinstance(parameter, m.Default) or name in known:
            continue
        if meant := nearest(name, known, 0.8):
            yield defaults.STUDY, ("parameters", name), f"{name} is no parameter of the program{meant}"


_FOLDERS = {"mappings": "mappings/sdtm and mappings/adam", "specs": "specs/raw, specs/sdtm and specs/adam"}


def _strays(study: Study) -> Iterator[Fault]:
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


def _twice(study: Study) -> Iterator[Fault]:
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


def _treatments(study: Study) -> Iterator[Fault]:
    """The products of the arms are those that are given at visits, where both are said."""
    protocol = study.protocol
    of_arms = [name for arm in protocol.arms for name in arm.treatments]
    given = [name for visit in protocol.visits for name in visit.doses]
    if not (of_arms and given):
        return
    for a, arm in enumerate(protocol.arms):
        for i, name in enumerate(arm.treatments):
            if name not in given:
                yield STUDY, ("arms", a, "treatments", i), _unknown(name, "given at any visit", given)
    for v, visit in enumerate(protocol.visits):
        for i, name in enumerate(visit.doses):
            if name not in of_arms:
                yield STUDY, ("visits", v, "doses", i), _unknown(name, "a treatment of an arm", of_arms)


def _evaluators(study: Study) -> Iterator[Fault]:
    for i, evaluator in enumerate(study.protocol.evaluators):
        terms = _terms(study, "TR", "TREVAL")
        if terms and evaluator.evaluator not in terms:
            message = _unknown(evaluator.evaluator, "a term of TR.TREVAL", terms)
            yield STUDY, ("evaluators", i, "evaluator"), message


def _cutoff(study: Study) -> Iterator[Fault]:
    built = study.protocol.declared_build_time.date()
    if study.protocol.cutoff > built:
        yield STUDY, ("cutoff",), f"the data cut-off comes after declared_build_time, {built.isoformat()}"


def _subjects(study: Study) -> Iterator[Fault]:
    rule = study.protocol.subjects
    if rule.form not in study.forms:
        yield (
            STUDY,
            ("subjects", "form"),
            f"{rule.form} is not a form of specs/raw{nearest_or_all(rule.form, study.forms)}",
        )
        return
    fields = study.forms[rule.form].fields
    for key, name in (("number", rule.number), ("earlier", rule.earlier)):
        if name is not None and name not in fields:
            yield STUDY, ("subjects", key), _unknown(name, f"a field of {rule.form}", fields)
    for place, message in subject_numbers.faults(study):
        yield STUDY, place, message


def _collected_dates(study: Study) -> Iterator[Fault]:
    rule = study.protocol.collected_dates
    for form in study.forms.values() if rule else ():
        if rule and (rule.entered not in form.header or form.fields[rule.entered].type != "stamp"):
            stamps = [name for name in form.header if form.fields[name].type == "stamp"]
            what = "a date and time of specs/raw/header.yaml"
            yield STUDY, ("collected_dates", "entered"), _unknown(rule.entered, what, stamps)
            return


def _visits(study: Study) -> Iterator[Fault]:
    """Two visits of one name, however it is typed: a text could mean either."""
    first: dict[str, str] = {}
    for i, visit in enumerate(study.visits):
        for name in (visit.name, *visit.also):
            other = first.setdefault(by_name.folded(name), visit.name)
            if other != visit.name:
                yield STUDY, ("visits", i), f"{name} is also a name of {other}"


def _windows(study: Study) -> Iterator[Fault]:
    """Two visits of one set of analysis windows on one day, for one arm: a result could belong to either."""
    first: dict[tuple[str, int, str], str] = {}
    for i, visit in enumerate(study.visits):
        for j, windows in enumerate(visit.windows):
            if visit.day is None:
                yield (
                    STUDY,
                    ("visits", i, "windows", j),
                    f"{visit.name} is planned to no day and has no window",
                )
                continue
            for arm in visit.arms or [arm.code for arm in study.protocol.arms]:
                other = first.setdefault((windows, visit.day, arm), visit.name)
                if other != visit.name:
                    message = (
                        f"{visit.name} and {other} are planned on day {visit.day}; one of them has the window"
                    )
                    yield STUDY, ("visits", i, "windows", j), message
                    break


def _grades(study: Study) -> Iterator[Fault]:
    """Laboratory results graded by another version of CTCAE than the one that is declared for events."""
    chosen = study.protocol.parameters.get("ctcae_version")
    for dictionary in study.protocol.dictionaries:
        if chosen and dictionary.name == "CTCAE" and dictionary.version != chosen.value:
            message = f"{chosen.value}, and the dictionaries declare CTCAE {dictionary.version}"
            yield STUDY, ("parameters", "ctcae_version", "value"), message


def _after_cutoff(study: Study) -> Iterator[Fault]:
    """An answer that a form does not have would never be recognized, or would be no answer."""
    after_cutoff = study.protocol.after_cutoff
    for i, rule in enumerate(after_cutoff.not_yet if after_cutoff else ()):
        path: KeyPath = ("after_cutoff", "not_yet", i)
        if rule.form not in study.forms:
            yield STUDY, (*path, "form"), _unknown(rule.form, "a form of the study", study.forms)
            continue
        yield from _answers(study, rule.form, rule.where, (*path, "where"))
        yield from _answers(study, rule.form, rule.unless, (*path, "unless"))
        yield from _answers(study, rule.form, rule.answers, (*path, "answers"))
        for j, date in enumerate(rule.after):
            form = date.form or rule.form
            if form not in study.forms:
                yield STUDY, (*path, "after", j, "form"), _unknown(form, "a form of the study", study.forms)
                continue
            known = [name for name, field in study.forms[form].fields.items() if field.type == "date"]
            if date.field not in known:
                yield STUDY, (*path, "after", j, "field"), _unknown(date.field, f"a date of {form}", known)
            yield from _answers(study, form, date.where, (*path, "after", j, "where"))


def _answers(
    study: Study, form: str, given: Mapping[str, conditions.Condition | None], path: KeyPath
) -> Iterator[Fault]:
    """Fields that the form lacks, and answers that a closed list of the form lacks."""
    fields = study.forms[form].fields
    for name, answers in given.items():
        if name not in fields:
            yield STUDY, (*path, name), _unknown(name, f"a field of {form}", fields)
        elif fields[name].codes and fields[name].closed:
            known = fields[name].codes
            for place, answer in conditions.places(answers) if answers is not None else ():
                if answer not in (*conditions.STATES, *known):
                    yield STUDY, (*path, name, *place), _unknown(answer, f"an answer of {form}.{name}", known)


def _schedule(study: Study) -> Iterator[Fault]:
    visits = [visit.name for visit in study.visits]
    for i, entry in enumerate(study.protocol.schedule):
        for j, name in enumerate(entry.visits):
            if name not in visits:
                yield STUDY, ("schedule", i, "visits", j), _unknown(name, "a visit of the study", visits)
        for j, name in enumerate(entry.forms):
            if name not in study.forms:
                yield STUDY, ("schedule", i, "forms", j), _unknown(name, "a form of the study", study.forms)


def _tumour_schedule(study: Study) -> Iterator[Fault]:
    """A region, an organ or a method that no record can have would never be due."""
    visits = [visit.name for visit in study.visits if visit.scan]
    variables = {"regions": ("PR", "PRLOC"), "organs": ("TU", "TULOC"), "methods": ("TU", "TUMETHOD")}
    for i, entry in enumerate(study.protocol.tumour_schedule):
        for j, name in enumerate(entry.visits):
            if name not in visits:
                message = _unknown(name, "a visit with a tumour assessment", visits)
                yield STUDY, ("tumour_schedule", i, "visits", j), message
        for key, (dataset, variable) in variables.items():
            terms = _terms(study, dataset, variable)
            for j, name in enumerate(getattr(entry, key)):
                if terms and name not in terms:
                    message = _unknown(name, f"a term of {dataset}.{variable}", terms)
                    yield STUDY, ("tumour_schedule", i, key, j), message


def _terms(study: Study, dataset: str, variable: str) -> list[str]:
    """The terms that a variable may have; none where it has no list."""
    spec = study.datasets[dataset].variables.get(variable) if dataset in study.datasets else None
    codelist = study.codelists.get(spec.codelist or "") if spec else None
    return list(codelist.terms) if codelist else []


def _design(study: Study) -> Iterator[Fault]:
    protocol = study.protocol
    elements = [element.code for element in protocol.elements]
    epochs = [epoch.name for epoch in protocol.epochs]
    arms = [arm.code for arm in protocol.arms]
    for a, arm in enumerate(protocol.arms):
        for i, step in enumerate(arm.elements):
            path = ("arms", a, "elements", i)
            if step.element not in elements:
                yield STUDY, (*path, "element"), _unknown(step.element, "a code of `elements`", elements)
            if step.epoch not in epochs:
                yield STUDY, (*path, "epoch"), _unknown(step.epoch, "a name of `epochs`", epochs)
    of_dm = study.datasets["DM"].variables if "DM" in study.datasets else {}
    dates = [name for name, variable in of_dm.items() if variable.type == "iso"]
    for e, epoch in enumerate(protocol.epochs):
        date = (epoch.start or "").rpartition(".")[2]
        if epoch.start is not None and date not in dates:
            yield STUDY, ("epochs", e), _unknown(date, "a date of DM", dates)
    for v, visit in enumerate(protocol.visits):
        for code in visit.arms:
            if code not in arms:
                yield STUDY, ("visits", v, "arms"), _unknown(code, "a code of `arms`", arms)


def _limits(study: Study) -> Iterator[Fault]:
    """A limit on a value that no dataset holds would never find anything."""
    criteria = [criterion.code for criterion in study.protocol.criteria]
    for i, limit in enumerate(study.protocol.limits):
        path = ("limits", i)
        dataset, _, variable = limit.variable.partition(".")
        if criteria and limit.criterion not in (*criteria, variable):
            message = _unknown(limit.criterion, f"a code of `criteria`, nor {variable}", criteria)
            yield STUDY, (*path, "criterion"), message
        if dataset not in study.datasets:
            known = [f"{name}.{v}" for name, spec in study.datasets.items() for v in spec.variables]
            message = f"{limit.variable}: {dataset or 'nothing'} has no spec{nearest(limit.variable, known)}"
            yield STUDY, (*path, "variable"), message
            continue
        variables = study.datasets[dataset].variables
        if variable not in variables or variables[variable].is_text:
            numbers = [f"{dataset}.{name}" for name, v in variables.items() if not v.is_text]
            yield STUDY, (*path, "variable"), _unknown(limit.variable, f"a number of {dataset}", numbers)
        tests = _tests(study, study.datasets[dataset])
        if limit.test is not None and limit.test not in tests:
            yield STUDY, (*path, "test"), _unknown(limit.test, f"a test of {dataset}", tests)


def _important_deviations(study: Study) -> Iterator[Fault]:
    """Categories and classes that no deviation of the log can have."""
    categories, classes = _terms(study, "DV", "DVCAT"), _terms(study, "DV", "DVCLASS")
    for i, entry in enumerate(study.protocol.important_deviations):
        path = ("important_deviations", i)
        if categories and entry.category not in categories:
            yield STUDY, (*path, "category"), _unknown(entry.category, "a term of DV.DVCAT", categories)
        for j, name in enumerate(entry.classes):
            if classes and name not in classes:
                yield STUDY, (*path, "classes", j), _unknown(name, "a term of DV.DVCLASS", classes)


def _units(study: Study) -> Iterator[Fault]:
    """A factor of one test is of a test that some dataset has."""
    tests = {test for spec in study.datasets.values() for test in _tests(study, spec)}
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


def _tests(study: Study, spec: Dataset) -> list[str]:
    """The terms that --TESTCD of a dataset may have."""
    test = spec.variables.get(f"{spec.dataset}TESTCD")
    codelist = study.codelists.get(test.codelist or "") if test else None
    return list(codelist.terms) if codelist else []


def _summary(study: Study) -> Iterator[Fault]:
    assumptions = [assumption.id for assumption in study.protocol.assumptions]
    terms = {name: list(codelist.terms) for name, codelist in study.codelists.items()}
    parameters = terms.get("TSPARMCD", [])
    for i, fact in enumerate(study.protocol.summary):
        path = ("summary", i)
        if fact.parameter not in parameters:
            message = _unknown(fact.parameter, f"in the list TSPARMCD of {CODELISTS}", parameters)
            yield STUDY, (*path, "parameter"), message
        if fact.assumption is not None and fact.assumption not in assumptions:
            message = _unknown(fact.assumption, "an id of `assumptions`", assumptions)
            yield STUDY, (*path, "assumption"), message
        if fact.codelist is not None and fact.codelist not in terms:
            yield STUDY, (*path, "codelist"), _unknown(fact.codelist, f"a list of {CODELISTS}", terms)
        elif fact.codelist is not None and fact.value is not None and fact.value not in terms[fact.codelist]:
            message = _unknown(fact.value, f"a term of {fact.codelist}", terms[fact.codelist])
            yield STUDY, (*path, "value"), message


# --- specs/sdtm, specs/adam and specs/codelists.yaml
def _datasets(study: Study) -> Iterator[Fault]:
    dictionaries = [dictionary.name for dictionary in study.protocol.dictionaries]
    for spec in study.datasets.values():
        file = f"specs/{spec.layer}/{spec.dataset.lower()}.yaml"
        a_variable = f"a variable of {spec.dataset}"
        for i, key in enumerate(spec.keys):
            if key not in spec.variables:
                yield file, ("keys", i), _unknown(key, a_variable, spec.variables)
        for name, variable in spec.variables.items():
            path = ("variables", name)
            codelist, dictionary = variable.codelist, variable.dictionary
            if codelist is not None and codelist not in study.codelists:
                message = _unknown(codelist, f"a list of {CODELISTS}", study.codelists)
                yield file, (*path, "codelist"), message
            if dictionary is not None and dictionary not in dictionaries:
                message = _unknown(dictionary, f"a dictionary of {STUDY}", dictionaries)
                yield file, (*path, "dictionary"), message
            for by in variable.by:
                if by not in spec.variables:
                    yield file, (*path, "by"), _unknown(by, a_variable, spec.variables)


def _spellings(study: Study) -> Iterator[Fault]:
    """Two terms of one list may not share a spelling: the value would depend on which term comes first."""
    for name, codelist in study.codelists.items():
        values: dict[str, str] = {}
        for value, term in codelist.terms.items():
            for spelling in term.spellings(value):
                first = values.setdefault(spelling.casefold(), value)
                if first.casefold() != value.casefold():  # Pa and PA are two units
                    message = f"{spelling} is a spelling of {first} and of {value}"
                    yield CODELISTS, (name, "terms", value), f"{message}; one spelling means one term"


# --- specs/raw
def _forms(study: Study) -> Iterator[Fault]:
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
                message = _unknown(str(contract.coded), f"a dictionary of {STUDY}", dictionaries)
                yield f"specs/raw/{name}.yaml", ("fields", field, "coded"), message
        dates = [field for field, contract in form.fields.items() if contract.type == "date"]
        if form.dated is not None and form.dated not in dates:
            yield f"specs/raw/{name}.yaml", ("dated",), _unknown(form.dated, f"a date of {name}", dates)


# --- mappings/set_aside.yaml
def _set_aside(study: Study) -> Iterator[Fault]:
    for i, entry in enumerate(study.set_aside):
        path = ("entries", i)
        if entry.from_ not in study.forms:
            yield SET_ASIDE, (*path, "from"), _unknown(entry.from_, "a form of specs/raw", study.forms)
            continue
        fields = study.forms[entry.from_].fields
        for field in entry.where:
            if field not in fields:
                message = _unknown(field, f"a field of {entry.from_}", fields)
                yield SET_ASIDE, (*path, "where", field), message
        for place, message in study.unknown_labels(entry.from_, entry.where, (*path, "where")):
            yield SET_ASIDE, place, message


# --- files that a study need not have
def _waivers(study: Study) -> Iterator[Fault]:
    """A waiver of a dataset or variable that does not exist could never be used. A finding may be about a
    variable that the standard has and the study has not.
    """
    for i, waiver in enumerate(study.waivers):
        parent = waiver.dataset.removeprefix("SUPP")
        if parent not in study.datasets:
            message = f"{waiver.dataset} has no spec{nearest(waiver.dataset, study.datasets)}"
            yield WAIVERS, ("waivers", i, "dataset"), message
        elif parent == waiver.dataset:
            known = study.datasets[parent].variables.keys() | _of_standard(study, parent)
            if waiver.variable not in known:
                message = _unknown(waiver.variable, f"a variable of {parent}", known)
                yield WAIVERS, ("waivers", i, "variable"), message


def _of_standard(study: Study, dataset: str) -> set[str]:
    """The variables that the study's version of SDTMIG lists for a dataset."""
    versions = [s.version for s in study.protocol.standards if s.name == "SDTMIG" and s.version in SDTM]
    facts = sdtmig(versions[0]).datasets.get(dataset) if versions else None
    return set(facts.variables) if facts else set()


def _guides(study: Study) -> Iterator[Fault]:
    known = {*study.datasets, *study.forms}
    for name in study.guides.datasets:
        if name not in study.datasets:
            yield GUIDES, ("datasets", name), f"{name} has no spec{nearest(name, study.datasets)}"
    for i, explanation in enumerate(study.guides.explanations):
        path = ("explanations", i)
        rule, dataset, variable = explanation.rule, explanation.dataset, explanation.variable
        if dataset is not None and dataset not in known:
            message = f"{dataset} is neither a dataset nor a form{nearest(dataset, known)}"
            yield GUIDES, (*path, "dataset"), message
        variables = _columns(study, dataset)
        if variable is not None and variables and variable not in variables:
            where = dataset or "any dataset"
            yield GUIDES, (*path, "variable"), _unknown(variable, f"a variable of {where}", variables)
        earlier = study.guides.explanations[:i]
        if any(other.takes(rule, dataset or "", variable or "") for other in earlier):
            message = f"{rule} is explained above for the same findings; only the first counts"
            yield GUIDES, (*path, "rule"), message


def _columns(study: Study, name: str | None) -> set[str]:
    """The variables of a dataset, or the fields of a form; without a name those of all of them."""
    columns = {n: set(spec.variables) for n, spec in study.datasets.items()}
    columns |= {n: set(form.fields) for n, form in study.forms.items()}
    return set().union(*columns.values()) if name is None else columns.get(name, set())


def _simulation(study: Study) -> Iterator[Fault]:
    """Forms, visits, arms and products by the names that the study has for them."""
    words = study.simulation
    if not words:
        return
    visits = [visit.name for visit in study.visits]
    arms = [arm.code for arm in study.protocol.arms]
    named: list[tuple[KeyPath, str, str, Iterable[str]]] = []
    for i, product in enumerate(words["products"]):
        path: KeyPath = ("products", i)
        named.append(((*path, "form"), product["form"], "a form of specs/raw", study.forms))
        named += [((*path, "arms", n), a, "a code of `arms`", arms) for n, a in enumerate(product["arms"])]
        named += [((*path, "visits", n), v, _A_VISIT, visits) for n, v in enumerate(product["visits"])]
    named += [(("flow", "visits", n), v, _A_VISIT, visits) for n, v in enumerate(words["flow"]["visits"])]
    for name, schedule in words["laboratory"]["schedules"].items():
        path = ("laboratory", "schedules", name)
        named += [((*path, n), v, _A_VISIT, visits) for n, v in enumerate(schedule)]
    schedules, panels = words["laboratory"]["schedules"], words["laboratory"]["panels"]
    for n, test in enumerate(words["laboratory"]["tests"]):
        path = ("laboratory", "tests", n)
        if "at" in test:
            named.append(((*path, "at"), test["at"], "one of `schedules`", schedules))
        named.append(((*path, "PANEL"), test.get("PANEL", ""), "one of `panels`", panels))
    for n, plant in enumerate(words["plants"]):
        for k, shown in enumerate(plant["show"]):
            path = ("plants", n, "show", k, "form")
            named.append((path, shown["form"], "a form of specs/raw", study.forms))
    for place, name, what, known in named:
        if name not in known:
            yield SIMULATION, place, _unknown(name, what, known)


def _edition(study: Study) -> Iterator[Fault]:
    """Labels of the NMPA's edition fit into a transport file; its code lists are lists of the study, each of
    them whole.
    """
    edition = study.nmpa
    if edition is None:
        return
    for kind, labels in (("datasets", edition.datasets), ("variables", edition.variables)):
        for name, label in labels.items():
            size = len(label.encode(edition.encoding))
            if not 0 < size <= LABEL_BYTES:
                message = f"the label has {size} bytes in {edition.encoding} and 1 to {LABEL_BYTES} fit"
                yield NMPA, (kind, name), f"{name}: {message}; shorten it"
    for name, terms in edition.terms.items():
        if name not in study.codelists:
            yield NMPA, ("terms", name), _unknown(name, f"a list of {CODELISTS}", study.codelists)
            continue
        known = study.codelists[name].terms
        for term in terms.keys() - known.keys():
            yield NMPA, ("terms", name, term), _unknown(term, f"a term of {name}", known)
        for term in known:
            if term not in terms:
                message = f"{name} has no Chinese for {term}; a list stands here whole or not at all"
                yield NMPA, ("terms", name), message
