"""The commands for a drop: `check-drop` and `simulate`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli.terminal import Drop, LogJson, Quiet, Study, print_json, refusals, stages, summary
from pipeline.errors import PipelineError, UsageError
from pipeline.records.count import counted

STOPS = ("errors", "warnings")


def check_drop(
    drop: Drop,
    out: Annotated[
        Path, typer.Option("--out", help="Folder for the page, the query list and check.json.")
    ] = Path("outputs/check"),
    study: Study = Path(),
    formats: Annotated[
        str,
        typer.Option(
            "--format",
            help="Any of html,csv,xlsx,sites,junit,sarif; junit and sarif hold no values of participants.",
        ),
    ] = "html,csv",
    against: Annotated[
        Path | None,
        typer.Option(
            "--against", help="OUT of the last check, to tell which queries are new, open or answered."
        ),
    ] = None,
    answers: Annotated[
        Path | None,
        typer.Option("--answers", help="The list of queries as it came back from the sites, CSV or XLSX."),
    ] = None,
    built: Annotated[
        Path | None,
        typer.Option("--built", help="OUT of the builds, to recognize a drop that has been built."),
    ] = None,
    fail_on: Annotated[
        str, typer.Option("--fail-on", help="What stops: errors, or warnings too.")
    ] = "errors",
    quiet: Quiet = False,
    log_json: LogJson = False,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print the outcome as JSON on stdout, without values of participants."),
    ] = False,
) -> None:
    """Check a drop before it is built.

    Checks it form by form and across forms; a form that cannot be read is a query, and the others are
    checked. Exits with 1 if a query has to be answered first, with 4 if a file cannot be read. Whatever the
    exit code, OUT tells why.
    """
    with refusals(as_json):
        from pipeline.checks.drop.query_list import FORMATS

        wanted = [name.strip() for name in formats.split(",")]
        unknown = [name for name in wanted if name not in FORMATS]
        if unknown:
            raise UsageError(f"--format {','.join(unknown)}: expected any of {','.join(FORMATS)}")
        if fail_on not in STOPS:
            raise UsageError(f"--fail-on {fail_on}: expected {' or '.join(STOPS)}")
        with stages(quiet or as_json, log_json) as progress:
            from pipeline.checks.drop import check, failure
            from pipeline.study import load

            request = check.Request(
                out, wanted, against, built, warnings_stop=fail_on == "warnings", answers=answers
            )
            try:
                outcome = check.check(load(study), study, drop, request, progress)
            except PipelineError as error:
                with suppress(OSError):  # where OUT cannot be written the message alone tells why
                    failure.write(error, study, drop, request)
                raise
        if as_json:
            print_json({**outcome, "folder": str(out)})
        elif not quiet:
            _print_check(outcome, out)
        if outcome["exit_code"]:
            sys.stderr.write("\n".join(_why(outcome, out, wanted)) + "\n")
            raise typer.Exit(outcome["exit_code"])


def simulate(
    out: Annotated[
        Path, typer.Argument(help="Folder to write the drop into; it must be empty or not exist.")
    ],
    subjects: Annotated[
        int, typer.Option("--subjects", min=1, help="Number of participants to randomize.")
    ] = 30,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same bytes.")] = 2843126,
    clean: Annotated[
        bool, typer.Option("--clean", help="Plant nothing: the check of this drop must find nothing.")
    ] = False,
    faults: Annotated[
        bool,
        typer.Option(
            "--faults", help="Plant the faults of specs/faults.yaml in a clean drop, for the check to find."
        ),
    ] = False,
    study: Study = Path(),
    quiet: Quiet = False,
    log_json: LogJson = False,
) -> None:
    """Write a synthetic drop.

    One CSV per form, and planted.json, which says which record has which oddity or fault. A study without
    specs/simulation.yaml gets a plain drop: what its contracts allow, and nothing of a disease.
    """
    with refusals(False):
        if clean and faults:
            raise UsageError("--clean and --faults contradict each other: give one of them")
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise UsageError(f"{out}: exists and is not an empty folder")
        with stages(quiet, log_json) as progress:
            from pipeline import simulator
            from pipeline.study import faults as planted
            from pipeline.study import load

            progress(f"simulate {subjects} participants")
            loaded = load(study)
            if faults:
                simulator.simulate(loaded, out, subjects, seed, planted.load(study, loaded))
            else:
                # no faults on purpose, or (None) the oddities of specs/simulation.yaml
                simulator.simulate(loaded, out, subjects, seed, () if clean else None)


def _why(outcome: Mapping[str, Any], out: Path, formats: Sequence[str]) -> Iterator[str]:
    """The first queries for which the check stops, how many there are, and where all of them are."""
    from pipeline.checks.drop.query_list import FORMATS

    shown = outcome["errors"]
    yield from shown
    if outcome["stops"] > len(shown):
        yield f"and {outcome['stops'] - len(shown)} more"
    queries = outcome["queries"]
    counts = f"{counted(queries['errors'], 'error')}, {counted(queries['warnings'], 'warning')}"
    yield f"stopped: {counts}; all are in {out / FORMATS[formats[0]]}"


def _print_check(outcome: Mapping[str, Any], out: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 110)
    rules = Table("Severity", "Rule")
    for name in ("Records checked", "Queries", "New", "Open", "Still there", "Answered", "Closed"):
        rules.add_column(name, justify="right")
    for rule in outcome["by_rule"]:
        queries = rule["errors"] + rule["warnings"]
        if queries or rule["answered"] or rule["closed"]:
            states = (rule[state] for state in ("new", "open", "answered_still_there", "answered", "closed"))
            counts = (rule["cases"], queries, *states)
            rules.add_row(rule["severity"], rule["rule"], *map(str, counts))
    console.print(rules)
    if outcome["known"]:
        console.print(outcome["known"], soft_wrap=True)
    if not outcome["exit_code"]:  # else stderr tells it
        console.print(summary(outcome["state"], outcome["queries"], out), soft_wrap=True)
