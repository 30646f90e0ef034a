"""A drop in ODM-XML reads exactly as the same drop in CSV, or is refused whole; the hostile files here are
what a site could send.
"""

from __future__ import annotations

import io
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import odmlib
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from pipeline.errors import DropError
from pipeline.sources import odm
from tests.support.forms import cells
from tests.support.odm_writer import to_odm

HEADER = ["SITE", "SUBJECT", "FOLDER", "FORM", "RECORD", "ENTERED_AT"]
CONTRACT = {"ae": [*HEADER, "TERM", "GRADE"], "kps": [*HEADER, "KPS"], "cm": [*HEADER, "DRUG"]}

AE_CSV = """\
SITE,SUBJECT,FOLDER,FORM,RECORD,ENTERED_AT,TERM,GRADE
01,FD-001,RUNNING RECORDS,AE,1,2016-07-01 09:30,"a ""quoted"" <b> & 'more'",Grade 1
01,FD-001,RUNNING RECORDS,AE,2,2016-07-02 10:00,发热 fever ,
01,FD-002,RUNNING RECORDS,AE,1,,"two
lines",NA
"""
KPS_CSV = """\
SITE,SUBJECT,FOLDER,FORM,RECORD,ENTERED_AT,KPS
01,FD-001,week 6 ,KPS,1,2016-08-12 08:00,90 - Able to carry on normal activity
01,FD-001,SCREENING,KPS,1,2016-07-01 08:00,
,FD-003,,KPS,,2016-07-05 08:00,80
"""

# One subject, one adverse event, as an EDC that is not ours might write it. Each test below changes one thing
# in it.
FILE = """\
<?xml version="1.0" encoding="UTF-8"?>
<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" ODMVersion="1.3.2" FileType="Snapshot"\
 FileOID="X" CreationDateTime="2019-07-01T00:00:00">
 <Study OID="S"><MetaDataVersion OID="V" Name="1">
  <StudyEventDef OID="SE.1" Name="RUNNING RECORDS" Repeating="No" Type="Common"/>
  <StudyEventDef OID="SE.2" Name="Visits" Repeating="Yes" Type="Common"/>
  <FormDef OID="F.1" Name="AE" Repeating="No"><ItemGroupRef ItemGroupOID="G.1" Mandatory="No"/></FormDef>
  <ItemGroupDef OID="G.1" Name="lines" Repeating="Yes">
   <ItemRef ItemOID="I.1" Mandatory="No"/><ItemRef ItemOID="I.2" Mandatory="No"/>
  </ItemGroupDef>
  <ItemDef OID="I.1" Name="TERM" DataType="text" Length="9"/>
  <ItemDef OID="I.2" Name="GRADE" DataType="text" Length="9"/>
 </MetaDataVersion></Study>
 <ClinicalData StudyOID="S" MetaDataVersionOID="V">
  <SubjectData SubjectKey="FD-001"><SiteRef LocationOID="01"/>
   <StudyEventData StudyEventOID="SE.1">
    <FormData FormOID="F.1">
     <ItemGroupData ItemGroupOID="G.1" ItemGroupRepeatKey="1">
      <ItemData ItemOID="I.1" Value="SECRET"/>
      <ItemData ItemOID="I.2" Value="Grade 2"/>
     </ItemGroupData>
    </FormData>
   </StudyEventData>
  </SubjectData>
 </ClinicalData>
</ODM>
"""
TERM_ITEM = '<ItemData ItemOID="I.1" Value="SECRET"/>'
GRADE_ITEM = '<ItemData ItemOID="I.2" Value="Grade 2"/>'
OTHER_SUBJECT = (
    '<SubjectData SubjectKey="FD-002"><StudyEventData StudyEventOID="SE.1"><FormData FormOID="F.1">'
    + '<ItemGroupData ItemGroupOID="G.1" ItemGroupRepeatKey="7"/>' * 2
    + "</FormData></StudyEventData></SubjectData>"
)
BOMB = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))


def from_csv(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text), dtype="str", keep_default_na=False, na_values=[""])


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "drop.xml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def changed(old: str, new: str) -> str:
    assert FILE.count(old) == 1
    return FILE.replace(old, new)


