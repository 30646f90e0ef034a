"""The simulated investigator, who applies RECIST 1.1 honestly to the measurements of the forms.

Written apart from `pipeline.derivations.oncology` on purpose: two readings of the same rules find each
other's mistakes. Lengths are tenths of a millimetre, so that rounding of floats decides no threshold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

CR, PR, SD, PD, NE = (
    "Complete response",
    "Partial response",
    "Stable disease",
    "Progressive disease",
    "Not evaluable",
)
NON_CR, NONE = "Non-CR/Non-PD", "Not applicable"


@dataclass(frozen=True)
class Target:
    """One target lesion at one assessment; `size` is None where it was not assessed."""

    node: bool
    size: int | None


@dataclass
class Investigator:
    """Remembers what RECIST compares with: baseline, nadir, and what was assigned before."""

    baseline: int
    has_targets: bool
    has_nontargets: bool
    nadir: int = field(init=False)
    last_overall: str = ""
    was_partial: bool = False

    def __post_init__(self) -> None:
        self.nadir = self.baseline

    def assess(self, targets: Sequence[Target], states: Sequence[str], new: str) -> tuple[str, str, str]:
        """Target, non-target and overall response of one assessment."""
        target = self._target(targets)
        nontarget = self._nontarget(states)
        overall = self._overall(target, nontarget, new)
        sizes = [t.size for t in targets if t.size is not None]
        if targets and len(sizes) == len(targets):
            self.nadir = min(self.nadir, sum(sizes))
        self.was_partial = target == PR or (self.was_partial and target == NE)
        self.last_overall = overall if overall != NE else self.last_overall
        return target, nontarget, overall

    def _target(self, targets: Sequence[Target]) -> str:
        if not self.has_targets:
            return NONE
        total = sum(t.size for t in targets if t.size is not None)
        grown = 10 * total >= 12 * self.nadir and total - self.nadir >= 50
        if any(t.size is None for t in targets):
            return PD if grown else NE
        if all(t.size is not None and (t.size < 100 if t.node else t.size == 0) for t in targets):
            return CR
        if grown or self.last_overall == CR:  # after complete response any disease is progression
            return PD
        return PR if 10 * total <= 7 * self.baseline or self.was_partial else SD

    def _nontarget(self, states: Sequence[str]) -> str:
        if not self.has_nontargets:
            return NONE
        if "Unequivocal progression" in states:
            return PD
        if "Not assessed" in states:
            return NE
        return CR if all(s == "Absent" for s in states) else NON_CR

    def _overall(self, target: str, nontarget: str, new: str) -> str:
        if PD in (target, nontarget, self.last_overall) or new == "Unequivocal":
            return PD  # also after it: progression is not taken back
        if target == NONE:
            return nontarget
        if target == CR:
            return CR if nontarget in (CR, NONE) else PR
        return target
