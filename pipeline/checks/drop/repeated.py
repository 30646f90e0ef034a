"""Faults that many records have for one reason, as one case each: a subject number that nobody has, records
of one name, and records of a form that a person has once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pipeline.checks.drop.sheets import Sheet
from pipeline.sources import identity, subjects

Place = tuple[str, int]  # form, row of it
Cause = tuple[str, int, dict[str, str]]  # of the first record; what is known beyond the rule


def strangers(sheets: Mapping[str, Sheet], number: str, broken: Sequence[Place]) -> Iterator[Cause]:
    """A case for each subject number that nobody has, at its first record, with its records counted by form.

    Takes     the field of the subject number; the records whose number is not enrolled.
    """
    enrolled = _enrolled(sheets, number)
    by_number: dict[str, list[Place]] = {}
    for form, row in broken:
        typed = sheets[form].collected[number].iloc[row]
        by_number.setdefault(typed.strip() if isinstance(typed, str) else "", []).append((form, row))
    for typed, places in by_number.items():
        forms = [form for form, _ in places]
        counts = ", ".join(f"{form} {forms.count(form)}" for form in dict.fromkeys(forms))
        hint = subjects.hint(typed, enrolled).removeprefix("; ")
        found = f"{subjects.records(len(places))} ({counts})"
        yield *places[0], {"found": f"{hint}; {found}" if hint else found}


def _enrolled(sheets: Mapping[str, Sheet], number: str) -> list[str]:
    known = {
        text
        for sheet in sheets.values()
        for text in sheet.carried.loc[sheet.carried["USUBJID"].notna(), number].dropna().unique()
    }
    return sorted(known)


def of_one_name(sheets: Mapping[str, Sheet], number: str, broken: Sequence[Place]) -> Iterator[Cause]:
    """A case for the records of a form that have one name, at the first of them, with their lines on the
    form, the fields in which they differ, and those that should tell them apart.

    Takes     the field of the subject number; the records whose name another record has.
    """
    rows_of: dict[str, list[int]] = {}
    for form, row in broken:
        rows_of.setdefault(form, []).append(row)
    for name, rows in rows_of.items():
        sheet = sheets[name]
        records = sheet.collected.iloc[rows]
        who = sheet.carried[["USUBJID", "record"]].iloc[rows]
        alike = records.assign(USUBJID=who["USUBJID"].to_numpy(), record=who["record"].to_numpy())
        differing = identity.fields_that_differ(sheet.form, alike)
        keys = ", ".join([number, *sheet.form.keys])
        places = dict(zip(alike.index, rows, strict=True))
        for _, group in alike.groupby(["USUBJID", "record"], sort=False):
            fields = differing[group.index[0]]
            lines = " and ".join(str(line).strip() for line in group["RECORD"]) if "RECORD" in group else ""
            how = f"differ in {fields}" if fields else "are equal in everything"
            at = f" (lines {lines} of the form)" if lines else ""
            details = {"found": f"{len(group)} records{at} {how}"}
            if not sheet.form.row:
                details["expected"] = keys if sheet.form.keys else f"{number} alone"
            if sheet.form.row:
                question = (
                    f"{len(group)} rows are equal in everything. Please remove all but one, or confirm them."
                )
            elif sheet.form.keys:
                question = (
                    f"{len(group)} records have the same {keys}. Please remove all but the right one, or"
                    " correct these fields."
                )
            else:
                question = (
                    f"The participant has {len(group)} records of this form, which is filled in once. Please"
                    " remove all but the right one."
                )
            rule = identity.EQUAL_ROWS if sheet.form.row else identity.DUPLICATE
            if not fields and not sheet.form.row:
                rule = identity.REPEATED
            yield name, places[group.index[0]], {**details, "question": question, "rule": rule}


def of_one_person(sheets: Mapping[str, Sheet], number: str, broken: Sequence[Place]) -> Iterator[Cause]:
    """A case for the records of a person in a form that a person has once, at the first of them, with the
    subject numbers under which they stand.

    Takes     the field of the subject number; the records of persons who have several.
    """
    by_person: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for form, row in broken:
        carried = sheets[form].carried
        place = (str(carried["record"].iloc[row]), row)
        by_person.setdefault((form, str(carried["USUBJID"].iloc[row])), []).append(place)
    for (form, _), places in by_person.items():
        places.sort()
        numbers = [str(sheets[form].carried[number].iloc[row]) for _, row in places]
        yield form, places[0][1], {"found": f"{len(places)} records, of {' and '.join(numbers)}"}
