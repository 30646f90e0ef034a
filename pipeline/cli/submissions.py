"""The commands for what is submitted: `preflight`, `check-define` and `conform`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.terminal import Build, print_json, refusals


def preflight(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="Any m5 folder, or the folder of one study in it."),
    ],
    study_id: Annotated[
        str | None,
        typer.Option(
            "--study-id",
            help="The study-id of the study tagging file; by default the name of the study's folder.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON on stdout.")] = False,
) -> None:
    """Check an m5 folder before it is submitted.

    Applies the FDA's technical rejection criteria 1734, 1735 and 1736, up to the first that fails. Exits with
    1 if one does.
    """
    with refusals(as_json):
        from pipeline.checks import submission as criteria

        outcome = criteria.judge(folder, study_id)
        if as_json:
            print_json(criteria.as_data(outcome))
        else:
            sys.stdout.write("\n".join(criteria.lines(outcome)) + "\n")
        if criteria.failed(outcome):
            raise typer.Exit(1)


def check_define(
    file: Annotated[Path, typer.Argument(help="Any define.xml of version 2.1.")],
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            help="Folder of its datasets (XPT, or Dataset-JSON as .json or .ndjson), to compare both ways.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON on stdout.")] = False,
) -> None:
    """Check any define.xml of version 2.1.

    Checks it against its schema, for what the schema lets through, and against the datasets in a folder.
    Exits with 1 if there are errors.
    """
    with refusals(as_json):
        from pipeline.checks.define import file as define_file

        if define_file.report(file, data, as_json):
            raise typer.Exit(1)


def conform(
    out: Build,
    core: Annotated[
        Path | None,
        typer.Option(
            "--core", help="Folder of CDISC's rules engine (CORE), with its cache; it is run there."
        ),
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", help="A report of the engine that --record kept, instead.")
    ] = None,
    record: Annotated[
        Path | None, typer.Option("--record", help="Keep the engine's report here; it holds values.")
    ] = None,
    junit: Annotated[
        Path | None, typer.Option("--junit", help="Write JUnit XML here; it holds no participant's value.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON on stdout.")] = False,
) -> None:
    """Run CDISC's rules engine over the SDTM of a build.

    Holds each issue against the build's own findings and waivers. Exits with 1 if something is new: an issue,
    an error of the engine, or a rule or dataset that it did not judge although it could.
    """
    with refusals(as_json):
        from pipeline.checks.core import conform as core_report

        outcome = core_report.conform(out, core, report, record)
        if junit is not None:
            junit.write_text(core_report.junit(outcome), encoding="utf-8")
        if as_json:
            print_json(core_report.as_data(outcome))
        else:
            sys.stdout.write("\n".join(core_report.lines(outcome)) + "\n")
        if outcome.stops:
            raise typer.Exit(1)
