"""The encoding in which a SAS dataset says that its texts are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Encoding:
    """An encoding: what it is called, and the codec that reads it."""

    name: str
    codec: str

    @property
    def whole(self) -> bool:
        """Whether every character of it is read, and not those of ASCII alone."""
        return self.codec != _ASCII or self.name == "US-ASCII"


_ASCII = "ascii"
_UNSTATED = (0, 204)  # none, and SAS's `any`: the bytes are in whatever encoding the session had
_ISO = {28 + part: part for part in (1, 2, 3, 4, 5, 6, 7, 8, 9)} | {39: 11, 40: 15, 227: 14, 242: 13}
_CODE_PAGES = {
    41: 437, 42: 850, 43: 852, 44: 857, 45: 858, 46: 862, 47: 864, 48: 865, 49: 866, 50: 869, 51: 874,
    55: 720, 56: 737, 57: 775, 58: 860, 59: 863, 60: 1250, 61: 1251, 62: 1252, 63: 1253, 64: 1254, 65: 1255,
    66: 1256, 67: 1257, 68: 1258, 118: 950, 136: 949, 138: 932, 141: 949, 142: 949,
}  # fmt: skip
_OTHERS = {
    20: ("UTF-8", "utf-8"), 28: ("US-ASCII", _ASCII), 69: ("Mac Roman", "mac_roman"),
    70: ("Mac Arabic", "mac_arabic"), 72: ("Mac Greek", "mac_greek"), 75: ("Mac Turkish", "mac_turkish"),
    123: ("Big5", "big5"), 125: ("EUC-CN", "gb18030"), 126: ("GBK", "gbk"), 134: ("EUC-JP", "euc_jp"),
    140: ("EUC-KR", "euc_kr"), 163: ("Mac Icelandic", "mac_iceland"), 167: ("ISO-2022-JP", "iso2022_jp"),
    168: ("ISO-2022-KR", "iso2022_kr"), 205: ("GB18030", "gb18030"), 245: ("Mac Croatian", "mac_croatian"),
    246: ("Mac Cyrillic", "mac_cyrillic"), 247: ("Mac Romanian", "mac_romanian"),
    248: ("Shift JIS X 0213", "shift_jisx0213"),
}  # fmt: skip
# Encodings whose first 128 characters are those of ASCII, and whose others no codec at hand reads.
_ASCII_ALONE = {
    52: "code page 921", 53: "code page 922", 54: "code page 1129", 71: "Mac Hebrew", 73: "Mac Thai",
    76: "Mac Ukrainian", 119: "EUC-TW", 128: "code page 1381", 137: "code page 942",
}  # fmt: skip

BY_CODE: dict[int, Encoding] = {
    **{code: Encoding(f"ISO 8859-{part}", f"iso8859-{part}") for code, part in _ISO.items()},
    **{code: Encoding(f"code page {page}", f"cp{page}") for code, page in _CODE_PAGES.items()},
    **{code: Encoding(name, codec) for code, (name, codec) in _OTHERS.items()},
    **{code: Encoding(name, _ASCII) for code, name in _ASCII_ALONE.items()},
}


def is_stated(code: int) -> bool:
    """Whether the code says an encoding at all."""
    return code not in _UNSTATED
