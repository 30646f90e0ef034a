"""A mapping in its short form becomes the long one: one line a variable, one verb a line.

`from`, `where` and `each` at the top stand for one block of records; `copy: [..]` for a line a name; an entry
of `each` for a block of its own; `where: else` for what the other blocks leave (`remaining`). What a mapping
says for the spec of its dataset (`keys`, `not_collected`) and which rules it turns off (`leave_out`) is taken
out of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.study.located import KeyPath, Located, nearest
from pipeline.study.mappings import Mapping
from pipeline.study.short import remaining

Spec = dict[str, Any]
OF_BLOCK = ("from", "where", "each")  # at the top: of the one block of records
OF_SPEC = ("keys", "not_collected")
OTHER_RECORDS = {"parameters", "response_parameters"}  # what makes records where no form does
_TOP = {
    *(f.alias or name for name, f in Mapping.model_fields.items()),
    *OF_BLOCK,
    *OF_SPEC,
    "copy",
    "leave_out",
}


@dataclass
class Draft:
    """A mapping on its way to the long form."""

    file: Located
    layer: str
    dataset: str
    long: Spec = field(default_factory=dict)
    places: dict[KeyPath, tuple[int, int]] = field(default_factory=dict)
    rules: dict[KeyPath, str] = field(default_factory=dict)
    of_spec: Spec = field(default_factory=dict)
    left_out: Spec = field(default_factory=dict)
    # the blocks that take what remains, each with the other datasets whose records it leaves out
    remaining: dict[KeyPath, list[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def fault(self, path: KeyPath, message: str) -> None:
        """Keeps a fault with the place that a path has in the long form."""
        self.faults.append(str(self.located().error(path, message)))

    def located(self) -> Located:
        """The long form, with the place and the rule of each part."""
        is_expanded = self.file.is_expanded or self.long != self.file.value
        return replace(
            self.file, value=self.long, places=self.places, rules=self.rules, is_expanded=is_expanded
        )

    @property
    def blocks(self) -> list[Spec]:
        """The blocks of records, as far as they have their form."""
        records = self.long.get("records")
        return [block for block in records if isinstance(block, dict)] if isinstance(records, list) else []

    def lines(self) -> Iterator[tuple[KeyPath, str, Spec]]:
        """Each line with its place in the long form and its variable."""
        for i, block in enumerate(self.long.get("records") or ()):
            if isinstance(block, dict):
                yield from _lines(("records", i, "variables"), block.get("variables"))
        yield from _lines(("variables",), self.long.get("variables"))

    @property
    def variables(self) -> list[str]:
        """The variables that have a line, in the order of the mapping: those of all blocks last."""
        return list(dict.fromkeys(variable for _, variable, _ in self.lines()))

    def blocks_without(self, variable: str) -> list[int]:
        """The blocks that do not map the variable; none where it is mapped for all of them at once."""
        if variable in (self.long.get("variables") or {}):
            return []
        blocks = self.long.get("records") or ()
        return [
            i
            for i, block in enumerate(blocks)
            if isinstance(block, dict) and variable not in (block.get("variables") or {})
        ]

    def place_of(self, variable: str) -> tuple[int, int]:
        """Where the variable is mapped; the beginning of the file where a rule gives it."""
        paths = (path for path, name, _ in self.lines() if name == variable)
        return next((self.places[path] for path in paths if path in self.places), (1, 1))

    def add(self, variable: str, line: Spec, rule: str, block: int | None = None) -> None:
        """A line that the study does not have, by a rule of the engine."""
        part: Spec = self.long if block is None else self.long["records"][block]
        path: KeyPath = ("variables",) if block is None else ("records", block, "variables")
        part["variables"] = {**(part.get("variables") or {}), variable: line}
        self.rules[*path, variable] = rule


def _lines(path: KeyPath, variables: Any) -> Iterator[tuple[KeyPath, str, Spec]]:
    for variable, line in variables.items() if isinstance(variables, dict) else ():
        if isinstance(line, dict):
            yield (*path, variable), variable, line


def draft(file: Located, layer: str) -> Draft | None:
    """A mapping with its blocks and lines in the long form; None for what is no mapping, which the model
    tells.

    Takes     the file as read; the layer (sdtm, adam).
    """
    value = file.value
    if not isinstance(value, dict) or not isinstance(value.get("dataset"), str):
        return None
    expander = _Expander(file, Draft(file, layer, value["dataset"], rules=dict(file.rules)))
    expander.expand()
    return expander.draft


def _by_part(places: Iterable[KeyPath]) -> dict[KeyPath, list[KeyPath]]:
    """For each part of a file its own path and those of all that stands below it."""
    paths: dict[KeyPath, list[KeyPath]] = {}
    for path in places:
        for length in range(1, len(path) + 1):
            paths.setdefault(path[:length], []).append(path)
    return paths


class _Expander:
    """Writes the long form of one file, and carries the place of each part over to it."""

    def __init__(self, file: Located, draft: Draft) -> None:
        self.file = file
        self.draft = draft
        self.paths = _by_part(file.places)

    def expand(self) -> None:
        said, draft = self.file.value, self.draft
        for key in said:
            if key not in _TOP:
                self.fault((key,), f"{key} is not a key here{nearest(key, _TOP)}")
        for key in said.keys() - {*OF_BLOCK, *OF_SPEC, "copy", "leave_out", "records", "variables"}:
            draft.long[key] = said[key]
            self.carry((key,), (key,))
        self.carry((), ())
        draft.of_spec = {"keys": said["keys"]} if "keys" in said else {}
        if not_collected := self.reasons("not_collected"):
            draft.of_spec["not_collected"] = not_collected
        draft.left_out = self.reasons("leave_out")
        self.blocks()
        variables = self.variables((), ())
        if variables is not None:
            draft.long["variables"] = variables

    def reasons(self, key: str) -> Spec:
        """The variables that a key names, each with its reason."""
        said = self.file.value.get(key, {})
        if isinstance(said, dict) and all(isinstance(reason, str) for reason in said.values()):
            return said
        self.fault((key,), f"{key}: variables are expected, each with its reason, {{VARIABLE: why}}")
        return {}

    # --- records
    def blocks(self) -> None:
        said = self.file.value
        given = [key for key in OF_BLOCK if key in said]
        if "records" not in said:
            if given:
                self.block((), {key: said[key] for key in given})
            elif not OTHER_RECORDS & said.keys() and {"variables", "copy"} & said.keys():
                message = "no line says whose records these are; write `from: FORM`, or `records:`"
                self.fault(("dataset",), message)
            return
        if given:
            message = (
                f"`{given[0]}` at the top is of one block of records; write it in each entry of `records`"
            )
            self.fault((given[0],), message)
        if not isinstance(said["records"], list):
            self.draft.long["records"] = said["records"]  # the model says what is expected
            return
        for i, block in enumerate(said["records"]):
            if isinstance(block, dict):
                self.block(("records", i), block)
            else:
                self.added(("records", i), block)

    def block(self, old: KeyPath, block: Spec) -> None:
        """A block of records, or one for each entry of its `each`."""
        each = block.get("each")
        if each is None and "each" not in block:
            self.one_block(old, block, {}, {})
            return
        if not isinstance(each, list) or not all(isinstance(entry, dict) for entry in each):
            self.fault((*old, "each"), "a list of records is expected: [{VSTESTCD: SYSBP, VSORRES: SYS_BP}]")
            return
        for i, entry in enumerate(each):
            lines, where = self.of_entry(entry, (*old, "each", i))
            path = self.one_block(old, block, lines, where)
            for variable in lines:
                self.carry((*old, "each", i, variable), (*path, "variables", variable))

    def of_entry(self, entry: Spec, path: KeyPath) -> tuple[Spec, Spec]:
        """The lines of an entry of `each`, and the condition of its records.

        A bare value is the same in each record, and that of --ORRES is a field; a record without it has no
        result.
        """
        lines: Spec = {}
        where: Spec = {}
        for variable, value in entry.items():
            if isinstance(value, dict):
                lines[variable] = value
            elif str(variable).endswith("ORRES"):
                lines[variable] = {"copy": value}
                where[str(value)] = "present"
            else:
                lines[variable] = {"constant": value}
        if not where:
            what = f"{self.draft.dataset}ORRES, the field of the result"
            self.fault(path, f"an entry of `each` names {what}; a record without it is left out")
        return lines, where

    def one_block(self, old: KeyPath, block: Spec, lines: Spec, where: Spec) -> KeyPath:
        own = ("each", "copy", "variables", "where")
        long = {key: part for key, part in block.items() if key not in own}
        path = self.added(old, long)
        for key in long:
            self.carry((*old, key), (*path, key))
        self.draft.places.setdefault(path, self.file.places.get((*old, "from"), (1, 1)))
        if "where" in block or where:
            said = block.get("where", {})
            if (others := remaining.asked(said)) is not None:
                self.draft.remaining[path] = others
                self.carry((*old, "where"), (*path, "unless"))
                said = where
            if others is None or where:
                long["where"] = {**said, **where} if isinstance(said, dict) else said
                self.carry((*old, "where"), (*path, "where"))
        variables = self.variables(old, path) if old else None
        if variables or lines:
            long["variables"] = {**lines, **(variables or {})}
        return path

    def added(self, old: KeyPath, block: Any) -> KeyPath:
        records = self.draft.long.setdefault("records", [])
        records.append(block)
        path: KeyPath = ("records", len(records) - 1)
        if old and old in self.file.places:
            self.draft.places[path] = self.file.places[old]
        return path

    # --- variables
    def variables(self, old: KeyPath, path: KeyPath) -> Any:
        """The lines below a part of the file: those of `copy`, then those of `variables`."""
        part = self.file.part(old)
        lines: Spec = {}
        copied = part.get("copy", [])
        if not isinstance(copied, list):
            self.fault((*old, "copy"), "a list of names is expected here: copy: [SUBJID, SITEID]")
            copied = []
        for i, name in enumerate(copied):
            if not isinstance(name, str):
                self.fault((*old, "copy", i), "a name is expected, of a variable and of its field")
                continue
            if name in lines:
                self.fault((*old, "copy", i), f"{name} stands here twice")
            lines[name] = {"copy": name}
            self.carry((*old, "copy", i), (*path, "variables", name))
        said = part.get("variables")
        if (*old, "variables") in self.file.places:
            self.draft.places[*path, "variables"] = self.file.places[*old, "variables"]
        if said is None or not isinstance(said, dict):
            return lines or said
        for name, line in said.items():
            if name in lines:
                self.fault((*old, "variables", name), f"{name} is among `copy` as well; delete one of them")
            if not isinstance(line, dict) and (*old, "variables", name) not in self.file.empty:
                message = f"{name}: a verb is expected, as in {{copy: FIELD}} or {{constant: VALUE}}"
                self.fault((*old, "variables", name), message)
            self.carry((*old, "variables", name), (*path, "variables", name))
        return {**lines, **said}

    # --- places
    def carry(self, old: KeyPath, new: KeyPath) -> None:
        """The places of a part of the file are those of a part of the long form."""
        if old == ():
            self.draft.places.setdefault((), self.file.places.get((), (1, 1)))
            return
        for path in self.paths.get(old, ()):
            self.draft.places[*new, *path[len(old) :]] = self.file.places[path]

    def fault(self, path: KeyPath, message: str) -> None:
        self.draft.faults.append(str(self.file.error(path, message)))
