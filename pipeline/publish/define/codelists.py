"""Code lists of define.xml: those that variables use, with the terms that occur in the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pipeline.errors import SpecError
from pipeline.profile import Column
from pipeline.study import Study
from pipeline.study.models import Codelist, Variable

SUMMARY = ("TSPARMCD",)  # `by` of the values of the trial summary


@dataclass(frozen=True)
class Term:
    value: str
    decode: str  # the term itself where the list decodes others and not this one
    code: str
    extended: bool
    rank: int | None


@dataclass(frozen=True)
class CodeList:
    """A CodeList element: terms, or the version of a dictionary."""

    oid: str
    name: str
    type: str
    standard: str = ""  # OID of the terminology it is from; none: the study's own list
    code: str = ""
    decoded: bool = False
    terms: tuple[Term, ...] = ()
    dictionary: str = ""
    version: str = ""
    href: str = ""


def summarized(study: Study, variable: Variable, column: Column, parameter: str) -> tuple[Variable, Column]:
    """TSVAL of one parameter of the trial summary: with the codelist that specs/study.yaml names for it, and
    its terms.
    """
    facts = [f for f in study.protocol.summary if f.parameter == parameter and f.codelist]
    if not facts:
        return variable, column
    terms = frozenset(f.value for f in facts if f.value)
    return variable.model_copy(update={"codelist": facts[0].codelist}), replace(
        column, terms=terms, kinds=frozenset()
    )


class Lists:
    """The code lists used so far, and the terms that occurred in the variables that use them."""

    def __init__(self, study: Study, standards: Mapping[str, str]) -> None:
        """Takes     the study; OID of the terminology by its publishing set."""
        self.study = study
        self.standards = standards
        self.used: dict[
            tuple[str, str, str], set[str]
        ] = {}  # (codelist or dictionary, its name, data type) -> terms

    def oid(self, variable: Variable, type_: str, terms: frozenset[str]) -> str:
        """The OID of the list of a variable; "" where it has none. A list has one data type, so numbers have
        a list of their own.
        """
        name = variable.codelist or variable.dictionary
        if not name:
            return ""
        kind = "codelist" if variable.codelist else "dictionary"
        type_ = type_ if type_ in ("integer", "float") else "text"
        self.used.setdefault((kind, name, type_), set()).update(terms)
        return _oid(name, type_)

    def all(self) -> list[CodeList]:
        """Every list used, in the order of OIDs."""
        made = [
            self._codelist(n, t, terms) if kind == "codelist" else self._dictionary(n, t)
            for (kind, n, t), terms in self.used.items()
        ]
        return sorted(made, key=lambda c: c.oid)

    def _codelist(self, name: str, type_: str, used: set[str]) -> CodeList:
        codelist = self.study.codelists[name]
        # A list must not be empty, so that of a variable without any value shows all that it could have held.
        chosen = (
            [*(t for t in codelist.terms if t in used), *sorted(used - codelist.terms.keys())]
            if used
            else list(codelist.terms)
        )
        decoded = any(t in codelist.terms and codelist.terms[t].decode for t in chosen)
        ranked = all(t in codelist.terms and codelist.terms[t].order is not None for t in chosen)
        standard = ""
        if codelist.code and codelist.standard:
            if codelist.standard not in self.standards:
                told = (
                    f"{name} is a list of {codelist.standard} terminology, and specs/study.yaml declares no"
                    " such standard for this layer"
                )
                raise SpecError(f"specs/codelists.yaml: {told}; add it")
            standard = self.standards[codelist.standard]
        return CodeList(
            _oid(name, type_),
            _named(codelist.name, type_),
            type_,
            standard,
            codelist.code or "" if standard else "",
            decoded,
            tuple(_term(codelist, t, bool(standard), ranked) for t in chosen),
        )

    def _dictionary(self, name: str, type_: str) -> CodeList:
        found = next(d for d in self.study.protocol.dictionaries if d.name == name)
        listed, href = found.listed or name, found.href or ""
        return CodeList(
            _oid(name, type_), _named(name, type_), type_, dictionary=listed, version=found.version, href=href
        )


def _term(codelist: Codelist, value: str, standard: bool, ranked: bool) -> Term:
    known = codelist.terms.get(value)
    code = known.code if known else None
    # Only an extensible list of the standard can be extended; a stranger in a closed one is a fault of the
    # data, found elsewhere.
    extended = standard and codelist.extensible and not code
    rank = known.order if known and ranked else None
    return Term(value, (known.decode if known else None) or value, code or "", extended, rank)


def _oid(name: str, type_: str) -> str:
    return "CL." + name.replace(" ", "_") + ("" if type_ == "text" else f".{type_}")


def _named(name: str, type_: str) -> str:
    return name if type_ == "text" else f"{name} ({type_})"
