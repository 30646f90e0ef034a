"""Each check of define.xml is silent on a clean one and finds the fault planted for it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.checks.define import against_build as define_truth
from pipeline.checks.define import analyses
from pipeline.checks.define import written as define_check
from pipeline.formats.define.read import read
from pipeline.profile import Column, Profile
from pipeline.publish import datasets
from pipeline.publish.define import write as define
from pipeline.publish.define.model import Layer, Package
from pipeline.publish.package import results
from pipeline.records.findings import Finding
from pipeline.study import Study
from tests.support import define_study as small

Change = tuple[str, str]
AE = "specs/sdtm/ae.yaml"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    found = small.study(tmp_path_factory.mktemp("study"))
    return replace(small.package(found), documents=results.documents(found))


@pytest.fixture(scope="module")
def clean(package: Package, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The define.xml of both layers as text, as of the package of an agency."""
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
    """The findings of the clean define.xml beside other profile or specs."""
    (folder / "define.xml").write_text(clean["sdtm"], encoding="utf-8")
    return define_check.check(folder, package, "sdtm")


def where(findings: list[Finding], rule: str) -> list[str]:
    return sorted(f"{f.dataset}.{f.variable}".strip(".") for f in findings if f.rule == rule)


@pytest.mark.parametrize("layer", ["sdtm", "adam"])
def test_a_clean_define_has_no_findings(spoiled: Callable[..., list[Finding]], layer: Layer) -> None:
    assert spoiled(layer=layer) == []


def test_a_define_of_a_study_without_records_has_no_findings(tmp_path: Path) -> None:
    package = small.package(small.study(tmp_path), {n: f.iloc[:0] for n, f in small.frames().items()})
    define.write(package, "sdtm", tmp_path)
    assert define_check.check(tmp_path, package, "sdtm") == []


