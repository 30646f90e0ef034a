"""The design of a trial whose epochs are given by the dates with which they begin: its elements, and the
datasets that describe them (TA, TE) and the way of each participant through them (SE). The datasets of its
criteria, its summary and its visits (TI, TS, TV) are made of whatever specs/study.yaml has.

An arm has one element in each epoch. A trial in which an arm has several, as in a cross-over, lists its
`elements` itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.records.epochs import is_of_treatment
from pipeline.study.located import Located
from pipeline.study.protocol import Epoch, Protocol

RULE = "rule 6"
SE, TA, TE = "mappings/sdtm/se.yaml", "specs/sdtm/ta.yaml", "specs/sdtm/te.yaml"
TI, TS, TV = "specs/sdtm/ti.yaml", "specs/sdtm/ts.yaml", "specs/sdtm/tv.yaml"
_START = re.compile(r"(after )?DM\.[A-Z][A-Z0-9]{0,7}", re.ASCII)
_CODE = 8  # characters that ETCD may have (SDTMIG 3.4, SE)
_USUAL_CODES = {"SCREENING": "SCRN", "FOLLOW-UP": "FU"}  # as in the examples of SDTMIG 3.4, 7.2.2
_IN_WORDS = {
    "RFICDTC": "informed consent",
    "RFSTDTC": "start of the reference period",
    "RFENDTC": "end of the reference period",
    "RFXSTDTC": "first exposure to study treatment",
    "RFXENDTC": "last exposure to study treatment",
}
_END = "end of participation"
_LAST_DATES = ("RFPENDTC", "RFENDTC")  # of DM: when a participant left, as well as it is known
_VARIABLES = {
    TA: ["STUDYID", "DOMAIN", "ARMCD", "ARM", "TAETORD", "ETCD", "ELEMENT", "TABRANCH", "TATRANS", "EPOCH"],
    TE: ["STUDYID", "DOMAIN", "ETCD", "ELEMENT", "TESTRL", "TEENRL", "TEDUR"],
    TI: ["STUDYID", "DOMAIN", "IETESTCD", "IETEST", "IECAT", "TIVERS"],
    TS: [
        *("STUDYID", "DOMAIN", "TSSEQ", "TSGRPID", "TSPARMCD", "TSPARM"),
        *("TSVAL", "TSVALNF", "TSVALCD", "TSVCDREF", "TSVCDVER"),
    ],
    TV: ["STUDYID", "DOMAIN", "VISITNUM", "VISIT", "VISITDY", "ARMCD", "ARM", "TVSTRL"],
}


def is_start(said: object) -> bool:
    """Whether this says with which date an epoch begins: DM.RFXSTDTC, or after DM.RFXENDTC."""
    return isinstance(said, str) and _START.fullmatch(said) is not None


# --- specs/study.yaml
def made(epochs: Mapping[str, str], arms: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Epochs, elements and arms in the long form.

    1. An epoch of treatment by its name has an element of its own in each arm, by the code and the name of
       the arm; any other epoch has one element for all arms, by its own name.
    2. An element begins with the date of its epoch and ends where the next begins, the last one with the
       participation.
    """
    names = list(epochs)
    ends = [*(_rule(epochs[name]) for name in names[1:]), _END]
    elements: dict[tuple[str, str], dict[str, Any]] = {}
    steps: list[list[dict[str, str]]] = [[] for _ in arms]
    for name, end in zip(names, ends, strict=True):
        for arm, of_arm in zip(arms, steps, strict=True):
            key = (name, str(arm["code"]) if is_of_treatment(name) else "")
            if key not in elements:
                taken = {element["code"] for element in elements.values()}
                text = str(arm["name"]) if key[1] else name.capitalize()
                rules = {"start": _sentence(_rule(epochs[name])), "end": _sentence(end)}
                elements[key] = {"code": _code(key[1] or name, taken), "name": text, **rules}
            of_arm.append({"epoch": name, "element": elements[key]["code"]})
    return {
        "epochs": [
            {"name": name, "description": f"From {_rule(start)}", "start": start}
            for name, start in epochs.items()
        ],
        "elements": list(elements.values()),
        "arms": [{**arm, "elements": of_arm} for arm, of_arm in zip(arms, steps, strict=True)],
    }


