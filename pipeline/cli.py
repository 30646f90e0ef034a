"""The command line. Each command imports what it needs when it runs, so that --help answers at once."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from pipeline import cli_standards
from pipeline.errors import PipelineError, SpecError, UsageError
from pipeline.records.count import counted

app = typer.Typer(
    name="cdisc-pipeline",
    help="Raw trial captures to SDTM, ADaM, XPT and define.xml.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog=(
        "Exit codes: 0 fine, 1 findings that stop publication, 2 wrong usage, 3 a fault in specs or mappings,"
        " 4 a drop that cannot be read."
    ),
)

app.add_typer(cli_standards.app)

Study = Annotated[Path, typer.Option("--study", help="Folder that holds specs/ and mappings/.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print only errors.")]
Drop = Annotated[
    Path, typer.Argument(help="Folder with one file per form (CSV and others), or one ODM-XML file.")
]
Builds = Annotated[Path, typer.Argument(help="Folder of the builds, as given to build as --out.")]
Build = Annotated[Path, typer.Argument(help="Folder of the builds, or the folder of one build in it.")]


class ReadBack(StrEnum):
    """What pyreadstat reads back of the datasets that a build writes."""

    SAMPLE = "sample"
    FULL = "full"


@app.callback()
def _commands() -> None:
    """Raw trial captures to SDTM, ADaM, XPT and define.xml."""


@app.command()
def build(
    drop: Drop,
    out: Annotated[
        Path, typer.Option("--out", help="Folder of the builds; OUT/latest is the current build.")
    ] = Path("outputs"),
    study: Study = Path(),
    workers: Annotated[
        int, typer.Option("--workers", min=1, help="Number of processes that share the participants.")
    ] = 1,
    edition: Annotated[
        str | None, typer.Option("--edition", help="Complete the package for an agency: fda, nmpa or both.")
    ] = None,
    verify: Annotated[
        ReadBack,
        typer.Option("--verify", help="What a second program reads back of the datasets: a sample, or full."),
    ] = ReadBack.SAMPLE,
    quiet: Quiet = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON on stdout.")] = False,
) -> None:
    """Build a drop into OUT.

    A drop with errors is refused with a list of them all, and the last good build stays as it was.
    """
    with _refusals(as_json):
        with _stages(quiet or as_json) as progress:
            from pipeline import stages as run
            from pipeline.publish.package import complete as package
            from pipeline.study import load
            from pipeline.workers import Workers

            if edition is not None and edition not in package.EDITIONS:
                raise UsageError(f"--edition {edition}: expected {', '.join(package.EDITIONS)}")
            # the libraries stay loaded to the end: the garbage collector need not look at them again
            gc.freeze()
            editions = package.EDITIONS[edition] if edition else ()
            in_full = verify is ReadBack.FULL
            report = run.build(load(study), study, drop, out, Workers(workers), progress, editions, in_full)
        if as_json:
            _print_json({**report.content, "folder": str(report.home)})
        elif not quiet:
            _print_report(report.content, report.home)
        if report.refused:
            errors = counted(report.content["findings"]["errors"], "error")
            findings = report.home / "findings.csv"
            sys.stderr.write(f"refused: {errors}; {findings} lists each with its record\n")
            raise typer.Exit(1)


@app.command()
def init(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder of the study; it must be empty or not exist.")
    ],
    from_drop: Annotated[
        Path | None, typer.Option("--from", metavar="DROP", help="Draft contracts and mappings of this drop.")
    ] = None,
    form: Annotated[
        str | None,
        typer.Option("--form", help="With --from: draft this form alone, for the study that DIR holds."),
    ] = None,
    define: Annotated[
        Path | None, typer.Option("--define", metavar="FILE", help="Draft the specs of this define.xml.")
    ] = None,
    spec: Annotated[
        Path | None,
        typer.Option("--spec", metavar="FILE", help="Draft those of a workbook as Pinnacle 21 lays it out."),
    ] = None,
) -> None:
    """Begin a study: a small one that builds at once, or a draft of what you have.

    Each drafted line says what it rests on and is marked "# draft:"; lint and build tell how many are left.
    """
    with _refusals(False):
        from pipeline import yaml_schemas as schemas
        from pipeline.drafting import command

        if form is not None and from_drop is None:
            raise UsageError("--form goes with --from: a form is drafted from a drop")
        given = [path for path in (from_drop, define, spec) if path is not None]
        if len(given) > 1:
            raise UsageError("--from, --define and --spec: give one of them")
        if not given:
            written = command.sample(folder)
        elif from_drop is None:
            written = command.from_specification(folder, given[0])
        elif form is not None:
            written = command.new_form(folder, form, from_drop)
        else:
            written = command.from_drop(folder, from_drop)
        schemas.write(folder / "schemas")
        sys.stdout.write("\n".join(written.lines(folder)) + "\n")


@app.command()
def lint(
    study: Study = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print the faults as JSON on stdout.")] = False,
) -> None:
    """Check specs and mappings without data.

    Tells every fault with file:line:column, and exits with 3 if there is one; then each drafted line that
    nobody has confirmed.
    """
    with _refusals(as_json):
        from pipeline import lint as checks

        faults, drafts = checks.lint(study), checks.drafted(study)
        code = SpecError.exit_code if faults else 0
        if as_json:
            state = "error" if faults else "fine"
            _print_json({"state": state, "exit_code": code, "errors": faults, "drafts": drafts})
        else:
            left = f"; {counted(len(drafts), 'drafted line')} to confirm" if drafts else ""
            summary = [] if faults else [f"fine{left}"]
            sys.stdout.write("".join(f"{line}\n" for line in [*drafts, *summary]))
        if faults:
            sys.stderr.write("".join(f"{line}\n" for line in faults))
            raise typer.Exit(code)


@app.command()
def schema(
    kind: Annotated[
        str | None, typer.Argument(help="A kind of file, such as mapping; without it all of them.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder to write KIND.json into; without it stdout.")
    ] = None,
    study: Annotated[
        Path | None, typer.Option("--study", help="A study whose fields, datasets and lists are offered.")
    ] = None,
) -> None:
    """Write JSON Schema of the YAML files of a study, for an editor.

    init writes it into schemas/, and each file that it makes names its own.
    """
    with _refusals(False):
        from pipeline import yaml_schemas as schemas
        from pipeline.study import load

        loaded = load(study) if study is not None else None
        kinds = [kind] if kind is not None else [*schemas.KINDS]
        if out is not None:
            paths = schemas.write(out, loaded, kinds)
            sys.stdout.write("".join(f"{path}\n" for path in paths))
        elif kind is not None:
            sys.stdout.write(schemas.as_text(schemas.schema(kind, loaded)))
        else:
            raise UsageError(f"name a kind, or a folder with --out; the kinds are {', '.join(kinds)}")


@app.command()
def functions(
    name: Annotated[str | None, typer.Argument(help="One function; without it all are listed.")] = None,
    study: Study = Path(),
) -> None:
    """Show the library of functions that a mapping may name.

    Of one function: its rule, its inputs and how each is bound, its source, and where this study uses it.
    """
    with _refusals(False):
        from pipeline import functions as known

        if name is None:
            found = known.library()
            width = max(map(len, found))
            lines = [f"{f.name:{width}}  {'/'.join(f.layers)}  {f.first_sentence}" for f in found.values()]
        else:
            lines = list(known.page(known.named(name), study))
        sys.stdout.write("\n".join(lines) + "\n")


@app.command("check-drop")
def check_drop(
    drop: Drop,
    out: Annotated[
        Path, typer.Option("--out", help="Folder for the page, the query list and check.json.")
    ] = Path("outputs/check"),
    study: Study = Path(),
    formats: Annotated[
        str,
        typer.Option(
            "--format", help="Any of html,csv,junit,sarif; junit and sarif hold no values of participants."
        ),
    ] = "html,csv",
    against: Annotated[
        Path | None,
        typer.Option(
            "--against", help="OUT of the last check, to tell which queries are new, open or answered."
        ),
    ] = None,
    built: Annotated[
        Path | None,
        typer.Option("--built", help="OUT of the builds, to recognize a drop that has been built."),
    ] = None,
    quiet: Quiet = False,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print the outcome as JSON on stdout, without values of participants."),
    ] = False,
) -> None:
    """Check a drop before it is built.

    Checks it form by form and across forms. Exits with 1 if a query has to be answered first.
    """
    with _refusals(as_json):
        from pipeline.checks.drop.query_list import FORMATS

        wanted = [name.strip() for name in formats.split(",")]
        unknown = [name for name in wanted if name not in FORMATS]
        if unknown:
            raise UsageError(f"--format {','.join(unknown)}: expected any of {','.join(FORMATS)}")
        with _stages(quiet or as_json) as progress:
            from pipeline.checks.drop import check
            from pipeline.study import load

            request = check.Request(out, wanted, against, built)
            outcome = check.check(load(study), study, drop, request, progress)
        if as_json:
            _print_json({**outcome, "folder": str(out)})
        elif not quiet:
            _print_check(outcome, out)
        if outcome["state"] == "stopped":
            sys.stderr.write(f"stopped: {counted(outcome['queries']['errors'], 'error')}\n")
            raise typer.Exit(1)


@app.command()
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
) -> None:
    """Write a synthetic drop.

    One CSV per form, and planted.json, which says which record has which oddity or fault. A study without
    specs/simulation.yaml gets a plain drop: what its contracts allow, and nothing of a disease.
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
            if faults:
                simulator.simulate(loaded, out, subjects, seed, planted.load(study, loaded))
            else:
                # no faults on purpose, or (None) the oddities of specs/simulation.yaml
                simulator.simulate(loaded, out, subjects, seed, () if clean else None)


