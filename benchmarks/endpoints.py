"""ADTR of 7 million records and ADTTE of 30,600 participants, beside the same rules as `groupby.apply` of
plain pandas.

The input is the public SDTM and ADaM of the pharmaverse a hundred times over: the data of which the times of
other tools are known.
"""

from __future__ import annotations

import multiprocessing
import resource
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.derivations.adam import populations, tte
from pipeline.records import dates
from pipeline.study import Study, load
from pipeline.study.models import TimeToEvent, Visit
from tests.support import pharmaverse

ROOT = Path(__file__).resolve().parent.parent
COPIES = 100
SAMPLE = 5  # copies that the plain version is given
REPEATS = 3
Frames = pharmaverse.Frames
TR = [
    "USUBJID",
    "TRSEQ",
    "TRGRPID",
    "TRLNKGRP",
    "TRLNKID",
    "TRTESTCD",
    "TRSTRESC",
    "TRSTRESN",
    "TRSTAT",
    "TREVAL",
    "VISITNUM",
    "VISIT",
]
TU = ["USUBJID", "TULNKID", "TULOC", "TUEVAL"]
RS = ["USUBJID", "RSSEQ", "RSLNKGRP", "RSTESTCD", "RSSTRESC", "RSEVAL", "VISITNUM", "VISIT", "RSDTC"]
VISITS = tuple(
    Visit(name=name, number=number, day=day, before=20, after=20, scan=True)
    for name, number, day in (("WEEK 6", 7.0, 43), ("WEEK 12", 9.0, 85), ("WEEK 24", 12.0, 169))
)


COLUMNS = ["sum", "baseline", "nadir", "pchg"]


def run() -> dict[str, float]:
    """CPU seconds of each derivation, and how many times as many the plain version takes, measured on a part
    of the input.
    """
    return {**_in_a_new_process(_adtte), **_in_a_new_process(_adtr)}


# --- ADTTE
def _adtte() -> dict[str, float]:
    participants, responses = _published(COPIES)
    seconds = _cpu(lambda: _times(participants, responses), REPEATS)
    few, theirs = _published(SAMPLE)
    plain = _cpu(lambda: _plain_times(few, theirs), 1)
    # A fast answer that is wrong would be worth nothing.
    columns = ["USUBJID", "PARAMCD", "ADT", "CNSR", "EVNTDESC"]
    order = columns[:2]
    mine = _times(few, theirs)[columns].sort_values(order, ignore_index=True)
    pd.testing.assert_frame_equal(
        mine, _plain_times(few, theirs)[columns].sort_values(order, ignore_index=True), check_dtype=False
    )
    return {
        "adtte_participants": len(participants),
        "adtte_records_in": len(participants) + len(responses),
        "adtte_cpu_s": round(seconds, 2),
        "adtte_plain_cpu_s_scaled": round(plain * COPIES / SAMPLE, 1),
        "adtte_ratio_to_plain": round(plain * COPIES / SAMPLE / seconds, 1),
        "adtte_peak_gb": round(_peak(), 2),
    }


