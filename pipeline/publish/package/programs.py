"""The programs of a package: the mapping and the functions that make each analysis dataset, as ASCII text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pipeline.mapping.steps import Plan
from pipeline.publish.lineage import source_texts
from pipeline.publish.lineage.source_texts import Function
from pipeline.study import Study
from pipeline.study.models import Dataset

FOLDER = "analysis/adam/programs"
PARAMETERS = "specs/study.yaml"


def write(study: Study, plan: Plan, specs: Mapping[str, Dataset], study_folder: Path, folder: Path) -> None:
    """Writes <dataset>.txt for each analysis dataset, a file for each module that it rests on, and the
    parameters of the study.

    Takes     the folder in which the build keeps specs/ and mappings/ as it read them.
    Source    FDA Study Data Technical Conformance Guide, 4.1.2.10 (software programs: ASCII text of what
              makes the analysis datasets).
    """
    folder.mkdir(parents=True)
    modules: set[str] = set()
    for name, spec in specs.items():
        if spec.layer == "adam":
            steps = [s for s in plan.steps if s.node[0] == name and callable(s.what)]
            functions = {s.what.__name__: source_texts.function(study, name, s.what) for s in steps}
            modules |= {module for f in functions.values() for module in f.modules}
            program = _program(spec, functions, study, study_folder)
            _write_ascii(folder / f"{name.lower()}.txt", program)
    for module in sorted(modules):
        _write_ascii(folder / _file_name(module), [source_texts.text(module)])
    _write_ascii(folder / "study.txt", [(study_folder / PARAMETERS).read_text(encoding="utf-8")])


def file_of(dataset: str, function: Function) -> str:
    """The file of the package that holds a function which the mapping of this dataset names.

    Takes     the dataset whose mapping names the function; the function.
    Returns   a file name.
    """
    if function.file.startswith("mappings/"):
        return f"{dataset.lower()}.txt"
    return _file_name(function.file.removesuffix(".py").replace("/", "."))


def _file_name(module: str) -> str:
    """The file of a module's text, named as the FDA wants it: lower case, digits and hyphens."""
    return f"{module.replace('.', '-').replace('_', '-')}.txt"


def _program(
    spec: Dataset, functions: Mapping[str, Function], study: Study, study_folder: Path
) -> Iterator[str]:
    name = spec.dataset.lower()
    yield f"{spec.dataset}: {spec.label}\n\n"
    yield (
        "The mapping and the functions that only this study has are below; its parameters are in"
        " study.txt.\n\n"
    )
    yield "function                      in\n"
    for function_name, function in sorted(functions.items()):
        file = file_of(name, function)
        yield f"{function_name:<29} {'this file' if file == f'{name}.txt' else file}\n"
    modules = sorted({module for f in functions.values() for module in f.modules})
    if modules:
        yield f"\nThey rest on: {', '.join(map(_file_name, modules))}\n"
    for file in (f"mappings/adam/{name}.yaml", f"mappings/adam/{name}.py"):
        if file in study.contents:
            yield f"\n\n==== {file}\n\n{(study_folder / file).read_text(encoding='utf-8')}"


def _write_ascii(path: Path, parts: Iterable[str]) -> None:
    # A character outside ASCII becomes its escape, which in a program's text means the same.
    path.write_bytes("".join(parts).encode("ascii", "backslashreplace"))