# Of each change to the clean file all that is found: rule, and where it is told the dataset and the variable.
PLANTED = {
    "sdtm": [
        (('Repeating="No"', 'Repeating="Maybe"'), "DEF-XSD"),
        (("</ODM>", ""), "DEF-XSD"),
        (("<StudyName>S1</StudyName>", ""), "DEF-XSD"),
        (
            ('ItemRef ItemOID="IT.DM.SEX"', 'ItemRef ItemOID="IT.DM.SEXX"'),
            "DEF-REF, DEF-UNUSED, DEF-VARIABLE DM.SEX",
        ),
        (
            ('CodeListRef CodeListOID="CL.SEX"', 'CodeListRef CodeListOID="CL.SEXX"'),
            "DEF-REF DM.SEX, DEF-UNUSED",
        ),
        (('MethodOID="MT.AE.AESEQ"', 'MethodOID="MT.NONE"'), "DEF-REF AE.AESEQ, DEF-UNUSED"),
        (('CommentOID="COM.AE"', 'CommentOID="COM.NONE"'), "DEF-REF AE, DEF-UNUSED"),
        (
            ('ValueListRef ValueListOID="VL.AE.AETERM"', 'ValueListRef ValueListOID="VL.NONE"'),
            "DEF-REF AE.AETERM, DEF-UNUSED, DEF-VALUES AE.AETERM",
        ),
        (
            ('WhereClauseRef WhereClauseOID="WC.AE.AECAT.EVENT"', 'WhereClauseRef WhereClauseOID="WC.NONE"'),
            "DEF-REF AE.AETERM.EVENT, DEF-VALUES AE.AETERM",
        ),
        (('def:StandardOID="STD.CT.SDTM"', 'def:StandardOID="STD.NONE"'), "DEF-REF"),
        (('def:ItemOID="IT.AE.AECAT"', 'def:ItemOID="IT.NONE"'), "DEF-REF"),
        (('DocumentRef leafID="LF.acrf"', 'DocumentRef leafID="LF.none"'), "DEF-REF"),
        (
            ('ArchiveLocationID="LF.DM"', 'ArchiveLocationID="LF.none"'),
            "DEF-CLASS DM, DEF-REF DM, DEF-UNUSED DM",
        ),
        (
            ('ItemDef OID="IT.DM.SEX"', 'ItemDef OID="IT.DM.STUDYID"'),
            "DEF-REF, DEF-REF DM.SEX, DEF-VARIABLE DM.STUDYID, DEF-XSD",
        ),
        (('<CodeListRef CodeListOID="CL.SEX"/>', ""), "DEF-UNUSED"),
        ((' MethodOID="MT.AE.AESEQ"', ""), "DEF-ORIGIN AE.AESEQ, DEF-UNUSED"),
        ((' def:CommentOID="COM.AE"', ""), "DEF-UNUSED"),
        (
            ('<def:ValueListRef ValueListOID="VL.AE.AETERM"/>', ""),
            "DEF-ORIGIN AE.AETERM, DEF-UNUSED, DEF-VALUES AE.AETERM",
        ),
        (('def:ArchiveLocationID="LF.DM"', 'def:ArchiveLocationID="LF.AE"'), "DEF-CLASS DM, DEF-UNUSED DM"),
        ((' Length="1" SASFieldName="SEX"', ' SASFieldName="SEX"'), "DEF-LENGTH DM.SEX, DEF-TYPE DM.SEX"),
        ((' DataType="date" SASField', ' DataType="date" Length="10" SASField'), "DEF-LENGTH DM.RFICDTC"),
        ((' SignificantDigits="2"', ""), "DEF-LENGTH AE.AESIZE, DEF-TYPE AE.AESIZE"),
        (
            (
                'Name="A/B SYMPTOM" DataType="text" Length="4"',
                'Name="A/B SYMPTOM" DataType="text" Length="18"',
            ),
            "DEF-LENGTH AE.AETERM.A/B SYMPTOM, DEF-VALUES AE.AETERM",
        ),
        (('<def:Origin Type="Protocol" Source="Sponsor"></def:Origin>', ""), "DEF-ORIGIN DM.STUDYID"),
        (('Type="Protocol" Source="Sponsor"', 'Type="Protocol"'), "DEF-ORIGIN DM.STUDYID"),
        (('<def:PDFPageRef PageRefs="3" Type="PhysicalRef"/>', ""), "DEF-ORIGIN DM.RFICDTC"),
        (('MethodOID="MT.AE.AESTDY"', ""), "DEF-ORIGIN AE.AESTDY, DEF-UNUSED"),
        (
            (">Date/Time of Informed Consent<", ">Date and Time of the Informed Consent of All<"),
            "DEF-LABEL DM.RFICDTC",
        ),
        (
            ('<Description><TranslatedText xml:lang="en">Sex</TranslatedText></Description>', ""),
            "DEF-LABEL DM.SEX",
        ),
        ((">Demographics<", "><"), "DEF-LABEL DM"),
        ((">Symptoms of the diary are here too.<", "> <"), "DEF-LABEL"),
        (('<def:Class Name="SPECIAL PURPOSE"/>', ""), "DEF-CLASS DM"),
        (('<Alias Context="DomainDescription" Name="Adverse Events"/>', ""), "DEF-CLASS SUPPAE"),
        ((' def:StandardOID="STD.IG.SDTMIG"', ""), "DEF-STANDARD DM"),
        (('def:StandardOID="STD.IG.SDTMIG"', 'def:StandardOID="STD.CT.SDTM"'), "DEF-STANDARD DM"),
        (('def:StandardOID="STD.CT.SDTM"', 'def:StandardOID="STD.IG.SDTMIG"'), "DEF-STANDARD"),
        ((' def:IsNonStandard="Yes"', ""), "DEF-STANDARD"),
        (('<Alias Context="nci:ExtCodeID" Name="C66731"/>', ""), "DEF-STANDARD"),
        (('CodedValue="LUNG"', 'CodedValue="LUNG" def:ExtendedValue="Yes"'), "DEF-STANDARD"),
        (('CodedValue="RELATED"', 'CodedValue="RELATED" def:ExtendedValue="Yes"'), "DEF-STANDARD"),
        ((' def:CommentOID="COM.DM.DTHFL"', ""), "DEF-COMMENT DM.DTHFL, DEF-UNUSED"),
        (
            ('def:ArchiveLocationID="LF.DM"', 'def:ArchiveLocationID="LF.DM" def:HasNoData="Yes"'),
            "DEF-CLASS DM, DEF-COMMENT DM, DEF-NODATA DM",
        ),
        (('xlink:href="dm.xpt"', 'xlink:href="dm2.xpt"'), "DEF-DATASET DM"),
        (
            ('Name="SEX" DataType', 'Name="GENDER" DataType'),
            "DEF-NAME DM.GENDER, DEF-NODATA DM.GENDER, DEF-VARIABLE DM.GENDER, DEF-VARIABLE DM.SEX",
        ),
        (('ItemOID="IT.DM.SEX" OrderNumber="4"', 'ItemOID="IT.DM.SEX" OrderNumber="6"'), "DEF-VARIABLE DM"),
        ((' def:HasNoData="Yes"', ""), "DEF-NODATA DM.DTHFL"),
        (
            ('ItemOID="IT.DM.SEX"', 'ItemOID="IT.DM.SEX" def:HasNoData="Yes"'),
            "DEF-COMMENT DM.SEX, DEF-NODATA DM.SEX",
        ),
        (('Length="1" SASFieldName="SEX"', 'Length="2" SASFieldName="SEX"'), "DEF-TYPE DM.SEX"),
        (('Name="AESEQ" DataType="integer"', 'Name="AESEQ" DataType="text"'), "DEF-TYPE AE.AESEQ"),
        (
            ('DataType="float" Length="4" SignificantDigits="2"', 'DataType="integer" Length="4"'),
            "DEF-TYPE AE.AESIZE",
        ),
        (('Name="AESTDTC" DataType="partialDate"', 'Name="AESTDTC" DataType="date"'), "DEF-TYPE AE.AESTDTC"),
        (
            ("<CheckValue>EVENT<", "<CheckValue>EVENTS<"),
            "DEF-VALUES AE.AEDECOD, DEF-VALUES AE.AESTDTC, DEF-VALUES AE.AETERM",
        ),
        (
            (
                'Name="A/B SYMPTOM" DataType="text" Length="4"',
                'Name="A/B SYMPTOM" DataType="text" Length="3"',
            ),
            "DEF-VALUES AE.AETERM",
        ),
        (('CodedValue="F"', 'CodedValue="M"'), "DEF-TERM, DEF-TERM DM.SEX"),
        (
            ("</EnumeratedItem>", '</EnumeratedItem><EnumeratedItem CodedValue="ZZ"/>'),
            "DEF-STANDARD, DEF-TERM",
        ),
        (('def:Context="Submission"', 'def:Context="Draft"'), "DEF-XSD"),
        (
            ('Name="SEX" DataType="text"', 'Name="SEX_OF_PERSON" DataType="text"'),
            (
                "DEF-NAME DM.SEX_OF_PERSON, DEF-NODATA DM.SEX_OF_PERSON, DEF-VARIABLE DM.SEX, DEF-VARIABLE"
                " DM.SEX_OF_PERSON"
            ),
        ),
        (('SASFieldName="SEX"', 'SASFieldName="SEXX"'), "DEF-NAME DM.SEX"),
        (
            (
                'Name="DTHFL" DataType="text" Length="1" SASFieldName="DTHFL"',
                'Name="SEX" DataType="text" Length="1" SASFieldName="SEX"',
            ),
            "DEF-NAME DM, DEF-NODATA DM.SEX, DEF-TERM, DEF-TERM DM.SEX, DEF-VARIABLE DM.DTHFL",
        ),
        (('OrderNumber="4"', 'OrderNumber="3"'), "DEF-ORDER DM, DEF-VARIABLE DM, DEF-XSD"),
        (('KeySequence="2"', 'KeySequence="3"'), "DEF-ORDER DM"),
        (('PageRefs="3"', 'PageRefs="p. 3"'), "DEF-PAGE DM.RFICDTC"),
        (
            ('PageRefs="3" Type="PhysicalRef"', 'FirstPage="4" LastPage="3" Type="PhysicalRef"'),
            "DEF-PAGE DM.RFICDTC",
        ),
        (('Purpose="Tabulation"', 'Purpose="Analysis"'), "DEF-CLASS DM"),
        (
            ('<def:leaf ID="LF.DM" xlink:href="dm.xpt"><def:title>dm.xpt</def:title></def:leaf>', ""),
            "DEF-CLASS DM, DEF-DATASET DM, DEF-REF DM",
        ),
        (('PublishingSet="SDTM" ', ""), "DEF-STANDARD"),
        (('<Alias Context="nci:ExtCodeID" Name="C16576"/>', ""), "DEF-STANDARD"),
        (
            (
                '<CodeListItem CodedValue="F"><Decode><TranslatedText xml:lang="en">Female',
                '<CodeListItem CodedValue="F"><Decode><TranslatedText xml:lang="en">',
            ),
            "DEF-CODELIST",
        ),
        (
            (
                '<EnumeratedItem CodedValue="LUNG">',
                (
                    '<EnumeratedItem CodedValue="LUNG"><Alias Context="nci:ExtCodeID"'
                    ' Name="C1"/></EnumeratedItem><EnumeratedItem CodedValue="LUNG">'
                ),
            ),
            "DEF-CODELIST, DEF-XSD",
        ),
        (('Dictionary="MedDRA" Version="22.0"', 'Dictionary="MedDRA" Version=""'), "DEF-CODELIST"),
        (
            ('OID="CL.SEX" Name="Sex" DataType="text"', 'OID="CL.SEX" Name="Sex" DataType="integer"'),
            "DEF-CODELIST DM.SEX",
        ),
        (
            ('><def:WhereClauseRef WhereClauseOID="WC.AE.AECAT.EVENT"/></ItemRef>', "></ItemRef>"),
            "DEF-VALUES AE.AETERM, DEF-WHERE AE.AETERM.EVENT",
        ),
        (
            (
                'WhereClauseRef WhereClauseOID="WC.AE.AECAT.EVENT"',
                'WhereClauseRef WhereClauseOID="WC.AE.AECAT.A_2FB_20SYMPTOM"',
            ),
            "DEF-VALUES AE.AETERM, DEF-WHERE AE.AETERM.EVENT",
        ),
        (('def:ItemOID="IT.AE.AECAT"', 'def:ItemOID="IT.DM.SEX"'), "DEF-WHERE"),
        (
            (
                "<CheckValue>EVENT</CheckValue>",
                "<CheckValue>EVENT</CheckValue><CheckValue>OTHER</CheckValue>",
            ),
            "DEF-WHERE",
        ),
        ((' def:ItemOID="IT.AE.AECAT"', ""), "DEF-WHERE, DEF-XSD"),
        # nothing that is told leads outside the package
        (("Inputs: date = AE.AESTDTC", "Inputs: date = event.START"), "DEF-OUTSIDE"),
        (("Inputs: date = AE.AESTDTC", "Inputs: date = AE.AESTART"), "DEF-OUTSIDE"),
        (("Inputs: date = AE.AESTDTC", "Inputs: table = specs.visits"), "DEF-OUTSIDE"),
        (("Inputs: date = AE.AESTDTC", "See specs/units.yaml and"), "DEF-OUTSIDE"),
        (("Nobody died.", "Nobody died, as deaths.csv shows."), "DEF-OUTSIDE"),
    ],
    "adam": [
        (('ItemGroupOID="IG.ADSL"', 'ItemGroupOID="IG.ADXX"'), "DEF-REF, DEF-RESULT"),
        (('AnalysisVariable ItemOID="IT.ADSL.SEX"', 'AnalysisVariable ItemOID="IT.ADSL.SEXX"'), "DEF-REF"),
        (
            ('WhereClauseRef WhereClauseOID="WC.ADSL.STUDYID.S1"', 'WhereClauseRef WhereClauseOID="WC.NONE"'),
            "DEF-REF, DEF-UNUSED",
        ),
        (
            (
                '<def:DocumentRef leafID="LF.results"><def:PDFPageRef',
                '<def:DocumentRef leafID="LF.none"><def:PDFPageRef',
            ),
            "DEF-REF",
        ),
        (
            ('AnalysisReason="DATA DRIVEN"', 'AnalysisReason="DATA DRIVEN" ParameterOID="IT.NONE"'),
            "DEF-REF",
        ),
        (('AnalysisReason="DATA DRIVEN"', 'AnalysisReason="BECAUSE"'), "DEF-RESULT"),
        (('AnalysisPurpose="EXPLORATORY OUTCOME MEASURE"', 'AnalysisPurpose="FUN"'), "DEF-RESULT"),
        (('AnalysisReason="DATA DRIVEN" ', ""), "DEF-RESULT, DEF-XSD"),
        (('<arm:AnalysisVariable ItemOID="IT.ADSL.SEX"/>', ""), "DEF-RESULT"),
        (('PageRefs="T1" Type="NamedDestination"', 'PageRefs="one" Type="PhysicalRef"'), "DEF-PAGE"),
        (("Women of &lt;all&gt;.", " "), "DEF-RESULT"),
        (("Women of &lt;all&gt;.", "Women of ADXX.SEX."), "DEF-OUTSIDE"),
        ((">DM.SEX<", ">DM.SEXX<"), "DEF-OUTSIDE ADSL.SEX"),
    ],
}


