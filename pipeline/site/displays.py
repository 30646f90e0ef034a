"""The displays of the report for the pages: numbers with the records that they count, and figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
from lxml import etree

from pipeline.displays.methods import METHODS
from pipeline.displays.write import FIGURES, FOLDER
from pipeline.finished.build import Build

_SECTIONS = ("Title", "Footnote")


def displays(build: Build) -> dict[str, Any] | None:
    """The tables and figures of a build with their texts, the numbers of the tables, and the methods behind
    them; None where the build has no displays. Listings stand in the book alone.
    """
    folder = build.home / FOLDER
    if not (folder / "results.parquet").is_file():
        return None
    results = pd.read_parquet(folder / "results.parquet")
    of_display = {str(id_): numbers for id_, numbers in results.groupby("DISPLAY", sort=False)}
    reporting_event = json.loads((folder / "ars.json").read_text(encoding="utf-8"))
    tables = [
        _table(output, of_display[output["displays"][0]["display"]["id"]])
        for output in reporting_event["outputs"]
        if output["displays"][0]["display"]["id"] in of_display
    ]
    shown = {table["id"] for table in tables}
    figures = [_figure(path) for path in sorted((folder / FIGURES).glob("*.svg")) if path.stem not in shown]
    methods = {
        name: {"name": method.name, "sentence": method.sentence, "operations": dict(method.operations)}
        for name, method in METHODS.items()
        if name in set(results["METHOD"])
    }
    return {"displays": sorted([*tables, *figures], key=_place_in_report), "methods": methods}


def drawings(build: Build) -> dict[str, str]:
    """Each figure as SVG, by the id of its display."""
    paths = sorted((build.home / FOLDER / FIGURES).glob("*.svg"))
    return {path.stem: path.read_text(encoding="utf-8") for path in paths}


def _place_in_report(display: dict[str, Any]) -> tuple[list[int], str]:
    """By number, 14.2.9 before 14.2.10; a table before the figure of its number."""
    return [int(part) for part in display["number"].split(".")], "TF"[display["kind"] == "figure"]


def _table(output: dict[str, Any], results: pd.DataFrame) -> dict[str, Any]:
    display = output["displays"][0]["display"]
    texts: dict[str, list[str]] = {section: [] for section in _SECTIONS}
    for section in display["displaySections"]:
        texts[section["sectionType"]] += [s["subSection"]["text"] for s in section["orderedSubSections"]]
    names = {
        "LINENO": "line",
        "LABEL": "label",
        "COLNO": "column",
        "COLUMN": "head",
        "DATASET": "dataset",
        "METHOD": "method",
        "OPER": "operation",
        "VALUE": "value",
        "TEXT": "text",
        "RECORDS": "records",
    }
    cells = results[[*names]].rename(columns=names)
    values = [None if pd.isna(value) else value for value in cells["value"]]
    return {
        "id": display["id"],
        "kind": "table",
        "number": _number(display["id"]),
        "title": display["displayTitle"],
        "population": results["POPUL"].iloc[0],
        "footnotes": texts["Footnote"],
        "datasets": sorted(set(results["DATASET"]) - {""}),
        "cells": [{**cell, "value": v} for cell, v in zip(cells.to_dict("records"), values, strict=True)],
    }


def _figure(path: Path) -> dict[str, Any]:
    drawing = etree.parse(path).getroot()
    texts = {etree.QName(child).localname: child.text for child in drawing if isinstance(child.tag, str)}
    return {
        "id": path.stem,
        "kind": "figure",
        "number": _number(path.stem),
        "title": texts.get("title", ""),
        "population": texts.get("desc", ""),
        "footnotes": [],
        "datasets": [],
    }


def _number(display: str) -> str:
    """The number in the report of a display: 14.2.5 of T14-2-5."""
    return display[1:].replace("-", ".")
