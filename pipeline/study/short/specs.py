"""The spec of a dataset that has none, or one that only overrides: what is mapped or ruled, in the order of
the guide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pipeline.study.located import KeyPath, Located
from pipeline.study.short.mappings import Draft, Spec
from pipeline.study.standard import Standards
from pipeline.study.standard.datasets import usual_of_analysis
from pipeline.study.standard.declared import IDENTIFIERS

COLLECTED = {"copy", "codelist", "date"}  # the verbs that take what was collected as it is
SET = {"constant", "derive"}
Block = Mapping[str, Spec]  # the lines of a block of records by variable


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
    facts = standards.sdtm.datasets.get(draft.dataset) if standards.sdtm else None
    usual: Sequence[str] = facts.keys if facts else ()
    if draft.layer == "adam":
        usual = usual_of_analysis().get(draft.dataset, {}).get("keys", IDENTIFIERS)
    names = variables(draft, spec, standards)
    return [key for key in usual if key in names]


def made(
    draft: Draft,
    spec: Located | None,
    standards: Standards,
    lists: Mapping[str, str | None],
    carried_over: Mapping[str, Spec],
) -> Located:
    """The spec in the form that lists all variables, each at its place in the mapping or in the spec.

    Takes     the mapping; the spec, where there is one that only overrides; by variable its code list, None
              for none of the guide's; by variable what another spec says of it, from which it is copied.
    """
    said, overrides = _said(spec), _overrides(spec)

    def required(variable: str) -> bool:
        facts = standards.variable(draft.layer, draft.dataset, variable)
        return facts is not None and facts.core == "Req"

    long: Spec = {"dataset": draft.dataset, **draft.of_spec, **said}
    places = _places(draft, spec)
    names: list[Any] = []
    for i, name in enumerate(variables(draft, spec, standards)):
        attributes: Spec = dict(carried_over.get(name, {}))
        if name in lists:
            attributes["codelist"] = lists[name]
        if by := _told_apart_by(draft, name, required):
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


def _told_apart_by(draft: Draft, name: str, required: Callable[[str], bool]) -> list[str]:
    """The variables whose values tell apart the records of which this one is collected and those in which the
    sponsor sets or derives it; none where it is the same in all of them.

    1. Of findings the group and the test; else the term, or the visit: variables that no record lacks.
    2. Where these are the same constants in records of either kind, or there are none, a variable that is a
       constant in each block and never the same in one of either kind.

    Takes     whether a variable is required, so that no record lacks it.
    """
    blocks = [block for block in _blocks(draft) if name in block]
    collected = [block for block in blocks if COLLECTED & block[name].keys()]
    given = [block for block in blocks if SET & block[name].keys()]
    if not (collected and given):
        return []
    in_all = [variable for variable in blocks[0] if all(variable in block for block in blocks)]
    tests = [f"{draft.dataset}GRPID", f"{draft.dataset}TESTCD"]
    terms = [draft.dataset + ending for ending in ("DECOD", "TRT", "TERM")]
    lasting = [v for v in (tests[1], *terms, "VISITNUM") if v in in_all and v != name and required(v)]
    usual = lasting[:1]
    if usual == tests[1:]:
        usual = [variable for variable in tests if variable in in_all]
    if usual and not _the_same(usual, collected, given):
        return usual
    return next(([v] for v in in_all if v != name and _differ(v, collected, given)), usual)


def _blocks(draft: Draft) -> list[Block]:
    """The lines of each block of records, with those of all blocks at once."""
    of_all = _lines(draft.long)
    return [{**_lines(block), **of_all} for block in draft.blocks] or [of_all]


def _lines(part: Spec) -> Block:
    variables = part.get("variables")
    lines = variables if isinstance(variables, dict) else {}
    return {name: line for name, line in lines.items() if isinstance(line, dict)}


def _constants(variables: Sequence[str], blocks: Sequence[Block]) -> set[tuple[object, ...]]:
    """The constants of some variables in each block; None for what is no constant."""
    return {tuple(block[v].get("constant") for v in variables) for block in blocks}


def _the_same(variables: Sequence[str], collected: Sequence[Block], given: Sequence[Block]) -> bool:
    """Whether some variables are the same constants in a block of either kind."""
    in_both = _constants(variables, collected) & _constants(variables, given)
    return any(None not in values for values in in_both)


def _differ(variable: str, collected: Sequence[Block], given: Sequence[Block]) -> bool:
    """Whether a variable is a constant in each block, and never the same in one of either kind."""
    of_collected, of_given = _constants([variable], collected), _constants([variable], given)
    return (None,) not in of_collected | of_given and of_collected.isdisjoint(of_given)


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
