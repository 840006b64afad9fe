"""From folders of annotated texts to a graph: what ``geokg build`` does.

``build`` makes a graph in memory, a document at a time. ``Builder`` makes one with several processes, on the disk where
that is wanted, and from where it was broken off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from .. import readers
from ..claims import Notice
from ..errors import ReadError, Remark, place
from ..graph import KnowledgeGraph
from ..mapping import Mapper, Usage
from ..text import Document
from ..vocabulary import Base, packaged
from .builder import Builder
from .plan import found
from .worker import Told

__all__ = ["Builder", "Told", "build", "sample"]

Progress = Callable[[Iterable[Document], int], Iterable[Document]]
"""Wraps documents on their way in, to show how far it is; gets their number too."""


def build(
    *sources: str | Path,
    base: Base | None = None,
    labels: str | Path | None = None,
    accept_drafts: bool = False,
    progress: Progress | None = None,
) -> KnowledgeGraph:
    """Make a graph from annotated texts.

    Args:
        sources: folders, or single annotated texts. A folder may also hold ``entities.ttl``, ``judgements.jsonl`` and
            ``reference/``; the reference data that comes with geokg is taken where it has no set of that name.
        base: where data and graphs are named.
        labels: what foreign labels mean: a file, or the name of a shipped scheme, instead of the ``scheme.toml``
            beside a text.
        accept_drafts: take what a program drafted, too, and nobody has looked at.
        progress: wraps the documents, to show how far it is.

    Raises:
        ReadError: a file that is not what it claims to be, or nothing to read.
        UnknownTerm: a label, role, attribute or value that the scheme does not have.
        IdentityConflict: decisions about who is who that contradict each other.

    >>> from geokg.vocabulary import packaged
    >>> build(packaged("data")).documents()
    ['https://w3id.org/geokg/data/document/china-taliban/article']
    """
    passed_over: list[ReadError] = []
    files = found(sources, passed_over.append)
    kg = KnowledgeGraph.empty(base=base)
    kg.notices += [_told(one, "notice") for one in passed_over]
    folders = [Path(source) for source in sources if Path(source).is_dir()]
    kg.notices += [Notice(str(remark)) for remark in kg.curation.add_folders(folders)]
    mapper, usages = Mapper(labels, within=folders), Usage()
    documents: Iterable[Document] = readers.documents(*files)
    for document in progress(documents, len(files)) if progress else documents:
        kg.notices += [_told(one, "notice" if isinstance(one, Remark) else "left out") for one in document.faults]
        mapped, usage = mapper(document)
        usages += usage
        kg.add(mapped, apply_rules=False, accept_drafts=accept_drafts)
    kg.notices += map(Notice, usages.told())
    kg.apply_rules()
    return kg


def _told(error: ReadError, how: str) -> Notice:
    return Notice(f"{place(error.path, error.line, error.column)}{how}: {error.message}")


def sample() -> KnowledgeGraph:
    """The graph of the texts that come with geokg.

    >>> len(sample().documents())
    1
    """
    return build(packaged("data"))