def refusal(folder: Path, content: str | bytes) -> str:
    """The message of the refusal; it names the file and holds no participant's value, whatever was wrong."""
    with pytest.raises(DropError) as caught:
        odm.read(written(folder, content), CONTRACT)
    message = str(caught.value)
    assert message.startswith("drop.xml: ")
    assert "SECRET" not in message
    return message


def schema() -> etree.XMLSchema:
    return etree.XMLSchema(
        etree.parse(str(Path(odmlib.__file__).parent / "schemas" / "odm" / "1.3.2" / "ODM1-3-2.xsd"))
    )


# The same drop in both formats


def test_a_drop_in_odm_reads_as_the_same_drop_in_csv(tmp_path: Path) -> None:
    forms = {"ae": from_csv(AE_CSV), "kps": from_csv(KPS_CSV)}
    to_odm(forms, tmp_path / "drop.xml", "STUDY")
    read = odm.read(tmp_path / "drop.xml", CONTRACT)
    assert list(read) == ["ae", "kps"]
    pd.testing.assert_frame_equal(read["ae"], forms["ae"])
    pd.testing.assert_frame_equal(read["kps"], forms["kps"])


def test_what_the_writer_makes_is_valid_odm_1_3_2(tmp_path: Path) -> None:
    to_odm(
        {"ae": from_csv(AE_CSV), "kps": from_csv(KPS_CSV), "cm": from_csv(",".join([*HEADER, "DRUG"]))},
        tmp_path / "drop.xml",
        "STUDY",
    )
    schema().assertValid(etree.parse(str(tmp_path / "drop.xml")))


def test_the_file_that_the_tests_below_change_is_read(tmp_path: Path) -> None:
    read = odm.read(written(tmp_path, FILE), CONTRACT)
    expected = pd.DataFrame(
        {
            "SITE": "01",
            "SUBJECT": "FD-001",
            "FOLDER": "RUNNING RECORDS",
            "FORM": "AE",
            "RECORD": "1",
            "TERM": "SECRET",
            "GRADE": "Grade 2",
        },
        index=[0],
        dtype="str",
    )
    assert list(read) == ["ae"]
    pd.testing.assert_frame_equal(read["ae"], expected, check_index_type=False)


TEXT = st.none() | st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="￾￿", include_characters="\t\n\r"),
    min_size=1,
)
NAMES = st.sampled_from(["AE", "ae", "Ae ", " AE"])
ROWS = st.lists(
    st.tuples(TEXT, st.sampled_from(["FD-001", "FD-002", " FD-001"]), TEXT, NAMES, TEXT, TEXT, TEXT, TEXT),
    max_size=8,
)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(rows=ROWS)
def test_any_text_comes_back_as_it_went_in(rows: list[tuple[str | None, ...]]) -> None:
    frame = pd.DataFrame(
        {column: pd.Series([row[n] for row in rows], dtype="str") for n, column in enumerate(CONTRACT["ae"])}
    )
    with TemporaryDirectory() as folder:
        to_odm({"ae": frame}, Path(folder) / "drop.xml", "STUDY")
        read = odm.read(Path(folder) / "drop.xml", CONTRACT)["ae"]
    order = CONTRACT["ae"]  # the order of records within a form means nothing
    pd.testing.assert_frame_equal(
        read.sort_values(order, ignore_index=True),
        frame.sort_values(order, ignore_index=True),
        check_index_type=False,
    )


def test_a_form_longer_than_one_piece_keeps_each_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(odm, "PIECE", 2)
    to_odm({"ae": from_csv(AE_CSV)}, tmp_path / "drop.xml", "STUDY")
    pd.testing.assert_frame_equal(odm.read(tmp_path / "drop.xml", CONTRACT)["ae"], from_csv(AE_CSV))


def test_data_in_one_section_a_site_is_read_from_all_of_them(tmp_path: Path) -> None:
    sections = changed(
        "  </SubjectData>",
        '  </SubjectData></ClinicalData><ClinicalData StudyOID="S" MetaDataVersionOID="V">' + OTHER_SUBJECT,
    )
    assert odm.read(written(tmp_path, sections), CONTRACT)["ae"]["SUBJECT"].tolist() == [
        "FD-001",
        "FD-002",
        "FD-002",
    ]


