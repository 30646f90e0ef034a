"""A tracer that others wrote (cdisc-trace-agent, MIT) follows each variable of both define.xml of a package:
no method leads to a variable that no dataset has, and each analysis variable leads to a tabulated one.

It reads one define.xml at a time; here it is given what it read of both, for a study has two.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import trace_agent as tracer

from pipeline.publish import datasets
from pipeline.study import Study

# the same in each record, assigned: there is nothing to follow
WINDOWED = [f"{dataset}.{v}" for dataset in ("ADLB", "ADVS") for v in ("AWU", "SRCDOM", "SRCVAR")]
CONSTANT = sorted(f"{variable}: no path" for variable in ("ADEX.SRCDOM", *WINDOWED))


def test_nothing_dangles_and_every_analysis_variable_has_a_path(study: Study, built: Path) -> None:
    files = defines(study, built)
    assert gaps(files) == CONSTANT


@pytest.mark.parametrize(
    ("method", "planted", "expected"),
    [
        ("reference = DM.RFSTDTC", "reference = DM.RFSTART", "AE.AESTDY: DM.RFSTART"),
        ("reference = DM.RFSTDTC", "reference = specs.visits", "AE.AESTDY: SPECS.VISITS"),
        (
            "TR for records from TR (TR.TRSEQ); ADTA for records from ADTA (ADTA.ASEQ)",
            "one or the other",
            "ADTR.SRCDOM: no path",
        ),
    ],
)
def test_the_tracer_finds_a_planted_gap(
    study: Study, built: Path, tmp_path: Path, method: str, planted: str, expected: str
) -> None:
    spoiled = []
    for number, file in enumerate(defines(study, built)):
        content = file.read_text(encoding="utf-8").replace(method, planted)
        spoiled.append(tmp_path / f"{number}.xml")
        spoiled[-1].write_text(content, encoding="utf-8")
    assert expected in gaps(spoiled)


def defines(study: Study, out: Path) -> list[Path]:
    return [datasets.folder(study, out / "latest", layer) / "define.xml" for layer in ("sdtm", "adam")]


def gaps(files: Iterable[Path]) -> list[str]:
    """What the tracer cannot follow: variables that are nowhere, and analysis variables without a path."""
    groups: dict[str, Any] = {}
    variables: dict[str, Any] = {}
    methods: dict[str, Any] = {}
    for file in files:
        of_groups, of_variables, of_methods = tracer.parse_define(str(file))
        assert not methods.keys() & of_methods.keys(), "an identifier stands for two methods"
        groups |= of_groups
        variables |= of_variables
        methods |= of_methods
    followed = tracer.resolve_predecessors(groups, variables, methods)
    found = [f"{name}: {reference}" for name in variables for reference in followed[name]["dangling"]]
    for name, variable in variables.items():
        is_analysis = groups[variable["dataset"]]["role"] == "ADAM"
        if is_analysis and not tracer.reaches_sdtm(name, followed, variables, groups):
            found.append(f"{name}: no path")
        if variable["origin_type"] == "Derived" and not tracer.method_documented(variable, methods):
            found.append(f"{name}: no method")
    return sorted(found)
