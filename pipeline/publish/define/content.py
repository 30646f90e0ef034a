"""What define.xml of a layer says, worked out from specs, executed mapping and the profile of the data."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from pipeline.errors import SpecError
from pipeline.mapping.origins import Origin
from pipeline.mapping.translate import FOLDED, TRANSLATED
from pipeline.profile import Column, widths
from pipeline.publish.define import told_apart
from pipeline.publish.define.codelists import Lists
from pipeline.publish.define.model import (
    Content,
    DefOrigin,
    Group,
    Item,
    Layer,
    Package,
    Standard,
    Text,
    ValueList,
    Where,
)
from pipeline.publish.define.origins import SUMMARY, UNAVAILABLE, origins_of
from pipeline.publish.define.results import displays
from pipeline.publish.define.types import shape
from pipeline.records.count import counted
from pipeline.study.models import Dataset, Variable

Values = tuple[str, ...]  # of the variables that a spec names in `by`

REWRITTEN = {  # how a text that was collected is published
    TRANSLATED: "The text of {} was collected in another script and is translated.",
    FOLDED: "In the text of {} typographic characters are written in ASCII.",
}
NO_VALUE = "No record of the study has a value for this variable."
NO_RECORD = "The study has no record for this dataset."
_CLASSES = (
    "TRIAL DESIGN",
    "SPECIAL PURPOSE",
    "INTERVENTIONS",
    "EVENTS",
    "FINDINGS",
    "FINDINGS ABOUT",
    "RELATIONSHIP",
    "SUBJECT LEVEL ANALYSIS DATASET",
)


def content(package: Package, layer: Layer) -> Content:
    """Everything that define.xml of the layer says of datasets, variables, values, terms and methods.

    Raises    SpecError where a variable has more than one origin and its spec names no `by:` that tells them
              apart, where a variable has values and no mapping makes them, where the standard of a list is
              not declared.
    Source    Define-XML 2.1, 5.3 (elements, and on what conditions they are required).
    """
    definitions = _Definitions(package, layer)
    groups = tuple(definitions.group(package.specs[name]) for name in datasets(package, layer))
    of_variables = [item for group in groups for item in group.items]
    of_values = [item for value_list in definitions.value_lists for item in value_list.items]
    shown = displays(package, layer, definitions.where)
    edition = package.edition
    comment = definitions.comments.oid(edition.statement, "EDITION") if edition else ""
    codelists = tuple(definitions.lists.all())
    followed = {group.standard for group in groups} | {codelist.standard for codelist in codelists}
    return Content(
        standards=tuple(s for s in definitions.standards if s.oid in followed),
        groups=groups,
        items=(*of_variables, *of_values),
        value_lists=tuple(definitions.value_lists),
        wheres=tuple(definitions.wheres.values()),
        codelists=codelists,
        methods=tuple(definitions.methods.all()),
        comments=tuple(definitions.comments.all()),
        displays=shown,
        comment=comment,
        language=edition.language if edition else "en",
    )


def datasets(package: Package, layer: Layer) -> list[str]:
    """The layer's published datasets in the order of define.xml: by class, then by name.

    Takes     a package; sdtm or adam.
    Returns   names of datasets.
    """
    classes = {n: s.class_.upper() for n, s in package.specs.items() if s.layer == layer}
    rank = {class_: i for i, class_ in enumerate(_CLASSES)}
    return sorted(classes, key=lambda n: (rank.get(classes[n], len(rank)), n))


class _Texts:
    """Distinct texts, each with the name of its first use."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.uses: dict[str, str] = {}

    def oid(self, text: str, use: str) -> str:
        return f"{self.prefix}.{self.uses.setdefault(text, use)}" if text else ""

    def all(self) -> list[Text]:
        texts = [Text(f"{self.prefix}.{use}", use, text) for text, use in self.uses.items()]
        return sorted(texts, key=lambda t: t.oid)


