"""The rules of a dataset's schema by id, with what is wrong and what to do; known without pandera."""

from __future__ import annotations

REQUIRED, UNIQUE = "VALUE-REQUIRED", "KEY-UNIQUE"
LENGTH, CONTROL, DATE, WHOLE, TERM = (
    "VALUE-LENGTH", "VALUE-CONTROL", "VALUE-DATE", "VALUE-WHOLE", "VALUE-TERM",
)  # fmt: skip

MESSAGES = {
    REQUIRED: "the spec requires a value; query the site, or correct the mapping",
    LENGTH: (
        "more bytes than the spec allows; shorten the text, raise max_length to at most 200, or let it go on:"
        " `long: true` in SDTM, `continued: [NAME1]` in ADaM"
    ),
    WHOLE: "not a whole number; the spec says integer",
    DATE: "not an ISO 8601 date or time that exists in the calendar; correct the mapping, or query the site",
    CONTROL: "holds a control character (a tab or a line break); replace it with a blank in the source",
    TERM: (
        "not a term of its closed codelist, or a spelling of several; add it in specs/codelists.yaml,"
        " or query the site"
    ),
    UNIQUE: "another record has the same key; query the site, or correct the keys of the spec",
}
