"""The commands that hold one thing against another: drops (`diff`), builds (`review-change`, `compare`)."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.terminal import Build, Study, print_json, refusals


class FailOn(StrEnum):
    """What ends `diff` with exit code 1."""

    ENDPOINTS = "endpoints"  # an endpoint that is not what it was
    REMOVED = "removed"  # a record that is gone or under another key
    ANY = "any"


def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD_DROP", help="The drop before.")],
    new: Annotated[Path, typer.Argument(metavar="NEW_DROP", help="The drop after.")],
    study: Study = Path(),
    loosely: Annotated[
        bool, typer.Option("--loosely", help="Leave out cells that differ in case and blanks alone.")
    ] = False,
    summary: Annotated[
        Path | None, typer.Option("--summary", help="Write a page in Markdown with a list to sign.")
    ] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write one page.")] = None,
    fail_on: Annotated[
        FailOn | None,
        typer.Option(
            "--fail-on",
            help="Exit with 1 for an endpoint that differs, for a removed record, or for any change.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the difference as JSON on stdout.")] = False,
) -> None:
    """Show what changed between two drops.

    Endpoints of participants that are not what they were, each with the raw records for which they are not;
    and records that are new, gone, changed, or the same under another key, with file and line. Prints values
    of participants.
    """
    with refusals(as_json):
        from pipeline.drop_diff import told
        from pipeline.finished import pages
        from pipeline.study import load

        found = told.difference(load(study), old, new, loosely)
        if summary:
            pages.save("".join(f"{line}\n" for line in told.summary(found)).encode(), summary)
        if html:
            pages.save(told.page(found).encode(), html)
        if as_json:
            print_json(found.as_data())
        elif not summary and not html:
            sys.stdout.writelines(f"{line}\n" for line in told.lines(found))
        asked = {
            FailOn.ENDPOINTS: found.endpoints_differ,
            FailOn.REMOVED: found.removed,
            FailOn.ANY: found.changes,
        }
        if fail_on and asked[fail_on]:
            raise typer.Exit(1)


class FailOnChange(StrEnum):
    """What ends `review-change` with exit code 1."""

    CHANGED = "changed"
    UNEXPLAINED = "unexplained"  # a value that neither the mapping nor the raw data account for


def review_change(
    old: Annotated[
        Path, typer.Argument(metavar="OLD_OUT", help="Folder of builds, or of one build: the state before.")
    ],
    new: Annotated[
        Path, typer.Argument(metavar="NEW_OUT", help="Folder of builds, or of one build: the state after.")
    ],
    html: Annotated[Path | None, typer.Option("--html", help="Write one page.")] = None,
    cells: Annotated[
        bool,
        typer.Option(
            "--cells", help="With --html: list each changed cell on the page and in a CSV beside it."
        ),
    ] = False,
    fail_on: Annotated[
        FailOnChange | None,
        typer.Option("--fail-on", help="Exit with 1 for any change, or for one that nothing explains."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the review as JSON on stdout.")] = False,
) -> None:
    """Show what changed between two builds.

    Mappings by meaning, data and why they changed, endpoints, define.xml and the reviewer's guides.
    """
    with refusals(as_json):
        from pipeline.review import command as review_command

        content = review_command.run(old, new, html, cells, as_json)
        is_changed = fail_on is FailOnChange.CHANGED and content["changed"]
        is_unexplained = fail_on is FailOnChange.UNEXPLAINED and content["unexplained"]
        if is_changed or is_unexplained:
            raise typer.Exit(1)


def compare(
    out: Build,
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER",
            help="Datasets of somebody else: XPT, SAS7BDAT or Dataset-JSON; or one such file.",
        ),
    ],
    datasets: Annotated[
        list[str] | None,
        typer.Argument(metavar="[DATASET ...]", help="Compare these alone; without a name all of both."),
    ] = None,
    tolerance: Annotated[
        str | None,
        typer.Option(
            "--tolerance",
            help="How far numbers may be apart: absolute:NUMBER, or relative:NUMBER (to the larger); without"
            " it they agree in 15 significant digits.",
        ),
    ] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write one page.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON on stdout.")] = False,
) -> None:
    """Hold a build against datasets that somebody else made.

    By the keys of each dataset: records, values, labels, types, lengths, formats, order. Prints values of the
    first records that differ. Exits with 1 if anything differs.
    """
    with refusals(as_json):
        from pipeline.compare import command as compare_command

        if not compare_command.run(out, folder, datasets or [], tolerance, html, as_json):
            raise typer.Exit(1)
