"""Great Expectations: the one module that knows it. Offline, in memory, nothing told to anybody."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import Any

from pipeline.checks.drop.expectations import Batch, Expectation

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it imports modules of the standard library that are on their way out
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig
    from great_expectations.expectations import core as gxe

KINDS = {
    "columns": gxe.ExpectTableColumnsToMatchSet,
    "not null": gxe.ExpectColumnValuesToNotBeNull,
    "in set": gxe.ExpectColumnValuesToBeInSet,
    "between": gxe.ExpectColumnValuesToBeBetween,
    "unique": gxe.ExpectColumnValuesToBeUnique,
}
Broken = tuple[Batch, Expectation, list[int]]  # batch, expectation, the rows that break it


def failing(batches: Iterable[Batch]) -> Iterator[Broken]:
    """The expectations that do not hold, each with its rows.

    Each suite is judged yes or no first; the rows are asked for only where the answer is no.

    Raises    RuntimeError for an expectation that could not be judged: a crash is no pass.
    """
    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(enable=False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    # one asset for all: Great Expectations writes its whole configuration anew, if only in memory, whenever
    # one is added
    definition = (
        context.data_sources.add_pandas("drop")
        .add_dataframe_asset("form")
        .add_batch_definition_whole_dataframe("records")
    )
    for batch in batches:
        judged = definition.get_batch(batch_parameters={"dataframe": batch.frame})
        wrong = [
            e
            for e, result in _judged(judged, batch.name, batch.expectations, "BOOLEAN_ONLY")
            if not result.success
        ]
        for expectation, result in _judged(judged, batch.name, wrong, "COMPLETE") if wrong else ():
            yield batch, expectation, [int(i) for i in result.result.get("unexpected_index_list") or []]


def _judged(
    judged: Any, name: str, expectations: Iterable[Expectation], detail: str
) -> Iterator[tuple[Expectation, Any]]:
    told = list(expectations)
    suite = gx.ExpectationSuite(name=name, expectations=[_made(e, n) for n, e in enumerate(told)])
    results = {
        r.expectation_config.meta["place"]: r
        for r in judged.validate(suite, result_format={"result_format": detail}).results
    }
    for place, expectation in enumerate(told):
        result = results[place]
        if _raised(result.exception_info):
            raise RuntimeError(f"{name}: {expectation.rule} of {expectation.column} could not be judged")
        yield expectation, result


def _made(expectation: Expectation, place: int) -> Any:
    column = {"column": expectation.column} if expectation.column else {}
    return KINDS[expectation.kind](**column, **expectation.arguments, meta={"place": place})


def _raised(told: Any) -> bool:
    """Whether an exception is told: of the expectation itself, or of one of its metrics."""
    return bool(told) and bool(
        told.get(
            "raised_exception", any(isinstance(t, dict) and t.get("raised_exception") for t in told.values())
        )
    )
