"""`where: else` of a block becomes `unless`: the conditions of the blocks whose records it leaves out.

1. `where: else` takes the records of its form that no other block of the mapping takes.
2. `where: {else: [CM, PR]}` leaves out those that a block of the mappings of CM or PR takes, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pipeline.study.located import KeyPath, nearest

if TYPE_CHECKING:
    from pipeline.study.short.mappings import Draft

ELSE = "else"


def asked(where: Any) -> list[str] | None:
    """The other datasets that an `else` names; None where a condition is no `else`."""
    if where == ELSE:
        return []
    if not isinstance(where, dict) or list(where) != [ELSE]:
        return None
    named = where[ELSE]
    return [str(name) for name in named] if isinstance(named, list) else [str(named)]


def settle(drafts: Mapping[str, Draft]) -> None:
    """Writes `unless` into each block that takes what remains, or adds a fault to its mapping.

    Takes     all mappings of the study by dataset, their blocks in the long form.
    """
    for draft in drafts.values():
        for path, others in draft.remaining.items():
            place = (*path, "unless")
            unknown = [name for name in others if name not in drafts]
            for name in unknown:
                hint = nearest(name, drafts)
                draft.fault(place, f"else: {name} is no dataset with a mapping{hint}")
            if not unknown:
                _settle_one(draft, path, [drafts[name] for name in others])


def _settle_one(draft: Draft, path: KeyPath, others: list[Draft]) -> None:
    block = draft.long["records"][path[1]]
    source, excepted = block.get("from"), []
    for taking, taken in _blocks_from(source, [draft, *others]):
        if not taken.get("where"):
            message = (
                f"a block of {taking.dataset} takes every record of {source}, so none is left for `else`"
            )
            draft.fault((*path, "unless"), f"{message}; give that block a `where`")
            return
        if "unless" in taken:
            message = f"a block of {taking.dataset} has an `unless`, and `else` cannot be told from it"
            draft.fault((*path, "unless"), f"{message}; write `unless` here, too")
            return
        if taken["where"] not in excepted:
            excepted.append(taken["where"])
    if not excepted:
        names = " or ".join(d.dataset for d in (draft, *others))
        message = f"no other block of {names} takes records of {source}, so `else` means all of them"
        draft.fault((*path, "unless"), f"{message}; leave `where` out")
    else:
        block["unless"] = excepted


def _blocks_from(source: Any, drafts: list[Draft]) -> Iterator[tuple[Draft, dict[str, Any]]]:
    """The blocks with records of a source, but those that take what remains."""
    for draft in drafts:
        for i, block in enumerate(draft.long.get("records") or ()):
            takes_what_remains = ("records", i) in draft.remaining
            if isinstance(block, dict) and block.get("from") == source and not takes_what_remains:
                yield draft, block
