"""What of a build is done: kept beside the shards, so that a build that was broken off goes on from there.

It is an SQLite file: what is committed survives the end of the process at any moment, and a second build in the same
place is kept out.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ..errors import GeokgError
from ..mapping import Usage
from ..mapping.usage import Kind
from .worker import Batch, Done, Told

_FORMAT = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS file (path TEXT PRIMARY KEY, key TEXT, faults TEXT, failures TEXT, usage TEXT);
CREATE TABLE IF NOT EXISTS piece (
  path TEXT, number INTEGER, shard TEXT, document TEXT, graph TEXT, start INTEGER, size INTEGER, quads INTEGER,
  claims INTEGER, notices TEXT, PRIMARY KEY (path, number)
);
CREATE INDEX IF NOT EXISTS piece_document ON piece (document);
CREATE INDEX IF NOT EXISTS piece_shard ON piece (shard);
CREATE TABLE IF NOT EXISTS loaded (shard TEXT PRIMARY KEY, pieces INTEGER);
CREATE TEMPORARY TABLE wanted (path TEXT PRIMARY KEY);
-- Of two documents with one id the first is taken.
CREATE TEMPORARY VIEW kept AS SELECT * FROM piece AS one WHERE NOT EXISTS (
  SELECT 1 FROM piece AS other WHERE other.document = one.document
  AND (other.path, other.number) < (one.path, one.number)
);
"""


class Totals(NamedTuple):
    """How much there is of what was populated."""

    documents: int
    quads: int
    claims: int


