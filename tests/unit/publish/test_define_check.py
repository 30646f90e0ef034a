"""Each check of define.xml is silent on a clean one and finds the fault planted for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.facts import Column, Facts
from pipeline.findings import Finding
from pipeline.publish import define, define_check
from pipeline.publish.define_parts import Layer, Package
from tests.support import define_study as small

Change = tuple[str, str]
AE = "specs/sdtm/ae.yaml"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return small.package(small.study(tmp_path_factory.mktemp("study")))


@pytest.fixture(scope="module")
def clean(package: Package, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The define.xml of both layers as text."""
    texts: dict[str, str] = {}
    layers: tuple[Layer, Layer] = ("sdtm", "adam")
    for layer in layers:
        folder = tmp_path_factory.mktemp(layer)
        define.write(package, layer, folder)
        texts[layer] = (folder / "define.xml").read_text(encoding="utf-8")
    return texts


@pytest.fixture
def spoiled(clean: dict[str, str], package: Package, tmp_path: Path) -> Callable[..., list[Finding]]:
    """The findings of a define.xml in which the first `old` reads `new`."""

    def check(*changes: Change, layer: Layer = "sdtm") -> list[Finding]:
        content = clean[layer]
        for old, new in changes:
            assert old in content, f"nothing reads {old}"
            content = content.replace(old, new, 1)
        (tmp_path / "define.xml").write_text(content, encoding="utf-8")
        return define_check.check(tmp_path, package, layer)

    return check


def beside(package: Package, clean: dict[str, str], folder: Path) -> list[Finding]:
    """The findings of the clean define.xml beside other facts or specs."""
    (folder / "define.xml").write_text(clean["sdtm"], encoding="utf-8")
    return define_check.check(folder, package, "sdtm")


def where(findings: list[Finding], rule: str) -> list[str]:
    assert {f.severity for f in findings} <= {"error"}
    return sorted(f"{f.dataset}.{f.variable}".strip(".") for f in findings if f.rule == rule)


@pytest.mark.parametrize("layer", ["sdtm", "adam"])
def test_a_clean_define_has_no_findings(spoiled: Callable[..., list[Finding]], layer: Layer) -> None:
    assert spoiled(layer=layer) == []


def test_a_define_of_a_study_without_records_has_no_findings(tmp_path: Path) -> None:
    package = small.package(small.study(tmp_path), {n: f.iloc[:0] for n, f in small.frames().items()})
    define.write(package, "sdtm", tmp_path)
    assert define_check.check(tmp_path, package, "sdtm") == []


