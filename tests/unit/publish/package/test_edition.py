"""The package for the NMPA beside the FDA's: Chinese labels and decodes, texts as collected, and every other
cell the same.
"""

from __future__ import annotations

import csv
import hashlib
import re
import struct
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
import yaml
from lxml import etree
from pypdf import PdfReader

from pipeline import stages as run
from pipeline.errors import SpecError
from pipeline.publish.package.edition import chosen
from pipeline.study import Study, load
from pipeline.workers import Workers
from tests.conftest import FEW, ROOT, quiet
from tests.support import chinese_study, small_builds, small_study
from tests.support.drops import of_subjects

ODM = {"odm": "http://www.cdisc.org/ns/odm/v1.3", "def": "http://www.cdisc.org/ns/def/v2.1"}
STATEMENT = (
    "The transport files of this edition hold text in UTF-8; the length of a text is its bytes in that"
    " encoding."
)
SDTM, ADAM = "tabulations/sdtm", "analysis/adam/datasets"


def read(path: Path, encoding: str = "UTF-8") -> pd.DataFrame:
    contents: tuple[pd.DataFrame, object] = pyreadstat.read_xport(
        path, encoding=encoding, disable_datetime_conversion=True
    )
    return contents[0]


def labels(path: Path) -> dict[str, bytes]:
    """The label of the dataset ("") and of each variable, byte by byte as the file has them."""
    data = path.read_bytes()
    count = int(data[614:618])
    namestrs = [data[640 + 140 * i : 780 + 140 * i] for i in range(count)]
    return {
        "": data[512:552].rstrip(b" "),
        **{n[8:16].decode().strip(): n[16:56].rstrip(b" ") for n in namestrs},
    }


def widths(path: Path) -> dict[str, int]:
    """The bytes of each text in the file."""
    data = path.read_bytes()
    namestrs = [data[640 + 140 * i : 780 + 140 * i] for i in range(int(data[614:618]))]
    return {
        n[8:16].decode().strip(): struct.unpack(">h", n[4:6])[0]
        for n in namestrs
        if struct.unpack(">h", n[:2])[0] == 2
    }


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def different(out: Path, encoding: str = "UTF-8") -> dict[tuple[str, str, int], tuple[object, object]]:
    """The cells that differ between the editions, by dataset, variable and record; both have all datasets."""
    english = {p.stem: p for p in (out / "m5").rglob("*.xpt")}
    chinese = {p.stem: p for p in (out / "nmpa/m5").rglob("*.xpt")}
    assert english.keys() == chinese.keys()
    cells: dict[tuple[str, str, int], tuple[object, object]] = {}
    for name, path in english.items():
        one, other = read(path), read(chinese[name], encoding)
        assert list(one) == list(other)
        assert len(one) == len(other)
        assert [str(t) for t in one.dtypes] == [str(t) for t in other.dtypes]
        for variable in one:
            unlike = one[variable].ne(other[variable]) & ~(one[variable].isna() & other[variable].isna())
            for row in one.index[unlike]:
                cells[name, str(variable), int(row)] = (
                    one.loc[row, str(variable)],
                    other.loc[row, str(variable)],
                )
    return cells


