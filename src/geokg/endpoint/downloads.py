"""The report in its formats: a long one is written by a process of low priority, and kept for whoever asks next.

To write a hundred thousand findings takes seconds of the processor, and memory that is not given back: in the server's
own process everybody else would wait for it.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import IO, TypeVar

from rdflib import Graph

from ..errors import Busy
from ..validation import Report, ValidationError, fixes
from .problems import ProtocolError

T = TypeVar("T")
LONG = 1000
"""Findings from which a report is long."""
FIXES = "fixes"
"""In place of a format: all that would mend something, as one update."""
_PART = 500
_KEPT = 4
_NICE, _MEMORY, _SECONDS = 10, 8 << 30, 300


@dataclass(frozen=True)
class Asked:
    """What is to be written.

    Attributes:
        format: what ``Report.serialize`` calls it.
        group: what findings are put together by.
        places: which findings, by their places in the report; ``None`` for all.
    """

    format: str
    group: str | None = None
    places: tuple[int, ...] | None = None

    @property
    def key(self) -> str:
        """What tells it from everything else.

        >>> Asked("csv").key == Asked("csv", places=()).key
        False
        """
        return hashlib.sha256(repr(self).encode()).hexdigest()[:32]


def dump(report: Report, file: IO[bytes], *, whole: bool = True) -> None:
    """Write a report in parts: whoever reads or writes a large object at once lets no other thread go on.

    Args:
        report: the report.
        file: where.
        whole: with the graph that SHACL describes, which only some formats need.
    """
    pickle.dump(replace(report, findings=(), graph=Graph()), file)
    for findings in _parts(report.findings):
        pickle.dump(("findings", findings), file)
    for triples in _parts(report.graph) if whole else ():
        pickle.dump(("graph", triples), file)


def load(file: IO[bytes]) -> Report | None:
    """Read what ``dump`` wrote; ``None`` for nothing.

    >>> with tempfile.TemporaryFile() as file:
    ...     dump(Report(), file)
    ...     _ = file.seek(0)
    ...     load(file).summary
    'no findings'
    """
    report, findings, graph = None, [], Graph()
    with suppress(EOFError):
        report = pickle.load(file)  # noqa: S301 (our own process wrote it)
        while True:
            kind, part = pickle.load(file)  # noqa: S301
            if kind == "findings":
                findings += part
            else:
                graph += part
    return replace(report, findings=tuple(findings), graph=graph) if report is not None else None


def _parts(some: Iterable[T]) -> Iterator[list[T]]:
    left = iter(some)
    while part := list(islice(left, _PART)):
        yield part


class Downloads:
    """What was written of one report, in a folder that goes with it.

    Attributes:
        whole: the file that the processes read the report from.
    """

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="geokg-report-"))
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self.whole = self._folder / "whole"
        self._changed = threading.Condition()
        self._kept: OrderedDict[str, Path] = OrderedDict()
        self._failed: dict[str, str] = {}
        self._is_busy = False

    def get(self, report: Report, asked: Asked, *, wait: float) -> IO[bytes]:
        """A file of what is asked for; whoever comes too early finds it later.

        Args:
            report: the report.
            asked: how it is wanted.
            wait: seconds to wait for it.

        Raises:
            Busy: it is not written yet, or something else is.
            ProtocolError: 500, it could not be written.
        """
        until = time.monotonic() + wait
        with self._changed:
            while asked.key not in self._kept:
                if told := self._failed.pop(asked.key, ""):
                    raise ProtocolError(told, 500)
                if not self._is_busy:
                    self._is_busy = True
                    threading.Thread(target=self._make, args=(report, asked), name="download", daemon=True).start()
                if (left := until - time.monotonic()) <= 0:
                    raise Busy("the report is being written; ask again in a moment", retry_after=5)
                self._changed.wait(left)
            self._kept.move_to_end(asked.key)
            return self._kept[asked.key].open("rb")

    def _make(self, report: Report, asked: Asked) -> None:
        path, told = self._folder / asked.key, ""
        try:
            if not self.whole.exists():
                part = self.whole.with_suffix(".part")
                with part.open("wb") as file:
                    dump(report, file)
                part.rename(self.whole)
            _write_apart(self.whole, path, asked)
        except (ValidationError, OSError) as error:
            told = str(error)
        finally:
            with self._changed:
                self._is_busy = False
                if path.exists():
                    self._kept[asked.key] = path
                else:
                    self._failed = {asked.key: told or "the report could not be written"}
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)[1].unlink(missing_ok=True)
                self._changed.notify_all()


def _write_apart(whole: Path, path: Path, asked: Asked) -> None:
    code = "from geokg.endpoint.downloads import main; main()"
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", code, str(whole), str(path)],
        stdin=subprocess.PIPE,  # closes when we are gone
        start_new_session=True,
    ) as process:
        with suppress(BrokenPipeError):
            if process.stdin is not None:
                process.stdin.write(json.dumps(asdict(asked)).encode() + b"\n")
                process.stdin.flush()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_SECONDS)
        process.kill()
    if process.returncode:
        raise ValidationError(f"the process that wrote the report ended with exit code {process.returncode}")


def main() -> None:
    """Read a report, write it as it is wanted."""
    order = json.loads(sys.stdin.buffer.readline())
    be_modest()
    whole, path = map(Path, sys.argv[1:3])
    with whole.open("rb") as file:
        report = load(file)
    if report is None:
        os._exit(1)
    if order["places"] is not None:
        report = report.only(report.findings[place] for place in order["places"])
    is_update = order["format"] == FIXES
    body = fixes.script(report) if is_update else report.serialize(order["format"], group=order["group"])
    part = path.with_suffix(".part")
    part.write_text(body, encoding="utf-8", newline="")
    part.rename(path)
    os._exit(0)  # the other thread still reads


def be_modest() -> None:
    """Let this process have a low priority and so much memory, and end with whoever holds its standard input."""
    os.nice(_NICE)
    if sys.platform.startswith("linux"):
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)
