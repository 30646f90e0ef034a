"""A specification workbook in the layout of Pinnacle 21: read, and written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook

from pipeline.formats import UnreadableError
from pipeline.formats.define.described import CodeList, Described, Specification, Table, Term
from pipeline.formats.xlsx.package import DAMAGE_IN_OPENPYXL

_ABOUT = "Data Type,Length,Significant Digits,Format,Mandatory"
_TOLD = "Codelist,Origin,Source,Method"
COLUMNS: Mapping[str, tuple[str, ...]] = {
    sheet: tuple(names.split(","))
    for sheet, names in {
        "Define": "Attribute,Value",
        "Datasets": "Dataset,Label,Class,Structure,Key Variables,Repeating,Reference Data,Comment",
        "Variables": f"Order,Dataset,Variable,Label,{_ABOUT},{_TOLD},Predecessor,Role,Comment",
        "ValueLevel": f"Order,Dataset,Variable,Where Clause,Label,{_ABOUT},{_TOLD},Comment",
        "WhereClauses": "ID,Dataset,Variable,Comparator,Value",
        "Codelists": "ID,Name,NCI Codelist Code,Data Type,Order,Term,NCI Term Code,Decoded Value",
        "Dictionaries": "ID,Name,Data Type,Dictionary,Version",
        "Methods": "ID,Name,Type,Description",
        "Comments": "ID,Description",
    }.items()
}
_AND = " and "
Row = Mapping[str, str]


# --- reading
def read(path: Path) -> Specification:
    """What the workbook says of datasets; a column that it lacks is empty.

    Raises    UnreadableError for what is no workbook of this layout.
    """
    try:
        with path.open("rb") as file:  # openpyxl leaves open what it cannot read
            book = load_workbook(file, read_only=True, data_only=True)
            rows = {name: [*_rows(book, name)] for name in COLUMNS}
    except (*DAMAGE_IN_OPENPYXL, OSError):
        raise UnreadableError("not a whole XLSX workbook; save it again") from None
    if not rows["Datasets"] or not rows["Variables"]:
        raise UnreadableError("has no sheets Datasets and Variables in the layout of Pinnacle 21")
    facts = {row["Attribute"]: row["Value"] for row in rows["Define"]}
    lists = {codelist.id: codelist for codelist in _codelists(rows["Codelists"])}
    lists |= {
        row["ID"]: CodeList(row["ID"], row["Name"], dictionary=row["Dictionary"], version=row["Version"])
        for row in rows["Dictionaries"]
    }
    conditions: dict[str, list[str]] = {}
    for row in rows["WhereClauses"]:
        conditions.setdefault(row["ID"], []).append(f"{row['Variable']} {row['Comparator']} ({row['Value']})")
    return Specification(
        study=facts.get("StudyName", ""),
        standard=f"{facts.get('StandardName', '')} {facts.get('StandardVersion', '')}".strip(),
        tables=tuple(_table(row, rows, conditions) for row in rows["Datasets"]),
        codelists=lists,
        methods={row["ID"]: row["Description"] for row in rows["Methods"]},
        comments={row["ID"]: row["Description"] for row in rows["Comments"]},
    )


def _rows(book: Any, name: str) -> Iterator[Row]:
    """The rows of a sheet by the names of its first row, texts without blanks around them."""
    if name not in book.sheetnames:
        return
    rows = book[name].iter_rows(values_only=True)
    head = [str(cell or "").strip() for cell in next(rows, ())]
    for row in rows:
        given = {key: "" if cell is None else str(cell).strip() for key, cell in zip(head, row, strict=False)}
        if any(given.values()):
            yield dict.fromkeys(COLUMNS[name], "") | given


def _table(row: Row, rows: Mapping[str, Sequence[Row]], conditions: Mapping[str, Sequence[str]]) -> Table:
    name = row["Dataset"]
    values: dict[str, list[Described]] = {}
    for value in rows["ValueLevel"]:
        if value["Dataset"] == name:
            where = _AND.join(conditions.get(value["Where Clause"], [value["Where Clause"]]))
            values.setdefault(value["Variable"], []).append(_described(value, where))
    return Table(
        name=name,
        label=row["Label"] or row.get("Description", ""),
        class_=row["Class"],
        structure=row["Structure"],
        keys=tuple(key.strip() for key in row["Key Variables"].split(",") if key.strip()),
        variables=tuple(_described(v, "") for v in rows["Variables"] if v["Dataset"] == name),
        values={variable: tuple(of_variable) for variable, of_variable in values.items()},
        comment=row["Comment"],
        repeating=row["Repeating"] != "No",
        reference=row["Reference Data"] == "Yes",
    )


def _described(row: Row, where: str) -> Described:
    return Described(
        name=row["Variable"],
        label=row["Label"],
        type=row["Data Type"],
        length=row["Length"],
        digits=row["Significant Digits"],
        format=row["Format"],
        mandatory=row["Mandatory"] == "Yes",
        codelist=row["Codelist"],
        origin=row["Origin"],
        source=row["Source"],
        method=row["Method"],
        comment=row["Comment"],
        role=row.get("Role", ""),
        predecessor=row.get("Predecessor", ""),
        where=where,
    )


def _codelists(rows: Iterable[Row]) -> Iterator[CodeList]:
    by_id: dict[str, list[Row]] = {}
    for row in rows:
        by_id.setdefault(row["ID"], []).append(row)
    for id_, terms in by_id.items():
        of_list = tuple(Term(row["Term"], row["NCI Term Code"], row["Decoded Value"]) for row in terms)
        yield CodeList(id_, terms[0]["Name"], terms[0]["NCI Codelist Code"], of_list)


# --- writing
def workbook(specification: Specification) -> Workbook:
    """The workbook: a sheet for each part, its columns in the order of the layout."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in _sheets(specification).items():
        sheet = book.create_sheet(name)
        sheet.append(COLUMNS[name])
        for row in rows:
            sheet.append(["'" + cell if cell.startswith("=") else cell for cell in row])
        sheet.freeze_panes = "A2"
    return book


