"""The command line. Each command imports what it needs when it runs, so that --help answers at once."""

from __future__ import annotations

import typer

from pipeline.cli import answers, builds, comparisons, drops, standards, studies, submissions

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


@app.callback()
def _commands() -> None:
    """Raw trial captures to SDTM, ADaM, XPT and define.xml."""


# in the order in which --help lists them
app.command("build")(builds.build)
app.command("init")(studies.init)
app.command("lint")(studies.lint)
app.command("schema")(studies.schema)
app.command("functions")(studies.functions)
app.command("check-drop")(drops.check_drop)
app.command("simulate")(drops.simulate)
app.command("explain")(answers.explain)
app.command("impact")(answers.impact)
app.command("mapping")(answers.mapping)
app.command("review-change")(comparisons.review_change)
app.command("compare")(comparisons.compare)
app.command("preflight")(submissions.preflight)
app.command("verify")(builds.verify)
app.command("check-define")(submissions.check_define)
app.add_typer(standards.app)