def test_records_equal_in_all_keys_are_all_kept_for_a_later_stage_to_judge(tmp_path: Path) -> None:
    twice = changed("  </SubjectData>", "  </SubjectData>" + OTHER_SUBJECT)
    assert odm.read(written(tmp_path, twice), CONTRACT)["ae"]["RECORD"].tolist() == ["1", "7", "7"]


# What is missing


@pytest.mark.parametrize(
    "item",
    [
        "",
        '<ItemData ItemOID="I.2" IsNull="Yes"/>',
        '<ItemData ItemOID="I.2" Value=""/>',
        '<ItemData ItemOID="I.2" Value="" IsNull="Yes"/>',
    ],
)
def test_an_item_that_is_absent_null_or_empty_is_missing(tmp_path: Path, item: str) -> None:
    read = odm.read(written(tmp_path, changed(GRADE_ITEM, item)), CONTRACT)["ae"]
    assert read["GRADE"].isna().tolist() == [True]
    assert str(read["GRADE"].dtype) == "str"


def test_a_form_that_is_defined_and_has_no_record_is_an_empty_frame(tmp_path: Path) -> None:
    empty = from_csv(",".join(CONTRACT["cm"]))
    to_odm({"cm": empty}, tmp_path / "drop.xml", "STUDY")
    read = odm.read(tmp_path / "drop.xml", CONTRACT)["cm"]
    assert list(read.columns) == CONTRACT["cm"]
    assert len(read) == 0
    assert {str(dtype) for dtype in read.dtypes} == {"str"}


def test_a_form_that_is_not_defined_is_left_out(tmp_path: Path) -> None:
    assert "kps" not in odm.read(written(tmp_path, FILE), CONTRACT)


def test_a_column_without_an_item_definition_is_left_out_and_not_filled_with_missing(tmp_path: Path) -> None:
    assert "ENTERED_AT" not in odm.read(written(tmp_path, FILE), CONTRACT)["ae"].columns


def test_a_column_that_is_defined_and_never_collected_is_all_missing(tmp_path: Path) -> None:
    assert odm.read(written(tmp_path, changed(TERM_ITEM, "")), CONTRACT)["ae"]["TERM"].isna().all()


def test_a_repeating_event_gives_its_repeat_key_as_the_folder(tmp_path: Path) -> None:
    visit = changed('StudyEventOID="SE.1"', 'StudyEventOID="SE.2" StudyEventRepeatKey="week 6 "')
    assert odm.read(written(tmp_path, visit), CONTRACT)["ae"]["FOLDER"].tolist() == ["week 6 "]


def test_who_entered_a_value_and_remarks_in_the_xml_are_passed_over(tmp_path: Path) -> None:
    audit = (
        '<AuditRecord><UserRef UserOID="U"/><LocationRef'
        ' LocationOID="01"/><DateTimeStamp>2016-07-01T09:30:00</DateTimeStamp></AuditRecord>'
    )
    noted = changed(
        TERM_ITEM, f'<!-- a remark --><?note?><ItemData ItemOID="I.1" Value="SECRET">{audit}</ItemData>'
    )
    assert odm.read(written(tmp_path, noted), CONTRACT)["ae"]["TERM"].tolist() == ["SECRET"]


# A history: what counts is the last state

GROUP_DATA = '<ItemGroupData ItemGroupOID="G.1" ItemGroupRepeatKey="{0}" {1}>{2}</ItemGroupData>'
TERM, GRADE = '<ItemData ItemOID="I.1" {0}/>', '<ItemData ItemOID="I.2" {0}/>'