def _published(copies: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    adsl = pharmaverse.stored("pharmaverseadam", "adsl")[["USUBJID", "RANDDT", "LSTALVDT"]]
    adrs = pharmaverse.stored("pharmaverseadam", "adrs_onco")[["USUBJID", "PARAMCD", "AVALC", "ADT", "ASEQ"]]
    people = _repeated(adsl.assign(RANDFL=populations.randomized_flag(adsl["RANDDT"])), "DM", copies)
    return people, _repeated(adrs.astype({"ASEQ": "float64"}), "RS", copies)


def _times(participants: pd.DataFrame, responses: pd.DataFrame) -> pd.DataFrame:
    found = [
        tte.time_to_event(p, pharmaverse.SOURCES, ADSL=participants, ADRS=responses)
        for p in pharmaverse.TIMES
    ]
    return pd.concat(found, ignore_index=True)


def _plain_times(participants: pd.DataFrame, responses: pd.DataFrame) -> pd.DataFrame:
    """One participant after the other: of her records the first event, or the last censoring."""
    said = responses[
        responses["AVALC"].eq("Y") & responses["PARAMCD"].isin(["PD", "DEATH", "RSP"])
        | responses["PARAMCD"].eq("LSTA")
    ]
    dated = said.pivot(index="USUBJID", columns="PARAMCD", values="ADT")  # noqa: PD010  nothing to aggregate
    everyone = participants[participants["RANDFL"].eq("Y")].join(dated, on="USUBJID")
    found = [
        pd.DataFrame(everyone.groupby("USUBJID").apply(partial(_one_time, p))).reset_index()
        for p in pharmaverse.TIMES
    ]
    return pd.concat(found, ignore_index=True).dropna(subset="PARAMCD")


def _one_time(parameter: TimeToEvent, person: pd.DataFrame) -> pd.Series:
    dates_of = person.iloc[0].rename(
        {
            "DEATH": "death",
            "PD": "progression",
            "LSTALVDT": "alive",
            "LSTA": "assessed",
            "RANDDT": "randomized",
        }
    )
    if parameter.start == "response" and pd.isna(dates_of["RSP"]):
        return pd.Series({"PARAMCD": None, "ADT": pd.NaT, "CNSR": np.nan, "EVNTDESC": None})
    events = [(dates_of[e], place, e) for place, e in enumerate(parameter.events) if pd.notna(dates_of[e])]
    censors = [(dates_of[c], -place, c) for place, c in enumerate(parameter.censors) if pd.notna(dates_of[c])]
    date, _, name = min(events) if events else max(censors)
    return pd.Series(
        {
            "PARAMCD": parameter.code,
            "ADT": date,
            "CNSR": float(not events),
            "EVNTDESC": pharmaverse.SOURCES[name].describes,
        }
    )


# --- ADTR
def _adtr() -> dict[str, float]:
    study = load(ROOT)
    given = _collected(COPIES)
    seconds = _cpu(lambda: _measured(study, given), REPEATS)
    peak = _peak()
    few = _collected(SAMPLE)
    plain = _cpu(lambda: _plain_sums(few), 1)
    # A fast answer that is wrong would be worth nothing.
    mine = pharmaverse.adta(study, _investigated(few), few["DM"], VISITS)
    mine = (
        mine[mine["disease"].eq("TARGET")]
        .sort_values(["USUBJID", "ASMT"])
        .set_index(["USUBJID", "ASMT"])[COLUMNS]
    )
    pd.testing.assert_frame_equal(mine, _plain_sums(few), check_dtype=False)
    return {
        "adtr_records_in": sum(len(f) for f in given.values()),
        "adtr_cpu_s": round(seconds, 2),
        "adtr_plain_cpu_s_scaled": round(plain * COPIES / SAMPLE, 1),
        "adtr_ratio_to_plain": round(plain * COPIES / SAMPLE / seconds, 1),
        "adtr_peak_gb": round(peak, 2),
        "adtr_input_gb": round(sum(float(f.memory_usage(deep=True).sum()) for f in given.values()) / 1e9, 2),
    }


def _collected(copies: int) -> Frames:
    """Tumours as all readers saw them, and the participants."""
    files = {"TR": ("tr_onco", [*TR, "TRDTC"]), "TU": ("tu_onco", TU), "RS": ("rs_onco", RS)}
    found = {
        d: _repeated(pharmaverse.stored("pharmaversesdtm", name)[columns], d, copies)
        for d, (name, columns) in files.items()
    }
    people = pharmaverse.stored("pharmaverseadam", "adsl")[
        ["USUBJID", "STUDYID", "SUBJID", "SITEID", "SAFFL", "RANDDT"]
    ]
    return {**found, "DM": _repeated(people, "DM", copies)}


def _investigated(given: Frames) -> Frames:
    return {d: given[d][given[d][f"{d}EVAL"].eq("INVESTIGATOR")] for d in ("TR", "TU", "RS")}


def _measured(study: Study, given: Frames) -> pd.DataFrame:
    """The whole of it: the investigator's records, the response to treatment worked out from them, ADTR."""
    seen = _investigated(given)
    return pharmaverse.adtr(
        seen, {"ADSL": given["DM"], "ADTA": pharmaverse.adta(study, seen, given["DM"], VISITS)}
    )


def _plain_sums(given: Frames) -> pd.DataFrame:
    """One participant after the other: the sums of diameters, and their change; of ADTR no more than that."""
    seen = _investigated(given)
    rows = seen["TR"][
        seen["TR"]["TRGRPID"].eq("TARGET") & seen["TR"]["TRLNKID"].notna() & seen["TR"]["TRLNKGRP"].notna()
    ]
    rows = rows.merge(
        seen["TU"],
        how="left",
        left_on=["USUBJID", "TRLNKID"],
        right_on=["USUBJID", "TULNKID"],
        suffixes=("", "_TU"),
    )
    rows = rows[rows["TRTESTCD"].eq(rows["TULOC"].eq("LYMPH NODE").map({True: "LPERP", False: "LDIAM"}))]
    rows = rows.merge(given["DM"][["USUBJID", "RANDDT"]], how="inner", on="USUBJID").assign(
        day=dates.first_day(rows["TRDTC"]).array
    )
    found = rows[rows["RANDDT"].notna()].groupby("USUBJID").apply(_one_sum)
    return pd.DataFrame(found).rename_axis(["USUBJID", "ASMT"])[COLUMNS]


def _one_sum(person: pd.DataFrame) -> pd.DataFrame:
    first = person.groupby("TRLNKGRP")["day"].min()
    baseline = first[first <= person["RANDDT"].iloc[0]].index.max()
    expected = set(person.loc[person["TRLNKGRP"].eq(baseline), "TRLNKID"])
    nadir, base, found = np.nan, np.nan, {}
    for assessment, scans in person[person["TRLNKGRP"] >= baseline].groupby("TRLNKGRP"):
        whole = set(scans.loc[scans["TRSTRESN"].notna(), "TRLNKID"]) >= expected
        total = scans["TRSTRESN"].sum() if whole else np.nan
        base = total if assessment == baseline else base
        change = 100 * (total - base) / base if assessment != baseline else np.nan
        found[assessment] = {"sum": total, "baseline": base, "nadir": nadir, "pchg": change}
        nadir = np.nanmin([nadir, total]) if whole or not np.isnan(nadir) else nadir
    return pd.DataFrame.from_dict(found, orient="index")


# --- measuring
def _in_a_new_process(measure: Callable[[], dict[str, float]]) -> dict[str, float]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(measure).result()


def _cpu(work: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return statistics.median(times)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def _repeated(rows: pd.DataFrame, form: str, copies: int) -> pd.DataFrame:
    """The records of so many times the participants, each a new one; in order of participant, with an
    identity.
    """
    whole = pd.concat([rows] * copies, ignore_index=True)
    copy = pd.Series(np.repeat(np.arange(copies), len(rows)), dtype="int64").astype("str").str.zfill(3)
    return pharmaverse.identified(whole.assign(USUBJID=copy + "-" + whole["USUBJID"]), form)
