"""The findings of the data as they are now: judged in the background once somebody asks, once for each state."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from ..errors import GeokgError
from ..graph import KnowledgeGraph
from ..sparql.snapshot import MemorySnapshot
from ..store import Store
from ..validation import Finding, Report, ValidationError, validate
from ..validation.baseline import Difference, Known
from ..validation.catalogue import catalogue
from ..validation.demands import Rule
from ..vocabulary import Base
from .downloads import Downloads, be_modest, dump, load

if TYPE_CHECKING:
    from .site import Site

_LOG = logging.getLogger(__name__)
LARGE = 50_000
"""Quads from which a process of its own judges: it takes seconds, and memory that is then given back."""
_HOUR = 3600
_AGAIN = 60.0
"""Seconds until something is tried again that failed."""


@dataclass(frozen=True, eq=False)
class Judged:
    """A report, and when it was made of what.

    Attributes:
        report: what came of it.
        state: which state of the data was judged.
        at: when that was done.
        before: what the last report held that was another, or the baseline; ``None`` if there is nothing to compare
            with.
        memory: what pages made of it that takes long where there is very much.
        downloads: what was written of it for others to keep.
    """

    report: Report
    state: int
    at: datetime
    before: tuple[Known, ...] | None = None
    memory: dict[Hashable, Any] = field(default_factory=dict, repr=False)
    downloads: Downloads = field(default_factory=Downloads, repr=False)

    @cached_property
    def difference(self) -> Difference | None:
        """What is new, standing and fixed."""
        return None if self.before is None else self.report.difference(self.before)


@dataclass(frozen=True)
class Look:
    """What is known of the findings at a moment.

    Attributes:
        judged: the newest report there is; ``None`` while the first is being made.
        is_current: whether it is of the data as they are now; else the next one is being made.
        failure: why there is none, if it could not be made.
    """

    judged: Judged | None = None
    is_current: bool = False
    failure: str = ""

    @property
    def counts(self) -> dict[str, int] | None:
        """How many findings there are of each severity, if that is known.

        >>> Look().counts is None
        True
        """
        return None if self.judged is None else self.judged.report.counts

    def of(self, document: str) -> list[Finding] | None:
        """The findings in a document, in the order of its text, if they are known.

        Args:
            document: its id, such as ``china-taliban/article``.

        >>> Look().of("china-taliban/article") is None
        True
        """
        return None if self.judged is None else [one for one in self.judged.report if one.document == document]


@dataclass
class Findings:
    """The findings of one site.

    Nothing is done before somebody looks. Then a thread judges the data, or starts a process of low priority that does
    (a thread of low priority would hold up all others whenever it waits for the processor with Python's lock in hand);
    whoever looks meanwhile is told so, and sees what was found before.

    Attributes:
        site: whose data they are about.
        known: a baseline to compare with; without one each report is compared with the last that was another.
    """

    site: Site = field(repr=False)
    known: tuple[Known, ...] | None = None
    _judged: Judged | None = field(default=None, init=False)
    _failure: tuple[int, float, str] | None = field(default=None, init=False)
    _is_busy: bool = field(default=False, init=False)
    _changed: threading.Condition = field(default_factory=threading.Condition, init=False, repr=False)

    def look(self, wait: float = 0.0) -> Look:
        """What is known now; what is not is begun to be found out.

        Args:
            wait: seconds to wait for a report of the data as they are now.
        """
        until = time.monotonic() + wait
        with self._changed:
            look = self._look()
            while not (look.is_current or look.failure) and (left := until - time.monotonic()) > 0:
                self._changed.wait(left)  # what is being made may be of the state before
                look = self._look()
            return look

    @property
    def _state(self) -> int:
        """Which state the data is in; a service elsewhere does not say, and is judged once an hour at most."""
        return self.site.state if self.site.store.is_here else int(time.monotonic() / _HOUR)

    def _look(self) -> Look:
        state = self._state
        is_current = self._judged is not None and self._judged.state == state
        failure = ""
        if self._failure is not None and self._failure[0] == state and time.monotonic() < self._failure[1]:
            failure = self._failure[2]
        if not is_current and not failure and not self._is_busy:
            self._is_busy = True
            threading.Thread(target=self._work, name="findings", daemon=True).start()
        return Look(self._judged, is_current, failure)

    def _work(self) -> None:
        state, report, failure = self._state, None, ""
        downloads = Downloads()
        try:
            report = self._report(downloads.whole)
            demands()
        except GeokgError as error:
            failure = str(error)
        except Exception:  # whatever it is, pages say so instead of waiting for ever
            failure = "the log of the server says why"
            _LOG.exception("the data could not be judged")
        finally:
            with self._changed:
                self._is_busy = False
                if report is None:
                    self._failure = (state, time.monotonic() + _AGAIN, failure)
                else:
                    before = self._before(report)
                    self._judged = Judged(report, state, datetime.now(UTC), before, downloads=downloads)
                self._changed.notify_all()

    def _before(self, report: Report) -> tuple[Known, ...] | None:
        last = self._judged
        if self.known is not None or last is None:
            return self.known
        return last.report.known if report.difference(last.report) else last.before

    def _report(self, keep: Path) -> Report:
        """What the gate knows; else what comes of judging all. What stays away from this process is kept in a file."""
        writer = self.site.writer
        if writer is not None and (standing := writer.report()) is not None:
            return standing
        release = _nothing if writer is None else writer.hold()
        try:
            store = self.site.store
            if not store.is_here:
                return validate(self.site.kg)
            store = Store(store.ox, base=store.base)  # a writer on disk puts another store there with each change
            return judged_apart(store, keep=keep) if len(store) >= LARGE else validate(KnowledgeGraph(store))
        finally:
            release()


@cache
def demands() -> dict[str, Rule]:
    """What the packaged shapes demand, in words, by their IRIs.

    >>> demands()["https://w3id.org/geokg/shapes/Claim-claimant"].judges
    ('every claim',)
    """
    return {rule.shape: rule for rule in catalogue()}


def _nothing() -> None:
    """Let go of nothing."""


def judged_apart(store: Store, *, keep: Path | None = None) -> Report:
    """The report of a store, made by a process of low priority that ends with it, or with us.

    Args:
        store: the store.
        keep: a file for the report with the graph that SHACL describes, which then does not come along.

    Raises:
        ValidationError: the process did not come to its end.

    >>> judged_apart(Store.memory()).summary
    'no findings'
    """
    theirs, ours = os.pipe()
    with subprocess.Popen(  # noqa: S603
        [
            sys.executable,
            "-c",
            "from geokg.endpoint.standing import main; main()",
            str(theirs),
            store.base.iri,
            str(keep or ""),
        ],
        stdin=subprocess.PIPE,  # closes when we are gone
        stdout=subprocess.PIPE,
        pass_fds=[theirs],
        start_new_session=True,
    ) as process:
        os.close(theirs)
        with suppress(BrokenPipeError), os.fdopen(ours, "wb") as file:
            MemorySnapshot(store.ox).feed(file)
        told = b"" if process.stdout is None else process.stdout.readline().decode().strip()
        report = None if told or process.stdout is None else load(process.stdout)
    if report is None or process.returncode:
        raise ValidationError(told or f"the process that judged the data ended with exit code {process.returncode}")
    return report


def main() -> None:
    """Read a store, judge it, write what went wrong, a line that is empty at best, and the report."""
    be_modest()
    store = Store.memory(base=Base(sys.argv[2]))
    try:
        with os.fdopen(int(sys.argv[1]), "rb") as file:
            file.readline()  # the names of graphs, empty ones too
            store.ox.bulk_load(input=file, format=ox.RdfFormat.N_QUADS)
    except (OSError, SyntaxError):
        os._exit(1)  # whoever fed us is gone
    out, keep = sys.stdout.buffer, Path(sys.argv[3]) if sys.argv[3] else None
    try:
        report = validate(KnowledgeGraph(store))
        if keep is not None:
            with keep.open("wb") as file:
                dump(report, file)
    except (GeokgError, MemoryError, OSError) as error:
        out.write(" ".join((str(error) or type(error).__name__).split()).encode() + b"\n")
    else:
        out.write(b"\n")
        dump(report, out, whole=keep is None)
    out.flush()
    os._exit(0)  # the other thread still reads
