"""The spec of a dataset that has none, or one that only overrides: what is mapped or ruled, in the order of
the guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.study.located import KeyPath, Located
from pipeline.study.short.mappings import Draft, Spec
from pipeline.study.standard import Standards
from pipeline.study.standard.declared import IDENTIFIERS

COLLECTED = {"copy", "codelist", "date"}  # the verbs that take what was collected as it is
SET = {"constant", "derive"}


def is_spec(spec: Located | None) -> bool:
    """Whether a file that the study has can be read as the spec of a dataset."""
    return spec is not None and isinstance(spec.value, dict) and isinstance(spec.value.get("dataset"), str)


def lists_all(spec: Located | None) -> bool:
    """Whether a spec lists all variables of its dataset, so that nothing is added to them."""
    return spec is not None and isinstance(spec.value, dict) and isinstance(spec.value.get("variables"), list)


def variables(draft: Draft, spec: Located | None, standards: Standards) -> list[str]:
    """The variables of a dataset: those that are mapped, ruled or overridden. In SDTM in the order of the
    guide; in an analysis dataset, for which ADaMIG sets no order, as they are mapped, or as the spec has them
    where it has all of them.
    """
    guide, overrides = standards.sdtm, _overrides(spec)
    if draft.layer == "sdtm" and guide is not None and draft.dataset in guide.datasets:
        return guide.in_order(draft.dataset, list(dict.fromkeys(["USUBJID", *draft.variables, *overrides])))
    if overrides.keys() >= {*draft.variables}:
        return list(overrides)
    return list(dict.fromkeys([*IDENTIFIERS, *draft.variables, *overrides]))


def keys(draft: Draft, spec: Located | None, standards: Standards) -> Sequence[str]:
    """The keys that the study names, else the usual ones that the dataset has."""
    said = _said(spec).get("keys") or draft.of_spec.get("keys")
    if isinstance(said, list):
        return [str(key) for key in said]
    if draft.layer == "adam":
        return IDENTIFIERS
    facts = standards.sdtm.datasets.get(draft.dataset) if standards.sdtm else None
    names = variables(draft, spec, standards)
    return [key for key in facts.keys if key in names] if facts else []


def made(
    draft: Draft, spec: Located | None, standards: Standards, lists: Mapping[str, str | None]
) -> Located:
    """The spec in the form that lists all variables, each at its place in the mapping or in the spec.

    Takes     the mapping; the spec, where there is one that only overrides; by variable its code list, None
              for none of the guide's.
    """
    said, overrides = _said(spec), _overrides(spec)
    long: Spec = {"dataset": draft.dataset, **draft.of_spec, **said}
    places = _places(draft, spec)
    names: list[Any] = []
    for i, name in enumerate(variables(draft, spec, standards)):
        attributes: Spec = {"codelist": lists[name]} if name in lists else {}
        if by := _told_apart_by(draft, name):
            attributes["by"] = by
        if name in overrides:
            attributes |= overrides[name] or {}
            for path, place in spec.places.items() if spec is not None else ():
                if path[:2] == ("variables", name):
                    places["variables", i, *path[1:]] = place
        places["variables", i] = places.get(("variables", i, name), draft.place_of(name))
        names.append({name: attributes} if attributes else name)
    long["variables"] = names
    if draft.layer == "sdtm" and not long.get("keys"):
        long["keys"] = list(keys(draft, spec, standards))
    expected = _left_out(draft, standards)
    if expected:
        long["not_collected"] = {**expected, **(long.get("not_collected") or {})}
    file = spec or draft.file
    return Located(file.file, file.shown, long, places, file.empty, is_expanded=True)


def _told_apart_by(draft: Draft, name: str) -> list[str]:
    """The variables whose values tell apart the records of which this one is collected and those in which the
    sponsor sets or derives it: of findings the group and the test; none where it is the same in all of them.
    """
    verbs = {verb for _, variable, line in draft.lines() if variable == name for verb in line}
    if not (verbs & COLLECTED and verbs & SET):
        return []
    candidates = [draft.dataset + ending for ending in ("TESTCD", "DECOD", "TRT", "TERM")]
    within = [f"{draft.dataset}GRPID"] if f"{draft.dataset}TESTCD" in draft.variables else []
    groups = [variable for variable in within if variable in draft.variables]
    return groups + [variable for variable in candidates if variable in draft.variables][:1]


def _places(draft: Draft, spec: Located | None) -> dict[KeyPath, tuple[int, int]]:
    """Where the spec stands; what the mapping says for it stands there."""
    if spec is not None:
        return dict(spec.places)
    said = {
        path: place
        for path, place in draft.file.places.items()
        if path[:1] in (("keys",), ("not_collected",))
    }
    return {(): (1, 1), **said}


def _left_out(draft: Draft, standards: Standards) -> Spec:
    """The Expected variables that the study leaves out, with the reason."""
    facts = {name: standards.variable(draft.layer, draft.dataset, name) for name in draft.left_out}
    return {name: why for name, why in draft.left_out.items() if (f := facts[name]) and f.core == "Exp"}


def only_overridden(draft: Draft, spec: Located | None) -> Iterator[str]:
    """A fault for each variable that the spec describes and no line gives, where the spec has just some of
    those that are mapped: it would have no value. A spec that has all of them may have more, without values.
    """
    overrides = _overrides(spec)
    if spec is None or overrides.keys() >= {*draft.variables} - {*draft.left_out, *IDENTIFIERS}:
        return
    for name in sorted(overrides.keys() - {*draft.variables, *IDENTIFIERS}):
        message = f"{name} is described here, and no line of {draft.file.file} gives it"
        yield str(spec.error(("variables", name), f"{message}; map it, or delete it here"))


def _said(spec: Located | None) -> Spec:
    return dict(spec.value) if spec is not None and isinstance(spec.value, dict) else {}


def _overrides(spec: Located | None) -> Spec:
    said = _said(spec).get("variables")
    return said if isinstance(said, dict) else {}
