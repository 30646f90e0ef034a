"""The commands that answer from a finished build: `open`, `explain`, `impact` and `mapping`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli.terminal import Build, Builds, on_stdout, print_json, print_tree, refusals
from pipeline.errors import UsageError


def open_site(
    out: Build,
    show_address: Annotated[
        bool, typer.Option("--address", help="Print the address of the first page; open nothing.")
    ] = False,
) -> None:
    """Open the pages of a build in the browser.

    They need no server and no network: OUT/latest/site/index.html may be opened by hand, too.
    """
    with refusals(as_json=False):
        import webbrowser

        from pipeline.finished.folder import Folder

        address = Folder.opened(out).first_page().as_uri()
        if not show_address and webbrowser.open(address):
            return
        sys.stdout.write(f"{address}\n")


def explain(
    out: Builds,
    cell: Annotated[
        str,
        typer.Argument(metavar="DATASET.VARIABLE", help="For example ADTTE.AVAL; or a display, T14-2-5."),
    ],
    keys: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="KEY=VALUE ...",
            help="Variables that identify the record; of a display, row=... and column=....",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the explanation as JSON on stdout.")] = False,
    html: Annotated[
        Path | None,
        typer.Option("--html", help="Write the explanation as one page to this file; - is stdout."),
    ] = None,
    depth: Annotated[
        int | None,
        typer.Option(
            "--depth", min=1, help="Show this many levels of the chain; without it, as many as fit 40 lines."
        ),
    ] = None,
) -> None:
    """Explain a cell of the current build, or a number of a display.

    The answer comes first, then what was weighed, then the chain through each rule back to raw file, record,
    field and value; of a number, its method and the records that it counts. Prints values of participants.
    """
    with refusals(as_json):
        from pipeline.derivations.adam.considered import considered
        from pipeline.explain import explain as answer
        from pipeline.explain import on_terminal, results, show

        if results.is_display(cell):
            _explain_number(results.explain(out, cell, keys or []), as_json, html)
            return
        explanation = answer.explain(out, cell, keys or [], considered)
        if html:
            _write_page(show.page(explanation), html)
        if as_json:
            print_json(explanation.as_data())
        elif not html:
            console = on_stdout()
            console.print(*on_terminal.parts(explanation, depth, console), sep="\n")


def impact(
    out: Builds,
    field: Annotated[
        str,
        typer.Argument(
            metavar="FORM.FIELD", help="For example tl.DIAMETER; FORM alone means all its fields."
        ),
    ],
    keys: Annotated[
        list[str] | None,
        typer.Argument(metavar="KEY=VALUE ...", help="Fields that identify raw records, or USUBJID."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the impact as JSON on stdout.")] = False,
) -> None:
    """List what depends on a raw field.

    Lists the variables, and with KEY=VALUE the records. Prints the values of keys.
    """
    with refusals(as_json):
        from pipeline.explain import impact as answer
        from pipeline.explain import show

        impact = answer.impact(out, field, keys or [])
        if as_json:
            print_json(impact.as_data())
        else:
            print_tree(show.impact_tree(impact))


def mapping(
    out: Build,
    target: Annotated[
        str,
        typer.Argument(
            metavar="[DATASET[.VARIABLE]]",
            help="One dataset, or one variable with the text of its functions.",
        ),
    ] = "",
    html: Annotated[
        Path | None, typer.Option("--html", help="Write one page to read, search and print.")
    ] = None,
    xlsx: Annotated[
        Path | None, typer.Option("--xlsx", help="Write a workbook, one sheet per dataset.")
    ] = None,
    spec: Annotated[
        Path | None, typer.Option("--spec", help="Write the specification as Pinnacle 21 lays it out.")
    ] = None,
    layer: Annotated[str, typer.Option("--layer", help="With --spec: sdtm or adam.")] = "sdtm",
    unread: Annotated[
        bool, typer.Option("--unread", help="List the raw fields that no line of the mapping reads.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the mapping as JSON on stdout.")] = False,
) -> None:
    """Show the mapping of a finished build.

    Targets, verbs, fields and questions, recodings with counts, functions and parameters.
    """
    with refusals(as_json):
        from pipeline.mapping_book import command as mapping_command

        if unread:
            mapping_command.show_unread(out, as_json)
        elif spec is not None:
            mapping_command.write_specification(out, layer, spec)
        else:
            mapping_command.run(out, target, html, xlsx, as_json)


def _explain_number(number: Any, as_json: bool, html: Path | None) -> None:
    if html:
        raise UsageError("a number of a display has no page; leave out --html")
    if as_json:
        print_json(number.as_data())
        return
    from pipeline.explain import show

    print_tree(show.number_tree(number))


def _write_page(text: str, to: Path) -> None:
    if str(to) == "-":
        sys.stdout.write(text)
        return
    from pipeline.finished import pages

    pages.save(text.encode(), to)
