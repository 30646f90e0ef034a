"""Fills in what the standards decide, so that specs/ say only what the study decides.

A spec may list its variables by name; label, type, role, core and codelist come from SDTMIG and ADaMIG. A
codelist may list its terms; name, codes and kind come from the controlled terminology. The result is the long
form that every other part of the product reads; each part keeps its place in the file. What contradicts the
standard is a fault, unless the study says `nonstandard` with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import SpecError
from pipeline.standards import (
    AnalysisGuide,
    Guide,
    ListFacts,
    TermFacts,
    Terminology,
    VariableFacts,
    adamig,
    sdtmig,
    terminology,
)
from pipeline.standards.guides import ADAM, SDTM
from pipeline.study.located import KeyPath, Located, nearest

if TYPE_CHECKING:
    from pipeline.study.terms import Codelist

Spec = dict[str, Any]

# --- lengths that SDTMIG 3.4 and ADaMIG 1.3 set: name, or ending of it after the two letters of its domain
LENGTHS = {
    "DOMAIN": 2,
    "RDOMAIN": 2,
    "ETCD": 8,
    "TSPARMCD": 8,
    "PARAMCD": 8,
    "ARMCD": 20,
    "ACTARMCD": 20,
    "IETEST": 200,  # a criterion is longer than the name of a test may be
}
LENGTHS_OF_ENDINGS = {"TESTCD": 8, "TEST": 40}
# --- numbers of the standards that are whole, by the end of their name; all others are taken as decimal
_WHOLE = re.compile(
    r"(SEQ|DY|ORD|ORDER|NUMRPT|LLTCD|PTCD|HLTCD|HLGTCD|BDSYCD|SOCCD|FN|CNSR|DURD)$|^AGE$|^VISITDY$|^TSSEQ$"
)
_WHOLE_IN_ADAM = re.compile(
    r"(TRT\d\d[PA]N|TRT[PA]N|PARAMN|AVISITN|AGEGR\dN|ATPTN|BASETYPN|DOSEN|[A-Z]+GR\dN)$"
)
_FLAG = re.compile(r"FL$")
FORMATS = {"date": "DATE9.", "datetime": "DATETIME20.", "time": "TIME8."}
# --- analysis: which structures of ADaMIG describe the variables of a class
STRUCTURES = {
    "SUBJECT LEVEL ANALYSIS DATASET": ("ADSL",),
    "BASIC DATA STRUCTURE": ("BDS",),
    "OCCURRENCE DATA STRUCTURE": ("OCCDS",),
    "ADAM OTHER": (),
}
OF_SUBCLASS = {"TIME-TO-EVENT": "BDS for TTE", "ADVERSE EVENT": "AE"}
IDENTIFIERS = ("STUDYID", "USUBJID")  # required in every analysis dataset
ADSL = {
    "label": "Subject-Level Analysis Dataset",
    "class": "SUBJECT LEVEL ANALYSIS DATASET",
    "structure": "One record per subject",
    "keys": ["STUDYID", "USUBJID"],
}


@dataclass(frozen=True)
class Standards:
    """The guides and packages of terminology that a study declares; None for what it does not declare."""

    sdtm: Guide | None
    adam: AnalysisGuide | None
    terminology: tuple[Terminology, ...]  # SDTM before ADaM: a list of both is taken from the first

    def list_named(self, name: str) -> tuple[Terminology, ListFacts] | None:
        """The codelist of this NCI code or submission value."""
        for package in self.terminology:
            for facts in package.lists.values():
                if name in (facts.code, facts.list):
                    return package, facts
        return None


def declared(study: Any, own: Path) -> Standards:
    """The standards that specs/study.yaml declares; what it says wrongly is told with the file itself.

    Takes     the content of the file as read; the folder of the study's own packages of terminology.
    """
    sdtm, adam, packages = None, None, []
    entries = study.get("standards") if isinstance(study, dict) else None
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, dict):
            continue
        name, version = entry.get("name"), str(entry.get("version"))
        if name == "SDTMIG" and version in SDTM:
            sdtm = sdtmig(version)
        elif name == "ADaMIG" and version in ADAM:
            adam = adamig(version)
        elif name == "CDISC/NCI":
            packages.append(terminology(str(entry.get("publishing_set")), version, own))
    return Standards(sdtm, adam, tuple(package for package in packages if package is not None))


# --- datasets
def dataset(file: Located, layer: str, standards: Standards, codelists: Mapping[str, Codelist]) -> Located:
    """The spec of a dataset in its long form.

    Takes     the file as read; the layer (sdtm, adam); the study's standards; its codelists in long form.
    Raises    SpecError with every variable that the standard does not know or that contradicts it.
    """
    value = file.value
    if not isinstance(value, dict) or not isinstance(value.get("dataset"), str):
        return file  # the model says what is missing
    filler = _DatasetFiller(file, layer, standards, codelists)
    long = filler.spec()
    if filler.faults:
        raise SpecError("\n".join(filler.faults))
    return replace(file, value=long, places={**file.places, **filler.places})


class _DatasetFiller:
    """One spec on its way to the long form, with the faults found and the places of what it moved."""

    def __init__(
        self, file: Located, layer: str, standards: Standards, codelists: Mapping[str, Codelist]
    ) -> None:
        self.file = file
        self.layer = layer
        self.standards = standards
        self.lists_by_code = {c.code: name for name, c in reversed(tuple(codelists.items())) if c.code}
        self.has_list = codelists.keys()
        self.faults: list[str] = []
        self.places: dict[KeyPath, tuple[int, int]] = {}
        self.given: Spec = dict(file.value)
        self.name: str = self.given["dataset"]
        self.like: str = str(
            self.given.pop("like", self.name)
        )  # a dataset of the study's own, built like one

    def fault(self, path: KeyPath, message: str) -> None:
        self.faults.append(str(self.file.error(path, message)))

    def spec(self) -> Spec:
        """The dataset's own facts, then its variables."""
        long = {**self.facts(), **self.given}
        long["variables"] = {
            name: self.variable(name, said, path) for name, said, path in self.variables_given()
        }
        return long

    def facts(self) -> Spec:
        if self.layer == "adam":
            return ADSL if self.name == "ADSL" else {}
        facts = self.standards.sdtm.datasets.get(self.like) if self.standards.sdtm else None
        if facts is None:
            if self.standards.sdtm and "like" in self.file.value:
                known = self.standards.sdtm.datasets
                self.fault(
                    ("like",),
                    f"{self.like} is no dataset of {self.standards.sdtm.name}{nearest(self.like, known)}",
                )
            return {}
        said = {
            "label": facts.label,
            "class": facts.class_.upper().replace("-", " "),
            "structure": facts.structure,
        }
        if self.like == self.name and not self.given.get("nonstandard"):
            for key, standard in said.items():
                if key in ("label", "class") and key in self.given and self.given[key] != standard:
                    message = f"{self.name}: {key} is {standard} in {self._guide}, {self.given[key]} here"
                    self.fault((key,), f"{message}; delete the line")
        return {**said, "keys": list(facts.keys)}

    @property
    def _guide(self) -> str:
        guide = self.standards.sdtm if self.layer == "sdtm" else self.standards.adam
        return guide.name if guide else "the standard"

    def variables_given(self) -> Iterator[tuple[str, Spec, KeyPath]]:
        """Each variable with what the study says of it; they may stand as a list of names, or by name."""
        given = self.given.get("variables")
        if isinstance(given, dict):
            for name, said in given.items():
                if isinstance(said, dict):
                    yield name, said, ("variables", name)
                elif said is None:
                    yield name, {}, ("variables", name)
                else:
                    self.fault(("variables", name), f"{name}: attributes are expected, like {{label: ...}}")
            return
        seen: set[str] = set()
        for i, item in enumerate(given if isinstance(given, list) else ()):
            name, said = item, {}
            if isinstance(item, dict) and len(item) == 1:
                ((name, said),) = item.items()
                said = {} if said is None else said
            if not isinstance(name, str) or not isinstance(said, dict):
                self.fault(("variables", i), "the name of a variable is expected, or NAME: {label: ...}")
                continue
            if name in seen:
                self.fault(("variables", i), f"{name} stands here twice")
                continue
            seen.add(name)
            self._keep_places(name, i)
            yield name, said, ("variables", name)

    def _keep_places(self, name: str, number: int) -> None:
        """A variable of a list stands where its item stands."""
        old: KeyPath = ("variables", number)
        self.places["variables", name] = self.file.places.get((*old, name), self.file.places[old])
        for path, place in self.file.places.items():
            if path[:3] == (*old, name):
                self.places["variables", name, *path[3:]] = place

    # --- a variable
    def variable(self, name: str, said: Spec, path: KeyPath) -> Spec:
        """A variable in its long form: the standard's facts, and over them what the study says."""
        facts = self._facts_of(name)
        if facts is None:
            if not self._may_be_own(said):
                known = self._known()
                message = f"{name} is no variable of {self.like} in {self._guide}{nearest(name, known)}"
                self._fault_at(
                    path, f"{message}; a variable of the study's own says `nonstandard: why` or `supp: true`"
                )
            return {"type": "text", **self._usual(name, said.get("type")), **said}
        filled = self._filled(name, facts)
        if not said.get("nonstandard"):
            self._refuse_contradictions(name, facts, filled, said, path)
        own = {key: value for key, value in said.items() if value is not None or key != "codelist"}
        long = {**filled, **own}
        if "codelist" in said and said["codelist"] is None:
            long.pop("codelist", None)  # `codelist: null`: none of the study's lists
        if long.get("type") not in FORMATS:
            long.pop("format", None) if "format" not in said else None
        return long

    def _fault_at(self, path: KeyPath, message: str) -> None:
        place = self.places.get(path)
        if place is None:
            self.fault(path, message)
        else:
            self.faults.append(f"{self.file.shown}:{place[0]}:{place[1]}: {message}")

    def _may_be_own(self, said: Spec) -> bool:
        """ADaM takes any variable that a study needs; SDTM takes them as supplemental qualifiers."""
        guide = self.standards.sdtm
        if self.layer == "adam" or guide is None or self.like not in guide.datasets:
            return True
        return bool(said.get("supp") or said.get("nonstandard"))

    def _known(self) -> list[str]:
        facts = self.standards.sdtm.datasets.get(self.like) if self.standards.sdtm else None
        return list(facts.variables) if facts else []

    def _facts_of(self, name: str) -> VariableFacts | None:
        if self.layer == "sdtm":
            return self.standards.sdtm.variable(self.like, name) if self.standards.sdtm else None
        return self._analysis_facts(name)

    def _analysis_facts(self, name: str) -> VariableFacts | None:
        """Of the dataset's own structure; else as ADSL or SDTM has it, from where it was carried here."""
        guide = self.standards.adam
        if guide is None:
            return None
        own = STRUCTURES.get(
            str(self.given.get("class", ADSL["class"] if self.name == "ADSL" else "")).upper(), ()
        )
        facts = guide.variable(own, name)
        special = OF_SUBCLASS.get(str(self.given.get("subclass", "")).upper())
        if special:
            of_subclass = guide.variable((special,), name)
            if facts is None:
                facts = of_subclass
            elif of_subclass is not None:
                facts = replace(facts, core=of_subclass.core)
        if facts is not None:
            return facts
        carried = guide.variable(("ADSL", "BDS"), name) or self._of_sdtm(name)
        if carried is None or name in IDENTIFIERS:
            return carried
        return replace(carried, core="Perm", role="")

    def _of_sdtm(self, name: str) -> VariableFacts | None:
        guide = self.standards.sdtm
        if guide is None:
            return None
        datasets = ("DM", name[:2], *guide.datasets)
        return next(
            (
                facts.variables[name]
                for dataset in datasets
                if (facts := guide.datasets.get(dataset)) and name in facts.variables
            ),
            None,
        )

    def _filled(self, name: str, facts: VariableFacts) -> Spec:
        """What the standard decides of a variable."""
        type_ = self._type(name, facts)
        long: Spec = {"label": facts.label, "type": type_, **self._usual(name, type_)}
        long["core"] = facts.core
        if facts.role:
            long["role"] = facts.role
        codelist = self._codelist(name, facts)
        if codelist:
            long["codelist"] = codelist
        if facts.values == "MedDRA":
            long["dictionary"] = "MedDRA"
        return long

    def _usual(self, name: str, type_: Any) -> Spec:
        """Length and format as the guides set them for names like this."""
        ending = name.removeprefix(self.like)
        length = LENGTHS.get(name, LENGTHS_OF_ENDINGS.get(ending if ending != name else ""))
        if length is None and self.layer == "adam" and _FLAG.search(name):
            length = 1
        usual: Spec = {"max_length": length} if length and type_ in (None, "text") else {}
        if type_ in FORMATS:
            usual["format"] = FORMATS[type_]
        return usual

    def _type(self, name: str, facts: VariableFacts) -> str:
        if facts.type == "Char":
            dated = facts.values.startswith("ISO 8601") and not facts.values.endswith("duration")
            return "iso" if dated or name.endswith("DTC") else "text"
        if self.layer == "adam":
            for ending, type_ in (("DTM", "datetime"), ("DT", "date"), ("TM", "time")):
                if name.endswith(ending):
                    return type_
            if _WHOLE_IN_ADAM.search(name):
                return "integer"
        return "integer" if _WHOLE.search(name) else "float"

    def _codelist(self, name: str, facts: VariableFacts) -> str | None:
        """The study's list of one of the NCI codes that the standard names."""
        if name == "DOMAIN" and "DOMAIN" in self.has_list:
            return "DOMAIN"
        if self.layer == "adam" and _FLAG.search(name) and "NY" in self.has_list:
            return "NY"
        lists = [self.lists_by_code[code] for code in facts.codelists if code in self.lists_by_code]
        return lists[0] if len(lists) == 1 else None

    def _refuse_contradictions(
        self, name: str, facts: VariableFacts, filled: Spec, said: Spec, path: KeyPath
    ) -> None:
        for key in ("label", "role", "core"):
            if key in said and key in filled and str(said[key]) != str(filled[key]):
                self._contradicts(name, key, filled[key], said[key], path)
        kinds = {"text": "Char", "iso": "Char"}
        if facts.type and "type" in said and kinds.get(said["type"], "Num") != facts.type:
            self._contradicts(name, "type", facts.type, said["type"], path)

    def _contradicts(self, name: str, key: str, standard: Any, here: Any, path: KeyPath) -> None:
        message = f"{self.name}.{name}: {key} is {standard} in {self._guide}, {here} here"
        self._fault_at((*path, key), f"{message}; delete it, or say `nonstandard: why` of the variable")


