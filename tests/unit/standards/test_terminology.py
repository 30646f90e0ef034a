"""Terms of the shipped packages, typed by hand, and packages as NCI EVS publishes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.standards import package, shipped, terminology
from pipeline.standards.tables import SHIPPED
from pipeline.standards.terminology import Terminology, in_folder

COLUMNS = (
    "Code\tCodelist Code\tCodelist Extensible (Yes/No)\tCodelist Name\tCDISC Submission Value\t"
    "CDISC Synonym(s)\tCDISC Definition\tNCI Preferred Term"
)
TEXT = f"""{COLUMNS}
C66742\t\tNo\tNo Yes Response\tNY\tNo Yes Response\tA list.\tCDISC No Yes Response Terminology
C49488\tC66742\t\tNo Yes Response\tY\tYes; Affirmative\tAn answer.\tYes
C49487\tC66742\t\tNo Yes Response\tN\tNo\tAn answer.\tNo
C66789\t\tYes\tNot Done\tND\tNot Done\tA list.\tCDISC Not Done Terminology
C49484\tC66789\t\tNot Done\tNOT DONE\t\tA state.\tNot Done
"""
XML = """<?xml version="1.0" encoding="UTF-8"?>
<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" xmlns:nciodm="http://ncicb.nci.nih.gov/xml/odm/EVS/CDISC"
     FileOID="CDISC_CT.SDTM.2024-03-29" ODMVersion="1.3.2">
 <Study OID="CDISC_CT.SDTM.2024-03-29"><MetaDataVersion OID="M" Name="CDISC SDTM Controlled Terminology">
  <CodeList OID="CL.C66742.NY" Name="No Yes Response" DataType="text" nciodm:ExtCodeID="C66742"
            nciodm:CodeListExtensible="No">
   <Description><TranslatedText xml:lang="en">A list.</TranslatedText></Description>
   <EnumeratedItem CodedValue="Y" nciodm:ExtCodeID="C49488">
    <nciodm:CDISCSynonym>Yes</nciodm:CDISCSynonym><nciodm:CDISCSynonym>Affirmative</nciodm:CDISCSynonym>
    <nciodm:CDISCDefinition>An answer.</nciodm:CDISCDefinition>
    <nciodm:PreferredTerm>Yes</nciodm:PreferredTerm>
   </EnumeratedItem>
   <EnumeratedItem CodedValue="N" nciodm:ExtCodeID="C49487">
    <nciodm:CDISCSynonym>No</nciodm:CDISCSynonym><nciodm:PreferredTerm>No</nciodm:PreferredTerm>
   </EnumeratedItem>
   <nciodm:CDISCSubmissionValue>NY</nciodm:CDISCSubmissionValue>
  </CodeList>
  <CodeList OID="CL.C66789.ND" Name="Not Done" DataType="text" nciodm:ExtCodeID="C66789"
            nciodm:CodeListExtensible="Yes">
   <EnumeratedItem CodedValue="NOT DONE" nciodm:ExtCodeID="C49484">
    <nciodm:PreferredTerm>Not Done</nciodm:PreferredTerm>
   </EnumeratedItem>
   <nciodm:CDISCSubmissionValue>ND</nciodm:CDISCSubmissionValue>
  </CodeList>
 </MetaDataVersion></Study>
