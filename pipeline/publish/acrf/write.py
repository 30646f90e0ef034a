"""The annotated case report form as PDF: each raw contract on a page, with what its mapping makes of each
field.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from colorsys import hls_to_rgb
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Table

from pipeline.errors import SpecError
from pipeline.formats import pdf
from pipeline.mapping.steps import Plan
from pipeline.publish.acrf.annotations import NOT_SUBMITTED, Annotations, Note, annotations_of
from pipeline.study import Study
from pipeline.study.crf import LISTED, pages
from pipeline.study.models import Form, RawField

__all__ = ["TITLE", "pages", "write"]

TITLE = "Annotated case report form"
_WIDTH, _HEIGHT = A4
_MARGIN, _FOOT, _GAP = 36, 44, 6
_ROOM = _WIDTH - 2 * _MARGIN
_RIGHT = _WIDTH - _MARGIN
_SIZES = (8.0, 7.5, 7.0, 6.5, 6.0, 5.5, 5.0)  # of the font: the first with which the form fits on its page
_COLUMNS = (0.33, 0.31, 0.36)
_HEAD, _COMMON, _RULE, _FAINT, _SHARED = (
    colors.HexColor(c) for c in ("#dde3ea", "#f4f4f4", "#9aa5b1", "#5b6673", "#e6e6e6")
)
_CONVENTIONS = (
    "An annotation names the SDTM variable that holds the answer to a question, in the colour of its domain.",
    "Beside the title of a form are its domains, and the values that all their records from this form have.",
    '"when" is followed by the condition of the records to which an annotation applies; "in SUPP" and a'
    " domain mark a supplemental qualifier.",
    '"(derived)" means that the answer is one of several inputs of a variable; define.xml has the algorithm.',
    f"{NOT_SUBMITTED} means that no dataset holds the answer. Questions on grey are the same on every form."
    " Fields with * are required.",
)


def write(study: Study, plan: Plan, path: Path) -> None:
    """Writes the form of each raw contract on a page of its own with its annotations, and bookmarks by visit
    and by form.

    The same study gives the same bytes: the stamps are the declared build time.

    Raises    SpecError where a form does not fit on one page, or holds a character that the fonts do not
              have.
    Source    CDISC Metadata Submission Guidelines 2.0, annotated CRF; FDA Portable Document Format
              Specifications (bookmarks, contents, embedded fonts).
    """
    content = BytesIO()
    protocol = study.protocol
    header = pdf.Header(protocol.id, TITLE, protocol.sponsor, protocol.declared_build_time)
    pdf.fonts()
    canvas = Canvas(content, pagesize=A4, invariant=1, initialFontName=pdf.TEXT)
    pdf.stamp(canvas, header)
    canvas.showOutline()
    _Book(study, annotations_of(study, plan), canvas).draw()
    canvas.save()
    path.write_bytes(pdf.with_fixed_identifier(content.getvalue(), header))


class _Box(NamedTuple):
    """The place of one annotation among others, from their upper left corner."""

    x: float
    y: float
    width: float
    height: float
    lines: list[str]
    colour: colors.Color


class _Boxes(Flowable):  # type: ignore[misc]  # the library has no types
    """Annotations in their colours, side by side in lines; a text wider than the line is broken."""

    def __init__(self, notes: Iterable[tuple[str, colors.Color]], size: float, font: str = pdf.TEXT) -> None:
        super().__init__()
        self.notes = list(notes)
        self.size = size
        self.font = font
        self.boxes: list[_Box] = []
        self.width = self.height = 0.0

    def wrap(self, width: float, _: float) -> tuple[float, float]:
        if self.boxes and width == self.width:  # laid out before
            return self.width, self.height
        self.boxes = []
        x = y = tallest = 0.0
        for text, colour in self.notes:
            lines = list(self.broken(text, width - self.size))
            longest = max(stringWidth(line, self.font, self.size) for line in lines)
            wide = longest + self.size * 0.8
            high = self.size * 1.5 + (len(lines) - 1) * self.size * 1.2
            if x and x + wide > width:
                x, y, tallest = 0.0, y + tallest + 1.5, 0.0
            self.boxes.append(_Box(x, y, wide, high, lines, colour))
            x, tallest = x + wide + 3, max(tallest, high)
        self.width, self.height = width, y + tallest
        return self.width, self.height

    def broken(self, text: str, width: float) -> Iterator[str]:
        """The text in lines of at most this width."""
        line = ""
        for word in text.split(" "):
            longer = f"{line} {word}".strip()
            if line and stringWidth(longer, self.font, self.size) > width:
                yield line
                line = word
            else:
                line = longer
        yield line

    def draw(self) -> None:
        for box in self.boxes:
            top = self.height - box.y
            is_boxed = box.colour is not colors.white
            if is_boxed:
                self.canv.setFillColor(box.colour)
                self.canv.setStrokeColor(_RULE)
                self.canv.setLineWidth(0.5)
                self.canv.rect(box.x, top - box.height, box.width, box.height, stroke=1, fill=1)
            self.canv.setFillColor(colors.black if is_boxed else _FAINT)
            for n, line in enumerate(box.lines):
                y = top - self.size * (1.1 + n * 1.2)
                _draw_text(self.canv, box.x + self.size * 0.4, y, line, self.size, self.font)


class _Book:
    """The pages of one file."""

    def __init__(self, study: Study, annotations: Annotations, canvas: Canvas) -> None:
        self.study = study
        self.annotations = annotations
        self.canvas = canvas
        self.pages = pages(study)
        self.colours = _colours(annotations.together)
        self.heading = ParagraphStyle("heading", fontName=pdf.TEXT, fontSize=8, leading=10)
        self.cells: dict[tuple[str, str, float], pdf.Paragraph] = {}

    def draw(self) -> None:
        self.draw_contents()
        self.draw_conventions()
        for name in self.pages:
            self.draw_form(self.study.forms[name])
        self.add_bookmarks()

    # --- before the forms
    def draw_contents(self) -> None:
        names = list(self.study.forms)
        for first in range(0, len(names), LISTED):
            self.mark_page(f"contents{first}")
            self.draw_head("Contents" if first == 0 else "Contents, continued", first == 0)
            for row, name in enumerate(names[first : first + LISTED]):
                self.draw_entry(name, _HEIGHT - 132 - row * 16)
            self.draw_foot()

    def draw_entry(self, name: str, y: float) -> None:
        """A form in the contents, with a dotted line to its page number and a link to its page."""
        title = f"{self.study.forms[name].title} ({name.upper()})"
        _draw_text(self.canvas, _MARGIN, y, title, 10)
        self.canvas.drawRightString(_RIGHT, y, str(self.pages[name]))
        self.canvas.setDash(0.5, 3)
        begin = _MARGIN + stringWidth(title, pdf.TEXT, 10) + 6
        self.canvas.line(begin, y + 1, _RIGHT - 22, y + 1)
        self.canvas.setDash()
        self.canvas.linkRect("", name, (_MARGIN, y - 3, _RIGHT, y + 11), thickness=0)

    def draw_conventions(self) -> None:
        """How to read the annotations, and the colour of each domain."""
        self.mark_page("conventions")
        self.draw_head("How to read the annotations")
        top = _HEIGHT - 84.0
        for text in _CONVENTIONS:
            top = self.draw_below(pdf.Paragraph(pdf.marked(text), self.heading), top - 4)
        top -= 20
        for domain in self.annotations.together:
            label = f"{domain} = {self.study.datasets[domain].label}"
            top = self.draw_below(_Boxes([(label, self.colours[domain])], 8, pdf.BOLD), top - 4)
        self.draw_foot()

    def draw_below(self, flowable: Flowable, top: float) -> float:
        """Draws it over the width of the page below this height; returns the height where it ends."""
        _, height = flowable.wrap(_ROOM, _HEIGHT)
        bottom = top - float(height)
        flowable.drawOn(self.canvas, _MARGIN, bottom)
        return bottom

    # --- forms
    def draw_form(self, form: Form) -> None:
        self.mark_page(form.form)
        self.draw_head(form.title)
        keys = ", ".join((self.study.protocol.subjects.number, *form.keys))
        about = (
            f"Form {form.form.upper()}; source: {form.source}; records: {form.record}."
            f" Key of a record: {keys}."
        )
        top = self.draw_below(pdf.Paragraph(pdf.marked(about), self.heading), _HEIGHT - 86)
        annotated = self.annotations.forms[form.form]
        for notes in annotated.domains.values():
            boxes = _Boxes([(note.text, self.colour(note)) for note in notes], 7.5, pdf.BOLD)
            top = self.draw_below(boxes, top - 4)
        top -= _GAP
        self.draw_below(self.fitting_table(form, annotated.fields, top - _FOOT), top)
        self.draw_foot()

    def fitting_table(self, form: Form, notes: Mapping[str, tuple[Note, ...]], room: float) -> Table:
        """The fields as a table in the largest font with which it fits."""
        for size in _SIZES:
            table = self.table(form, notes, size)
            _, height = table.wrap(_ROOM, room)
            if height <= room:
                return table
        raise SpecError(
            f"specs/raw/{form.form}.yaml: the form does not fit on one page of the annotated CRF; split it or"
            " shorten its questions"
        )

    def table(self, form: Form, notes: Mapping[str, tuple[Note, ...]], size: float) -> Table:
        rows: list[list[Flowable]] = [[self.cell(t, size, pdf.BOLD) for t in ("Question", "Answer", "SDTM")]]
        for name, field in form.fields.items():
            question = pdf.marked(field.question + (" *" if field.required else ""))
            named = f'{question} <font size="{size * 0.8:g}" color="#5b6673">{pdf.marked(name)}</font>'
            boxes = _Boxes([(note.text, self.colour(note)) for note in notes[name]], size)
            rows.append([self.cell(named, size), self.cell(pdf.marked(_answer(field)), size), boxes])
        look = [
            ("FONT", (0, 0), (-1, -1), pdf.TEXT, size),  # the library's own would be named and not embedded
            ("GRID", (0, 0), (-1, -1), 0.4, _RULE),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("TOPPADDING", (0, 0), (-1, -1), size * 0.2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), size * 0.3),
            ("LEFTPADDING", (0, 0), (-1, -1), 4),
            ("RIGHTPADDING", (0, 0), (-1, -1), 4),
            ("BACKGROUND", (0, 0), (-1, 0), _HEAD),
            ("BACKGROUND", (0, 1), (-1, len(form.header)), _COMMON),
        ]
        return Table(rows, colWidths=[share * _ROOM for share in _COLUMNS], style=look, repeatRows=1)

    def cell(self, text: str, size: float, font: str = pdf.TEXT) -> pdf.Paragraph:
        """A text in a cell; many forms ask the same questions and have the same answers."""
        key = text, font, size
        if key not in self.cells:
            style = ParagraphStyle("cell", fontName=font, fontSize=size, leading=size * 1.2)
            self.cells[key] = pdf.Paragraph(text, style)
        return self.cells[key]

    def colour(self, note: Note) -> colors.Color:
        if note.domain in self.colours:
            return self.colours[note.domain]
        return colors.white if note.text == NOT_SUBMITTED else _SHARED

    # --- every page
    def draw_head(self, title: str, cover: bool = False) -> None:
        protocol = self.study.protocol
        about = f"Study {protocol.id} ({protocol.protocol}), {protocol.sponsor}"
        self.canvas.setFillColor(colors.black)
        _draw_text(self.canvas, _MARGIN, _HEIGHT - 50, TITLE if cover else title, 14, pdf.BOLD)
        _draw_text(self.canvas, _MARGIN, _HEIGHT - 68, about, 9)
        if cover:
            _draw_text(self.canvas, _MARGIN, _HEIGHT - 82, protocol.title, 9)
            _draw_text(self.canvas, _MARGIN, _HEIGHT - 108, title, 11, pdf.BOLD)

    def draw_foot(self) -> None:
        self.canvas.setFillColor(colors.black)
        _draw_text(self.canvas, _MARGIN, 28, self.study.protocol.synthetic, 7)
        self.canvas.setFont(pdf.TEXT, 7)
        last = next(reversed(self.pages.values()))
        self.canvas.drawRightString(_RIGHT, 28, f"Page {self.canvas.getPageNumber()} of {last}")
        self.canvas.showPage()

    # --- bookmarks
    def bookmarks(self) -> Iterator[tuple[str, str, int]]:
        """Each bookmark: its title, its target, its level; first the forms of each visit in its order, then
        every form once.
        """
        yield "Contents", "contents0", 0
        yield "How to read the annotations", "conventions", 0
        visits = dict(self.visits())
        if visits:
            first_form = next(iter(visits.values()))[0]
            yield "Visits", first_form, 0
        for visit, forms in visits.items():
            yield visit, forms[0], 1
            for name in forms:
                yield self.study.forms[name].title, name, 2
        yield "Forms", next(iter(self.pages)), 0
        for name in self.pages:
            yield self.study.forms[name].title, name, 1

    def mark_page(self, target: str) -> None:
        """Makes the current page the target of its links and bookmarks; the library gives each bookmark a
        target of its own name.
        """
        self.canvas.bookmarkPage(target)
        for number, (_, leads_to, _) in enumerate(self.bookmarks()):
            if leads_to == target:
                self.canvas.bookmarkPage(f"mark{number}")

    def add_bookmarks(self) -> None:
        for number, (title, _, level) in enumerate(self.bookmarks()):
            self.canvas.addOutlineEntry(title, f"mark{number}", level, closed=level == 1)

    def visits(self) -> Iterator[tuple[str, list[str]]]:
        """The visits with their forms, and last the forms that are filled in throughout the study."""
        schedule = self.study.protocol.schedule
        for visit in self.study.visits:
            forms = [f for entry in schedule if visit.name in entry.visits for f in entry.forms]
            if forms:
                yield visit.name, forms
        scheduled = {f for entry in schedule for f in entry.forms}
        running = [f for f in self.pages if f not in scheduled]
        if schedule and running:
            yield "Running records", running


def _draw_text(canvas: Canvas, x: float, y: float, text: str, size: float, font: str = pdf.TEXT) -> None:
    """Text from a point to the right, each piece in a font that has its characters."""
    for name, piece in pdf.runs(text, font):
        canvas.setFont(name, size)
        canvas.drawString(x, y, piece)
        x += stringWidth(piece, name, size)


def _colours(together: Mapping[str, set[str]]) -> dict[str, colors.Color]:
    """A pale colour of its own for each domain: of the free ones the farthest, on the circle of hues, from
    the domains that share a form with it.
    """
    hues: dict[str, int] = {}
    size = len(together)
    for domain, others in together.items():
        taken = [hues[o] for o in others if o in hues]
        distances = {}
        for hue in range(size):
            if hue not in hues.values():
                distances[hue] = min((min((hue - t) % size, (t - hue) % size) for t in taken), default=0)
        hues[domain] = max(distances, key=lambda hue: (distances[hue], -hue))
    return {d: _pale(hue / size, dark=not hue % 2) for d, hue in hues.items()}


def _pale(hue: float, dark: bool) -> colors.Color:
    return colors.Color(*hls_to_rgb(hue, 0.78 if dark else 0.86, 0.75))


def _answer(field: RawField) -> str:
    """What may be answered, in words."""
    if field.codes:
        codes = f"one of: {'; '.join(field.codes)}"
        parts = [codes if field.closed else f"{codes}; or another, as written"]
    else:
        parts = ["date and time" if field.type == "stamp" else field.type]
    if field.format:
        parts.append(field.form_of_date)
    if field.unit:
        parts.append(f"in {field.unit}")
    if field.min is not None and field.max is not None:
        parts.append(f"{field.min:g} to {field.max:g}")
    if field.coded:
        parts.append(f"coded with {field.coded}")
    if field.origin in ("Assigned", "Protocol", "Derived"):
        parts.append(f"{field.origin.lower()}, not asked")
    return ", ".join(parts)
