"""What a worker does: some annotation files to one shard, a file of N-Quads, a document at a time.

A worker may be this process, one beside it, or one on another machine that sees the same files. It is sent paths and
gives back what a person should know; quads go to the shard alone.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

from rdflib.namespace import RDF

from ..claims import Population, populate
from ..curation import Curation
from ..errors import GeokgError, IdentityConflict, ReadError, Remark, UnknownTerm
from ..mapping import Mapper, Usage, total
from ..readers import documents
from ..scheme import Scheme
from ..store import Store
from ..text import Document
from ..vocabulary import GK
from .plan import Item, Plan

_CLAIM = f" <{RDF.type}> <{GK.Claim}> "


@dataclass(frozen=True)
class Told:
    """Something that a person should know, with its place.

    Attributes:
        message: in plain words.
        file: the file as it was given; empty if it is about none.
        line: from 1; 0 if it is not known.
        column: likewise.
    """

    message: str
    file: str = ""
    line: int = 0
    column: int = 0

    @classmethod
    def of(cls, error: GeokgError) -> Told:
        """What an error says.

        >>> Told.of(ReadError("is wrong", path="a.ann", line=3))
        Told(message='is wrong', file='a.ann', line=3, column=0)
        """
        if isinstance(error, ReadError | UnknownTerm | IdentityConflict) and error.path is not None:
            return cls(error.message, str(error.path), error.line or 0, error.column or 0)
        return cls(str(error))

    def error(self) -> ReadError:
        """The same as an error."""
        return ReadError(self.message, path=self.file or None, line=self.line or None, column=self.column or None)


@dataclass(frozen=True)
class Piece:
    """One document, and where in the shard it stands.

    Attributes:
        document: its IRI.
        graph: the IRI of its named graph.
        start: the offset of its first byte in the shard.
        size: how many bytes it has there.
        quads: how many quads that is.
        claims: how many claims are among them.
        notices: what a person should know.
    """

    document: str
    graph: str
    start: int
    size: int
    quads: int
    claims: int
    notices: tuple[Told, ...] = ()


@dataclass(frozen=True)
class Done:
    """What became of one annotation file.

    Attributes:
        path: the file.
        key: the digest of all that this hangs on.
        pieces: its documents.
        faults: the annotations that were left out.
        failures: why the file, or documents in it, were left out.
        usage: what became of foreign labels.
    """

    path: Path
    key: str = ""
    pieces: tuple[Piece, ...] = ()
    faults: tuple[Told, ...] = ()
    failures: tuple[Told, ...] = ()
    usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True)
class Batch:
    """What became of some annotation files.

    Attributes:
        shard: the name of the file with their quads; empty if there are none.
        done: what was done, in the order given.
        unchanged: how many files need not be done again.
    """

    shard: str
    done: tuple[Done, ...]
    unchanged: int


def work(plan: Plan, run: str, folder: Path, given: Iterable[Item]) -> Batch:
    """Populate some annotation files, unless they are known unchanged.

    Args:
        plan: what is the same for all.
        run: names the build, so that nothing is kept from one to the next.
        folder: where shards go; every worker must see it under this path.
        given: the files.

    Raises:
        ReadError: what stewards wrote, or what labels mean, cannot be read.
        OSError: the shard cannot be written.
    """
    populator = _populator(plan, run)
    done: list[Done] = []
    unchanged = 0
    handle, name = tempfile.mkstemp(prefix=".shard-", dir=folder)
    try:
        with os.fdopen(handle, "wb") as shard:
            for item in given:
                if (one := populator.do(item, shard)) is None:
                    unchanged += 1
                else:
                    done.append(one)
        named = ""
        if any(one.pieces for one in done):
            # The name says what is in it: whoever does the same work writes the same file in the same place.
            named = (
                hashlib.sha256("\n".join(f"{one.path}\n{one.key}" for one in done).encode()).hexdigest()[:32] + ".nq"
            )
            Path(name).replace(folder / named)
    finally:
        Path(name).unlink(missing_ok=True)
    return Batch(named, tuple(done), unchanged)


@lru_cache(maxsize=1)
def _populator(plan: Plan, run: str) -> _Populator:  # noqa: ARG001 - the run only tells builds apart
    return _Populator(plan)


class _Populator:
    """Everything that documents are populated with, made once a worker."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        curation = Curation(Store.memory(base=plan.base))
        curation.add_folders(plan.folders)
        self._how: dict[str, Any] = {
            "scheme": Scheme.packaged(),
            "register": curation.register,
            "base": plan.base,
            "accept_drafts": plan.accept_drafts,
        }
        self._mapper = Mapper(plan.labels, within=plan.folders)

    def do(self, item: Item, shard: BinaryIO) -> Done | None:
        """Write the quads of one file; nothing if it is done already."""
        start = shard.tell()
        pieces: list[Piece] = []
        faults: list[Told] = []
        failures: list[Told] = []
        usages: list[Usage] = []
        try:
            key = item.key(self._plan, self._mapper)
            if key == item.known:
                return None
            for document in documents(item.given, lenient=self._plan.lenient):
                faults += [Told.of(one) for one in document.faults if not isinstance(one, Remark)]
                try:
                    mapped, usage = self._mapper(document)
                    population = populate(mapped, **self._how)
                except (ReadError, UnknownTerm, IdentityConflict) as error:
                    failures.append(Told.of(error))
                    continue
                usages.append(usage)
                pieces.append(_written(document, population, shard))
        except GeokgError as error:
            # The file is not what it claims to be: what it gave so far cannot be trusted either.
            shard.seek(start)
            shard.truncate()
            return Done(item.given.path, failures=(Told.of(error),))
        return Done(item.given.path, key, tuple(pieces), tuple(faults), tuple(failures), total(usages))


def _written(document: Document, population: Population, shard: BinaryIO) -> Piece:
    lines = population.nquads.encode()
    start = shard.tell()
    shard.write(lines)
    return Piece(
        population.document,
        population.graph,
        start,
        len(lines),
        population.nquads.count("\n"),
        population.nquads.count(_CLAIM),
        tuple(_notices(document, population)),
    )


def _notices(document: Document, population: Population) -> Iterator[Told]:
    yield from (Told.of(one) for one in document.faults if isinstance(one, Remark))
    for notice in population.notices:
        span = notice.span
        if span is None:
            yield Told(notice.message)
        else:
            file = span.file if document.path is None else str(document.path.with_name(span.file))
            yield Told(notice.message, file, span.line, span.column)
