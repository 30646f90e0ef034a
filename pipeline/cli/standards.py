"""The commands `standards`: what a programmer looks up, and more terminology for a study."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.terminal import refusals
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pipeline.standards import AnalysisGuide, Guide, ListFacts, Terminology, VariableFacts

app = typer.Typer(name="standards", no_args_is_help=True, add_completion=False, rich_markup_mode=None)

Folder = Annotated[
    Path, typer.Option("--study", help="Folder of a study that may have terminology of its own.")
]


@app.callback()
def _commands() -> None:
    """Look up what SDTMIG, ADaMIG and the terminology say, or add a package of terminology to a study."""


@app.command("list")
@refusals(as_json=False)
def list_(study: Folder = Path()) -> None:
    """List the guides and the packages of terminology that are at hand."""
    from pipeline.standards import guides

    rows = [(name, f"{sets} datasets", f"{count:,} variables") for name, sets, count in guides.everything()]
    for package in _packages(study):
        count = sum(1 for _ in package.search(""))
        rows.append((package.name, f"{len(package.lists)} codelists", f"{count:,} terms"))
    _print(rows)


@app.command()
@refusals(as_json=False)
def show(
    name: Annotated[str, typer.Argument(help="DATASET, DATASET.VARIABLE, or a codelist by code or name.")],
    study: Folder = Path(),
) -> None:
    """Show a dataset with its variables, a variable, or a codelist with its terms."""
    from pipeline.standards import adamig, sdtmig
    from pipeline.standards.guides import ADAM, SDTM

    dataset, _, variable = name.upper().partition(".")
    dataset = _STRUCTURES.get(dataset, "BDS" if dataset in _OF_RESULTS else dataset)
    name = f"{dataset}.{variable}" if variable else dataset
    packages = _packages(study)
    guide, analysis = sdtmig(max(SDTM)), adamig(max(ADAM))
    lines = [
        *_of_guide(guide, dataset, variable, packages),
        *_of_analysis(analysis, name, dataset, variable, packages),
        *([] if variable else _of_terminology(packages, name)),
    ]
    if not lines:
        known = (
            *guide.datasets,
            *analysis.structures,
            *(facts.list for p in packages for facts in p.lists.values()),
        )
        raise UsageError(f"{name}: no dataset, variable or codelist of this name{_nearest(name, known)}")
    sys.stdout.write("\n".join(lines) + "\n")


@app.command()
@refusals(as_json=False)
def term(
    text: Annotated[str, typer.Argument(help="A term, its code, a synonym, or a part of one.")],
    study: Folder = Path(),
) -> None:
    """Find the terms of the terminology that are spelt like a text, or hold it; the closest come first."""
    rows = [
        (facts.term, facts.code, codelist.called, package.name, "; ".join(facts.spellings()[1:]))
        for package in _packages(study)
        for codelist, facts in package.search(text)
    ]
    if not rows:
        raise UsageError(f"{text}: no term of the terminology is spelt like this")
    _print(rows[:MOST])
    if len(rows) > MOST:
        sys.stdout.write(f"and {len(rows) - MOST} more; a longer text finds fewer\n")


@app.command()
@refusals(as_json=False)
def add(
    file: Annotated[Path, typer.Argument(help="A package of NCI EVS: ODM-XML or tab-separated text.")],
    study: Folder = Path(),
    publishing_set: Annotated[
        str | None, typer.Option("--set", help="SDTM, ADaM, ...; needed where the file does not say it.")
    ] = None,
    date: Annotated[
        str | None, typer.Option("--date", help="Date of the package; needed where the file does not say it.")
    ] = None,
) -> None:
    """Add a package of controlled terminology to a study, under specs/terminology."""
    from pipeline.standards import package

    if not (study / "specs").is_dir():
        raise UsageError(f"{study}: no specs/ here; --study names the folder of the study")
    written = package.add(file, study / "specs" / "terminology", publishing_set, date)
    sys.stdout.write(f"{written}\n")


# which structure of ADaM a usual dataset has
_STRUCTURES = {"ADAE": "OCCDS", "ADCM": "OCCDS", "ADMH": "OCCDS", "ADDV": "OCCDS", "ADTTE": "BDS FOR TTE"}
_OF_RESULTS = ("ADRS", "ADTA", "ADTR", "ADLB", "ADVS", "ADEG", "ADEX", "ADQS", "ADPC")
MOST = 40  # terms that are printed


def _packages(study: Path) -> list[Terminology]:
    """The study's own packages and those that are shipped."""
    from pipeline.standards import shipped
    from pipeline.standards.terminology import in_folder

    return [*in_folder(study / "specs" / "terminology"), *shipped()]


def _of_guide(guide: Guide, dataset: str, variable: str, packages: Sequence[Terminology]) -> Iterator[str]:
    if dataset not in guide.datasets:
        return
    facts = guide.datasets[dataset]
    if variable:
        found = guide.variable(dataset, variable)
        if found is not None:
            yield from _variable(guide.name, dataset, found, packages)
        return
    yield f"{dataset}  {facts.label}  ({guide.name}, {facts.class_})"
    yield f"{facts.structure}; usual keys: {', '.join(facts.keys)}"
    yield from _variables(facts.variables.values())


def _of_analysis(
    guide: AnalysisGuide, name: str, dataset: str, variable: str, packages: Sequence[Terminology]
) -> Iterator[str]:
    structures = {structure.upper(): structure for structure in guide.structures}
    if name.upper() in structures:
        structure = structures[name.upper()]
        yield f"{structure}  ({guide.name})"
        yield from _variables(guide.structures[structure].values())
    elif dataset in structures and variable:
        found = guide.variable((structures[dataset],), variable)
        if found is not None:
            yield from _variable(guide.name, structures[dataset], found, packages)


def _of_terminology(packages: Sequence[Terminology], name: str) -> Iterator[str]:
    for package in packages:
        for codelist in package.named(name):
            yield f"{codelist.called}  {codelist.name}  ({package.name}, {_kind(codelist)})"
            terms = package.terms(codelist.code).values()
            yield from _aligned((t.term, t.code, "; ".join(t.spellings()[1:])) for t in terms)


def _variables(variables: Iterable[VariableFacts]) -> Iterator[str]:
    yield from _aligned(
        (v.name, v.label, v.type, v.core, v.role, " ".join(v.codelists) or v.values) for v in variables
    )


def _variable(guide: str, dataset: str, v: VariableFacts, packages: Sequence[Terminology]) -> Iterator[str]:
    yield f"{dataset}.{v.name}  {v.label}  ({guide})"
    yield ", ".join(part for part in (v.type, v.core, v.role, v.values) if part)
    for code in v.codelists:
        package = next((p for p in packages if code in p.lists), None)
        if package is None:
            yield f"codelist {code}"
        else:
            yield f"codelist {package.lists[code].called}, {_kind(package.lists[code])}, {package.name}"


def _kind(codelist: ListFacts) -> str:
    return "extensible" if codelist.extensible else "not extensible"


def _print(rows: Iterable[Sequence[str]]) -> None:
    sys.stdout.write("\n".join(_aligned(rows)) + "\n")


def _aligned(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Rows as lines of text, every column but the last as wide as its widest cell."""
    table = [tuple(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _nearest(name: str, known: Iterable[str]) -> str:
    from pipeline.study.located import nearest

    return nearest(name.upper(), (word for word in known if word))