def _rule(start: str) -> str:
    after, variable = start.startswith("after "), start.rpartition(".")[2]
    words = _IN_WORDS.get(variable, f"the date in DM.{variable}")
    return f"the day after {words}" if after else words


def _sentence(rule: str) -> str:
    return rule[0].upper() + rule[1:]


def _code(name: str, taken: set[str]) -> str:
    """A code for an element that no other one has."""
    if name in _USUAL_CODES and _USUAL_CODES[name] not in taken:
        return _USUAL_CODES[name]
    letters = "".join(c for c in name.upper() if c.isascii() and c.isalnum())
    code, number = letters[:_CODE], 1
    while code in taken:
        number += 1
        code = f"{letters[: _CODE - len(str(number))]}{number}"
    return code


# --- the datasets
def mappings(epochs: Sequence[Epoch], dm: Located | None, shown: str) -> Iterator[Located]:
    """The mapping of SE; nothing where an epoch has no date of its beginning, or the study has no DM.

    Takes     the epochs of the study; the mapping of DM as read; the folder of the study, as messages show
              it.
    """
    if not epochs or dm is None or any(epoch.start is None for epoch in epochs):
        return
    of_dm = _names(dm.value)
    left = next((name for name in _LAST_DATES if name in of_dm), _LAST_DATES[0])
    blocks = []
    for epoch in epochs:
        after, _, date = str(epoch.start).rpartition(" ")
        function, of = "epoch_from", {"began": [date]}
        if after:
            function, of = "epoch_after", {"ended": [date, f"DM.{left}"]}
        of_block = {"EPOCH": {"constant": epoch.name}, "SESTDTC": {"copy": "START"}}
        blocks.append({"from": {"derive": function, "of": of}, "variables": of_block})
    variables = {
        "ETCD": {
            "derive": "element_of_epoch",
            "of": {"epoch": "EPOCH", "arm": "DM.ACTARMCD", "arms": "specs.arms"},
        },
        "ELEMENT": {"derive": "element_name", "of": {"element": "ETCD", "elements": "specs.elements"}},
        "TAETORD": {
            "derive": "planned_order",
            "of": {"element": "ETCD", "arm": "DM.ARMCD", "arms": "specs.arms"},
        },
        "SEENDTC": {
            "derive": "end_of_element",
            "of": {"records": ["SESTDTC"], "left": f"DM.{left}", "seen": f"DM.{left}"},
        },
    }
    yield _file(SE, {"dataset": "SE", "records": blocks, "variables": variables}, shown)


def specs(protocol: Protocol, shown: str) -> Iterator[Located]:
    """The specs of the datasets that describe the trial, as far as specs/study.yaml says it: TA and TE where
    each epoch has the date of its beginning, TI of `criteria`, TS of `summary`, TV of planned `visits`.

    Takes     specs/study.yaml; the folder of the study, as messages show it.
    """
    epochs = protocol.epochs
    are_dated = bool(epochs) and all(epoch.start is not None for epoch in epochs)
    said = {
        TA: are_dated,
        TE: are_dated,
        TI: protocol.criteria,
        TS: protocol.summary,
        TV: protocol.arms and any(visit.is_planned for visit in protocol.visits),
    }
    for name, is_said in said.items():
        if is_said:
            variables: dict[str, Any] = dict.fromkeys(_VARIABLES[name])
            if name == TS:
                variables["TSVAL"] = {"by": ["TSPARMCD"]}
            yield _file(name, {"dataset": name[-7:-5].upper(), "variables": variables}, shown)


def _file(name: str, value: dict[str, Any], shown: str) -> Located:
    """A file that no study wrote: each of its parts is given by the rule."""
    return Located(name, f"{shown}/{name}", value, {}, rules={(): RULE})


def _names(part: Any) -> set[str]:
    """Every key and every text of a file."""
    if isinstance(part, dict):
        return {str(key) for key in part} | {name for within in part.values() for name in _names(within)}
    if isinstance(part, list):
        return {name for within in part for name in _names(within)}
    return {part} if isinstance(part, str) else set()
