"""Annotating in the browser: a layer of annotations is a file in a source folder, and its graph in the store follows.

A change is written beside the file first; then the store takes it, rules and gate included, as one transaction; then
the file takes its name. Whoever finds what was left in between (:meth:`Desk.mend`) asks the store whether it has it.
A layer that says nothing has no file, and no graph.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pyoxigraph as ox

from ..claims import Notice, Population, populate
from ..curation import Curation
from ..errors import Busy, GeokgError, IdentityConflict, ReadError, RemoteError, UnknownTerm, WriteError
from ..mapping import Mapper
from ..readers import AnnotationFile, documents
from ..readers.pairs import partner
from ..readers.web_annotation import content
from ..scheme import Scheme
from ..store import Store
from ..text import Document
from ..validation import Finding
from ..vocabulary import GK
from .annotating_files import Shelf, Way
from .annotating_layers import FORMAT, Layer, Layers
from .annotating_report import findings_of
from .changes import Change
from .operations import Upload
from .problems import ProtocolError
from .writer import Refused, Writer

_PATIENCE = 10.0
"""Seconds that a change waits for another."""


@dataclass(frozen=True)
class Saved:
    """What came of a change.

    Attributes:
        layer: as it is now.
        notices: what the annotator should know.
        findings: of the shapes, about this document.
        claims: how many it makes.
    """

    layer: Layer
    notices: tuple[Notice, ...]
    findings: tuple[Finding, ...]
    claims: int


Make = Callable[[Layer], bytes]
"""The next version of a layer's file, from the one that holds."""


