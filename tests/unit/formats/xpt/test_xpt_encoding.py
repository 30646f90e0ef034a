"""Transport files in UTF-8 and GB18030: characters are there whole for every reader, or refused; bytes are
what is counted.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from pipeline.errors import PipelineError
from pipeline.formats.xpt.layout import Column
from pipeline.formats.xpt.write import write
from tests.support.xpt_files import compared

CREATED = datetime(2019, 7, 1, 12, 34, 56, tzinfo=UTC)
GUARD = Column("GUARD", "行尾", 8, text=False)
ENCODINGS = ("UTF-8", "GB18030")


def written(
    folder: Path, cells: list[str], width: int, encoding: str, label: str = "术语", dataset: str = "不良事件"
) -> bytes:
    """The file, after it was read back and nothing differed."""
    frame = pd.DataFrame({"TERM": pd.Series(cells, dtype="str"), "GUARD": 1.0})
    columns = [Column("TERM", label, width, text=True), GUARD]
    write(folder / "ae.xpt", "AE", dataset, columns, [frame], CREATED, encoding)
    assert compared(folder / "ae.xpt", "AE", dataset, columns, [frame], encoding) == []
    return (folder / "ae.xpt").read_bytes()


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    "text",
    [
        "输注后寒战",
        "Grade 2 发热",
        "38.5℃",
        "≥3级",
        "龘",
        "𠮷",
        "é",
        "a\u3000b",
        "\u3000",
        "“引号”",
        "x",
        "",
        "乳腺癌(右)",
        "\ufeffa",
        "用\\药",
    ],
)
def test_a_text_is_read_as_it_was_written_and_stands_in_the_file_in_its_bytes(
    tmp_path: Path, encoding: str, text: str
) -> None:
    data = text.encode(encoding)
    file = written(tmp_path, [text, "z"], 20, encoding)
    rows = file[file.index(b"HEADER RECORD*******OBS") + 80 :]
    assert rows[:20] == data.ljust(20)
    frame, meta = pyreadstat.read_xport(tmp_path / "ae.xpt", encoding=encoding)
    assert list(frame["TERM"]) == [text, "z"]
    assert meta.column_names_to_labels == {"TERM": "术语", "GUARD": "行尾"}
    assert meta.file_label == "不良事件"


@pytest.mark.parametrize(("encoding", "fitting"), [("UTF-8", 66), ("GB18030", 100)])
def test_200_bytes_hold_so_many_characters_and_none_is_cut(
    tmp_path: Path, encoding: str, fitting: int
) -> None:
    written(tmp_path, ["寒" * fitting], 200, encoding)
    with pytest.raises(
        PipelineError, match=f"^AE.TERM, row 2: the text is longer than its 200 bytes in {encoding}"
    ):
        written(tmp_path, ["寒", "寒" * (fitting + 1)], 200, encoding)


@pytest.mark.parametrize(("encoding", "size"), [("UTF-8", 3), ("GB18030", 2)])
@pytest.mark.parametrize("before", range(4))
def test_a_character_at_the_cut_is_refused_wherever_the_cut_is(
    tmp_path: Path, encoding: str, size: int, before: int
) -> None:
    text = "x" * before + "寒"
    written(tmp_path, [text], before + size, encoding)
    for width in range(before + 1, before + size):
        with pytest.raises(PipelineError, match="the text is longer than its"):
            written(tmp_path, [text], width, encoding)


@pytest.mark.parametrize(
    ("encoding", "label", "why"),
    [
        ("UTF-8", "与曲妥珠单抗相关的不良事件1", None),
        ("UTF-8", "与曲妥珠单抗相关的不良事件ab", "the label has 41 bytes and at most 40 fit"),
        ("UTF-8", "与曲妥珠单抗相关的不良事件码", "the label has 42 bytes and at most 40 fit"),
        ("GB18030", "与曲妥珠单抗和细胞治疗相关的不良事件级别", None),
        ("GB18030", "与曲妥珠单抗和细胞治疗相关的不良事件级别x", "the label has 41 bytes and at most 40 fit"),
        ("UTF-8", "术\n语", "the label holds a character that cannot be printed"),
        ("UTF-8", "术语(级", "a quote or a bracket of the label is not closed"),
        ("UTF-8", " 术语", "the label begins or ends with a blank"),
    ],
)
def test_a_label_has_40_bytes_in_the_encoding(
    tmp_path: Path, encoding: str, label: str, why: str | None
) -> None:
    for name in ("label", "dataset"):
        if why is None:
            assert label.encode(encoding) in written(tmp_path, ["x"], 1, encoding, **{name: label})
        else:
            with pytest.raises(PipelineError, match=why):
                written(tmp_path, ["x"], 1, encoding, **{name: label})


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("寒战 ", "ends with a blank"),
        ("寒\t战", "control character"),
        ("寒\n战", "control character"),
        ("寒\u0085战", "control character"),
        ("寒\u2028战", "control character"),
        ("寒\0", "control character"),
    ],
)
def test_what_a_reader_could_not_give_back_is_refused_by_row_and_without_the_text(
    tmp_path: Path, encoding: str, text: str, why: str
) -> None:
    with pytest.raises(PipelineError, match=f"^AE.TERM, row 3: .*{why}") as refusal:
        written(tmp_path, ["寒战", "寒战", text], 20, encoding)
    assert "寒" not in str(refusal.value)
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(("encoding", "other"), [("UTF-8", "GB18030"), ("GB18030", "UTF-8")])
def test_a_file_in_another_encoding_than_stated_is_found(tmp_path: Path, encoding: str, other: str) -> None:
    written(tmp_path, ["输注后寒战"], 20, encoding, "Term", "Events")
    frame = pd.DataFrame({"TERM": pd.Series(["输注后寒战"], dtype="str"), "GUARD": 1.0})
    assert compared(
        tmp_path / "ae.xpt", "AE", "Events", [Column("TERM", "Term", 20, text=True), GUARD], [frame], other
    )


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_changed_byte_of_a_character_is_found(tmp_path: Path, encoding: str) -> None:
    file = bytearray(written(tmp_path, ["输注后寒战", "寒战"], 20, encoding))
    at = bytes(file).rindex("战".encode(encoding))
    file[at : at + len("战".encode(encoding))] = "占".encode(encoding)
    (tmp_path / "ae.xpt").write_bytes(bytes(file))
    frame = pd.DataFrame({"TERM": pd.Series(["输注后寒战", "寒战"], dtype="str"), "GUARD": 1.0})
    columns = [Column("TERM", "术语", 20, text=True), GUARD]
    assert compared(tmp_path / "ae.xpt", "AE", "不良事件", columns, [frame], encoding) == [
        "AE.TERM, row 2: the file holds another value (rows that differ: 1)."
    ]


def test_without_an_encoding_a_file_is_ascii_and_a_chinese_label_or_text_is_refused(tmp_path: Path) -> None:
    frame = pd.DataFrame({"TERM": pd.Series(["寒战"], dtype="str")})
    for label, why in (("术语", "not printable ASCII"), ("Term", "outside ASCII")):
        with pytest.raises(PipelineError, match=why):
            write(
                tmp_path / "ae.xpt", "AE", "Events", [Column("TERM", label, 20, text=True)], [frame], CREATED
            )