@pytest.mark.parametrize(
    ("layer", "change", "expected"), [(layer, *row) for layer, rows in PLANTED.items() for row in rows]
)
def test_a_planted_fault_is_found_and_nothing_besides(
    spoiled: Callable[..., list[Finding]], layer: Layer, change: Change, expected: str
) -> None:
    found = spoiled(change, layer=layer)
    assert sorted({f"{f.rule} {f.dataset}.{f.variable}".rstrip(". ") for f in found}) == expected.split(", ")
    assert all(re.fullmatch(r"define\.xml(:\d+)?", f.source) for f in found)


def test_every_check_has_a_planted_fault() -> None:
    """Those of define.xml in itself are planted in test_define_rules.py."""
    rules = set(re.findall(r'"(DEF-[A-Z]+)"', inspect.getsource(define_truth)))
    assert rules <= {
        r.split(" ")[0] for rows in PLANTED.values() for _, told in rows for r in told.split(", ")
    }


def test_two_datasets_of_one_name_are_found(spoiled: Callable[..., list[Finding]]) -> None:
    assert where(spoiled(('Name="SUPPAE" Domain="AE"', 'Name="AE" Domain="AE"')), "DEF-NAME") == ["AE", "AE"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ('ParameterOID="IT.ADTTE.PARAMCD"', 'ParameterOID="IT.ADTTE.AVAL"'),
            "ParameterOID is to be the parameter of its dataset, IT.ADTTE.PARAMCD, and is IT.ADTTE.AVAL",
        ),
        (
            (' ParameterOID="IT.ADTTE.PARAMCD"', ""),
            "ParameterOID is to be the parameter of its dataset, IT.ADTTE.PARAMCD, and is missing",
        ),
        (
            ('AnalysisVariable ItemOID="IT.ADTTE.AVALM"', 'AnalysisVariable ItemOID="IT.ADSL.AGE"'),
            "IT.ADSL.AGE is no variable of IG.ADTTE",
        ),
        (
            ('WC.ADTTE.PARAMCD.PFS.ITTFL.Y"/>', 'WC.ADRS.PARAMCD.RSPW12.ITTFL.Y"/>'),
            "IT.ADRS.ITTFL is no variable of IG.ADTTE",
        ),
    ],
)
def test_an_analysis_of_another_dataset_than_its_own_is_found(
    study: Study, few_built: Path, tmp_path: Path, change: Change, message: str
) -> None:
    content = (datasets.folder(study, few_built / "latest", "adam") / "define.xml").read_text(
        encoding="utf-8"
    )
    assert change[0] in content
    (tmp_path / "define.xml").write_text(content.replace(*change, 1), encoding="utf-8")
    found = [f.message for f in analyses.results(read(tmp_path / "define.xml"))]
    assert any(message in m for m in found), found


