"""Checks of a written define.xml against what was built: each describes all of the other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from lxml import etree

from pipeline.derivations.sdtm import supp
from pipeline.formats.define.read import HREF, Document, attribute, children, number, text
from pipeline.profile import Column, widths
from pipeline.publish.define.model import Layer, Package
from pipeline.publish.define.origins import SUMMARY
from pipeline.publish.define.types import NUMBER_BYTES, Shape, shape
from pipeline.records.findings import Finding

_ADMITS = {  # data type -> the kinds of ISO 8601 text, as the profile counts them, that it admits
    "date": {"date"},
    "datetime": {"datetime"},
    "partialDate": {"date", "partial"},
    "partialDatetime": {"date", "partial", "datetime"},
}
_TOLD = ("MethodDef", "CommentDef", "Origin", "Documentation")
_REFERENCE = re.compile(r"[A-Za-z]\w*(?:[./]\w+)+")  # words joined by dots or strokes
_VARIABLE = re.compile(r"[A-Z][A-Z0-9]{1,7}\.[A-Z][A-Z0-9_]{0,7}")
_FILE = re.compile(r"(specs|mappings|pipeline|tests)[./].+|.+\.(ya?ml|py|toml|lock|json|csv)")
Truth = Callable[[Document, Package, Layer], Iterator[Finding]]


def datasets(document: Document, package: Package, layer: Layer) -> Iterator[Finding]:
    """DEF-DATASET: the datasets of define.xml are those of the package, and each names its file."""
    built = {n for n, s in package.specs.items() if s.layer == layer}
    for name in sorted(built ^ document.datasets.keys()):
        yield finding("DEF-DATASET", (name, ""), _one_sided(name in built))
    for name, group in document.datasets.items():
        files = [str(leaf.get(HREF)) for leaf in children(group, "leaf")]
        file = f"{name.lower()}.xpt"
        # one without records names no file, and DEF-CLASS tells where a file is named all the same
        if files != [file] and (files or package.profile.records.get(name)):
            message = f"the file is {file}, and define.xml names {', '.join(files) or 'none'}"
            yield finding("DEF-DATASET", (name, ""), message)


def _one_sided(built: bool) -> str:
    return "built and not in define.xml" if built else "in define.xml and not built"


def variables(document: Document, package: Package, layer: Layer) -> Iterator[Finding]:
    """DEF-VARIABLE: the variables of each dataset, in the order of its file."""
    for name in _both(document, package):
        built, described = list(package.specs[name].published), list(document.variables(name))
        for variable in sorted(set(built) ^ set(described)):
            yield finding("DEF-VARIABLE", (name, variable), _one_sided(variable in built))
        orders = [number(ref, "OrderNumber") for ref, _ in document.variables(name).values()]
        in_order = built == described and orders == list(range(1, len(described) + 1))
        if set(built) == set(described) and not in_order:
            message = "define.xml has the variables in another order than the dataset"
            yield finding("DEF-VARIABLE", (name, ""), message)


def no_data(document: Document, package: Package, layer: Layer) -> Iterator[Finding]:
    """DEF-NODATA: datasets without records and variables without values have HasNoData, only they (76)."""
    for name in _both(document, package):
        records = package.profile.records.get(name)
        if bool(attribute(document.datasets[name], "HasNoData")) == bool(records):
            message = "has records, and def:HasNoData" if records else "has no record, and no def:HasNoData"
            yield finding("DEF-NODATA", (name, ""), message)
        for variable, (ref, _) in document.variables(name).items():
            filled = _column(package, name, variable).filled
            if bool(attribute(ref, "HasNoData")) == bool(filled):
                message = "has values, and def:HasNoData" if filled else "has no value, and no def:HasNoData"
                yield finding("DEF-NODATA", (name, variable), message)


def sizes(document: Document, package: Package, layer: Layer) -> Iterator[Finding]:
    """DEF-TYPE: the data type admits every value; the length and digits of a number are those of the data,
    the length of a text is that of its file.
    """
    width = widths(package.specs, package.profile)
    for name in _both(document, package):
        published = package.specs[name].published
        for variable, (_, item) in document.variables(name).items():
            column = _column(package, name, variable)
            spec = published.get(variable)
            if spec is None:
                continue
            kind = str(item.get("DataType"))
            described = Shape(kind, number(item, "Length") or None, number(item, "SignificantDigits") or None)
            if spec.type == "text":
                due = Shape("text", width[name, variable])
                agrees = (kind, described.length) == (due.type, due.length)
            elif spec.type == "iso":
                due = Shape(" or ".join(k for k, admitted in _ADMITS.items() if column.kinds <= admitted))
                agrees = kind in _ADMITS and column.kinds <= _ADMITS[kind]
            else:
                number_type = "float" if column.decimals else "integer"
                due = Shape(number_type, column.digits or NUMBER_BYTES, column.decimals or None)
                agrees = described == due
            if not agrees:
                message = f"define.xml says {_said(described)}, and the data need {_said(due)}"
                yield finding("DEF-TYPE", (name, variable), f"{message}; build both from the same profile")


def _said(described: Shape) -> str:
    length = f", Length {described.length}" if described.length else ""
    return f"{described.type}{length}" + (
        f", SignificantDigits {described.digits}" if described.digits else ""
    )


def values(document: Document, package: Package, layer: Layer) -> Iterator[Finding]:
    """DEF-VALUES: a variable described by value has a row for each value that occurs, and no other row."""
    occurring: dict[tuple[str, str], dict[tuple[str, ...], Column]] = {}
    for (dataset, variable, key), column in package.profile.groups.items():
        if column.filled:
            occurring.setdefault((dataset, variable), {})[key] = column
    for name in _both(document, package):
        published = package.specs[name].published
        for variable, (_, item) in document.variables(name).items():
            groups = occurring.get((name, variable), {})
            if not groups or variable not in published:
                continue  # a variable without data has nothing to compare
            rows = {tuple(v for _, v in document.condition(ref)): i for ref, i in document.values(item)}
            for key in sorted(groups.keys() ^ rows.keys()):
                fault = "has a row in the value list and does not occur"
                if key in groups:
                    fault = "occurs and has no row in the value list"
                yield finding("DEF-VALUES", (name, variable), f"{' and '.join(key)} {fault}")
            if sum(c.filled for c in groups.values()) != _column(package, name, variable).filled:
                told = ", ".join(published[variable].by)
                message = (
                    f"described by {told}, and some records with a value lack one there; name variables that"
                    f" are never missing: `variables: {{{variable}: {{by: [VARIABLE]}}}}` in its spec"
                )
                yield finding("DEF-VALUES", (name, variable), message)
            for key in sorted(groups.keys() & rows.keys()):
                if not _fits(rows[key], shape(published[variable], groups[key], groups[key].width)):
                    message = f"type or length of the row of {' and '.join(key)} is not that of its values"
                    yield finding("DEF-VALUES", (name, variable), message)


def _fits(row: etree._Element, expected: Shape) -> bool:
    """Whether a row of a value list has the type and size of its values; a row with a code list is text,
    whatever its terms look like.
    """
    if row.get("DataType") == "text" and children(row, "CodeListRef"):
        return True
    described = (row.get("DataType"), number(row, "Length"), number(row, "SignificantDigits"))
    return described == (expected.type, expected.length or 0, expected.digits or 0)


def terms(document: Document, package: Package, layer: Layer) -> Iterator[Finding]:
    """DEF-TERM: a code list has every term that occurs in its variables, and no other."""
    occurring: dict[str, set[str]] = {}
    # lists of TSVAL, whose terms come from specs/study.yaml and not from the profile
    unprofiled: set[str] = set()
    for name in _both(document, package):
        published = package.specs[name].published
        for variable, (_, item) in document.variables(name).items():
            for ref in children(item, "CodeListRef"):
                column = _column(package, name, variable)
                oid = str(ref.get("CodeListOID"))
                occurring.setdefault(oid, set()).update(column.terms)
                missing = column.terms - set(document.terms.get(oid, column.terms))
                if missing:
                    message = f"{len(missing)} of its values are not in code list {oid}; list every term"
                    yield finding("DEF-TERM", (name, variable), message)
            spec = published.get(variable)
            described_by = spec.by if spec else ()
            for row, described in document.values(item):
                key = tuple(v for _, v in document.condition(row))
                row_terms = package.profile.groups.get((name, variable, key), Column()).terms
                for ref in children(described, "CodeListRef"):
                    oid = str(ref.get("CodeListOID"))
                    occurring.setdefault(oid, set()).update(row_terms)
                    if described_by == SUMMARY:
                        unprofiled.add(oid)
    for oid, listed in document.terms.items():
        unused = set(listed) - occurring.get(oid, set())
        if unused and occurring.get(oid) and oid not in unprofiled:
            message = f"code list {oid} has {len(unused)} terms that do not occur; list those that do"
            yield finding("DEF-TERM", ("", ""), message)


def outside(document: Document, package: Package, layer: Layer) -> Iterator[Finding]:
    """DEF-OUTSIDE: what methods, comments, origins and analyses say leads to nothing outside the package: to
    no file of the project, no part of its specifications, no raw field by its name in a file, no variable
    that no dataset has.
    """
    known = {f"{name}.{variable}" for name, spec in package.specs.items() for variable in spec.published}
    # of a SUPP-- without records too: no participant has a value of these qualifiers
    known |= {f"{name}.QVAL" for name in supp.specs(package.study.datasets)}
    for element in (e for kind in _TOLD for e in document.all(kind)):
        for reference in dict.fromkeys(_REFERENCE.findall(text(element, "Description"))):
            frame = reference.partition(".")[0]
            is_variable = _VARIABLE.fullmatch(reference) is not None
            is_field = frame in package.study.forms and frame not in package.specs
            if _FILE.fullmatch(reference) or is_field or (is_variable and reference not in known):
                message = (
                    f"{reference} is not in the package; give its values, the variable as DATASET.VARIABLE,"
                    " or the question and its page of the annotated CRF"
                )
                yield document.fault("DEF-OUTSIDE", element, message)


CHECKS: tuple[Truth, ...] = (datasets, variables, no_data, sizes, values, terms, outside)


def finding(rule: str, place: tuple[str, str], message: str) -> Finding:
    """An error of a dataset and variable of define.xml; either may be empty."""
    return Finding(rule, "error", *place, "", "", message, "define.xml")


def _both(document: Document, package: Package) -> list[str]:
    return [n for n in document.datasets if n in package.specs]


def _column(package: Package, dataset: str, variable: str) -> Column:
    return package.profile.columns.get((dataset, variable), Column())
