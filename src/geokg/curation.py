"""What stewards write: entities, reference data, and judgements on who is who.

These graphs survive every rebuild and every document that comes or goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from . import reference
from .errors import Remark
from .files import is_there, read_head
from .identity import Register
from .judgements import Judgement, judgement_quads, judgements_from_quads, read_judgements
from .scheme import Scheme
from .store import Store, parse
from .vocabulary import GK, packaged


class Curation:
    """The curated graphs of a store.

    Args:
        store: where they are.

    Attributes:
        holds_own: whether a folder had reference data or entities of its own.

    >>> from geokg.vocabulary import packaged
    >>> curation = Curation(Store.memory())
    >>> curation.add_entities(packaged("data") / "entities.ttl")
    >>> "https://w3id.org/geokg/data/entity/taliban" in curation.register.entities
    True
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.holds_own = False
        self._read: dict[Judgement, Judgement] = {}

    def add_folders(self, folders: Iterable[Path]) -> list[Remark]:
        """Add what stewards wrote into source folders: ``reference/``, ``entities.ttl`` and ``judgements.jsonl``.

        The reference data that comes with geokg is there too, but for a set of which a folder has its own.

        Returns:
            What a person should know about it.

        Raises:
            ReadError: a file that is not what it claims to be.
            IdentityConflict: two judgements contradict each other.
        """
        folders = list(folders)
        sets = {path.stem: path for path in reference.find(packaged("data") / "reference")}
        given = [path for folder in folders for path in reference.find(folder / "reference")]
        sets.update((path.name if path.is_dir() else path.stem, path) for path in given)
        remarks = [remark for _, path in sorted(sets.items()) for remark in self.add_reference(path)]
        entities = [folder / "entities.ttl" for folder in folders if is_there(folder / "entities.ttl")]
        for path in entities:
            self.add_entities(path)
        for folder in folders:
            if is_there(folder / "judgements.jsonl"):
                self.add_judgements(folder / "judgements.jsonl")
        self.holds_own = bool(given or entities)
        return remarks

    def add_entities(self, path: Path) -> None:
        """Add a Turtle file of actors, places, posts and initiatives to ``graph/entities``.

        Raises:
            ReadError: the file does not parse.
        """
        self._add_file(path, self.store.base.graph + "entities")

    def add_reference(self, path: Path) -> list[Remark]:
        """Add a set of reference data (a file, or a folder: see ``geokg.reference``) to ``graph/reference/<name>``.

        Returns:
            What a person should know about it.

        Raises:
            ReadError: it is not what it claims to be.
        """
        if path.suffix == ".ttl":
            self._add_file(path, f"{self.store.base.graph}reference/{path.stem}")
            return []
        found = reference.read(path, self.store.base)
        self.store.extend(found.quads)
        self._forget()
        return list(found.remarks)

    def add_judgements(self, path: Path) -> None:
        """Add decisions on identity to ``graph/identity``.

        Raises:
            ReadError: a line that is no judgement.
            IdentityConflict: two judgements contradict each other.
        """
        judgements = read_judgements(path, self.store.base)
        self._read.update((replace(judgement, line=0), judgement) for judgement in judgements)
        self.store.extend(judgement_quads(judgements, self.store.base))
        self._forget()

    def _add_file(self, path: Path, graph: str) -> None:
        read_head(path, 0)  # what cannot be read, or is a pipe, is told as for any other file
        name = ox.NamedNode(graph)
        quads = [ox.Quad(self._rebased(q.subject), q.predicate, self._rebased(q.object), name) for q in parse(path)]
        self.store.extend(quads)
        self._forget()

    def _rebased(self, term: Any) -> Any:
        return ox.NamedNode(self.store.base.rebase(term.value)) if isinstance(term, ox.NamedNode) else term

    def _forget(self) -> None:
        self.__dict__.pop("register", None)

    @cached_property
    def register(self) -> Register:
        """Who is who: the entities and judgements of the graph."""
        # A graph knows no files and lines, which an error should name.
        judged = judgements_from_quads(self.store.quads(self.store.base.graph + "identity"))
        judgements = [self._read.get(judgement, judgement) for judgement in judged]
        superclasses = Scheme.packaged().superclasses
        return Register.from_quads(self._named(), superclasses, judgements=judgements, base=self.store.base)

    def _named(self) -> Iterator[ox.Quad]:
        """What names entities, and says of what kind they are."""
        yield from self.store.match(predicate=ox.NamedNode(GK.demonymForm))
        for graph in self.store.graphs():
            if graph == self.store.base.graph + "entities" or graph.startswith(self.store.base.graph + "reference/"):
                yield from self.store.quads(graph)
