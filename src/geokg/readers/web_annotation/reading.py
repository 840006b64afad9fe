"""From a file of annotations to documents: what it holds, and where the texts are that it is about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ...errors import ReadError
from ...files import read_bytes
from ...text import Document
from ..given import AnnotationFile, Faults
from ..placed import Placed, loads
from ..source import decode, read_source, read_text, read_unit
from .collecting import annotations_in
from .parts import Parser, Target, identifier, name_of
from .selectors import selects_words
from .sorting import Place, Sorting
from .sources import text_of, texts


def read(given: AnnotationFile) -> Iterator[Document]:
    """The documents that a file of annotations makes; see the package."""
    try:
        yield from _read(given)
    except RecursionError as error:
        raise ReadError("its selectors or resources nest too deep to be read", path=given.path) from error


def _read(given: AnnotationFile) -> Iterator[Document]:
    faults = Faults(given.lenient)
    value = loads(decode(read_bytes(given.path), given.path), given.path)
    annotations = Parser(given.path, faults).all(annotations_in(value, given.path, faults))
    # Who made a page or a collection made what is in it, where that does not say otherwise.
    creator = name_of(value.get("creator")) if isinstance(value, Placed) and "target" not in value else None
    if creator:
        annotations = [one if one.creator else replace(one, creator=creator) for one in annotations]
    sources = [target.iri for one in annotations for target in one.targets if selects_words(target)]
    found = texts(given, sources or [None])
    places = {str(path): _place(path) for path in found.values() if isinstance(path, Path)}

    def whole(target: Target) -> str | None:
        """A text is meant as a whole where it is named as a file; an address is that of a page."""
        iri = target.iri or ""
        path = None if "://" in iri else text_of(given, iri)
        if path is None and given.text is not None and identifier(iri) == given.text.name:
            path = given.text
        return str(path) if str(path) in places else None

    keys = {source: path if isinstance(path, ReadError) else str(path) for source, path in found.items()}
    yield from Sorting(given, annotations, faults, keys=keys, places=places, whole=whole).documents(creator)


def _place(path: Path) -> Place:
    source = read_source(path.parent)
    return Place(read_text(path, source), source, (path.stem,), read_unit(path.parent))
