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
from pipeline.publish import block_files
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

    Takes     the specs of every dataset that may be published, each SUPP-- included.
    Raises    SpecError with every label that is missing, or leads nowhere.
    Source    CDE notice 2020 No. 16, data submission: labels of datasets and variables are in Chinese.
    """
    edition = study.nmpa
    if edition is None:
        raise SpecError(f"{NMPA}: the file is missing; the edition for the NMPA takes its labels from it")
    keys = {(n, v): edition.key(n, v) for n, s in specs.items() for v in s.variables}
    faults: list[tuple[KeyPath, str]] = [
        (("datasets",), f"{name} has no Chinese label; add it")
        for name in specs
        if name not in edition.datasets
    ]
    faults += [
        (("variables",), f"{name}.{variable} has no Chinese label; add it")
        for (name, variable), key in keys.items()
        if key is None
    ]
    faults += _unused("datasets", edition.datasets, set(specs))
    faults += _unused("variables", edition.variables, {key for key in keys.values() if key})
    if faults:
        raise SpecError("\n".join(str(study.error(NMPA, *fault)) for fault in faults))
    return edition


def _unused(kind: str, labels: Mapping[str, str], published: set[str]) -> list[tuple[KeyPath, str]]:
    return [
        ((kind, name), f"{name} is the label of nothing that is published{nearest(name, published)}")
        for name in labels
        if name not in published
    ]


def package(english: Package, edition: Edition, blocks: Sequence[Path]) -> Package:
    """The package as the NMPA gets it.

    Takes     the English package; the folders of Arrow files from which its datasets are written.
    """
    codelists = {
        name: _with_decodes(codelist, edition.terms.get(name, {}))
        for name, codelist in english.study.codelists.items()
    }
    study = replace(
        english.study,
        datasets={n: _with_labels(s, edition) for n, s in english.study.datasets.items()},
        codelists=codelists,
        guides=_with_answers(english.study.guides, edition),
    )
    specs = {n: _with_labels(s, edition) for n, s in english.specs.items()}
    profile = _profile_as_collected(english, edition, blocks)
    return replace(english, study=study, specs=specs, profile=profile, edition=edition)


def _with_labels(spec: Dataset, edition: Edition) -> Dataset:
    variables = {}
    for name, variable in spec.variables.items():
        key = edition.key(spec.dataset, name)
        variables[name] = variable.model_copy(update={"label": edition.variables[key]}) if key else variable
    label = edition.datasets.get(spec.dataset, spec.label)
    return spec.model_copy(update={"label": label, "variables": variables})


def _with_decodes(codelist: Codelist, decodes: Mapping[str, str]) -> Codelist:
    terms = {
        value: term.model_copy(update={"decode": decodes[value]}) if value in decodes else term
        for value, term in codelist.terms.items()
    }
    return codelist.model_copy(update={"terms": terms})


def _with_answers(guides: Guides, edition: Edition) -> Guides:
    """The answers of the guides, with the edition's own in place of those to the same questions."""
    encoding = Answer(question=ENCODING, answer=edition.statement)
    tabulation = _merged(guides.tabulation, (*edition.tabulation, encoding))
    analysis = _merged(guides.analysis, (*edition.analysis, encoding))
    return guides.model_copy(update={"tabulation": tabulation, "analysis": analysis})


def _merged(answers: Sequence[Answer], own: Sequence[Answer]) -> tuple[Answer, ...]:
    new = {answer.question: answer for answer in own}
    replaced = [new.pop(answer.question, answer) for answer in answers]
    return (*replaced, *new.values())


def _profile_as_collected(english: Package, edition: Edition, blocks: Sequence[Path]) -> Profile:
    """The profile of the edition's data: that of the English data, measured anew for the variables that hold
    texts as collected.
    """
    columns, groups = dict(english.profile.columns), dict(english.profile.groups)
    for name, spec in english.specs.items():
        changed = block_files.translated_columns(name, blocks)
        if not changed:
            continue
        # A variable is measured again by value, too, where it or what tells its values apart has changed.
        again = {n: v for n, v in spec.published.items() if n in changed or changed & {*v.by}}
        needed = dict.fromkeys([*again, *(by for v in again.values() for by in v.by)])
        narrow = spec.model_copy(update={"variables": {n: spec.variables[n] for n in needed}})
        measured = _measured({**english.specs, name: narrow}, name, edition, blocks)
        columns |= {(name, n): measured.columns[name, n] for n in changed}
        groups = {key: c for key, c in groups.items() if key[0] != name or key[1] not in again}
        groups |= {key: c for key, c in measured.groups.items() if key[1] in again}
    return replace(english.profile, columns=columns, groups=groups)


def _measured(specs: Mapping[str, Dataset], name: str, edition: Edition, blocks: Sequence[Path]) -> Profile:
    """The profile of some variables of a dataset with texts as collected."""
    profile = Profile()
    variables = specs[name].variables
    for table in block_files.tables(name, blocks, [*variables, "block"], as_collected=True):
        frame = pd.DataFrame({n: block_files.typed(table[n], v) for n, v in variables.items()})
        frame["block"] = table["block"].to_numpy()
        profile = profile.merge(profile_of(specs, {name: frame}, {}, (), edition.encoding))
    return profile
