"""Best overall response, unconfirmed and confirmed, from the responses of each assessment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import pandas as pd

from pipeline.derivations.oncology.responses import RESPONSES
from pipeline.errors import PipelineError
from pipeline.records.identity import SUBJECT

PARTNERS: Final = {"CR": ["CR"], "PR": ["CR", "PR"]}  # which responses confirm which
COLUMNS: Final = {
    SUBJECT: "str",
    "bor": "str",
    "bor_date": "datetime64[s]",
    "bor_row": "Int64",
    "cbor": "str",
    "cbor_date": "datetime64[s]",
    "cbor_row": "Int64",
    "confirmed_date": "datetime64[s]",
    "confirmed_row": "Int64",
    "query": "bool",
    "query_row": "Int64",
}


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

    minimum_sd_days: int = 35
    confirm_days: int = 28
    max_ne_between: int = 1
    before_new_therapy: bool = True
    on_therapy_start: bool = True
    cr_then_pr: Literal["PD", "PR", "AS REPORTED"] = "PD"
    disease_after_early_cr_is_pd: bool = True
    pr_then_sd_needs_minimum: bool = False
    persisting_pr_confirms: bool = False
    without_assessment: str | None = "NE"


def best_response(assessed: pd.DataFrame, subjects: pd.DataFrame, rules: Best) -> pd.DataFrame:
    """Best overall response of each participant up to and including the first PD, unconfirmed and confirmed.

    1. Of two responses on one day, one of them PD, the PD stands. A record without response is no assessment.
    2. Unconfirmed: the best of CR, PR, SD, NON-CR/NON-PD, PD and NE; SD and NON-CR/NON-PD before the minimum
       duration count as NE.
    3. Confirmed: a CR or PR counts if a later response confirms it, at least 28 days after it, with nothing
       but responses of the pair and at most one NE between them; otherwise it counts as SD. A PR that only
       persists does not meet the criteria again and counts as SD.

    Takes     USUBJID, date, response and perhaps persists (a PR whose sum no longer meets the criteria), in
              any order; one record per participant: USUBJID, reference (date), new_therapy (date or
              missing).
    Returns   one record per participant in the order given: USUBJID; bor, bor_date, bor_row; cbor, cbor_date,
              cbor_row; confirmed_date, confirmed_row (the second of a pair); query, query_row (a PR after a
              CR). A row is a position in `assessed`; the date of a confirmed response is the first of its
              pair.
    Raises    PipelineError for a response that is unknown or has no date, and for a participant given twice.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.4.3, 4.4.4, table 3.
    """
    reported = _until_progression(_counting(assessed, subjects, rules))
    best = _best(reported.assign(counts_as=_unconfirmed(reported)))

    to_query = _pr_after_cr(reported)
    queries = reported[to_query].drop_duplicates(SUBJECT).set_index(SUBJECT)

    as_read = _with_criteria_met(_as_read(reported, to_query, rules), rules)
    pairs = pd.concat([_confirmations(as_read, response, rules) for response in PARTNERS])
    as_read = as_read.assign(
        counts_as=_confirmed(as_read, pairs, rules),
        confirmed_date=pairs["date"].reindex(as_read.index),
        confirmed_row=pairs["row"].reindex(as_read.index),
    )
    best_confirmed = _best(as_read)

    participants = subjects[SUBJECT].astype("str")
    result = pd.DataFrame(
        {
            "bor": best["counts_as"],
            "bor_date": best["date"],
            "bor_row": best["row"],
            "cbor": best_confirmed["counts_as"],
            "cbor_date": best_confirmed["date"],
            "cbor_row": best_confirmed["row"],
            "confirmed_date": best_confirmed["confirmed_date"],
            "confirmed_row": best_confirmed["confirmed_row"],
            "query_row": queries["row"],
        },
        index=pd.CategoricalIndex(participants, categories=participants, name=SUBJECT),
    ).reset_index()
    result = result.assign(query=result["query_row"].notna())[list(COLUMNS)].astype(COLUMNS)
    never_assessed = result["bor_row"].isna()
    return result.assign(
        bor=result["bor"].mask(never_assessed, rules.without_assessment),
        cbor=result["cbor"].mask(never_assessed, rules.without_assessment),
    )


def _counting(assessed: pd.DataFrame, subjects: pd.DataFrame, rules: Best) -> pd.DataFrame:
    """The responses of these participants that count, in order of participant and date.

    Returns   USUBJID and response (categories: the participants in the order given, responses from best to
              worst), date, row (position in `assessed`), persists, lasting (meets the minimum duration).
    """
    if subjects[SUBJECT].duplicated().any():
        raise PipelineError("Best response cannot be derived: a participant is given more than once.")
    participants = subjects[SUBJECT].astype("str").tolist()
    responses = pd.DataFrame(
        {
            SUBJECT: assessed[SUBJECT].astype("category").cat.set_categories(participants),
            "date": assessed["date"],
            "response": assessed["response"],
        }
    ).reset_index(drop=True)
    persists = assessed["persists"].to_numpy() if "persists" in assessed else False
    responses = responses.assign(row=range(len(responses)), persists=persists)
    responses = responses[responses[SUBJECT].notna() & responses["response"].notna()]

    words = responses["response"].astype("category").cat.set_categories(list(RESPONSES), ordered=True)
    for fault, broken in (("unknown", words.isna()), ("undated", responses["date"].isna())):
        if broken.any():
            number = int(broken.sum())
            counted = "1 response is" if number == 1 else f"{number} responses are"
            raise PipelineError(f"Best response cannot be derived: {counted} {fault}.")

    dates = subjects[[SUBJECT, "reference", "new_therapy"]].astype({SUBJECT: responses[SUBJECT].dtype})
    responses = responses.assign(response=words)
    responses = responses.merge(dates, on=SUBJECT, how="left", validate="many_to_one")
    date, new_therapy = responses["date"], responses["new_therapy"]
    responses = responses.assign(lasting=(date - responses["reference"]).dt.days.ge(rules.minimum_sd_days))
    if rules.before_new_therapy:
        in_time = date.le(new_therapy) if rules.on_therapy_start else date.lt(new_therapy)
        responses = responses[new_therapy.isna() | in_time]
    columns = [SUBJECT, "date", "response", "row", "persists", "lasting"]
    return responses[columns].sort_values([SUBJECT, "date"], kind="stable")


def _until_progression(responses: pd.DataFrame) -> pd.DataFrame:
    """What is dated before the first PD, and that PD; numbered anew."""
    progressions = responses["response"].eq("PD")
    first = responses[progressions].drop_duplicates(SUBJECT)
    dates = responses["date"].where(progressions)
    pd_date = dates.groupby(responses[SUBJECT], observed=True).transform("min")
    before = pd_date.isna() | responses["date"].lt(pd_date)
    return responses[before | responses.index.isin(first.index)].reset_index(drop=True)


def _best(responses: pd.DataFrame) -> pd.DataFrame:
    """The first record of each participant that counts as the participant's best response."""
    best_first = responses.sort_values([SUBJECT, "counts_as"], kind="stable")
    return best_first.drop_duplicates(SUBJECT).set_index(SUBJECT)


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
    """The first response that confirms each CR, or each PR: a partner late enough, with nothing but partners
    and few enough NE between the two.

    Takes     responses in order of participant and date, numbered from 0.
    Returns   date and row of the response that confirms, on the number of the response confirmed.
    """
    confirmed = [responses.loc[[], ["date", "row"]]]
    waiting = responses.loc[responses["response"].eq(response), [SUBJECT, "date"]].assign(n_ne=0)
    later = 0
    # Each response that waits for its confirmation is compared with the next one, then with the one after.
    while len(waiting):
        later += 1
        following = responses.reindex(waiting.index + later).set_axis(waiting.index)
        of_participant = following[SUBJECT].eq(waiting[SUBJECT])
        not_evaluable = of_participant & following["response"].eq("NE")
        partner = of_participant & following["response"].isin(PARTNERS[response])
        late_enough = (following["date"] - waiting["date"]).dt.days.ge(rules.confirm_days)
        confirms = partner & late_enough
        confirmed.append(following.loc[confirms, ["date", "row"]])

        waiting["n_ne"] += not_evaluable
        few_ne = not_evaluable & waiting["n_ne"].le(rules.max_ne_between)
        waiting = waiting[(partner & ~late_enough) | few_ne]
    return pd.concat(confirmed)


def _confirmed(responses: pd.DataFrame, pairs: pd.DataFrame, rules: Best) -> pd.Series:
    """What each response counts as: a CR or PR that nothing confirms as SD, if it lasted; what is too early
    as NE, or as PD after a CR.
    """
    response = responses["response"]
    counts_as = response.mask(response.isin(["CR", "PR"]), "SD")
    early = counts_as.isin(["SD", "NON-CR/NON-PD"]) & ~responses["lasting"]
    counts_as = counts_as.mask(early, "NE")
    previous = _last_evaluable(responses)
    if rules.disease_after_early_cr_is_pd:
        disease = response.isin(["SD", "NON-CR/NON-PD"])
        counts_as = counts_as.mask(early & disease & previous.eq("CR"), "PD")
    if not rules.pr_then_sd_needs_minimum:
        counts_as = counts_as.mask(early & response.eq("SD") & previous.eq("PR"), "SD")
    return counts_as.where(~responses.index.isin(pairs.index), response)
