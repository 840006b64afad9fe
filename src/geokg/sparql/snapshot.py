"""What a generation of workers reads: the data as it was at one moment."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeAlias

import pyoxigraph as ox


@dataclass(frozen=True)
class MemorySnapshot:
    """A store in memory, copied into a process of its own when it is published.

    Attributes:
        store: the quads.
        release: called when no worker reads this generation any more.
    """

    store: ox.Store
    release: Callable[[], None] | None = None

    def feed(self, file: IO[bytes]) -> None:
        r"""Write what an owner reads: the names of the graphs, then the quads.

        >>> import io
        >>> MemorySnapshot(ox.Store()).feed(file := io.BytesIO()), file.getvalue()
        (None, b'[]\n')
        """
        names = [graph.value for graph in self.store.named_graphs() if isinstance(graph, ox.NamedNode)]
        file.write(json.dumps(names).encode() + b"\n")
        self.store.dump(file, ox.RdfFormat.N_QUADS)


@dataclass(frozen=True)
class FolderSnapshot:
    """A store on disk that nobody writes to, such as a backup; each worker opens it for reading.

    Attributes:
        folder: where it is.
        release: called when no worker reads this generation any more; it may remove the folder.
    """

    folder: Path
    release: Callable[[], None] | None = None


Snapshot: TypeAlias = MemorySnapshot | FolderSnapshot
