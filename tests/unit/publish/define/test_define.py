"""define.xml says what the specs, the executed mapping and the data say, in the words of Define-XML 2.1, and
the same each time.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from lxml import etree
from odmlib.arm_loader import XMLArmLoader
from odmlib.loader import ODMLoader

from pipeline.checks.define import written as define_check
from pipeline.errors import PipelineError, SpecError
from pipeline.formats.define.read import HREF, Document, attribute, children, read, text
from pipeline.profile import Column, Profile
from pipeline.publish import datasets
from pipeline.publish.define import write as define
from pipeline.publish.define.model import Layer, Package
from pipeline.publish.define.types import Shape, shape
from pipeline.publish.package import results
from pipeline.study import Study
from pipeline.study.displays import Displays
from pipeline.study.models import Dataset, Variable
from tests.support import define_study as small
from tests.support import small_builds

AE, DM, CODELISTS, STUDY = (
    "specs/sdtm/ae.yaml",
    "specs/sdtm/dm.yaml",
    "specs/codelists.yaml",
    "specs/study.yaml",
)


def written(package: Package, folder: Path, layer: Layer = "sdtm") -> Document:
    define.write(package, layer, folder)
    return read(folder / "define.xml")


@pytest.fixture
def sdtm(tmp_path: Path) -> Document:
    return written(small.package(small.study(tmp_path)), tmp_path)


@pytest.fixture
def adam(tmp_path: Path) -> Document:
    return written(small.package(small.study(tmp_path)), tmp_path, "adam")


def origin(item: etree._Element) -> list[tuple[str, str, str]]:
    """Type, source, and what the origin names: pages or a variable."""
    origins = []
    for o in children(item, "Origin"):
        pages = "".join(
            p.get("PageRefs") or "" for d in children(o, "DocumentRef") for p in children(d, "PDFPageRef")
        )
        origins.append((attribute(o, "Type"), attribute(o, "Source"), pages or text(o, "Description")))
    return origins


# --- the file
@pytest.mark.parametrize("layer", ["sdtm", "adam"])
def test_the_same_package_gives_the_same_bytes(tmp_path: Path, layer: Layer) -> None:
    package = small.package(small.study(tmp_path))
    files = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        folder.mkdir()
        define.write(package, layer, folder)
        define.pages([folder])
        files.append({p.name: p.read_bytes() for p in folder.iterdir()})
    assert files[0] == files[1]
    assert sorted(files[0]) == ["define.html", "define.xml", "define2-1.xsl"]


def test_the_stamps_are_the_declared_build_time_and_the_texts_are_escaped(sdtm: Document) -> None:
    assert sdtm.root.get("CreationDateTime") == sdtm.root.get("AsOfDateTime") == "2020-02-03T04:05:06Z"
    assert sdtm.root.get("Originator") == "Sponsor & Sons"
    assert attribute(sdtm.root, "Context") == "Submission"
    names = [e.text for e in sdtm.all("GlobalVariables")[0]]
    assert names == ["S1", "A study of <one> page & more. All data are synthetic.", "P1"]


def test_the_page_shows_every_dataset_and_loads_nothing(tmp_path: Path) -> None:
    define.write(small.package(small.study(tmp_path)), "sdtm", tmp_path)
    define.pages([tmp_path])
    page = (tmp_path / "define.html").read_text(encoding="utf-8")
    assert all(f"{name} (" in page or f">{name}<" in page for name in ("DM", "AE", "SUPPAE"))
    assert "Adverse Events" in page
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)


def test_the_page_is_the_one_that_the_official_stylesheet_makes(built: Path) -> None:
    parser = etree.XMLParser(no_network=True)
    files = sorted(built.glob("m5/datasets/*/*/**/define.xml"))
    assert [f.parent.name for f in files] == ["datasets", "sdtm"]
    for file in files:
        page = etree.XSLT(etree.parse(file.parent / "define2-1.xsl", parser))(etree.parse(file, parser))
        assert file.with_suffix(".html").read_bytes() == bytes(page)


def test_a_fault_in_the_pages_stops_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(folders: Iterable[Path]) -> None:
        raise PipelineError(f"no page of {len(list(folders))}")

    monkeypatch.setattr(define, "pages", fault)
    with pytest.raises(PipelineError, match="no page of 2"):
        small_builds.built(tmp_path, "small")
    assert not (tmp_path / "small" / "out").exists()


def test_the_pages_have_ended_before_a_build_that_fails_is_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []

    def slow(folders: Iterable[Path]) -> None:
        time.sleep(0.2)
        for folder in folders:
            (folder / "define.html").write_text("", encoding="utf-8")
            written.append(folder)

    def full(*_: object) -> None:
        raise PipelineError("no room")

    monkeypatch.setattr(define, "pages", slow)
    monkeypatch.setattr(datasets, "write", full)
    with pytest.raises(PipelineError, match="no room"):
        small_builds.built(tmp_path, "small")
    assert len(written) == 2
    assert not (tmp_path / "small" / "out").exists()


def test_documents_are_told_in_the_define_of_their_layer_alone(tmp_path: Path) -> None:
    guide = define.SupportingDocument("adam", "LF.adrg", "Analysis Data Reviewer's Guide", "adrg.pdf")
    package = replace(small.package(small.study(tmp_path)), documents=(guide,))
    document = written(package, tmp_path, "adam")
    assert [r.get("leafID") for d in document.all("SupplementalDoc") for r in children(d, "DocumentRef")] == [
        "LF.adrg"
    ]
    assert [(e.get("ID"), e.get(HREF), text(e, "title")) for e in document.all("leaf")][-1] == (
        "LF.adrg",
        "adrg.pdf",
        "Analysis Data Reviewer's Guide",
    )
    assert define_check.check(tmp_path, package, "adam") == []
    assert written(package, tmp_path).all("SupplementalDoc") == []


# --- standards and datasets
def test_each_layer_names_its_guide_and_its_terminology(sdtm: Document, adam: Document) -> None:
    names = ("OID", "Name", "Type", "PublishingSet", "Version", "Status")
    assert [tuple(s.get(n) for n in names) for s in sdtm.all("Standard")] == [
        ("STD.IG.SDTMIG", "SDTMIG", "IG", None, "3.3", "Final"),
        ("STD.CT.SDTM", "CDISC/NCI", "CT", "SDTM", "2022-09-30", "Final"),
    ]
    assert [s.get("OID") for s in adam.all("Standard")] == ["STD.IG.ADaMIG", "STD.CT.SDTM"]


def test_a_terminology_that_no_list_of_the_layer_is_from_is_not_named(tmp_path: Path) -> None:
    declared = "{name: CDISC/NCI, type: CT, publishing_set: SDTM"
    more = '{name: CDISC/NCI, type: CT, publishing_set: ADaM, version: "2022-06-24", layers: [adam]}'
    package = small.package(small.study(tmp_path, ("specs/study.yaml", declared, f"{more}\n  - {declared}")))
    document = written(package, tmp_path, "adam")
    assert [s.get("OID") for s in document.all("Standard")] == ["STD.IG.ADaMIG", "STD.CT.SDTM"]
    assert define_check.check(tmp_path, package, "adam") == []


def test_datasets_stand_in_the_order_of_their_classes_with_what_each_is(
    sdtm: Document, adam: Document
) -> None:
    names = (
        "Domain",
        "SASDatasetName",
        "Repeating",
        "IsReferenceData",
        "Purpose",
        "StandardOID",
        "ArchiveLocationID",
        "CommentOID",
    )
    groups = {n: tuple(attribute(g, a) for a in names) for n, g in {**sdtm.datasets, **adam.datasets}.items()}
    assert list(groups.items()) == [
        ("DM", ("DM", "DM", "No", "No", "Tabulation", "STD.IG.SDTMIG", "LF.DM", "")),
        ("AE", ("AE", "AE", "Yes", "No", "Tabulation", "STD.IG.SDTMIG", "LF.AE", "COM.AE")),
        ("SUPPAE", ("AE", "SUPPAE", "Yes", "No", "Tabulation", "STD.IG.SDTMIG", "LF.SUPPAE", "")),
        ("ADSL", ("", "ADSL", "No", "No", "Analysis", "STD.IG.ADaMIG", "LF.ADSL", "")),
    ]
    assert [children(g, "Class")[0].get("Name") for g in sdtm.datasets.values()] == [
        "SPECIAL PURPOSE",
        "EVENTS",
        "RELATIONSHIP",
    ]
    assert [leaf.get(HREF) for leaf in sdtm.all("leaf")] == ["dm.xpt", "ae.xpt", "suppae.xpt", "acrf.pdf"]
    assert [leaf.get(HREF) for leaf in adam.all("leaf")] == ["adsl.xpt"]


def test_a_dataset_of_supplemental_qualifiers_names_the_domain_that_it_is_of(sdtm: Document) -> None:
    aliases = [(a.get("Context"), a.get("Name")) for a in children(sdtm.datasets["SUPPAE"], "Alias")]
    assert aliases == [("DomainDescription", "Adverse Events")]


def test_a_dataset_without_persons_is_reference_data_and_does_not_repeat(tmp_path: Path) -> None:
    trial = {
        "label": "Trial Summary",
        "class": "TRIAL DESIGN",
        "structure": "One record per parameter",
        "keys": ("STUDYID",),
    }
    spec = Dataset.model_validate(
        {"dataset": "TS", **trial, "variables": {"STUDYID": {"label": "Study Identifier", "type": "text"}}}
    )
    package = small.package(small.study(tmp_path))
    study = replace(package.study, datasets={**package.study.datasets, "TS": spec})
    with_summary = replace(package, study=study, specs={**package.specs, "TS": spec})
    document = written(with_summary, tmp_path)
    assert list(document.datasets) == ["TS", "DM", "AE", "SUPPAE"]
    assert [document.datasets["TS"].get(n) for n in ("IsReferenceData", "Repeating")] == ["Yes", "No"]


def test_variables_stand_in_order_with_their_keys_and_roles(sdtm: Document, adam: Document) -> None:
    names = ("OrderNumber", "KeySequence", "Mandatory", "Role", "MethodOID")
    refs = {v: tuple(attribute(ref, n) for n in names) for v, (ref, _) in sdtm.variables("AE").items()}
    assert list(refs) == [
        "STUDYID",
        "USUBJID",
        "AESEQ",
        "AETERM",
        "AEDECOD",
        "AECAT",
        "AELOC",
        "AETOXGR",
        "AESIZE",
        "AESTDTC",
        "AESTDY",
    ]
    assert refs["USUBJID"] == ("2", "2", "Yes", "Identifier", "MT.DM.USUBJID")
    assert refs["AETERM"] == ("4", "4", "Yes", "Topic", "")
    assert refs["AESTDY"] == ("11", "", "No", "Timing", "MT.AE.AESTDY")
    assert {attribute(ref, "Role") for ref, _ in adam.variables("ADSL").values()} == {""}
    mandatory = {v: attribute(ref, "Mandatory") for v, (ref, _) in adam.variables("ADSL").items()}
    assert mandatory == {
        "STUDYID": "Yes",
        "USUBJID": "Yes",
        "SEX": "No",
        "CONSDT": "No",
    }  # ADaM requires SEX, and no value of it


# --- types and sizes
def test_types_and_sizes_are_those_of_the_data(sdtm: Document, adam: Document) -> None:
    items = {**sdtm.items, **adam.items}
    names = ("DataType", "Length", "SignificantDigits", "DisplayFormat")
    shapes = {oid: tuple(attribute(items[oid], n) for n in names) for oid in items}
    assert shapes["IT.AE.AETERM"] == ("text", "17", "", "")
    assert shapes["IT.AE.AESEQ"] == ("integer", "2", "", "")
    assert shapes["IT.AE.AESIZE"] == ("float", "4", "2", "")  # 1.25 and 10
    assert shapes["IT.AE.AESTDTC"] == ("partialDate", "", "", "")
    assert shapes["IT.DM.RFICDTC"] == ("date", "", "", "")
    assert shapes["IT.ADSL.CONSDT"] == ("integer", "8", "", "DATE9.")
    assert shapes["IT.ADSL.USUBJID"] == shapes["IT.SUPPAE.USUBJID"] == ("text", "6", "", "")


@pytest.mark.parametrize(
    ("type_", "column", "expected"),
    [
        ("text", Column(1, 5), Shape("text", 7)),
        ("text", Column(1, 5, kinds=frozenset({"text"})), Shape("text", 7)),
        ("text", Column(1, 5, 4, 2, kinds=frozenset({"number"})), Shape("float", 4, 2)),
        ("text", Column(1, 3, 3, kinds=frozenset({"number"})), Shape("integer", 3)),
        ("text", Column(1, 10, kinds=frozenset({"date"})), Shape("date")),
        ("text", Column(1, 10, kinds=frozenset({"date", "number"})), Shape("text", 7)),
        ("integer", Column(1, 3, 2), Shape("integer", 2)),
        ("integer", Column(), Shape("integer", 8)),
        ("float", Column(1, 2, 2), Shape("integer", 2)),
        ("float", Column(1, 5, 4, 2), Shape("float", 4, 2)),
        ("date", Column(1, 8), Shape("integer", 8)),
        ("iso", Column(), Shape("date")),
        ("iso", Column(1, 10, kinds=frozenset({"date"})), Shape("date")),
        ("iso", Column(1, 10, kinds=frozenset({"date", "partial"})), Shape("partialDate")),
        ("iso", Column(1, 7, kinds=frozenset({"partial"})), Shape("partialDate")),
        ("iso", Column(1, 19, kinds=frozenset({"datetime"})), Shape("datetime")),
        ("iso", Column(1, 16, kinds=frozenset({"datetime"})), Shape("partialDatetime")),
        ("iso", Column(1, 19, kinds=frozenset({"date", "datetime"})), Shape("partialDatetime")),
        ("iso", Column(1, 16, kinds=frozenset({"partial", "datetime"})), Shape("partialDatetime")),
    ],
)
def test_the_narrowest_type_that_admits_every_value_is_chosen(
    type_: str, column: Column, expected: Shape
) -> None:
    assert shape(Variable.model_validate({"label": "A", "type": type_}), column, 7) == expected


# --- origins
@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("IT.DM.STUDYID", ("Protocol", "Sponsor", "")),
        ("IT.DM.SEX", ("Collected", "Investigator", "3")),
        ("IT.DM.USUBJID", ("Derived", "Sponsor", "")),
        ("IT.DM.DTHFL", ("Not Available", "Sponsor", "")),
        ("IT.AE.AEDECOD", ("Assigned", "Sponsor", "")),
        ("IT.AE.AESTDY", ("Derived", "Sponsor", "")),
        ("IT.AE.AETERM.EVENT", ("Collected", "Investigator", "2")),
        ("IT.AE.AETERM.A_2FB_20SYMPTOM", ("Collected", "Subject", "1")),
        ("IT.SUPPAE.STUDYID", ("Protocol", "Sponsor", "")),
        ("IT.SUPPAE.QNAM", ("Assigned", "Sponsor", "")),
        ("IT.SUPPAE.USUBJID", ("Derived", "Sponsor", "")),
        ("IT.SUPPAE.QVAL.AETERM1", ("Collected", "Investigator", "2")),
        ("IT.ADSL.SEX", ("Predecessor", "", "DM.SEX")),
        ("IT.ADSL.USUBJID", ("Predecessor", "", "DM.USUBJID")),
        ("IT.ADSL.CONSDT", ("Derived", "Sponsor", "")),
    ],
)
def test_the_origin_follows_from_the_mapping_and_the_contract(
    sdtm: Document, adam: Document, item: str, expected: tuple[str, str, str]
) -> None:
    assert origin({**sdtm.items, **adam.items}[item]) == [expected]


def test_a_variable_whose_origins_differ_tells_them_value_by_value(sdtm: Document) -> None:
    item = sdtm.items["IT.AE.AETERM"]
    assert origin(item) == []
    assert [sdtm.condition(ref) for ref, _ in sdtm.values(item)] == [
        (("IT.AE.AECAT", "A/B SYMPTOM"),),
        (("IT.AE.AECAT", "EVENT"),),
    ]
    checks = [(c.get("Comparator"), c.get("SoftHard")) for c in sdtm.all("RangeCheck")]
    assert set(checks) == {("EQ", "Soft")}
    assert [w.get("OID") for w in sdtm.all("WhereClauseDef")].count(
        "WC.AE.AECAT.EVENT"
    ) == 1  # AETERM and AESTDTC share it


def test_a_variable_described_by_value_keeps_its_one_origin(tmp_path: Path) -> None:
    by = (
        AE,
        "type: float, core: Perm, role: Record Qualifier}",
        "type: float, core: Perm, role: Record Qualifier, by: [AECAT]}",
    )
    document = written(small.package(small.study(tmp_path, by)), tmp_path)
    assert origin(document.items["IT.AE.AESIZE"]) == [("Collected", "Investigator", "2")]
    assert [i.get("OID") for _, i in document.values(document.items["IT.AE.AESIZE"])] == [
        "IT.AE.AESIZE.EVENT"
    ]  # no other value occurs


def test_origins_that_differ_without_a_value_to_tell_them_apart_are_refused_with_the_line(
    tmp_path: Path,
) -> None:
    package = small.package(small.study(tmp_path, (AE, "long: true, by: [AECAT]}", "long: true}")))
    with pytest.raises(
        SpecError,
        match=r"specs/sdtm/ae\.yaml:12:\d+: AE\.AETERM has origins that differ .* `variables: \{AETERM",
    ):
        define.write(package, "sdtm", tmp_path)


def test_origins_that_differ_within_a_value_are_refused(tmp_path: Path) -> None:
    package = small.package(
        small.study(tmp_path, (AE, "long: true, by: [AECAT]}", "long: true, by: [STUDYID]}"))
    )
    with pytest.raises(
        SpecError, match=r"AE\.AETERM has origins that differ where STUDYID is the same.*AEGRPID"
    ):
        define.write(package, "sdtm", tmp_path)


def test_supplemental_text_of_two_origins_names_both(tmp_path: Path) -> None:
    frames = small.frames()
    more = (
        frames["SUPPAE"]
        .iloc[[0]]
        .assign(USUBJID="S1-002", IDVARVAL="1", block=1)
        .astype(frames["SUPPAE"].dtypes)
    )
    frames["SUPPAE"] = pd.concat([frames["SUPPAE"], more], ignore_index=True)
    document = written(small.package(small.study(tmp_path), frames), tmp_path)
    assert origin(document.items["IT.SUPPAE.QVAL.AETERM1"]) == [
        ("Collected", "Investigator", "2"),
        ("Collected", "Subject", "1"),
    ]


def test_the_trial_summary_is_told_by_parameter_with_the_list_and_the_origin_of_each(
    study: Study, few_built: Path
) -> None:
    document = read(datasets.folder(study, few_built / "latest", "sdtm") / "define.xml")
    item = document.items["IT.TS.TSVAL"]
    assert origin(item) == []
    rows = {i.get("Name"): i for _, i in document.values(item)}
    assert next(document.condition(r) for r, _ in document.values(item)) == (("IT.TS.TSPARMCD", "ACTSUB"),)
    assert "PLANSUB" not in rows  # it has a null flavour and no value
    parameters = {
        n: (
            rows[n].get("DataType"),
            [c.get("CodeListOID") for c in children(rows[n], "CodeListRef")],
            origin(rows[n])[0][:2],
        )
        for n in rows
    }
    assert parameters["ACTSUB"] == ("integer", [], ("Derived", "Sponsor"))  # counted in the data
    assert parameters["SSTDTC"] == ("date", [], ("Derived", "Sponsor"))
    assert parameters["SEXPOP"] == ("text", ["CL.SEXPOP"], ("Protocol", "Sponsor"))
    assert parameters["PCLAS"] == (
        "text",
        [],
        ("Assigned", "Sponsor"),
    )  # an assumption: the protocol does not say it
    assert document.terms["CL.TPHASE"] == ("PHASE I/II TRIAL",)


def test_each_dataset_that_needs_it_is_described_by_value(study: Study, few_built: Path) -> None:
    folders = {layer: datasets.folder(study, few_built / "latest", layer) for layer in ("sdtm", "adam")}
    documents = {layer: read(folder / "define.xml") for layer, folder in folders.items()}
    by: dict[str, set[tuple[str, ...]]] = {}
    for document in documents.values():
        for dataset in document.datasets:
            for name, (_, item) in document.variables(dataset).items():
                for ref, _ in document.values(item):
                    by.setdefault(f"{dataset}.{name}", set()).add(
                        tuple(i.split(".")[-1] for i, _ in document.condition(ref))
                    )
    for test in ("LB", "VS", "CP", "RS", "TU"):
        assert by[f"{test}.{test}ORRES"] == {(f"{test}TESTCD",)}, test
    for test in ("LB", "VS", "CP"):
        assert by[f"{test}.{test}STRESN"] == by[f"{test}.{test}STRESU"] == {(f"{test}TESTCD",)}, test
    assert by["TR.TRORRES"] == by["TR.TRSTRESN"] == {("TRGRPID", "TRTESTCD")}
    assert {by[f"{n}.QVAL"] == {("QNAM",)} for n in documents["sdtm"].datasets if n.startswith("SUPP")} == {
        True
    }
    assert by["ADRS.AVAL"] == by["ADRS.AVALC"] == by["ADTR.AVAL"] == by["ADTTE.AVAL"] == {("PARAMCD",)}


def test_values_that_no_mapping_makes_are_refused(tmp_path: Path) -> None:
    frames = small.frames()
    frames["DM"]["DTHFL"] = frames["DM"]["DTHFL"].mask(frames["DM"]["USUBJID"].eq("S1-001"), "Y")
    with pytest.raises(
        SpecError, match=r"specs/sdtm/dm\.yaml:\d+:\d+: DM\.DTHFL has values and no mapping makes them"
    ):
        define.write(small.package(small.study(tmp_path), frames), "sdtm", tmp_path)


def test_a_method_is_the_docstring_and_is_defined_once(sdtm: Document, adam: Document) -> None:
    methods = {m.get("OID"): text(m, "Description") for m in (*sdtm.all("MethodDef"), *adam.all("MethodDef"))}
    assert list(methods) == ["MT.AE.AESEQ", "MT.AE.AESTDY", "MT.DM.USUBJID", "MT.ADSL.CONSDT"]
    assert methods["MT.ADSL.CONSDT"] == "Day of consent. Inputs: date = DM.RFICDTC."


# --- no data
def test_a_variable_without_any_value_says_so_and_why(sdtm: Document) -> None:
    comments = {
        i.get("OID"): attribute(i, "CommentOID")
        for r, i in sdtm.variables("DM").values()
        if attribute(r, "HasNoData") == "Yes"
    }
    assert comments == {"IT.DM.DTHFL": "COM.DM.DTHFL"}
    comments = {c.get("OID"): text(c, "Description") for c in sdtm.all("CommentDef")}
    assert comments["COM.DM.DTHFL"] == "Nobody died. No record of the study has a value for this variable."


def test_a_study_without_records_says_so_of_every_dataset_and_variable(tmp_path: Path) -> None:
    frames = {n: f.iloc[:0] for n, f in small.frames().items()}
    document = written(small.package(small.study(tmp_path), frames), tmp_path)
    assert {
        (attribute(g, "HasNoData"), attribute(g, "CommentOID"))
        for n, g in document.datasets.items()
        if n != "AE"
    } == {("Yes", "COM.NO_RECORD")}
    assert {
        attribute(r, "HasNoData") for g in document.datasets for r, _ in document.variables(g).values()
    } == {"Yes"}
    # where there is no data there is no file to name
    assert {attribute(g, "ArchiveLocationID") for g in document.datasets.values()} == {""}
    assert [leaf.get("ID") for leaf in document.all("leaf")] == ["LF.acrf"]
    # nothing tells the two origins apart, so both are given
    assert origin(document.items["IT.AE.AETERM"]) == [
        ("Collected", "Investigator", "2"),
        ("Collected", "Subject", "1"),
    ]
    # SUPP-- must describe its values: what it could hold
    assert [i.get("Name") for _, i in document.values(document.items["IT.SUPPAE.QVAL"])] == [
        "AETERM1",
        "AEREL2",
    ]
    # no list may be empty: all that it could hold
    assert document.terms["CL.SEX"] == ("F", "M")


# --- code lists
def test_a_list_holds_the_terms_that_occur_in_the_order_of_the_spec(sdtm: Document) -> None:
    assert sdtm.terms == {
        "CL.DOMAIN": ("AE",),
        "CL.EVAL": ("INVESTIGATOR",),
        "CL.GRADE": ("2", "1"),
        "CL.LOC": ("LUNG", "Left ear"),
        "CL.NY": ("N", "Y"),  # of a variable without any value
        "CL.REL": ("RELATED",),  # of SUPP--
        "CL.SEX": ("F",),
    }
    assert [
        t.get("Rank") for lists in sdtm.all("CodeList") if lists.get("OID") == "CL.GRADE" for t in lists
    ] == ["2", "1"]


def test_a_list_of_the_terminology_has_codes_and_marks_what_extends_it(sdtm: Document) -> None:
    lists = {c.get("OID"): c for c in sdtm.all("CodeList")}
    assert [attribute(lists["CL.LOC"], n) for n in ("StandardOID", "IsNonStandard")] == ["STD.CT.SDTM", ""]
    assert [a.get("Name") for a in children(lists["CL.LOC"], "Alias")] == ["C74456"]
    terms = children(lists["CL.LOC"], "EnumeratedItem")
    assert [
        (attribute(t, "ExtendedValue"), [a.get("Name") for a in children(t, "Alias")]) for t in terms
    ] == [
        ("", ["C12468"]),
        ("Yes", []),
    ]
    assert [attribute(lists["CL.REL"], n) for n in ("StandardOID", "IsNonStandard")] == ["", "Yes"]
    assert {attribute(t, "ExtendedValue") for t in lists["CL.REL"]} == {""}


def test_what_the_standard_wants_beside_a_closed_list_is_marked_as_extended(tmp_path: Path) -> None:
    closed = (
        CODELISTS,
        "standard: SDTM, extensible: true,\n   terms: {LUNG",
        'standard: SDTM, beside: {Left ear: "SDTMIG says so"},\n   terms: {LUNG',
    )
    document = written(small.package(small.study(tmp_path, closed)), tmp_path)
    lists = {c.get("OID"): c for c in document.all("CodeList")}
    terms = children(lists["CL.LOC"], "EnumeratedItem")
    assert [(t.get("CodedValue"), attribute(t, "ExtendedValue")) for t in terms] == [
        ("LUNG", ""),
        ("Left ear", "Yes"),
    ]


def test_a_list_decodes_all_of_its_terms_or_none(tmp_path: Path) -> None:
    decoded = (CODELISTS, "LUNG: {code: C12468}", "LUNG: {code: C12468, decode: Lung}")
    document = written(small.package(small.study(tmp_path, decoded)), tmp_path)
    lists = {c.get("OID"): c for c in document.all("CodeList")}
    assert [text(t, "Decode") for t in children(lists["CL.LOC"], "CodeListItem")] == ["Lung", "Left ear"]
    assert [text(t, "Decode") for t in children(lists["CL.SEX"], "CodeListItem")] == ["Female"]


def test_numbers_have_a_list_of_their_own_type(tmp_path: Path) -> None:
    number = (
        AE,
        "type: integer, core: Perm, role: Timing}",
        "type: integer, core: Perm, role: Timing, codelist: GRADE}",
    )
    document = written(small.package(small.study(tmp_path, number)), tmp_path)
    types = {c.get("OID"): (c.get("Name"), c.get("DataType")) for c in document.all("CodeList")}
    assert types["CL.GRADE"] == ("Grade", "text")
    assert types["CL.GRADE.integer"] == ("Grade (integer)", "integer")
    assert document.terms["CL.GRADE.integer"] == ("2", "1")


def test_a_dictionary_is_named_with_its_version(sdtm: Document) -> None:
    assert [(e.get("Dictionary"), e.get("Version")) for e in sdtm.all("ExternalCodeList")] == [
        ("MedDRA", "22.0")
    ]


def test_a_dictionary_has_the_name_that_the_terminology_gives_it(tmp_path: Path) -> None:
    listed = (STUDY, "{name: MedDRA,", "{name: MedDRA, listed: MEDDRA CHINESE,")
    document = written(small.package(small.study(tmp_path, listed)), tmp_path)
    [external] = document.all("ExternalCodeList")
    codelist = external.getparent()
    assert codelist is not None
    assert (codelist.get("Name"), external.get("Dictionary")) == ("MedDRA", "MEDDRA CHINESE")


def test_a_list_of_a_terminology_that_the_study_does_not_declare_is_refused(tmp_path: Path) -> None:
    package = small.package(small.study(tmp_path, (STUDY, "publishing_set: SDTM", "publishing_set: ADaM")))
    with pytest.raises(SpecError, match=r"specs/codelists\.yaml: .* list of SDTM terminology"):
        define.write(package, "sdtm", tmp_path)


def test_an_empty_package_of_facts_is_no_reason_to_fail(tmp_path: Path) -> None:
    package = replace(small.package(small.study(tmp_path)), profile=Profile())
    assert list(written(package, tmp_path).datasets) == ["DM", "AE", "SUPPAE"]


# --- analysis results metadata
def test_an_analysis_says_what_it_selects_why_and_with_what_program(adam: Document, sdtm: Document) -> None:
    assert sdtm.all("ResultDisplay") == []
    [display] = adam.all("ResultDisplay")
    assert [display.get("OID"), display.get("Name"), text(display, "Description")] == [
        "RD.1",
        "Table 1",
        "Women & men, All",
    ]
    [result] = children(display, "AnalysisResult")
    assert dict(result.attrib.items()) == {
        "OID": "AR.WOMEN",
        "AnalysisReason": "DATA DRIVEN",
        "AnalysisPurpose": "EXPLORATORY OUTCOME MEASURE",
    }
    assert text(result, "Description") == "Rate of women"
    [dataset] = [d for s in children(result, "AnalysisDatasets") for d in children(s, "AnalysisDataset")]
    assert dataset.get("ItemGroupOID") == "IG.ADSL"
    assert [r.get("WhereClauseOID") for r in children(dataset, "WhereClauseRef")] == ["WC.ADSL.STUDYID.S1"]
    assert adam.condition(dataset) == (("IT.ADSL.STUDYID", "S1"),)
    assert [v.get("ItemOID") for v in children(dataset, "AnalysisVariable")] == ["IT.ADSL.SEX"]
    assert text(children(result, "Documentation")[0], "Description") == "Women of <all>."
    [code] = children(result, "ProgrammingCode")
    assert "statsmodels" in str(code.get("Context"))
    assert "def rate(responded: np.ndarray) -> Rate:" in text(code, "Code")


def test_a_display_names_its_page_only_where_its_document_is_written(adam: Document, tmp_path: Path) -> None:
    assert [children(d, "DocumentRef") for d in adam.all("ResultDisplay")] == [[]]
    package = small.package(small.study(tmp_path))
    document = written(replace(package, documents=results.documents(package.study)), tmp_path, "adam")
    [shown] = [r for d in document.all("ResultDisplay") for r in children(d, "DocumentRef")]
    assert (shown.get("leafID"), [p.get("PageRefs") for p in children(shown, "PDFPageRef")]) == (
        "LF.results",
        ["T1"],
    )
    assert [leaf.get(HREF) for leaf in document.all("leaf")] == ["adsl.xpt", "results.pdf"]


def test_a_study_that_declares_no_analysis_tells_none(tmp_path: Path) -> None:
    study = replace(small.study(tmp_path), displays=Displays())
    assert results.documents(study) == ()
    document = written(replace(small.package(study), study=study), tmp_path, "adam")
    assert document.all("AnalysisResultDisplays") == []
    assert b"/ns/arm/" not in (tmp_path / "define.xml").read_bytes()


def test_an_object_model_of_others_reads_the_analyses(adam: Document, tmp_path: Path) -> None:
    """odmlib: a reader of Define-XML with Analysis Results Metadata that nobody here wrote."""
    loader = ODMLoader(XMLArmLoader())
    loader.open_odm_document(str(tmp_path / "define.xml"))
    read_by_others = loader.MetaDataVersion()
    assert [g.Name for g in read_by_others.ItemGroupDef] == list(adam.datasets)
    [result] = read_by_others.AnalysisResultDisplays.ResultDisplay[0].AnalysisResult
    assert [v.ItemOID for v in result.AnalysisDatasets.AnalysisDataset[0].AnalysisVariable] == ["IT.ADSL.SEX"]
    assert "def difference(" in result.ProgrammingCode.Code._content


# --- dictionaries
def test_a_variable_of_a_dictionary_says_what_the_study_says_of_the_dictionary(tmp_path: Path) -> None:
    note = (STUDY, '{name: MedDRA, version: "22.0"}', '{name: MedDRA, version: "22.0", note: Codes made up.}')
    document = written(small.package(small.study(tmp_path, note)), tmp_path)
    comment = attribute(document.items["IT.AE.AEDECOD"], "CommentOID")
    texts = {str(c.get("OID")): text(c, "Description") for c in document.all("CommentDef")}
    assert texts[comment] == "Codes made up."


def test_a_variable_with_a_dictionary_and_a_list_refers_to_the_dictionary(tmp_path: Path) -> None:
    both = (AE, "codelist: GRADE}", "codelist: GRADE, dictionary: MedDRA}")
    document = written(small.package(small.study(tmp_path, both)), tmp_path)
    (ref,) = children(document.items["IT.AE.AETOXGR"], "CodeListRef")
    assert ref.get("CodeListOID") == "CL.MedDRA"


def test_a_variable_of_an_analysis_dataset_described_by_value_can_be_traced(
    study: Study, few_built: Path
) -> None:
    document = read(datasets.folder(study, few_built / "latest", "adam") / "define.xml")
    assert origin(document.items["IT.ADTR.ADT"]) == [
        ("Derived", "Sponsor", ""),
        ("Predecessor", "", "ADTA.AENDT"),
    ]
    methods = {str(m.get("OID")): text(m, "Description") for m in document.all("MethodDef")}
    (ref, _) = document.variables("ADTR")["ADT"]
    assert methods[str(ref.get("MethodOID"))] == (
        "Differs by PARAMCD; the value list has the algorithm of each. Inputs: TR.TRDTC, ADTA.AENDT."
    )
