"""What specs/study.yaml says of the study: participants, arms, epochs, evaluators, parameters, limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.study import defaults, subject_numbers
from pipeline.study import models as m
from pipeline.study.agreement.names import Fault, terms_of, tests_of, unknown
from pipeline.study.located import nearest, nearest_or_all
from pipeline.study.reader import (
    CODELISTS,
    STUDY,
)

if TYPE_CHECKING:
    from pipeline.study import Study


def subjects(study: Study) -> Iterator[Fault]:
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
            yield STUDY, ("subjects", key), unknown(name, f"a field of {rule.form}", fields)
    for place, message in subject_numbers.faults(study):
        yield STUDY, place, message


def collected_dates(study: Study) -> Iterator[Fault]:
    rule = study.protocol.collected_dates
    for form in study.forms.values() if rule else ():
        if rule and (rule.entered not in form.header or form.fields[rule.entered].type != "stamp"):
            stamps = [name for name in form.header if form.fields[name].type == "stamp"]
            what = "a date and time of specs/raw/header.yaml"
            yield STUDY, ("collected_dates", "entered"), unknown(rule.entered, what, stamps)
            return


def anchor(study: Study) -> Iterator[Fault]:
    """The date from which planned visits are counted, where it is no date of ADSL."""
    anchor, adsl = study.protocol.anchor, study.datasets.get("ADSL")
    if anchor is None or adsl is None:
        return
    dates = [f"ADSL.{name}" for name, variable in adsl.variables.items() if variable.type == "date"]
    if anchor not in dates:
        yield defaults.STUDY, ("anchor",), unknown(anchor, "a date of ADSL", dates)


def parameters(study: Study) -> Iterator[Fault]:
    """A parameter whose name is almost one of the program's: what it says would not be heard."""
    known = [*defaults.engine().defaults, *defaults.engine().decisions]
    for name, parameter in study.protocol.parameters.items():
        if isinstance(parameter, m.Default) or name in known:
            continue
        if meant := nearest(name, known, 0.8):
            yield defaults.STUDY, ("parameters", name), f"{name} is no parameter of the program{meant}"


def cutoff(study: Study) -> Iterator[Fault]:
    built = study.protocol.declared_build_time.date()
    if study.protocol.cutoff > built:
        yield STUDY, ("cutoff",), f"the data cut-off comes after declared_build_time, {built.isoformat()}"


def design(study: Study) -> Iterator[Fault]:
    protocol = study.protocol
    elements = [element.code for element in protocol.elements]
    epochs = [epoch.name for epoch in protocol.epochs]
    arms = [arm.code for arm in protocol.arms]
    for a, arm in enumerate(protocol.arms):
        for i, step in enumerate(arm.elements):
            path = ("arms", a, "elements", i)
            if step.element not in elements:
                yield STUDY, (*path, "element"), unknown(step.element, "a code of `elements`", elements)
            if step.epoch not in epochs:
                yield STUDY, (*path, "epoch"), unknown(step.epoch, "a name of `epochs`", epochs)
    of_dm = study.datasets["DM"].variables if "DM" in study.datasets else {}
    dates = [name for name, variable in of_dm.items() if variable.type == "iso"]
    for e, epoch in enumerate(protocol.epochs):
        date = (epoch.start or "").rpartition(".")[2]
        if epoch.start is not None and date not in dates:
            yield STUDY, ("epochs", e), unknown(date, "a date of DM", dates)
    for v, visit in enumerate(protocol.visits):
        for code in visit.arms:
            if code not in arms:
                yield STUDY, ("visits", v, "arms"), unknown(code, "a code of `arms`", arms)


def treatments(study: Study) -> Iterator[Fault]:
    """The products of the arms are those that are given at visits, where both are said."""
    protocol = study.protocol
    of_arms = [name for arm in protocol.arms for name in arm.treatments]
    given = [name for visit in protocol.visits for name in visit.doses]
    if not (of_arms and given):
        return
    for a, arm in enumerate(protocol.arms):
        for i, name in enumerate(arm.treatments):
            if name not in given:
                yield STUDY, ("arms", a, "treatments", i), unknown(name, "given at any visit", given)
    for v, visit in enumerate(protocol.visits):
        for i, name in enumerate(visit.doses):
            if name not in of_arms:
                yield STUDY, ("visits", v, "doses", i), unknown(name, "a treatment of an arm", of_arms)


