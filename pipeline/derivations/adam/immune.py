"""Response by iRECIST of each assessment, and which progression counts as the event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import pandas as pd

from pipeline.derivations.adam.basic import record_flag
from pipeline.derivations.oncology import irecist
from pipeline.records import dates, lookup
from pipeline.records.identity import SUBJECT
from pipeline.records.measures import DeathCategory
from pipeline.study.models import Visit

# what makes an unconfirmed progression the event: the words of the parameter, and how a record says it
Situation = Literal["nothing more assessed", "treatment stopped for it", "death from the cancer"]
CONFIRMED: Final = "CONFIRMED"
REASONS: Final[dict[Situation, str]] = {
    "nothing more assessed": "NOTHING MORE ASSESSED",
    "treatment stopped for it": "TREATMENT STOPPED",
    "death from the cancer": "DEATH FROM CANCER",
}


@dataclass(frozen=True)
class Standing:
    """When a progression that nothing confirms counts as the event.

    unconfirmed_stands
        the situations in which it counts.
    cancer_death_categories
        the categories of the cause of death (DDRESCAT) that mean the cancer.
    """

    unconfirmed_stands: Sequence[Situation]
    cancer_death_categories: Sequence[DeathCategory]


def immune_responses(
    derived: pd.DataFrame,
    starts: pd.DataFrame,
    visits: tuple[Visit, ...],
    disposition: pd.DataFrame | None,
    causes: pd.DataFrame | None,
    rules: irecist.IRecist,
    standing: Standing,
) -> pd.DataFrame:
    """The response by iRECIST of each assessment, and on one assessment of a participant that a progression
    is the event.

    1. A confirmed progression is the event, on the first assessment that confirms it.
    2. So is one that nothing confirms and that no later response takes back, on its last assessment, where
       nothing more was assessed after it, treatment was stopped for progression on its date or later, or the
       participant died from the cancer. An assessment that could not be evaluated is one.
    3. It is dated to the first unconfirmed progression of its block.

    Takes     `recist.assessments`; of each assessment the date from which assessments are planned (`start`);
              planned visits; disposition records with term, date and, where a study has it, subcategory;
              causes of death with their category; none of either where a study has none.
    Returns   as `irecist.irecist`, with `ipd_date`, `ipd_why` and IPDFL on the assessment of the event.
    Source    Seymour et al., Lancet Oncol 2017;18:e143-152, table 2, for rules 1 and 3; rule 2 is a choice of
              the study (specs/study.yaml, unconfirmed_stands).
    """
    start = lookup.joined(derived[[SUBJECT]], _first_of_each(starts), on=[SUBJECT])["start"]
    planned = [
        irecist.PlannedScan(visit.day - 1, visit.day - 1 + visit.after)
        for visit in visits
        if visit.scan and visit.day is not None and visit.day > 1
    ]
    closes = irecist.next_planned_closes(derived["first_date"], start, planned, rules)
    responses = irecist.irecist(derived, rules, closes)

    confirmed = (
        responses[responses["iresponse"].eq("iCPD")].drop_duplicates(SUBJECT).assign(ipd_why=CONFIRMED)
    )
    others = responses[~responses[SUBJECT].isin(confirmed[SUBJECT])]
    unconfirmed = _with_reason(others, derived["pd_date"], disposition, causes, standing)
    events = pd.concat([confirmed, unconfirmed[unconfirmed["ipd_why"].notna()]])
    begun = derived["pd_date"].loc[events["iupd_row"].astype("int64")].set_axis(events.index)
    return responses.assign(
        ipd_date=begun.reindex(responses.index),
        ipd_why=events["ipd_why"].reindex(responses.index).astype("str"),
        IPDFL=record_flag(pd.Series(responses.index.isin(events.index), index=responses.index)),
    )


def _with_reason(
    responses: pd.DataFrame,
    pd_date: pd.Series,
    disposition: pd.DataFrame | None,
    causes: pd.DataFrame | None,
    standing: Standing,
) -> pd.DataFrame:
    """The last assessment of each participant that could be evaluated, where it is an unconfirmed
    progression, with why this one is the event (`ipd_why`), missing where it is not.
    """
    evaluated = responses[responses["iresponse"].notna() & responses["iresponse"].ne("NE")]
    last = evaluated.drop_duplicates(SUBJECT, keep="last")  # they are in order of assessment
    unconfirmed = last[last["iresponse"].eq("iUPD")]
    subject = unconfirmed[SUBJECT]
    begun = pd_date.loc[unconfirmed["iupd_row"].astype("int64")].set_axis(unconfirmed.index)

    last_assessments = responses.drop_duplicates(SUBJECT, keep="last").index
    last_stop = lookup.value_of_subject(subject, _stops_for_progression(disposition), "last_day")
    holds: dict[Situation, pd.Series] = {
        "nothing more assessed": pd.Series(unconfirmed.index.isin(last_assessments), unconfirmed.index),
        "treatment stopped for it": last_stop.ge(begun),
        "death from the cancer": subject.isin(_died_from_cancer(causes, standing)),
    }
    why = pd.Series(None, index=unconfirmed.index, dtype="str")
    for situation in standing.unconfirmed_stands:
        why = why.mask(why.isna() & holds[situation], REASONS[situation])
    return unconfirmed.assign(ipd_why=why)


def _stops_for_progression(disposition: pd.DataFrame | None) -> pd.DataFrame:
    """The last end of a treatment for progression of each participant; a partial date may be that of its last
    day, and a stop for progression seldom comes before it.
    """
    if disposition is None:
        return pd.DataFrame({SUBJECT: pd.Series(dtype="str"), "last_day": pd.Series(dtype=dates.DAY)})
    stops = disposition[disposition["DSDECOD"].eq("PROGRESSIVE DISEASE")]
    if "DSSCAT" in stops:
        stops = stops[stops["DSSCAT"].str.startswith("STUDY TREATMENT", na=False)]
    return lookup.last_of_subject(stops.assign(last_day=dates.last_day(stops["DSSTDTC"])), "last_day")


def _died_from_cancer(causes: pd.DataFrame | None, standing: Standing) -> list[str]:
    """The participants whose cause of death means the cancer."""
    if causes is None:
        return []
    from_cancer = causes["DDRESCAT"].isin(list(standing.cancer_death_categories))
    return causes.loc[from_cancer, SUBJECT].tolist()


def _first_of_each(starts: pd.DataFrame) -> pd.DataFrame:
    return starts[[SUBJECT, "start"]].drop_duplicates(SUBJECT)