def test_a_predecessor_without_its_variable_is_found(spoiled: Callable[..., list[Finding]]) -> None:
    described = (
        '<Description><TranslatedText xml:lang="en">DM.SEX</TranslatedText></Description></def:Origin>'
    )
    assert where(spoiled((described, "</def:Origin>"), layer="adam"), "DEF-ORIGIN") == ["ADSL.SEX"]


def test_a_dataset_without_a_key_is_found(spoiled: Callable[..., list[Finding]]) -> None:
    assert where(spoiled((' KeySequence="1"', ""), (' KeySequence="2"', ""), layer="adam"), "DEF-CLASS") == [
        "ADSL"
    ]


def test_a_value_without_an_origin_is_found_only_where_its_variable_has_none(
    tmp_path: Path, spoiled: Callable[..., list[Finding]]
) -> None:
    page = (
        '<def:DocumentRef leafID="LF.acrf"><def:PDFPageRef PageRefs="1"'
        ' Type="PhysicalRef"/></def:DocumentRef>'
    )
    told = f'<def:Origin Type="Collected" Source="Subject">{page}</def:Origin>'
    assert where(spoiled((told, "")), "DEF-ORIGIN") == ["AE.AETERM.A/B SYMPTOM"]
    by = (
        AE,
        "type: float, core: Perm, role: Record Qualifier}",
        "type: float, core: Perm, role: Record Qualifier, by: [AECAT]}",
    )
    package = small.package(small.study(tmp_path, by))
    define.write(package, "sdtm", tmp_path)
    content = (tmp_path / "define.xml").read_text(encoding="utf-8")
    start = content.index('ItemDef OID="IT.AE.AESIZE.EVENT"')
    first, last = (
        content.index("<def:Origin", start),
        content.index("</def:Origin>", start) + len("</def:Origin>"),
    )
    (tmp_path / "define.xml").write_text(content[:first] + content[last:], encoding="utf-8")
    assert define_check.check(tmp_path, package, "sdtm") == []


