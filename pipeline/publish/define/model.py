"""The parts of define.xml as plain objects, each named after its element, and the package that they are made
from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pipeline.mapping.steps import Plan
from pipeline.profile import Profile
from pipeline.study import Study
from pipeline.study.edition import Edition
from pipeline.study.models import Dataset

Layer = Literal["sdtm", "adam"]
DEFINE_VERSION = "2.1.0"
LAYERS: tuple[Layer, ...] = ("sdtm", "adam")


@dataclass(frozen=True)
class SupportingDocument:
    """A document beside define.xml of one layer: a row of def:SupplementalDoc and its def:leaf."""

    layer: Layer
    id: str  # of the leaf, e.g. LF.csdrg
    title: str
    href: str  # seen from the folder of define.xml


@dataclass(frozen=True)
class Package:
    """What is published: what define.xml, the guides and the report are made from."""

    study: Study
    plan: Plan
    specs: Mapping[str, Dataset]  # every published dataset of both layers, SUPP-- among them
    profile: Profile
    pages: Mapping[str, int] = field(default_factory=dict)  # page of acrf.pdf by form
    documents: tuple[SupportingDocument, ...] = ()  # beside define.xml, whoever writes them
    edition: Edition | None = None  # whose labels these are; none: English, in ASCII

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers that have datasets: a study may have SDTM alone."""
        return tuple(layer for layer in LAYERS if any(s.layer == layer for s in self.specs.values()))

    @property
    def encoding(self) -> str:
        return self.edition.encoding if self.edition else "ascii"

    def tree(self, home: Path) -> Path:
        """The folder of a build in which the m5 folder of this package stands."""
        return home / self.edition.folder if self.edition else home


@dataclass(frozen=True)
class Standard:
    """A def:Standard."""

    oid: str
    name: str
    type: str
    publishing_set: str
    version: str


@dataclass(frozen=True)
class DefOrigin:
    """A def:Origin; `pages` of the annotated CRF where a person answered a question."""

    type: str
    source: str
    description: str
    pages: str


@dataclass(frozen=True)
class Term:
    """A CodeListItem or an EnumeratedItem."""

    value: str
    decode: str  # the term itself where the list decodes others and not this one
    code: str
    extended: bool
    rank: int | None


@dataclass(frozen=True)
class CodeList:
    """A CodeList: terms, or the version of a dictionary."""

    oid: str
    name: str
    type: str
    standard: str = ""  # OID of the terminology it is from; "": the study's own list
    code: str = ""
    decoded: bool = False
    terms: tuple[Term, ...] = ()
    dictionary: str = ""
    version: str = ""
    href: str = ""


@dataclass(frozen=True)
class Item:
    """An ItemDef and the one ItemRef that refers to it."""

    oid: str
    name: str
    label: str
    type: str
    length: int | None
    digits: int | None
    format: str
    codelist: str
    comment: str
    method: str
    origins: tuple[DefOrigin, ...]
    no_data: bool
    field: str = ""
    mandatory: bool = False
    key: int | None = None
    role: str = ""
    value_list: str = ""  # its OID
    where: str = ""  # of an item of a value list: OID of its condition


@dataclass(frozen=True)
class Group:
    """An ItemGroupDef: a dataset."""

    name: str
    domain: str
    label: str
    structure: str
    class_: str
    subclass: str
    standard: str  # "": a dataset of the study's own
    alias: str
    repeating: bool
    reference: bool
    no_data: bool
    comment: str
    items: tuple[Item, ...]

    @property
    def oid(self) -> str:
        return f"IG.{self.name}"

    @property
    def leaf(self) -> str:
        return f"LF.{self.name}"

    @property
    def file(self) -> str:
        return f"{self.name.lower()}.xpt"


@dataclass(frozen=True)
class ValueList:
    """A def:ValueListDef."""

    oid: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Where:
    """A def:WhereClauseDef."""

    oid: str
    checks: tuple[tuple[str, str], ...]  # item and the value it has


@dataclass(frozen=True)
class Text:
    """A MethodDef or a def:CommentDef."""

    oid: str
    use: str  # what it was first used for
    text: str


@dataclass(frozen=True)
class Result:
    """An arm:AnalysisResult of one dataset."""

    oid: str
    title: str
    parameter: str  # item of the parameter code; "" where the dataset has none
    reason: str
    purpose: str
    dataset: str
    where: str
    variables: tuple[str, ...]
    documentation: str
    context: str
    code: str


@dataclass(frozen=True)
class Display:
    """An arm:ResultDisplay."""

    oid: str
    name: str
    title: str
    document: str  # leaf of the document that shows it; "" where there is none
    destination: str  # in the document: the name of the place where it begins
    results: tuple[Result, ...]


@dataclass(frozen=True)
class Content:
    """All that define.xml of one layer says."""

    standards: tuple[Standard, ...]
    groups: tuple[Group, ...]
    items: tuple[Item, ...]
    value_lists: tuple[ValueList, ...]
    wheres: tuple[Where, ...]
    codelists: tuple[CodeList, ...]
    methods: tuple[Text, ...]
    comments: tuple[Text, ...]
    displays: tuple[Display, ...]
    comment: str  # OID of the comment on all of it; "" where there is none
    language: str  # of texts that are not in English