def history(*transactions: str) -> str:
    """A history of lines of the form AE: each transaction is an ItemGroupData in a SubjectData of its own, or
    all of a SubjectData.
    """
    start, rest = (
        FILE.replace("Snapshot", "Transactional").split(" <SubjectData")[0],
        " </ClinicalData></ODM>",
    )
    told = ""
    for one in transactions:
        inside = (
            f'<StudyEventData StudyEventOID="SE.1"><FormData FormOID="F.1">{one}</FormData></StudyEventData>'
        )
        told += (
            one
            if one.startswith("<SubjectData")
            else f'<SubjectData SubjectKey="FD-001" TransactionType="Upsert">{inside}</SubjectData>'
        )
    return start + told + rest


def group(number: int, act: str | None, *items: str) -> str:
    return GROUP_DATA.format(number, f'TransactionType="{act}"' if act else "", "".join(items))


def term(value: str, act: str | None = None) -> str:
    return TERM.format(f'Value="{value}"' + (f' TransactionType="{act}"' if act else ""))


NEW = group(1, "Insert", term("a"), GRADE.format('Value="Grade 2"'))
GONE = '<SubjectData SubjectKey="FD-001" TransactionType="{0}">{1}</SubjectData>'
EVENT_GONE = '<StudyEventData StudyEventOID="SE.1" TransactionType="{0}">{1}</StudyEventData>'
HISTORIES: dict[str, tuple[list[str], list[list[str | None]]]] = {
    "a record inserted": ([NEW], [["1", "a", "Grade 2"]]),
    "an item updated, the other left": ([NEW, group(1, "Update", term("b"))], [["1", "b", "Grade 2"]]),
    "an item updated twice": (
        [NEW, group(1, "Update", term("b")), group(1, "Update", term("c"))],
        [["1", "c", "Grade 2"]],
    ),
    "an item emptied": ([NEW, group(1, "Update", TERM.format('IsNull="Yes"'))], [["1", None, "Grade 2"]]),
    "an item removed": (
        [NEW, group(1, "Update", TERM.format('TransactionType="Remove"'))],
        [["1", None, "Grade 2"]],
    ),
    "an item removed and inserted again": (
        [NEW, group(1, "Update", term("b", "Remove")), group(1, "Update", term("c", "Insert"))],
        [["1", "c", "Grade 2"]],
    ),
    "an item changed under a record repeated for context": (
        [NEW, group(1, "Context", term("b", "Update"))],
        [["1", "b", "Grade 2"]],
    ),
    "an item repeated for context": (
        [NEW, group(1, "Update", term("b", "Context"))],
        [["1", "a", "Grade 2"]],
    ),
    "a record repeated for context": ([NEW, group(1, "Context", term("b"))], [["1", "a", "Grade 2"]]),
    "a record upserted, new and known": (
        [group(1, "Upsert", term("a")), group(1, "Upsert", term("b"))],
        [["1", "b", None]],
    ),
    "a type inherited from the subject": ([group(1, None, term("a"))], [["1", "a", None]]),
    "a record removed": ([NEW, group(2, "Insert", term("x")), group(1, "Remove")], [["2", "x", None]]),
    "a record removed and inserted again has nothing of before": (
        [NEW, group(1, "Remove"), group(1, "Insert", term("b"))],
        [["1", "b", None]],
    ),
    "a record removed with its items": ([NEW, group(1, "Remove", term("a"))], []),
    "a form removed": (
        [
            NEW,
            GONE.format(
                "Context", EVENT_GONE.format("Context", '<FormData FormOID="F.1" TransactionType="Remove"/>')
            ),
        ],
        [],
    ),
    "a visit removed, and a record entered there after it": (
        [NEW, GONE.format("Context", EVENT_GONE.format("Remove", "")), group(2, "Insert", term("b"))],
        [["2", "b", None]],
    ),
    "another visit removed": (
        [
            NEW,
            GONE.format(
                "Context",
                '<StudyEventData StudyEventOID="SE.2" StudyEventRepeatKey="1" TransactionType="Remove"/>',
            ),
        ],
        [["1", "a", "Grade 2"]],
    ),
    "a subject removed": ([NEW, GONE.format("Remove", "")], []),
    "a subject removed and entered again": (
        [NEW, GONE.format("Remove", ""), group(1, "Insert", term("b"))],
        [["1", "b", None]],
    ),
}


