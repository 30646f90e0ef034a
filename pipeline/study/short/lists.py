"""The code lists that a short form needs and specs/codelists.yaml does not have: those of the terminology,
whole; of a variable with several lists the terms of all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.standards import VariableFacts
from pipeline.study.located import Located
from pipeline.study.short.mappings import Spec
from pipeline.study.standard import Standards
from pipeline.study.standard.lists import codelists, in_long_form


class CodeLists:
    """The study's lists in their long form, to which those that it needs are added."""

    def __init__(self, file: Located, said: Mapping[str, Spec], standards: Standards) -> None:
        """Takes     specs/codelists.yaml as read; its lists in the long form."""
        self.file = file
        self.standards = standards
        self.all: dict[str, Spec] = dict(said)
        self.added: dict[str, Spec] = {}
        self.used: set[str] = set()

    def named(self, code: str) -> str | None:
        """The list of an NCI code: the study's own, else the whole one; None where no terminology has it."""
        for name, content in self.all.items():
            if content.get("code") == code:
                return name
        found = self.standards.list_named(code)
        if found is None:
            return None
        _, facts = found
        name = facts.list if facts.list and facts.list not in self.all else facts.code
        self._add(name, in_long_form(name, _whole(facts.code, facts.name), self.file, self.standards))
        return name

    def of_variable(self, variable: str, facts: VariableFacts | None) -> str | None:
        """The list of a variable: that of the guide, of several all of them together; else the study's own by
        the variable's name. None where there is none.
        """
        lists = [name for code in (facts.codelists if facts else ()) if (name := self.named(code))]
        if len(lists) > 1 and facts is not None:
            return variable if variable in self.all else self.together(variable, lists, facts.label)
        if lists:
            return lists[0]
        return variable if variable in self.all else None

    def together(self, variable: str, lists: Sequence[str], label: str = "") -> str:
        """The one list of a variable that has its values by several: the terms of all of them. It has the
        name of the variable, or those of the lists where the study has a list by that name.
        """
        if len(lists) == 1 or not all(name in self.all for name in lists):
            return lists[0]
        name = " AND ".join(lists) if variable in self.all else variable
        terms: dict[str, Any] = {}
        for part in lists:
            terms = {**self.all[part]["terms"], **terms}
        extensible = any(self.all[part].get("extensible") for part in lists)
        self._add(name, {"name": label or name, "extensible": extensible, "terms": terms})
        return name

    def add_short(self, lists: Mapping[str, Any], file: Located) -> None:
        """Adds the lists of a block, but those that the study has; a list may be the decodes of one above."""
        own = {name: content for name, content in lists.items() if name not in self.all}
        long = codelists(Located(file.file, file.shown, own, {}), self.standards, self.all)
        for name, content in long.value.items():
            self._add(name, content)

    def with_decodes(self, name: str) -> str:
        """A list of test codes, each with the name of its test."""
        said = self.file.value.get(name) if isinstance(self.file.value, dict) else None
        if said is not None and not all("decode" in term for term in self.all[name]["terms"].values()):
            self._add(name, in_long_form(name, said, self.file, self.standards, decoded=True))
        return name

    def _add(self, name: str, content: Spec) -> None:
        self.all[name] = self.added[name] = content


def _whole(code: str, name: str) -> Spec:
    """A list of the terminology as a study would write it to have all of it."""
    return {"code": code, "also": [], "decoded": name.endswith("Test Code")}