class Manifest:
    """What is done in a work folder.

    Args:
        folder: the work folder.

    Raises:
        GeokgError: another build is at work there, or it holds something else.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / "manifest.sqlite"
        self._db = sqlite3.connect(path, isolation_level=None, timeout=0)
        try:
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("BEGIN EXCLUSIVE")
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            self._db.execute("COMMIT")
            if version not in (0, _FORMAT):
                raise GeokgError(f"{folder}: was left by another version of geokg; remove it")
            self._db.executescript(_TABLES + f"PRAGMA user_version = {_FORMAT}")
        except sqlite3.DatabaseError as error:
            self._db.close()
            if not isinstance(error, sqlite3.OperationalError):
                why = f"is no work folder of a build ({error}); remove it"
            else:
                why = "another build is at work there" if "locked" in str(error) else f"cannot be written: {error}"
            raise GeokgError(f"{folder}: {why}") from error

    def close(self) -> None:
        """Let others at it."""
        self._db.close()

    def known(self, paths: Sequence[Path]) -> list[str]:
        """The keys under which files were done, empty for those that were not; they are wanted from now on."""
        names = [_name(path) for path in paths]
        self._db.executemany("INSERT OR IGNORE INTO wanted VALUES (?)", ((name,) for name in names))
        find = "SELECT key FROM file WHERE path = ?"
        return [(self._db.execute(find, (name,)).fetchone() or ("",))[0] for name in names]

    def add(self, batch: Batch) -> None:
        """Keep what a batch gave, all or nothing."""
        with self._db:
            self._db.execute("BEGIN")
            for one in batch.done:
                self._add(one, batch.shard)

    def _add(self, done: Done, shard: str) -> None:
        name = _name(done.path)
        usage = [[*kind, count, *done.usage.first.get(kind, ("", ""))] for kind, count in done.usage.counts.items()]
        self._db.execute(
            "INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?, ?)",
            # What failed is tried again.
            (name, "" if done.failures else done.key, _json(done.faults), _json(done.failures), json.dumps(usage)),
        )
        self._db.execute("DELETE FROM piece WHERE path = ?", (name,))
        self._db.executemany(
            "INSERT INTO piece VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (name, number, shard, one.document, one.graph, one.start, one.size, one.quads, one.claims, told)
                for number, one in enumerate(done.pieces)
                for told in [_json(one.notices)]
            ),
        )

    def forget_unwanted(self, shards: Path) -> None:
        """Forget files that the build does not have any more, and remove shards of which nothing is left."""
        with self._db:
            self._db.execute("BEGIN")
            for table in ("file", "piece"):
                self._db.execute(f"DELETE FROM {table} WHERE path NOT IN (SELECT path FROM wanted)")  # noqa: S608
        for path in shards.iterdir():
            if not self._db.execute("SELECT 1 FROM piece WHERE shard = ? LIMIT 1", (path.name,)).fetchone():
                path.unlink()

    # What the shards hold

    def shards(self) -> list[str]:
        """The names of the shards, in the order of the documents."""
        rows = self._db.execute("SELECT shard FROM kept GROUP BY shard ORDER BY MIN(path)")
        return [shard for (shard,) in rows]

    def places(self, shard: str) -> list[tuple[int, int]]:
        """Where the documents stand in a shard: first byte and size of each."""
        return self._db.execute("SELECT start, size FROM kept WHERE shard = ? ORDER BY start", (shard,)).fetchall()

    # What of it is in the store

    def may_go_on(self, digest: str) -> bool:
        """Whether all that was loaded is still what it is to be; what is not of this digest is not."""
        rows = self._db.execute("SELECT shard, pieces FROM loaded").fetchall()
        return (digest, 0) in rows and all(
            len(self.places(shard)) == pieces for shard, pieces in rows if shard != digest
        )

    def load_anew(self) -> None:
        """Nothing is loaded."""
        self._db.execute("DELETE FROM loaded")

    def is_loaded(self, shard: str) -> bool:
        """Whether a shard, or what a digest stands for, is in the store."""
        return self._db.execute("SELECT 1 FROM loaded WHERE shard = ?", (shard,)).fetchone() is not None

    def loaded(self, pieces: Mapping[str, int]) -> None:
        """Shards with so many documents each, or what a digest stands for, are in the store now."""
        with self._db:
            self._db.execute("BEGIN")
            self._db.executemany("INSERT OR REPLACE INTO loaded VALUES (?, ?)", pieces.items())

    def loaded_quads(self) -> int:
        """How many quads of documents are in the store."""
        query = "SELECT TOTAL(quads) FROM kept WHERE shard IN (SELECT shard FROM loaded)"
        return int(self._db.execute(query).fetchone()[0])

    # What a person should know

    def totals(self) -> Totals:
        """How much was populated."""
        row = self._db.execute("SELECT COUNT(*), TOTAL(quads), TOTAL(claims) FROM kept").fetchone()
        return Totals(*map(int, row))

    def documents(self) -> Iterator[str]:
        """The IRIs of the documents, sorted."""
        return (row[0] for row in self._db.execute("SELECT document FROM kept ORDER BY document"))

    def notices(self) -> Iterator[Told]:
        """What was noticed, in the order of the files."""
        return self._told("SELECT notices FROM kept WHERE notices != '[]' ORDER BY path, number")

    def faults(self) -> Iterator[Told]:
        """The annotations that were left out, likewise."""
        return self._told("SELECT faults FROM file WHERE faults != '[]' ORDER BY path")

    def failures(self) -> Iterator[Told]:
        """Why files and documents were left out, likewise."""
        yield from self._told("SELECT failures FROM file WHERE failures != '[]' ORDER BY path")
        rows = self._db.execute(
            "SELECT document, path, (SELECT path FROM kept WHERE kept.document = piece.document) FROM piece"
            " WHERE (path, number) NOT IN (SELECT path, number FROM kept) ORDER BY path, number"
        )
        for document, path, first in rows:
            identifier = document.rpartition("/document/")[2]
            message = f"the document id {identifier!r} is taken by {first}; give one of the folders another id in its "
            yield Told(message + "source.toml", path)

    def usage(self) -> Usage:
        """What became of foreign labels, in all."""
        whole = Usage()
        for (told,) in self._db.execute("SELECT usage FROM file WHERE usage != '[]' ORDER BY path"):
            for kind, name, fate, count, place, why in json.loads(told):
                key = Kind(kind, name, fate)
                whole.counts += Counter({key: count})
                if place or why:
                    whole.first.setdefault(key, (place, why))
        return whole

    def _told(self, query: str) -> Iterator[Told]:
        return (Told(*one) for (told,) in self._db.execute(query) for one in json.loads(told))


def _json(told: Iterable[Told]) -> str:
    return json.dumps([(one.message, one.file, one.line, one.column) for one in told], ensure_ascii=False)


def _name(path: Path) -> str:
    return os.path.abspath(path)  # noqa: PTH100 - resolve() would follow links