@pytest.mark.parametrize("piece", [1, 20_000])
@pytest.mark.parametrize(("transactions", "expected"), HISTORIES.values(), ids=HISTORIES.keys())
def test_of_a_history_the_last_state_counts_and_what_is_removed_is_gone(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    transactions: list[str],
    expected: list[list[str | None]],
    piece: int,
) -> None:
    monkeypatch.setattr(odm, "PIECE", piece)
    read = odm.read(written(tmp_path, history(*transactions)), CONTRACT)["ae"]
    assert {str(t) for t in read.dtypes} == {"str"}
    assert cells(read[["RECORD", "TERM", "GRADE"]]) == expected
    assert list(read) == ["SITE", "SUBJECT", "FOLDER", "FORM", "RECORD", "TERM", "GRADE"]


def test_the_last_site_of_a_subject_is_that_of_all_her_records(tmp_path: Path) -> None:
    moved = GONE.format("Context", '<SiteRef LocationOID="02"/>')
    assert odm.read(written(tmp_path, history(NEW, moved)), CONTRACT)["ae"]["SITE"].tolist() == ["02"]
    assert odm.read(written(tmp_path, history(NEW)), CONTRACT)["ae"]["SITE"].isna().tolist() == [True]


BEGINNING = "form ae, subject FD-001, record 1: {0}: export the history from its beginning"
NO_HISTORY: dict[str, tuple[list[str], str]] = {
    "a change of what was never inserted": (
        [group(1, "Update", term("SECRET"))],
        BEGINNING.format("changed or removed before it is inserted"),
    ),
    "a change of an item of what was never inserted": (
        [group(1, "Context", term("SECRET", "Insert"))],
        BEGINNING.format("changed or removed before it is inserted"),
    ),
    "a removal of what was never inserted": (
        [group(1, "Remove")],
        BEGINNING.format("changed or removed before it is inserted"),
    ),
    "a change of what was removed": (
        [NEW, group(1, "Remove"), group(1, "Update", term("b"))],
        BEGINNING.format("changed or removed before it is inserted"),
    ),
    "a record inserted twice": ([NEW, NEW], BEGINNING.format("inserted twice")),
    "several records inserted twice": (
        [NEW, NEW, group(2, "Insert"), group(2, "Insert")],
        BEGINNING.format("inserted twice (2 such records)"),
    ),
    "an unknown type": (
        [group(1, "Delete")],
        "TransactionType Delete is not known: expected one of Insert, Update, Remove, Upsert, Context",
    ),
    "an insertion inside what is removed": (
        [group(1, "Remove", term("SECRET", "Insert"))],
        "TransactionType Insert inside what is removed",
    ),
    "a value that is neither given nor removed": (
        [group(1, "Insert", TERM.format(""))],
        "TERM needs a Value or IsNull",
    ),
}


@pytest.mark.parametrize(("transactions", "expected"), NO_HISTORY.values(), ids=NO_HISTORY.keys())
def test_a_history_that_does_not_hold_together_is_refused(
    tmp_path: Path, transactions: list[str], expected: str
) -> None:
    assert expected in refusal(tmp_path, history(*transactions))


# Files that are not what they should be


def test_a_file_cut_short_anywhere_is_refused_and_never_read_in_part(tmp_path: Path) -> None:
    whole = FILE.strip().encode("utf-8")
    for length in range(0, len(whole), 50):
        refusal(tmp_path, whole[:length])


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    assert "export it again" in refusal(tmp_path, "")


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DropError, match=r"^absent\.xml: cannot be read"):
        odm.read(tmp_path / "absent.xml", CONTRACT)


