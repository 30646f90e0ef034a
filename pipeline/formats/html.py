"""The text of a label that was written in HTML, as a page shows it."""

from __future__ import annotations

import html
import re

_BLOCKS = "br|p|div|li|ul|ol|tr|td|th|table|tbody|thead|h[1-6]|hr|center|pre"
_INLINE = "b|i|u|s|em|strong|span|font|small|big|sub|sup|a|img|label|code|mark|strike|del|ins|wbr|tt"
_ATTRIBUTES = r"""(?:\s+[a-zA-Z-]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>]+))*"""
# A word in angle brackets that is no element of HTML, such as <18 or <ULN>, is text.
_BLOCK = re.compile(rf"</?(?:{_BLOCKS}){_ATTRIBUTES}\s*/?>", re.IGNORECASE)
_TAG = re.compile(rf"</?(?:{_INLINE}){_ATTRIBUTES}\s*/?>", re.IGNORECASE)
_POWER = re.compile(r"(?<=\d)<sup>\s*([+-]?\d+)\s*</sup>", re.IGNORECASE)


def text(label: str) -> str:
    """The label without its tags, entities as the characters they stand for, blanks as one; a power as ^9, so
    that 10<sup>9</sup>/L is 10^9/L and not 109/L.
    """
    if "<" not in label and "&" not in label:
        return " ".join(label.split())
    without_tags = _TAG.sub("", _BLOCK.sub(" ", _POWER.sub(r"^\1", label)))
    return " ".join(html.unescape(without_tags).split())
