"""Exposure: each dose beside the plan, and in sum what a participant received of each product.

The plan is data: `doses` of a visit in specs/study.yaml names the products that are given at it, and
parameter `planned_doses` how much of each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Annotated

import pandas as pd

from pipeline.records import dates, lookup
from pipeline.records.columns import Date, Named, Placed
from pipeline.records.identity import KEY, SUBJECT, values_of
from pipeline.records.measures import Days, PlannedDoses, PlannedFrequency, ShareOfDose
from pipeline.study.models import Visit

Doses = Annotated[
    pd.DataFrame,
    Placed("treatment", "dose", "frequency", Date("start"), Date("end"), "link", "sequence number"),
]
Administrations = Annotated[pd.DataFrame, Placed("treatment", "whether given", "visit", "link")]
InSum = Annotated[pd.DataFrame, Named("PARAMETER", "VALUE", "ASTDT", "AENDT")]
ByDose = Annotated[
    pd.DataFrame, Named("PARAMETER", "VALUE", "ASTDT", "AENDT", "VISIT", "LINK", "SEQ", "VARIABLE")
]

TIMES_A_DAY = {"QD": 1.0, "BID": 2.0, "TID": 3.0, "QID": 4.0}
DAYS_OF_WEEK = 7
ALL_PRODUCTS = "ALL PRODUCTS"
OF_PRODUCT = [SUBJECT, "product"]
COUNTS = ("NUMBER", "MISSED", "DELAYED", "REDUCED", "SKIPPED")


def exposure_by_dose(
    doses: Doses,
    administrations: Administrations,
    visits: tuple[Visit, ...],
    planned_frequency: PlannedFrequency | None = None,
    *,
    planned_doses: PlannedDoses,
    cycle_days: Days,
) -> ByDose:
    """Of each dose given: how much it was, how much was planned, and how much later it came than planned.

    1. DOSE is the amount. A record of a frequency of QD, BID, TID or QID is so many doses on each day from
       its start to its end. Of any other frequency, what was given of a product at one planned visit is one
       dose, in however many records it stands.
    2. Records of several doses a day with the same visit, start, end and frequency, such as tablets of two
       strengths, are summed: they were taken together.
    3. A record of 0 is no dose given, unless the plan has 0 of the product too, as of a placebo.
    4. PLANNED is the amount planned for the visit of the dose; missing for a dose that no visit plans. What
       is taken several times a day is planned so often as `planned_frequency` says or, of a product that it
       does not name, as the participant's first record of the product does.
    5. DELAY is the number of days since the dose before, less the days that the plan has between the visits
       of the two; negative for a dose that came early, missing for the first, and for a further record of
       the visit of the dose before.

    Takes     doses received; planned administrations with their visit, given or not, of which a dose has the
              link; planned visits; by product the planned frequency of what is taken every day, such as BID;
              by product the planned doses in order, of which the last stands for all later ones; days
              of a cycle.
    Returns   records of doses: PARAMETER ("DRUG A: DOSE"), VALUE in the unit of the dose or in days, first
              and last day, VISIT, and LINK, SEQ and VARIABLE of the source; LINK is that of the first and SEQ
              is missing where the dose stands in several records.
    Source    ADaMIG 1.3, 3.3.4 (PARAM, AVAL); specs/study.yaml, visits, parameter planned_doses.
    """
    plan = _plan(visits, planned_doses, cycle_days)
    given = _given(doses, administrations, plan, planned_frequency or {})
    _, dose, _, start, *_ = values_of(doses)
    measures = {"DOSE": ("amount", dose), "PLANNED": ("planned_amount", None), "DELAY": ("delay", start)}
    beside = given[KEY].assign(
        ASTDT=given["first"],
        AENDT=given["last"],
        VISIT=given["visit"],
        LINK=given["link"],
        SEQ=given["sequence"],
    )
    parts = []
    for measure, (column, source) in measures.items():
        of_measure = beside.assign(
            PARAMETER=given["product"] + f": {measure}",
            VALUE=given[column],
            VARIABLE=pd.Series(source, index=given.index, dtype="str"),
        )
        parts.append(of_measure[of_measure["VALUE"].notna()])
    return pd.concat(parts, ignore_index=True)


def exposure_in_sum(
    doses: Doses,
    administrations: Administrations,
    visits: tuple[Visit, ...],
    planned_frequency: PlannedFrequency | None = None,
    *,
    planned_doses: PlannedDoses,
    cycle_days: Days,
    reduced_dose_share: ShareOfDose,
) -> InSum:
    """What a participant who was dosed received of each product, and of all.

    1. NUMBER is the number of doses given, as `exposure_by_dose` tells one from the next, CUMULATIVE their
       sum, and OF PLAN that sum as a percentage of all doses that the plan has.
    2. DURATION is the number of days from the first dose to the end of the last. A dose ends on the day
       before the next one is planned, the last of the plan with its cycle; a record of several doses a day
       ends on its last day.
    3. INTENSITY is CUMULATIVE by week of DURATION. RELATIVE is
       100 x (CUMULATIVE / DURATION) / (planned amount / planned days), where the plan counts from the visit
       of the first dose given to that of the last. Doses of 8 and 6 planned for days 1 and 22 of cycles of
       21 days are 14 in 42 days; given on days 1 and 29 they are 14 in 49 days, and RELATIVE is 85.7.
    4. MISSED is the number of planned doses that were reported as not given; DELAYED of doses that came more
       days late than their visit allows, counted from the dose before; REDUCED of doses below the stated
       share of the planned one, a record of several doses a day counted once; SKIPPED of times that one
       planned dose, or several in a row, was not given between two that were. An infusion that was stopped
       and went on is one dose and none of these.
    5. Of all products: the sums of these numbers, DURATION from the first dose of any to the end of the last,
       and RELATIVE as the mean over the products received.

    Takes     as `exposure_by_dose`; the share of the planned dose below which a dose is a reduction.
    Returns   records, one per participant, product and measure that can be given: PARAMETER ("DRUG A:
              CUMULATIVE"), VALUE, the first day of the first dose and the last day of the last one.
    Source    ADaMIG 1.3, 3.3.4 (PARAM, AVAL); Hryniuk and Bush, J Clin Oncol 1984;2:1281-1288 (dose
              intensity); specs/study.yaml, visits, parameters.
    """
    plan = _plan(visits, planned_doses, cycle_days)
    given = _given(doses, administrations, plan, planned_frequency or {})
    of_products = _of_products(given, plan, reduced_dose_share)
    of_products = _with_missed(of_products, administrations)
    together = pd.concat([of_products, _of_all(of_products)], ignore_index=True)
    measures = ("CUMULATIVE", "OF PLAN", "DURATION", "INTENSITY", "RELATIVE", *COUNTS)
    parts = []
    for measure in measures:
        of_measure = together[[*KEY, "ASTDT", "AENDT"]].assign(
            PARAMETER=together["product"] + f": {measure}", VALUE=together[measure].round(9)
        )
        parts.append(of_measure[of_measure["VALUE"].notna()])
    return pd.concat(parts, ignore_index=True)


# --- the plan, and the doses beside it
def _plan(
    visits: tuple[Visit, ...], planned_doses: Mapping[str, Sequence[float]], cycle_days: int
) -> pd.DataFrame:
    """The planned doses of each product: visit, its place and day, the dose, the days until the next one, and
    how many days late it may come.
    """
    rows = []
    for product, amounts in planned_doses.items():
        planned = sorted((v.day, v.name, v.after) for v in visits if product in v.doses and v.day is not None)
        days = [day for day, _, _ in planned]
        end_of_last_cycle = [cycle_days * ((day - 1) // cycle_days + 1) + 1 for day in days[-1:]]
        lengths = [later - day for day, later in pairwise([*days, *end_of_last_cycle])]
        for place, ((day, visit, late), length) in enumerate(zip(planned, lengths, strict=True)):
            amount = amounts[min(place, len(amounts) - 1)]
            rows.append((product, visit, place, day, length, late, amount))
    columns = ["product", "visit", "place", "day", "length", "late", "planned"]
    types = {"product": "str", "visit": "str"} | dict.fromkeys(columns[2:], "float64")
    return pd.DataFrame(rows, columns=columns).astype(types)


def _given(
    doses: pd.DataFrame,
    administrations: pd.DataFrame,
    plan: pd.DataFrame,
    planned_frequency: PlannedFrequency,
) -> pd.DataFrame:
    """The doses given, in order, each with its amount, the dose planned for its visit, and its delay."""
    product, dose, frequency, start, end, link, sequence = values_of(doses)
    first, last = dates.day(doses[start]), dates.day(doses[end])
    given = doses[KEY].assign(
        product=doses[product],
        dose=doses[dose].astype("float64"),
        a_day=doses[frequency].map(TIMES_A_DAY).astype("float64"),
        first=first,
        last=last.where(last.notna(), first),
        link=doses[link],
        sequence=doses[sequence],
    )
    planned_at_all = given["product"].isin(plan.loc[plan["planned"].gt(0), "product"])
    is_given = given["dose"].gt(0) | (given["dose"].notna() & ~planned_at_all)
    given = lookup.in_order(given[is_given], *OF_PRODUCT, "first")
    given = lookup.joined(given, _visits_of(administrations), on=[*OF_PRODUCT, "link"])
    given = _one_line_a_dose(lookup.joined(given, plan, on=["product", "visit"]))

    days_taken = dates.days_between(given["first"], given["last"])
    times = (given["a_day"] * days_taken).fillna(1.0)
    times_planned = given["product"].map(planned_frequency).map(TIMES_A_DAY).astype("float64")
    first_times = given.groupby(OF_PRODUCT)["a_day"].transform("first")
    planned_a_day = times_planned.fillna(first_times).where(given["a_day"].notna())
    in_plan = given[given["first"].notna() & given["place"].notna()]
    in_plan = in_plan[~in_plan.duplicated([*OF_PRODUCT, "place"])]
    before = in_plan.groupby(OF_PRODUCT)[["first", "day", "place"]].shift()
    days_since = (in_plan["first"] - before["first"]).dt.days
    return given.assign(
        times=times,
        amount=given["dose"] * times,
        planned_a_day=planned_a_day,
        planned_amount=given["planned"] * (planned_a_day * days_taken).fillna(1.0),
        delay=days_since - (in_plan["day"] - before["day"]),
        skipped=in_plan["place"] - before["place"] - 1,
    )


def _one_line_a_dose(records: pd.DataFrame) -> pd.DataFrame:
    """The records of each dose as one line, in the order of the first record of each."""
    several_a_day, planned = records["a_day"].notna(), records["place"].notna()
    told_apart = records.assign(
        begins=records["first"].where(several_a_day),
        ends=records["last"].where(several_a_day),
        alone=records["record"].where(~several_a_day & ~planned),
    )
    dose = [*OF_PRODUCT, "visit", "a_day", "begins", "ends", "alone"]
    of_dose = told_apart.groupby(dose, sort=False, dropna=False)
    first_lines = ~told_apart.duplicated(dose)
    return records[first_lines].assign(
        dose=of_dose["dose"].transform("sum"),
        first=of_dose["first"].transform("min"),
        last=of_dose["last"].transform("max"),
        sequence=records["sequence"].where(of_dose["dose"].transform("size").eq(1)),
    )


def _visits_of(administrations: pd.DataFrame) -> pd.DataFrame:
    product, _, visit, link = values_of(administrations)
    names = {product: "product", visit: "visit", link: "link"}
    return administrations[[SUBJECT, *names]].rename(columns=names)


# --- in sum
def _of_products(given: pd.DataFrame, plan: pd.DataFrame, reduced_dose_share: float) -> pd.DataFrame:
    """A record a participant and product received; its identity is that of the first dose."""
    to_next_dose = pd.to_timedelta(given["length"].fillna(1.0) - 1, unit="D").astype("timedelta64[s]")
    counted = given.assign(
        until=given["last"].where(given["a_day"].notna(), given["first"] + to_next_dose),
        late=given["delay"].gt(given["late"]),
        reduced=given["amount"].lt(reduced_dose_share * given["planned_amount"]),
        skipped_once=given["skipped"].gt(0),
    )
    found = (
        counted.groupby(OF_PRODUCT, sort=False)
        .agg(
            form=("form", "first"),
            record=("record", "first"),
            ASTDT=("first", "min"),
            AENDT=("last", "max"),
            until=("until", "max"),
            a_day=("planned_a_day", "first"),
            first_place=("place", "min"),
            last_place=("place", "max"),
            NUMBER=("times", "sum"),
            CUMULATIVE=("amount", "sum"),
            DELAYED=("late", "sum"),
            REDUCED=("reduced", "sum"),
            SKIPPED=("skipped_once", "sum"),
        )
        .reset_index()
    )
    found = found.assign(DURATION=dates.days_between(found["ASTDT"], found["until"]))
    by_day = found["CUMULATIVE"] / found["DURATION"]
    return found.assign(
        INTENSITY=by_day * DAYS_OF_WEEK, RELATIVE=_percent(by_day, _planned_by_day(found, plan))
    ).assign(**{"OF PLAN": _percent(found["CUMULATIVE"], _planned_in_all(found, plan))})


def _planned_by_day(found: pd.DataFrame, plan: pd.DataFrame) -> pd.Series:
    """What the plan has by day, from the visit of the first dose given to that of the last."""
    so_far = plan.assign(
        planned=plan.groupby("product")["planned"].cumsum(),
        of_days=(plan["planned"] * plan["length"]).groupby(plan["product"]).cumsum(),
        length=plan.groupby("product")["length"].cumsum(),
    )

    def until(place: pd.Series) -> pd.DataFrame:
        asked = pd.DataFrame({"product": found["product"], "place": place})
        return lookup.joined(asked, so_far, on=["product", "place"])[["planned", "of_days", "length"]]

    planned = until(found["last_place"]) - until(found["first_place"] - 1).fillna(0.0)
    once = planned["planned"] / planned["length"]
    return once.where(found["a_day"].isna(), found["a_day"] * planned["of_days"] / planned["length"])


def _planned_in_all(found: pd.DataFrame, plan: pd.DataFrame) -> pd.Series:
    doses = plan.groupby("product")["planned"].sum()
    of_days = (plan["planned"] * plan["length"]).groupby(plan["product"]).sum()
    once = found["product"].map(doses).astype("float64")
    return once.where(found["a_day"].isna(), found["a_day"] * found["product"].map(of_days).astype("float64"))


def _percent(part: pd.Series, whole: pd.Series) -> pd.Series:
    return 100 * part / whole.where(whole.gt(0))


def _with_missed(of_products: pd.DataFrame, administrations: pd.DataFrame) -> pd.DataFrame:
    """With the number of planned doses that were not given, and with the products of which a participant who
    was dosed received none.
    """
    product, occurred, _, _ = values_of(administrations)
    planned = administrations.rename(columns={product: "product"})
    planned = planned[planned[SUBJECT].isin(of_products[SUBJECT])]
    missed = planned.assign(MISSED=planned[occurred].eq("N").astype("float64"))
    by_product = missed.groupby(OF_PRODUCT, sort=False)
    counts = by_product.agg(form=("form", "first"), record=("record", "first"), MISSED=("MISSED", "sum"))
    counts = counts.reset_index()
    received = lookup.joined(of_products, counts[[*OF_PRODUCT, "MISSED"]], on=OF_PRODUCT)
    is_received = lookup.place_among(
        [counts[c] for c in OF_PRODUCT], [of_products[c] for c in OF_PRODUCT], keep="first"
    )
    none_received = counts[is_received < 0].assign(NUMBER=0.0)
    return pd.concat([received.fillna({"MISSED": 0.0}), none_received], ignore_index=True)


def _of_all(of_products: pd.DataFrame) -> pd.DataFrame:
    """A record a participant, over the products; its identity is that of the first one."""
    of_participant = of_products.groupby(SUBJECT, sort=False)
    found = of_participant.agg(
        form=("form", "first"),
        record=("record", "first"),
        ASTDT=("ASTDT", "min"),
        AENDT=("AENDT", "max"),
        until=("until", "max"),
        RELATIVE=("RELATIVE", "mean"),
        **{name: (name, "sum") for name in COUNTS},
    ).reset_index()
    return found.assign(product=ALL_PRODUCTS, DURATION=dates.days_between(found["ASTDT"], found["until"]))
