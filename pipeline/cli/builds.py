"""The commands that make a build and hold it to its manifest: `build` and `verify`."""

from __future__ import annotations

import gc
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.terminal import Build, Drop, LogJson, Quiet, Study, print_json, refusals, stages, summary
from pipeline.errors import UsageError
from pipeline.records.count import counted

if TYPE_CHECKING:
    from rich.table import Table

    from pipeline.cluster import Cluster

MOST_RULES = 20  # of the errors that are printed


class ReadBack(StrEnum):
    """What pyreadstat reads back of the datasets that a build writes."""

    SAMPLE = "sample"
    FULL = "full"


def build(
    drop: Drop,
    out: Annotated[
        Path, typer.Option("--out", help="Folder of the builds; OUT/latest is the current build.")
    ] = Path("outputs"),
    study: Study = Path(),
    workers: Annotated[
        int, typer.Option("--workers", min=1, help="Number of processes that share the participants.")
    ] = 1,
    scheduler: Annotated[
        str | None,
        typer.Option(
            "--scheduler",
            help="Address of a Dask scheduler whose workers share the participants and the folder OUT.",
        ),
    ] = None,
    edition: Annotated[
        str | None, typer.Option("--edition", help="Complete the package for an agency: fda, nmpa or both.")
    ] = None,
    previous: Annotated[
        Path | None,
        typer.Option(
            "--previous",
            help="OUT of the last build: records keep their --SEQ, and a form that lost much is refused.",
        ),
    ] = None,
    read_back: Annotated[
        ReadBack,
        typer.Option("--verify", help="What a second program reads back of the datasets: a sample, or full."),
    ] = ReadBack.SAMPLE,
    quiet: Quiet = False,
    log_json: LogJson = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON on stdout.")] = False,
) -> None:
    """Build a drop into OUT.

    A drop with errors is refused with a list of them all, and the last good build stays as it was.
    """
    with refusals(as_json):
        with stages(quiet or as_json, log_json) as progress:
            from pipeline import stages as run
            from pipeline.publish.package import complete as package
            from pipeline.review import history
            from pipeline.study import load
            from pipeline.workers import Workers

            if scheduler and workers > 1:
                raise UsageError("--workers are processes of this machine; those of --scheduler are its own")
            if edition is not None and edition not in package.EDITIONS:
                raise UsageError(f"--edition {edition}: expected {', '.join(package.EDITIONS)}")
            # the libraries stay loaded to the end: the garbage collector need not look at them again
            gc.freeze()
            editions = package.EDITIONS[edition] if edition else ()
            in_full = read_back is ReadBack.FULL
            earlier = history.before(out)
            shared = out.resolve() if scheduler else out  # a worker stands in another folder
            work = _cluster(scheduler) if scheduler else Workers(workers)
            report = run.build(load(study), study, drop, shared, work, progress, editions, in_full, previous)
            if not report.refused:
                history.add(out, earlier)
        if as_json:
            print_json({**report.content, "folder": str(report.home)})
        elif not quiet:
            _print_report(report.content, report.home)
        if report.refused:
            errors = counted(report.content["findings"]["errors"], "error")
            findings = report.home / "findings.csv"
            sys.stderr.write(f"refused: {errors}; {findings} lists each with its record\n")
            raise typer.Exit(1)


def _cluster(scheduler: str) -> Cluster:
    try:
        from pipeline.cluster import Cluster
    except ModuleNotFoundError:
        raise UsageError("--scheduler needs Dask: pip install 'cdisc-pipeline[cluster]'") from None
    return Cluster(scheduler)


def verify(
    out: Build,
    drop: Annotated[
        Path | None, typer.Option("--drop", help="The drop that was built, to compare it too.")
    ] = None,
    rebuild: Annotated[
        bool,
        typer.Option(
            "--rebuild",
            help="Build again in a temporary folder, from --drop and the kept specs and mappings.",
        ),
    ] = False,
    previous: Annotated[
        Path | None,
        typer.Option("--previous", help="With --rebuild: the build that this one continues, if it does."),
    ] = None,
    quiet: Quiet = False,
    log_json: LogJson = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON on stdout.")] = False,
) -> None:
    """Compare a build with its manifest.

    Exits with 1 if a file was changed, removed or added.
    """
    with refusals(as_json):
        with stages(quiet or as_json, log_json) as progress:
            from pipeline import verify as verification

            outcome = verification.verify(out, drop, rebuild, progress, previous)
        if as_json:
            print_json(outcome.as_data())
        elif not quiet:
            sys.stdout.write("\n".join(verification.lines(outcome)) + "\n")
        if outcome.differences:
            raise typer.Exit(1)


def _print_report(report: Mapping[str, Any], home: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 110)
    layers = {"sdtm": "SDTM", "adam": "ADaM"}
    datasets = Table("Dataset", "Label", "Layer")
    datasets.add_column("Records", justify="right")
    for dataset in report["datasets"]:
        layer, records = layers[dataset["layer"]], str(dataset["records"])
        datasets.add_row(dataset["dataset"], dataset["label"], layer, records)
    accounting = Table("Form")
    for name in ("Read", "Published", "Set aside"):
        accounting.add_column(name, justify="right")
    accounting.add_column("Reason")
    for form in report["accounting"]:
        by_reason = form["set_aside"]
        counts = (form["read"], form["published"], sum(by_reason.values()))
        notes = [*by_reason]
        if form["as_it_stood"]:
            notes.append(f"{counted(form['as_it_stood'], 'record')} published as of the data cut-off")
        accounting.add_row(form["form"], *map(str, counts), "; ".join(notes))
    console.print(datasets, accounting)
    if report["state"] == "refused":
        console.print(_errors_by_rule(report["findings"]["by_rule"]))
    console.print(summary(report["state"], report["findings"], home), soft_wrap=True)


def _errors_by_rule(by_rule: Sequence[Mapping[str, Any]]) -> Table:
    """The errors that stopped the build: the rules of the most records first, each with what to do."""
    from rich.table import Table

    records: Counter[tuple[str, str]] = Counter()
    message: dict[tuple[str, str], str] = {}
    for told in by_rule:
        if told["severity"] == "error":
            place = f"{told['dataset']}.{told['variable']}" if told["variable"] else told["dataset"]
            records[told["rule"], place] += told["records"]
            message.setdefault((told["rule"], place), told["message"])
    table = Table("Error", "Where")
    table.add_column("Records", justify="right")
    table.add_column("What is wrong")
    for (rule, place), number in sorted(records.items(), key=lambda found: (-found[1], found[0]))[
        :MOST_RULES
    ]:
        table.add_row(rule, place, str(number), message[rule, place])
    if len(records) > MOST_RULES:
        table.caption = f"and {len(records) - MOST_RULES} more rules in report/report.html"
    return table
