"""Checks of a written define.xml beside what was built: all that the data have is told, and all that is told
is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lxml import etree

from pipeline.formats.define.read import HREF, Document, attribute, children, number
from pipeline.profile import Column, widths
from pipeline.publish.define.model import Layer, Package
from pipeline.publish.define.origins import SUMMARY
from pipeline.publish.define.types import Shape, shape
from pipeline.records.findings import Finding

_ADMITS = {  # what each data type admits, of what the profile can tell
    "date": {"date"},
    "datetime": {"datetime"},
    "partialDate": {"date", "partial"},
    "partialDatetime": {"date", "partial", "datetime"},
}
Truth = Callable[[Document, Package, Layer], Iterator[Finding]]


def datasets(document: Document, package: Package, layer: Layer) -> Iterator[Finding]:
    """DEF-DATASET: the datasets of define.xml are those of the package, and each names its file."""
    built = {n for n, s in package.specs.items() if s.layer == layer}
    for name in sorted(built ^ document.datasets.keys()):
        yield finding(
            "DEF-DATASET",
            (name, ""),
            "built and not in define.xml" if name in built else "in define.xml and not built",
        )
    for name, group in document.datasets.items():
        files = [leaf.get(HREF) for leaf in children(group, "leaf")]
        if files != [f"{name.lower()}.xpt"]:
            yield finding(
                "DEF-DATASET",
                (name, ""),
                f"the file of the dataset is {name.lower()}.xpt, and define.xml names another or none",
            )


def variables(document: Document, package: Package, layer: Layer) -> Iterator[Finding]:
    """DEF-VARIABLE: the variables of each dataset, in the order of its file."""
    for name in _both(document, package):
        built, told = list(package.specs[name].published), list(document.variables(name))
        for variable in sorted(set(built) ^ set(told)):
            yield finding(
                "DEF-VARIABLE",
                (name, variable),
                "built and not in define.xml" if variable in built else "in define.xml and not built",
            )
        orders = [number(ref, "OrderNumber") for ref, _ in document.variables(name).values()]
        if set(built) == set(told) and (built != told or orders != list(range(1, len(told) + 1))):
            yield finding(
                "DEF-VARIABLE", (name, ""), "define.xml has the variables in another order than the dataset"
            )


def no_data(document: Document, package: Package, layer: Layer) -> Iterator[Finding]:
    """DEF-NODATA: HasNoData is said of datasets without records and of variables without values, and of
    nothing else (rule 76).
    """
    for name in _both(document, package):
        if bool(attribute(document.datasets[name], "HasNoData")) == bool(package.profile.records.get(name)):
            yield finding(
                "DEF-NODATA",
                (name, ""),
                "HasNoData is said of a dataset with records, or not said of one without",
            )
        for variable, (ref, _) in document.variables(name).items():
            if bool(attribute(ref, "HasNoData")) == bool(_column(package, name, variable).filled):
                yield finding(
                    "DEF-NODATA",
                    (name, variable),
                    "HasNoData is said of a variable with values, or not said of one without",
                )


def sizes(document: Document, package: Package, layer: Layer) -> Iterator[Finding]:
    """DEF-TYPE: the data type admits every value; length and digits are those of the data, and of a text
    those of its file.
    """
    width = widths(package.specs, package.profile)
    for name in _both(document, package):
        published = package.specs[name].published
        for variable, (_, item) in document.variables(name).items():
            column = _column(package, name, variable)
            spec = published.get(variable)
            kind, length, digits = (
                str(item.get("DataType")),
                number(item, "Length"),
                number(item, "SignificantDigits"),
            )
            if spec is None:
                continue
            if spec.type == "text":
                right = kind == "text" and length == width[name, variable]
            elif spec.type == "iso":
                right = kind in _ADMITS and column.kinds <= _ADMITS[kind]
            else:
                due = column.digits or 8
                right = (
                    digits == column.decimals
                    and length == due
                    and kind == ("float" if column.decimals else "integer")
                )
            if not right:
                told = f"{kind}, Length {length}, SignificantDigits {digits}"
                yield finding(
                    "DEF-TYPE",
                    (name, variable),
                    f"define.xml says {told}, and the data are otherwise; build both from the same profile",
                )


def values(document: Document, package: Package, layer: Layer) -> Iterator[Finding]:
    """DEF-VALUES: a variable described by value has a row for each value that occurs, none besides."""
    held: dict[tuple[str, str], dict[tuple[str, ...], Column]] = {}
    for (dataset, variable, key), column in package.profile.groups.items():
        if column.filled:
            held.setdefault((dataset, variable), {})[key] = column
    for name in _both(document, package):
        published = package.specs[name].published
        for variable, (_, item) in document.variables(name).items():
            groups = held.get((name, variable), {})
            if not groups or variable not in published:
                continue  # of a variable without data nothing can be compared
            told = {tuple(v for _, v in document.condition(ref)): i for ref, i in document.values(item)}
            for key in sorted(groups.keys() ^ told.keys()):
                what = (
                    "occurs and has no row in the value list"
                    if key in groups
                    else "has a row in the value list and does not occur"
                )
                yield finding("DEF-VALUES", (name, variable), f"{' and '.join(key)} {what}")
            if sum(c.filled for c in groups.values()) != _column(package, name, variable).filled:
                yield finding(
                    "DEF-VALUES",
                    (name, variable),
                    "some records with a value have none in `by:`; choose variables that are never missing"
                    " there",
                )
            for key in sorted(groups.keys() & told.keys()):
                if not _fits(told[key], shape(published[variable], groups[key], groups[key].width)):
                    yield finding(
                        "DEF-VALUES",
                        (name, variable),
                        f"type or length of the row of {' and '.join(key)} is not that of its values",
                    )


def _fits(row: etree._Element, due: Shape) -> bool:
    """Whether a row of a value list has the type and size of its values; a row with a code list is text,
    whatever its terms look like.
    """
    if row.get("DataType") == "text" and children(row, "CodeListRef"):
        return True
    return (row.get("DataType"), number(row, "Length"), number(row, "SignificantDigits")) == (
        due.type, due.length or 0, due.digits or 0,
    )  # fmt: skip


def terms(document: Document, package: Package, layer: Layer) -> Iterator[Finding]:
    """DEF-TERM: a code list has every term that its variables hold, and no other."""
    held: dict[str, set[str]] = {}
    free: set[str] = set()  # lists of TSVAL, which come from specs/study.yaml and not from the profile
    for name in _both(document, package):
        published = package.specs[name].published
        for variable, (_, item) in document.variables(name).items():
            for ref in children(item, "CodeListRef"):
                column = _column(package, name, variable)
                oid = str(ref.get("CodeListOID"))
                held.setdefault(oid, set()).update(column.terms)
                missing = column.terms - set(document.terms.get(oid, column.terms))
                if missing:
                    yield finding(
                        "DEF-TERM",
                        (name, variable),
                        f"{len(missing)} of its values are not in code list {oid}; list every term that"
                        " occurs",
                    )
            spec = published.get(variable)
            described_by = spec.by if spec else ()
            for row, described in document.values(item):
                key = tuple(v for _, v in document.condition(row))
                for oid in (str(r.get("CodeListOID")) for r in children(described, "CodeListRef")):
                    held.setdefault(oid, set()).update(
                        package.profile.groups.get((name, variable, key), Column()).terms
                    )
                    free |= {oid} if described_by == SUMMARY else set()
    for oid, listed in document.terms.items():
        strangers = set(listed) - held.get(oid, set())
        if strangers and held.get(oid) and oid not in free:
            yield finding(
                "DEF-TERM",
                ("", ""),
                f"code list {oid} has {len(strangers)} terms that no variable holds; list those that occur",
            )


CHECKS: tuple[Truth, ...] = (datasets, variables, no_data, sizes, values, terms)


def finding(rule: str, place: tuple[str, str], message: str) -> Finding:
    """An error of a dataset and variable (either may be "") of define.xml."""
    return Finding(rule, "error", *place, "", "", message, "define.xml")


def _both(document: Document, package: Package) -> list[str]:
    return [n for n in document.datasets if n in package.specs]


def _column(package: Package, dataset: str, variable: str) -> Column:
    return package.profile.columns.get((dataset, variable), Column())
