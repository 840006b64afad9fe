"""Layers of annotations: which file in a source folder is one, or is to be one.

A layer is what one annotator says of one text. It stands beside the text as ``x.<annotator>.json``, W3C Web Annotations
that ``geokg build`` reads like any others: with the same id, and so the same quads. A file of another format is never
touched; a file of Web Annotations that holds one document alone is a layer itself.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..errors import GeokgError, ReadError
from ..files import read_bytes
from ..readers import AnnotationFile, documents, find, readers
from ..readers.registry import format_of
from ..readers.source import decode, identify, read_source
from ..store import Store
from ..text import Document, Source, Text
from ..views import Views
from ..vocabulary import GK
from .problems import ProtocolError

FORMAT = "web-annotation"
_LONGEST = 200
"""Bytes of the name of a file, which may be 255 with what stands around it while it is written."""
_NAME = re.compile(r"\w(?:[\w '-]{0,58}\w)?")


@dataclass(frozen=True)
class Layer:
    """What one annotator says of one text, as it is now.

    Attributes:
        id: of its document, as a build gives it.
        document: what is said; of whoever else annotated the text, where there is no ``file``.
        text: the file of the text.
        file: the file of the layer, there or not; ``None`` where it must be said first who annotates.
        version: what the file holds.
        base: what somebody else says of the text, where the layer has none of it yet.
    """

    id: str
    document: Document
    text: Path
    file: Path | None
    version: bytes = b""
    base: Document | None = None

    @property
    def tag(self) -> str:
        """What tells this version from others."""
        return hashlib.sha256(self.version).hexdigest()[:32]

    @property
    def annotator(self) -> str | None:
        """Whose it is."""
        return self.document.annotator

    @property
    def source(self) -> str:
        """The path of the text, from the folder of the file."""
        return self.text.relative_to((self.file or self.text).parent).as_posix()


class Layers:
    """The layers of some source folders.

    Args:
        sources: the folders.
        store: the graph; only what it holds is shown.

    >>> from geokg.vocabulary import packaged
    >>> Layers([packaged("data")], Store.memory()).layer("no/such")
    Traceback (most recent call last):
    geokg.endpoint.problems.ProtocolError: no text of the source folders has the id 'no/such'
    """

    def __init__(self, sources: Sequence[Path], store: Store) -> None:
        self._sources, self._store = sources, store

    def layer(self, identifier: str, annotator: str | None = None) -> Layer:
        """The layer of an annotator.

        Args:
            identifier: the id of a document: the layer's, or that of any other of the same text.
            annotator: who annotates; need not be said of a document that is such a layer already.

        Raises:
            ProtocolError: there is none, nor can there be; with what to do.
        """
        given, document = self._document(identifier)
        text = _text_of(given, document)
        self._check_graph(document)
        is_ours = self._is_ours(given, document, text)
        if is_ours and annotator in (None, document.annotator):
            return Layer(document.id, document, text, given.path, read_bytes(given.path))
        if annotator is None:
            return Layer(document.id, document, text, None)
        name = unicodedata.normalize("NFC", annotator)
        own_name = f"{unicodedata.normalize('NFC', text.stem)}.{name}.json"
        if not _NAME.fullmatch(name) or len(own_name.encode()) > _LONGEST:
            raise ProtocolError("the name of an annotator is up to 60 letters, digits, blanks, - and '")
        own, file = identify(document.source, text.stem, name), text.with_name(own_name)
        there = [(one, found) for one, found in self._documents(own) if one.path != file]
        if there:
            path = there[0][0].path.name
            raise ProtocolError(f"{name} annotates this text in {path} already; choose another name", 409)
        if file.exists():
            given, document = self._document(own)
            if not self._is_ours(given, document, text):
                raise ProtocolError(f"{file.name} holds more than the annotations of {name}; move it away", 409)
            return Layer(own, document, text, file, read_bytes(file))
        empty = Document(
            Text(own, document.text, text.name), source=read_source(text.parent), annotator=name, path=file
        )
        return Layer(own, empty, text, file, base=document)

    def _documents(self, identifier: str) -> Iterator[tuple[AnnotationFile, Document]]:
        """The documents with an id, and their files."""
        for given in self._files():
            if _may_hold(given, identifier):
                with suppress(GeokgError):  # a build tells what is wrong with it
                    yield from ((given, one) for one in documents(given) if one.id == identifier)

    def _files(self) -> Iterator[AnnotationFile]:
        for source in self._sources:
            with suppress(ReadError):  # a folder without texts
                yield from find(source)

    def _document(self, identifier: str) -> tuple[AnnotationFile, Document]:
        found = list(self._documents(identifier))
        if not found:
            raise ProtocolError(f"no text of the source folders has the id {identifier!r}", 404)
        if len(found) > 1:
            raise ProtocolError(f"several files give the id {identifier!r}; give one of the folders another id", 409)
        return found[0]

    def _is_ours(self, given: AnnotationFile, document: Document, text: Path) -> bool:
        """Whether a file says nothing but this document, and so can be written anew."""
        if (given.format or format_of(given.path)) != FORMAT or document.faults:
            return False
        return text.is_relative_to(given.path.parent) and len(list(documents(given))) == 1

    def _check_graph(self, document: Document) -> None:
        """Only what the graph shows anyway is shown here."""
        iri = self._store.base.document(document.id)
        known = Views(self._store).literal(iri, str(GK.text))
        if known is None:
            raise ProtocolError(f"the graph does not hold {document.id!r}; build it from its sources again", 404)
        if known != document.text:
            raise ProtocolError("the text was changed since the graph was built; build it again", 409)


def _may_hold(given: AnnotationFile, identifier: str) -> bool:
    """Whether a file may hold the document with an id, by its name and those of its texts; so few need be read."""
    source: Source = read_source(given.folder)
    rest = identifier.removeprefix(source.id + "/")
    if rest == identifier:
        return False
    return any(f"{rest}/".startswith(identify(Source(id=""), path.stem)[1:] + "/") for path in _near(given))


def _near(given: AnnotationFile) -> list[Path]:
    """A file, and the texts that it may be over."""
    with suppress(GeokgError):
        beside = getattr(readers()[given.format or format_of(given.path)], "beside", None)
        named = list(beside(given.path)) if beside else []
        return [path for path in (given.text, *named, given.path) if path is not None]
    return [given.path]


def _text_of(given: AnnotationFile, document: Document) -> Path:
    """The file of the text, which must be a file of its own.

    Raises:
        ProtocolError: the text stands inside another file.
    """
    for path in (*_near(given), given.path.with_name(document.content.file)):
        if path.name == document.content.file and path != given.path and path.is_file():
            with suppress(ReadError):
                if decode(read_bytes(path), path) == document.text:
                    return path
    told = f"the text stands inside {given.path.name}: convert it first, with geokg convert --to web-annotation"
    raise ProtocolError(told, 409)
