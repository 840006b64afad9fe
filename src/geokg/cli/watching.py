"""Checking again what changes in files: what ``geokg check --watch`` does."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import pyoxigraph as ox

from .. import rules
from ..canonical import labelled
from ..endpoint.delta import difference
from ..errors import GeokgError
from ..graph import KnowledgeGraph
from ..mapping import Mapper
from ..readers import AnnotationFile, documents, find
from ..shacl.spelling import Spelling
from ..store import Store, parse
from ..text import Document
from ..validation import Report
from ..validation.baseline import Difference
from ..validation.held import filled
from ..validation.standing import StandingReport
from .common import progress

_PAUSE = 0.5

Stamps = dict[Path, tuple[int, int]]


def stamps(places: Iterable[Path]) -> Stamps:
    """When each file was changed last, and how long it is; of a folder all files below it.

    >>> stamps([Path("no/such/file")])
    {}
    """
    found: Stamps = {}
    for place in places:
        for file in sorted(place.rglob("*")) if place.is_dir() else [place]:
            try:
                told = file.stat()
            except OSError:  # it went while we looked, or is not there yet
                continue
            if file.is_file():
                found[file] = (told.st_mtime_ns, told.st_size)
    return found


def changes(places: Iterable[Path], *, pause: Callable[[], None] = lambda: time.sleep(_PAUSE)) -> Iterator[list[Path]]:
    """The files that changed, came or went, each time that some did and then nothing more for a moment.

    Args:
        places: files and folders.
        pause: what is done between two looks; it ends the watch by raising.
    """
    watched = list(places)
    return _changes(watched, stamps(watched), pause)


def _changes(places: list[Path], before: Stamps, pause: Callable[[], None]) -> Iterator[list[Path]]:
    while True:
        pause()
        now = stamps(places)
        if now == before:
            continue
        pause()
        while (later := stamps(places)) != now:  # an editor still writes
            now = later
            pause()
        changed = sorted(path for path in {*before, *now} if before.get(path) != now.get(path))
        before = now
        yield changed


class Watched(Protocol):
    """What is watched, with its report."""

    def begin(self) -> Report:
        """Read everything and judge it."""

    def again(self, changed: Collection[Path]) -> Report:
        """The report after some files have changed.

        Raises:
            GeokgError: what stands there now cannot be read or judged.
        """


class Anew:
    """What is read and judged anew each time.

    Args:
        judge: does that.
    """

    def __init__(self, judge: Callable[[], Report]) -> None:
        self._judge = judge

    def begin(self) -> Report:
        """Judge it."""
        return self._judge()

    def again(self, changed: Collection[Path]) -> Report:  # noqa: ARG002 (all of it is read)
        """Judge it once more."""
        return self._judge()


class _Kept(ABC):
    """What is judged once; after that only what has changed is judged again, unless shapes change."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = options
        self._shapes = [Path(path).resolve() for path in options.get("shapes") or ()]
        self._report: StandingReport | None = None
        self._pending: set[Path] = set()

    def begin(self) -> Report:
        """Read everything and judge it."""
        self._report = self._begun()
        return self._report.report()

    def again(self, changed: Collection[Path]) -> Report:
        """The report after some files have changed, and those that could not be read before."""
        self._pending.update(changed)
        if self._report is None or any(map(self._is_shapes, self._pending)):
            self.begin()
        else:
            self._follow(self._report, self._pending)
        self._pending.clear()
        assert self._report is not None  # noqa: S101 - just made
        return self._report.report()

    def _is_shapes(self, path: Path) -> bool:
        return any(path.resolve().is_relative_to(shapes) for shapes in self._shapes)

    @abstractmethod
    def _begun(self) -> StandingReport:
        """Read everything and judge it."""

    @abstractmethod
    def _follow(self, report: StandingReport, changed: Collection[Path]) -> None:
        """Tell the report what has changed."""


