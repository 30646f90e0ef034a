"""The command line. Each command imports what it needs when it runs, so that --help answers at once."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pipeline.cli import answers, builds, comparisons, drops, examples, standards, studies, submissions

app = typer.Typer(
    name="cdisc-pipeline",
    help="Raw trial captures to SDTM, ADaM, XPT and define.xml.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=(
        "Exit codes: 0 fine, 1 findings that stop publication, 2 wrong usage, 3 a fault in specs or mappings,"
        " 4 a drop that cannot be read, 5 a full disk, a damaged build or another fault of this machine,"
        " 6 a fault of the program."
    ),
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from pipeline import __version__

        sys.stdout.write(f"cdisc-pipeline {__version__}\n")
        raise typer.Exit


@app.callback()
def _commands(
    version: Annotated[  # its callback prints it
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Raw trial captures to SDTM, ADaM, XPT and define.xml."""


# in the order in which --help lists them
app.command("build", epilog=examples.of("build"))(builds.build)
app.command("init", epilog=examples.of("init"))(studies.init)
app.command("lint", epilog=examples.of("lint"))(studies.lint)
app.command("schema", epilog=examples.of("schema"))(studies.schema)
app.command("functions", epilog=examples.of("functions"))(studies.functions)
app.command("check-drop", epilog=examples.of("check-drop"))(drops.check_drop)
app.command("simulate", epilog=examples.of("simulate"))(drops.simulate)
app.command("open", epilog=examples.of("open"))(answers.open_site)
app.command("explain", epilog=examples.of("explain"))(answers.explain)
app.command("impact", epilog=examples.of("impact"))(answers.impact)
app.command("mapping", epilog=examples.of("mapping"))(answers.mapping)
app.command("diff", epilog=examples.of("diff"))(comparisons.diff)
app.command("review-mark", epilog=examples.of("review-mark"))(studies.review_mark)
app.command("review-change", epilog=examples.of("review-change"))(comparisons.review_change)
app.command("compare", epilog=examples.of("compare"))(comparisons.compare)
app.command("preflight", epilog=examples.of("preflight"))(submissions.preflight)
app.command("verify", epilog=examples.of("verify"))(builds.verify)
app.command("check-define", epilog=examples.of("check-define"))(submissions.check_define)
app.command("conform", epilog=examples.of("conform"))(submissions.conform)
app.add_typer(standards.app)
