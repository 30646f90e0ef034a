"""Files that a study need not have: waivers, guides, the simulation, the edition for the NMPA."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pipeline.standards import sdtmig
from pipeline.standards.guides import SDTM
from pipeline.study.agreement.names import A_VISIT, Fault, unknown
from pipeline.study.frozen import LABEL_BYTES
from pipeline.study.located import KeyPath, nearest
from pipeline.study.reader import (
    CODELISTS,
    GUIDES,
    NMPA,
    SIMULATION,
    WAIVERS,
)

if TYPE_CHECKING:
    from pipeline.study import Study


def waivers(study: Study) -> Iterator[Fault]:
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
                message = unknown(waiver.variable, f"a variable of {parent}", known)
                yield WAIVERS, ("waivers", i, "variable"), message


def _of_standard(study: Study, dataset: str) -> set[str]:
    """The variables that the study's version of SDTMIG lists for a dataset."""
    versions = [s.version for s in study.protocol.standards if s.name == "SDTMIG" and s.version in SDTM]
    facts = sdtmig(versions[0]).datasets.get(dataset) if versions else None
    return set(facts.variables) if facts else set()


def guides(study: Study) -> Iterator[Fault]:
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
            yield GUIDES, (*path, "variable"), unknown(variable, f"a variable of {where}", variables)
        earlier = study.guides.explanations[:i]
        if any(other.takes(rule, dataset or "", variable or "") for other in earlier):
            message = f"{rule} is explained above for the same findings; only the first counts"
            yield GUIDES, (*path, "rule"), message


def _columns(study: Study, name: str | None) -> set[str]:
    """The variables of a dataset, or the fields of a form; without a name those of all of them."""
    columns = {n: set(spec.variables) for n, spec in study.datasets.items()}
    columns |= {n: set(form.fields) for n, form in study.forms.items()}
    return set().union(*columns.values()) if name is None else columns.get(name, set())


def simulation(study: Study) -> Iterator[Fault]:
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
        named += [((*path, "visits", n), v, A_VISIT, visits) for n, v in enumerate(product["visits"])]
    named += [(("flow", "visits", n), v, A_VISIT, visits) for n, v in enumerate(words["flow"]["visits"])]
    for name, schedule in words["laboratory"]["schedules"].items():
        path = ("laboratory", "schedules", name)
        named += [((*path, n), v, A_VISIT, visits) for n, v in enumerate(schedule)]
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
            yield SIMULATION, place, unknown(name, what, known)


def edition(study: Study) -> Iterator[Fault]:
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
            yield NMPA, ("terms", name), unknown(name, f"a list of {CODELISTS}", study.codelists)
            continue
        known = study.codelists[name].terms
        for term in terms.keys() - known.keys():
            yield NMPA, ("terms", name, term), unknown(term, f"a term of {name}", known)
        for term in known:
            if term not in terms:
                message = f"{name} has no Chinese for {term}; a list stands here whole or not at all"
                yield NMPA, ("terms", name), message
