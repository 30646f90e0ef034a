"""The one module that knows Great Expectations: offline, in memory, with analytics off."""

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

    Each suite is judged yes or no first; the rows are asked for only where the answer is no. An expectation
    costs Great Expectations 10 ms whatever it has to look at: one of values is not put to it where there is
    no value, since it holds there.

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
        records = definition.get_batch(batch_parameters={"dataframe": batch.frame})
        asked = [expectation for expectation in batch.expectations if _has_to_judge(batch, expectation)]
        answers = _judged(records, batch.name, asked, "BOOLEAN_ONLY")
        failed = [expectation for expectation, result in answers if not result.success]
        if not failed:
            continue
        for expectation, result in _judged(records, batch.name, failed, "COMPLETE"):
            rows = result.result.get("unexpected_index_list") or []
            yield batch, expectation, [int(row) for row in rows]


def _has_to_judge(batch: Batch, expectation: Expectation) -> bool:
    """Whether there is something that the expectation is of: a missing value breaks only a "not null"."""
    if expectation.kind in ("columns", "not null"):
        return True
    return bool(batch.frame[expectation.column].notna().any())


def _judged(
    records: Any, name: str, expectations: Iterable[Expectation], detail: str
) -> Iterator[tuple[Expectation, Any]]:
    """Each expectation with its result, in the order given; Great Expectations orders results by column."""
    asked = list(expectations)
    suite = gx.ExpectationSuite(name=name, expectations=[_as_gx(e, place) for place, e in enumerate(asked)])
    validated = records.validate(suite, result_format={"result_format": detail})
    results = {r.expectation_config.meta["place"]: r for r in validated.results}
    for place, expectation in enumerate(asked):
        result = results[place]
        if _raised(result.exception_info):
            raise RuntimeError(f"{name}: {expectation.rule} of {expectation.column} could not be judged")
        yield expectation, result


def _as_gx(expectation: Expectation, place: int) -> Any:
    column = {"column": expectation.column} if expectation.column else {}
    return KINDS[expectation.kind](**column, **expectation.arguments, meta={"place": place})


def _raised(info: Any) -> bool:
    """Whether the expectation itself, or one of its metrics, raised an exception."""
    if not info:
        return False
    if "raised_exception" in info:
        return bool(info["raised_exception"])
    return any(isinstance(metric, dict) and metric.get("raised_exception") for metric in info.values())