@app.command()
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
) -> None:
    """Explain a cell of the current build, or a number of a display.

    Shows the chain through each rule back to raw file, record, field and value; of a number, its method
    and the records that it counts. Prints values of participants.
    """
    with _refusals(as_json):
        from pipeline.derivations.adam.considered import considered
        from pipeline.explain import explain as answer
        from pipeline.explain import results, show

        if results.is_display(cell):
            _explain_number(results.explain(out, cell, keys or []), as_json, html)
            return
        explanation = answer.explain(out, cell, keys or [], considered)
        if html:
            _write_page(show.page(explanation), html)
        if as_json:
            _print_json(explanation.as_data())
        elif not html:
            _print_tree(show.tree(explanation))


def _explain_number(number: Any, as_json: bool, html: Path | None) -> None:
    if html:
        raise UsageError("a number of a display has no page; leave out --html")
    if as_json:
        _print_json(number.as_data())
        return
    from pipeline.explain import show

    _print_tree(show.number_tree(number))


@app.command()
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
    with _refusals(as_json):
        from pipeline.explain import impact as answer
        from pipeline.explain import show

        impact = answer.impact(out, field, keys or [])
        if as_json:
            _print_json(impact.as_data())
        else:
            _print_tree(show.impact_tree(impact))


def _write_page(text: str, to: Path) -> None:
    if str(to) == "-":
        sys.stdout.write(text)
        return
    from pipeline.finished import pages

    pages.save(text.encode(), to)


