"""Analysis results metadata of define.xml: each declared analysis, what it selects, why it is done, and the
program that does it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import metadata
from inspect import getsource

from pipeline.derivations.statistics import response, survival
from pipeline.publish.define.model import Display, Layer, Package, Result
from pipeline.publish.package import results, results_pdf
from pipeline.study.analyses import Analysis

Condition = Callable[
    [str, tuple[str, ...], tuple[str, ...]], str
]  # dataset, variables and their values -> OID of the where clause


def displays(package: Package, layer: Layer, condition: Condition) -> tuple[Display, ...]:
    """The displays whose datasets the layer publishes.

    Takes     the function that makes the where clause of some values of some variables.
    Source    Analysis Results Metadata 1.0 for Define-XML 2, 5.
    """
    return tuple(_displays(package, layer, condition))


def _displays(package: Package, layer: Layer, condition: Condition) -> Iterator[Display]:
    shown = results.DOCUMENT.id if results.DOCUMENT in package.documents else ""
    pages = results_pdf.pages(package.study)
    for number, display in enumerate(package.study.analyses, start=1):
        made = tuple(
            _result(package, r, condition) for r in display.results if package.specs[r.dataset].layer == layer
        )
        if made:
            yield Display(f"RD.{number}", display.id, display.title, shown, pages[display.id], made)


def _result(package: Package, one: Analysis, condition: Condition) -> Result:
    assumed = [a.statement for a in package.study.protocol.assumptions if a.id == one.assumption]
    item = f"IT.{one.dataset}"
    return Result(
        oid=f"AR.{one.id}",
        title=one.title,
        parameter=f"{item}.PARAMCD" if "PARAMCD" in package.specs[one.dataset].published else "",
        reason=one.reason,
        purpose=one.purpose,
        dataset=f"IG.{one.dataset}",
        where=condition(one.dataset, tuple(one.where), tuple(one.where.values())),
        variables=tuple(f"{item}.{v}" for v in one.variables),
        documentation=" ".join((one.documentation, *assumed)),
        context=f"Python, statsmodels {metadata.version('statsmodels')}",
        code=getsource(response if one.response else survival),
    )
