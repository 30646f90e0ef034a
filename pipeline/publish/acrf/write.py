"""The annotated case report form as PDF: each raw contract on a page, with what its mapping makes of each
field.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from colorsys import hls_to_rgb
from io import BytesIO
from pathlib import Path

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, Table

from pipeline.errors import SpecError
from pipeline.formats import pdf
from pipeline.mapping.steps import Plan
from pipeline.publish.acrf.annotations import NOT_SUBMITTED, Annotations, Note, annotations_of
from pipeline.study import Study
from pipeline.study.models import Form, RawField

TITLE = "Annotated case report form"
_WIDTH, _HEIGHT = A4
_MARGIN, _FOOT, _GAP = 36, 44, 6
_SIZES = (8.0, 7.5, 7.0, 6.5, 6.0, 5.5, 5.0)  # of the font: the first with which the form fits on its page
_COLUMNS = (0.33, 0.31, 0.36)
_LISTED = 40  # forms on a page of the contents
_HEAD, _COMMON, _RULE, _FAINT = (colors.HexColor(c) for c in ("#dde3ea", "#f4f4f4", "#9aa5b1", "#5b6673"))


def pages(study: Study) -> dict[str, int]:
    """Number of the page of each form, the first page of the file being 1; the contents and the conventions
    stand before.
    """
    before = -(-len(study.forms) // _LISTED) + 1
    return {name: number for number, name in enumerate(study.forms, start=before + 1)}


def write(study: Study, plan: Plan, path: Path) -> None:
    """Write the form of each raw contract on a page of its own with its annotations, and bookmarks by visit
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


class _Cell(Paragraph):  # type: ignore[misc]  # the library has no types
    """A paragraph that is broken into lines once: the library asks for each of its cells, and once more when
    it draws it.
    """

    laid: tuple[float, tuple[float, float]] | None = None

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        if self.laid is None or self.laid[0] != width:
            self.laid = width, super().wrap(width, height)
        return self.laid[1]


class _Boxes(Flowable):  # type: ignore[misc]  # the library has no types
    """Annotations in their colours, one after the other in lines; a text that is wider than the line is
    broken.
    """

    def __init__(self, notes: Iterable[tuple[str, colors.Color]], size: float, font: str = pdf.TEXT) -> None:
        super().__init__()
        self.notes = list(notes)
        self.size = size
        self.font = font
        self.high = size * 1.5
        self.boxes: list[tuple[float, float, float, list[str], colors.Color]] = []
        self.width = self.height = 0.0

    def wrap(self, width: float, _: float) -> tuple[float, float]:
        if self.boxes and width == self.width:  # laid out before
            return self.width, self.height
        self.boxes = []
        x = y = tall = 0.0
        for text, colour in self.notes:
            lines = list(self.broken(text, width - self.size))
            wide = max(stringWidth(line, self.font, self.size) for line in lines) + self.size * 0.8
            high = self.high + (len(lines) - 1) * self.size * 1.2
            if x and x + wide > width:
                x, y, tall = 0.0, y + tall + 1.5, 0.0
            self.boxes.append((x, y, wide, lines, colour))
            x, tall = x + wide + 3, max(tall, high)
        self.width, self.height = width, y + tall
        return self.width, self.height

    def broken(self, text: str, width: float) -> Iterator[str]:
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
        for x, y, wide, lines, colour in self.boxes:
            high = self.high + (len(lines) - 1) * self.size * 1.2
            if colour is not colors.white:
                self.canv.setFillColor(colour)
                self.canv.setStrokeColor(_RULE)
                self.canv.setLineWidth(0.5)
                self.canv.rect(x, self.height - y - high, wide, high, stroke=1, fill=1)
            self.canv.setFillColor(_FAINT if colour is colors.white else colors.black)
            for n, line in enumerate(lines):
                _draw(
                    self.canv,
                    x + self.size * 0.4,
                    self.height - y - self.size * (1.1 + n * 1.2),
                    line,
                    self.size,
                    self.font,
                )