def _print_tree(tree: Any) -> None:
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else 160, highlight=False).print(tree)


@app.command()
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
    with _refusals(as_json):
        from pipeline.mapping_book import command as mapping_command

        if unread:
            mapping_command.show_unread(out, as_json)
        elif spec is not None:
            mapping_command.write_specification(out, layer, spec)
        else:
            mapping_command.run(out, target, html, xlsx, as_json)


@app.command("review-change")
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
    as_json: Annotated[bool, typer.Option("--json", help="Print the review as JSON on stdout.")] = False,
) -> None:
    """Show what changed between two builds.

    Mappings by meaning, data and why they changed, endpoints, define.xml and the reviewer's guides.
    """
    with _refusals(as_json):
        from pipeline.review import command as review_command

        review_command.run(old, new, html, cells, as_json)


@app.command()
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
    with _refusals(as_json):
        from pipeline.compare import command as compare_command

        if not compare_command.run(out, folder, datasets or [], tolerance, html, as_json):
            raise typer.Exit(1)


@app.command()
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
    with _refusals(as_json):
        from pipeline.checks import submission as criteria

        outcome = criteria.judge(folder, study_id)
        if as_json:
            _print_json(criteria.as_data(outcome))
        else:
            sys.stdout.write("\n".join(criteria.lines(outcome)) + "\n")
        if criteria.failed(outcome):
            raise typer.Exit(1)


