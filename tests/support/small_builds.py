"""Finished builds of the small study: with a parameter, with other files, with another drop. Each takes a
second.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline import stages as run
from pipeline.workers import Workers
from tests.support import small_study

STUDY = small_study.FILES["specs/study.yaml"].replace(
    "layers: [sdtm]}]\n",
    """layers: [sdtm]}, {name: ADaMIG, type: IG, version: "1.2", layers: [adam]}]
dictionaries: [{name: WHODrug, version: "1"}]
""",
)
ADSL = small_study.FILES["specs/adam/adsl.yaml"].replace(
    "type: date}", "type: date, format: DATE9.}\n  HOURS:   {label: Hours, type: float}"
)
FILES = {
    "specs/study.yaml": STUDY,
    "specs/adam/adsl.yaml": ADSL,
    "mappings/adam/adsl.yaml": (
        small_study.FILES["mappings/adam/adsl.yaml"]
        + "  HOURS:   {derive: hours, of: {usubjid: USUBJID, doses: [EX.EXDOSE], each:"
        " specs.parameters.per_day}}\n"
    ),
    "mappings/adam/adsl.py": small_study.FILES["mappings/adam/adsl.py"]
    + '''

def hours(usubjid: pd.Series, doses: pd.DataFrame, each: float) -> pd.Series:
    """Hours for which the doses last.

    Takes     participants; doses; hours of one.
    Returns   hours; missing where there was no dose.
    """
    return (doses.groupby("USUBJID")["EXDOSE"].count() * float(each)).reindex(usubjid).set_axis(usubjid.index)
''',
}
DROP = {
    "enrol.csv": """\
SUBJECT,FOLDER,EARLIER,GENDER,BIRTH
01,,,Female,03 FEB 1960
02,,,Male,UN FEB 1961
03,,,female,04 MAY 1962
""",
    "dose.csv": """\
SUBJECT,FOLDER,GIVEN,DAY,MG,PRODUCT
01,V1,Yes,01 MAR 2018,100,DRUG
01,V2,Yes,22 MAR 2018,100,DRUG
02,V1,yes,02 MAR 2018,90,DRUG
02,V2,No,,,
""",
    "lab.csv": """\
SUBJECT,FOLDER,VALUE,BATCH
01,V1,5,B
""",
}


def built(
    root: Path,
    name: str,
    files: Mapping[str, str] | None = None,
    drop: Mapping[str, str] | None = None,
    editions: tuple[str, ...] = (),
    previous: Path | None = None,
) -> Path:
    """The folder of a build of the small study, with some files of the study or of the drop in another
    wording; it may continue another build.
    """
    report = report_of(root, name, files, drop, editions, previous)
    assert report.content["state"] == "published", report.content["findings"]
    return root / name / "out"


def report_of(
    root: Path,
    name: str,
    files: Mapping[str, str] | None = None,
    drop: Mapping[str, str] | None = None,
    editions: tuple[str, ...] = (),
    previous: Path | None = None,
) -> run.Report:
    """The outcome of such a build, which may be refused."""
    home = root / name
    study = small_study.small_study(home / "study", {**FILES, **(files or {})})
    (home / "drop").mkdir()
    for file, content in {**DROP, **(drop or {})}.items():
        (home / "drop" / file).write_text(content, encoding="utf-8")
    quiet = lambda _: None  # noqa: E731
    folders = (home / "study", home / "drop", home / "out")
    return run.build(study, *folders, Workers(), quiet, editions, previous=previous)


def file(name: str) -> str:
    """A file of the small study as it is built here."""
    return {**small_study.FILES, **FILES}[name]
