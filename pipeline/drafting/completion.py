"""What a dataset still needs: lines that follow from others, and Expected variables that no field gives."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from pipeline.drafting.blocks import Block, Line
from pipeline.drafting.forms import Drafted
from pipeline.standards import DatasetFacts

# what a rule of the engine gives, where all of this is given; EX is the dataset
_BY_RULE: Mapping[str, tuple[str, ...]] = {
    "STUDYID": (),
    "DOMAIN": (),
    "USUBJID": (),
    "--SEQ": (),
    "--TEST": ("--TESTCD",),
    "--STRESC": ("--TESTCD", "--ORRES", "--ORRESU"),
    "--STRESN": ("--STRESC",),
    "--STRESU": ("--TESTCD", "--STRESC", "--ORRESU"),
    "--DY": ("--DTC", "EX"),
    "--STDY": ("--STDTC", "EX"),
    "--ENDY": ("--ENDTC", "EX"),
    "--LOBXFL": ("--TESTCD", "--DTC", "--ORRES", "EX"),
    "RFXSTDTC": ("EX",),
    "RFXENDTC": ("EX",),
    "RFSTDTC": ("EX",),
    "DTHFL": ("DTHDTC",),
    "ARM": ("ARMCD",),
    "ACTARM": ("ACTARMCD",),
    "ARMNRS": ("ARMCD", "ACTARMCD"),
    "DSCAT": ("DSDECOD",),
    "VISITNUM": ("VISIT OF FORM",),
}


@dataclass(frozen=True)
class Rest:
    """What stands beside the blocks of a dataset."""

    lines: tuple[Line, ...]
    not_collected: tuple[str, ...]  # Expected, and given by no field
    required: tuple[str, ...]  # Required, and given by no field


def rest(
    facts: DatasetFacts, blocks: Sequence[Block], forms: Mapping[str, Drafted], datasets: Collection[str]
) -> Rest:
    """What is to be added to the blocks of a dataset, by the rules of the engine.

    Takes     what the guide says of the dataset; its blocks; the forms by name; the datasets of the draft.
    """
    given = {line.variable for block in blocks for line in block.lines} | {*datasets}
    if any(block.each for block in blocks):
        given |= {f"{facts.name}TESTCD", f"{facts.name}ORRES"}
        unit = f"{facts.name}ORRESU"
        given |= {unit} if any(unit in line for block in blocks for line in block.each) else set()
    if all(forms[block.form].visit and not block.source for block in blocks):
        given.add("VISIT OF FORM")
    result, standard = f"{facts.name}ORRES", f"{facts.name}STRESC"
    lines = []
    if result in given and not _ruled(standard, given, facts.name) and standard not in given:
        why = "no unit, so the result as collected"
        lines.append(Line(standard, f"{{copy: {facts.name}.{result}}}", why))
        given.add(standard)
    _add_ruled(given, facts)
    wanted = [v for v in facts.variables.values() if v.name not in given]
    return Rest(
        tuple(lines),
        tuple(variable.name for variable in wanted if variable.core == "Exp"),
        tuple(variable.name for variable in wanted if variable.core == "Req"),
    )


def _add_ruled(given: set[str], facts: DatasetFacts) -> None:
    before = -1
    while len(given) > before:  # a rule may read what another one gives
        before = len(given)
        given |= {name for name in facts.variables if _ruled(name, given, facts.name)}


def _ruled(variable: str, given: Collection[str], dataset: str) -> bool:
    for name, needed in _BY_RULE.items():
        if name.replace("--", dataset) == variable:
            return all(need.replace("--", dataset) in given for need in needed)
    return False
