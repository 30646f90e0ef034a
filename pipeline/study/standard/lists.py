"""specs/codelists.yaml: a list in its short form becomes the long one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pipeline.errors import SpecError
from pipeline.standards import ListFacts, TermFacts, Terminology
from pipeline.study.located import KeyPath, Located, nearest
from pipeline.study.standard.declared import Spec, Standards
from pipeline.study.standard.spellings import usual_spellings

_NCI_CODE = re.compile(r"C\d{4,6}")
_OF_LIST = {
    "name",
    "code",
    "standard",
    "extensible",
    "beside",
    "terms",
    "also",
    "decoded",
    "decodes_of",
    "lists",
    "ordered",
}
_ONLY_OF_LIST = {"terms", "also", "beside", "decodes_of"}  # one of them makes a content a list with its keys


def codelists(file: Located, standards: Standards, above: Mapping[str, Any] | None = None) -> Located:
    """specs/codelists.yaml in its long form.

    Takes     the file; lists in the long form that its lists may be decodes of.
    Raises    SpecError with every list, code and term that contradicts the terminology.
    """
    if not isinstance(file.value, dict):
        return file
    faults: list[str] = []
    long: dict[str, Any] = {}
    places = dict(file.places)
    for name, content in file.value.items():
        filler = _ListFiller(file, str(name), content, standards, {**(above or {}), **long})
        long[name] = filler.long()
        faults += filler.faults
        places |= filler.places
    if faults:
        raise SpecError("\n".join(faults))
    return replace(file, value=long, places=places)


def in_long_form(name: str, said: Any, file: Located, standards: Standards, decoded: bool = False) -> Spec:
    """A list that a study could have written, in its long form.

    Takes     the name of the list and what is said of it; specs/codelists.yaml, for messages; whether each
              term is to have a decode.
    Raises    SpecError for a list that contradicts the terminology.
    """
    filler = _ListFiller(file, name, said, standards, {}, decoded)
    long = filler.long()
    if filler.faults:
        raise SpecError("\n".join(filler.faults))
    return long


class _ListFiller:
    """One codelist on its way to the long form."""

    def __init__(
        self,
        file: Located,
        name: str,
        content: Any,
        standards: Standards,
        before: Mapping[str, Any],
        decoded: bool = False,
    ) -> None:
        self.file = file
        self.name = name
        self.decoded = decoded
        self.standards = standards
        self.before = before  # the lists above this one, in long form
        self.faults: list[str] = []
        self._names: dict[str, dict[str, str]] = {}  # by list
        self.places: dict[KeyPath, tuple[int, int]] = {}
        self.is_long = isinstance(content, dict) and not content.keys().isdisjoint(_ONLY_OF_LIST)
        self.said: Spec = dict(content) if self.is_long else {"terms": content}
        # TERM: [spellings] throughout: the whole list, or one of the study's own
        self.is_spelt = not self.is_long and _are_spellings(content)

    def fault(self, path: KeyPath, message: str) -> None:
        self.faults.append(str(self.file.error((self.name, *path), message)))

    def long(self) -> Spec:
        said = self.said
        for key in said.keys() - _OF_LIST:
            self.fault((key,), f"{key} is not a key here{nearest(key, _OF_LIST)}")
        package, facts = self._facts()
        if self.is_spelt:
            self.said = said = {"also": said["terms"]} if facts else {"name": self.name, **said}
        if self.decoded:
            self.said = said = {**said, "decoded": True}
        filled: Spec = {}
        if facts is not None and package is not None:
            filled = {
                "name": facts.name,
                "code": facts.code,
                "standard": package.publishing_set,
                "extensible": facts.extensible,
            }
            for key in filled.keys() & said.keys():
                if said[key] != filled[key]:
                    message = f"{self.name}: {key} is {filled[key]} in {package.name}, {said[key]} here"
                    self.fault((key,), f"{message}; delete it, or give the list a name without a code")
        long = {
            **filled,
            **{k: v for k, v in said.items() if k in ("name", "code", "standard", "extensible", "beside")},
        }
        known = self._known_terms(package, facts)
        long["terms"] = self._terms(known, facts)
        if "name" not in long:
            self.fault((), f"{self.name} is no codelist of the terminology; {self._how_own()}")
        return long

    def _how_own(self) -> str:
        terms = self.said.get("terms")
        if isinstance(terms, dict) and any(isinstance(spelling, str) for spelling in terms.values()):
            term, spelling = next(item for item in terms.items() if isinstance(item[1], str))
            return f"of the study's own, spellings are a list: {term}: [{spelling}]"
        return "a list of the study's own says `name`"

    def _facts(self) -> tuple[Terminology | None, ListFacts | None]:
        """The list of the terminology that this is: by its code, else by the key under which it stands."""
        code = self.said.get("code")
        if code is None and "name" in self.said:
            return None, None
        found = self.standards.list_named(str(code or self.name))
        if found is None and self.is_spelt and _NCI_CODE.fullmatch(self.name):
            self.fault((), f"{self.name} is no codelist of the terminology; look it up: standards term TEXT")
        if found is None and code is not None and self.standards.terminology:
            versions = ", ".join(package.name for package in self.standards.terminology)
            self.fault(("code",), f"{code} is no codelist of {versions}")
        return found or (None, None)

    def _known_terms(self, package: Terminology | None, facts: ListFacts | None) -> Mapping[str, TermFacts]:
        if package is not None and facts is not None:
            return package.terms(facts.code)
        known: dict[str, TermFacts] = {}
        for i, code in enumerate(self.said.get("lists") or ()):
            found = self.standards.list_named(str(code))
            if found is None:
                self.fault(("lists", i), f"{code} is no codelist of the terminology")
            else:
                known = {**found[0].terms(found[1].code), **known}
        return known

    def _terms(self, known: Mapping[str, TermFacts], facts: ListFacts | None) -> dict[str, Spec]:
        said = self.said
        coded, closed = facts is not None, facts is not None and not facts.extensible
        terms: dict[str, Spec] = {}
        if "decodes_of" in said:
            return self._decodes(str(said["decodes_of"]), known)
        if "terms" not in said:
            terms = {value: self._of_whole_list(fact) for value, fact in known.items()}
        listed = [*self._each(said.get("terms"), ("terms",) if self.is_long else ())]
        added = [*self._each(said.get("also"), () if self.is_spelt else ("also",))]
        own = {value for value, _, _ in added}
        before: set[tuple[str, KeyPath]] = set()
        for value, content, path in (*listed, *added):
            if (value, path[:-1]) in before:
                self.fault(path, f"{value} stands here twice")
            before.add((value, path[:-1]))
            term = _term(content)
            fact = known.get(value)
            if fact is not None:
                if term.get("code", fact.code) != fact.code:
                    message = f"{value} has the code {fact.code} in the terminology, {term['code']} here"
                    self.fault((*path, "code"), f"{message}; delete it")
                term = {**_coded(fact), **term}
            elif self.is_spelt and coded and nearest(value, known, 0.9):
                message = f"{value} is no term of {self.name}{nearest(value, known)}"
                self.fault(path, f"{message} A term of the sponsor's own stands under `also`")
            elif closed:
                message = f"{value} is no term of {self.name}, a list that is not extensible"
                self.fault(path, message + nearest(value, known))
            elif coded and value not in own:
                message = f"{value} is no term of {self.name}{nearest(value, known)}"
                self.fault(path, f"{message}; a term of the sponsor's own stands under `also`")
            if said.get("decoded") and "decode" not in term and fact is not None:
                term["decode"] = self._name_of(fact)
            terms[value] = {**terms.get(value, {}), **term}
            self.places[self.name, "terms", value] = self.file.places.get((self.name, *path), (1, 1))
        if said.get("ordered"):
            terms = {value: {"order": i, **term} for i, (value, term) in enumerate(terms.items(), start=1)}
        return terms

    def _each(self, terms: Any, base: KeyPath) -> Iterator[tuple[str, Any, KeyPath]]:
        """Each term with what is said of it; they may stand as a list, or by submission value."""
        if isinstance(terms, dict):
            for value, content in terms.items():
                yield str(value), content, (*base, value)
        elif isinstance(terms, list):
            for i, item in enumerate(terms):
                if isinstance(item, dict) and len(item) == 1:
                    ((value, content),) = item.items()
                    yield str(value), content, (*base, i)
                elif isinstance(item, dict | list) or item is None:
                    self.fault((*base, i), "a term is expected, or TERM: [spellings]")
                else:
                    yield str(item), None, (*base, i)
        elif terms is not None:
            self.fault(base, "terms are expected: [TERM, TERM] or TERM: [spellings]")

    def _of_whole_list(self, fact: TermFacts) -> Spec:
        term = _coded(fact)
        return {**term, "decode": self._name_of(fact)} if self.said.get("decoded") else term

    def _name_of(self, fact: TermFacts) -> str:
        """The decode of a term: for a test code the name of the test, else the preferred term."""
        if fact.list not in self._names:
            self._names[fact.list] = self._names_of_tests(fact.list)
        return self._names[fact.list].get(fact.code, fact.preferred)

    def _names_of_tests(self, code: str) -> dict[str, str]:
        """By NCI code the names in the list beside a list of test codes."""
        for package in self.standards.terminology:
            codes = package.lists.get(code)
            names = [o for o in package.lists.values() if codes and o.name == _name_list(codes.name)]
            if codes and names and names[0].code != codes.code:
                terms = reversed([*package.terms(names[0].code).values()])
                return {term.code: term.term for term in terms}  # of two of one code the first
        return {}

    def _decodes(self, of: str, known: Mapping[str, TermFacts]) -> dict[str, Spec]:
        """The names of another list's codes: VSTEST of VSTESTCD, PARAM of PARAMCD."""
        codes = self.before.get(of)
        if not isinstance(codes, dict):
            self.fault(("decodes_of",), f"{of} is no list above this one{nearest(of, self.before)}")
            return {}
        terms: dict[str, Spec] = {}
        for value, term in codes.get("terms", {}).items():
            decode = term.get("decode")
            if decode is None:
                self.fault(("decodes_of",), f"{of}: {value} has no decode")
                continue
            facts = known.get(str(decode))
            terms[str(decode)] = _coded(facts) if facts else {}
        return terms


def _name_list(name: str) -> str:
    """The name of the list of names beside a list of codes: ... Test Code, ... Test Name."""
    return re.sub(r"\bCode$", "Name", name)


def _term(content: Any) -> Spec:
    """What is said of a term: its decode, its collected spellings, or a mapping of both."""
    if content is None:
        return {}
    if isinstance(content, list):
        return {"collected": content} if content else {}
    if isinstance(content, dict):
        return dict(content)
    return {"decode": content}


def _are_spellings(content: Any) -> bool:
    """Whether these are terms, each with the spellings that forms use for it."""
    return isinstance(content, dict) and bool(content) and all(isinstance(s, list) for s in content.values())


def _coded(facts: TermFacts) -> Spec:
    """The NCI code of a term, which a few terms of the packages lack, and its names in the terminology."""
    coded: Spec = {"code": facts.code} if facts.code else {}
    if facts.preferred not in ("", facts.term):
        coded["preferred"] = facts.preferred
    synonyms = [s for s in facts.synonyms if s not in (facts.term, facts.preferred)]
    if synonyms:
        coded["synonyms"] = synonyms
    usual = usual_spellings().get(facts.list, {}).get(facts.term, [])
    return {**coded, "usual": [*usual]} if usual else coded
