"""A define.xml of 2.0 or 2.1 and a specification workbook become specs; a build becomes such a workbook."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.drafting import command
from pipeline.errors import UsageError
from pipeline.formats.define import described
from pipeline.formats.xlsx import specification

OF_2_0 = """<?xml version="1.0" encoding="UTF-8"?>
<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" xmlns:def="http://www.cdisc.org/ns/def/v2.0">
 <Study OID="S"><GlobalVariables><StudyName>OLD-01</StudyName></GlobalVariables>
 <MetaDataVersion OID="M" def:StandardName="SDTM-IG" def:StandardVersion="3.2">
  <ItemGroupDef OID="IG.SU" Name="SU" Repeating="Yes" IsReferenceData="No"
    def:Structure="One record per substance" def:Class="INTERVENTIONS">
   <Description><TranslatedText>Substance Use</TranslatedText></Description>
   <ItemRef ItemOID="IT.SUTRT" Mandatory="Yes" KeySequence="2"/>
   <ItemRef ItemOID="IT.USUBJID" Mandatory="Yes" KeySequence="1" MethodOID="MT.USUBJID"/>
   <ItemRef ItemOID="IT.SUPACK" Mandatory="No"/></ItemGroupDef>
  <ItemDef OID="IT.SUTRT" Name="SUTRT" DataType="text" Length="40"><Description><TranslatedText>Reported Name
    </TranslatedText></Description><CodeListRef CodeListOID="CL.SUTRT"/><def:Origin Type="CRF"/></ItemDef>
  <ItemDef OID="IT.USUBJID" Name="USUBJID" DataType="text" Length="20"/>
  <ItemDef OID="IT.SUPACK" Name="SUPACK" DataType="integer" Length="3"><Description><TranslatedText>Packs
    a Year</TranslatedText></Description></ItemDef>
  <CodeList OID="CL.SUTRT" Name="Substances" DataType="text">
   <EnumeratedItem CodedValue="CIGARETTES"/></CodeList>
  <MethodDef OID="MT.USUBJID" Name="USUBJID" Type="Computation"><Description><TranslatedText>Study, a hyphen
    and the number.</TranslatedText></Description></MethodDef>
 </MetaDataVersion></Study></ODM>
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    command.sample(folder / "study")
    arguments = ["build", folder / "study" / "drop", "--study", folder / "study", "--out", folder / "out"]
    result = CliRunner().invoke(app, [*map(str, arguments), "--quiet"])
    assert result.exit_code == 0, result.output
    return folder / "out"


def define(built: Path) -> Path:
    (path,) = (built / "latest").rglob("tabulations/sdtm/define.xml")
    return path


def test_our_define_goes_out_as_a_workbook_and_comes_back_the_same(built: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["mapping", str(built), "--spec", str(tmp_path / "spec.xlsx")])
    assert result.exit_code == 0, result.output
    ours, back = described.read(define(built)), specification.read(tmp_path / "spec.xlsx")
    assert [table.name for table in back.tables] == [table.name for table in ours.tables]
    assert back.tables == ours.tables
    assert back.methods == ours.methods
    assert back.comments == ours.comments
    # a list without terms is not in the layout
    kept = {id_: c for id_, c in ours.codelists.items() if c.terms or c.dictionary}
    assert back.codelists == kept
    assert (back.study, back.standard) == (ours.study, ours.standard)


def test_both_ways_give_the_same_specs(built: Path, tmp_path: Path) -> None:
    CliRunner().invoke(app, ["mapping", str(built), "--spec", str(tmp_path / "spec.xlsx")])
    command.from_specification(tmp_path / "a", define(built))
    command.from_specification(tmp_path / "b", tmp_path / "spec.xlsx")
    names = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a" / "specs" / "sdtm").iterdir())
    assert [str(name) for name in names] == ["specs/sdtm/dm.yaml", "specs/sdtm/ex.yaml"]
    for name in names:
        assert (tmp_path / "a" / name).read_text("utf-8") == (tmp_path / "b" / name).read_text("utf-8")
    text = (tmp_path / "a" / "specs" / "sdtm" / "ex.yaml").read_text("utf-8")
    assert text.splitlines()[1:4] == ["dataset: EX", "keys: [STUDYID, USUBJID, EXTRT, EXSTDTC]", "variables:"]


def test_methods_stand_beside_the_lines_to_map(built: Path, tmp_path: Path) -> None:
    command.from_specification(tmp_path / "a", define(built))
    text = (tmp_path / "a" / "mappings" / "sdtm" / "dm.yaml").read_text("utf-8")
    assert "#  RFXSTDTC: {}  # Date/Time of First Study Treatment; Derived Sponsor" in text
    assert "#      Method: " in text


def test_a_define_of_version_2_0_is_read(tmp_path: Path) -> None:
    (tmp_path / "define.xml").write_text(OF_2_0, encoding="utf-8")
    spec = described.read(tmp_path / "define.xml")
    (table,) = spec.tables
    assert (spec.study, spec.standard) == ("OLD-01", "SDTM-IG 3.2")
    assert (table.name, table.label, table.class_) == ("SU", "Substance Use", "INTERVENTIONS")
    assert table.keys == ("USUBJID", "SUTRT")
    assert [v.name for v in table.variables] == ["SUTRT", "USUBJID", "SUPACK"]
    command.from_specification(tmp_path / "study", tmp_path / "define.xml")
    text = (tmp_path / "study" / "specs" / "sdtm" / "su.yaml").read_text("utf-8")
    assert "  - SUPACK: {label: Packs a Year, type: integer}" in text
    assert "  - SUTRT: {codelist: SUTRT}" in text
    lists = (tmp_path / "study" / "specs" / "codelists.yaml").read_text("utf-8")
    assert "SUTRT: {name: Substances, terms: [CIGARETTES]}" in lists


def test_what_is_neither_is_refused(tmp_path: Path) -> None:
    for name, text in (("a.xml", "<a/>"), ("b.xml", "no xml"), ("c.xlsx", "no workbook")):
        (tmp_path / name).write_text(text)
        with pytest.raises(UsageError, match=name):
            command.from_specification(tmp_path / "study", tmp_path / name)
    assert not (tmp_path / "study").exists()


def test_a_specification_is_compared_by_what_it_says(built: Path) -> None:
    ours = described.read(define(built))
    assert replace(ours, study="other") != ours