class GraphFile(_Kept):
    """A file of RDF: what is judged again is what differs from what stood there before.

    Args:
        path: the file.
        options: those of :class:`.StandingReport`.
    """

    def __init__(self, path: Path, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self._path = path
        self._store = Store.memory()

    def _begun(self) -> StandingReport:
        self._store, spelling = self._read()
        return StandingReport(self._store, spelling=spelling, **self._options)

    def _follow(self, report: StandingReport, changed: Collection[Path]) -> None:  # noqa: ARG002 (there is one)
        store, spelling = self._read()
        delta = difference(self._store.ox, store.ox)
        report.apply(delta.removed, delta.added, store=store, spelling=spelling, severities=())
        self._store = store

    def _read(self) -> tuple[Store, Spelling | None]:
        quads = _steady(parse(self._path, base_iri=self._path.resolve().as_uri()))
        # The report has the ontology where the file has none.
        held = filled(quads, self._store.base, self._path, with_ontology=False)
        held.admit()
        return held.store, held.spelling


def _steady(quads: Iterable[ox.Quad]) -> Iterator[ox.Quad]:
    """The same with blank nodes that are called alike each time, so that they do not all differ from what was read."""
    nameless = []
    for quad in quads:
        if ox.BlankNode in map(type, (quad.subject, quad.object, quad.graph_name)):
            nameless.append(quad)
        else:
            yield quad
    yield from labelled(nameless)


class Texts(_Kept):
    """Annotated texts: a document that changes is put into the graph again; for whatever else all is built.

    Args:
        sources: files and folders.
        options: those of :class:`.StandingReport`.
        build: makes a graph of the sources, as :func:`geokg.build` does.
        tell: is given the graph and the number of its notices that were told before.
    """

    def __init__(
        self,
        sources: Collection[str],
        options: Mapping[str, Any],
        build: Callable[..., KnowledgeGraph],
        tell: Callable[[KnowledgeGraph, int], None] = lambda _kg, _told: None,
    ) -> None:
        super().__init__(options)
        self._sources, self._build, self._tell = sources, build, tell
        self._kg = KnowledgeGraph.empty()
        self._documents: dict[Path, set[str]] = {}
        self._texts: dict[Path, Path] = {}

    def _begun(self) -> StandingReport:
        self._kg, self._documents = self._built()
        self._texts = {given.path.absolute(): _text(given) for given in find(*self._sources)}
        return StandingReport(self._kg.store, paths=self._kg.paths, **self._options)

    def _built(self) -> tuple[KnowledgeGraph, dict[Path, set[str]]]:
        held: dict[Path, set[str]] = {}

        def noted(read: Iterable[Document], total: int) -> Iterator[Document]:
            for document in progress(read, total):
                if document.path is not None:
                    held.setdefault(document.path.absolute(), set()).add(document.id)
                yield document

        kg = self._build(*self._sources, progress=noted)
        self._tell(kg, 0)
        return kg, held

    def _follow(self, report: StandingReport, changed: Collection[Path]) -> None:
        there = {given.path.absolute(): given for given in find(*self._sources)}
        texts = {file: _text(given) for file, given in there.items()}
        known, self._texts = self._texts | texts, texts
        touched = [{file for file, text in known.items() if path.absolute() in (file, text)} for path in changed]
        if not all(touched):
            self._rebuild(report)  # something else, which may be about many texts
            return
        files = set().union(*touched)
        mapper = Mapper(within=map(Path, self._sources))
        read = {file: [mapper(one)[0] for one in documents(there[file])] for file in sorted(files & there.keys())}
        ids = [document.id for found in read.values() for document in found]
        others = {one for file, held in self._documents.items() if file not in files for one in held}
        if len(set(ids)) < len(ids) or not others.isdisjoint(ids):
            self._rebuild(report)  # which says what is wrong
            return
        gone = {one for file in files for one in self._documents.get(file, ())} - set(ids)
        kg, told = self._kg, len(self._kg.notices)
        graphs = [kg.base.document_graph(one) for one in (*ids, *gone)]
        before = _content(kg, graphs)
        try:
            for one in sorted(gone):
                kg.retract(one)
            for found in read.values():
                for document in found:
                    kg.add(document)
        finally:  # what was done before one of them failed has been done
            after = _content(kg, graphs)
            report.apply(before - after, after - before, store=kg.store, severities=())
        self._tell(kg, told)
        for file in files:
            self._documents[file] = {document.id for document in read.get(file, ())}

    def _rebuild(self, report: StandingReport) -> None:
        kg, held = self._built()
        delta = difference(self._kg.store.ox, kg.store.ox)
        self._kg.paths.clear()  # the report has this one
        self._kg.paths.update(kg.paths)
        report.apply(delta.removed, delta.added, store=kg.store, severities=())
        kg.paths, self._kg, self._documents = self._kg.paths, kg, held


def _text(given: AnnotationFile) -> Path:
    """The text of an annotation file, where that is a file of its own."""
    return (given.text or given.path.with_suffix(".txt")).absolute()


def _content(kg: KnowledgeGraph, graphs: Iterable[str]) -> set[ox.Quad]:
    """What some graphs hold, and those that follow from them."""
    return {quad for graph in (*graphs, *rules.graphs(kg.store)) for quad in kg.store.quads(graph)}


def reports(
    watched: Watched, places: Iterable[Path], *, pause: Callable[[], None] | None = None
) -> Iterator[tuple[Report, Difference | None] | GeokgError]:
    """The report, and then after each change the next, with what is different; or why there is none.

    Args:
        watched: what is judged.
        places: the files and folders that it reads.
        pause: see :func:`changes`.
    """
    watch = changes(places, pause=pause) if pause else changes(places)
    told = watched.begin()
    yield told, None
    for changed in watch:
        try:
            report = watched.again(changed)
        except GeokgError as error:
            yield error
        else:
            yield report, report.difference(told)
            told = report