def test_an_entity_bomb_is_refused_within_a_second(tmp_path: Path) -> None:
    for place in (
        FILE.replace("SECRET", "&l11;"),
        FILE.replace('FileOID="X"', 'FileOID="&l11;"'),
        FILE.replace("<Study ", "&l11;<Study "),
    ):
        bomb = place.replace("<ODM ", f'<!DOCTYPE ODM [<!ENTITY l0 "boom">{BOMB}]><ODM ')
        started = time.perf_counter()
        refusal(tmp_path, bomb)
        assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    "declared",
    [
        "<!DOCTYPE ODM>",
        '<!DOCTYPE ODM SYSTEM "odm.dtd">',
        '<!DOCTYPE ODM [<!ENTITY e SYSTEM "canary.txt">]>',
        '<!DOCTYPE ODM [<!ENTITY % e SYSTEM "canary.txt"> %e;]>',
        '<!DOCTYPE ODM PUBLIC "-//X//EN" "http://example.org/odm.dtd">',
    ],
)
def test_a_doctype_is_refused_and_nothing_it_points_to_shows(tmp_path: Path, declared: str) -> None:
    (tmp_path / "canary.txt").write_text("SECRET")
    content = FILE.replace("<ODM ", f"{declared}<ODM ")
    assert "DOCTYPE" in refusal(tmp_path, content)
    assert "DOCTYPE" in refusal(tmp_path, content.replace("<Study ", "&e;<Study "))


def test_bytes_that_are_not_in_the_encoding_they_claim_are_refused(tmp_path: Path) -> None:
    for filler in ("", " " * 200_000):
        refusal(
            tmp_path,
            FILE.replace("Grade 2", "发热")
            .replace(" <ClinicalData", f"{filler} <ClinicalData")
            .encode("gb18030"),
        )


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "GB18030", "UTF-16"])
def test_an_encoding_other_than_utf_8_is_refused_by_name(tmp_path: Path, encoding: str) -> None:
    assert "expected UTF-8" in refusal(tmp_path, FILE.replace("UTF-8", encoding).encode(encoding))


def test_an_unknown_encoding_is_refused(tmp_path: Path) -> None:
    refusal(tmp_path, FILE.replace("UTF-8", "KLINGON"))


def test_markup_that_is_broken_by_a_value_is_refused_without_the_value(tmp_path: Path) -> None:
    assert "line 18" in refusal(tmp_path, changed('Value="SECRET"/>', 'Value="a < b"/><SECRET'))


def test_a_table_page_or_a_csv_file_under_the_name_is_refused(tmp_path: Path) -> None:
    refusal(tmp_path, AE_CSV)
    assert "not ODM" in refusal(tmp_path, "<html><body/></html>")


