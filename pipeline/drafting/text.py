"""Drafts as the text of YAML files: short lines, and behind each what it rests on."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence

from pipeline.study.drafts import MARK

WIDTH = 100
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.+/()%<>=' -]*(?<! )", re.ASCII)
_WORDS = frozenset(("true", "false", "null", "~"))
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(T[0-9:]+Z)?", re.ASCII)


def scalar(text: str) -> str:
    """A text as a YAML scalar, in quotes only where it needs them."""
    if _DAY.fullmatch(text) or (_PLAIN.fullmatch(text) and text.lower() not in _WORDS):
        return text
    return json.dumps(text, ensure_ascii=False)


def flow(values: Iterable[str]) -> str:
    return f"[{', '.join(map(scalar, values))}]"


def flow_map(values: Mapping[str, str]) -> str:
    """A mapping in one line; its values are YAML already."""
    return "{" + ", ".join(f"{scalar(key)}: {value}" for key, value in values.items()) + "}"


def drafted(line: str, evidence: str) -> str:
    """A line that a person has to confirm, with what it rests on."""
    return f"{line}  {MARK} {evidence}"


def schema_line(kind: str, depth: int) -> str:
    """The line by which an editor finds the schema of a file, which stands so many folders deep."""
    return f"# yaml-language-server: $schema={'../' * depth}schemas/{kind}.json"


def listed(key: str, names: Sequence[str], indent: str = "") -> list[str]:
    """`key: [A, B, ...]` over as many lines as it needs."""
    start = f"{indent}{key}: ["
    items = [scalar(name) + ("," if i < len(names) - 1 else "]") for i, name in enumerate(names)]
    lines, line = [], start
    for item in items:
        if len(line) + len(item) + 1 > WIDTH and line.strip():
            lines.append(line.rstrip())
            line = " " * len(start)
        line += item if line.endswith("[") or not line.strip() else f" {item}"
    return [*lines, line]


def comment(text: str, indent: str = "") -> list[str]:
    """A comment over as many lines as it needs."""
    return textwrap.wrap(
        text, WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}#   ", break_long_words=False
    )


def file(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"
