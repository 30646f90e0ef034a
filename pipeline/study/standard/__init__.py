"""Fills in what the standards decide, so that specs/ say only what the study decides.

A spec may list its variables by name; label, type, role, core and codelist come from SDTMIG and ADaMIG. A
codelist may list its terms; name, codes and kind come from the controlled terminology. The result is the long
form that every other part of the product reads; each part keeps its place in the file. What contradicts the
standard is a fault, unless the study says `nonstandard` with its reason.
"""

from __future__ import annotations

from pipeline.study.standard.datasets import dataset
from pipeline.study.standard.declared import Standards, declared, unknown
from pipeline.study.standard.lists import codelists

__all__ = ["Standards", "codelists", "dataset", "declared", "unknown"]
