"""The commands for who writes a study: `init`, `lint`, `schema` and `functions`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.terminal import Study, print_json, refusals
from pipeline.errors import SpecError, UsageError
from pipeline.records.count import counted


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
    with refusals(False):
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


def review_mark(
    study: Annotated[Path, typer.Argument(metavar="STUDY", help="Folder that holds specs/ and mappings/.")],
    target: Annotated[
        str, typer.Argument(metavar="DATASET[.VARIABLE]", help="The line that was reviewed; or its records.")
    ],
    by: Annotated[str, typer.Option("--by", metavar="ROLE", help="The role of who reviewed it.")],
    note: Annotated[str | None, typer.Option("--note", metavar="TEXT", help="A remark.")] = None,
) -> None:
    """Mark a line of the mapping as reviewed.

    Writes specs/reviews.yaml. The mark is bound to what the line says now: spec, rule, condition, function,
    parameters and code list. Where one of them changes, the pages of the next build say so.
    """
    with refusals(False):
        from pipeline import review_marks

        content = review_marks.mark(study, target, by, note)
        sys.stdout.write(f"{target}: reviewed by {by}, {content}\n")


def lint(
    study: Study = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print the faults as JSON on stdout.")] = False,
) -> None:
    """Check specs and mappings without data.

    Tells every fault with file:line:column, and exits with 3 if there is one; without a fault each drafted
    line that nobody has confirmed.
    """
    with refusals(as_json):
        from pipeline import lint as checks

        faults, drafts = checks.lint(study), checks.drafted(study)
        code = SpecError.exit_code if faults else 0
        if as_json:
            state = "error" if faults else "fine"
            print_json({"state": state, "exit_code": code, "errors": faults, "drafts": drafts})
        else:
            left = f"{counted(len(drafts), 'drafted line')} to confirm" if drafts else ""
            if faults:
                sys.stderr.write("".join(f"{line}\n" for line in faults))
                sys.stdout.write(f"{left} as well\n" if drafts else "")
            else:
                sys.stdout.write(
                    "".join(f"{line}\n" for line in [*drafts, "; ".join(filter(None, ["fine", left]))])
                )
        if faults:
            raise typer.Exit(code)


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
    with refusals(False):
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


def functions(
    name: Annotated[str | None, typer.Argument(help="One function; without it all are listed.")] = None,
    study: Study = Path(),
) -> None:
    """Show the library of functions that a mapping may name.

    Of one function: its rule, its inputs and how each is bound, its source, and where this study uses it.
    """
    with refusals(False):
        from pipeline import functions as known

        if name is None:
            found = known.library()
            width = max(map(len, found))
            lines = [f"{f.name:{width}}  {'/'.join(f.layers)}  {f.first_sentence}" for f in found.values()]
        else:
            lines = [*known.pages(name, study)][:-1]
        sys.stdout.write("\n".join(lines) + "\n")