@pytest.mark.parametrize(
    ("rule", "change", "place"),
    [
        ("DEF-XSD", ('Repeating="No"', 'Repeating="Maybe"'), ""),
        ("DEF-XSD", ("</ODM>", ""), ""),
        ("DEF-XSD", ("<StudyName>S1</StudyName>", ""), ""),
        ("DEF-REF", ('ItemRef ItemOID="IT.DM.SEX"', 'ItemRef ItemOID="IT.DM.SEXX"'), ""),
        ("DEF-REF", ('CodeListRef CodeListOID="CL.SEX"', 'CodeListRef CodeListOID="CL.SEXX"'), ""),
        ("DEF-REF", ('MethodOID="MT.AE.AESEQ"', 'MethodOID="MT.NONE"'), ""),
        ("DEF-REF", ('CommentOID="COM.AE"', 'CommentOID="COM.NONE"'), ""),
        ("DEF-REF", ('ValueListRef ValueListOID="VL.AE.AETERM"', 'ValueListRef ValueListOID="VL.NONE"'), ""),
        ("DEF-REF", ('WhereClauseRef WhereClauseOID="WC.AE.AECAT.EVENT"', 'WhereClauseRef WhereClauseOID="WC.NONE"'), ""),
        ("DEF-REF", ('def:StandardOID="STD.CT.SDTM"', 'def:StandardOID="STD.NONE"'), ""),
        ("DEF-REF", ('def:ItemOID="IT.AE.AECAT"', 'def:ItemOID="IT.NONE"'), ""),
        ("DEF-REF", ('DocumentRef leafID="LF.acrf"', 'DocumentRef leafID="LF.none"'), ""),
        ("DEF-REF", ('ArchiveLocationID="LF.DM"', 'ArchiveLocationID="LF.none"'), ""),
        ("DEF-REF", ('ItemDef OID="IT.DM.SEX"', 'ItemDef OID="IT.DM.STUDYID"'), ""),
        ("DEF-UNUSED", ('<CodeListRef CodeListOID="CL.SEX"/>', ""), ""),
        ("DEF-UNUSED", (' MethodOID="MT.AE.AESEQ"', ""), ""),
        ("DEF-UNUSED", (' def:CommentOID="COM.AE"', ""), ""),
        ("DEF-UNUSED", ('<def:ValueListRef ValueListOID="VL.AE.AETERM"/>', ""), ""),
        ("DEF-UNUSED", ('def:ArchiveLocationID="LF.DM"', 'def:ArchiveLocationID="LF.AE"'), ""),
        ("DEF-LENGTH", (' Length="1" SASFieldName="SEX"', ' SASFieldName="SEX"'), "DM.SEX"),
        ("DEF-LENGTH", (' DataType="date" SASField', ' DataType="date" Length="10" SASField'), "DM.RFICDTC"),
        ("DEF-LENGTH", (' SignificantDigits="2"', ""), "AE.AESIZE"),
        ("DEF-LENGTH", ('Name="A/B SYMPTOM" DataType="text" Length="4"', 'Name="A/B SYMPTOM" DataType="text" Length="18"'),
         "AE.AETERM.A_2FB_20SYMPTOM"),
        ("DEF-ORIGIN", ('<def:Origin Type="Protocol" Source="Sponsor"></def:Origin>', ""), "DM.STUDYID"),
        ("DEF-ORIGIN", ('Type="Protocol" Source="Sponsor"', 'Type="Protocol"'), "DM.STUDYID"),
        ("DEF-ORIGIN", ('<def:PDFPageRef PageRefs="3" Type="PhysicalRef"/>', ""), "DM.RFICDTC"),
        ("DEF-ORIGIN", ('MethodOID="MT.AE.AESTDY"', ""), "AE.AESTDY"),
        ("DEF-LABEL", (">Date/Time of Informed Consent<", ">Date and Time of the Informed Consent of All<"), "DM.RFICDTC"),
        ("DEF-LABEL", ('<Description><TranslatedText xml:lang="en">Sex</TranslatedText></Description>', ""), "DM.SEX"),
        ("DEF-LABEL", (">Demographics<", "><"), "DM"),
        ("DEF-LABEL", (">Symptoms of the diary are here too.<", "> <"), ""),
        ("DEF-CLASS", ('<def:Class Name="SPECIAL PURPOSE"/>', ""), "DM"),
        ("DEF-CLASS", ('<Alias Context="DomainDescription" Name="Adverse Events"/>', ""), "SUPPAE"),
        ("DEF-STANDARD", (' def:StandardOID="STD.IG.SDTMIG"', ""), "DM"),
        ("DEF-STANDARD", ('def:StandardOID="STD.IG.SDTMIG"', 'def:StandardOID="STD.CT.SDTM"'), "DM"),
        ("DEF-STANDARD", ('def:StandardOID="STD.CT.SDTM"', 'def:StandardOID="STD.IG.SDTMIG"'), ""),
        ("DEF-STANDARD", (' def:IsNonStandard="Yes"', ""), ""),
        ("DEF-STANDARD", ('<Alias Context="nci:ExtCodeID" Name="C66731"/>', ""), ""),
        ("DEF-STANDARD", ('CodedValue="LUNG"', 'CodedValue="LUNG" def:ExtendedValue="Yes"'), ""),
        ("DEF-STANDARD", ('CodedValue="RELATED"', 'CodedValue="RELATED" def:ExtendedValue="Yes"'), ""),
        ("DEF-COMMENT", (' def:CommentOID="COM.DM.DTHFL"', ""), "DM.DTHFL"),
        ("DEF-COMMENT", ('def:ArchiveLocationID="LF.DM"', 'def:ArchiveLocationID="LF.DM" def:HasNoData="Yes"'), "DM"),
        ("DEF-DATASET", ('xlink:href="dm.xpt"', 'xlink:href="dm2.xpt"'), "DM"),
        ("DEF-VARIABLE", ('Name="SEX" DataType', 'Name="GENDER" DataType'), "DM.GENDER"),
        ("DEF-VARIABLE", ('ItemOID="IT.DM.SEX" OrderNumber="4"', 'ItemOID="IT.DM.SEX" OrderNumber="6"'), "DM"),
        ("DEF-NODATA", (' def:HasNoData="Yes"', ""), "DM.DTHFL"),
        ("DEF-NODATA", ('ItemOID="IT.DM.SEX"', 'ItemOID="IT.DM.SEX" def:HasNoData="Yes"'), "DM.SEX"),
        ("DEF-TYPE", ('Length="1" SASFieldName="SEX"', 'Length="2" SASFieldName="SEX"'), "DM.SEX"),
        ("DEF-TYPE", ('Name="AESEQ" DataType="integer"', 'Name="AESEQ" DataType="text"'), "AE.AESEQ"),
        ("DEF-TYPE", ('DataType="float" Length="4" SignificantDigits="2"', 'DataType="integer" Length="4"'), "AE.AESIZE"),
        ("DEF-TYPE", ('Name="AESTDTC" DataType="partialDate"', 'Name="AESTDTC" DataType="date"'), "AE.AESTDTC"),
        ("DEF-VALUES", ("<CheckValue>EVENT<", "<CheckValue>EVENTS<"), "AE.AESTDTC"),
        ("DEF-VALUES", ('Name="A/B SYMPTOM" DataType="text" Length="4"', 'Name="A/B SYMPTOM" DataType="text" Length="3"'), "AE.AETERM"),
        ("DEF-TERM", ('CodedValue="F"', 'CodedValue="M"'), "DM.SEX"),
        ("DEF-TERM", ("</EnumeratedItem>", '</EnumeratedItem><EnumeratedItem CodedValue="ZZ"/>'), ""),
    ],
)  # fmt: skip
def test_a_planted_fault_is_found(spoiled: Callable[..., list[Finding]], rule: str, change: Change, place: str) -> None:
    assert place in where(spoiled(change), rule)