@pytest.fixture(scope="module")
def drop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Participants with nearly every dataset, and the one whose site writes Chinese."""
    return of_subjects(tmp_path_factory.mktemp("chinese") / "drop", *FEW, "FD-023")


@pytest.fixture(scope="module")
def out(study: Study, drop: Path) -> Path:
    """The folder of a build of them for the NMPA."""
    report = run.build(study, ROOT, drop, drop.parent / "out", Workers(), quiet, ("nmpa",))
    assert report.content["state"] == "published", report.content["findings"]
    return drop.parent / "out"


# --- the whole study
@pytest.mark.long
def test_every_cell_is_the_same_but_those_collected_in_chinese_which_stand_as_collected(
    study: Study, drop: Path, out: Path
) -> None:
    cells = different(out)
    places_of_texts = {("ae", "AETERM"), ("adae", "AETERM"), ("co", "COVAL"), ("lb", "LBORRES")}
    assert {(d, v) for d, v, _ in cells} == places_of_texts
    assert all(study.translations[str(chinese)] == english for english, chinese in cells.values())
    places = {
        "ae": [("ae.csv", "TERM")],
        "adae": [("ae.csv", "TERM")],
        "lb": [("lab.csv", "RESULT")],
        "co": [(f"{f}.csv", "COMMENT") for f in ("ae", "enrol", "tl")],
    }
    for dataset, fields in places.items():
        records = read(next((out / "nmpa").rglob(f"{dataset}.xpt")))
        published = Counter(
            (str(records.loc[r, "USUBJID"])[-6:], str(cell))
            for (d, _, r), (_, cell) in cells.items()
            if d == dataset
        )
        assert published == Counter(text for file, field in fields for text in collected(drop / file, field))


def collected(path: Path, field: str) -> list[tuple[str, str]]:
    """The subject and the text of each answer to a question that is not in English."""
    with path.open(encoding="utf-8", newline="") as file:
        return [(r["SUBJECT"], r[field]) for r in csv.DictReader(file) if not r[field].isascii()]


@pytest.mark.parametrize(
    ("dataset", "variable", "label"),
    [
        ("dm", "", "人口学资料"),
        ("dm", "SEX", "性别"),
        ("dm", "USUBJID", "受试者唯一标识符"),
        ("dm", "RFSTDTC", "受试者参考开始日期/时间"),
        ("ae", "AETERM", "不良事件的报告术语"),
        ("ae", "AESEQ", "序号"),
        ("ae", "AESDISAB", "永久或显著残疾/功能丧失"),
        ("ex", "EXSEQ", "序号"),
        ("lb", "LBSTRESC", "标准格式的字符型结果"),
        ("suppae", "", "不良事件补充限定词"),
        ("suppae", "QVAL", "数据值"),
        ("adrs", "AVALC", "分析值(C)"),
        ("adta", "NADIR", "评估前的最小总和(mm)"),
        ("adtr", "NADIR", "评估前的最小值"),
        ("adtte", "CNSR", "删失"),
    ],
)
def test_a_dataset_and_a_variable_have_their_chinese_label(
    out: Path, dataset: str, variable: str, label: str
) -> None:
    assert labels(next((out / "nmpa").rglob(f"{dataset}.xpt")))[variable].decode() == label


def test_every_label_is_chinese_complete_and_of_at_most_40_bytes(out: Path) -> None:
    names = 0
    for path in (out / "nmpa").rglob("*.xpt"):
        for label in labels(path).values():
            assert 0 < len(label) <= 40
            assert len(label.decode().encode("gb18030")) <= 40
            assert re.search("[一-鿿]", label.decode()), path
            names += 1
    assert names > 850


def test_the_file_of_a_dataset_is_named_as_the_agency_wants_it(out: Path) -> None:
    names = [p.name for p in (out / "nmpa").rglob("*.xpt")]
    assert len(names) == len([*(out / "m5").rglob("*.xpt")])
    assert all(re.fullmatch(r"[a-z][a-z0-9]{0,7}\.xpt", name) for name in names)


@pytest.mark.parametrize("place", [SDTM, ADAM])
def test_define_xml_has_the_labels_and_lengths_of_the_files_and_says_their_encoding(
    out: Path, place: str
) -> None:
    folder = out / "nmpa/m5/datasets/nct02843126" / place
    tree = etree.parse(folder / "define.xml")
    items = {i.get("OID"): i for i in tree.iterfind(".//odm:ItemDef", ODM)}
    for group in tree.iterfind(".//odm:ItemGroupDef", ODM):
        path = folder / f"{str(group.get('Name')).lower()}.xpt"
        written, sizes = labels(path), widths(path)
        assert label_of(group) == ("zh", written[""].decode())
        refs = [str(r.get("ItemOID")) for r in group.iterfind("odm:ItemRef", ODM)]
        for item in (items[r] for r in refs):
            assert label_of(item) == ("zh", written[str(item.get("Name"))].decode())
            if item.get("DataType") == "text":
                assert item.get("Length") == str(sizes[str(item.get("Name"))])
    version = tree.find(".//odm:MetaDataVersion", ODM)
    assert version is not None
    comment = tree.find(
        f".//def:CommentDef[@OID='{version.get('{http://www.cdisc.org/ns/def/v2.1}CommentOID')}']", ODM
    )
    assert comment is not None
    assert label_of(comment) == ("en", STATEMENT)
    page = (folder / "define.html").read_text(encoding="utf-8")
    assert STATEMENT in page
    assert "受试者唯一标识符" in page


def label_of(element: etree._Element) -> tuple[str | None, str | None]:
    [text] = element.iterfind("odm:Description/odm:TranslatedText", ODM)
    return text.get("{http://www.w3.org/XML/1998/namespace}lang"), text.text


@pytest.mark.parametrize(
    ("place", "codelist", "term", "decode"),
    [
        (ADAM, "CL.AVALC_ADRS", "PR", "部分缓解"),
        (ADAM, "CL.RESPONSE", "NON-CR/NON-PD", "非完全缓解/非疾病进展"),
        (ADAM, "CL.PARAMCD_ADTTE", "PFS", "无进展生存期，有记录的进展(天)"),
        (ADAM, "CL.PARAM_ADRS", "Best Overall Response, Derived", "最佳总体缓解，衍生"),
        (ADAM, "CL.EVNTDESC", "DEATH", "死亡"),
        (ADAM, "CL.CNSR.integer", "0", "事件"),
        (ADAM, "CL.ARM", "Trastuzumab", "曲妥珠单抗"),
        (SDTM, "CL.RSSTRESC", "PD", "疾病进展"),
    ],
)
def test_the_code_lists_of_the_endpoints_have_chinese_decodes(
    out: Path, place: str, codelist: str, term: str, decode: str
) -> None:
    tree = etree.parse(out / "nmpa/m5/datasets/nct02843126" / place / "define.xml")
    [text] = tree.iterfind(
        f".//odm:CodeList[@OID='{codelist}']/odm:CodeListItem[@CodedValue='{term}']/odm:Decode/odm:TranslatedText",
        ODM,
    )
    assert (text.get("{http://www.w3.org/XML/1998/namespace}lang"), text.text) == ("zh", decode)


def test_what_decides_time_to_event_has_its_term_and_its_chinese(study: Study) -> None:
    mapping = yaml.safe_load((ROOT / "mappings/adam/adtte.yaml").read_text(encoding="utf-8"))
    candidates = {n for p in mapping["parameters"] for n in (*p["events"], *p.get("censors", ()))}
    described = {mapping["sources"][n]["describes"] for n in candidates} | set(mapping["censoring"].values())
    assert study.nmpa
    assert described == set(study.codelists["EVNTDESC"].terms) == set(study.nmpa.terms["EVNTDESC"])
    assert {str(c) for c in (0, *mapping["censoring"])} == set(study.codelists["CNSR"].terms)


def test_the_guides_and_the_list_of_hashes_say_the_encoding(out: Path) -> None:
    m5 = out / "nmpa/m5"
    for page in (f"{SDTM}/csdrg.html", f"{ADAM}/adrg.html"):
        assert STATEMENT in (m5 / "datasets/nct02843126" / page).read_text(encoding="utf-8")
    first, *lines = (m5 / "README.txt").read_text(encoding="ascii").splitlines()
    assert first == f"# {STATEMENT}"
    assert {name: sha for sha, _, name in (line.partition("  ") for line in lines)} == {
        n: hashlib.sha256(b).hexdigest() for n, b in files(m5).items() if n != "README.txt"
    }


def test_the_annotated_form_names_domains_in_chinese(out: Path) -> None:
    reader = PdfReader(out / "nmpa/m5/datasets/nct02843126" / SDTM / "acrf.pdf")
    text = "".join(reader.pages[1].extract_text().split())
    assert "AE=不良事件" in text
    assert "AdverseEvents" not in text


def test_the_guide_for_the_agency_does_not_say_that_texts_were_translated(study: Study, out: Path) -> None:
    page = (out / "nmpa/m5/datasets/nct02843126" / SDTM / "csdrg.html").read_text(encoding="utf-8")
    [english] = [a.answer for a in study.guides.tabulation if a.question == "Were texts translated?"]
    assert english.startswith("Yes.")
    assert english not in page
    assert "Were texts translated? No. Texts collected in Chinese are published as collected." in page


# --- a small study whose every cell is known
def built(root: Path, name: str, editions: tuple[str, ...], files: Mapping[str, str] | None = None) -> Path:
    return small_builds.built(
        root, name, {**chinese_study.FILES, **(files or {})}, chinese_study.DROP, editions
    )


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("both"), "both", ("fda", "nmpa"))


def test_a_record_collected_in_english_stays_english_where_another_was_translated_into_the_same_words(
    both: Path,
) -> None:
    place = both / "nmpa/m5/datasets/s1" / SDTM
    assert list(read(place / "ex.xpt")["EXTRT"]) == ["曲妥珠单抗", "Trastuzumab", "曲妥珠单抗"]
    assert list(read(place / "suppex.xpt")["QVAL"]) == ["输注后寒战", "Chills after infusion"]
    assert different(both) == {
        ("ex", "EXTRT", 0): ("Trastuzumab", "曲妥珠单抗"),
        ("ex", "EXTRT", 2): ("Trastuzumab", "曲妥珠单抗"),
        ("suppex", "QVAL", 0): ("Chills after infusion", "输注后寒战"),
    }


def test_a_term_of_a_code_list_is_the_same_in_both_whatever_it_was_collected_as(both: Path) -> None:
    assert "03,,,女," in chinese_study.DROP["enrol.csv"]
    for place in (both / tree / "datasets/s1" / SDTM for tree in ("m5", "nmpa/m5")):
        assert list(read(place / "dm.xpt")["SEX"]) == ["F", "M", "F"]


def test_a_width_is_the_longest_text_in_bytes_of_the_edition(both: Path) -> None:
    english, chinese = (both / tree / "datasets/s1" / SDTM for tree in ("m5", "nmpa/m5"))
    assert [widths(f / "ex.xpt")["EXTRT"] for f in (english, chinese)] == [len("Trastuzumab"), 15]
    assert [widths(f / "suppex.xpt")["QVAL"] for f in (english, chinese)] == [
        21,
        len("Chills after infusion"),
    ]
    assert widths(chinese / "ex.xpt")["STUDYID"] == 2


def test_gb18030_takes_two_bytes_for_a_character_and_is_what_everything_says(tmp_path: Path) -> None:
    gb = {"specs/nmpa.yaml": chinese_study.EDITION.replace("encoding: UTF-8", "encoding: GB18030")}
    out = built(tmp_path, "gb", ("nmpa",), gb)
    place = out / "nmpa/m5/datasets/s1" / SDTM
    assert widths(place / "ex.xpt")["EXTRT"] == len("Trastuzumab")
    assert "曲妥珠单抗".encode("gb18030") in (place / "ex.xpt").read_bytes()
    assert labels(place / "ex.xpt")["EXTRT"] == "治疗名称".encode("gb18030")
    assert different(out, "GB18030").keys() == {("ex", "EXTRT", 0), ("ex", "EXTRT", 2), ("suppex", "QVAL", 0)}
    statement = STATEMENT.replace("UTF-8", "GB18030")
    assert statement in (place / "define.xml").read_text(encoding="utf-8")
    assert statement in (out / "nmpa/m5/README.txt").read_text(encoding="ascii")


def test_the_package_for_the_fda_is_the_same_whether_or_not_the_other_is_made(
    both: Path, tmp_path: Path
) -> None:
    alone = built(tmp_path, "alone", ("fda",))
    for name in ("m5", "dataset-json"):
        assert files(alone / name) == files(both / name)


def test_each_edition_stands_where_it_was_asked_for_and_a_link_only_where_the_build_has_it(
    tmp_path: Path,
) -> None:
    out = built(tmp_path, "only", ("nmpa",))
    assert "README.txt" in files(out / "nmpa/m5")
    assert not {n for n in files(out / "m5") if n.endswith(("README.txt", "drg.pdf"))}
    assert not (out / "dataset-json").is_symlink()
    assert (out / "m5").is_dir()
    study = load(tmp_path / "only/study")
    run.build(study, tmp_path / "only/study", tmp_path / "only/drop", out, Workers(), quiet)
    assert not (out / "nmpa").is_symlink()
    assert (out / "m5").is_dir()


def test_how_participants_are_put_into_blocks_leaves_no_trace(both: Path, tmp_path: Path) -> None:
    home = both.parent
    run.build(
        load(home / "study"), home / "study", home / "drop", tmp_path, Workers(1, 1), quiet, ("fda", "nmpa")
    )
    assert files(tmp_path / "nmpa") == files(both / "nmpa")


# --- what is refused
def refused(
    root: Path, length: int, encoding: str = "UTF-8", translation: str = "A long note"
) -> list[tuple[str, str, str]]:
    """Rule, dataset and message of the errors of a build with a note of so many characters."""
    note = "寒" * length
    changed = {
        "specs/translations.yaml": f"曲妥珠单抗: Trastuzumab\n女: F\n{note}: {translation}\n",
        "specs/nmpa.yaml": chinese_study.EDITION.replace("encoding: UTF-8", f"encoding: {encoding}"),
    }
    study = small_study.small_study(root / "study", {**small_builds.FILES, **chinese_study.FILES, **changed})
    (root / "drop").mkdir()
    for file, content in {**small_builds.DROP, **chinese_study.DROP}.items():
        (root / "drop" / file).write_text(content.replace("输注后寒战", note), encoding="utf-8")
    report = run.build(study, root / "study", root / "drop", root / "out", Workers(), quiet, ("nmpa",))
    rows = report.content["findings"]["by_rule"]
    return [
        (r["rule"], f"{r['dataset']}.{r['variable']}", r["message"]) for r in rows if r["severity"] == "error"
    ]


@pytest.mark.parametrize(("length", "encoding"), [(66, "UTF-8"), (100, "GB18030")])
def test_a_text_of_200_bytes_in_the_encoding_at_most_is_published_whole(
    tmp_path: Path, length: int, encoding: str
) -> None:
    assert refused(tmp_path, length, encoding) == []
    records = read(next((tmp_path / "out/nmpa").rglob("suppex.xpt")), encoding)
    assert records["QVAL"][0] == "寒" * length


@pytest.mark.parametrize(("length", "encoding"), [(67, "UTF-8"), (101, "GB18030")])
def test_a_text_over_200_bytes_in_the_encoding_is_refused_and_not_cut(
    tmp_path: Path, length: int, encoding: str
) -> None:
    [(rule, place, message)] = refused(tmp_path, length, encoding)
    assert (rule, place) == ("TEXT-EDITION", "EX.EXNOTE")
    assert f"over 200 bytes in {encoding}" in message
    assert not (tmp_path / "out/nmpa").exists()


def test_a_translation_that_goes_on_in_another_record_is_refused_where_both_editions_must_have_the_same(
    tmp_path: Path,
) -> None:
    [(rule, place, message)] = refused(tmp_path, 5, translation="word " * 41 + "end")
    assert (rule, place) == ("TEXT-EDITION", "EX.EXNOTE")
    assert "shorten it in specs/translations.yaml" in message


def wrong(root: Path, old: str, new: str) -> Callable[[], Study]:
    text = chinese_study.EDITION.replace(old, new, 1)
    assert text != chinese_study.EDITION
    files = {**small_builds.FILES, **chinese_study.FILES, "specs/nmpa.yaml": text}
    return lambda: small_study.small_study(root, files)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "  DM.SEX: 性别\n",
            "  DM.SEX: 性别性别性别性别性别性别性别ab\n",
            "specs/nmpa.yaml:7:3: DM.SEX: the label has 44 bytes in UTF-8 and 1 to 40 fit",
        ),
        (
            "  --SEQ: 序号\n",
            "  --SEQ: 序号序号序号序号序号序号序ab\n",
            "specs/nmpa.yaml:12:3: --SEQ: the label has 41 bytes in UTF-8 and 1 to 40 fit",
        ),
        (
            "DM: 人口学资料",
            "DM: ''",
            "specs/nmpa.yaml:2:12: datasets.DM: an empty text says nothing; write it, or leave the key out",
        ),
        (
            "  SEX: {F: 女, M: 男}",
            "  SEXX: {F: 女}",
            "specs/nmpa.yaml:29:3: SEXX is not a list of specs/codelists.yaml; did you mean SEX?",
        ),
        ("F: 女, M: 男", "F: 女, N: 男", "specs/nmpa.yaml:29:15: N is not a term of SEX"),
        (
            "F: 女, M: 男",
            "F: 女",
            "specs/nmpa.yaml:29:3: SEX has no Chinese for M; a list stands here whole or not at all",
        ),
        (
            "encoding: UTF-8",
            "encoding: GBK",
            "specs/nmpa.yaml:1:1: encoding: expected one of UTF-8, GB18030",
        ),
        ("datasets:", "dataset:", "specs/nmpa.yaml:2:1: dataset is not a key here; did you mean datasets?"),
    ],
)
def test_a_mistake_in_the_chinese_of_a_study_is_told_with_its_place(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    with pytest.raises(SpecError) as refusal:
        wrong(tmp_path, old, new)()
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  HOURS: 小时数\n", "", "specs/nmpa.yaml:3:1: ADSL.HOURS has no Chinese label; add it"),
        ("EX: 暴露, ", "", "specs/nmpa.yaml:2:1: EX has no Chinese label; add it"),
        ("  QVAL: 数据值\n", "", "specs/nmpa.yaml:3:1: SUPPEX.QVAL has no Chinese label; add it"),
        ("  --NOTE: 备注\n", "", "specs/nmpa.yaml:3:1: EX.EXNOTE has no Chinese label; add it"),
        (
            "  HOURS: 小时数\n",
            "  HOURS: 小时数\n  HOUR: 小时\n",
            "specs/nmpa.yaml:20:3: HOUR is the label of nothing that is published; did you mean HOURS?",
        ),
        (
            "{DM: 人口学资料",
            "{DMM: 人口学资料, DM: 人口学资料",
            "specs/nmpa.yaml:2:12: DMM is the label of nothing that is published; did you mean DM?",
        ),
    ],
)
def test_a_label_that_is_missing_or_leads_nowhere_is_a_mistake_only_where_the_edition_is_asked_for(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    study = wrong(tmp_path, old, new)()
    with pytest.raises(SpecError) as refusal:
        chosen(study, run.publishable(study))
    assert str(refusal.value) == f"{tmp_path}/{message}"
    assert refusal.value.exit_code == 3


def test_a_study_without_the_file_has_no_such_edition(tmp_path: Path) -> None:
    study = small_study.small_study(tmp_path, small_builds.FILES)
    with pytest.raises(SpecError, match=r"specs/nmpa\.yaml: the file is missing"):
        chosen(study, run.publishable(study))
