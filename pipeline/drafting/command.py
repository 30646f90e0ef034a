"""`init`: the files of a study, written into a folder that has none of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.drafting import blocks, contracts, criteria, drop, mappings, specs, study
from pipeline.drafting.forms import Drafted
from pipeline.drafting.forms import drafted as drafted_forms
from pipeline.drafting.recognition import Standards
from pipeline.errors import DropError, UsageError
from pipeline.records.count import counted
from pipeline.standards import sdtmig, terminology
from pipeline.study.drafts import MARK
from pipeline.study.forms import HEADER
from pipeline.study.located import nearest
from pipeline.study.reader import SET_ASIDE

SDTM_CT = "2022-09-30"  # the version that comes with the product
SAMPLE = Path(__file__).parent / "sample"
_PLACES = 0.8  # of the forms: a column that so many have says where a record belongs


@dataclass(frozen=True)
class Written:
    """What was written: the files, and the number of drafted lines in each."""

    files: Mapping[str, int]
    unrecognized: tuple[str, ...] = ()  # forms that feed no dataset yet
    without_subject: tuple[str, ...] = ()  # forms whose participant is called otherwise

    def lines(self, folder: Path) -> list[str]:
        """What a user reads on the terminal."""
        width = max(map(len, self.files))
        lines = [
            f"{file:{width}}  {counted(drafts, 'draft') if drafts else ''}".rstrip()
            for file, drafts in self.files.items()
        ]
        if self.unrecognized:
            lines.append(f"no dataset proposed for: {', '.join(self.unrecognized)}")
        if self.without_subject:
            names = ", ".join(self.without_subject)
            lines.append(f"no number of the participant in: {names}; its contract says what to write")
        total = sum(self.files.values())
        if total:
            left = f"{counted(total, 'drafted line')} to confirm: take `{MARK} ...` away from what is right"
            lines.append(f"{left}; `cdisc-pipeline lint --study {folder}` lists the rest")
        return lines


def from_drop(folder: Path, drop_folder: Path) -> Written:
    """Drafts a study of a drop.

    Takes     a folder that is empty or not there; the drop.
    Raises    UsageError where the folder holds something; DropError where a file cannot be read.
    """
    refuse_filled(folder)
    found = drop.read(drop_folder)
    forms = drafted_forms(found.forms)
    files = _files(forms, _standards())
    made = mappings.drafted(forms, _standards(), _places(forms))
    name = folder.resolve().name.upper().replace(" ", "-")
    files = {study.FILE: study.study(forms, made, found.companions, name), **_header(found), **files}
    if aside := criteria.set_aside(forms):
        files[SET_ASIDE] = aside
    without = tuple(form.name for form in forms if form.lacks)
    return replace(_write(folder, files, _unrecognized(forms, made)), without_subject=without)


def new_form(folder: Path, form: str, drop_folder: Path) -> Written:
    """Drafts the contract of one more form, and the mapping of each dataset that it feeds and that has none.

    Raises    UsageError where the form has its contract, or the drop does not have the form.
    """
    if not (folder / study.FILE).is_file():
        raise UsageError(f"{folder}: no {study.FILE} here; init without --form makes a study")
    found = drop.read(drop_folder)
    names = [one.form for one in found.forms]
    if form not in names:
        raise DropError(f"{drop_folder}: form {form} is not in the drop{nearest(form, names)}")
    if (folder / contracts.file_name(form)).exists():
        raise UsageError(f"{folder / contracts.file_name(form)}: the form has its contract; change that")
    forms = drafted_forms(found.forms)
    (wanted,) = [one for one in forms if one.collected.form == form]
    files = {**_header(found), **_files([wanted], _standards(), _places(forms))}
    added = {}
    for name, content in files.items():
        if name == HEADER and (folder / name).exists():
            continue
        if (folder / name).exists():  # a mapping that a person wrote is theirs: the draft stands beside it
            added[name.replace(".yaml", f".{form.lower()}.draft")] = content
        else:
            added[name] = content
    return _write(folder, added, ())


def sample(folder: Path) -> Written:
    """A study that builds at once: two forms, their mappings, and a drop of six invented participants.

    Raises    UsageError where the folder holds something.
    """
    refuse_filled(folder)
    paths = sorted(path for path in SAMPLE.rglob("*") if path.suffix in (".yaml", ".csv"))
    files = {path.relative_to(SAMPLE).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    return _write(folder, files, ())


def from_specification(folder: Path, file: Path) -> Written:
    """Specs of a define.xml, or of a workbook in the layout of Pinnacle 21; their mappings are to be written.

    Raises    UsageError where the folder holds something, or the file is neither.
    """
    refuse_filled(folder)
    standards = _standards()
    name = folder.resolve().name.upper().replace(" ", "-")
    files = specs.files(specs.read(file), standards.guide, standards.terminology, name)
    return _write(folder, files, ())


def _header(found: drop.Undeclared) -> dict[str, str]:
    """The file of what every form shares, where there is such a thing."""
    content = contracts.header(found.header)
    return {HEADER: content} if content else {}


def refuse_filled(folder: Path) -> None:
    """Raises    UsageError for a folder that holds something."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder}: exists and is not an empty folder; init writes into a new one")


def _standards() -> Standards:
    terms = terminology("SDTM", SDTM_CT, None)
    assert terms is not None, "it comes with the product"
    return Standards(sdtmig(blocks.VERSION), terms)


def _places(forms: Sequence[Drafted]) -> list[str]:
    """The columns of nearly every form, which say where a record belongs."""
    names = [name for form in forms for name in form.fields]
    enough = max(2, _PLACES * len(forms))
    return [name for name in dict.fromkeys(names) if names.count(name) >= enough]


def _files(
    forms: Sequence[Drafted], standards: Standards, places: Sequence[str] | None = None
) -> dict[str, str]:
    """Contracts and mappings by the name of their file."""
    made = mappings.drafted(forms, standards, _places(forms) if places is None else places)
    files = {}
    for form in forms:
        domain = standards.guide.datasets[form.domains[0]].label if form.domains else form.name
        title = form.collected.title or (domain if not form.part else f"{domain}: {form.part}")
        coded = contracts.coded_by_meddra(mappings.variables(made, form.name))
        asked = mappings.recoded(made, form.name)
        files[contracts.file_name(form.name)] = contracts.contract(form, title, coded, asked)
    by_name = {form.name: form for form in forms}
    for dataset, of_dataset in made.items():
        files[mappings.file_name(dataset)] = mappings.mapping(dataset, of_dataset, by_name, standards, made)
    return files


def _unrecognized(forms: Sequence[Drafted], made: Mapping[str, Sequence[object]]) -> tuple[str, ...]:
    return tuple(form.name for form in forms if not set(form.domains) & made.keys())


def _write(folder: Path, files: Mapping[str, str], unrecognized: tuple[str, ...]) -> Written:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8", newline="\n")
    return Written({name: content.count(MARK) for name, content in files.items()}, unrecognized)