class Desk:
    """Where annotators work.

    Args:
        sources: the folders that documents come from.
        store: the graph, as it can be read now.
        writer: whoever changes it; without one layers can only be looked at.

    Raises:
        GeokgError: what was left of a change cannot be mended, as a folder cannot be written to.

    >>> from geokg.vocabulary import packaged
    >>> desk = Desk([packaged("data")], Store.memory(), None)
    >>> desk.save("china-taliban/article", "Ann", "", lambda layer: b"")
    Traceback (most recent call last):
    geokg.endpoint.problems.ProtocolError: this endpoint is read-only
    """

    def __init__(self, sources: Sequence[Path], store: Store, writer: Writer | None) -> None:
        self.layers = Layers(sources, store)
        self._store, self._writer = store, writer
        self._lock = threading.Lock()
        if writer is not None:
            for pending in [path for source in sources for path in sorted(source.rglob(".*.pending"))]:
                try:
                    self.mend(Shelf.of_pending(pending))
                except OSError as error:
                    raise GeokgError(f"{pending}: cannot be mended: {error.strerror}") from error

    def save(self, identifier: str, annotator: str | None, tag: str, make: Make) -> Saved:
        """Let a layer say something else.

        Args:
            identifier: as for :meth:`.Layers.layer`.
            annotator: likewise.
            tag: that of the version which whoever changes it has seen.
            make: what the file is to hold.

        Raises:
            ProtocolError: 412, it has been changed meanwhile; 422, it cannot mean anything.
            Refused: it would add violations.
            QueryError: the store cannot be written to, or too many wait. In any case file and store are as they were.
        """
        return self._change("save", identifier, annotator, tag, make)

    def go(self, way: Way, identifier: str, annotator: str | None, tag: str) -> Saved:
        """Undo the last change of a layer, or do it again.

        Raises:
            ProtocolError: 409, there is none; else as :meth:`save`.
        """

        def former(layer: Layer) -> bytes:
            version = Shelf(_file(layer)).former("redo" if way == "redo" else "undo")
            if version is None:
                raise ProtocolError("there is nothing to undo" if way == "undo" else "there is nothing to redo", 409)
            return version

        return self._change(way, identifier, annotator, tag, former)

    def _change(self, way: Way, identifier: str, annotator: str | None, tag: str, make: Make) -> Saved:
        if (writer := self._writer) is None:
            raise ProtocolError("this endpoint is read-only", 403)
        with self._turn():
            layer = self.layers.layer(identifier, annotator)
            shelf = Shelf(_file(layer))
            if shelf.pending.exists():
                self.mend(shelf)
                layer = self.layers.layer(identifier, annotator)
            if tag != layer.tag:
                raise ProtocolError("it was changed meanwhile: load it again, and do what you did again", 412)
            shelf.prepare(make(layer))
            try:
                document, population, notices = self._populated(shelf, layer, way)
            except BaseException:
                shelf.drop()
                raise
            try:
                self._commit(writer, layer.id, population)
            except Refused:
                shelf.drop()
                raise
            except GeokgError:
                self.mend(shelf, way)
                raise
            shelf.settle(way)
        after = replace(layer, document=document, version=shelf.content)
        findings = findings_of(self._store, layer.id) if population else ()
        claims = population.nquads.count(f" <{GK.Claim}> ") if population else 0
        return Saved(after, tuple(notices), findings, claims)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._lock.acquire(timeout=_PATIENCE):
            raise Busy("too many changes wait already", retry_after=5)
        try:
            yield
        finally:
            self._lock.release()

    def _populated(self, shelf: Shelf, layer: Layer, way: Way) -> tuple[Document, Population | None, list[Notice]]:
        """What a build would make of the next version; a new one is put into the form that we write."""
        try:
            if not shelf.pending.stat().st_size:
                return _empty(layer), None, []
            document = self._read(shelf, layer)
            if way == "save":
                said = self._referring(document)
                if not _says_anything(said) and shelf.file.with_suffix(".txt") != layer.text:
                    shelf.prepare(b"")  # no text would be found for it
                    return said, None, []
                shelf.prepare(content(said, layer.source))
                document = self._read(shelf, layer)
            return document, *self._population(document)
        except (ReadError, UnknownTerm, IdentityConflict, WriteError) as error:
            raise ProtocolError(error.message, 422) from error

    def _read(self, shelf: Shelf, layer: Layer) -> Document:
        given = _given(shelf)
        # An empty page names no text.
        found = list(documents(replace(given, path=shelf.pending, text=given.text or layer.text)))
        if [one.id for one in found] != [layer.id]:
            ids = " and ".join(one.id for one in found)
            raise ReadError(f"these annotations are of {ids}, and not of {layer.id} alone", path=shelf.pending)
        if found[0].faults:
            raise found[0].faults[0]
        return found[0]

    def _referring(self, document: Document) -> Document:
        """A document that refers to entities of ours as annotators do, not by their IRIs."""
        data = self._store.base.data
        ours = {data + "entity/": "geokg", data + "state/": "state"}
        links = tuple(replace(one, resource=ours.get(one.resource, one.resource)) for one in document.normalizations)
        return replace(document, normalizations=links)

    def _population(self, document: Document) -> tuple[Population, list[Notice]]:
        mapped, usage = Mapper()(document)
        register = Curation(self._store).register
        population = populate(mapped, scheme=Scheme.packaged(), register=register, base=self._store.base)
        return population, [*population.notices, *map(Notice, usage.told())]

    def _commit(self, writer: Writer, identifier: str, population: Population | None) -> None:
        graph = self._store.base.document_graph(identifier)
        if population is None:
            if self._store.has_graph(graph):
                writer.write(Change("delete", graph))
            return
        with tempfile.TemporaryDirectory(prefix="geokg-annotate-") as folder:
            path = Path(folder) / "graph.nt"
            ox.serialize((quad.triple for quad in population.quads), path, format=ox.RdfFormat.N_TRIPLES)
            writer.write(Change("put", graph, uploads=(Upload(path, ox.RdfFormat.N_TRIPLES.media_type),)))

    def mend(self, shelf: Shelf, way: Way = "save") -> None:
        """Let a version that was left beside its file hold, if the store has it; else let it go."""
        try:
            is_committed = self._has(shelf)
        except RemoteError:  # that cannot be told now: who comes next asks again
            raise
        except (GeokgError, OSError):  # it was not even written whole
            is_committed = False
        if is_committed:
            shelf.settle(way)
        else:
            shelf.drop()

    def _has(self, shelf: Shelf) -> bool:
        """Whether the store holds what is made of the next version of a file."""
        given = _given(shelf)
        if not shelf.pending.stat().st_size:
            if not shelf.file.exists():
                return True
            (document,) = documents(given)
            return not self._store.has_graph(self._store.base.document_graph(document.id))
        (document,) = documents(replace(given, path=shelf.pending))
        population, _ = self._population(document)
        return set(self._store.quads(population.graph)) == set(population.quads)


def _file(layer: Layer) -> Path:
    if layer.file is None:
        raise ProtocolError("say who annotates: ?annotator= and a name")
    return layer.file


def _given(shelf: Shelf) -> AnnotationFile:
    """A file as a build finds it."""
    file = shelf.file
    given = partner(file) or AnnotationFile(file, text=file.with_suffix(".txt"))
    return replace(given, text=given.text if given.text and given.text.is_file() else None, format=FORMAT)


def _says_anything(document: Document) -> bool:
    return any((document.mentions, document.events, document.relations, document.notes, document.equivalences))


def _empty(layer: Layer) -> Document:
    kept = layer.document
    return Document(kept.content, source=kept.source, annotator=kept.annotator, path=layer.file)