def test_a_predecessor_without_its_variable_is_found(spoiled: Callable[..., list[Finding]]) -> None:
    described = '<Description><TranslatedText xml:lang="en">DM.SEX</TranslatedText></Description></def:Origin>'
    assert where(spoiled((described, "</def:Origin>"), layer="adam"), "DEF-ORIGIN") == ["ADSL.SEX"]


def test_a_dataset_without_a_key_is_found(spoiled: Callable[..., list[Finding]]) -> None:
    assert where(spoiled((' KeySequence="1"', ""), (' KeySequence="2"', ""), layer="adam"), "DEF-CLASS") == ["ADSL"]


def test_a_value_without_an_origin_is_found_only_where_its_variable_has_none(tmp_path: Path, spoiled: Callable[..., list[Finding]]) -> None:
    page = '<def:DocumentRef leafID="LF.acrf"><def:PDFPageRef PageRefs="1" Type="PhysicalRef"/></def:DocumentRef>'
    told = f'<def:Origin Type="Collected" Source="Subject">{page}</def:Origin>'
    assert where(spoiled((told, "")), "DEF-ORIGIN") == ["AE.AETERM.A_2FB_20SYMPTOM"]
    by = (AE, "type: float, core: Perm, role: Record Qualifier}", "type: float, core: Perm, role: Record Qualifier, by: [AECAT]}")
    package = small.package(small.study(tmp_path, by))
    define.write(package, "sdtm", tmp_path)
    content = (tmp_path / "define.xml").read_text(encoding="utf-8")
    start = content.index('ItemDef OID="IT.AE.AESIZE.EVENT"')
    first, last = content.index("<def:Origin", start), content.index("</def:Origin>", start) + len("</def:Origin>")
    (tmp_path / "define.xml").write_text(content[:first] + content[last:], encoding="utf-8")
    assert define_check.check(tmp_path, package, "sdtm") == []


