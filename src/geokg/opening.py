"""From what was saved to a graph: a file, a store folder, or a SPARQL service."""

from __future__ import annotations

from pathlib import Path

from .errors import ReadError
from .graph import KnowledgeGraph, is_address
from .store import Store
from .vocabulary import Base


def open(source: str | Path, *, read_only: bool = False, base: Base | None = None) -> KnowledgeGraph:
    """Open a graph that was saved.

    Args:
        source: an RDF file, a store folder, or the address of a SPARQL service.
        read_only: open a store folder beside a process that writes.
        base: where data and graphs are named.

    Raises:
        ReadError: it is not there, or does not parse.
        UnknownFormat: it is no RDF file.
        RemoteError: nobody answers at the address.

    >>> from geokg.vocabulary import packaged
    >>> len(open(packaged("ontology") / "vocab" / "polarity.ttl")) > 5
    True
    """
    if is_address(source):
        from .remote import RemoteStore

        return KnowledgeGraph(RemoteStore.at_address(str(source), base=base))
    path = Path(source)
    if not path.exists():
        raise ReadError("there is no such file or folder", path=path)
    if path.is_dir():
        if not (path / "CURRENT").exists():  # RocksDB would make a store of any folder
            raise ReadError("this folder is no store; a folder of annotated texts is built, not opened", path=path)
        return KnowledgeGraph(Store.at(path, read_only=read_only, base=base))
    return KnowledgeGraph(Store.load(path, base=base))
