"""From shards to a store on disk, while the next shards are being made."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ..store import Store
from .crew import Crew
from .manifest import Manifest
from .shards import Places, bulk_load

LOADED_AT_ONCE = 16 << 20
"""How many bytes of shards are loaded in one go, which takes some three times as much memory.

Each go leaves files of its own in the store, which puts them together by and by. More bytes at once leave it less to do
there, and more than the processor's caches hold: at 10,000 texts 4 to 64 MiB took much the same time, 1000 longer."""

LOADERS = 2
"""How many goes there are at a time."""


class Loading:
    """The store of a build: with what stewards wrote, and the shards that it is given.

    What is loaded is in the manifest, so that the store of a build that was broken off is gone on with.

    Args:
        folder: the work folder.
        manifest: what is done there.
        curated: what stewards wrote, and the ontology.
        digest: of this, and of all else that every document hangs on.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     manifest = Manifest(Path(folder))
    ...     loading = Loading(Path(folder), manifest, Store.memory(), "digest")
    ...     loading.load([])
    ...     len(loading.finish())
    ...     manifest.close()
    0
    """

    def __init__(self, folder: Path, manifest: Manifest, curated: Store, digest: str) -> None:
        self._folder = folder
        self._manifest = manifest
        self._curated = curated
        self._digest = digest
        self._store: Store
        if (folder / "store" / "CURRENT").exists() and manifest.may_go_on(digest):
            self._store = Store.at(folder / "store", base=curated.base)
        else:
            self._begin()

    def close(self) -> None:
        """Let the store be opened by others."""
        if hasattr(self, "_store"):
            del self._store

    def load(self, shards: Iterable[str], loaded: Callable[[], object] = lambda: None) -> None:
        """Load shards as they come.

        Args:
            shards: their names; those that are in the store already, and empty ones, are passed over.
            loaded: called now and then.

        Raises:
            OSError: the disk is full, or there is something else that is wrong with it.
        """
        with ThreadPoolExecutor(LOADERS) as threads:
            for pieces in Crew(threads, LOADERS).map(self._load, self._portions(shards)):
                self._manifest.loaded(pieces)
                loaded()

    def finish(self, loaded: Callable[[], object] = lambda: None) -> Store:
        """Load what is left, and let go of the store, which then holds what it is to hold."""
        if not self._manifest.may_go_on(self._digest):
            # A document in it has changed since, or is not wanted: another with its id came that is the first.
            self._begin()
        self.load(self._manifest.shards(), loaded)
        store = self._store
        self.close()
        return store

    def _begin(self) -> None:
        self.close()
        self._manifest.load_anew()
        shutil.rmtree(self._folder / "store", ignore_errors=True)
        self._store = Store.at(self._folder / "store", base=self._curated.base)
        self._store.extend(self._curated.quads())
        self._manifest.loaded({self._digest: 0})

    def _portions(self, shards: Iterable[str]) -> Iterator[dict[str, Places]]:
        """Shards that are not in the store, as many at a time as are loaded in one go, with where to look in each."""
        some: dict[str, Places] = {}
        size = 0
        for shard in shards:
            if shard and not self._manifest.is_loaded(shard):
                some[shard] = self._manifest.places(shard)
                size += sum(size for _, size in some[shard])
                if size >= LOADED_AT_ONCE:
                    yield some
                    some, size = {}, 0
        if some:
            yield some

    def _load(self, some: dict[str, Places]) -> dict[str, int]:
        """Load some shards; how many pieces of each that was, for others may come that take a place in it."""
        shards = self._folder / "shards"
        bulk_load(self._store, ((shards / shard, places) for shard, places in some.items()), shards)
        return {shard: len(places) for shard, places in some.items()}