# --- beside what was built -----------------------------------------------------------------------------------------------------
def test_a_dataset_on_one_side_only_is_found(package: Package, clean: dict[str, str], tmp_path: Path) -> None:
    fewer = {n: s for n, s in package.specs.items() if n != "SUPPAE"}
    assert where(beside(replace(package, specs=fewer), clean, tmp_path), "DEF-DATASET") == ["SUPPAE"]
    more = {**package.specs, "SUPPDM": package.specs["SUPPAE"]}
    assert where(beside(replace(package, specs=more), clean, tmp_path), "DEF-DATASET") == ["SUPPDM"]


def test_a_variable_on_one_side_only_or_out_of_order_is_found(package: Package, clean: dict[str, str], tmp_path: Path) -> None:
    dm = package.specs["DM"]
    fewer = {n: v for n, v in dm.variables.items() if n != "SEX"}
    turned = dict(reversed(dm.variables.items()))
    for variables, place in ((fewer, "DM.SEX"), (turned, "DM")):
        other = replace(package, specs={**package.specs, "DM": dm.model_copy(update={"variables": variables})})
        assert where(beside(other, clean, tmp_path), "DEF-VARIABLE") == [place]


@pytest.mark.parametrize(
    ("dataset", "variable", "column", "rule", "place"),
    [
        ("DM", "SEX", Column(2, 1, terms=frozenset({"F", "U"})), "DEF-TERM", "DM.SEX"),
        ("DM", "SEX", Column(), "DEF-NODATA", "DM.SEX"),
        ("DM", "DTHFL", Column(1, 1, terms=frozenset({"Y"})), "DEF-NODATA", "DM.DTHFL"),
        ("DM", "RFICDTC", Column(2, 10, kinds=frozenset({"date", "partial"})), "DEF-TYPE", "DM.RFICDTC"),
        ("AE", "AESEQ", Column(3, 3, 3), "DEF-TYPE", "AE.AESEQ"),
        ("AE", "AETERM", Column(3, 18), "DEF-TYPE", "AE.AETERM"),
        ("AE", "AETERM", Column(4, 17), "DEF-VALUES", "AE.AETERM"),
    ],
)
def test_facts_that_define_does_not_tell_are_found(
    package: Package, clean: dict[str, str], tmp_path: Path, dataset: str, variable: str, column: Column, rule: str, place: str
) -> None:  # one more than five: the table above is the test
    facts = replace(package.facts, columns={**package.facts.columns, (dataset, variable): column})
    assert where(beside(replace(package, facts=facts), clean, tmp_path), rule) == [place]


def test_a_value_that_occurs_and_has_no_row_is_found(package: Package, clean: dict[str, str], tmp_path: Path) -> None:
    groups = {**package.facts.groups, ("AE", "AETERM", ("NEW",)): Column(1, 4)}
    found = beside(replace(package, facts=replace(package.facts, groups=groups)), clean, tmp_path)
    assert "NEW occurs and has no row in the value list" in [f.message for f in found if f.rule == "DEF-VALUES"]


def test_records_of_a_dataset_that_says_it_has_none_are_found(package: Package, clean: dict[str, str], tmp_path: Path) -> None:
    facts: Facts = replace(package.facts, records={**package.facts.records, "DM": 0})
    assert "DM" in where(beside(replace(package, facts=facts), clean, tmp_path), "DEF-NODATA")
