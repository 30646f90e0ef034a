"""The command line. Data libraries are imported inside the commands, so that --help answers at once."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.errors import PipelineError, UsageError

app = typer.Typer(
    name="cdisc-pipeline",
    help="Raw trial captures to SDTM, ADaM, XPT and define.xml.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog=(
        "Exit codes: 0 fine, 1 findings that stop publication, 2 wrong usage, 3 spec or mapping wrong, 4 drop"
        " unreadable."
    ),
)

Study = Annotated[Path, typer.Option("--study", help="Folder that holds specs/ and mappings/.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]


@app.callback()
def _commands() -> None:
    """Raw trial captures to SDTM, ADaM, XPT and define.xml."""


@app.command()
def build(
    drop: Annotated[Path, typer.Argument(help="Folder with one file a form (CSV), or one ODM-XML file.")],
    out: Annotated[
        Path, typer.Option("--out", help="Folder of the builds; OUT/latest is the current one.")
    ] = Path("outputs"),
    study: Study = Path(),
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes that share the subjects.")] = 1,
    edition: Annotated[
        str | None, typer.Option("--edition", help="Complete the package for an agency: fda, nmpa or both.")
    ] = None,
    quiet: Quiet = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON on stdout.")] = False,
) -> None:
    """Build a drop into OUT, or refuse it with the list of all its faults and leave the last good build as it
    was.
    """
    with _refusals(as_json):
        with _stages(quiet or as_json) as progress:
            from pipeline import build as run
            from pipeline.publish.package import complete as package
            from pipeline.study import load
            from pipeline.workers import Workers

            if edition is not None and edition not in package.EDITIONS:
                raise UsageError(f"--edition {edition}: expected {', '.join(package.EDITIONS)}")
            # what the libraries hold is there to stay: the collector need not go through it again and again
            gc.freeze()
            report = run.build(
                load(study),
                study,
                drop,
                out,
                Workers(workers),
                progress,
                package.EDITIONS[edition] if edition else (),
            )
        if as_json:
            sys.stdout.write(
                json.dumps({**report.content, "folder": str(report.home)}, ensure_ascii=False) + "\n"
            )
        elif not quiet:
            _print(report.content, report.home)
        if report.refused:
            sys.stderr.write(
                f"refused: {report.content['findings']['errors']} errors; {report.home / 'findings.csv'}"
                " lists each with its record\n"
            )
            raise typer.Exit(1)


@app.command("check-drop")
def check_drop(
    drop: Annotated[Path, typer.Argument(help="Folder with one file a form (CSV), or one ODM-XML file.")],
    out: Annotated[
        Path, typer.Option("--out", help="Folder for the page, the query list and check.json.")
    ] = Path("outputs/check"),
    study: Study = Path(),
    formats: Annotated[
        str,
        typer.Option(
            "--format", help="Any of html,csv,junit,sarif; the last two hold no participant's value."
        ),
    ] = "html,csv",
    against: Annotated[
        Path | None,
        typer.Option("--against", help="OUT of the last check: which queries are new, open, answered."),
    ] = None,
    built: Annotated[
        Path | None, typer.Option("--built", help="OUT of builds: tells a drop that is built already.")
    ] = None,
    quiet: Quiet = False,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print the outcome as JSON on stdout, without participants' values."),
    ] = False,
) -> None:
    """Check a drop before it is built: by the contracts of its forms and across forms. Exit 1 where a query
    must be answered first.
    """
    with _refusals(as_json):
        from pipeline.checks.drop.query_list import FORMATS

        wanted = [f.strip() for f in formats.split(",")]
        if unknown := [f for f in wanted if f not in FORMATS]:
            raise UsageError(f"--format {','.join(unknown)}: expected any of {','.join(FORMATS)}")
        with _stages(quiet or as_json) as progress:
            from pipeline.checks.drop import check
            from pipeline.study import load

            request = check.Request(out, wanted, against, built)
            told = check.check(load(study), study, drop, request, progress)
        if as_json:
            sys.stdout.write(json.dumps({**told, "folder": str(out)}, ensure_ascii=False) + "\n")
        elif not quiet:
            _print_check(told, out)
        if told["state"] == "stopped":
            sys.stderr.write(f"stopped: {told['queries']['errors']} errors\n")
            raise typer.Exit(1)


@app.command()
def simulate(
    out: Annotated[
        Path, typer.Argument(help="Folder to write the drop into; it must not exist or be empty.")
    ],
    subjects: Annotated[int, typer.Option("--subjects", min=1, help="Participants to randomize.")] = 30,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same bytes.")] = 2843126,
    clean: Annotated[
        bool, typer.Option("--clean", help="Plant nothing: a drop in which the check must find nothing.")
    ] = False,
    faults: Annotated[
        bool,
        typer.Option(
            "--faults", help="Plant the faults of specs/faults.yaml on a clean drop, for the check to find."
        ),
    ] = False,
    study: Study = Path(),
    quiet: Quiet = False,
) -> None:
    """Write a synthetic drop, one CSV a form, with planted.json that says which record carries which oddity
    or fault.
    """
    with _refusals(False):
        if clean and faults:
            raise UsageError("--clean and --faults contradict each other: give one of them")
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise UsageError(f"{out}: exists and is not an empty folder")
        with _stages(quiet) as progress:
            from pipeline import simulator
            from pipeline.study import faults as planted
            from pipeline.study import load

            progress(f"simulate {subjects} participants")
            loaded = load(study)
            simulator.simulate(
                loaded, out, subjects, seed, planted.load(study, loaded) if faults else () if clean else None
            )


@app.command()
def explain(
    out: Annotated[Path, typer.Argument(help="Folder of the builds, as given to build.")],
    cell: Annotated[str, typer.Argument(metavar="DATASET.VARIABLE", help="Such as ADTTE.AVAL.")],
    keys: Annotated[
        list[str] | None,
        typer.Argument(metavar="KEY=VALUE ...", help="What names the record: any of its variables."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the explanation as JSON on stdout.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write it as one page into this file; - is stdout.")
    ] = None,
) -> None:
    """Explain a cell of the current build: the chain back to raw file, record, field and value, through each
    rule. It prints values.
    """
    with _refusals(as_json):
        from pipeline.derivations.adam.considered import considered
        from pipeline.explain import explain as answer
        from pipeline.explain import show

        found = answer.explain(out, cell, keys or [], considered)
        if html:
            _page(show.page(found), html)
        if as_json:
            sys.stdout.write(json.dumps(found.as_data(), ensure_ascii=False) + "\n")
        elif not html:
            _tree(show.tree(found))


@app.command()
def impact(
    out: Annotated[Path, typer.Argument(help="Folder of the builds, as given to build.")],
    field: Annotated[
        str,
        typer.Argument(metavar="FORM.FIELD", help="Such as tl.DIAMETER; FORM alone is each of its fields."),
    ],
    keys: Annotated[
        list[str] | None,
        typer.Argument(metavar="KEY=VALUE ...", help="Raw records by their fields, or USUBJID."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON on stdout.")] = False,
) -> None:
    """List what depends on a raw field: the variables, and with KEY=VALUE the records. It prints values of
    keys.
    """
    with _refusals(as_json):
        from pipeline.explain import impact as answer
        from pipeline.explain import show

        found = answer.impact(out, field, keys or [])
        if as_json:
            sys.stdout.write(json.dumps(found.as_data(), ensure_ascii=False) + "\n")
        else:
            _tree(show.impact_tree(found))


def _page(text: str, to: Path) -> None:
    if str(to) == "-":
        sys.stdout.write(text)
        return
    try:
        to.write_text(text, encoding="utf-8")
    except OSError as e:
        raise UsageError(f"{to}: cannot be written ({e.strerror})") from None


def _tree(shown: Any) -> None:
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else 160, highlight=False).print(shown)


@app.command()
def mapping(
    out: Annotated[Path, typer.Argument(help="Folder of the builds, or one of its builds/.")],
    target: Annotated[
        str,
        typer.Argument(
            metavar="[DATASET[.VARIABLE]]", help="One dataset, or one variable with its functions' text."
        ),
    ] = "",
    html: Annotated[
        Path | None, typer.Option("--html", help="Write one page to read, search and print.")
    ] = None,
    xlsx: Annotated[
        Path | None, typer.Option("--xlsx", help="Write a workbook, one sheet a dataset.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the mapping as JSON on stdout.")] = False,
) -> None:
    """Tell the mapping of a finished build: targets, verbs, fields and questions, recodings with counts,
    functions, parameters.
    """
    with _refusals(as_json):
        from pipeline.mapping_book import command as mapping_command

        mapping_command.tell(out, target, html, xlsx, as_json)


@app.command("review-change")
def review_change(
    old: Annotated[
        Path, typer.Argument(metavar="OLD_OUT", help="Folder of builds, or one of its builds/: what was.")
    ],
    new: Annotated[Path, typer.Argument(metavar="NEW_OUT", help="Likewise: what is.")],
    html: Annotated[Path | None, typer.Option("--html", help="Write one page.")] = None,
    cells: Annotated[
        bool,
        typer.Option("--cells", help="With --html: list each changed cell there and in a CSV beside it."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the review as JSON on stdout.")] = False,
) -> None:
    """Tell what changed between two finished builds: mappings by meaning, data and what explains it,
    endpoints, define.xml.
    """
    with _refusals(as_json):
        from pipeline.review import command as review_command

        review_command.tell(old, new, html, cells, as_json)


@app.command()
def preflight(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="An m5 folder, of whatever maker, or the folder of one study in it."
        ),
    ],
    study_id: Annotated[
        str | None,
        typer.Option(
            "--study-id",
            help="The study-id of the study tagging file; without it the name of the study's folder.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON on stdout.")] = False,
) -> None:
    """Judge a package by the FDA's technical rejection criteria 1734, 1735, 1736, up to the first that fails.
    Exit 1 where one does.
    """
    with _refusals(as_json):
        from pipeline.checks import submission as criteria

        told = criteria.judge(folder, study_id)
        text = (
            json.dumps(criteria.as_data(told), ensure_ascii=False)
            if as_json
            else "\n".join(criteria.lines(told))
        )
        sys.stdout.write(text + "\n")
        if criteria.failed(told):
            raise typer.Exit(1)


@app.command()
def verify(
    out: Annotated[Path, typer.Argument(help="Folder of the builds, or one of its builds/.")],
    drop: Annotated[
        Path | None, typer.Option("--drop", help="The drop that was built: compare it too.")
    ] = None,
    rebuild: Annotated[
        bool,
        typer.Option("--rebuild", help="Build again, aside, from --drop and the kept specs and mappings."),
    ] = False,
    quiet: Quiet = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON on stdout.")] = False,
) -> None:
    """Hold each file of the current build against its manifest. Exit 1 where one was changed, is missing or
    was added.
    """
    with _refusals(as_json):
        with _stages(quiet or as_json) as progress:
            from pipeline import verify as verified

            told = verified.verify(out, drop, rebuild, progress)
        if as_json:
            sys.stdout.write(json.dumps(told.as_data(), ensure_ascii=False) + "\n")
        elif not quiet:
            sys.stdout.write("\n".join(verified.lines(told)) + "\n")
        if told.differences:
            raise typer.Exit(1)


@app.command("check-define")
def check_define(
    file: Annotated[Path, typer.Argument(help="A define.xml of version 2.1, whoever wrote it.")],
    data: Annotated[
        Path | None,
        typer.Option("--data", help="Folder of its datasets, XPT or Dataset-JSON: compare both ways."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the faults as JSON on stdout.")] = False,
) -> None:
    """Check a define.xml: its schema, what the schema lets through, and whether it tells the datasets in a
    folder. Exit 1 for errors.
    """
    with _refusals(as_json):
        from pipeline.checks.define import file as define_file

        if define_file.tell(file, data, as_json):
            raise typer.Exit(1)


@contextmanager
def _refusals(as_json: bool) -> Iterator[None]:
    """An error becomes its message and its exit code; with --json also an object on stdout."""
    try:
        yield
    except PipelineError as e:
        sys.stderr.write(f"{e}\n")
        if as_json:
            sys.stdout.write(
                json.dumps(
                    {"state": "error", "exit_code": e.exit_code, "errors": str(e).split("\n")},
                    ensure_ascii=False,
                )
                + "\n"
            )
        raise typer.Exit(e.exit_code) from None


@contextmanager
def _stages(quiet: bool) -> Iterator[Callable[[str], None]]:
    """Shows the stage at work on a terminal, and nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status("starting") as status:
        yield status.update


