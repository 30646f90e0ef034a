"""One-token slips in the rules that are written in Python: a bound that is met or missed, the first for the
last, a day more, "and" for "or", a term left out of a list.

Each slip is one change of one file, judged by the tests that state the rules of that file (`forked`).
"""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

SURVIVORS = Path(__file__).resolve().parent.parent / "rules" / "survivors.tsv"
JUDGED = ("pipeline/derivations", "mappings", "pipeline/checks/datasets/rules")
LINES = "tests/rules/test_mapping_lines.py"  # what each line of each mapping makes of a few participants
COMPARISONS: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
}
OPERATORS: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
}
METHODS = {
    "first": "last",
    "last": "first",
    "min": "max",
    "max": "min",
    "idxmin": "idxmax",
    "idxmax": "idxmin",
    "cummin": "cummax",
    "cummax": "cummin",
    "any": "all",
    "all": "any",
    "head": "tail",
    "tail": "head",
    "lt": "le",
    "le": "lt",
    "gt": "ge",
    "ge": "gt",
    "eq": "ne",
    "ne": "eq",
    "notna": "isna",
    "isna": "notna",
    "ffill": "bfill",
    "bfill": "ffill",
    "first_of_subject": "last_of_subject",
    "last_of_subject": "first_of_subject",
}
WORDS = {"first": "last", "last": "first", "backward": "forward", "forward": "backward"}
# arguments that say how a frame is kept, and never what is in it
TECHNICAL = {
    "sort", "observed", "ignore_index", "kind", "validate", "copy", "frozen", "strict", "maxsize", "slots",
    "group_keys", "dropna", "errors", "drop", "expand", "disp",
}  # fmt: skip


@dataclass(frozen=True)
class Slip:
    """One token of one file, and what stands in its place; `place` is the function that it is in."""

    file: str
    place: str
    line: int
    column: int
    old: str
    new: str
    number: int = 1  # of several that read alike in one place

    @property
    def key(self) -> str:
        """What does not move when lines are added above."""
        again = f" ({self.number})" if self.number > 1 else ""
        return f"{self.file} {self.place}: {self.old} -> {self.new}{again}"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.place}: {self.old} -> {self.new}"

    def planted(self, text: str) -> str:
        """The file's text with the slip."""
        lines = text.encode("utf-8").split(b"\n")  # ast counts columns in bytes
        line, old = lines[self.line - 1], self.old.encode("utf-8")
        assert line[self.column :].startswith(old), self
        lines[self.line - 1] = line[: self.column] + self.new.encode("utf-8") + line[self.column + len(old) :]
        return b"\n".join(lines).decode("utf-8")


def survivors() -> dict[str, str]:
    """The slips that no test can notice, by their key, each with why it makes no difference."""
    _, *lines = SURVIVORS.read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines)


AnySlip = TypeVar("AnySlip", bound=Slip)


def chosen(slips: Iterable[AnySlip], count: int, seed: int) -> list[AnySlip]:
    """So many of them, without the known survivors, by lot: the same ones whatever else is added."""

    def lot(slip: Slip) -> str:
        return hashlib.sha256(f"{seed} {slip.key}".encode()).hexdigest()

    known = survivors()
    return sorted((slip for slip in slips if slip.key not in known), key=lot)[:count]


def all_slips(root: Path) -> list[Slip]:
    """Every slip that could be planted in the rules, by file and place."""
    files = sorted(path for folder in JUDGED for path in (root / folder).rglob("*.py"))
    return [slip for path in files for slip in of_file(root, path)]


def of_file(root: Path, path: Path) -> list[Slip]:
    """Every slip of one file, in the order of its text."""
    text = path.read_text(encoding="utf-8")
    slips = _Slips(path.relative_to(root).as_posix(), text)
    slips.visit(ast.parse(text))
    return numbered(sorted(slips.found, key=lambda slip: (slip.line, slip.column, slip.new)))


def numbered(slips: Iterable[AnySlip]) -> list[AnySlip]:
    """The slips in their order, those that read alike in one place told apart by a number."""
    seen: Counter[str] = Counter()
    told_apart = []
    for slip in slips:
        seen[slip.key] += 1
        told_apart.append(replace(slip, number=seen[slip.key]))
    return told_apart


