"""What the standards say: variables of SDTMIG and ADaMIG, CDISC's controlled terminology.

Facts only, as tables beside the code; `tables/NOTICE.md` says where they come from. A table is read when it
is asked for. A study's own packages of terminology stand under its `specs/terminology/`, in the same form;
`standards add` writes them.
"""

from __future__ import annotations

from pipeline.standards.guides import AnalysisGuide, DatasetFacts, Guide, VariableFacts, adamig, sdtmig
from pipeline.standards.terminology import ListFacts, TermFacts, Terminology, shipped, terminology

__all__ = [
    "AnalysisGuide",
    "DatasetFacts",
    "Guide",
    "ListFacts",
    "TermFacts",
    "Terminology",
    "VariableFacts",
    "adamig",
    "sdtmig",
    "shipped",
    "terminology",
]