REFUSED = {
    "no_namespace": (' xmlns="http://www.cdisc.org/ns/odm/v1.3"', "", "namespace"),
    "another_namespace": ("/odm/v1.3", "/odm/v2.0", "namespace"),
    "version_1_2": ('ODMVersion="1.3.2"', 'ODMVersion="1.2"', "ODMVersion is 1.2"),
    "version_2_0": ('ODMVersion="1.3.2"', 'ODMVersion="2.0"', "ODMVersion is 2.0"),
    "no_version": (' ODMVersion="1.3.2"', "", "ODMVersion"),
    "no_transaction_type": (
        'FileType="Snapshot"',
        'FileType="Transactional"',
        "no TransactionType on the item group or on what contains it",
    ),
    "another_type_of_file": (
        'FileType="Snapshot"',
        'FileType="Archive"',
        "FileType is Archive, expected Snapshot or Transactional",
    ),
    "removed_record": (
        'ItemGroupRepeatKey="1"',
        'ItemGroupRepeatKey="1" TransactionType="Remove"',
        "TransactionType Remove",
    ),
    "removed_item": ('Value="SECRET"', 'Value="SECRET" TransactionType="Remove"', "TransactionType Remove"),
    "removed_subject": (
        'SubjectKey="FD-001"',
        'SubjectKey="FD-001" TransactionType="Remove"',
        "TransactionType Remove",
    ),
    "no_metadata": (
        '<MetaDataVersion OID="V" Name="1">',
        '<MetaDataVersion xmlns="" OID="V" Name="1">',
        "MetaDataVersion",
    ),
    "included_metadata": (
        '<StudyEventDef OID="SE.1"',
        '<Include StudyOID="S" MetaDataVersionOID="U"/><StudyEventDef OID="SE.1"',
        "more than one MetaDataVersion",
    ),
    "other_metadata": ('MetaDataVersionOID="V"', 'MetaDataVersionOID="W"', "MetaDataVersion"),
    "two_repeating_events": (
        'Repeating="No" Type',
        'Repeating="Yes" Type',
        "more than one StudyEventDef repeats",
    ),
    "unknown_form": (
        'Name="AE"',
        'Name="Vitals"',
        "form Vitals is not in the contract: expected one of ae, cm, kps",
    ),
    "undefined_form": ('FormOID="F.1"', 'FormOID="F.9"', "subject FD-001: form F.9 is not defined"),
    "unknown_item": ('Name="TERM"', 'Name="VERBATIM"', "item I.1 (VERBATIM) is not in the contract"),
    "item_named_like_a_place": ('Name="TERM"', 'Name="SUBJECT"', "item I.1 (SUBJECT)"),
    "undefined_item": ('<ItemData ItemOID="I.1"', '<ItemData ItemOID="I.9"', "item I.9 is not defined"),
    "item_reference_to_nothing": ('<ItemRef ItemOID="I.1"', '<ItemRef ItemOID="I.9"', "item I.9"),
    "item_named_twice": ('Name="TERM"', 'Name="GRADE"', "two items are named GRADE"),
    "item_defined_twice": ('<ItemDef OID="I.1"', '<ItemDef OID="I.2"', "ItemDef I.2 is defined twice"),
    "item_given_twice": (GRADE_ITEM, GRADE_ITEM * 2, "GRADE is given twice"),
    "item_without_value": (' Value="SECRET"', "", "TERM needs a Value or IsNull"),
    "item_with_value_and_null": (
        'Value="SECRET"',
        'Value="SECRET" IsNull="Yes"',
        "TERM needs a Value or IsNull",
    ),
    "item_of_bytes": (
        TERM_ITEM,
        '<ItemDataHexBinary ItemOID="I.1">53454352</ItemDataHexBinary>',
        "ItemDataHexBinary has no column",
    ),
    "unit_inside_an_item": (
        GRADE_ITEM,
        GRADE_ITEM.replace("/>", '><MeasurementUnitRef MeasurementUnitOID="MU"/></ItemData>'),
        "MeasurementUnitRef has no column",
    ),
    "unknown_event": ('StudyEventOID="SE.1"', 'StudyEventOID="SE.9"', "study event SE.9 is not defined"),
    "key_of_an_event_that_does_not_repeat": (
        'StudyEventOID="SE.1"',
        'StudyEventOID="SE.1" StudyEventRepeatKey="1"',
        "does not repeat",
    ),
    "repeated_form": ('FormOID="F.1"', 'FormOID="F.1" FormRepeatKey="2"', "FormRepeatKey"),
    "unknown_item_group": (
        '<ItemGroupData ItemGroupOID="G.1"',
        '<ItemGroupData ItemGroupOID="G.9"',
        "item group G.9",
    ),
    "form_of_two_groups": (
        'Mandatory="No"/></FormDef>',
        'Mandatory="No"/><ItemGroupRef ItemGroupOID="G.2"/></FormDef>',
        "2 item groups",
    ),
    "subject_without_a_number": ('SubjectKey="FD-001"', "", "SubjectData has no SubjectKey"),
    "two_sites": (
        '<SiteRef LocationOID="01"/>',
        '<SiteRef LocationOID="01"/><SiteRef LocationOID="02"/>',
        "more than one SiteRef",
    ),
    "comment_of_the_site": (
        TERM_ITEM,
        "<Annotation SeqNum='1'><Comment>SECRET</Comment></Annotation>" + TERM_ITEM,
        "Annotation",
    ),
    "reference_data": (
        " <ClinicalData",
        '<ReferenceData StudyOID="S" MetaDataVersionOID="V"/> <ClinicalData',
        "ReferenceData",
    ),
    "data_outside_a_subject": (
        "  </SubjectData>",
        "  </SubjectData><ItemGroupData/>",
        "ItemGroupData has no column",
    ),
}


@pytest.mark.parametrize(("old", "new", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_what_no_column_can_take_is_refused_by_name(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    assert expected in refusal(tmp_path, changed(old, new))
