"""specs/study.yaml and specs/raw/header.yaml: what stands in few words becomes the long form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pipeline.errors import SpecError
from pipeline.study.located import KeyPath, Located, nearest
from pipeline.study.short import design
from pipeline.study.short.contracts import missing

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SAID_AS = {
    "standards": 'standards with their versions, such as {SDTMIG: "3.4"}',
    "arms": "arms with their names, such as {PLC: Placebo}",
    "epochs": "epochs with the date on which each begins, such as {TREATMENT: DM.RFXSTDTC}",
    "missing": "a list of codes, or codes with what they mean",
}
_STANDARDS: Mapping[str, dict[str, Any]] = {
    "SDTMIG": {"name": "SDTMIG", "type": "IG", "layers": ["sdtm"]},
    "ADaMIG": {"name": "ADaMIG", "type": "IG", "layers": ["adam"]},
    "SDTM CT": {"name": "CDISC/NCI", "type": "CT", "publishing_set": "SDTM", "layers": ["sdtm", "adam"]},
    "ADaM CT": {"name": "CDISC/NCI", "type": "CT", "publishing_set": "ADaM", "layers": ["adam"]},
}


def header(file: Located) -> Located:
    """The columns of every form, with the codes that stand for no value in their long form."""
    if not isinstance(file.value, dict) or "missing" not in file.value:
        return file
    return replace(file, value=file.value | {"missing": missing(file.value["missing"])})


def protocol(file: Located) -> Located:
    """specs/study.yaml in its long form.

    Raises    SpecError with every fault of what is written in few words.
    """
    if not isinstance(file.value, dict):
        return file
    filler = _Filler(file)
    long = filler.long()
    if filler.faults:
        raise SpecError("\n".join(filler.faults))
    return replace(
        file, value=long, places={**file.places, **filler.places}, rules={**file.rules, **filler.rules}
    )


class _Filler:
    """specs/study.yaml on its way to the long form."""

    def __init__(self, file: Located) -> None:
        self.file = file
        self.said: dict[str, Any] = file.value
        self.places: dict[KeyPath, tuple[int, int]] = {}
        self.rules: dict[KeyPath, str] = {}
        self.faults: list[str] = []

    def long(self) -> dict[str, Any]:
        long = dict(self.said)
        if "missing" in long:
            long["missing"] = missing(long["missing"])
        if "title" in long:
            self._fill(long, "description", long["title"])
        built = _DAY.match(str(long.get("declared_build_time")))
        # without a time of the build the study is refused for that alone
        self._fill(long, "cutoff", built[0] if built else "1900-01-01")
        for key, said in _SAID_AS.items():
            if key in long and not isinstance(long[key], dict | list):
                self._fault((key,), f"{key}: expected {said}")
        if self.faults:
            return long
        if isinstance(long.get("standards"), dict):
            long["standards"] = self._standards(long["standards"])
        if isinstance(long.get("arms"), dict):
            long["arms"] = self._arms(long["arms"])
        if isinstance(long.get("epochs"), dict):
            self._design(long)
        return long

    def _standards(self, said: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Each standard by its name and version."""
        found: list[dict[str, Any]] = []
        for name, version in said.items():
            if name not in _STANDARDS:
                message = f"{name} is no standard here{nearest(name, _STANDARDS)}"
                self._fault(("standards", name), f"{message}; expected {', '.join(_STANDARDS)}")
                continue
            self._moved(("standards", name), ("standards", len(found)))
            self._moved(("standards", name), ("standards", len(found), "version"))
            found.append({**_STANDARDS[name], "version": version})
        return found

    def _arms(self, said: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Each arm by its code and name."""
        for i, code in enumerate(said):
            self._moved(("arms", code), ("arms", i))
        return [{"code": code, "name": name} for code, name in said.items()]

    def _design(self, long: dict[str, Any]) -> None:
        """Epochs by the date with which each begins: each arm has one element in each of them."""
        said, arms = long["epochs"], long.get("arms") or []
        if not all(isinstance(arm, dict) and {"code", "name"} <= arm.keys() for arm in arms):
            long["epochs"] = []  # what is wrong with the arms is told by itself
            return
        for name, start in said.items():
            if not design.is_start(start):
                message = f"{name} begins on a date of DM: DM.VARIABLE, or after DM.VARIABLE"
                self._fault(("epochs", name), message)
        if not arms:
            self._fault(("epochs",), "epochs make the elements of arms, and there is no arm; write `arms`")
        if "elements" in long or any(isinstance(arm, dict) and "elements" in arm for arm in arms):
            message = "the dates of `epochs` make the elements; delete them, or list the epochs by name"
            self._fault(("elements",), message)
        if self.faults:
            return
        made = design.made(said, arms)
        for i, name in enumerate(said):
            self._moved(("epochs", name), ("epochs", i))
        for i in range(len(made["elements"])):
            self._moved(("epochs",), ("elements", i))
        for i in range(len(arms)):
            for j, name in enumerate(said):
                self._moved(("epochs", name), ("arms", i, "elements", j))
            self.rules["arms", i, "elements"] = design.RULE
        self.rules["elements",] = design.RULE
        long |= made

    def _fill(self, long: dict[str, Any], key: str, value: Any) -> None:
        """What a key is where the study leaves it out."""
        if key not in long:
            long[key] = value
            self.rules[(key,)] = "default"

    def _moved(self, here: KeyPath, there: KeyPath) -> None:
        """A part of the long form stands where the study said it."""
        self.places[there] = self.file.places[here]

    def _fault(self, path: KeyPath, message: str) -> None:
        self.faults.append(str(self.file.error(path, message)))
