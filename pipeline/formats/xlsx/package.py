"""The parts of a workbook: XML files in one archive, which refer to each other."""

from __future__ import annotations

import posixpath
import zlib
from collections.abc import Iterator, Mapping
from zipfile import BadZipFile, ZipFile, ZipInfo

from lxml import etree

from pipeline.errors import DropError
from pipeline.formats import xml

LARGEST = 2**31  # bytes of one part unpacked
# A part of more bytes than this may not unpack to so many times its packed size.
LARGE, EXPANSION = 2**26, 200
# Each of these means damage to the archive or to its parts; the message of a library would say which with a
# value in it.
DAMAGE = (
    *(BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError),
    *(ValueError, KeyError, IndexError, etree.XMLSyntaxError),
)
# What openpyxl says of damage besides, which reads the workbooks that are no part of a drop.
DAMAGE_IN_OPENPYXL = (*DAMAGE, SyntaxError, TypeError, AttributeError)
# Of the cells in Transitional and in Strict, and of the references between parts. What has another namespace
# is an extension: Excel writes a second workbookPr there, which says nothing of 1904.
NAMESPACES = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
    "http://schemas.openxmlformats.org/package/2006/relationships",
)


class Package:
    """The parts by name, each read as a stream of elements."""

    def __init__(self, file: str, archive: ZipFile) -> None:
        self.file, self.archive = file, archive
        # Some programs write xl/Workbook.xml and refer to xl/workbook.xml.
        self.parts = {_plain(info.filename): info for info in archive.infolist()}
        if len(self.parts) < len(archive.infolist()):
            raise ValueError  # two parts of one name: which counts?

    def elements(self, part: str, *tags: str) -> Iterator[etree._Element]:
        """The elements of a part with these names.

        Raises    DropError for a part that unpacks too far, and for one with a DOCTYPE; KeyError where there
                  is no such part.
        """
        info = self.parts[_plain(part)]
        _refuse_bomb(self.file, info)
        with self.archive.open(info) as stream:
            first = True
            names = [f"{{{namespace}}}{tag}" for namespace in NAMESPACES for tag in tags]
            for _, element in xml.stream(stream, "end", *names):
                if first and element.getroottree().docinfo.internalDTD is not None:
                    raise DropError(
                        f"{self.file}: has a DOCTYPE, which can hide other files: save it again as .xlsx"
                    )
                first = False
                yield element

    def related(self, part: str) -> Mapping[str, tuple[str, str]]:
        """Kind and name of each part that this one refers to, by the id of the reference."""
        folder, _, name = part.rpartition("/")
        related = {}
        for element in self.elements(f"{folder}/_rels/{name}.rels", "Relationship"):
            if element.get("TargetMode") != "External":
                kind = element.get("Type", "").rpartition("/")[2]
                target = posixpath.join(f"/{folder}", element.get("Target", "").replace("\\", "/"))
                related[element.get("Id", "")] = kind, posixpath.normpath(target).lstrip("/")
        return related


def local_name(element: etree._Element) -> str:
    """The name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def _plain(part: str) -> str:
    """One spelling for each name of a part: they differ in more than case nowhere."""
    return part.replace("\\", "/").lstrip("/").casefold()


def _refuse_bomb(file: str, part: ZipInfo) -> None:
    expands_too_far = part.file_size > LARGE and part.file_size > EXPANSION * part.compress_size
    if part.file_size > LARGEST or expands_too_far:
        raise DropError(
            f"{file}: unpacks to far more than a form can hold; export the form again, as CSV if it is that"
            " large"
        )
