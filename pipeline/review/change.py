"""A change of the study or the program, and the variables whose values it can change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Node = tuple[str, str]  # (dataset or form, variable or field); "" is the set of a dataset's records
Book = Mapping[str, Any]  # what lineage/mapping.json says


@dataclass(frozen=True)
class Change:
    """One change of specs/, mappings/ or the program, and where its effect on the data begins."""

    kind: str  # variable, rule, codelist, function, parameter, records, event, contract, study, program, text
    subject: str
    what: str
    old: str = ""
    new: str = ""
    nodes: frozenset[Node] = frozenset()  # whose values it can change; none: it cannot change a value
    deep: bool = True  # also what depends on these
    values: frozenset[str] = frozenset()  # only cells that held or hold one of these; none: any

    def as_data(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "kind": self.kind,
            "subject": self.subject,
            "what": self.what,
            "old": self.old,
            "new": self.new,
            "can_change_values": bool(self.nodes),
        }


def in_either(old: Iterable[str], new: Iterable[str]) -> list[str]:
    """The names of both, in their order, each once."""
    return list(dict.fromkeys([*old, *new]))


def came_or_went(old: Any) -> str:
    """What happened to something that only one of the builds has."""
    return "added" if old is None else "removed"


# --- what rules use
def users(book: Book, function: str) -> frozenset[Node]:
    """What a function makes: variables, and the records of datasets.

    Takes     the mapping of a build; the name of a function.
    Returns   dataset and variable; variable "" is the set of the dataset's records.
    """
    return nodes_with_rule(book, lambda rule: rule.get("function") == function)


def takers(book: Book, part: str) -> frozenset[Node]:
    """What is made with a part of specs/: with that part, with one in it, or with one that it is in.

    Takes     the mapping of a build; a part of specs/, such as parameters.minimum_sd_days.
    Returns   as `users`.
    """

    def takes(rule: Mapping[str, Any]) -> bool:
        taken = _parts_of_specs(rule)
        return any(part == t or part.startswith(f"{t}.") or t.startswith(f"{part}.") for t in taken)

    return nodes_with_rule(book, takes)


def _parts_of_specs(rule: Mapping[str, Any]) -> list[str]:
    """The parts of specs/ that a rule takes, including the one that a constant comes from."""
    parts = list(rule.get("specs", {}).values())
    constant = rule.get("said", "")
    if constant:
        parts.append(f"specs.{constant.removeprefix('study.')}")
    return parts


def nodes_with_rule(book: Book, is_chosen: Callable[[Mapping[str, Any]], bool]) -> frozenset[Node]:
    """The variables and sets of records that have a rule of which this is true.

    Takes     the mapping of a build; what is asked of a rule.
    Returns   as `users`.
    """
    nodes: set[Node] = set()
    for dataset, content in book["datasets"].items():
        if any(is_chosen(rule) for rule in content["blocks"]):
            nodes.add((dataset, ""))
        for variable, properties in content["variables"].items():
            if any(is_chosen(rule) for rule in properties["rules"]):
                nodes.add((dataset, variable))
    return frozenset(nodes)
