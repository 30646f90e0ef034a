"""RECIST 1.1, best response and iRECIST a second time, independently: one participant, one scan after the
other, from the published tables alone.

Nothing of `pipeline.derivations.oncology` is imported; a test passes its parameters in. It is slow and plain
on purpose: the property tests compare it with the derivation of the pipeline.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

GONE = {"ABSENT", "NON-PATHOLOGICAL"}


class Lesion(NamedTuple):
    assessment: int
    label: str
    role: str
    node: bool
    mm: Decimal | None
    state: str | None
    done: bool
    day: date | None


@dataclass
class Memory:
    """What the reader of the scans remembers."""

    nadir: Decimal | None = None
    baseline: Decimal | None = None
    last_overall: str | None = None
    first_pr_of_run: date | None = None
    pr_counts: bool = False
    pd_seen: bool = False
    certain_new: set[str] = field(default_factory=set)
    new_targets: set[str] = field(default_factory=set)
    new_others: set[str] = field(default_factory=set)
    ever_worse: set[str] = field(default_factory=set)


def is_part(label: str, whole: str) -> bool:
    """T04.1 and T04a of T04."""
    rest = label.removeprefix(whole)
    numbered = rest[:1] in tuple(".-_ ") and rest[1:].isascii() and rest[1:].isdigit()
    return label != rest and (numbered or re.fullmatch(r"[.\-_ ]?[A-Za-z]", rest) is not None)


def merged(label: str, labels: set[str]) -> set[str]:
    """T02 and T03 of T02/T03, where both exist; without one of them the label is a name like any other."""
    tokens = {token.strip() for token in re.split(r"[/+&,;]", label)}
    return tokens if len(tokens) > 1 and tokens <= labels else set()


def sources(label: str, labels: set[str]) -> set[str]:
    """The lesions of which this one is a part, or which merged into it; none for an ordinary lesion."""
    wholes = {whole for whole in labels if is_part(label, whole)}
    ours = merged(label, labels)
    smaller = {s for s in labels if merged(s, labels) and merged(s, labels) < ours}
    return wholes or ours | smaller - {label}


class Standing:
    """Which lesions the reader looks for, one scan after the other."""

    def __init__(self, lesions: Sequence[Lesion]) -> None:
        labels = {x.label for x in lesions}
        at_baseline = {x.label for x in lesions if x.assessment == 0}
        self.came_of = {label: sources(label, labels) for label in labels - at_baseline}
        self.came_of = {label: origins for label, origins in self.came_of.items() if origins}
        self.parts = {p for p, wholes in self.came_of.items() if any(is_part(p, w) for w in wholes)}
        self.ordinary = labels - self.came_of.keys()
        self.begun: set[str] = set()
        self.apart: set[str] = set()

    def see(self, scan: dict[str, Lesion]) -> set[str]:
        self.begun |= scan.keys() & self.came_of.keys()
        for merger in self.begun - self.parts:
            formed_of_it = {label for label, origins in self.came_of.items() if merger in origins}
            if scan.keys() & ({merger} | formed_of_it):
                self.apart.discard(merger)
            elif any(scan[origin].done for origin in self.came_of[merger] & scan.keys()):
                self.apart.add(merger)
        in_place = {
            label
            for label in self.begun - self.apart
            if not (label in self.parts and self.came_of[label] & self.apart)
        }
        superseded = {origin for label in in_place for origin in self.came_of[label]}
        return (self.ordinary | in_place) - superseded


def read(lesions: Sequence[Lesion], numbers: Sequence[int], rules: Any) -> list[dict[str, Any]]:
    """Every assessment of one participant, in order."""
    roles = {x.label: x.role for x in lesions}
    memory, standing = Memory(), Standing(lesions)
    assessments = []
    for number in sorted(set(numbers)):
        scan = {x.label: x for x in lesions if x.assessment == number}
        here = standing.see(scan)
        targets = sorted(label for label in here if roles[label] == "TARGET")
        others = sorted(label for label in here if roles[label] == "NON-TARGET")
        assessments.append(_assess(memory, number, scan, targets, others, lesions, rules))
    return assessments


def _assess(
    memory: Memory,
    number: int,
    scan: dict[str, Lesion],
    targets: list[str],
    others: list[str],
    lesions: Sequence[Lesion],
    rules: Any,
) -> dict[str, Any]:
    sizes = {label: _size(scan.get(label), rules) for label in targets}
    seen = {label: mm for label, mm in sizes.items() if mm is not None}
    total = sum(seen.values(), Decimal(0))
    complete = bool(targets) and len(seen) == len(targets)
    days = sorted(x.day for x in scan.values() if x.done and x.day is not None)
    first, last = (days[0], days[-1]) if days else (None, None)
    if number == 0 and complete:
        memory.baseline = total
    out: dict[str, Any] = {
        "assessment": number,
        "n_expected": len(targets),
        "n_assessed": len(seen),
        "sum": total if complete else None,
        "sum_measured": total if seen else None,
        "baseline": memory.baseline,
        "nadir": memory.nadir,
        "first_date": first,
        "last_date": last,
        "after_pd": memory.pd_seen,
    }
    if number > 0:
        ill = [
            label
            for label, mm in seen.items()
            if mm >= (Decimal(str(rules.node_normal_mm)) if scan[label].node else Decimal("0.01"))
        ]
        target, target_why, by_sum = _target(memory, targets, total, complete, ill, seen, rules)
        other, back = _non_target(memory, others, scan, rules)
        new = _new(memory, scan, rules)
        memory.ever_worse.update(
            label
            for label in others
            if label in scan and scan[label].done and scan[label].state == "UNEQUIVOCAL PROGRESSION"
        )
        overall = _overall(target, other, new, rules)
        out |= {
            "target": target,
            "target_why": target_why,
            "non_target": other,
            "new": new,
            "n_new": len(memory.certain_new),
        }
        out["n_worse"] = sum(
            label in scan and scan[label].done and scan[label].state == "UNEQUIVOCAL PROGRESSION"
            for label in others
        )
        out["sizes_new"] = _sizes_of_new(memory, scan)
        out["worse_so_far"] = set(memory.ever_worse)
        out["response"] = "PD" if memory.pd_seen and rules.after_pd == "carry" else overall
        out["why"] = (
            _why(target, target_why, other, back, overall) if out["response"] == overall else "CARRIED"
        )
        out["response_date"] = last if out["response"] in ("CR", "PR") else first if out["response"] else None
        out["pd_date"] = (
            _pd_date(target, other, back, new, scan, seen, others, lesions, rules)
            if overall == "PD"
            else None
        )
        _learn(memory, target, overall, by_sum, last, rules)
    if complete:
        memory.nadir = total if memory.nadir is None else min(memory.nadir, total)
    return out


def _size(x: Lesion | None, rules: Any) -> Decimal | None:
    if x is None or not x.done:
        return None
    if x.mm is None and x.state == "TOO SMALL TO MEASURE":
        return Decimal(str(rules.too_small_mm))
    return x.mm


def _target(
    memory: Memory,
    targets: list[str],
    total: Decimal,
    complete: bool,
    ill: list[str],
    seen: dict[str, Decimal],
    rules: Any,
) -> tuple[str | None, str | None, bool]:
    """Response, reason, and whether the sum alone says PR."""
    pr_fraction = Decimal(str(rules.pr_fraction))
    by_sum = complete and memory.baseline is not None and total <= memory.baseline * pr_fraction
    if not targets:
        return None, None, by_sum
    grown = (
        memory.nadir is not None
        and total >= memory.nadir * Decimal(str(rules.pd_fraction))
        and total - memory.nadir >= Decimal(str(rules.pd_absolute_mm))
    )
    if not complete:
        # With nothing ill among those seen, all might be gone.
        if grown and (ill or not rules.normal_nodes_are_cr):
            return "PD", "NADIR", by_sum
        if ill and memory.last_overall == "CR":
            return "PD", "REAPPEARED", by_sum
        return "NE", "MISSING", by_sum
    if not ill and not (grown and not rules.normal_nodes_are_cr):
        return "CR", "NODE" if any(mm > 0 for mm in seen.values()) else "GONE", by_sum
    if grown:
        return "PD", "NADIR", by_sum
    if memory.last_overall == "CR":
        return "PD", "REAPPEARED", by_sum
    if memory.baseline is None:
        return "NE", "BASELINE", by_sum
    if by_sum:
        return "PR", "SUM", by_sum
    if memory.pr_counts and rules.pr_persists:
        return "PR", "PERSISTS", by_sum
    return "SD", "SUM", by_sum


def _non_target(
    memory: Memory, others: list[str], scan: dict[str, Lesion], rules: Any
) -> tuple[str | None, bool]:
    states = [scan[label].state if label in scan and scan[label].done else None for label in others]
    persists = [s for s in states if s in ("PRESENT", "PATHOLOGICAL")]
    back = memory.last_overall == "CR" and rules.non_target_reappears and bool(persists)
    if not others:
        return None, False
    if "UNEQUIVOCAL PROGRESSION" in states or back:
        return "PD", back
    if None in states and (rules.non_targets_all_needed or not persists):
        return "NE", back
    return ("NON-CR/NON-PD" if persists else "CR"), back


def _new(memory: Memory, scan: dict[str, Lesion], rules: Any) -> str | None:
    states = {x.label: x.state for x in scan.values() if x.role == "NEW" and x.done}
    for label, state in states.items():
        mm = scan[label].mm
        if state == "UNEQUIVOCAL" and label not in memory.certain_new and mm is not None:
            least = rules.node_target_mm if scan[label].node else rules.lesion_target_mm
            (memory.new_targets if mm >= Decimal(str(least)) else memory.new_others).add(label)
    memory.certain_new.update(label for label, s in states.items() if s == "UNEQUIVOCAL")
    for certainty in ("UNEQUIVOCAL", "EQUIVOCAL"):
        if certainty in states.values():
            return certainty
    return None


def _sizes_of_new(memory: Memory, scan: dict[str, Lesion]) -> dict[str, tuple[Decimal, bool]]:
    """Of new-lesion targets and of the others: the sum of those measured now, and whether that is all."""
    sums = {}
    for kind, labels in (("target", memory.new_targets), ("other", memory.new_others)):
        now = [x.mm for label, x in scan.items() if label in labels and x.done and x.mm is not None]
        sums[kind] = (sum(now, Decimal(0)), len(now) == len(labels) and bool(now))
    return sums


def _overall(target: str | None, other: str | None, new: str | None, rules: Any) -> str | None:
    sick = target is not None or other is not None
    if (
        target == "PD"
        or other == "PD"
        or (new == "UNEQUIVOCAL" and (sick or rules.new_lesion_without_disease))
    ):
        return "PD"
    if not sick:
        return None
    if target is None:
        return other
    if target == "CR":
        return "CR" if other in ("CR", None) else "PR"
    return target  # PR, SD or NE: whatever is not PD leaves them


def _why(
    target: str | None, target_why: str | None, other: str | None, back: bool, overall: str | None
) -> str | None:
    if overall is None:
        return None
    if overall == "PD":
        if target == "PD":
            return target_why
        if other == "PD":
            return "REAPPEARED" if back else "NON-TARGET"
        return "NEW LESION"
    if target is None or (target == "CR" and overall == "PR"):
        return "MISSING" if other == "NE" else "NON-TARGET"
    return target_why


def _pd_date(
    target: str | None,
    other: str | None,
    back: bool,
    new: str | None,
    scan: dict[str, Lesion],
    seen: dict[str, Decimal],
    others: list[str],
    lesions: Sequence[Lesion],
    rules: Any,
) -> date | None:
    shown_on: list[date] = []
    if target == "PD":
        shown_on += sorted(d for label in seen if (d := scan[label].day))[-1:]
    if other == "PD":
        telling_states = {"UNEQUIVOCAL PROGRESSION"} | ({"PRESENT", "PATHOLOGICAL"} if back else set())
        scanned = [scan[label] for label in others if label in scan and scan[label].done]
        shown_on += [x.day for x in scanned if x.state in telling_states and x.day]
    if new == "UNEQUIVOCAL":
        proved = {x.label for x in scan.values() if x.role == "NEW" and x.done and x.state == "UNEQUIVOCAL"}
        shown_on += [
            x.day
            for x in lesions
            if x.label in proved
            and x.done
            and x.day
            and x.assessment > 0
            and (x.state == "UNEQUIVOCAL" or (x.state == "EQUIVOCAL" and rules.equivocal_dates_back))
        ]
    return min(shown_on, default=None)


def _learn(
    memory: Memory, target: str | None, overall: str | None, by_sum: bool, last: date | None, rules: Any
) -> None:
    if not (overall == "NE" and rules.cr_outlasts_ne):
        memory.last_overall = overall
    memory.pd_seen = memory.pd_seen or overall == "PD"
    if target == "NE":
        return
    if target != "PR":
        memory.first_pr_of_run, memory.pr_counts = None, False
        return
    if by_sum:
        memory.first_pr_of_run = memory.first_pr_of_run or last
        confirmed = (
            memory.first_pr_of_run is not None
            and last is not None
            and (last - memory.first_pr_of_run).days >= rules.confirm_days
        )
        memory.pr_counts = memory.pr_counts or confirmed or not rules.pr_needs_confirmation


# --- best response
class Scan(NamedTuple):
    day: date
    response: str
    row: int
    persists: bool = False  # a PR only because nothing ended it: the sum is above the bound of PR


def counted(scans: Sequence[Scan], therapy: date | None, rules: Any) -> list[Scan]:
    """In order; before new therapy; before the first PD, and that PD."""
    kept = []
    for s in sorted(scans, key=lambda s: (s.day, s.row)):
        late = therapy is not None and (s.day > therapy or (s.day == therapy and not rules.on_therapy_start))
        if not (rules.before_new_therapy and late):
            kept.append(s)
    return until_pd(kept)


def until_pd(scans: list[Scan]) -> list[Scan]:
    worse = [s for s in scans if s.response == "PD"]
    if not worse:
        return scans
    return [s for s in scans if s.day < worse[0].day] + [worse[0]]


def unconfirmed(scans: list[Scan], reference: date | None, rules: Any) -> tuple[str | None, int | None]:
    for best in ("CR", "PR", "SD", "NON-CR/NON-PD", "PD"):
        for s in scans:
            if s.response == best and (best not in ("SD", "NON-CR/NON-PD") or _lasts(s, reference, rules)):
                return best, s.row
    return ("NE", scans[0].row) if scans else (rules.without_assessment, None)


def _lasts(s: Scan, reference: date | None, rules: Any) -> bool:
    return reference is not None and (s.day - reference).days >= rules.minimum_sd_days


def pr_after_cr(scans: list[Scan]) -> int | None:
    evaluable = [s for s in scans if s.response != "NE"]
    for before, after in pairwise(evaluable):
        if (before.response, after.response) == ("CR", "PR"):
            return after.row
    return None


def reread(scans: list[Scan], rules: Any) -> list[Scan]:
    """The responses once the query about a PR after a CR is answered as the parameter says."""
    if rules.cr_then_pr == "AS REPORTED":
        return scans
    result = list(scans)
    for i, s in enumerate(scans):
        before = [x.response for x in scans[:i] if x.response != "NE"]
        after = [x.response for x in scans[i + 1 :] if x.response not in ("NE", "CR")]
        if rules.cr_then_pr == "PD" and s.response == "PR" and before[-1:] == ["CR"]:
            result[i] = s._replace(response="PD")
        if rules.cr_then_pr == "PR" and s.response == "CR" and after[:1] == ["PR"]:
            result[i] = s._replace(response="PR")
    return until_pd(result)


def confirmed(
    scans: list[Scan], reference: date | None, rules: Any
) -> tuple[str | None, int | None, int | None]:
    """Response, its record, and the record that confirms it.

    At both time points the criteria are met: a PR whose sum is above the bound again meets those of SD.
    """
    if not rules.persisting_pr_confirms:
        scans = [s._replace(response="SD") if s.persists and s.response == "PR" else s for s in scans]
    for best, partners, between in (("CR", {"CR"}, {"CR", "NE"}), ("PR", {"CR", "PR"}, {"CR", "PR", "NE"})):
        for i, a in enumerate(scans):
            for j in range(i + 1, len(scans)):
                middle = [s.response for s in scans[i + 1 : j]]
                fits = (
                    a.response == best
                    and scans[j].response in partners
                    and (scans[j].day - a.day).days >= rules.confirm_days
                )
                if fits and set(middle) <= between and middle.count("NE") <= rules.max_ne_between:
                    return best, a.row, scans[j].row
    for i, s in enumerate(scans):
        previous = [x.response for x in scans[:i] if x.response != "NE"][-1:]
        printed = not rules.pr_then_sd_needs_minimum and s.response == "SD" and previous == ["PR"]
        if s.response in ("CR", "PR", "SD") and (_lasts(s, reference, rules) or printed):
            return "SD", s.row, None
    for s in scans:
        if s.response == "NON-CR/NON-PD" and _lasts(s, reference, rules):
            return "NON-CR/NON-PD", s.row, None
    for i, s in enumerate(scans):
        previous = [x.response for x in scans[:i] if x.response != "NE"][-1:]
        disease = (
            rules.disease_after_early_cr_is_pd
            and s.response in ("SD", "NON-CR/NON-PD")
            and previous == ["CR"]
        )
        if s.response == "PD" or disease:
            return "PD", s.row, None
    return ("NE", scans[0].row, None) if scans else (rules.without_assessment, None, None)


# --- iRECIST
IMMUNE = {"CR": "iCR", "PR": "iPR", "SD": "iSD", "NON-CR/NON-PD": "NON-iCR/NON-iUPD", "NE": "NE"}


def immune(
    assessed: list[dict[str, Any]], rules: Any, recist: Any, planned: Sequence[tuple[date, date]] = ()
) -> list[tuple[str | None, str | None, int | None]]:
    """For each assessment that `read` returns: response, why it was confirmed, and the place of the block's
    first iUPD. Planned assessments are the day and the last day of the window.
    """
    responses: list[tuple[str | None, str | None, int | None]] = []
    block: list[int] = []
    certain = False
    for place, now in enumerate(assessed):
        plain = (
            _overall(now["target"], now["non_target"], now["new"], recist) if now.get("response") else None
        )
        if plain is None:
            responses.append((None, None, None))
        elif certain and rules.icpd_stays:
            responses.append(("iCPD", None, block[0]))
        elif plain != "PD":
            block = block if plain == "NE" else []
            responses.append((IMMUNE[plain], None, None))
        else:
            why = _confirmation([assessed[p] for p in block], now, rules, planned)
            block.append(place)
            certain = why is not None
            responses.append(("iCPD" if certain else "iUPD", why, block[0]))
            if certain and not rules.icpd_stays:
                block = []
    return responses


def _confirmation(
    block: list[dict[str, Any]], now: dict[str, Any], rules: Any, planned: Sequence[tuple[date, date]]
) -> str | None:
    """What confirms a progression after the others of its block."""
    if not block or not _in_time(block, now, rules, planned):
        return None
    is_now = _categories(now)
    was: set[str] = set().union(*(_categories(x) for x in block))
    worse = [x for x in block if "target" in _categories(x) and x["sum"] is not None]
    if (
        "target" in is_now
        and worse
        and now["sum_measured"] - worse[0]["sum"] >= Decimal(str(rules.further_mm))
    ):
        return "TARGET"
    worse = [x for x in block if "non-target" in _categories(x)]
    if "non-target" in is_now and worse:
        more = now["n_worse"] > worse[0]["n_worse"] or now["worse_so_far"] - worse[0]["worse_so_far"]
        if more or rules.non_target_still_worse_confirms:
            return "NON-TARGET"
    worse = [x for x in block if "new" in _categories(x)]
    if "new" in is_now and worse:
        larger = now["n_new"] > worse[0]["n_new"]
        for kind, least in (("target", Decimal(str(rules.further_mm))), ("other", Decimal("0.01"))):
            whole = [total for total, complete in (x["sizes_new"][kind] for x in worse) if complete]
            if whole and now["sizes_new"][kind][0] - whole[0] >= least:
                larger = True
        if larger:
            return "NEW LESION"
    return "OTHER CATEGORY" if is_now - was else None


def _in_time(
    block: list[dict[str, Any]], now: dict[str, Any], rules: Any, planned: Sequence[tuple[date, date]]
) -> bool:
    dated = [x["first_date"] for x in block if x["first_date"] is not None]
    if (
        not dated
        or now["first_date"] is None
        or (now["first_date"] - dated[0]).days < rules.confirm_from_days
    ):
        return False
    if rules.confirm_to_days is None:
        return True
    last = block[-1]["first_date"]
    if last is None:
        return False
    if (now["first_date"] - last).days <= rules.confirm_to_days:
        return True
    following = [closes for day, closes in planned if (day - last).days >= rules.confirm_from_days]
    return bool(rules.next_planned_confirms and following and now["first_date"] <= following[0])


def _categories(assessed: dict[str, Any]) -> set[str]:
    categories = set()
    if assessed["target"] == "PD":
        categories.add("target")
    if assessed["non_target"] == "PD":
        categories.add("non-target")
    if assessed["new"] == "UNEQUIVOCAL":
        categories.add("new")
    return categories