def evaluators(study: Study) -> Iterator[Fault]:
    for i, evaluator in enumerate(study.protocol.evaluators):
        terms = terms_of(study, "TR", "TREVAL")
        if terms and evaluator.evaluator not in terms:
            message = unknown(evaluator.evaluator, "a term of TR.TREVAL", terms)
            yield STUDY, ("evaluators", i, "evaluator"), message


def grades(study: Study) -> Iterator[Fault]:
    """Laboratory results graded by another version of CTCAE than the one that is declared for events."""
    chosen = study.protocol.parameters.get("ctcae_version")
    for dictionary in study.protocol.dictionaries:
        if chosen and dictionary.name == "CTCAE" and dictionary.version != chosen.value:
            message = f"{chosen.value}, and the dictionaries declare CTCAE {dictionary.version}"
            yield STUDY, ("parameters", "ctcae_version", "value"), message


def limits(study: Study) -> Iterator[Fault]:
    """A limit on a value that no dataset holds would never find anything."""
    criteria = [criterion.code for criterion in study.protocol.criteria]
    for i, limit in enumerate(study.protocol.limits):
        path = ("limits", i)
        dataset, _, variable = limit.variable.partition(".")
        if criteria and limit.criterion not in (*criteria, variable):
            message = unknown(limit.criterion, f"a code of `criteria`, nor {variable}", criteria)
            yield STUDY, (*path, "criterion"), message
        if dataset not in study.datasets:
            known = [f"{name}.{v}" for name, spec in study.datasets.items() for v in spec.variables]
            message = f"{limit.variable}: {dataset or 'nothing'} has no spec{nearest(limit.variable, known)}"
            yield STUDY, (*path, "variable"), message
            continue
        variables = study.datasets[dataset].variables
        if variable not in variables or variables[variable].is_text:
            numbers = [f"{dataset}.{name}" for name, v in variables.items() if not v.is_text]
            yield STUDY, (*path, "variable"), unknown(limit.variable, f"a number of {dataset}", numbers)
        tests = tests_of(study, study.datasets[dataset])
        if limit.test is not None and limit.test not in tests:
            yield STUDY, (*path, "test"), unknown(limit.test, f"a test of {dataset}", tests)


def important_deviations(study: Study) -> Iterator[Fault]:
    """Categories and classes that no deviation of the log can have."""
    categories, classes = terms_of(study, "DV", "DVCAT"), terms_of(study, "DV", "DVCLASS")
    for i, entry in enumerate(study.protocol.important_deviations):
        path = ("important_deviations", i)
        if categories and entry.category not in categories:
            yield STUDY, (*path, "category"), unknown(entry.category, "a term of DV.DVCAT", categories)
        for j, name in enumerate(entry.classes):
            if classes and name not in classes:
                yield STUDY, (*path, "classes", j), unknown(name, "a term of DV.DVCLASS", classes)


def summary(study: Study) -> Iterator[Fault]:
    assumptions = [assumption.id for assumption in study.protocol.assumptions]
    terms = {name: list(codelist.terms) for name, codelist in study.codelists.items()}
    parameters = terms.get("TSPARMCD", [])
    for i, fact in enumerate(study.protocol.summary):
        path = ("summary", i)
        if fact.parameter not in parameters:
            message = unknown(fact.parameter, f"in the list TSPARMCD of {CODELISTS}", parameters)
            yield STUDY, (*path, "parameter"), message
        if fact.assumption is not None and fact.assumption not in assumptions:
            message = unknown(fact.assumption, "an id of `assumptions`", assumptions)
            yield STUDY, (*path, "assumption"), message
        if fact.codelist is not None and fact.codelist not in terms:
            yield STUDY, (*path, "codelist"), unknown(fact.codelist, f"a list of {CODELISTS}", terms)
        elif fact.codelist is not None and fact.value is not None and fact.value not in terms[fact.codelist]:
            message = unknown(fact.value, f"a term of {fact.codelist}", terms[fact.codelist])
            yield STUDY, (*path, "value"), message
