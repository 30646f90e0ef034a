"""Which site a query is for, how long it has been asked, and the lists for each site."""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from pipeline.checks.drop.sheets import Sheet
from pipeline.formats.csv import write as csv
from pipeline.plan import plan_of
from pipeline.records.queries import Query
from pipeline.study import Study

NO_SITE = "no site"
WIDE = ("question", "expected", "answer")  # columns of long texts


def with_sites(study: Study, sheets: Mapping[str, Sheet], queries: Iterable[Query]) -> list[Query]:
    """The queries, each with the site of its participant: what the mapping of DM.SITEID takes from the form
    that enrols; none where it is worked out in another way.
    """
    subjects = study.protocol.subjects
    field = _field_of_site(study)
    site_of: dict[str, str] = {}
    if field and subjects.form in sheets:
        enrolled = sheets[subjects.form].collected
        numbers, sites = (enrolled[name].fillna("").str.strip() for name in (subjects.number, field))
        site_of = dict(zip(numbers, sites, strict=True))
    return [replace(query, site=site_of.get(query.subject, query.site)) for query in queries]


def _field_of_site(study: Study) -> str:
    for step in plan_of(study).by_node.get(("DM", "SITEID"), ()):
        for read in step.inputs.get("of", ()):
            if read.frame == study.protocol.subjects.form:
                return read.column
    return ""


def age(first: str, drop: str) -> str:
    """The days from the drop in which a query was first asked to this one, where both are called by dates."""
    try:
        asked, now = (datetime.date.fromisoformat(name) for name in (first, drop))
    except ValueError:
        return ""
    return str((now - asked).days)


def write_workbook(rows: pd.DataFrame, path: Path) -> None:
    """Writes the list as a workbook, a sheet for each site."""
    from openpyxl import Workbook

    from pipeline.formats.xlsx.sheets import add_sheet, packed

    book = Workbook()
    book.remove(book.active)
    names = [str(name) for name in rows]
    for site, of_site in _by_site(rows):
        add_sheet(book, site, names, of_site.itertuples(index=False, name=None), WIDE)
    if not book.worksheets:
        add_sheet(book, NO_SITE, names, ())
    path.write_bytes(packed(book, path))


def write_folder(rows: pd.DataFrame, folder: Path) -> None:
    """Writes the list of each site as CSV into a folder, which is made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for site, of_site in _by_site(rows):
        name = "".join(c if c.isalnum() or c in "-_" else "-" for c in site)
        csv.write(of_site, folder / f"queries-{name}.csv")


def _by_site(rows: pd.DataFrame) -> Sequence[tuple[str, pd.DataFrame]]:
    sites = rows["site"].mask(rows["site"].eq(""), NO_SITE)
    return [(str(site), of_site) for site, of_site in rows.groupby(sites)]
