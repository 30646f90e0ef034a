"""XML as a stream of elements, from a file that nobody here wrote."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from lxml import etree


def stream(source: IO[bytes], event: str, *tags: str) -> Iterator[tuple[str, etree._Element]]:
    """The elements with these tags, one after the other; nothing outside the file is ever opened, and
    comments are nobody's data.
    """
    return iter(
        etree.iterparse(
            source,
            events=(event,),
            tag=tags or None,
            remove_comments=True,
            remove_pis=True,
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=False,
        )
    )