def _print(told: Mapping[str, Any], home: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 110)
    records = Table("Dataset", "Label", "Layer")
    records.add_column("Records", justify="right")
    for d in told["datasets"]:
        records.add_row(
            d["dataset"], d["label"], {"sdtm": "SDTM", "adam": "ADaM"}[d["layer"]], str(d["records"])
        )
    accounting = Table("Form")
    for name in ("Read", "Published", "Set aside"):
        accounting.add_column(name, justify="right")
    accounting.add_column("Reason")
    for a in told["accounting"]:
        aside = a["set_aside"]
        accounting.add_row(
            a["form"], str(a["read"]), str(a["published"]), str(sum(aside.values())), "; ".join(aside)
        )
    console.print(records, accounting)
    console.print(
        f"{told['state']}: {told['findings']['errors']} errors, {told['findings']['warnings']} warnings:"
        f" {home}",
        soft_wrap=True,
    )


def _print_check(told: Mapping[str, Any], out: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 110)
    rules = Table("Severity", "Rule")
    for name in ("Asked of", "Queries", "New", "Open", "Answered"):
        rules.add_column(name, justify="right")
    for r in told["by_rule"]:
        if r["errors"] or r["warnings"] or r["answered"]:
            queries = r["errors"] + r["warnings"]
            rules.add_row(
                r["severity"],
                r["rule"],
                *(str(n) for n in (r["cases"], queries, r["new"], r["open"], r["answered"])),
            )
    console.print(rules)
    if told["known"]:
        console.print(told["known"], soft_wrap=True)
    console.print(
        f"{told['state']}: {told['queries']['errors']} errors, {told['queries']['warnings']} warnings: {out}",
        soft_wrap=True,
    )
