"""The short form of a study's files becomes the long one, which alone the rest of the program reads.

Short is only spelling: each line of a mapping becomes one line of the long form, and what a study leaves out
is given by rules (pipeline/standards/rules.yaml). Each part has its place in the study's file and, where a
rule gave it, the rule.
"""

from __future__ import annotations

from pipeline.study.short.expansion import OWN_LIST, Expanded, expand
from pipeline.study.short.lists import CodeLists

__all__ = ["OWN_LIST", "CodeLists", "Expanded", "expand"]
