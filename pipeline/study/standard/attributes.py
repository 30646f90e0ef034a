"""Type, length and format of a variable, as the guides give them to names of its kind."""

from __future__ import annotations

import re
from typing import Any

from pipeline.standards import VariableFacts
from pipeline.study.standard.declared import Spec

# lengths that SDTMIG 3.4 and ADaMIG 1.3 set: by name, or by what follows the two letters of the domain
LENGTHS = {
    "DOMAIN": 2,
    "RDOMAIN": 2,
    "ETCD": 8,
    "TSPARMCD": 8,
    "PARAMCD": 8,
    "ARMCD": 20,
    "ACTARMCD": 20,
    "IETEST": 200,  # a criterion is longer than the name of a test may be
}
LENGTHS_OF_ENDINGS = {"TESTCD": 8, "TEST": 40}
# numbers of the standards that are whole, by the end of their name; all others are taken as decimal
_WHOLE = re.compile(
    r"(SEQ|DY|ORD|ORDER|NUMRPT|LLTCD|PTCD|HLTCD|HLGTCD|BDSYCD|SOCCD|FN|CNSR|DURD)$|^AGE$|^VISITDY$|^TSSEQ$"
)
_WHOLE_IN_ADAM = re.compile(
    r"(TRT\d\d[PA]N|TRT[PA]N|PARAMN|AVISITN|AGEGR\dN|ATPTN|BASETYPN|DOSEN|[A-Z]+GR\dN)$"
)
_FLAG = re.compile(r"FL$")
FORMATS = {"date": "DATE9.", "datetime": "DATETIME20.", "time": "TIME8."}


def is_flag(name: str) -> bool:
    """Whether an analysis variable is a flag, Y or N."""
    return bool(_FLAG.search(name))


def usual(name: str, dataset: str, layer: str, type_: Any) -> Spec:
    """Length and format as the guides set them for names like this.

    Takes     the variable; the dataset whose letters its name begins with; sdtm or adam; its type, if known.
    """
    ending = name.removeprefix(dataset)
    length = LENGTHS.get(name, LENGTHS_OF_ENDINGS.get(ending if ending != name else ""))
    if length is None and layer == "adam" and is_flag(name):
        length = 1
    found: Spec = {"max_length": length} if length and type_ in (None, "text") else {}
    if type_ in FORMATS:
        found["format"] = FORMATS[type_]
    return found


def type_of(name: str, facts: VariableFacts, layer: str) -> str:
    """The type of a variable: Char is text or ISO 8601; Num is whole, decimal or a date."""
    if facts.type == "Char":
        dated = facts.values.startswith("ISO 8601") and not facts.values.endswith("duration")
        return "iso" if dated or name.endswith("DTC") else "text"
    if layer == "adam":
        for ending, type_ in (("DTM", "datetime"), ("DT", "date"), ("TM", "time")):
            if name.endswith(ending):
                return type_
        if _WHOLE_IN_ADAM.search(name):
            return "integer"
    return "integer" if _WHOLE.search(name) else "float"
