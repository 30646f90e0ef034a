"""What happens to the files of a drop on their way, and what somebody may put into them on purpose."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Callable, Mapping
from io import BytesIO

import numpy as np
import pandas as pd


def damaged(content: bytes, drawn: random.Random) -> bytes:
    """One thing that happens to files: flipped bytes, a cut, a piece lost, twice or overwritten."""
    spoilt = bytearray(content)
    at = drawn.randrange(len(spoilt))
    upto = min(len(spoilt), at + drawn.randint(1, 200))
    kind = drawn.randrange(5)
    if kind == 0:
        for _ in range(drawn.randint(1, 8)):
            spoilt[drawn.randrange(len(spoilt))] = drawn.randrange(256)
    elif kind == 1:
        del spoilt[at:]
    elif kind == 2:
        del spoilt[at:upto]
    elif kind == 3:
        spoilt[at:at] = spoilt[at:upto]
    else:
        spoilt[at:upto] = drawn.randbytes(upto - at)
    return bytes(spoilt)


FORMULAS = ("=1+1", '=HYPERLINK("x")', "+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0")
ODD = (
    *FORMULAS,
    "x" * 300_000, "1e999", "-1e999", "NaN", "inf", "1" * 5_000, "0x10",
    "31 FEB 2018", "00 UNK 0000", "99 DEC 9999", "UN UNK UNKN",
    " ", "\u00a0", "\u4e73" * 70, "\U0001f9ec", "'", '"', '""', ",", ";", "|", "a\nb", "a\tb",
    "NA", "null", "#REF!", "true",
    "../../etc", "%s%n", "{}",
)  # fmt: skip


def hostile(frame: pd.DataFrame, drawn: random.Random) -> pd.DataFrame:
    """One of what a form may hold that nobody meant: columns exchanged, renamed, lost or twice, records twice
    or none, odd cells.
    """
    kind = drawn.choice(["swapped", "swapped", "renamed", "lost", "twice", "none", *["odd"] * 6])
    if kind == "swapped":
        one, other = drawn.sample(list(frame), 2)
        return frame.assign(**{str(one): frame[other], str(other): frame[one]})
    if kind == "renamed":
        one, other = drawn.sample(list(frame), 2)
        return frame.rename(columns={one: other, other: one})
    if kind == "lost":
        # None of the first five, which say where a record belongs: some formats have no column for them.
        return frame.drop(columns=drawn.choice(list(frame)[5:]))
    if kind == "twice":
        return pd.concat([frame, frame.sample(1, random_state=drawn.randrange(100))], ignore_index=True)
    if kind == "none":
        return frame[:0]
    spoilt = frame.copy()
    for _ in range(drawn.randint(1, 3)):
        spoilt.iloc[drawn.randrange(len(frame)), drawn.randrange(len(frame.columns))] = drawn.choice(ODD)
    return spoilt


# --- bombs: a file that is small and becomes large, or deep, or reaches for another
MAIN, OFFICE, PACKAGE = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://schemas.openxmlformats.org/package/2006/relationships",
)
COLUMNS = ("SITE", "SUBJECT", "FOLDER", "FORM", "RECORD", "GIVEN", "DAY", "MG", "PRODUCT")  # of form dose


def cells(row: int, *texts: bytes) -> bytes:
    """A row of a sheet."""
    places = (f"{chr(65 + n)}{row}".encode() for n in range(len(texts)))
    inside = b"".join(
        b'<c r="%s" t="inlineStr"><is><t>%s</t></is></c>' % (p, t) for p, t in zip(places, texts, strict=True)
    )
    return b'<row r="%d">%s</row>' % (row, inside)


def sheet(inside: bytes, before: bytes = b"") -> bytes:
    """A sheet with the header of form dose and what the test puts under it."""
    parts = (MAIN.encode(), cells(1, *(c.encode() for c in COLUMNS)), inside)
    return before + b'<worksheet xmlns="%s"><sheetData>%s%s</sheetData></worksheet>' % parts


def workbook(part: bytes, shared: bytes = b"<sst/>", more: Mapping[str, bytes] | None = None) -> bytes:
    """A workbook of one sheet whose parts are what the test says."""

    def relations(*targets: tuple[str, str]) -> bytes:
        elements = (
            f'<Relationship Id="r{n}" Type="{OFFICE}/{kind}" Target="{target}"/>'
            for n, (kind, target) in enumerate(targets, start=1)
        )
        return f'<Relationships xmlns="{PACKAGE}">{"".join(elements)}</Relationships>'.encode()

    book = (
        f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="DOSE" sheetId="1"'
        ' r:id="r1"/></sheets></workbook>'
    )
    parts = {
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": book.encode(),
        "xl/_rels/workbook.xml.rels": relations(
            ("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml")
        ),
        "xl/worksheets/sheet1.xml": part,
        "xl/sharedStrings.xml": shared,
        **(more or {}),
    }
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as zipped:
        for name, content in parts.items():
            zipped.writestr(name, content)
    return file.getvalue()


def dose(product: bytes) -> bytes:
    return cells(2, b"S1", b"01", b"V1", b"DOSE", b"1", b"Yes", b"01 MAR 2018", b"100", product)


_TENFOLD = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
LAUGHS = f'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">{_TENFOLD}]>'
ODM = '<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" ODMVersion="1.3.2" FileType="Snapshot">'
HEAD = ",".join(COLUMNS).encode() + b"\n"
READ = ""
WHOLE, TYPE = "not a whole XLSX workbook", "has a DOCTYPE"
XML, JSON = "not well-formed XML", "brackets within brackets without end"
FAR = "unpacks to far more than a form can hold"
# The file, what stands in it (made when it is asked for), and what the refusal says; nothing where it is read
# as any other. ruff: noqa: PLW0108 (the large ones are made only then)
BOMBS: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "a sound workbook": ("dose.xlsx", lambda: workbook(sheet(dose(b"DRUG"))), READ),
    "a sheet of 100 MB of blanks": ("dose.xlsx", lambda: workbook(sheet(b" " * 100_000_000)), FAR),
    "a sheet of 60 MB of blanks": ("dose.xlsx", lambda: workbook(sheet(b" " * 60_000_000)), WHOLE),
    "a cell of 100 MB": ("dose.xlsx", lambda: workbook(sheet(dose(b"x" * 100_000_000))), FAR),
    "a cell of 9 MB": ("dose.xlsx", lambda: workbook(sheet(dose(b"x" * 9_000_000))), READ),
    "a cell of 20 MB": ("dose.xlsx", lambda: workbook(sheet(dose(b"x" * 20_000_000))), WHOLE),
    "shared texts of 100 MB": ("dose.xlsx", lambda: workbook(sheet(b""),
        b"<sst><si><t>" + b"x" * 100_000_000 + b"</t></si></sst>"), FAR),
    "a hundred thousand empty rows": ("dose.xlsx", lambda: workbook(sheet(b"<row/>" * 100_000)), READ),
    "a row behind all others": ("dose.xlsx", lambda: workbook(sheet(cells(999_999_999, b"x"))), WHOLE),
    "a column behind all others": ("dose.xlsx",
        lambda: workbook(sheet(b'<row r="2"><c r="ZZZZZZ2"><v>1</v></c></row>')), WHOLE),
    "rows a hundred thousand deep": ("dose.xlsx", lambda: workbook(sheet(b"<row>" * 100_000)), WHOLE),
    "entities in a sheet": ("dose.xlsx", lambda: workbook(sheet(dose(b"&j;"), LAUGHS.encode())), TYPE),
    "a workbook in a workbook": ("dose.xlsx", lambda: workbook(sheet(b""),
        more={"xl/a.xlsx": workbook(sheet(b" " * 50_000_000))}), READ),
    "a workbook without relations": ("dose.xlsx", lambda: workbook(sheet(b""),
        more={"_rels/.rels": b"<x/>"}), WHOLE),
    "a workbook without parts": ("dose.xlsx", lambda: b"PK\x05\x06" + bytes(18), WHOLE),
    "entities of entities": ("trial.xml", f"{LAUGHS}{ODM}&j;</ODM>".encode, TYPE),
    "entities in an attribute": ("trial.xml", f'{LAUGHS}{ODM}<Study OID="&j;"/></ODM>'.encode, TYPE),
    "an entity of a file": ("trial.xml",
        f'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>{ODM}&a;</ODM>'.encode, TYPE),
    "a DTD of a file": ("trial.xml", f'<!DOCTYPE ODM SYSTEM "file:///etc/hostname">{ODM}</ODM>'.encode, TYPE),
    "a document a hundred thousand deep": ("trial.xml", (ODM + "<Study>" * 100_000).encode, XML),
    "an attribute of 50 MB": ("trial.xml", f'{ODM}<Study OID="{"x" * 50_000_000}"/></ODM>'.encode, XML),
    "arrays a hundred thousand deep": ("dose.json", lambda: b"[" * 100_000, JSON),
    "objects a hundred thousand deep": ("dose.json", lambda: b'{"columns":' * 100_000, JSON),
    "a number of a million digits": ("dose.json",
        lambda: b'{"datasetJSONVersion":' + b"1" * 1_000_000 + b"}", "states no version"),
    "a header of 50 MB": ("dose.csv", lambda: b"x" * 50_000_000 + b"\n", "dose.csv"),
    "a quote that is never closed": ("dose.csv", lambda: HEAD + b'"' + b"x,\n" * 3_000_000, "dose.csv"),
    "a hundred thousand line ends": ("dose.csv", lambda: HEAD + b"\n" * 100_000, READ),
    "a hundred thousand columns": ("dose.csv",
        lambda: ",".join(f"C{n}" for n in range(100_000)).encode() + b"\n", "dose.csv"),
    "a record of a million cells": ("dose.csv", lambda: HEAD + b"," * 1_000_000 + b"\n", "dose.csv"),
    "random bytes": ("dose.parquet", lambda: b"PAR1" + np.random.default_rng(1).bytes(100_000) + b"PAR1",
        "not a whole Parquet file"),
    "nothing but a head": ("dose.xpt",
        lambda: b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!" + b"0" * 2_000, "holds 0 datasets"),
}  # fmt: skip
