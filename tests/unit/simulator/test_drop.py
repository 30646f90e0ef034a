"""The drop of thirty: reproducible, within its contracts, plausible."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from pipeline.simulator import simulate
from pipeline.study import Study
from pipeline.study.models import Form, RawField

Rows = list[dict[str, str]]
Forms = dict[str, Rows]
MONTH = {
    m: n
    for n, m in enumerate(
        ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"], 1
    )
}
CUTOFF = date(2019, 7, 1)


def content(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir())}


def as_date(text: str) -> date | None:
    """A complete date of either spelling; None where it is blank or partial."""
    if "/" in text:
        year, month, day = map(int, text.split("/"))
        return date(year, month, day)
    if not text or text.startswith("UN"):
        return None
    typed, name, year_ = text.split(" ")
    return date(int(year_), MONTH[name], int(typed))


def first(rows: Rows, field: str) -> dict[str, date]:
    """The earliest complete date of each subject."""
    found: dict[str, date] = {}
    for row in rows:
        if on := as_date(row[field]):
            found[row["SUBJECT"]] = min(on, found.get(row["SUBJECT"], on))
    return found


# --- reproducible
def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(
    study: Study, drop: Path, tmp_path: Path
) -> None:
    simulate(study, tmp_path / "again", subjects=30, seed=2843126)
    simulate(study, tmp_path / "other", subjects=30, seed=7)
    assert content(tmp_path / "again") == content(drop)
    assert content(tmp_path / "other").keys() == content(drop).keys()
    assert content(tmp_path / "other")["tl.csv"] != content(drop)["tl.csv"]


def test_a_shorter_study_is_the_beginning_of_a_longer_one(study: Study, drop: Path, tmp_path: Path) -> None:
    simulate(study, tmp_path, subjects=10, seed=2843126)
    for name, part in content(tmp_path).items():
        if name.endswith(".csv"):
            assert content(drop)[name].startswith(part), name


def test_the_committed_drop_is_what_the_simulator_makes(drop: Path) -> None:
    assert content(Path(__file__).parents[2] / "drops" / "2019-07-01") == content(drop)


# --- within the contracts
def misfit(value: str, field: RawField) -> str:
    """Why a value does not fit its field; blank where it fits."""
    if not value.strip():
        return "is missing" if field.required else ""
    if field.type == "code" and field.closed:
        return "" if value.strip().lower() in {c.lower() for c in field.codes} else "is no code"
    if field.type == "date":
        patterns = {"dd MON yyyy": r"\d\d [A-Z]{3} \d{4}", "yyyy/m/d": r"\d{4}/[1-9]\d?/[1-9]\d?"}
        pattern = patterns[str(field.format)] + (r"|UN ([A-Z]{3}|UNK) \d{4}" if field.partial else "")
        fits = re.fullmatch(pattern, value) and (value.startswith("UN") or as_date(value))
        return "" if fits else "is no date of the form"
    shapes = {
        "integer": r"\d+",
        "number": r"\d+(\.\d+)?",
        "time": r"([01]\d|2[0-3]):[0-5]\d",
        "stamp": r"\d{4}-\d\d-\d\d \d\d:\d\d",
    }
    if field.type in shapes and not re.fullmatch(shapes[field.type], value):
        return f"is no {field.type}"
    outside = field.type in ("integer", "number") and not (field.min or 0) <= float(value) <= (
        field.max or 1e9
    )
    return "is out of range" if outside else ""


def misfits(rows: Rows, form: Form) -> Iterator[str]:
    for row in rows:
        for name, field in form.fields.items():
            if fault := misfit(row[name], field):
                yield f"{form.form} {row['SUBJECT']} {row['FOLDER']} {row['RECORD']}: {name} {fault}"


def test_every_value_fits_its_contract(study: Study, forms: Forms) -> None:
    assert forms.keys() == study.forms.keys()
    assert [m for name, rows in forms.items() for m in misfits(rows, study.forms[name])] == []


@pytest.mark.parametrize(
    ("form", "field", "value", "fault"),
    [
        ("tras", "GIVEN", "Maybe", "is no code"),
        ("tras", "GIVEN", "", "is missing"),
        ("tras", "DOSE_DATE", "UN AUG 2016", "is no date of the form"),
        ("tras", "START_TIME", "24:00", "is no time"),
        ("lab", "SAMPLE_DATE", "12 AUG 2016", "is no date of the form"),
        ("enrol", "AGE", "130", "is out of range"),
        ("vs", "WEIGHT", "about 60", "is no number"),
    ],
)
def test_a_value_that_does_not_fit_is_found(
    study: Study, forms: Forms, form: str, field: str, value: str, fault: str
) -> None:
    row = forms[form][0] | {field: value}
    assert [m.endswith(f"{field} {fault}") for m in misfits([row], study.forms[form])] == [True]


def test_the_columns_stand_in_the_order_of_the_contract(study: Study, drop: Path) -> None:
    for name, form in study.forms.items():
        assert (drop / f"{name}.csv").read_text(encoding="utf-8").split("\n", 1)[0] == ",".join(
            form.fields
        ), name


def test_no_record_is_there_twice(study: Study, forms: Forms) -> None:
    for name, rows in forms.items():
        keys = Counter(
            tuple(row[k].strip().upper() for k in ("SUBJECT", *study.forms[name].keys)) for row in rows
        )
        assert [k for k, n in keys.items() if n > 1] == [], name


def test_every_folder_is_a_visit_of_the_study(study: Study, forms: Forms) -> None:
    series = "|".join(v.name for v in study.visits if v.series)
    visits = {v.name for v in study.visits if not v.series} | {"RUNNING RECORDS"}
    typed = {r["FOLDER"].strip().upper() for rows in forms.values() for r in rows}
    assert {f for f in typed if not re.fullmatch(rf"({series}) \d\d", f)} <= visits


def test_chinese_stands_where_it_was_planted_and_nowhere_else(forms: Forms) -> None:
    found = {(name, v) for name, rows in forms.items() for r in rows for v in r.values() if not v.isascii()}
    assert found == {
        ("ae", "输注后寒战"),
        ("ae", "双手轻度麻木"),
        ("ae", "对症处理后好转"),
        ("enrol", "患者及家属均已知情"),
        ("tl", "病灶边界不清"),
        *(
            ("lab", word) for word in ("阴性", "微量", "阳性(+)", "阳性(++)")
        ),  # dipsticks, in half of the participants
    }


# --- plausible
def test_dates_stand_in_order(forms: Forms) -> None:
    consent, randomized = first(forms["enrol"], "CONSENT_DATE"), first(forms["rand"], "RAND_DATE")
    scanned, dosed = first(forms["img"], "SCAN_DATE"), first(forms["tras"] + forms["nk"], "DOSE_DATE")
    left = first(forms["eos"], "END_DATE")
    assert min(consent[s] for s in randomized) == date(2016, 7, 1)
    for subject, on in randomized.items():
        assert consent[subject] <= scanned[subject] < on <= dosed.get(subject, on), subject
        assert -28 <= (scanned[subject] - on).days <= -1
        assert left.get(subject, CUTOFF) >= on


def test_nothing_is_dated_after_the_cut_off_and_nothing_happens_after_death(
    study: Study, forms: Forms
) -> None:
    died = first(forms["death"], "DEATH_DATE")
    learnt_later = {("surv", "CONTACT_DATE")}
    for name, rows in forms.items():
        for field, one in study.forms[name].fields.items():
            for row in rows:
                on = as_date(row[field]) if one.type == "date" else None
                assert on is None or on <= CUTOFF, (name, row["SUBJECT"], field)
                if on and (name, field) not in learnt_later:
                    assert on <= died.get(row["SUBJECT"], CUTOFF), (name, row["SUBJECT"], field)
    assert max(r["ENTERED_AT"] for rows in forms.values() for r in rows) < "2019-07-02"


def test_everyone_is_enrolled_and_everyone_leaves(forms: Forms) -> None:
    enrolled = {r["SUBJECT"] for r in forms["enrol"]}
    assert len(enrolled) == 35
    assert (
        {r["SUBJECT"] for rows in forms.values() for r in rows}
        == enrolled
        == {r["SUBJECT"] for r in forms["eos"]}
    )
    reasons = Counter(r["REASON"].strip().lower() for r in forms["eos"])
    assert reasons["screen failure"] == 5 == len(forms["elig"])
    assert reasons["death"] == len(forms["death"])


def test_targets_are_five_at_most_and_two_of_an_organ(forms: Forms) -> None:
    lesions: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in forms["tl"]:
        if row["FOLDER"].strip().upper() == "SCREENING":
            lesions[row["SUBJECT"]].append(row)
    for subject, rows in lesions.items():
        organs = Counter("node" if r["NODE"].upper() == "YES" else r["ORGAN"] for r in rows)
        assert len(rows) <= 5, subject
        assert max(organs.values()) <= 2, subject
        for row in rows:
            size = float(row["DIAMETER"]) * (10 if row["DIAMETER_UNIT"] == "cm" else 1)
            assert (15 if row["NODE"].upper() == "YES" else 10) <= size < 50, subject


def test_treatment_stops_at_progression(forms: Forms) -> None:
    worse = first([r for r in forms["resp"] if r["OVERALL"].lower() == "progressive disease"], "ASSESS_DATE")
    for row in forms["tras"] + forms["nk"]:
        on = as_date(row["DOSE_DATE"])
        assert on is None or on < worse.get(row["SUBJECT"], CUTOFF), row["SUBJECT"]


def test_a_blood_count_adds_up(forms: Forms) -> None:
    """Percentages and red-cell indices are those of the counts beside them, in the units that the laboratory
    writes.
    """
    samples: dict[str, dict[str, float]] = defaultdict(dict)
    for row in forms["lab"]:
        if row["PANEL"] == "HEMATOLOGY" and row["DONE"] == "Yes":
            g_dl = 10 if row["UNIT"] == "g/dL" else 1
            samples[row["ACCESSION"]][row["TEST_CODE"]] = float(row["RESULT"]) * g_dl
    whole = [s for s in samples.values() if len(s) == 18]
    assert len(whole) > 0.9 * len(samples)
    for s in whole:
        counts = [s[f"{kind}#"] for kind in ("NEU", "LYM", "MON", "EOS", "BAS")]
        assert sum(counts) <= s["WBC"] + 0.001 and sum(counts) > 0.9 * s["WBC"], s
        assert s["NEU%"] == pytest.approx(100 * s["NEU#"] / s["WBC"], abs=0.051)
        assert s["HCT"] == pytest.approx(s["HGB"] / s["MCHC"], abs=0.00051)
        assert s["RBC"] == pytest.approx(1000 * s["HCT"] / s["MCV"], abs=0.0051)


def test_a_participant_has_some_330_laboratory_records(forms: Forms) -> None:
    assert 320 < len(forms["lab"]) / 30 < 345  # a million in a study of three thousand


# --- the investigator against his own measurements
def hundredths(row: dict[str, str]) -> int | None:
    """Hundredths of a millimetre; 5 mm where too small to measure."""
    status = row["STATUS"].strip().lower()
    if status == "measured":
        whole, _, rest = row["DIAMETER"].partition(".")
        return int(whole + rest.ljust(2, "0")) * (10 if row["DIAMETER_UNIT"].lower() == "cm" else 1)
    return {"too small to measure": 500, "disappeared": 0, "not assessed": None}[status]


def by_assessment(rows: Rows) -> dict[tuple[str, str], Rows]:
    found: dict[tuple[str, str], Rows] = defaultdict(list)
    for row in rows:
        found[row["SUBJECT"], row["FOLDER"].strip().upper()].append(row)
    return found


def disagreements(forms: Forms) -> set[tuple[str, str, str]]:
    """Sum and target progression or not, recomputed from the target lesions alone."""
    lesions, found = by_assessment(forms["tl"]), set()
    nadir: dict[str, int] = {}
    for row in forms["resp"]:
        subject, folder = row["SUBJECT"], row["FOLDER"].strip().upper()
        sizes = [hundredths(r) for r in lesions.get((subject, folder), [])]
        if not sizes or None in sizes:
            continue
        total = sum(s for s in sizes if s is not None)
        baseline = sum(hundredths(r) or 0 for r in lesions[subject, "SCREENING"])
        lowest = min(baseline, nadir.get(subject, baseline))
        if round(float(row["SUM"]) * 100) != total:
            found.add((subject, folder, "SUM"))
        grown = 5 * total >= 6 * lowest and total - lowest >= 500
        if grown != (row["TARGET"].lower() == "progressive disease"):
            found.add((subject, folder, "TARGET"))
        nadir[subject] = min(lowest, total)
    return found


def test_the_investigator_disagrees_with_his_measurements_only_where_planted(forms: Forms) -> None:
    subject = next(r["SUBJECT"] for r in forms["resp"] if r["SUM"] == "46" and r["FOLDER"] == "WEEK 6")
    nadir = next(r["SUBJECT"] for r in forms["resp"] if r["SUM"] == "18" and r["FOLDER"] == "WEEK 72")
    assert disagreements(forms) == {
        (subject, "WEEK 6", "SUM"),
        (subject, "WEEK 12", "TARGET"),
        (nadir, "WEEK 72", "TARGET"),
    }


def test_a_planted_disagreement_is_found(forms: Forms) -> None:
    changed = [r | ({"SUM": "1"} if n == 0 else {}) for n, r in enumerate(forms["resp"])]
    row = forms["resp"][0]
    assert disagreements({**forms, "resp": changed}) - disagreements(forms) == {
        (row["SUBJECT"], row["FOLDER"].upper(), "SUM")
    }


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_other_seeds_bring_about_every_plant_and_fit_the_contracts(
    study: Study, tmp_path: Path, read_drop: Callable[[Path], Forms], seed: int
) -> None:
    simulate(study, tmp_path, subjects=30, seed=seed)
    forms = read_drop(tmp_path)
    assert [m for name, rows in forms.items() for m in misfits(rows, study.forms[name])] == []
    assert len(disagreements(forms)) == 3