class _Definitions:
    """Defines a layer in one pass, variable by variable; what several variables share is kept once: code
    lists, methods, comments, conditions.
    """

    def __init__(self, package: Package, layer: Layer) -> None:
        self.package = package
        self.layer = layer
        self.standards = _standards(package, layer)
        self.guide = next(s.oid for s in self.standards if s.type == "IG")
        terminologies = {s.publishing_set: s.oid for s in self.standards if s.type == "CT"}
        self.lists = Lists(package.study, terminologies)
        self.origins = origins_of(package.study, package.plan)
        self.widths = widths(package.specs, package.profile)
        self.methods = _Texts("MT")
        self.comments = _Texts("COM")
        self.value_lists: list[ValueList] = []
        self.wheres: dict[str, Where] = {}
        self.filled_groups = _filled_groups(package)

    # --- datasets and their variables
    def group(self, spec: Dataset) -> Group:
        parent = self.origins.parent(spec.dataset)
        reference = "USUBJID" not in spec.variables
        one_per_subject = [k for k in spec.keys if k != "STUDYID"] == ["USUBJID"]
        no_data = not self.package.profile.records.get(spec.dataset)
        return Group(
            name=spec.dataset,
            domain="" if self.layer == "adam" else parent or spec.dataset,
            label=spec.label,
            structure=spec.structure,
            class_=spec.class_.upper(),
            subclass=(spec.subclass or "").upper(),
            standard="" if spec.nonstandard else self.guide,
            alias=self.package.specs[parent].label if parent else "",
            repeating=not reference and not one_per_subject,
            reference=reference,
            no_data=no_data,
            comment=self.comment(spec.comment, NO_RECORD if no_data else "", spec.dataset),
            items=tuple(self.variable(spec, name) for name in spec.published),
        )

    def variable(self, spec: Dataset, name: str) -> Item:
        variable = spec.variables[name]
        node = (spec.dataset, name)
        column = self.package.profile.columns.get(node, Column())
        groups = self.groups(spec, name)
        origins = self.variable_origins(spec, name, column, bool(groups))
        item = self.item(node, ".".join(node), variable, column, self.widths.get(node, 0), origins)
        value_list = ""
        if groups:
            value_list = f"VL.{item.name}"
            values = [self.value(spec, name, group, data) for group, data in groups.items()]
            self.value_lists.append(ValueList(value_list, tuple(values)))
        # ADaM requires the variable, and no value of it.
        sdtm_required = self.layer == "sdtm" and variable.core == "Req"
        return replace(
            item,
            name=name,
            field=name,
            mandatory=variable.required or sdtm_required,
            key=spec.keys.index(name) + 1 if name in spec.keys else None,
            role=(variable.role or "") if self.layer == "sdtm" else "",
            value_list=value_list,
        )

    def variable_origins(
        self, spec: Dataset, name: str, column: Column, by_value: bool
    ) -> tuple[Origin, ...]:
        """The origin of a variable. Where each of its values has its own, that of the values together in
        analysis datasets, so that the variable can be traced, and none in SDTM.
        """
        single = self.origins.variable(spec.dataset, name)
        if single == UNAVAILABLE and column.filled:
            raise self.fault(
                spec, name, "has values and no mapping makes them, so nothing tells their origin; map it"
            )
        if single:
            return (single,)
        if not spec.variables[name].by:
            raise self.fault(spec, name, told_apart.by_nothing(spec, name))
        if by_value:
            return self.origins.overall(spec, name) if spec.layer == "adam" else ()
        return self.origins.each(spec.dataset, name)

    # --- values
    def groups(self, spec: Dataset, name: str) -> dict[Values, Column]:
        """What the data say of a variable for each value of its `by`; a SUPP-- without records has those that
        it could hold.
        """
        filled = self.filled_groups.get((spec.dataset, name), {})
        parent = self.origins.parent(spec.dataset)
        if name == "QVAL" and parent and not filled:
            return {(qualifier,): Column() for qualifier in self.origins.qualifiers(parent)}
        return filled

    def value(self, spec: Dataset, name: str, values: Values, column: Column) -> Item:
        by = spec.variables[name].by
        variable, column = self.value_variable(spec, name, values, column)
        origins = self.origins.value(spec.dataset, name, values, column.blocks)
        if not origins:
            raise self.fault(
                spec,
                name,
                f"has origins that differ where {', '.join(by)} is the same; add the variable that tells them"
                f" apart: {told_apart.how(spec, name)}",
            )
        place = ".".join((spec.dataset, name, *map(_encoded, values)))
        width = column.width or variable.max_length or 1
        parent = self.origins.parent(spec.dataset)
        node = (parent, self.origins.qualified(parent, values[0])) if parent else (spec.dataset, "")
        item = self.item(node, place, variable, column, width, origins)
        return replace(item, name=".".join(values), where=self.where(spec.dataset, by, values))

    def value_variable(
        self, spec: Dataset, name: str, values: Values, column: Column
    ) -> tuple[Variable, Column]:
        """The spec of a variable for one value of its `by`, and what the data say of it there.

        A supplemental qualifier has the spec of its variable in the parent; a parameter of the trial summary
        has the codelist that specs/study.yaml names for it.
        """
        variable = spec.variables[name]
        parent = self.origins.parent(spec.dataset)
        if parent:
            qualified = self.origins.qualified(parent, values[0])
            of_parent = self.package.study.datasets[parent].variables[qualified]
            return of_parent.model_copy(update={"type": "text"}), column
        if variable.by == SUMMARY:
            summary = self.package.study.protocol.summary
            facts = [f for f in summary if f.parameter == values[0] and f.codelist]
            if facts:
                terms = frozenset(f.value for f in facts if f.value)
                listed = variable.model_copy(update={"codelist": facts[0].codelist})
                return listed, replace(column, terms=terms, kinds=frozenset())
        return variable, column

    def where(self, dataset: str, by: Values, values: Values) -> str:
        """The OID of the condition that these variables have these values."""
        pairs = list(zip(by, values, strict=True))
        oid = ".".join(("WC", dataset, *(f"{name}.{_encoded(value)}" for name, value in pairs)))
        checks = tuple((f"IT.{dataset}.{name}", value) for name, value in pairs)
        self.wheres[oid] = Where(oid, checks)
        return oid

    # --- variables and values alike
    def item(
        self,
        node: tuple[str, str],
        place: str,
        variable: Variable,
        column: Column,
        width: int,
        origins: tuple[Origin, ...],
    ) -> Item:
        """The definition of a variable, or of it for one of its values.

        Takes     dataset and variable whose texts it holds, the variable "" for a value that is described
                  with all others; the place in the file.
        """
        size = shape(variable, column, width)
        no_data = not column.filled
        methods = dict.fromkeys(o.method for o in origins if o.type == "Derived")
        return Item(
            oid=f"IT.{place}",
            name=place,
            label=variable.label,
            type=size.type,
            length=size.length,
            digits=size.digits,
            format=variable.format or "",
            codelist=self.lists.oid(variable, size.type, column.terms),
            comment=self.comment(
                self.own_comment(variable, self.rewritten(node)), NO_VALUE if no_data else "", place
            ),
            method=self.methods.oid("\n".join(methods), place),
            origins=tuple(self.origin(o) for o in origins),
            no_data=no_data,
        )

    def origin(self, origin: Origin) -> DefOrigin:
        answered = origin.type == "Collected" and origin.source in ("Investigator", "Subject")
        pages = sorted(self.package.pages[form] for form in origin.forms) if answered else []
        return DefOrigin(origin.type, origin.source, origin.description, " ".join(map(str, pages)))

    def rewritten(self, node: tuple[str, str]) -> list[str]:
        """What a reader must know of texts that are not published as they were collected; the edition for the
        NMPA publishes them so.
        """
        if self.package.edition:
            return []
        records = dict.fromkeys(REWRITTEN, 0)
        for (dataset, variable, _, how, _, _), number in self.package.profile.rewritten.items():
            if (dataset, variable) == node:
                records[how] += number
        return [REWRITTEN[how].format(counted(n, "record")) for how, n in records.items() if n]

    def own_comment(self, variable: Variable, rewritten: Sequence[str]) -> str:
        """What the spec says of a variable, what became of its texts, and what the study says of its
        dictionary.
        """
        dictionaries = self.package.study.protocol.dictionaries
        notes = [d.note for d in dictionaries if d.name == variable.dictionary and d.note]
        return " ".join(filter(None, (variable.comment, *rewritten, *notes)))

    def comment(self, own: str | None, no_data: str, place: str) -> str:
        shared = {NO_VALUE: "NO_VALUE", NO_RECORD: "NO_RECORD"}
        use = place if own else shared.get(no_data, "")
        return self.comments.oid(" ".join(filter(None, (own, no_data))), use)

    def fault(self, spec: Dataset, name: str, message: str) -> SpecError:
        return self.package.study.error(_file(spec), ("variables", name), f"{spec.dataset}.{name} {message}")


def _file(spec: Dataset) -> str:
    return f"specs/{spec.layer}/{spec.dataset.lower()}.yaml"


def _standards(package: Package, layer: Layer) -> list[Standard]:
    standards = []
    for s in package.study.protocol.standards:
        if layer in s.layers:
            oid = f"STD.{s.type}.{s.publishing_set or s.name}"
            standards.append(Standard(oid, s.name, s.type, s.publishing_set or "", s.version))
    return standards


def _filled_groups(package: Package) -> dict[tuple[str, str], dict[Values, Column]]:
    """By dataset and variable, what the data say of it for each value of its `by` that has one."""
    groups: dict[tuple[str, str], dict[Values, Column]] = {}
    for (dataset, variable, values), column in sorted(package.profile.groups.items(), key=lambda g: g[0]):
        if column.filled:
            groups.setdefault((dataset, variable), {})[values] = column
    return groups


def _encoded(value: str) -> str:
    """A value as part of an OID: other values, other OIDs."""
    return re.sub(r"[^A-Za-z0-9-]", lambda m: f"_{ord(m[0]):02X}", value)