class _Book:
    """The pages of one file."""

    def __init__(self, study: Study, notes: Annotations, canvas: Canvas) -> None:
        self.study = study
        self.annotations = notes
        self.canvas = canvas
        self.pages = pages(study)
        self.colours = _colours(notes.together)
        self.heading = ParagraphStyle("heading", fontName=pdf.TEXT, fontSize=8, leading=10)
        self.cells: dict[tuple[str, str, float], _Cell] = {}

    def draw(self) -> None:
        self.contents()
        self.conventions()
        for name, number in self.pages.items():
            self.page(self.study.forms[name], number)
        self.bookmarks()

    # --- what stands before the forms
    def contents(self) -> None:
        names = list(self.study.forms)
        for first in range(0, len(names), _LISTED):
            self.here(f"contents{first}")
            self.head("Contents" if first == 0 else "Contents, continued", first == 0)
            for row, name in enumerate(names[first : first + _LISTED]):
                y = _HEIGHT - 132 - row * 16
                form = self.study.forms[name]
                _draw(self.canvas, _MARGIN, y, f"{form.title} ({name.upper()})", 10)
                self.canvas.drawRightString(_WIDTH - _MARGIN, y, str(self.pages[name]))
                self.canvas.setDash(0.5, 3)
                self.canvas.line(
                    _MARGIN + stringWidth(f"{form.title} ({name.upper()})", pdf.TEXT, 10) + 6,
                    y + 1,
                    _WIDTH - _MARGIN - 22,
                    y + 1,
                )
                self.canvas.setDash()
                self.canvas.linkRect("", name, (_MARGIN, y - 3, _WIDTH - _MARGIN, y + 11), thickness=0)
            self.foot()

    def conventions(self) -> None:
        """How annotations are to be read, and the colour of each domain."""
        self.here("conventions")
        self.head("How the annotations are to be read")
        y = _HEIGHT - 84.0
        for text in (
            (
                "An annotation names the SDTM variable in which the answer to a question stands, in the"
                " colour of its domain."
            ),
            (
                "Beside the title of a form: its domains, and what is the same in each of their records from"
                " this form."
            ),
            (
                '"when" tells the records of which an annotation is true; "in SUPP" and a domain: a'
                " supplemental qualifier."
            ),
            '"(derived)": the answer is one of several inputs of a variable; define.xml has the algorithm.',
            (
                f"{NOT_SUBMITTED}: no dataset holds the answer. Questions on grey are the same on every form."
                " Fields with * must be answered."
            ),
        ):
            paragraph = Paragraph(pdf.marked(text), self.heading)
            _, height = paragraph.wrap(_WIDTH - 2 * _MARGIN, 100)
            y -= height + 4
            paragraph.drawOn(self.canvas, _MARGIN, y)
        y -= 20
        for d in self.annotations.together:
            box = _Boxes([(f"{d} = {self.study.datasets[d].label}", self.colours[d])], 8, pdf.BOLD)
            box.wrap(_WIDTH - 2 * _MARGIN, 100)
            y -= box.height + 4
            box.drawOn(self.canvas, _MARGIN, y)
        self.foot()

    # --- forms
    def page(self, form: Form, number: int) -> None:
        self.here(form.form)
        self.head(form.title)
        told = (f"Form {form.form.upper()}; source: {form.source}; records: {form.record}. "
                f"A record is known by: {', '.join((self.study.protocol.subjects.number, *form.keys))}.")  # fmt: skip
        paragraph = Paragraph(pdf.marked(told), self.heading)
        _, high = paragraph.wrap(_WIDTH - 2 * _MARGIN, 60)
        top = _HEIGHT - 86 - high
        paragraph.drawOn(self.canvas, _MARGIN, top)
        annotated = self.annotations.forms[form.form]
        for notes in annotated.domains.values():
            box = _Boxes([(n.text, self.colour(n)) for n in notes], 7.5, pdf.BOLD)
            _, high = box.wrap(_WIDTH - 2 * _MARGIN, 60)
            top -= high + 4
            box.drawOn(self.canvas, _MARGIN, top)
        top -= _GAP
        table, height = self.table(form, annotated.fields, top - _FOOT)
        table.drawOn(self.canvas, _MARGIN, top - height)
        self.foot()

    def table(self, form: Form, notes: Mapping[str, tuple[Note, ...]], room: float) -> tuple[Table, float]:
        """The fields as a table in the largest font with which it fits, and its height."""
        for size in _SIZES:
            table = self.set(form, notes, size)
            _, height = table.wrap(_WIDTH - 2 * _MARGIN, room)
            if height <= room:
                return table, height
        raise SpecError(
            f"specs/raw/{form.form}.yaml: the form does not fit on one page of the annotated CRF; split it or"
            " shorten its questions"
        )

    def set(self, form: Form, notes: Mapping[str, tuple[Note, ...]], size: float) -> Table:
        rows: list[list[Flowable]] = [[self.cell(t, size, pdf.BOLD) for t in ("Question", "Answer", "SDTM")]]
        for name, field in form.fields.items():
            question = pdf.marked(field.question + (" *" if field.required else ""))
            asked = f'{question} <font size="{size * 0.8:g}" color="#5b6673">{pdf.marked(name)}</font>'
            boxes = _Boxes([(n.text, self.colour(n)) for n in notes[name]], size)
            rows.append([self.cell(asked, size), self.cell(pdf.marked(_answer(field)), size), boxes])
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
        return Table(
            rows, colWidths=[share * (_WIDTH - 2 * _MARGIN) for share in _COLUMNS], style=look, repeatRows=1
        )

    def cell(self, text: str, size: float, font: str = pdf.TEXT) -> _Cell:
        """A text in a cell; many forms ask the same questions and have the same answers."""
        key = text, font, size
        if key not in self.cells:
            self.cells[key] = _Cell(
                text, ParagraphStyle("cell", fontName=font, fontSize=size, leading=size * 1.2)
            )
        return self.cells[key]

    def colour(self, note: Note) -> colors.Color:
        return self.colours.get(
            note.domain, colors.white if note.text == NOT_SUBMITTED else colors.HexColor("#e6e6e6")
        )

    # --- every page
    def head(self, title: str, cover: bool = False) -> None:
        protocol = self.study.protocol
        self.canvas.setFillColor(colors.black)
        _draw(self.canvas, _MARGIN, _HEIGHT - 50, TITLE if cover else title, 14, pdf.BOLD)
        _draw(
            self.canvas,
            _MARGIN,
            _HEIGHT - 68,
            f"Study {protocol.id} ({protocol.protocol}), {protocol.sponsor}",
            9,
        )
        if cover:
            _draw(self.canvas, _MARGIN, _HEIGHT - 82, protocol.title, 9)
            _draw(self.canvas, _MARGIN, _HEIGHT - 108, title, 11, pdf.BOLD)

    def foot(self) -> None:
        self.canvas.setFillColor(colors.black)
        _draw(self.canvas, _MARGIN, 28, self.study.protocol.synthetic, 7)
        self.canvas.setFont(pdf.TEXT, 7)
        last = next(reversed(self.pages.values()))
        self.canvas.drawRightString(_WIDTH - _MARGIN, 28, f"Page {self.canvas.getPageNumber()} of {last}")
        self.canvas.showPage()

    # --- bookmarks
    def marks(self) -> Iterator[tuple[str, str, int]]:
        """Each bookmark: its title, where it leads, its level; first the forms of each visit in its order,
        then every form once.
        """
        yield "Contents", "contents0", 0
        yield "How the annotations are to be read", "conventions", 0
        visits = dict(self.visits())
        if visits:
            yield "Visits", next(iter(visits.values()))[0], 0
        for visit, forms in visits.items():
            yield visit, forms[0], 1
            yield from ((self.study.forms[name].title, name, 2) for name in forms)
        yield "Forms", next(iter(self.pages)), 0
        yield from ((self.study.forms[name].title, name, 1) for name in self.pages)

    def here(self, place: str) -> None:
        """Makes the current page the target of all that lead to it; the library gives each bookmark a target
        of its own name.
        """
        self.canvas.bookmarkPage(place)
        for number, (_, to, _) in enumerate(self.marks()):
            if to == place:
                self.canvas.bookmarkPage(f"mark{number}")

    def bookmarks(self) -> None:
        for number, (title, _, level) in enumerate(self.marks()):
            self.canvas.addOutlineEntry(title, f"mark{number}", level, closed=level == 1)

    def visits(self) -> Iterator[tuple[str, list[str]]]:
        """The visits with their forms, and last what is filled in along the whole study."""
        schedule = self.study.protocol.schedule
        for visit in self.study.visits:
            forms = [f for entry in schedule if visit.name in entry.visits for f in entry.forms]
            if forms:
                yield visit.name, forms
        running = [f for f in self.pages if not any(f in entry.forms for entry in schedule)]
        if schedule and running:
            yield "Running records", running


def _draw(canvas: Canvas, x: float, y: float, text: str, size: float, font: str = pdf.TEXT) -> None:
    """Text from a point to the right, each piece in a font that has its characters."""
    for name, piece in pdf.runs(text, font):
        canvas.setFont(name, size)
        canvas.drawString(x, y, piece)
        x += stringWidth(piece, name, size)


def _colours(together: Mapping[str, set[str]]) -> dict[str, colors.Color]:
    """A pale colour of its own for each domain: of those that are free the one farthest from the domains that
    share a form with it.
    """
    places: dict[str, int] = {}
    size = len(together)
    for domain, others in together.items():
        taken = [places[o] for o in others if o in places]
        apart = {
            p: min((min((p - t) % size, (t - p) % size) for t in taken), default=0)
            for p in range(size)
            if p not in places.values()
        }
        places[domain] = max(apart, key=lambda p: (apart[p], -p))
    return {d: colors.Color(*hls_to_rgb(p / size, 0.86 if p % 2 else 0.78, 0.75)) for d, p in places.items()}


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
    told += (
        [f"{field.origin.lower()}, not asked"] if field.origin in ("Assigned", "Protocol", "Derived") else []
    )
    return ", ".join(told)
