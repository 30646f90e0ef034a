"""Best overall response, unconfirmed and confirmed, from the responses of each assessment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import pandas as pd

from pipeline.derivations.oncology.responses import RESPONSES, Response
from pipeline.errors import PipelineError
from pipeline.records import lookup
from pipeline.records.distinct import map_distinct
from pipeline.records.identity import SUBJECT
from pipeline.records.measures import Assessments, Days

PARTNERS: Final = {"CR": ["CR"], "PR": ["CR", "PR"]}  # which responses confirm which


@dataclass(frozen=True)
class Best:
    """The parameters of best response, and every choice that its sources leave open.

    minimum_sd_days
        SD and NON-CR/NON-PD count from so many days after the reference date on; so does a CR or PR that
        counts as SD.
    confirm_days
        least days between the two responses of a pair; no day is added.
    max_ne_between
        NE allowed between them (admiralonco; not in RECIST).
    before_new_therapy
        what comes after the start of new anticancer therapy does not count.
    on_therapy_start
        an assessment on the day of the start counts.
    cr_then_pr
        how a PR after a CR is read in the confirmed response until its query is answered. PD: the CR was
        true, so any disease after it is progression. PR: the CR was none, and becomes PR. AS REPORTED:
        neither is changed.
    disease_after_early_cr_is_pd
        a CR followed by SD (or NON-CR/NON-PD), nothing of the minimum duration: PD, though no PD was reported
        (RECIST 1.1, table 3); if false, NE.
    pr_then_sd_needs_minimum
        a PR followed by SD is SD only if one of them meets the minimum duration (admiralonco); if false,
        always (RECIST 1.1, table 3, states no condition).
    persisting_pr_confirms
        a PR that stands although its sum no longer meets the criteria confirms a PR before it (EORTC's
        answer); if false, it is SD in the confirmed response (RECIST 1.1, 4.4.3: the criteria are met at both
        time points).
    without_assessment
        the response of a participant without any assessment that counts.
    """

    minimum_sd_days: Days = 35
    confirm_days: Days = 28
    max_ne_between: Assessments = 1
    before_new_therapy: bool = True
    on_therapy_start: bool = True
    cr_then_pr: Literal["PD", "PR", "AS REPORTED"] = "PD"
    disease_after_early_cr_is_pd: bool = True
    pr_then_sd_needs_minimum: bool = False
    persisting_pr_confirms: bool = False
    without_assessment: Response | None = "NE"


def best_response(assessed: pd.DataFrame, subjects: pd.DataFrame, rules: Best) -> pd.DataFrame:
    """Best overall response of each participant up to and including the first PD, without confirmation.

    1. Of two responses on one day, one of them PD, the PD stands. A record without response is no assessment.
    2. The best of CR, PR, SD, NON-CR/NON-PD, PD and NE; SD and NON-CR/NON-PD before the minimum duration
       count as NE.

    Takes     USUBJID, date, response, in any order; one record per participant: USUBJID, reference (date),
              new_therapy (date or missing; no column where no therapy is known of).
    Returns   one record per participant in the order given: USUBJID; bor; bor_date and bor_row of the first
              response that counts as it. A row is a position in `assessed`.
    Raises    PipelineError for a response that is unknown or has no date, and for a participant given twice.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.4.3.
    """
    reported = _until_progression(_counting(assessed, subjects, rules))
    best = _best(reported.assign(counts_as=_unconfirmed(reported)))
    columns = {"bor": "counts_as", "bor_date": "date", "bor_row": "row"}
    result = _of_participants(subjects, best, columns)
    return result.assign(bor=result["bor"].mask(result["bor_row"].isna(), rules.without_assessment))


def best_confirmed_response(assessed: pd.DataFrame, subjects: pd.DataFrame, rules: Best) -> pd.DataFrame:
    """Best overall response of each participant up to and including the first PD, with confirmation.

    1. Of two responses on one day, one of them PD, the PD stands. A record without response is no assessment.
    2. A PR after a CR, with nothing but NE between them, is read as PD; or the CR as PR; or both stay
       (`cr_then_pr`). A PR that only persists does not meet the criteria again and is SD
       (`persisting_pr_confirms`).
    3. A CR is confirmed by a later CR, a PR by a later PR or CR: the first one that comes at least
       `confirm_days` after it. Nothing but responses that could confirm it and at most `max_ne_between` NE
       lie between the two.
    4. A CR or PR that nothing confirms counts as SD; of a participant without target lesions a CR counts as
       NON-CR/NON-PD, for whom SD is no response.
    5. The best of CR, PR, SD, NON-CR/NON-PD, PD and NE. What counts as SD or NON-CR/NON-PD before the minimum
       duration counts as NE, with two exceptions: SD or NON-CR/NON-PD after a CR counts as PD
       (`disease_after_early_cr_is_pd`), SD after a PR as SD (`pr_then_sd_needs_minimum`).

    Takes     as `best_response`, and perhaps persists (a PR whose sum no longer meets the criteria) and
              without_targets (the participant has no target lesion).
    Returns   one record per participant in the order given: USUBJID; cbor; cbor_date and cbor_row of the
              first response that counts as it, which is the first of a pair; confirmed_date and confirmed_row
              of the second; query, query_row (a PR after a CR). A row is a position in `assessed`.
    Raises    as `best_response`.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.4.4, table 3; table 2, note on non-CR/non-PD.
    """
    reported = _until_progression(_counting(assessed, subjects, rules))
    to_query = _pr_after_cr(reported)
    as_read = _with_criteria_met(_as_read(reported, to_query, rules), rules)
    pairs = pd.concat([_confirmations(as_read, response, rules) for response in PARTNERS])
    as_read = as_read.assign(
        counts_as=_confirmed(as_read, pairs, rules),
        confirmed_date=pairs["date"].reindex(as_read.index),
        confirmed_row=pairs["row"].reindex(as_read.index),
    )
    columns = {"cbor": "counts_as", "cbor_date": "date", "cbor_row": "row"}
    columns |= {name: name for name in ("confirmed_date", "confirmed_row")}
    result = _of_participants(subjects, _best(as_read), columns)
    query_row = lookup.value_of_subject(result[SUBJECT], reported[to_query], "row")
    return result.assign(
        cbor=result["cbor"].mask(result["cbor_row"].isna(), rules.without_assessment),
        query=query_row.notna(),
        query_row=query_row,
    )


def _counting(assessed: pd.DataFrame, subjects: pd.DataFrame, rules: Best) -> pd.DataFrame:
    """The responses of these participants that count, in order of participant and date.

    Returns   USUBJID, date, response, row (position in `assessed`), persists (a PR whose sum no longer meets
              the criteria), without_targets, lasting (meets the minimum duration).
    """
    if subjects[SUBJECT].duplicated().any():
        raise PipelineError("Best response cannot be derived: a participant is given more than once.")
    responses = assessed[[SUBJECT, "date", "response"]].reset_index(drop=True)
    flags = {c: assessed[c].to_numpy() if c in assessed else False for c in ("persists", "without_targets")}
    # the row is a number that can be missing, as it is where there is no response
    responses = responses.assign(row=responses.index.astype("float64"), **flags)
    of_participants = lookup.is_among([responses[SUBJECT]], [subjects[SUBJECT]])
    responses = responses[of_participants & responses["response"].notna()]

    unknown = ~responses["response"].isin(RESPONSES)
    for fault, broken in (("unknown", unknown), ("undated", responses["date"].isna())):
        if broken.any():
            number = int(broken.sum())
            counted = "1 response is" if number == 1 else f"{number} responses are"
            raise PipelineError(f"Best response cannot be derived: {counted} {fault}.")

    date = responses["date"]
    reference = lookup.value_of_subject(responses[SUBJECT], subjects, "reference")
    responses = responses.assign(lasting=(date - reference).dt.days.ge(rules.minimum_sd_days))
    if rules.before_new_therapy and "new_therapy" in subjects:
        new_therapy = lookup.value_of_subject(responses[SUBJECT], subjects, "new_therapy")
        in_time = date.le(new_therapy) if rules.on_therapy_start else date.lt(new_therapy)
        responses = responses[new_therapy.isna() | in_time]
    return lookup.in_order(responses, SUBJECT, "date")


def _until_progression(responses: pd.DataFrame) -> pd.DataFrame:
    """What is dated before the first PD, and that PD; numbered anew."""
    progressions = responses[responses["response"].eq("PD")]
    pd_date = lookup.value_of_subject(responses[SUBJECT], progressions, "date")
    pd_row = lookup.value_of_subject(responses[SUBJECT], progressions, "row")
    before = pd_date.isna() | responses["date"].lt(pd_date)
    return responses[before | responses["row"].eq(pd_row)].reset_index(drop=True)


def _best(responses: pd.DataFrame) -> pd.DataFrame:
    """The first record of each participant that counts as the participant's best response."""
    rank = map_distinct(responses["counts_as"], RESPONSES.index, "float64")
    return lookup.first_of_subject(responses.assign(rank=rank), "rank")


