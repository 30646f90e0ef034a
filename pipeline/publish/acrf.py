"""The case report form as PDF: one page a form, drawn from the raw contracts, for define.xml to refer to."""

from __future__ import annotations

import re
from hashlib import sha256
from html import escape
from io import BytesIO
from pathlib import Path

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, Table

from pipeline.errors import SpecError
from pipeline.study import Study
from pipeline.study.models import Form, Protocol, RawField

_WIDTH, _HEIGHT = A4
_MARGIN, _TOP, _FOOT = 42, 118, 48
_SIZES = (9.0, 8.0, 7.0, 6.0, 5.0)  # of the font: the first with which the form fits on its page
_COLUMNS = (0.18, 0.42, 0.40)
_HEAD, _COMMON, _RULE = colors.HexColor("#dde3ea"), colors.HexColor("#f4f4f4"), colors.HexColor("#9aa5b1")


def pages(study: Study) -> dict[str, int]:
    """Number of the page of each form, the first being 1."""
    return {name: number for number, name in enumerate(study.forms, start=1)}


def write(study: Study, path: Path) -> None:
    """Write the form of each raw contract on a page of its own, with bookmarks.

    The same contracts give the same bytes: the stamps are the declared build time.

    Raises    SpecError where a form does not fit on one page, or holds a character that the standard fonts of PDF do not have.
    Source    CDISC Metadata Submission Guidelines 2.0, 3 (annotated CRF); FDA Portable Document Format Specifications (bookmarks).
    """
    content = BytesIO()
    stamp = study.protocol.declared_build_time.strftime("D:%Y%m%d%H%M%S+00'00'")
    canvas = Canvas(content, pagesize=A4, invariant=1)
    canvas.setDateFormatter(lambda *_: stamp)
    canvas.setTitle(f"{study.protocol.id}: case report form")
    canvas.setSubject("Annotated case report form")
    canvas.setAuthor(study.protocol.sponsor)
    canvas.setCreator("cdisc-pipeline")
    canvas.showOutline()
    for name, number in pages(study).items():
        _draw(canvas, study.protocol, study.forms[name], number)
    canvas.save()
    # The library mixes the identifier of a file from the environment; ours comes from the study.
    identifier = sha256(f"{study.protocol.id} {stamp}".encode()).hexdigest()[:32].encode()
    fixed = b"[<" + identifier + b"><" + identifier + b">]"
    path.write_bytes(re.sub(rb"\[<[0-9a-f]{32}><[0-9a-f]{32}>\]", fixed, content.getvalue()))


def _draw(canvas: Canvas, protocol: Protocol, form: Form, number: int) -> None:
    canvas.bookmarkPage(form.form)
    canvas.addOutlineEntry(form.title, form.form)
    canvas.setFont("Helvetica-Bold", 14)
    canvas.drawString(_MARGIN, _HEIGHT - 52, form.title)
    canvas.setFont("Helvetica", 9)
    canvas.drawString(_MARGIN, _HEIGHT - 70, f"Study {protocol.id} ({protocol.protocol}), {protocol.sponsor}")
    canvas.drawString(_MARGIN, _HEIGHT - 84, f"Form {form.form.upper()}; source: {form.source}; records: {form.record}")
    canvas.drawString(_MARGIN, _HEIGHT - 98, f"A record is known by: {', '.join(('SUBJECT', *form.keys))}. Fields with * must be answered.")
    table, height = _table(form)
    table.drawOn(canvas, _MARGIN, _HEIGHT - _TOP - height)
    canvas.setFont("Helvetica", 8)
    canvas.drawString(_MARGIN, 30, protocol.synthetic)
    canvas.drawRightString(_WIDTH - _MARGIN, 30, f"Page {number}")
    canvas.showPage()


def _table(form: Form) -> tuple[Table, float]:
    """The fields as a table in the largest font with which it fits, and its height."""
    room = _HEIGHT - _TOP - _FOOT
    for size in _SIZES:
        table = _set(form, size)
        _, height = table.wrap(_WIDTH - 2 * _MARGIN, room)
        if height <= room:
            return table, height
    raise SpecError(
        f"specs/raw/{form.form}.yaml: the form does not fit on one page of the annotated CRF; split it or shorten its questions"
    )


def _set(form: Form, size: float) -> Table:
    style = ParagraphStyle("cell", fontName="Helvetica", fontSize=size, leading=size * 1.2)
    bold = ParagraphStyle("head", parent=style, fontName="Helvetica-Bold")
    rows = [[Paragraph(t, bold) for t in ("Field", "Question", "Answer")]]
    for name, field in form.fields.items():
        texts = (name, field.question + (" *" if field.required else ""), _answer(field))
        rows.append([Paragraph(escape(_latin(t, form, name)), style) for t in texts])
    look = [
        ("GRID", (0, 0), (-1, -1), 0.4, _RULE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), size * 0.22),
        ("BOTTOMPADDING", (0, 0), (-1, -1), size * 0.33),
        ("BACKGROUND", (0, 0), (-1, 0), _HEAD),
        ("BACKGROUND", (0, 1), (-1, len(form.header)), _COMMON),
    ]
    return Table(rows, colWidths=[share * (_WIDTH - 2 * _MARGIN) for share in _COLUMNS], style=look, repeatRows=1)


def _answer(field: RawField) -> str:
    """What may be answered, in words."""
    told = (
        [f"one of: {'; '.join(field.codes)}" + ("" if field.closed else "; or another, as written")]
        if field.codes
        else ["date and time" if field.type == "stamp" else field.type]
    )
    told += [field.format + (", parts may be unknown" if field.partial else "")] if field.format else []
    told += [f"in {field.unit}"] if field.unit else []
    told += [f"{field.min:g} to {field.max:g}"] if field.min is not None and field.max is not None else []
    told += [f"coded with {field.coded}"] if field.coded else []
    told += [f"{field.origin.lower()}, not asked"] if field.origin in ("Assigned", "Protocol", "Derived") else []
    return ", ".join(told)


def _latin(text: str, form: Form, field: str) -> str:
    if not text.isascii() and not text.encode("cp1252", errors="ignore").decode("cp1252") == text:
        raise SpecError(
            f"specs/raw/{form.form}.yaml: {field}: a character that the standard fonts of PDF do not have; write it in Latin letters"
        )
    return text