@app.command()
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
    quiet: Quiet = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON on stdout.")] = False,
) -> None:
    """Compare a build with its manifest.

    Exits with 1 if a file was changed, removed or added.
    """
    with _refusals(as_json):
        with _stages(quiet or as_json) as progress:
            from pipeline import verify as verification

            outcome = verification.verify(out, drop, rebuild, progress)
        if as_json:
            _print_json(outcome.as_data())
        elif not quiet:
            sys.stdout.write("\n".join(verification.lines(outcome)) + "\n")
        if outcome.differences:
            raise typer.Exit(1)


@app.command("check-define")
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
    with _refusals(as_json):
        from pipeline.checks.define import file as define_file

        if define_file.report(file, data, as_json):
            raise typer.Exit(1)


@contextmanager
def _refusals(as_json: bool) -> Iterator[None]:
    """An error becomes its message and its exit code; with --json also an object on stdout."""
    try:
        yield
    except PipelineError as e:
        _refuse(e, as_json)
    except OSError as e:
        # of a folder that is a file, a full disk, and the like; places that have more to say raise their own
        file = f"{e.filename}: " if e.filename else ""
        _refuse(UsageError(f"{file}cannot be read or written ({e.strerror or type(e).__name__})"), as_json)


def _refuse(error: PipelineError, as_json: bool) -> NoReturn:
    sys.stderr.write(f"{error}\n")
    if as_json:
        _print_json({"state": "error", "exit_code": error.exit_code, "errors": str(error).split("\n")})
    raise typer.Exit(error.exit_code) from None


@contextmanager
def _stages(quiet: bool) -> Iterator[Callable[[str], None]]:
    """Shows the stage at work on a terminal, and nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status("starting") as status:
        yield status.update


def _print_json(content: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(content, ensure_ascii=False) + "\n")


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
    console.print(_summary(report["state"], report["findings"], home), soft_wrap=True)


def _print_check(outcome: Mapping[str, Any], out: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 110)
    rules = Table("Severity", "Rule")
    for name in ("Records checked", "Queries", "New", "Open", "Answered"):
        rules.add_column(name, justify="right")
    for rule in outcome["by_rule"]:
        queries = rule["errors"] + rule["warnings"]
        if queries or rule["answered"]:
            counts = (rule["cases"], queries, rule["new"], rule["open"], rule["answered"])
            rules.add_row(rule["severity"], rule["rule"], *map(str, counts))
    console.print(rules)
    if outcome["known"]:
        console.print(outcome["known"], soft_wrap=True)
    console.print(_summary(outcome["state"], outcome["queries"], out), soft_wrap=True)


def _summary(state: str, counts: Mapping[str, int], folder: Path) -> str:
    errors, warnings = counted(counts["errors"], "error"), counted(counts["warnings"], "warning")
    return f"{state}: {errors}, {warnings}: {folder}"