# --- codelists
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


def codelists(file: Located, standards: Standards) -> Located:
    """specs/codelists.yaml in its long form.

    Raises    SpecError with every list, code and term that contradicts the terminology.
    """
    if not isinstance(file.value, dict):
        return file
    faults: list[str] = []
    long: dict[str, Any] = {}
    places = dict(file.places)
    for name, content in file.value.items():
        filler = _ListFiller(file, str(name), content, standards, long)
        long[name] = filler.long()
        faults += filler.faults
        places |= filler.places
    if faults:
        raise SpecError("\n".join(faults))
    return replace(file, value=long, places=places)


class _ListFiller:
    """One codelist on its way to the long form."""

    def __init__(
        self, file: Located, name: str, content: Any, standards: Standards, before: Mapping[str, Any]
    ) -> None:
        self.file = file
        self.name = name
        self.standards = standards
        self.before = before  # the lists above this one, in long form
        self.faults: list[str] = []
        self.places: dict[KeyPath, tuple[int, int]] = {}
        self.is_long = isinstance(content, dict) and bool({"terms", "also", "decodes_of"} & content.keys())
        self.said: Spec = dict(content) if self.is_long else {"terms": content}

    def fault(self, path: KeyPath, message: str) -> None:
        self.faults.append(str(self.file.error((self.name, *path), message)))

    def long(self) -> Spec:
        said = self.said
        for key in said.keys() - _OF_LIST:
            self.fault((key,), f"{key} is not a key here{nearest(key, _OF_LIST)}")
        package, facts = self._facts()
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
            self.fault(
                (), f"{self.name} is no codelist of the terminology; a list of the study's own says `name`"
            )
        return long

    def _facts(self) -> tuple[Terminology | None, ListFacts | None]:
        """The list of the terminology that this is: by its code, else by the key under which it stands."""
        code = self.said.get("code")
        if code is None and "name" in self.said:
            return None, None
        found = self.standards.list_named(str(code or self.name))
        if found is None and code is not None and self.standards.terminology:
            versions = ", ".join(package.name for package in self.standards.terminology)
            self.fault(("code",), f"{code} is no codelist of {versions}")
        return found or (None, None)

    def _known_terms(self, package: Terminology | None, facts: ListFacts | None) -> dict[str, TermFacts]:
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
            terms = {value: {"code": facts.code} for value, facts in known.items()}
        listed = [*self._each(said.get("terms"), ("terms",) if self.is_long else ())]
        added = [*self._each(said.get("also"), ("also",))]
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
                term = {"code": fact.code, **term}
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

    def _name_of(self, facts: TermFacts) -> str:
        """The decode of a term: for a test code the name of the test, else the preferred term."""
        for package in self.standards.terminology:
            codes = package.lists.get(facts.list)
            if codes is None:
                continue
            names = [other for other in package.lists.values() if other.name == _name_list(codes.name)]
            if names and names[0].code != codes.code:
                found = [t.term for t in package.terms(names[0].code).values() if t.code == facts.code]
                if found:
                    return found[0]
        return facts.preferred

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
            terms[str(decode)] = {"code": facts.code} if facts else {}
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
