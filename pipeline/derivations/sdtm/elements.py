"""SE: the elements that a participant went through, and their place in the design of the study."""

from __future__ import annotations

from typing import Annotated

import pandas as pd

from pipeline.records import dates, lookup
from pipeline.records.columns import Date, Named, Placed
from pipeline.records.identity import KEY, SUBJECT, values_of
from pipeline.study.design import Arm


def first_treatment(
    exposure: Annotated[pd.DataFrame, Placed(Date("start"))],
) -> Annotated[pd.DataFrame, Named("START")]:
    """The treatment element begins with the first dose of any study treatment; a participant who was never
    dosed has none.

    A dose with a partial date does not count.

    Takes     doses received with the date and time at which each began.
    Returns   the first dose of each participant with its identity and START in ISO 8601.
    Source    SDTMIG 3.4, 5.3 (SE, SESTDTC).
    """
    (start,) = values_of(exposure)
    dosed = exposure[dates.day(exposure[start]).notna()]
    first = lookup.first_of_subject(dosed, start)
    return first[KEY].assign(START=first[start])


def epoch_from(
    began: Annotated[pd.DataFrame, Placed(Date("start"))],
) -> Annotated[pd.DataFrame, Named("START")]:
    """An epoch begins with a date of the participant; who has no such date does not enter it.

    Takes     for each participant the date of the beginning.
    Returns   the record of the date with its identity and START in ISO 8601, as precise as the date.
    Source    SDTMIG 3.4, 5.3 (SE, SESTDTC).
    """
    (start,) = values_of(began)
    entered = began[began[start].notna()]
    return entered[KEY].assign(START=entered[start])


def epoch_after(
    ended: Annotated[pd.DataFrame, Placed(Date("last day before"), Date("end of participation"))],
) -> Annotated[pd.DataFrame, Named("START")]:
    """An epoch begins on the day after a date of the participant.

    1. Who has no such date, or only a part of it, does not enter the epoch.
    2. Nor does who left the study before the epoch could begin; an unknown end of participation does not
       stand in the way.

    Takes     for each participant the last day of what comes before, and the end of participation.
    Returns   the record of the date with its identity and START in ISO 8601.
    Source    SDTMIG 3.4, 5.3 (SE, SESTDTC).
    """
    before, left = values_of(ended)
    begins = dates.day(ended[before]) + pd.Timedelta(days=1)
    entered = begins.notna() & ~dates.last_day(ended[left]).lt(begins)
    return ended.loc[entered, KEY].assign(START=dates.to_iso(begins[entered]))


def element_of_epoch(epoch: pd.Series, arm: pd.Series, arms: tuple[Arm, ...]) -> pd.Series:
    """The element that the arms have in the epoch; where they differ, that of the participant's actual arm.

    A participant whose actual arm has none there went through an element that nobody planned: UNPLAN.

    Takes     EPOCH; the code of the actual arm; the arms of the study with their elements.
    Returns   ETCD.
    Source    SDTMIG 3.4, 5.3 (SE, ETCD) and 7.2.1 (TA).
    """
    found = pd.Series("UNPLAN", index=epoch.index, dtype="str")
    for name in {step.epoch for planned in arms for step in planned.elements}:
        of_arm = {a.code: step.element for a in arms for step in a.elements if step.epoch == name}
        shared = set(of_arm.values())
        element = arm.map(of_arm) if len(shared) > 1 else pd.Series(min(shared), index=epoch.index)
        found = found.mask(epoch.eq(name) & element.notna(), element)
    return found


def first_of_each_treatment(
    exposure: Annotated[pd.DataFrame, Placed("treatment", Date("start"))],
) -> Annotated[pd.DataFrame, Named("START", "TREATMENT")]:
    """The element of a treatment begins with its first dose, as where participants cross over from one
    treatment to the next.

    A dose with a partial date does not count.

    Takes     doses received with their treatment and the date and time at which each began.
    Returns   the first dose of each treatment of a participant with its identity, TREATMENT, and START in ISO
              8601.
    Source    SDTMIG 3.4, 5.3 (SE, SESTDTC).
    """
    treatment, start = values_of(exposure)
    dosed = exposure[dates.day(exposure[start]).notna()]
    first = lookup.first_of_each(dosed, [SUBJECT, treatment], start)
    return first[KEY].assign(START=first[start], TREATMENT=first[treatment])


def epoch_of_element(element: pd.Series, arms: tuple[Arm, ...]) -> pd.Series:
    """The epoch in which the arms of the study have the element.

    Takes     ETCD; the arms of the study with their elements.
    Returns   text.
    Source    SDTMIG 3.4, 5.3 (SE, EPOCH) and 7.2.1 (TA).
    """
    return element.map({step.element: step.epoch for arm in arms for step in arm.elements}).astype("str")


def epoch_of_element_in_arm(element: pd.Series, arm: pd.Series, arms: tuple[Arm, ...]) -> pd.Series:
    """The epoch in which the participant's arm has the element: in a cross-over each arm has its elements in
    another epoch.

    An element that the arm does not have, and that of a participant without an arm, is in the epoch of the
    first arm that has it.

    Takes     ETCD; code of the planned arm; the arms of the study with their elements.
    Returns   text.
    Source    SDTMIG 3.4, 5.3 (SE, EPOCH) and 7.2.1 (TA).
    """
    first_epochs: dict[str, str] = {}
    for planned in arms:
        for step in planned.elements:
            first_epochs.setdefault(step.element, step.epoch)
    epoch = element.map(first_epochs)
    for planned in arms:
        of_arm = element.map({step.element: step.epoch for step in planned.elements})
        epoch = epoch.mask(arm.eq(planned.code) & of_arm.notna(), of_arm)
    return epoch.astype("str")


def planned_order(element: pd.Series, arm: pd.Series, arms: tuple[Arm, ...]) -> pd.Series:
    """The place of the element in the arm to which the participant was assigned; missing for an element that
    this arm does not have.

    A screen failure was assigned to no arm: the element with which every arm begins has place 1.

    Takes     ETCD; code of the planned arm; the arms of the study with their elements.
    Returns   whole number.
    Source    SDTMIG 3.4, 5.3 (SE, TAETORD).
    """
    order = pd.Series(index=element.index, dtype="float64")
    for planned in arms:
        places = {step.element: place for place, step in enumerate(planned.elements, 1)}
        order = order.mask(arm.eq(planned.code), element.map(places))
    first_elements = {planned.elements[0].element for planned in arms[:1] if planned.elements}
    return order.mask(arm.isna() & element.isin(first_elements), 1.0)


def end_of_element(
    records: Annotated[pd.DataFrame, Placed(Date("start of the element"))], left: pd.Series, seen: pd.Series
) -> pd.Series:
    """The date and time at which the next element begins; the last element ends when the participant left the
    study.

    A screen failure was in the study until the last contact.

    Takes     the participant's elements with their start; the end of the study; the last contact.
    Returns   ISO 8601 text; for the last element as precise as the end of the study is known.
    Source    SDTMIG 3.4, 5.3 (SE, SEENDTC).
    """
    (start,) = values_of(records)
    in_order = records.sort_values([SUBJECT, start], kind="stable")
    next_start = in_order.groupby(SUBJECT)[start].shift(-1).reindex(records.index)
    end_of_participation = left.where(left.notna(), seen)
    return next_start.where(next_start.notna(), end_of_participation)
