"""Works out what define.xml of one layer says, from specs, the executed mapping and the profile of the data."""

from __future__ import annotations

import re
from dataclasses import replace

from pipeline.errors import SpecError
from pipeline.mapping.origins import Origin
from pipeline.profile import Column, widths
from pipeline.publish.define.codelists import SUMMARY, Lists, summarized
from pipeline.publish.define.model import (
    Content,
    Group,
    Item,
    Layer,
    Package,
    Standard,
    Text,
    Told,
    ValueList,
    Where,
)
from pipeline.publish.define.origins import UNAVAILABLE, Origins
from pipeline.publish.define.results import displays
from pipeline.publish.define.types import shape
from pipeline.study.models import Dataset, Variable

Values = tuple[str, ...]

NO_VALUE = "No record of the study has a value for this variable."
NO_RECORD = "The study has no record for this dataset."
_CLASSES = ("TRIAL DESIGN", "SPECIAL PURPOSE", "INTERVENTIONS", "EVENTS", "FINDINGS", "FINDINGS ABOUT", "RELATIONSHIP",
            "SUBJECT LEVEL ANALYSIS DATASET")  # fmt: skip


def content(package: Package, layer: Layer) -> Content:
    """Everything that define.xml of the layer says of datasets, variables, values, terms and methods.

    Raises    SpecError where a variable has more than one origin and its spec names no `by:` that tells them
              apart, where a variable has values and no mapping makes them, where the standard of a list is
              not declared.
    Source    Define-XML 2.1, 5.3 (elements, and on what conditions they are required).
    """
    builder = _Builder(package, layer)
    groups = tuple(builder.group(package.specs[n]) for n in datasets(package, layer))
    of_values = (i for v in builder.value_lists for i in v.items)
    shown = displays(package, layer, builder.where)
    said = builder.comments.oid(package.edition.statement, "EDITION") if package.edition else ""
    return Content(
        tuple(builder.standards),
        groups,
        (*(i for g in groups for i in g.items), *of_values),
        tuple(builder.value_lists),
        tuple(builder.wheres.values()),
        tuple(builder.lists.all()),
        tuple(builder.methods.all()),
        tuple(builder.comments.all()),
        shown,
        said,
        package.edition.language if package.edition else "en",
    )


def datasets(package: Package, layer: Layer) -> list[str]:
    """The layer's published datasets in the order of define.xml: by class, then by name."""
    classes = {n: s.class_.upper() for n, s in package.specs.items() if s.layer == layer}
    rank = {c: i for i, c in enumerate(_CLASSES)}
    return sorted(classes, key=lambda n: (rank.get(classes[n], len(rank)), n))