# --- beside what was built
def test_a_dataset_on_one_side_only_is_found(package: Package, clean: dict[str, str], tmp_path: Path) -> None:
    fewer = {n: s for n, s in package.specs.items() if n != "SUPPAE"}
    assert where(beside(replace(package, specs=fewer), clean, tmp_path), "DEF-DATASET") == ["SUPPAE"]
    more = {**package.specs, "SUPPDM": package.specs["SUPPAE"]}
    assert where(beside(replace(package, specs=more), clean, tmp_path), "DEF-DATASET") == ["SUPPDM"]


def test_a_variable_on_one_side_only_or_out_of_order_is_found(
    package: Package, clean: dict[str, str], tmp_path: Path
) -> None:
    dm = package.specs["DM"]
    fewer = {n: v for n, v in dm.variables.items() if n != "SEX"}
    turned = dict(reversed(dm.variables.items()))
    for variables, place in ((fewer, "DM.SEX"), (turned, "DM")):
        other = replace(
            package, specs={**package.specs, "DM": dm.model_copy(update={"variables": variables})}
        )
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
    package: Package,
    clean: dict[str, str],
    tmp_path: Path,
    dataset: str,
    variable: str,
    column: Column,
    rule: str,
    place: str,
) -> None:  # one more than five: the table above is the test
    profile = replace(package.profile, columns={**package.profile.columns, (dataset, variable): column})
    assert where(beside(replace(package, profile=profile), clean, tmp_path), rule) == [place]


def test_a_value_that_occurs_and_has_no_row_is_found(
    package: Package, clean: dict[str, str], tmp_path: Path
) -> None:
    groups = {**package.profile.groups, ("AE", "AETERM", ("NEW",)): Column(1, 4)}
    found = beside(replace(package, profile=replace(package.profile, groups=groups)), clean, tmp_path)
    assert "NEW occurs and has no row in the value list" in [
        f.message for f in found if f.rule == "DEF-VALUES"
    ]


def test_records_of_a_dataset_that_says_it_has_none_are_found(
    package: Package, clean: dict[str, str], tmp_path: Path
) -> None:
    profile: Profile = replace(package.profile, records={**package.profile.records, "DM": 0})
    assert "DM" in where(beside(replace(package, profile=profile), clean, tmp_path), "DEF-NODATA")
