"""Analysis results metadata of define.xml: each declared analysis, what it selects, why it is done, and the
program that does it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import metadata
from inspect import getsource
from types import ModuleType

from pipeline.derivations.statistics import (
    agreement,
    curves,
    proportional_hazards,
    response,
    restricted_mean,
    survival,
    two_by_two,
)
from pipeline.displays import cells
from pipeline.publish.define.model import Display, Layer, Package, Result
from pipeline.publish.package import results
from pipeline.study import displays as specified

# Dataset, variables and their values -> OID of the where clause.
Condition = Callable[[str, tuple[str, ...], tuple[str, ...]], str]
_PROGRAMS: Mapping[str, tuple[ModuleType, ...]] = {
    "agreement": (agreement,),
    "rate": (response, two_by_two),
    "survival": (survival, curves),
    "restricted_mean": (restricted_mean, proportional_hazards),
    "subgroups": (response, survival),
}


def displays(package: Package, layer: Layer, condition: Condition) -> tuple[Display, ...]:
    """The displays whose datasets the layer publishes.

    Takes     the function that makes the where clause of some values of some variables.
    Source    Analysis Results Metadata 1.0 for Define-XML 2, 5.
    """
    document = results.DOCUMENT.id if results.DOCUMENT in package.documents else ""
    told = package.study.displays
    shown: list[Display] = []
    for number, display in enumerate(told.documented, start=1):
        rows = [row for row in display.documented if package.specs[row.dataset].layer == layer]
        if rows:
            elements = tuple(_result(package, display, row, condition) for row in rows)
            title = f"{display.title}, {told.populations[display.population].title}"
            shown.append(Display(f"RD.{number}", display.name, title, document, display.id, elements))
    return tuple(shown)


def _result(package: Package, display: specified.Display, row: specified.Row, condition: Condition) -> Result:
    assert row.result
    assumptions = [a.statement for a in package.study.protocol.assumptions if a.id == row.result.assumption]
    published = package.specs[row.dataset].published
    item = f"IT.{row.dataset}"
    where = package.study.displays.selection(display, row, published)
    return Result(
        oid=f"AR.{row.id}",
        title=row.result.title,
        parameter=f"{item}.PARAMCD" if "PARAMCD" in published else "",
        reason=row.result.reason,
        purpose=row.result.purpose,
        dataset=f"IG.{row.dataset}",
        where=condition(row.dataset, tuple(where), tuple(where.values())),
        variables=tuple(f"{item}.{v}" for v in _variables(package, display, row)),
        documentation=" ".join((row.result.documentation, *assumptions)),
        context=f"Python, statsmodels {metadata.version('statsmodels')}",
        code="\n\n".join(getsource(module) for module in _PROGRAMS.get(row.kind, (cells,))),
    )


def _variables(package: Package, display: specified.Display, row: specified.Row) -> tuple[str, ...]:
    """The variables of the dataset that a result is worked out from, with that of the arms where the dataset
    has it.
    """
    columns = package.study.displays.columns[display.columns or ""]
    of_arms = columns.variable if row.dataset == "ADSL" else columns.records
    has_arms = of_arms in package.specs[row.dataset].published
    return tuple(dict.fromkeys((*row.variables, *([of_arms] if of_arms and has_arms else []))))