class _Texts:
    """Distinct texts, each with the name of its first use."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.uses: dict[str, str] = {}

    def oid(self, text: str, use: str) -> str:
        return f"{self.prefix}.{self.uses.setdefault(text, use)}" if text else ""

    def all(self) -> list[Text]:
        return sorted(
            (Text(f"{self.prefix}.{use}", use, text) for text, use in self.uses.items()), key=lambda t: t.oid
        )


class _Builder:
    """Makes the parts of one define.xml, and keeps once what several of them share."""

    def __init__(self, package: Package, layer: Layer) -> None:
        self.package = package
        self.layer = layer
        self.standards = [
            Standard(
                f"STD.{s.type}.{s.publishing_set or s.name}",
                s.name,
                s.type,
                s.publishing_set or "",
                s.version,
            )
            for s in package.study.protocol.standards
            if layer in s.layers
        ]
        self.guide = next(s.oid for s in self.standards if s.type == "IG")
        self.lists = Lists(package.study, {s.publishing_set: s.oid for s in self.standards if s.type == "CT"})
        self.origins = Origins(package.study, package.plan, package.specs)
        self.widths = widths(package.specs, package.profile)
        self.methods = _Texts("MT")
        self.comments = _Texts("COM")
        self.value_lists: list[ValueList] = []
        self.wheres: dict[str, Where] = {}
        self.found: dict[tuple[str, str], dict[Values, Column]] = {}
        for (dataset, variable, values), column in sorted(package.profile.groups.items(), key=lambda g: g[0]):
            if column.filled:
                self.found.setdefault((dataset, variable), {})[values] = column

    # --- datasets and their variables
    def group(self, spec: Dataset) -> Group:
        parent = self.origins.parent(spec.dataset)
        reference = "USUBJID" not in spec.variables
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
            repeating=not reference and [k for k in spec.keys if k != "STUDYID"] != ["USUBJID"],
            reference=reference,
            no_data=no_data,
            comment=self.comment(spec.comment, NO_RECORD if no_data else "", spec.dataset),
            items=tuple(self.variable(spec, name) for name in spec.published),
        )

    def variable(self, spec: Dataset, name: str) -> Item:
        v = spec.variables[name]
        node = (spec.dataset, name)
        column = self.package.profile.columns.get(node, Column())
        groups = self.groups(spec, name)
        item = self.item(".".join(node), v, column, self.widths.get(node, 0), self.told(spec, name, column))
        if groups:
            values = tuple(self.value(spec, name, g, c) for g, c in groups.items())
            self.value_lists.append(ValueList(f"VL.{item.name}", values))
        return replace(
            item,
            name=name,
            field=name,
            mandatory=v.required
            or (self.layer == "sdtm" and v.core == "Req"),  # ADaM requires the variable, and no value of it
            key=spec.keys.index(name) + 1 if name in spec.keys else None,
            role=(v.role or "") if self.layer == "sdtm" else "",
            values=f"VL.{item.name}" if groups else "",
        )

    def told(self, spec: Dataset, name: str, column: Column) -> tuple[Origin, ...]:
        """The origin of a variable; none where it is told value by value."""
        found = self.origins.variable(spec.dataset, name)
        if found == UNAVAILABLE and column.filled:
            raise self.fault(
                spec, name, "has values and no mapping makes them, so nothing tells their origin; map it"
            )
        if found:
            return (found,)
        if not spec.variables[name].by:
            raise self.fault(
                spec,
                name,
                "has origins that differ from record to record; add `by:`, the variables whose values tell"
                " them apart",
            )
        return () if self.groups(spec, name) else self.origins.each(spec.dataset, name)

    # --- values
    def groups(self, spec: Dataset, name: str) -> dict[Values, Column]:
        """What the data say of a variable for each value of its `by`; of a SUPP-- without records, what it
        could hold.
        """
        found = self.found.get((spec.dataset, name), {})
        parent = self.origins.parent(spec.dataset)
        return (
            {(q,): Column() for q in self.origins.qualifiers(parent)}
            if name == "QVAL" and parent and not found
            else found
        )

    def value(self, spec: Dataset, name: str, values: Values, column: Column) -> Item:
        v = spec.variables[name]
        parent = self.origins.parent(spec.dataset)
        if spec.variables[name].by == SUMMARY:
            v, column = summarized(self.package.study, v, column, values[0])
        if parent:
            qualified = self.origins.qualified(parent, values[0])
            v = self.package.study.datasets[parent].variables[qualified].model_copy(update={"type": "text"})
        origins = self.origins.value(spec.dataset, name, values, column.blocks)
        if not origins:
            raise self.fault(
                spec,
                name,
                "has origins that differ within a value of its `by:`; add the variable that tells them apart",
            )
        place = ".".join((spec.dataset, name, *map(_encoded, values)))
        item = self.item(place, v, column, column.width or v.max_length or 1, origins)
        return replace(
            item, name=".".join(values), where=self.where(spec.dataset, spec.variables[name].by, values)
        )

    def where(self, dataset: str, by: Values, values: Values) -> str:
        oid = ".".join(("WC", dataset, *(f"{b}.{_encoded(v)}" for b, v in zip(by, values, strict=True))))
        self.wheres[oid] = Where(
            oid, tuple((f"IT.{dataset}.{b}", v) for b, v in zip(by, values, strict=True))
        )
        return oid

    # --- both
    def item(self, place: str, v: Variable, column: Column, width: int, origins: tuple[Origin, ...]) -> Item:
        size = shape(v, column, width)
        no_data = not column.filled
        return Item(
            oid=f"IT.{place}",
            name=place,
            label=v.label,
            type=size.type,
            length=size.length,
            digits=size.digits,
            format=v.format or "",
            codelist=self.lists.oid(v, size.type, column.terms),
            comment=self.comment(v.comment, NO_VALUE if no_data else "", place),
            method=self.methods.oid(
                "\n".join(dict.fromkeys(o.method for o in origins if o.type == "Derived")), place
            ),
            origins=tuple(self.origin(o) for o in origins),
            no_data=no_data,
        )

    def origin(self, o: Origin) -> Told:
        asked = o.type == "Collected" and o.source in ("Investigator", "Subject")
        pages = sorted(self.package.pages[f] for f in o.forms) if asked else []
        return Told(o.type, o.source, o.description, " ".join(str(p) for p in pages))

    def comment(self, own: str | None, no_data: str, place: str) -> str:
        use = place if own else {NO_VALUE: "NO_VALUE", NO_RECORD: "NO_RECORD"}.get(no_data, "")
        return self.comments.oid(" ".join(t for t in (own, no_data) if t), use)

    def fault(self, spec: Dataset, name: str, told: str) -> SpecError:
        return self.package.study.error(
            f"specs/{spec.layer}/{spec.dataset.lower()}.yaml",
            ("variables", name),
            f"{spec.dataset}.{name} {told}",
        )


def _encoded(value: str) -> str:
    """A value as part of an OID: other values, other OIDs."""
    return re.sub(r"[^A-Za-z0-9-]", lambda m: f"_{ord(m[0]):02X}", value)