def _of_participants(subjects: pd.DataFrame, best: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Columns of the records that decide, under new names, for each participant in the order given."""
    participants = subjects[SUBJECT].reset_index(drop=True)
    values = {name: lookup.value_of_subject(participants, best, of) for name, of in columns.items()}
    return pd.DataFrame({SUBJECT: participants, **values}, index=participants.index)


def _unconfirmed(responses: pd.DataFrame) -> pd.Series:
    """What each response counts as: SD and NON-CR/NON-PD too early count as NE."""
    early = responses["response"].isin(["SD", "NON-CR/NON-PD"]) & ~responses["lasting"]
    return responses["response"].mask(early, "NE")


def _pr_after_cr(responses: pd.DataFrame) -> pd.Series:
    """A PR whose last evaluable response before it is a CR."""
    return responses["response"].eq("PR") & _last_evaluable(responses).eq("CR")


def _last_evaluable(responses: pd.DataFrame) -> pd.Series:
    """The last response of the participant before each that is not NE."""
    evaluable = responses["response"].where(responses["response"].ne("NE"))
    latest = evaluable.groupby(responses[SUBJECT], observed=True).ffill()
    return latest.groupby(responses[SUBJECT], observed=True).shift()


def _as_read(responses: pd.DataFrame, pr_after_cr: pd.Series, rules: Best) -> pd.DataFrame:
    """The responses as the parameter reads a PR after a CR."""
    response = responses["response"]
    if rules.cr_then_pr == "AS REPORTED":
        return responses
    if rules.cr_then_pr == "PD":
        response = response.mask(pr_after_cr, "PD")
    else:
        neither_cr_nor_ne = response.mask(response.isin(["CR", "NE"]))
        following = neither_cr_nor_ne.groupby(responses[SUBJECT], observed=True).bfill()
        response = response.mask(response.eq("CR") & following.eq("PR"), "PR")
    return _until_progression(responses.assign(response=response))


def _with_criteria_met(responses: pd.DataFrame, rules: Best) -> pd.DataFrame:
    """The responses, a PR that only persists as SD where it may not confirm one."""
    only_persists = responses["response"].eq("PR") & responses["persists"]
    if rules.persisting_pr_confirms:
        return responses
    return responses.assign(response=responses["response"].mask(only_persists, "SD"))


def _confirmations(responses: pd.DataFrame, response: str, rules: Best) -> pd.DataFrame:
    """The response that confirms each CR, or each PR: the first partner late enough, if nothing but partners
    and few enough NE lie between the two.

    Takes     responses in order of participant and date.
    Returns   date and row of the response that confirms, on the index of the response confirmed.
    """
    is_partner = responses["response"].isin(PARTNERS[response])
    is_ne = responses["response"].eq("NE")
    counted = responses.assign(n_ne=is_ne.cumsum(), n_others=(~(is_partner | is_ne)).cumsum())

    confirmed = counted[counted["response"].eq(response)]
    from_day = confirmed["date"] + pd.Timedelta(days=max(rules.confirm_days, 1))  # none confirms itself
    partners = lookup.first_on_or_after(confirmed[SUBJECT], from_day, counted[is_partner], "date")
    few_ne = (partners["n_ne"] - confirmed["n_ne"]).le(rules.max_ne_between)
    nothing_else = partners["n_others"].eq(confirmed["n_others"])
    return partners.loc[few_ne & nothing_else, ["date", "row"]]


def _confirmed(responses: pd.DataFrame, pairs: pd.DataFrame, rules: Best) -> pd.Series:
    """What each response counts as: a CR or PR that nothing confirms as SD, if it lasted; what is too early
    as NE, or as PD after a CR.
    """
    response = responses["response"]
    counts_as = response.mask(response.isin(["CR", "PR"]), "SD")
    counts_as = counts_as.mask(response.eq("CR") & responses["without_targets"], "NON-CR/NON-PD")
    early = counts_as.isin(["SD", "NON-CR/NON-PD"]) & ~responses["lasting"]
    counts_as = counts_as.mask(early, "NE")
    previous = _last_evaluable(responses)
    if rules.disease_after_early_cr_is_pd:
        disease = response.isin(["SD", "NON-CR/NON-PD"])
        counts_as = counts_as.mask(early & disease & previous.eq("CR"), "PD")
    if not rules.pr_then_sd_needs_minimum:
        counts_as = counts_as.mask(early & response.eq("SD") & previous.eq("PR"), "SD")
    return counts_as.where(~responses.index.isin(pairs.index), response)
