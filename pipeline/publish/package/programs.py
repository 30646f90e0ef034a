"""The programs of a package: the mapping and the functions that make each analysis dataset, as ASCII text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.mapping.steps import Plan
from pipeline.publish.lineage import source_texts
from pipeline.publish.lineage.source_texts import Function
from pipeline.study import Study
from pipeline.study.models import Dataset

FOLDER = "analysis/adam/programs"
PARAMETERS = "specs/study.yaml"


def write(study: Study, plan: Plan, specs: Mapping[str, Dataset], kept: Path, folder: Path) -> None:
    """Writes <dataset>.txt for each analysis dataset, a file for each module that one rests on, and the
    parameters of the study.

    Takes     the folder in which the build keeps specs/ and mappings/ as it read them.
    Source    FDA Study Data Technical Conformance Guide, 4.1.2.10 (software programs: ASCII text of what
              makes the analysis datasets).
    """
    folder.mkdir(parents=True)
    modules: set[str] = set()
    for name in [n for n, s in specs.items() if s.layer == "adam"]:
        used = {
            s.what.__name__: source_texts.function(study, name, s.what)
            for s in plan.steps
            if s.node[0] == name and callable(s.what)
        }
        modules |= {m for f in used.values() for m in f.modules}
        _text(folder / f"{name.lower()}.txt", _dataset(specs[name], used, study, kept))
    for module in sorted(modules):
        _text(folder / f"{file(module)}", [source_texts.text(module)])
    _text(folder / "study.txt", [(kept / PARAMETERS).read_text(encoding="utf-8")])


def file(module: str) -> str:
    """The name of a module's text in the package, as the FDA wants names of files: lower case, digits and
    hyphens.
    """
    return f"{module.replace('.', '-').replace('_', '-')}.txt"


def file_of(name: str, told: Function) -> str:
    """The file of the package that holds a function which the mapping of this dataset names."""
    return (
        f"{name.lower()}.txt" if told.file.startswith("mappings/") else file(told.file[:-3].replace("/", "."))
    )


def _dataset(spec: Dataset, used: Mapping[str, Function], study: Study, kept: Path) -> Iterator[str]:
    name = spec.dataset.lower()
    yield f"{spec.dataset}: {spec.label}\n\n"
    yield (
        "The mapping, and the functions of it that are this study's own, stand below; parameters are in"
        " study.txt.\n\n"
    )
    yield "function                      in\n"
    for function, told in sorted(used.items()):
        yield f"{function:<29} {'this file' if told.file.startswith('mappings/') else file_of(name, told)}\n"
    if reached := sorted({m for f in used.values() for m in f.modules}):
        yield f"\nThey rest on: {', '.join(file(m) for m in reached)}\n"
    for kind in (f"mappings/adam/{name}.yaml", f"mappings/adam/{name}.py"):
        if kind in study.files:
            yield f"\n\n==== {kind}\n\n{(kept / kind).read_text(encoding='utf-8')}"


def _text(path: Path, parts: Iterator[str] | list[str]) -> None:
    # A character outside ASCII becomes its escape, which in a program's text means the same.
    path.write_bytes("".join(parts).encode("ascii", "backslashreplace"))
