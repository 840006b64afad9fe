"""The one hand that changes the store: a change at a time, judged at the door, whole or not at all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

import pyoxigraph as ox

from ..store import Store
from ..validation import Finding
from ..validation.standing import StandingReport
from ..vocabulary import prefixes
from .changes import Change, carry_out, has_graph, make_same
from .problems import ProtocolError

Gate: TypeAlias = Literal["off", "warn", "refuse"]


@dataclass(frozen=True)
class Verdict:
    """What shapes say of a change.

    Attributes:
        added: the violations that were not there before.
        turtle: the whole report, as SHACL describes it.
    """

    added: tuple[Finding, ...] = ()
    turtle: str = ""


@dataclass(frozen=True)
class Written:
    """What came of a change that was carried out.

    Attributes:
        is_new: whether a graph was made.
        generation: the number of the state that the store is in now.
        verdict: what the gate said, if it was asked and found something new.
    """

    is_new: bool
    generation: int
    verdict: Verdict = Verdict()


class Refused(ProtocolError):
    """A change that would add violations; the store is as it was.

    Attributes:
        verdict: what the gate said.
    """

    def __init__(self, message: str, verdict: Verdict = Verdict()) -> None:
        super().__init__(message, 422)
        self.verdict = verdict


class Writer(Protocol):
    """Whoever carries changes out."""

    def write(self, change: Change) -> Written:
        """Carry a change out, alone and whole.

        Raises:
            QueryError: it is not carried out; the store is as it was.
        """

    def close(self) -> None:
        """End; what was acknowledged stays."""


class Door:
    """The gate: asks what a change would do to the report of the shapes, which is kept current from change to change.

    Args:
        gate: whether it refuses, only tells, or is open.

    >>> Door("off").gate
    'off'
    """

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self._standing: StandingReport | None = None

    def pass_through(self, store: Store, change: Change, copy: Callable[[], ox.Store]) -> tuple[bool, Verdict]:
        """Carry a change out on a store, unless the gate refuses it.

        Args:
            store: the store.
            change: what is to be changed.
            copy: makes a candidate, a store with the same content.

        Returns:
            Whether a graph was made, and what the gate said.

        Raises:
            Refused: it would add violations.
            QueryError: it cannot be carried out.
        """
        names = prefixes(store.base)
        if self.gate == "off":
            return carry_out(store.ox, change, names), Verdict()
        candidate = copy()
        is_new = carry_out(candidate, change, names)
        before, after = set(store.quads()), set(candidate)
        standing = self._standing = self._standing or StandingReport(store)
        kept = standing.apply(before - after, after - before)
        try:
            added = tuple(finding for finding in kept.new if finding.severity == "violation")
            verdict = Verdict(added, standing.report().serialize("turtle")) if added else Verdict()
            if added and self.gate == "refuse":
                raise Refused(f"this would add {len(added)} violation{'s' if len(added) > 1 else ''}", verdict)
            # What was judged is what is kept: a second evaluation could give something else.
            make_same(store.ox, candidate)
        except BaseException:
            standing.undo(kept)
            raise
        return is_new, verdict


def check_conditions(store: Store, change: Change) -> None:
    """Do nothing if the store is in the state that a client wants it to be in.

    Raises:
        ProtocolError: 412.
    """
    is_there = has_graph(store.ox, change.name)
    tag = state_tag(store)
    wanted = not change.if_match or ("*" in change.if_match and is_there) or _is_among(tag, change.if_match)
    unwanted = ("*" in change.if_none_match and is_there) or _is_among(tag, change.if_none_match)
    if not wanted or unwanted:
        raise ProtocolError("the graph is not in the state that the request asks for", 412)


def state_tag(store: Store) -> str:
    """What every entity tag of the present state of a store begins with."""
    return f"{store.generation:x}"


def _is_among(tag: str, tags: tuple[str, ...]) -> bool:
    return any(one.partition("-")[0] == tag for one in tags)


class StoreWriter:
    """Writes to a store of this process. An update that never ends holds it for ever: for tests and small uses.

    Args:
        store: the store.
        gate: what to do with changes that add violations.

    >>> store = Store.memory()
    >>> writer = StoreWriter(store)
    >>> _ = writer.write(Change("update", text="INSERT DATA { <x:a> <x:b> 1 }"))
    >>> len(store)
    1
    """

    def __init__(self, store: Store, *, gate: Gate = "off") -> None:
        self._store = store
        self._door = Door(gate)
        self._lock = threading.Lock()

    def write(self, change: Change) -> Written:
        """Carry a change out, alone and whole.

        Raises:
            QueryError: it is not carried out; the store is as it was.
        """
        with self._lock:
            check_conditions(self._store, change)
            is_new, verdict = self._door.pass_through(self._store, change, self._copy)
            self._store.generation += 1
            return Written(is_new, self._store.generation, verdict)

    def _copy(self) -> ox.Store:
        candidate = ox.Store()
        candidate.bulk_extend(self._store.quads())
        for name in self._store.graphs():
            candidate.add_graph(ox.NamedNode(name))
        return candidate

    def close(self) -> None:
        """Nothing is open that would have to be closed."""
