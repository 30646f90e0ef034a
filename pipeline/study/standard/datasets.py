"""specs/sdtm and specs/adam: a spec in its short form becomes the long one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from pipeline.errors import SpecError
from pipeline.standards import VariableFacts
from pipeline.standards.tables import SHIPPED, rows
from pipeline.study.located import KeyPath, Located, nearest
from pipeline.study.standard import attributes
from pipeline.study.standard.declared import Spec, Standards

if TYPE_CHECKING:
    from pipeline.study.terms import Codelist


@cache
def usual_of_analysis() -> Mapping[str, Spec]:
    """Label, class, structure and keys of the analysis datasets whose names everybody uses. ADaMIG names ADSL
    alone and leaves the others to the sponsor, so what a study writes wins.
    """
    read = rows(SHIPPED.parent / "analysis_datasets.tsv")
    return {row.pop("dataset"): {**row, "keys": row["keys"].split()} for row in read}


def _usual(name: str, said: Mapping[str, Any]) -> Spec:
    """What is usual of an analysis dataset, unless the study makes it one of another class."""
    usual = usual_of_analysis().get(name, {})
    is_usual = said.get("class", usual.get("class")) == usual.get("class")
    return {key: value for key, value in usual.items() if value} if is_usual else {}


def class_of_analysis(name: str, said: Mapping[str, Any]) -> tuple[str, str]:
    """Class and subclass of an analysis dataset, in capitals: as its spec says, else the usual ones."""
    usual = _usual(name, said)
    parts = (said.get(part, usual.get(part, "")) for part in ("class", "subclass"))
    class_, subclass = (str(part).upper() for part in parts)
    return class_, subclass


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
        self.is_made = file.file.startswith("mappings/")  # of what is mapped: no file lists the variables
        self.standards = standards
        self.lists_by_code = {c.code: name for name, c in reversed(tuple(codelists.items())) if c.code}
        self.has_list = codelists.keys()
        self.faults: list[str] = []
        self.places: dict[KeyPath, tuple[int, int]] = {}
        self.places_in_items: dict[KeyPath, list[tuple[KeyPath, tuple[int, int]]]] = {}
        for at, place in file.places.items():
            self.places_in_items.setdefault(at[:3], []).append((at[3:], place))
        self.given: Spec = dict(file.value)
        self.name: str = self.given["dataset"]
        # a dataset of the study's own may have the variables of one of the guide
        self.like: str = str(self.given.pop("like", self.name))

    def fault(self, path: KeyPath, message: str) -> None:
        self.faults.append(str(self.file.error(path, message)))

    def spec(self) -> Spec:
        """The dataset's own facts, then its variables."""
        long = {**self.facts(), **self.given}
        long["variables"] = {
            name: self.variable(name, said, path) for name, said, path in self.variables_given()
        }
        if "keys" not in self.given and "keys" in long:  # the usual ones, as far as the dataset has them
            long["keys"] = [key for key in long["keys"] if key in long["variables"]]
        self._refuse_what_is_left_out(long)
        self._refuse_another_order(list(long["variables"]))
        return long

    def facts(self) -> Spec:
        if self.layer == "adam":
            return _usual(self.name, self.given)
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
        for rest, place in self.places_in_items.get((*old, name), ()):
            self.places["variables", name, *rest] = place

    # --- a variable
    def variable(self, name: str, said: Spec, path: KeyPath) -> Spec:
        """A variable in its long form: the standard's facts, and over them what the study says."""
        facts = self._facts_of(name)
        if facts is None:
            if not self._may_be_own(said):
                known = self._known()
                message = f"{name} is no variable of {self.like} in {self._guide}{nearest(name, known)}"
                where = f" in specs/{self.layer}/{self.name.lower()}.yaml" if self.is_made else ""
                own = f"a variable of the study's own says `nonstandard: why` or `supp: true`{where}"
                self._fault_at(path, f"{message}; {own}")
            elif self.layer == "adam" and self.standards.adam and "label" not in said:
                message = (
                    f"{name} is no variable of {self.name} in {self._guide}{nearest(name, self._known())}"
                )
                own = f"a variable of the study's own says `{name}: {{label: ...}}`"
                where = f" in specs/adam/{self.name.lower()}.yaml" if self.is_made else ""
                self._fault_at(path, f"{message}; {own}{where}")
                return {"type": "text", "label": name, **said}
            return {"type": "text", **attributes.usual(name, self.like, self.layer, said.get("type")), **said}
        type_ = said.get("type") or attributes.type_of(name, facts, self.layer)
        filled = self._filled(name, facts, type_)
        if not said.get("nonstandard"):
            self._refuse_contradictions(name, facts, filled, said, path)
        long = {**filled, **said}
        if long.get("codelist") is None:
            long.pop("codelist", None)  # `codelist: null`: none of the study's lists
        return long

    def _refuse_what_is_left_out(self, long: Spec) -> None:
        """A Required variable must be there; an Expected one must be, or the study says why it is not."""
        facts = self._standard_variables()
        reasons = long.get("not_collected") or {}
        lacks = "and nothing gives it; map it" if self.is_made else "and not here; add it"
        for name, variable in facts.items():
            if name in long["variables"] or variable.core not in ("Req", "Exp"):
                continue
            if variable.core == "Req":
                self.fault(("variables",), f"{self.name}.{name} is Required in {self._guide} {lacks}")
            elif name not in reasons:
                message = f"{self.name}.{name} is Expected in {self._guide} {lacks}"
                self.fault(("variables",), f"{message}, or say `not_collected: {{{name}: why}}`")
        for name in reasons if isinstance(reasons, dict) else ():
            if name in long["variables"]:
                self.fault(("not_collected", name), f"{name} is among the variables; delete it in one place")
            elif facts and name not in facts:
                message = f"{name} is no variable of {self.like} in {self._guide}{nearest(name, facts)}"
                self.fault(("not_collected", name), message)

    def _refuse_another_order(self, names: list[str]) -> None:
        """The variables of the standard stand in its order; others may stand anywhere between them."""
        order = list(self._standard_variables())
        standard = [name for name in names if name in order]
        for before, after in pairwise(standard):
            if order.index(before) > order.index(after):
                message = f"{after} stands before {before} in {self._guide}; change the order"
                self._fault_at(("variables", after), message)
                return

    def _standard_variables(self) -> Mapping[str, VariableFacts]:
        """What the guide lists for this dataset of SDTM; nothing where the dataset is the study's own."""
        guide = self.standards.sdtm
        if self.layer != "sdtm" or guide is None or self.given.get("nonstandard"):
            return {}
        facts = guide.datasets.get(self.like)
        return facts.variables if facts else {}

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
        if self.layer == "adam":
            return self.standards.own_variables(self._class)
        facts = self.standards.sdtm.datasets.get(self.like) if self.standards.sdtm else None
        return list(facts.variables) if facts else []

    def _facts_of(self, name: str) -> VariableFacts | None:
        return self.standards.variable(self.layer, self.like, name, self._class)

    @property
    def _class(self) -> tuple[str, str]:
        """Class and subclass of an analysis dataset, in capitals."""
        return class_of_analysis(self.name, self.given)

    def _filled(self, name: str, facts: VariableFacts, type_: str) -> Spec:
        """What the standard decides of a variable of this type."""
        long: Spec = {
            "label": facts.label,
            "type": type_,
            **attributes.usual(name, self.like, self.layer, type_),
        }
        long["core"] = facts.core
        if facts.role:
            long["role"] = facts.role
        codelist = self._codelist(name, facts)
        if codelist:
            long["codelist"] = codelist
        if facts.values == "MedDRA":
            long["dictionary"] = "MedDRA"
        return long

    def _codelist(self, name: str, facts: VariableFacts) -> str | None:
        """The study's list of one of the NCI codes that the standard names."""
        if name == "DOMAIN" and "DOMAIN" in self.has_list:
            return "DOMAIN"
        if self.layer == "adam" and attributes.is_flag(name) and "NY" in self.has_list:
            return "NY"
        lists = [self.lists_by_code[code] for code in facts.codelists if code in self.lists_by_code]
        return lists[0] if len(lists) == 1 else None

    def _refuse_contradictions(
        self, name: str, facts: VariableFacts, filled: Spec, said: Spec, path: KeyPath
    ) -> None:
        for key in ("label", "role", "core"):
            if key in said and key in filled and not _is_as(str(filled[key]), str(said[key])):
                self._contradicts(name, key, filled[key], said[key], path)
        kinds = {"text": "Char", "iso": "Char"}
        if facts.type and "type" in said and kinds.get(said["type"], "Num") != facts.type:
            self._contradicts(name, "type", facts.type, said["type"], path)

    def _contradicts(self, name: str, key: str, standard: Any, here: Any, path: KeyPath) -> None:
        message = f"{self.name}.{name}: {key} is {standard} in {self._guide}, {here} here"
        self._fault_at((*path, key), f"{message}; delete it, or say `nonstandard: why` of the variable")


def _is_as(standard: str, here: str) -> bool:
    """Whether a study says what the standard says, or completes what the standard leaves to it ("1st
    Occurrence of ...").
    """
    begins = standard.removesuffix("...")
    return here == standard or (begins != standard and here.startswith(begins) and here != begins)
