"""From files to ``Document``: which reader reads what, and every annotated text below a folder.

A reader is a module with ``SUFFIXES``, the endings of its annotation files, and ``documents(given)``, which yields what
one such file holds; where others use its endings too, ``recognizes(head)`` says whether a file is one of its own. Ours
stand in one table (``registry``); others add theirs as entry points of the group ``geokg.readers``, whose name is the
format's name and whose value is the module.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ..errors import ReadError
from ..text import Document
from .finding import PassedOver, find, given_by
from .given import AnnotationFile
from .registry import Reader, format_of, is_annotated, named, readers

__all__ = ["AnnotationFile", "Reader", "documents", "find", "is_annotated", "read", "readers"]


def read(path: str | Path, *, format: str | None = None, lenient: bool = False) -> Document:
    """Read one annotated text.

    Args:
        path: the annotation file, or the text that has one beside it or paired with it.
        format: the name of the reader, where the file does not tell.
        lenient: keep the good annotations of a broken file; the others are in ``Document.faults``.

    Raises:
        UnknownFormat: no reader knows this kind of file.
        OffsetMismatch: a quote is not what stands in the text at its offsets.
        ReadError: the file is not what it claims to be, or holds several texts.

    >>> from geokg.vocabulary import packaged
    >>> document = read(packaged("data") / "china-taliban" / "article.ann")
    >>> document.id, len(document.text)
    ('china-taliban/article', 2241)
    """
    found = [document for given in given_by(Path(path), format) for document in _read(given, lenient)]
    if len(found) != 1:
        raise ReadError(f"holds {len(found)} texts, not one; read it with documents()", path=path)
    return found[0]


def documents(
    *sources: str | Path | AnnotationFile,
    format: str | None = None,
    lenient: bool = False,
    passed_over: PassedOver | None = None,
) -> Iterator[Document]:
    """Read every annotated text that the sources hold, one at a time, in the order of ``find``.

    Args:
        sources: as for ``find``, or what it found.
        format: the name of the reader, where the files do not tell.
        lenient: keep the good annotations of broken files; the others are in ``Document.faults``.
        passed_over: is told what ``find`` leaves aside, and why.

    Raises:
        ReadError: as ``read`` and ``find``; also when two documents have one id.

    >>> from geokg.vocabulary import packaged
    >>> [document.id for document in documents(packaged("data") / "china-taliban")]
    ['china-taliban/article']
    """
    seen: dict[str, Path] = {}
    for given in find(*sources, format=format, passed_over=passed_over):
        for document in _read(given, lenient):
            if document.id in seen:
                raise ReadError(
                    f"the document id {document.id!r} is taken by {seen[document.id]}; "
                    "give one of the folders another id in its source.toml",
                    path=given.path,
                )
            seen[document.id] = given.path
            yield document


def _read(given: AnnotationFile, lenient: bool) -> Iterator[Document]:
    reader = named(given.format or format_of(given.path), given.path)
    return reader.documents(replace(given, lenient=lenient or given.lenient))