def _sheets(spec: Specification) -> dict[str, list[Sequence[str]]]:
    name, _, version = spec.standard.rpartition(" ")
    sheets: dict[str, list[Sequence[str]]] = {sheet: [] for sheet in COLUMNS}
    sheets["Define"] = [("StudyName", spec.study), ("StandardName", name), ("StandardVersion", version)]
    for table in spec.tables:
        flags = (_yes(table.repeating), _yes(table.reference), table.comment)
        keys = ", ".join(table.keys)
        sheets["Datasets"].append((table.name, table.label, table.class_, table.structure, keys, *flags))
        for order, v in enumerate(table.variables, start=1):
            sheets["Variables"].append(_variable(order, table.name, v))
            for row, value in enumerate(table.values.get(v.name, ()), start=1):
                id_ = f"{table.name}.{v.name}.{row}"
                sheets["ValueLevel"].append(_value(row, table.name, v.name, id_, value))
                sheets["WhereClauses"] += _conditions(id_, table.name, value.where)
    for one in spec.codelists.values():
        if one.dictionary:
            sheets["Dictionaries"].append((one.id, one.name, "text", one.dictionary, one.version))
        for order, term in enumerate(one.terms, start=1):
            of_list = (one.id, one.name, one.code, "text", str(order))
            sheets["Codelists"].append((*of_list, term.value, term.code, term.decode))
    sheets["Methods"] = [(id_, id_, "Computation", text) for id_, text in spec.methods.items()]
    sheets["Comments"] = [*spec.comments.items()]
    return sheets


def _variable(order: int, table: str, v: Described) -> Sequence[str]:
    size = (v.type, v.length, v.digits, v.format, _yes(v.mandatory))
    told = (v.codelist, v.origin, v.source, v.method, v.predecessor, v.role, v.comment)
    return (str(order), table, v.name, v.label, *size, *told)


def _value(order: int, table: str, variable: str, where: str, v: Described) -> Sequence[str]:
    size = (v.type, v.length, v.digits, v.format, _yes(v.mandatory))
    return (
        str(order),
        table,
        variable,
        where,
        v.label,
        *size,
        v.codelist,
        v.origin,
        v.source,
        v.method,
        v.comment,
    )


def _conditions(id_: str, table: str, where: str) -> Iterator[Sequence[str]]:
    for test in where.split(_AND):
        variable, comparator, value = [*test.split(" ", 2), "", ""][:3]
        yield (id_, table, variable, comparator, value.removeprefix("(").removesuffix(")"))


def _yes(flag: bool) -> str:
    return "Yes" if flag else "No"
