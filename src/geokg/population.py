"""From folders of annotated texts to a graph: what ``geokg build`` does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from . import readers
from .errors import ReadError
from .graph import KnowledgeGraph
from .text import Document
from .vocabulary import Base, packaged

Progress = Callable[[Iterable[Document], int], Iterable[Document]]
"""Wraps documents on their way in, to show how far it is; gets their number too."""


def build(*sources: str | Path, base: Base | None = None, progress: Progress | None = None) -> KnowledgeGraph:
    """Make a graph from annotated texts.

    Args:
        sources: folders, or single annotated texts. A folder may also hold ``entities.ttl``, ``judgements.jsonl`` and
            ``reference/*.ttl``; without the last, the reference data that comes with geokg is taken.
        base: where data and graphs are named.
        progress: wraps the documents, to show how far it is.

    Raises:
        ReadError: a file that is not what it claims to be, or nothing to read.
        UnknownTerm: a label, role, attribute or value that the scheme does not have.
        IdentityConflict: decisions about who is who that contradict each other.

    >>> from geokg.vocabulary import packaged
    >>> build(packaged("data")).documents()
    ['https://w3id.org/geokg/data/document/china-taliban/article']
    """
    kg = KnowledgeGraph.empty(base=base)
    folders = [Path(source) for source in sources if Path(source).is_dir()]
    references = [path for folder in folders for path in sorted((folder / "reference").glob("*.ttl"))]
    for path in references or sorted((packaged("data") / "reference").glob("*.ttl")):
        kg.curation.add_reference(path)
    for folder in folders:
        if (folder / "entities.ttl").exists():
            kg.curation.add_entities(folder / "entities.ttl")
        if (folder / "judgements.jsonl").exists():
            kg.curation.add_judgements(folder / "judgements.jsonl")
    files = list(readers.find(*sources))
    if not files:
        raise ReadError(
            f"no annotated text here; known are {', '.join(readers.readers())}", path=" ".join(map(str, sources))
        )
    documents: Iterable[Document] = readers.documents(*files)
    for document in progress(documents, len(files)) if progress else documents:
        kg.add(document, apply_rules=False)
    kg.apply_rules()
    return kg


def sample() -> KnowledgeGraph:
    """The graph of the texts that come with geokg.

    >>> len(sample().documents())
    1
    """
    return build(packaged("data"))
