"""What specs/study.yaml says of visits and windows, and what is due or not yet answered at them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pipeline.records import conditions
from pipeline.study import visits as by_name
from pipeline.study.agreement.names import Fault, terms_of, unknown
from pipeline.study.located import KeyPath
from pipeline.study.reader import (
    STUDY,
)

if TYPE_CHECKING:
    from pipeline.study import Study


def visits(study: Study) -> Iterator[Fault]:
    """Two visits of one name, however it is typed: a text could mean either."""
    first: dict[str, str] = {}
    for i, visit in enumerate(study.visits):
        for name in (visit.name, *visit.also):
            other = first.setdefault(by_name.folded(name), visit.name)
            if other != visit.name:
                yield STUDY, ("visits", i), f"{name} is also a name of {other}"


def windows(study: Study) -> Iterator[Fault]:
    """Two visits of one set of analysis windows on one day, for one arm: a result could belong to either."""
    first: dict[tuple[str, int, str], str] = {}
    for i, visit in enumerate(study.visits):
        for j, windows in enumerate(visit.windows):
            if visit.day is None:
                yield (
                    STUDY,
                    ("visits", i, "windows", j),
                    f"{visit.name} is planned to no day and has no window",
                )
                continue
            for arm in visit.arms or [arm.code for arm in study.protocol.arms]:
                other = first.setdefault((windows, visit.day, arm), visit.name)
                if other != visit.name:
                    message = (
                        f"{visit.name} and {other} are planned on day {visit.day}; one of them has the window"
                    )
                    yield STUDY, ("visits", i, "windows", j), message
                    break


def after_cutoff(study: Study) -> Iterator[Fault]:
    """An answer that a form does not have would never be recognized, or would be no answer."""
    after_cutoff = study.protocol.after_cutoff
    for i, rule in enumerate(after_cutoff.not_yet if after_cutoff else ()):
        path: KeyPath = ("after_cutoff", "not_yet", i)
        if rule.form not in study.forms:
            yield STUDY, (*path, "form"), unknown(rule.form, "a form of the study", study.forms)
            continue
        yield from _answers(study, rule.form, rule.where, (*path, "where"))
        yield from _answers(study, rule.form, rule.unless, (*path, "unless"))
        yield from _answers(study, rule.form, rule.answers, (*path, "answers"))
        for j, date in enumerate(rule.after):
            form = date.form or rule.form
            if form not in study.forms:
                yield STUDY, (*path, "after", j, "form"), unknown(form, "a form of the study", study.forms)
                continue
            known = [name for name, field in study.forms[form].fields.items() if field.type == "date"]
            if date.field not in known:
                yield STUDY, (*path, "after", j, "field"), unknown(date.field, f"a date of {form}", known)
            yield from _answers(study, form, date.where, (*path, "after", j, "where"))


def _answers(
    study: Study, form: str, given: Mapping[str, conditions.Condition | None], path: KeyPath
) -> Iterator[Fault]:
    """Fields that the form lacks, and answers that a closed list of the form lacks."""
    fields = study.forms[form].fields
    for name, answers in given.items():
        if name not in fields:
            yield STUDY, (*path, name), unknown(name, f"a field of {form}", fields)
        elif fields[name].codes and fields[name].closed:
            known = fields[name].codes
            for place, answer in conditions.places(answers) if answers is not None else ():
                if answer not in (*conditions.STATES, *known):
                    yield STUDY, (*path, name, *place), unknown(answer, f"an answer of {form}.{name}", known)


def schedule(study: Study) -> Iterator[Fault]:
    visits = [visit.name for visit in study.visits]
    for i, entry in enumerate(study.protocol.schedule):
        for j, name in enumerate(entry.visits):
            if name not in visits:
                yield STUDY, ("schedule", i, "visits", j), unknown(name, "a visit of the study", visits)
        for j, name in enumerate(entry.forms):
            if name not in study.forms:
                yield STUDY, ("schedule", i, "forms", j), unknown(name, "a form of the study", study.forms)


def tumour_schedule(study: Study) -> Iterator[Fault]:
    """A region, an organ or a method that no record can have would never be due."""
    visits = [visit.name for visit in study.visits if visit.scan]
    variables = {"regions": ("PR", "PRLOC"), "organs": ("TU", "TULOC"), "methods": ("TU", "TUMETHOD")}
    for i, entry in enumerate(study.protocol.tumour_schedule):
        for j, name in enumerate(entry.visits):
            if name not in visits:
                message = unknown(name, "a visit with a tumour assessment", visits)
                yield STUDY, ("tumour_schedule", i, "visits", j), message
        for key, (dataset, variable) in variables.items():
            terms = terms_of(study, dataset, variable)
            for j, name in enumerate(getattr(entry, key)):
                if terms and name not in terms:
                    message = unknown(name, f"a term of {dataset}.{variable}", terms)
                    yield STUDY, ("tumour_schedule", i, key, j), message
