"""Code lists of define.xml: those that variables use, with the terms that occur in the data."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.errors import SpecError
from pipeline.publish.define.model import CodeList, Term
from pipeline.study import Study
from pipeline.study.models import Codelist, Variable

_Use = tuple[str, str, str]  # "codelist" or "dictionary", its name, the data type of its terms


class Lists:
    """The code lists used so far, and the terms that occurred in the variables that use them."""

    def __init__(self, study: Study, standards: Mapping[str, str]) -> None:
        """Takes     the study; the OID of each terminology by its publishing set."""
        self.study = study
        self.standards = standards
        self.terms: dict[_Use, set[str]] = {}

    def oid(self, variable: Variable, type_: str, terms: frozenset[str]) -> str:
        """The OID of the list of a variable; "" where it has none.

        A dictionary tells more than the list of the terms that the study uses of it. A list has one data
        type, so numbers have a list of their own.
        """
        name = variable.dictionary or variable.codelist
        if not name:
            return ""
        kind = "dictionary" if variable.dictionary else "codelist"
        type_ = type_ if type_ in ("integer", "float") else "text"
        self.terms.setdefault((kind, name, type_), set()).update(terms)
        return _oid(name, type_)

    def all(self) -> list[CodeList]:
        """Every list used, in the order of OIDs."""
        lists = []
        for (kind, name, type_), terms in self.terms.items():
            if kind == "codelist":
                lists.append(self._codelist(name, type_, terms))
            else:
                lists.append(self._dictionary(name, type_))
        return sorted(lists, key=lambda c: c.oid)

    def _codelist(self, name: str, type_: str, occurring: set[str]) -> CodeList:
        codelist = self.study.codelists[name]
        # A list must not be empty, so that of a variable without any value shows all that it could have held.
        values = list(codelist.terms)
        if occurring:
            strangers = sorted(occurring - codelist.terms.keys())
            values = [*(v for v in values if v in occurring), *strangers]
        terms = [codelist.terms.get(v) for v in values]
        decoded = any(term and term.decode for term in terms)
        ranked = all(term and term.order is not None for term in terms)
        standard = self._standard(name, codelist)
        return CodeList(
            oid=_oid(name, type_),
            name=_name(codelist.name, type_),
            type=type_,
            standard=standard,
            code=(codelist.code or "") if standard else "",
            decoded=decoded,
            terms=tuple(_term(codelist, v, bool(standard), ranked) for v in values),
        )

    def _standard(self, name: str, codelist: Codelist) -> str:
        """The OID of the terminology that a list is from; "" for the study's own."""
        if not codelist.code or not codelist.standard:
            return ""
        if codelist.standard not in self.standards:
            raise SpecError(
                f"specs/codelists.yaml: {name} is a list of {codelist.standard} terminology, and"
                " specs/study.yaml declares no such standard for this layer; add it"
            )
        return self.standards[codelist.standard]

    def _dictionary(self, name: str, type_: str) -> CodeList:
        dictionary = next(d for d in self.study.protocol.dictionaries if d.name == name)
        return CodeList(
            oid=_oid(name, type_),
            name=_name(name, type_),
            type=type_,
            dictionary=dictionary.listed or name,
            version=dictionary.version,
            href=dictionary.href or "",
        )


def _term(codelist: Codelist, value: str, standard: bool, ranked: bool) -> Term:
    term = codelist.terms.get(value)
    code = term.code if term else None
    # An extensible list of the standard can be extended, and a closed one by what the study allows beside it;
    # any other value is a fault of the data, which the checks of the datasets report.
    extended = standard and not code and (codelist.extensible or value in codelist.beside)
    decode = term.decode if term else None
    rank = term.order if term and ranked else None
    return Term(value, decode or value, code or "", extended, rank)


def _oid(name: str, type_: str) -> str:
    suffix = "" if type_ == "text" else f".{type_}"
    return f"CL.{name.replace(' ', '_')}{suffix}"


def _name(name: str, type_: str) -> str:
    return name if type_ == "text" else f"{name} ({type_})"
