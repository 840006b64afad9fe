"""Writing to a store on another machine: judged here on a copy, or passed on as it is."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pyoxigraph as ox

from ..errors import Busy, GeokgError, QueryError, RemoteError
from ..remote import RemoteStore
from ..remote.marks import read as marks
from ..remote.writing import State, begin, exchange, state
from ..validation import Report
from ..vocabulary import prefixes
from .changes import Change, has_graph, plan, read, with_loaded
from .delta import Delta
from .folder import FolderWriter
from .problems import ProtocolError
from .runs import Runs
from .syntax import check_syntax
from .waiting import OneByOne
from .writer import Gate, Written

MOST = 2_000_000
"""Quads of which a copy is made."""
_TRIES = 3


class PassingWriter:
    """Passes changes on to a service: what becomes of one is up to the service alone, as is how whole it is.

    Args:
        store: the service.

    Attributes:
        runs: none, as nobody judges.
    """

    is_ready = True

    def __init__(self, store: RemoteStore) -> None:
        self._store = store
        self._turns = OneByOne()
        self._number = 0
        self.runs = Runs()

    def write(self, change: Change) -> Written:
        """Pass a change on.

        Raises:
            QueryError: the service does not do it, or nobody knows whether it did; the message says which.
        """
        with self._turns.turn():
            is_there = change.graph is None or self._store.has_graph(change.graph)
            _check_conditions(change, is_there=is_there)
            if change.kind == "update":
                text = with_loaded(change)
                check_syntax(text, base_iri=change.base_iri, prefixes=prefixes(self._store.base))
                self._store.update(text, base_iri=change.base_iri)
            elif change.kind == "patch":
                self._patch(change)
            elif change.kind == "delete":
                if not is_there:
                    raise ProtocolError(f"there is no graph <{change.graph}>", 404)
                self._store.drop(change.graph)
            else:
                quads = [quad for upload in change.uploads for quad in read(upload, change.base_iri)]
                self._store.put(change.graph, self._store.lines(quads), replace=change.kind == "put")
            self._number += 1
            return Written(not is_there and change.kind != "update", self._number)

    def _patch(self, change: Change) -> None:
        """What the update makes of the one graph is found out here, and what becomes different is sent."""
        nameless: set[ox.BlankNode] = set()
        alone = ox.Store()
        alone.bulk_extend(_read(self._store, change.graph, nameless))
        delta = plan(alone, change, prefixes(self._store.base))
        if delta:
            _check_names(delta, nameless)
            begin(self._store)
            exchange(self._store, marks(self._store), delta.removed, delta.added)

    def hold(self) -> Callable[[], None]:
        """Nothing: what can be read is what the service holds."""
        return _nothing

    def report(self) -> Report | None:
        """Nothing: nobody judges."""
        return None

    def close(self) -> None:
        """Nothing is open that would have to be closed."""


class JudgingWriter:
    """Judges changes on a copy of what a service holds, as they are judged for a folder, and sends what they come to.

    The service is asked before each change whether it is as it was left: marks and the number of triples in each graph
    tell. If not, all of it is read and judged anew, while changes are sent away.

    Args:
        store: the service.
        folder: where the copy is to be; nothing is there yet.
        gate: what to do with changes that add violations.
        deadline: seconds that a change may take here.
        is_ruled: whether accepted and inferred facts are found again after each change.
        most: quads of which a copy is made.

    Raises:
        GeokgError: the service holds more, or does not hold still, or its copy cannot be judged.
    """

    def __init__(
        self,
        store: RemoteStore,
        folder: Path,
        *,
        gate: Gate = "refuse",
        deadline: float = 60.0,
        is_ruled: bool = True,
        most: int = MOST,
    ) -> None:
        self._store, self._folder, self._most = store, folder.resolve(), most
        self._gate, self._deadline, self._is_ruled = gate, deadline, is_ruled
        self._turns = OneByOne()
        self._known: State | None = None
        self._nameless: set[ox.BlankNode] = set()
        self._reading: threading.Thread | None = None
        self._failure: GeokgError | None = None
        self._copy = self._make()

    @property
    def is_ready(self) -> bool:
        """Whether changes are looked at now, and not only after all has been read and judged anew."""
        return self._reading is None and self._copy.is_ready

    @property
    def runs(self) -> Runs:
        """What the changes did to the findings."""
        return self._copy.runs

    def write(self, change: Change) -> Written:
        """Carry a change out: whole or not at all, as far as one update of the service is.

        Raises:
            Refused: it would add violations; nothing is done.
            Busy: others have written; what they left is being judged.
            QueryError: it is not done, or nobody knows whether it was; the message says which.
        """
        with self._turns.turn():
            self._follow()
            _check_conditions(change, is_there=has_graph(self._copy.store.ox, change.name))
            before = self._known
            try:
                return self._copy.write(change)
            except QueryError:
                if self._known is not before:  # the service has it, the copy perhaps not
                    self._known = None
                raise

    def _send(self, delta: Delta) -> None:
        """Make the service hold what the copy is about to hold."""
        _check_names(delta, self._nameless)
        known = self._known
        if known is None or not delta:
            return
        try:
            new = exchange(self._store, known.marks, delta.removed, delta.added)
        except QueryError as error:
            self._known = None
            if error.status < 500:  # the client wrote something else than we sent
                raise RemoteError(f"the service does not do this: {error}") from error
            raise
        self._known = known.after(new, delta.removed, delta.added)

    def _follow(self) -> None:
        """Let the copy be what the service holds."""
        if self._reading is None and (self._known is None or state(self._store) != self._known):
            self._failure = None
            self._reading = threading.Thread(target=self._again, name="copy", daemon=True)
            self._reading.start()
        if self._reading is not None:
            self._reading.join(self._deadline)
            if self._reading.is_alive():
                raise Busy("others have written to the service; it is being read and judged anew", retry_after=10)
            self._reading = None
            if self._failure is not None:
                self._known = None
                raise RemoteError(f"the service cannot be judged anew: {self._failure}") from self._failure

    def _again(self) -> None:
        try:
            self._copy.close()
            self._copy = self._make()
        except GeokgError as error:
            self._failure = error

    def _make(self) -> FolderWriter:
        begin(self._store)
        for _ in range(_TRIES):
            before = state(self._store)
            if (number := sum(before.sizes.values())) > self._most:
                told = f"the service holds {number} quads, and a copy to judge is made of {self._most} at most"
                raise GeokgError(f"{told}: give --gate off --rules off, so that writes are passed on as they are")
            self._nameless = set()
            shutil.rmtree(self._folder, ignore_errors=True)
            copy = ox.Store(str(self._folder))
            for graph in [*before.sizes]:
                copy.bulk_extend(_read(self._store, graph, self._nameless))
            copy.flush()
            del copy
            if state(self._store) == before:
                self._known = before
                return FolderWriter(
                    self._folder,
                    gate=self._gate,
                    deadline=self._deadline,
                    is_ruled=self._is_ruled,
                    base=self._store.base,
                    confirm=self._send,
                )
        raise GeokgError("others write to the service all the time, so that no copy of it can be made")

    def hold(self) -> Callable[[], None]:
        """Nothing: what can be read is what the service holds."""
        return _nothing

    def report(self) -> Report | None:
        """What stands in the copy, if the gate knows it already."""
        return None if self._reading is not None else self._copy.report()

    def close(self) -> None:
        """End; what was acknowledged is in the service."""
        if self._reading is not None:
            self._reading.join()
        self._copy.close()


def _read(store: RemoteStore, graph: str | None, nameless: set[ox.BlankNode]) -> Iterator[ox.Quad]:
    """A graph, and which blank nodes in it only the service can tell apart."""
    for quad in store.as_sent(graph):
        nameless.update(term for term in (quad.subject, quad.object) if isinstance(term, ox.BlankNode))
        yield store.own(quad)


def _check_names(delta: Delta, nameless: set[ox.BlankNode]) -> None:
    """Do nothing if all that becomes different can be said to the service.

    Raises:
        ProtocolError: 409.
    """
    for quad in (*delta.removed, *delta.added):
        if quad.subject in nameless or quad.object in nameless:
            told = "this touches a blank node that others have put into the service, and that only the service can name"
            raise ProtocolError(f"{told}: {quad.subject} {quad.predicate}; change it there", 409)


def _check_conditions(change: Change, *, is_there: bool) -> None:
    """Do nothing if a graph is in the state that a client wants it to be in; of a service only ``*`` can be asked.

    Raises:
        ProtocolError: 412.
    """
    if change.if_match and not ("*" in change.if_match and is_there):
        raise ProtocolError("what a graph in a service elsewhere holds has no lasting tag: If-Match takes * alone", 412)
    if "*" in change.if_none_match and is_there:
        raise ProtocolError("the graph is there", 412)


def _nothing() -> None:
    """Let go of nothing."""
