"""A drop as a build reads it, whole or in runs of subjects; and frames as if they were a drop."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from pipeline import sources
from pipeline.records.findings import Finding
from pipeline.sources import contract, identity, impossible
from pipeline.study import Study
from pipeline.study.models import Form

ALL = 1_000_000  # subjects of one run
Frames = Mapping[str, pd.DataFrame]


def read(study: Study, drop: Path) -> sources.Drop:
    """All forms of a drop."""
    with TemporaryDirectory() as folder:
        stored = sources.store(study, drop, Path(folder), ALL)
        nobody = dict.fromkeys(study.forms, (0, 0))
        whole = sources.run(study, stored.folder, *(stored.runs or [nobody]))
    findings = (*stored.rest.findings, *whole.findings)
    return sources.Drop(whole.forms, findings, stored.rest.strangers, whole.respelled, whole.rewritten)


def runs(study: Study, drop: Path, size: int) -> list[sources.Drop]:
    """The drop in runs of about so many subjects."""
    with TemporaryDirectory() as folder:
        stored = sources.store(study, drop, Path(folder), size)
        return [sources.run(study, stored.folder, run) for run in stored.runs]


def identified(study: Study, collected: Frames) -> tuple[Frames, list[Finding], Mapping[str, int]]:
    """The records of enrolled persons with KEY, of forms as collected; the findings, and how many go no
    further.
    """
    persons, findings = identity.persons(study, collected[study.protocol.subjects.form])
    frames, strangers = {}, {}
    for name, form in study.forms.items():
        records, objections = identity.identified(study, form, collected[name], persons)
        frames[name] = with_key(form, collected[name], records)
        strangers[name] = len(collected[name]) - len(records.places)
        findings += objections
    return frames, findings, strangers


def with_key(form: Form, collected: pd.DataFrame, records: identity.Identified) -> pd.DataFrame:
    """These records with KEY in front; the index says where each stood in the form as collected."""
    key = pd.DataFrame({"USUBJID": records.usubjid, "form": form.form, "record": records.record})
    key = key.astype("str").set_axis(records.places)
    return pd.concat(
        [key, collected[list(form.fields)].take(records.places).set_axis(records.places)], axis=1
    )


def understood(study: Study, collected: Frames) -> sources.Drop:
    """Forms as collected, as if they had been read from a drop."""
    frames, findings, strangers = identified(study, collected)
    forms: dict[str, pd.DataFrame] = {}
    respelled: sources.Respelled = {}
    rewritten: dict[tuple[str, str, int, str, str, str], int] = {}
    for name, form in study.forms.items():
        records = frames[name].reset_index(drop=True)
        forms[name], objections, spellings = sources.understood(study, form, records)
        respelled |= spellings
        rewritten |= contract.rewritten(form, records)
        findings += objections
    findings += impossible.objections(study, forms)
    return sources.Drop(forms, tuple(findings), strangers, respelled, rewritten)
