"""The commands for what is submitted: `preflight` and `check-define`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.terminal import print_json, refusals


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
