"""The code lists of a study that nothing asks for: nearly always a list under a misspelt name."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.mapping.steps import Plan
from pipeline.study import Study
from pipeline.study.located import nearest
from pipeline.study.reader import CODELISTS
from pipeline.study.short import words

_OF_SPECS = "specs.codelists."


def lists(study: Study, plan: Plan) -> Iterator[str]:
    """A fault for each list of specs/codelists.yaml which is none of the terminology or of the program, and
    which no variable has, no line of a mapping names and no function takes.

    Takes     the study; its mappings, resolved.
    Returns   messages with file:line:column, and the nearest right name.
    """
    file = study.file(CODELISTS)
    if file is None:
        return
    asked = {v.codelist for spec in study.datasets.values() for v in spec.variables.values() if v.codelist}
    for step in plan.steps:
        if step.verb == "codelist":
            asked.add(step.what)
        names = (step.table_names or {}).values()
        asked |= {name.removeprefix(_OF_SPECS) for name in names if name.startswith(_OF_SPECS)}
    known = {*asked, *words.lists()}
    of_variable = {n: v.codelist for spec in study.datasets.values() for n, v in spec.variables.items()}
    for name, codelist in study.codelists.items():
        is_own = (name,) in file.places and codelist.code is None
        if is_own and name not in known:
            message = f"{name}: no variable has this list, and no line of a mapping names it"
            right = of_variable.get(name)
            hint = f"; that of the variable {name} is {right}" if right else nearest(name, known)
            yield str(file.error((name,), f"{message}{hint}; correct its name, or delete it"))
