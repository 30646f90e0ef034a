"""Holds the files of a study against each other: a name that one file uses must be defined in the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.study.edition import LABEL_BYTES
from pipeline.study.located import KeyPath, nearest
from pipeline.study.reader import ANALYSES, CODELISTS, GUIDES, NMPA, SET_ASIDE, STUDY, WAIVERS

if TYPE_CHECKING:
    from pipeline.study import Study
    from pipeline.study.analyses import Analysis

Fault = tuple[str, KeyPath, str]  # file, place in it, message


def faults(study: Study) -> list[str]:
    """Every name that leads nowhere, each with file:line:column and the nearest right word."""
    checks = (
        _subjects,
        _schedule,
        _datasets,
        _spellings,
        _set_aside,
        _design,
        _limits,
        _summary,
        _waivers,
        _guides,
        _analyses,
        _edition,
    )
    return [str(study.error(*fault)) for check in checks for fault in check(study)]


def _subjects(study: Study) -> Iterator[Fault]:
    rule = study.protocol.subjects
    if rule.form not in study.forms:
        yield (
            STUDY,
            ("subjects", "form"),
            f"{rule.form} is not a form of specs/raw{nearest(rule.form, study.forms)}",
        )
        return
    fields = study.forms[rule.form].fields
    for key, name in (("number", rule.number), ("earlier", rule.earlier)):
        if name not in fields:
            yield STUDY, ("subjects", key), f"{name} is not a field of {rule.form}{nearest(name, fields)}"


def _schedule(study: Study) -> Iterator[Fault]:
    visits = [v.name for v in study.visits]
    for i, entry in enumerate(study.protocol.schedule):
        for kind, names, known in (("visits", entry.visits, visits), ("forms", entry.forms, study.forms)):
            for j, name in enumerate(names):
                if name not in known:
                    yield (
                        STUDY,
                        ("schedule", i, kind, j),
                        f"{name} is none of the study's {kind}{nearest(name, known)}",
                    )


def _datasets(study: Study) -> Iterator[Fault]:
    dictionaries = [d.name for d in study.protocol.dictionaries]
    for spec in study.datasets.values():
        file = f"specs/{spec.layer}/{spec.dataset.lower()}.yaml"
        for i, key in enumerate(spec.keys):
            if key not in spec.variables:
                yield (
                    file,
                    ("keys", i),
                    f"{key} is not a variable of {spec.dataset}{nearest(key, spec.variables)}",
                )
        for name, variable in spec.variables.items():
            path = ("variables", name)
            listed, dictionary = variable.codelist, variable.dictionary
            if listed is not None and listed not in study.codelists:
                yield (
                    file,
                    (*path, "codelist"),
                    f"{listed} is not a list of {CODELISTS}{nearest(listed, study.codelists)}",
                )
            if dictionary is not None and dictionary not in dictionaries:
                yield (
                    file,
                    (*path, "dictionary"),
                    f"{dictionary} is not a dictionary of {STUDY}{nearest(dictionary, dictionaries)}",
                )
            for by in variable.by:
                if by not in spec.variables:
                    yield (
                        file,
                        (*path, "by"),
                        f"{by} is not a variable of {spec.dataset}{nearest(by, spec.variables)}",
                    )


def _spellings(study: Study) -> Iterator[Fault]:
    """A spelling of two terms of one list: the recoded value would depend on which stands first."""
    for name, codelist in study.codelists.items():
        known: dict[str, str] = {}
        for value, term in codelist.terms.items():
            for spelling in (value, *((term.decode,) if term.decode else ()), *term.collected):
                other = known.setdefault(spelling.casefold(), value)
                if other != value:
                    message = (
                        f"{spelling} is a spelling of {other} and of {value}; one spelling means one term"
                    )
                    yield CODELISTS, (name, "terms", value), message


def _set_aside(study: Study) -> Iterator[Fault]:
    for i, entry in enumerate(study.set_aside):
        path = ("entries", i)
        if entry.from_ not in study.forms:
            yield (
                SET_ASIDE,
                (*path, "from"),
                f"{entry.from_} is not a form of specs/raw{nearest(entry.from_, study.forms)}",
            )
            continue
        fields = study.forms[entry.from_].fields
        for field in entry.where:
            if field not in fields:
                yield (
                    SET_ASIDE,
                    (*path, "where", field),
                    f"{field} is not a field of {entry.from_}{nearest(field, fields)}",
                )


def _design(study: Study) -> Iterator[Fault]:
    protocol = study.protocol
    elements, epochs, arms = (
        [x.code for x in protocol.elements],
        [e.name for e in protocol.epochs],
        [a.code for a in protocol.arms],
    )
    for a, arm in enumerate(protocol.arms):
        for i, step in enumerate(arm.elements):
            path = ("arms", a, "elements", i)
            if step.element not in elements:
                yield (
                    STUDY,
                    (*path, "element"),
                    f"{step.element} is not a code of `elements`{nearest(step.element, elements)}",
                )
            if step.epoch not in epochs:
                yield (
                    STUDY,
                    (*path, "epoch"),
                    f"{step.epoch} is not a name of `epochs`{nearest(step.epoch, epochs)}",
                )
    for v, visit in enumerate(protocol.visits):
        for code in visit.arms:
            if code not in arms:
                yield STUDY, ("visits", v, "arms"), f"{code} is not a code of `arms`{nearest(code, arms)}"


def _limits(study: Study) -> Iterator[Fault]:
    """A limit on a value that no dataset holds would never find anything."""
    for i, limit in enumerate(study.protocol.limits):
        path = ("limits", i)
        name, _, variable = limit.variable.partition(".")
        if name not in study.datasets:
            right = nearest(
                limit.variable, [f"{d}.{v}" for d, spec in study.datasets.items() for v in spec.variables]
            )
            yield STUDY, (*path, "variable"), f"{limit.variable}: {name or 'nothing'} has no spec{right}"
            continue
        known = study.datasets[name].variables
        if variable not in known or known[variable].is_text:
            numbers = [f"{name}.{v}" for v, said in known.items() if not said.is_text]
            yield (
                STUDY,
                (*path, "variable"),
                f"{limit.variable} is not a number of {name}{nearest(limit.variable, numbers)}",
            )
        listed = (known[f"{name}TESTCD"].codelist if f"{name}TESTCD" in known else None) or ""
        tests = study.codelists[listed].terms if listed in study.codelists else {}
        if limit.test is not None and limit.test not in tests:
            yield STUDY, (*path, "test"), f"{limit.test} is not a test of {name}{nearest(limit.test, tests)}"


def _summary(study: Study) -> Iterator[Fault]:
    assumed = [a.id for a in study.protocol.assumptions]
    known = {n: list(c.terms) for n, c in study.codelists.items()}
    for i, fact in enumerate(study.protocol.summary):
        path = ("summary", i)
        parameters = known.get("TSPARMCD", [])
        if fact.parameter not in parameters:
            yield (
                STUDY,
                (*path, "parameter"),
                (
                    f"{fact.parameter} is not in the list TSPARMCD of"
                    f" {CODELISTS}{nearest(fact.parameter, parameters)}"
                ),
            )
        if fact.assumption is not None and fact.assumption not in assumed:
            yield (
                STUDY,
                (*path, "assumption"),
                f"{fact.assumption} is not an id of `assumptions`{nearest(fact.assumption, assumed)}",
            )
        if fact.codelist is not None and fact.codelist not in known:
            yield (
                STUDY,
                (*path, "codelist"),
                f"{fact.codelist} is not a list of {CODELISTS}{nearest(fact.codelist, known)}",
            )
        elif fact.codelist is not None and fact.value is not None and fact.value not in known[fact.codelist]:
            yield (
                STUDY,
                (*path, "value"),
                f"{fact.value} is not a term of {fact.codelist}{nearest(fact.value, known[fact.codelist])}",
            )


def _waivers(study: Study) -> Iterator[Fault]:
    """A waiver of a dataset or variable that is not there could never be used."""
    for i, waiver in enumerate(study.waivers):
        parent = waiver.dataset.removeprefix("SUPP")
        if parent not in study.datasets:
            yield (
                WAIVERS,
                ("waivers", i, "dataset"),
                f"{waiver.dataset} has no spec{nearest(waiver.dataset, study.datasets)}",
            )
        elif parent == waiver.dataset and waiver.variable not in study.datasets[parent].variables:
            known = study.datasets[parent].variables
            yield (
                WAIVERS,
                ("waivers", i, "variable"),
                f"{waiver.variable} is not a variable of {parent}{nearest(waiver.variable, known)}",
            )


def _guides(study: Study) -> Iterator[Fault]:
    known = {*study.datasets, *study.forms}
    for name in study.guides.datasets:
        if name not in study.datasets:
            yield GUIDES, ("datasets", name), f"{name} has no spec{nearest(name, study.datasets)}"
    for i, e in enumerate(study.guides.explanations):
        if e.dataset is not None and e.dataset not in known:
            yield (
                GUIDES,
                ("explanations", i, "dataset"),
                f"{e.dataset} is neither a dataset nor a form{nearest(e.dataset, known)}",
            )
        earlier = study.guides.explanations[:i]
        if any(o.takes(e.rule, e.dataset or "", e.variable or "") for o in earlier):
            yield (
                GUIDES,
                ("explanations", i, "rule"),
                f"{e.rule} is explained above for the same findings; only the first counts",
            )


def _analyses(study: Study) -> Iterator[Fault]:
    """An analysis of what no dataset holds would have no figures."""
    assumed = [a.id for a in study.protocol.assumptions]
    seen: set[str] = set()
    for d, display in enumerate(study.analyses):
        for r, one in enumerate(display.results):
            path = ("displays", d, "results", r)
            if one.id in seen:
                yield ANALYSES, (*path, "id"), f"{one.id} is the id of two results"
            seen.add(one.id)
            if one.assumption is not None and one.assumption not in assumed:
                yield (
                    ANALYSES,
                    (*path, "assumption"),
                    f"{one.assumption} is not an id of `assumptions`{nearest(one.assumption, assumed)}",
                )
            spec = study.datasets.get(one.dataset)
            if spec is None or spec.layer != "adam":
                known = [n for n, s in study.datasets.items() if s.layer == "adam"]
                yield (
                    ANALYSES,
                    (*path, "dataset"),
                    f"{one.dataset} is not a dataset of specs/adam{nearest(one.dataset, known)}",
                )
                continue
            for place, name, value in _selected(one):
                if name not in spec.variables:
                    yield (
                        ANALYSES,
                        (*path, *place),
                        f"{name} is not a variable of {spec.dataset}{nearest(name, spec.variables)}",
                    )
                    continue
                listed = study.codelists.get(spec.variables[name].codelist or "")
                if place == ("arms", "control") and not listed:
                    yield (
                        ANALYSES,
                        (*path, "arms", "variable"),
                        f"{name} has no codelist, which says what the arms are",
                    )
                if value is not None and listed and value not in listed.terms and not listed.extensible:
                    yield (
                        ANALYSES,
                        (*path, *place),
                        f"{value} is not a term of {name}{nearest(value, listed.terms)}",
                    )


def _selected(one: Analysis) -> Iterator[tuple[KeyPath, str, str | None]]:
    """Place, variable and value of all that an analysis names in its dataset."""
    for name, value in one.where.items():
        yield ("where", name), name, value
    yield ("arms", "control"), one.arms.variable, one.arms.control
    if one.response:
        yield ("response", "is"), one.response.variable, one.response.is_
    if one.survival:
        yield ("survival", "time"), one.survival.time, None
        yield ("survival", "censored"), one.survival.censored, None


def _edition(study: Study) -> Iterator[Fault]:
    """Labels of the NMPA's edition fit into a transport file; its code lists are the study's, and stand there
    whole.
    """
    edition = study.nmpa
    if edition is None:
        return
    for kind, labels in (("datasets", edition.datasets), ("variables", edition.variables)):
        for name, label in labels.items():
            size = len(label.encode(edition.encoding))
            if not 0 < size <= LABEL_BYTES:
                yield (
                    NMPA,
                    (kind, name),
                    (
                        f"{name}: the label has {size} bytes in {edition.encoding} and 1 to {LABEL_BYTES}"
                        " fit; shorten it"
                    ),
                )
    for name, terms in edition.terms.items():
        if name not in study.codelists:
            yield (
                NMPA,
                ("terms", name),
                f"{name} is not a list of specs/codelists.yaml{nearest(name, study.codelists)}",
            )
            continue
        known = study.codelists[name].terms
        for term in terms.keys() - known.keys():
            yield NMPA, ("terms", name, term), f"{term} is not a term of {name}{nearest(term, known)}"
        for term in (t for t in known if t not in terms):
            yield (
                NMPA,
                ("terms", name),
                f"{name} has no Chinese for {term}; a list stands here whole or not at all",
            )
