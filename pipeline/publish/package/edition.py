"""The package for the NMPA: what the FDA's package says, with Chinese labels and decodes, and with texts as
they were collected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from pipeline.errors import SpecError
from pipeline.profile import Profile, profile_of
from pipeline.publish import datasets
from pipeline.publish.define.model import Package
from pipeline.study import Study
from pipeline.study.edition import Edition
from pipeline.study.guides import Answer, Guides
from pipeline.study.located import KeyPath, nearest
from pipeline.study.models import Codelist, Dataset
from pipeline.study.reader import NMPA

ENCODING = "How is text encoded?"


def chosen(study: Study, specs: Mapping[str, Dataset]) -> Edition:
    """What specs/nmpa.yaml says, which has a label for all that is published and for nothing else.

    Takes     the specs of every dataset that may be published, SUPP-- among them.
    Raises    SpecError with every label that is missing, or leads nowhere.
    Source    CDE notice 2020 No. 16, data submission: labels of datasets and variables are in Chinese.
    """
    edition = study.nmpa
    if edition is None:
        raise SpecError(f"{NMPA}: the file is missing; the edition for the NMPA takes its labels from it")
    variables = {(n, v): edition.key(n, v) for n, s in specs.items() for v in s.variables}
    faults: list[tuple[KeyPath, str]] = [
        (("datasets",), f"{n} has no Chinese label; add it") for n in specs if n not in edition.datasets
    ]
    faults += [
        (("variables",), f"{n}.{v} has no Chinese label; add it")
        for (n, v), key in variables.items()
        if key is None
    ]
    for kind, labels, used in (
        ("datasets", edition.datasets, set(specs)),
        ("variables", edition.variables, set(variables.values())),
    ):
        known = {str(n) for n in used if n}
        faults += [
            ((kind, n), f"{n} is the label of nothing that is published{nearest(n, known)}")
            for n in labels
            if n not in known
        ]
    if faults:
        raise SpecError("\n".join(str(study.error(NMPA, *fault)) for fault in faults))
    return edition


def package(english: Package, edition: Edition, blocks: Sequence[Path]) -> Package:
    """The package as the NMPA gets it.

    Takes     the English package; the folders of Arrow files from which its datasets are written.
    """
    study = replace(
        english.study,
        datasets={n: _labelled(edition, s) for n, s in english.study.datasets.items()},
        codelists={n: _decoded(edition.terms.get(n, {}), c) for n, c in english.study.codelists.items()},
        guides=_answered(edition, english.study.guides),
    )
    specs = {n: _labelled(edition, s) for n, s in english.specs.items()}
    return replace(
        english, study=study, specs=specs, profile=measured(english, edition, blocks), edition=edition
    )


def _labelled(edition: Edition, spec: Dataset) -> Dataset:
    keys = {v: edition.key(spec.dataset, v) for v in spec.variables}
    variables = {
        n: v.model_copy(update={"label": edition.variables[key]}) if (key := keys[n]) else v
        for n, v in spec.variables.items()
    }
    return spec.model_copy(
        update={"label": edition.datasets.get(spec.dataset, spec.label), "variables": variables}
    )


def _decoded(terms: Mapping[str, str], codelist: Codelist) -> Codelist:
    told = {
        v: t.model_copy(update={"decode": terms[v]}) if v in terms else t for v, t in codelist.terms.items()
    }
    return codelist.model_copy(update={"terms": told})


def _answered(edition: Edition, guides: Guides) -> Guides:
    """What the guides answer, with the edition's own answers in the place of those to the same questions."""
    own = {"tabulation": edition.tabulation, "analysis": edition.analysis}
    told: dict[str, tuple[Answer, ...]] = {}
    for guide, answers in own.items():
        new = {a.question: a for a in (*answers, Answer(question=ENCODING, answer=edition.statement))}
        old: tuple[Answer, ...] = getattr(guides, guide)
        told[guide] = (*(new.pop(a.question, a) for a in old), *new.values())
    return guides.model_copy(update=told)


def measured(english: Package, edition: Edition, blocks: Sequence[Path]) -> Profile:
    """The profile of the edition's data: those of the English data, but of variables that hold something else
    here their own.
    """
    columns, groups = dict(english.profile.columns), dict(english.profile.groups)
    for name, spec in english.specs.items():
        other = datasets.collected(name, blocks)
        if not other:
            continue
        told = {n: v for n, v in spec.published.items() if n in other or other & {*v.by}}
        needed = dict.fromkeys([*told, *(b for v in told.values() for b in v.by)])
        narrow = spec.model_copy(update={"variables": {n: spec.variables[n] for n in needed}})
        found = _profile({**english.specs, name: narrow}, name, edition, blocks)
        columns |= {(name, n): found.columns[name, n] for n in other}
        groups = {k: c for k, c in groups.items() if k[0] != name or k[1] not in told}
        groups |= {k: c for k, c in found.groups.items() if k[1] in told}
    return replace(english.profile, columns=columns, groups=groups)


def _profile(specs: Mapping[str, Dataset], name: str, edition: Edition, blocks: Sequence[Path]) -> Profile:
    """The profile of some variables of a dataset as the edition has them."""
    found = Profile()
    names = list(specs[name].variables)
    for table in datasets.stored(name, blocks, [*names, "block"], collected=True):
        frame = pd.DataFrame({n: datasets.held(table[n], specs[name].variables[n]) for n in names})
        found = found.merge(
            profile_of(specs, {name: frame.assign(block=table["block"].to_numpy())}, {}, (), edition.encoding)
        )
    return found
