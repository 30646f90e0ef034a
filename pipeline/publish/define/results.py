"""Analysis results metadata of define.xml: each declared analysis, what it selects, why it is done, and the
program that does it.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from inspect import getsource
from types import ModuleType

from pipeline.derivations.statistics import agreement, response, survival
from pipeline.publish.define.model import Display, Layer, Package, Result
from pipeline.publish.package import results, results_pdf
from pipeline.study.analyses import Analysis

# Dataset, variables and their values -> OID of the where clause.
Condition = Callable[[str, tuple[str, ...], tuple[str, ...]], str]


def displays(package: Package, layer: Layer, condition: Condition) -> tuple[Display, ...]:
    """The displays whose datasets the layer publishes.

    Takes     the function that makes the where clause of some values of some variables.
    Source    Analysis Results Metadata 1.0 for Define-XML 2, 5.
    """
    document = results.DOCUMENT.id if results.DOCUMENT in package.documents else ""
    pages = results_pdf.pages(package.study)
    shown: list[Display] = []
    for number, display in enumerate(package.study.analyses, start=1):
        analyses = [a for a in display.results if package.specs[a.dataset].layer == layer]
        if analyses:
            elements = tuple(_result(package, analysis, condition) for analysis in analyses)
            page = pages[display.id]
            shown.append(Display(f"RD.{number}", display.id, display.title, document, page, elements))
    return tuple(shown)


def _result(package: Package, analysis: Analysis, condition: Condition) -> Result:
    assumptions = [a.statement for a in package.study.protocol.assumptions if a.id == analysis.assumption]
    item = f"IT.{analysis.dataset}"
    return Result(
        oid=f"AR.{analysis.id}",
        title=analysis.title,
        parameter=f"{item}.PARAMCD" if "PARAMCD" in package.specs[analysis.dataset].published else "",
        reason=analysis.reason,
        purpose=analysis.purpose,
        dataset=f"IG.{analysis.dataset}",
        where=condition(analysis.dataset, tuple(analysis.where), tuple(analysis.where.values())),
        variables=tuple(f"{item}.{v}" for v in analysis.variables),
        documentation=" ".join((analysis.documentation, *assumptions)),
        context=f"Python, statsmodels {metadata.version('statsmodels')}",
        code=getsource(_program(analysis)),
    )


def _program(analysis: Analysis) -> ModuleType:
    if analysis.agreement:
        return agreement
    return response if analysis.response else survival