class _Slips(ast.NodeVisitor):
    """Walks over the code of one file; messages, annotations and decorators are left out."""

    def __init__(self, file: str, text: str) -> None:
        self.file, self.text, self.found = file, text, list[Slip]()
        self.lines = text.encode("utf-8").split(b"\n")
        self.place: list[str] = []

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.place.append(node.name)
        for default in (*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)):
            self.visit(default)
        for statement in node.body:
            self.visit(statement)
        self.place.pop()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.place.append(node.name)
        for statement in node.body:
            self.visit(statement)
        self.place.pop()

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_Raise(self, node: ast.Raise) -> None:
        """What a refusal says is not a rule."""

    def visit_Assert(self, node: ast.Assert) -> None:
        """An assertion tells the type checker what is so."""

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """A message."""

    def visit_Compare(self, node: ast.Compare) -> None:
        before: ast.expr = node.left
        for operator, after in zip(node.ops, node.comparators, strict=True):
            if not isinstance(before, ast.Set):  # a frame has other columns than those that are asked for
                self._between(before, after, *COMPARISONS[type(operator)])
            before = after
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        words = isinstance(node.left, ast.Constant | ast.JoinedStr) and not isinstance(
            getattr(node.left, "value", ""), int | float
        )
        if type(node.op) in OPERATORS and not words:
            self._between(node.left, node.right, *OPERATORS[type(node.op)])
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for before, after in zip(node.values, node.values[1:], strict=False):
            self._between(before, after, old, new)
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Invert):
            self._add(node.lineno, node.col_offset, "~", "")
        elif isinstance(node.op, ast.Not):
            self._add(node.lineno, node.col_offset, "not ", "")
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
            end = node.func.end_col_offset or 0
            old = node.func.attr
            self._add(node.func.end_lineno or 0, end - len(old), old, METHODS[old])
        elif isinstance(node.func, ast.Name) and node.func.id in METHODS:
            self._add(node.func.lineno, node.func.col_offset, node.func.id, METHODS[node.func.id])
        self.visit(node.func)
        for argument in node.args:
            self.visit(argument)
        for keyword in node.keywords:
            if keyword.arg not in TECHNICAL:
                self.visit(keyword.value)

    def visit_Constant(self, node: ast.Constant) -> None:
        value = node.value
        if isinstance(value, bool):
            self._add(node.lineno, node.col_offset, str(value), str(not value))
        elif isinstance(value, int | float):
            other = value + 1 if value == int(value) else value * 2
            self._add(node.lineno, node.col_offset, str(value), str(other))
        elif isinstance(value, str) and value in WORDS:
            self._add(node.lineno, node.col_offset, f'"{value}"', f'"{WORDS[value]}"')

    def visit_List(self, node: ast.List) -> None:
        self._shortened(node)

    def visit_Tuple(self, node: ast.Tuple) -> None:
        self._shortened(node)

    def visit_Set(self, node: ast.Set) -> None:
        self._shortened(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)
        if not isinstance(node.slice, ast.List | ast.Tuple):  # columns of a frame
            self.visit(node.slice)

    def _shortened(self, node: ast.List | ast.Tuple | ast.Set) -> None:
        """The last term of a list of terms is left out."""
        terms = [e for e in node.elts if isinstance(e, ast.Constant) and isinstance(e.value, str)]
        if len(terms) == len(node.elts) and len(terms) > 2:
            last, before = terms[-1], terms[-2]
            if last.lineno == before.end_lineno:
                start, end = before.end_col_offset or 0, last.end_col_offset or 0
                old = self.lines[last.lineno - 1][start:end].decode("utf-8")
                self._add(last.lineno, start, old, "")
        self.generic_visit(node)

    def _between(self, before: ast.expr, after: ast.expr, old: str, new: str) -> None:
        """An operator that stands between two operands, on one of their lines."""
        for number in range(before.end_lineno or 0, after.lineno + 1):
            line = self.lines[number - 1]
            start = (before.end_col_offset or 0) if number == before.end_lineno else 0
            end = after.col_offset if number == after.lineno else len(line)
            at = line[start:end].decode("utf-8").find(old)
            if at >= 0:
                self._add(number, start + at, old, new)
                return

    def _add(self, line: int, column: int, old: str, new: str) -> None:
        if self.lines[line - 1][column:].startswith(old.encode("utf-8")):
            self.found.append(Slip(self.file, ".".join(self.place) or "module", line, column, old, new))