</ODM>
"""
LISTS = """code\tlist\tname\textensible
C66742\tNY\tNo Yes Response\tno
C66789\tND\tNot Done\tyes
"""
TERMS = """list\tcode\tterm\tpreferred\tsynonyms
C66742\tC49487\tN\tNo\tNo
C66742\tC49488\tY\tYes\tYes; Affirmative
C66789\tC49484\tNOT DONE\tNot Done\t
"""


def sdtm() -> Terminology:
    found = terminology("SDTM", "2022-09-30", None)
    assert found is not None
    return found


def written(tmp_path: Path, name: str, content: str) -> Path:
    (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path / name


# --- what is shipped
def test_the_terms_of_a_list_have_their_codes_and_spellings() -> None:
    terms = sdtm().terms("C66731")
    assert {t.term: t.code for t in terms.values()} == {
        "F": "C16576",
        "M": "C20197",
        "U": "C17998",
        "UNDIFFERENTIATED": "C45908",
    }
    assert "Female" in terms["F"].spellings()


def test_a_list_is_found_by_code_by_submission_value_and_by_name() -> None:
    for name in ("C66742", "NY", "No Yes Response"):
        assert [facts.code for facts in sdtm().named(name)] == ["C66742"]


def test_a_list_without_a_submission_value_is_called_by_its_name_and_code() -> None:
    (facts,) = sdtm().named("C142179")
    assert facts.called == "Arm Null Reason (C142179)"
    assert not [x for p in shipped() for x in p.lists.values() if "UNKNOWN" in x.called]


def test_a_list_that_the_package_does_not_have_has_no_terms() -> None:
    assert sdtm().terms("C1") == {}
    assert sdtm().named("XYZ") == []


def test_the_closest_spelling_is_found_first() -> None:
    found = [facts.term for _, facts in sdtm().search("hilar")]
    assert found[0] == "HILAR"
    assert "HILAR LYMPH NODE" in found
    assert [facts.term for _, facts in sdtm().search("c49487")][:1] == ["N"]


def test_the_tables_are_sorted_and_each_term_stands_once_in_its_list() -> None:
    for packaged in shipped():
        lines = (packaged.folder / "terms.tsv").read_text(encoding="utf-8").split("\n")[1:-1]
        keys = [(line.split("\t")[0], line.split("\t")[2]) for line in lines]
        assert keys == sorted(set(keys))
        assert {code for code, _ in keys} == set(packaged.lists)


def test_a_notice_says_where_each_table_comes_from() -> None:
    notice = (SHIPPED / "NOTICE.md").read_text(encoding="utf-8")
    for path in SHIPPED.iterdir():
        assert path.name == "NOTICE.md" or f"`{path.name}`" in notice


# --- what a study adds
@pytest.mark.parametrize(
    ("name", "content"),
    [("SDTM Terminology 2024-03-29.txt", TEXT), ("terminology.odm.xml", XML)],
)
def test_text_and_odm_xml_of_one_package_give_the_same_tables(
    tmp_path: Path, name: str, content: str
) -> None:
    folder = package.add(written(tmp_path, name, content), tmp_path / "own")
    assert folder == tmp_path / "own" / "sdtm-ct-2024-03-29"
    assert (folder / "lists.tsv").read_text(encoding="utf-8") == LISTS
    assert (folder / "terms.tsv").read_text(encoding="utf-8") == TERMS


def test_the_studys_own_package_is_taken_before_the_one_that_is_shipped(tmp_path: Path) -> None:
    file = written(tmp_path, "SDTM Terminology.txt", TEXT)
    package.add(file, tmp_path / "own", "SDTM", "2022-09-30")
    own = terminology("SDTM", "2022-09-30", tmp_path / "own")
    assert own is not None
    assert list(own.terms("C66742")) == ["N", "Y"]
    assert list(sdtm().terms("C66742")) == ["N", "NA", "U", "Y"]
    assert [p.name for p in in_folder(tmp_path / "own")] == ["SDTM CT 2022-09-30"]
    assert terminology("SDTM", "1999-01-01", tmp_path / "own") is None


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("T.txt", TEXT, "tells the publishing set (--set SDTM)"),
        ("SDTM.txt", TEXT, "tells the date (--date 2022-09-30)"),
        ("SDTM 2024-03-29.txt", TEXT.replace("CDISC Synonym(s)", "Synonyms"), "no column CDISC Synonym(s)"),
        ("SDTM 2024-03-29.txt", COLUMNS + "\n", "no column Code"),
        ("SDTM 2024-03-29.txt", "", "no column Code"),
        ("SDTM 2024-03-29.txt", TEXT.replace("C49484\tC66789", "C49484\tC1"), "C1, which is not in it"),
        ("SDTM 2024-03-29.txt", TEXT.replace("C49484\t", "49484\t"), "49484 is not an NCI code"),
        ("SDTM 2024-03-29.txt", TEXT.replace("C66789\t\t", "C66742\t\t"), "C66742 stands in it twice"),
        ("SDTM 2024-03-29.xml", XML.replace("</ODM>", ""), "not XML"),
        ("SDTM 2024-03-29.xml", "<html/>", "no term of a codelist in it"),
    ],
)
def test_what_is_no_package_is_refused_and_nothing_is_written(
    tmp_path: Path, name: str, content: str, told: str
) -> None:
    with pytest.raises(UsageError, match=r".") as refused:
        package.add(written(tmp_path, name, content), tmp_path / "own")
    assert told in str(refused.value)
    assert name in str(refused.value)
    assert not (tmp_path / "own").exists()


def test_a_file_that_is_not_there_or_not_utf8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        package.add(tmp_path / "SDTM 2024-03-29.txt", tmp_path / "own")
    (tmp_path / "SDTM 2024-03-29.txt").write_bytes(TEXT.encode("utf-16"))
    with pytest.raises(UsageError, match="not UTF-8 at byte 0"):
        package.add(tmp_path / "SDTM 2024-03-29.txt", tmp_path / "own")
