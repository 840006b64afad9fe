"""The one hand that changes the store: a change at a time, judged at the door, whole or not at all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Literal, Protocol, TypeAlias

import pyoxigraph as ox

from .. import rules
from ..errors import QueryError
from ..store import Store
from ..validation import Finding, Report, Severity
from ..validation.hiding import in_memory
from ..validation.standing import Kept, StandingReport
from ..vocabulary import GK, prefixes
from .changes import Change, carry_out, has_graph, plan, run
from .conditions import check_conditions
from .delta import Ahead, Delta, Recorder, exchange, rewrite
from .problems import ProtocolError
from .runs import Run, Runs

Gate: TypeAlias = Literal["off", "warn", "refuse"]
_JUDGED: tuple[Severity, ...] = ("violation",)
TOLD = 2_000
"""Findings up to which changes may wait while they are put into words: a second or two."""
LARGE = 10_000
"""Quads from which a change is made by writing all anew: a transaction of so many takes seconds (measured)."""
_NOTHING = Delta()


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

    def hold(self) -> Callable[[], None]:
        """Keep what can be read now until the function that is returned is called."""

    @property
    def is_ready(self) -> bool:
        """Whether changes are looked at now, and not only after what is there has been judged.

        Raises:
            GeokgError: they never will be.
        """

    @property
    def runs(self) -> Runs:
        """What the changes did to the findings, if the gate asks for them."""

    def report(self) -> Report | None:
        """What the gate knows of the findings, if it knows them and they are told in a moment."""

    def close(self) -> None:
        """End; what was acknowledged stays."""


class Place(Protocol):
    """Where a store is kept."""

    def copy(self) -> ox.Store:
        """A candidate: a store of its own with the same content."""

    def empty(self) -> ox.Store:
        """A candidate that is still to be filled."""

    def scratch(self) -> ox.Store | None:
        """A copy in memory, unless that would take too much."""

    def without(self, store: ox.Store, graphs: Collection[ox.NamedNode]) -> ox.Store:
        """A copy of a candidate without some graphs."""

    @property
    def runs(self) -> Runs:
        """Where it is noted what changes do to the findings."""

    def commit(self, delta: Delta, candidate: ox.Store | None) -> None:
        """Make the store hold what the candidate does: whole or not at all."""


class Door:
    """Changes pass here: facts and inferences follow them, and the gate asks what they do to the report of the shapes.

    Rules look at a candidate. It and the report are kept for the next change, as long as they hold what the store does.

    Args:
        gate: whether it refuses, only tells, or is open.
        is_ruled: whether accepted and inferred facts are found again, where a store holds policies or such facts.

    Attributes:
        candidate: the one that is kept.

    >>> Door("off").gate
    'off'
    """

    def __init__(self, gate: Gate, *, is_ruled: bool = True) -> None:
        self.gate = gate
        self.is_ruled = is_ruled
        self.candidate: ox.Store | None = None
        self._standing: StandingReport | None = None
        self._pending = _NOTHING
        self._is_current = False

    def prepare(self, store: Store, place: Place) -> None:
        """Find what rules give, and judge the store with it, so that the first change need not wait for that.

        What they give and the store does not hold is pending: it is put there with the first change.

        Raises:
            ValidationError: a query of a shape cannot be run.
        """
        is_concerned = self.is_ruled and _are_rules_concerned(store, Delta())
        if self.gate == "off" and not is_concerned:
            return
        candidate, scratch = place.copy(), place.scratch()
        if is_concerned:
            ruled = Recorder(candidate if scratch is None else scratch, base=store.base)
            rules.apply(ruled)
            self._pending, self._is_current = ruled.since(store.ox), True
            if scratch is not None:
                _pour(candidate, self._pending)
        self.candidate = candidate
        if self.gate == "off":
            return

        def without(judged: ox.Store, graphs: Collection[ox.NamedNode]) -> ox.Store:
            if self._standing is not None or any(map(store.ox.contains_named_graph, graphs)):
                return place.without(judged, graphs)
            copy = place.without(store.ox, ())  # nothing has to be taken out of it, which takes long
            _pour(copy, self._pending.without(graphs))
            return copy

        report = StandingReport(Store(candidate, base=store.base), copy=without, scratch=scratch)
        self._standing = report
        place.runs.add(Run.now(report.counts))

    def pass_through(self, store: Store, change: Change, place: Place) -> tuple[bool, Verdict]:
        """Carry a change out on a store, unless the gate refuses it.

        Args:
            store: the store.
            change: what is to be changed.
            place: where the store is kept.

        Returns:
            Whether a graph was made, and what the gate said.

        Raises:
            Refused: it would add violations.
            QueryError: it cannot be carried out.
        """
        is_new = change.kind != "update" and not has_graph(store.ox, change.name)
        delta = plan(store.ox, change, prefixes(store.base))
        if self.gate == "off" and not (self.is_ruled and _are_rules_concerned(store, delta)):
            if delta is None:
                run(store.ox, change, prefixes(store.base))
            else:
                place.commit(delta, _prepared(store, delta, place) if len(delta) > LARGE else None)
            self.candidate = None
            return is_new, Verdict()
        candidate, delta = self._carried_out(store, change, delta, place)
        if self.is_ruled:
            delta = self._ruled(store, candidate, delta)
        total = delta if self._pending.is_nothing else self._pending + delta
        verdict = Verdict()
        if self.gate == "off":
            place.commit(total, candidate)
        else:
            standing = self._standing = self._standing or StandingReport(store, copy=place.without)
            after = Store(candidate, base=store.base)
            kept = standing.apply(delta.removed, delta.added, store=after, severities=_JUDGED)
            try:
                verdict = self._verdict(standing, kept)
                place.commit(total, candidate)
            except BaseException as error:
                standing.undo(kept)
                if isinstance(error, Refused) and len(delta) <= LARGE:
                    exchange(candidate, -delta)
                    self.candidate = candidate
                raise
            if kept.come or kept.fixed:
                place.runs.add(Run.now(standing.counts, kept.come, kept.fixed))
        self.candidate, self._pending, self._is_current = candidate, _NOTHING, self.is_ruled
        return is_new, verdict

    def _carried_out(self, store: Store, change: Change, delta: Delta | None, place: Place) -> tuple[ox.Store, Delta]:
        """A candidate that has had a change, and what that did; the door has none until it is through."""
        former, self.candidate = self.candidate, None
        if delta is not None:
            return _prepared(store, delta, place, former, self._pending), delta
        # An update that is carried out to know what it does must not see what is pending.
        candidate = former if former is not None and self._pending.is_nothing else place.copy()
        try:
            delta = carry_out(candidate, change, prefixes(store.base), store.ox)
        except QueryError:  # all is as it was
            _pour(candidate, self._pending)
            self.candidate = candidate
            raise
        _pour(candidate, self._pending)
        return candidate, delta

    def _ruled(self, store: Store, candidate: ox.Store, delta: Delta) -> Delta:
        """Let facts and inferences follow on a candidate, and all that it then differs in from what it was.

        What others wrote into the graphs of rules goes.
        """
        ruled = Recorder(candidate, base=store.base)
        if not rules.policies(ruled) and not rules.graphs(ruled) and not rules.graphs(store):
            return delta
        if self._is_current:
            rules.refresh(ruled, removed=delta.removed, added=delta.added)
        else:
            rules.apply(ruled)
        return ruled.since(store.ox if self._pending.is_nothing else Ahead(store.ox, self._pending), delta)

    def report(self) -> Report | None:
        """What stands, if that is known; not if it would take long to put it into words."""
        if self._standing is None or sum(self._standing.counts.values()) > TOLD:
            return None
        return self._standing.report()

    def _verdict(self, standing: StandingReport, kept: Kept) -> Verdict:
        added = kept.new
        verdict = Verdict(added, standing.report(told=False).serialize("turtle")) if added else Verdict()
        if added and self.gate == "refuse":
            raise Refused(f"this would add {len(added)} violation{'s' if len(added) > 1 else ''}", verdict)
        return verdict


def _prepared(
    store: Store, delta: Delta, place: Place, former: ox.Store | None = None, pending: Delta = _NOTHING
) -> ox.Store:
    """A candidate that has had a change, and what is pending; ``former`` is one that has not had it."""
    if len(delta.removed) > LARGE:
        candidate = place.empty()
        rewrite(store.ox, delta, candidate)
        _pour(candidate, pending)
        return candidate
    candidate = former or place.copy()
    if former is None:
        _pour(candidate, pending)
    _pour(candidate, delta)
    return candidate


def _pour(candidate: ox.Store, delta: Delta) -> None:
    """Let a candidate have a change; nobody else sees it, so it need not be one transaction."""
    if len(delta.added) > LARGE:
        exchange(candidate, replace(delta, added=()))
        candidate.bulk_extend(delta.added)
    elif not delta.is_nothing:
        exchange(candidate, delta)


def _are_rules_concerned(store: Store, delta: Delta | None) -> bool:
    """Whether rules may give something for what a change leaves."""
    if delta is None or rules.policies(store) or rules.graphs(store):
        return True
    policy = ox.NamedNode(GK.AcceptancePolicy)
    return any(quad.object == policy for quad in delta.added)


class StoreWriter:
    """Writes to a store of this process. An update that never ends holds it for ever: for tests and small uses.

    Args:
        store: the store.
        gate: what to do with changes that add violations.
        is_ruled: whether accepted and inferred facts are found again.

    Attributes:
        is_ready: always.
        runs: what the changes did to the findings.

    >>> store = Store.memory()
    >>> writer = StoreWriter(store)
    >>> _ = writer.write(Change("update", text="INSERT DATA { <x:a> <x:b> 1 }"))
    >>> len(store)
    1
    """

    is_ready = True

    def __init__(self, store: Store, *, gate: Gate = "off", is_ruled: bool = True) -> None:
        self._store = store
        self.runs = Runs()
        self._door = Door(gate, is_ruled=is_ruled)
        self._lock = threading.Lock()
        self._door.prepare(store, self)

    def write(self, change: Change) -> Written:
        """Carry a change out, alone and whole.

        Raises:
            QueryError: it is not carried out; the store is as it was.
        """
        with self._lock:
            check_conditions(self._store, change)
            is_new, verdict = self._door.pass_through(self._store, change, self)
            self._store.generation += 1
            return Written(is_new, self._store.generation, verdict)

    def report(self) -> Report | None:
        """What stands, if the gate knows it."""
        with self._lock:
            return self._door.report()

    def copy(self) -> ox.Store:
        """A store of its own with the same content."""
        candidate = ox.Store()
        rewrite(self._store.ox, Delta(), candidate)
        return candidate

    def empty(self) -> ox.Store:
        """A store that is still to be filled."""
        return ox.Store()

    def scratch(self) -> ox.Store:
        """A copy in memory."""
        return self.copy()

    def without(self, store: ox.Store, graphs: Collection[ox.NamedNode]) -> ox.Store:
        """A copy of a candidate without some graphs."""
        return in_memory(store, graphs)

    def commit(self, delta: Delta, candidate: ox.Store | None) -> None:  # noqa: ARG002 (others can use it)
        """Make the store hold what the candidate does."""
        exchange(self._store.ox, delta)

    def hold(self) -> Callable[[], None]:
        """Nothing: readers of a store in memory see what it was when they began."""
        return lambda: None

    def close(self) -> None:
        """Nothing is open that would have to be closed."""
