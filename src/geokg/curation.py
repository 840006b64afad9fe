"""What stewards write: entities, reference data, and judgements on who is who.

These graphs survive every rebuild and every document that comes or goes.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from .identity import Register
from .judgements import judgement_quads, judgements_from_quads, read_judgements
from .scheme import Scheme
from .store import Store, parse


class Curation:
    """The curated graphs of a store.

    Args:
        store: where they are.

    >>> from geokg.vocabulary import packaged
    >>> curation = Curation(Store.memory())
    >>> curation.add_entities(packaged("data") / "entities.ttl")
    >>> "https://w3id.org/geokg/data/entity/taliban" in curation.register.entities
    True
    """

    def __init__(self, store: Store) -> None:
        self.store = store

    def add_entities(self, path: Path) -> None:
        """Add a Turtle file of actors, places, posts and initiatives to ``graph/entities``.

        Raises:
            ReadError: the file does not parse.
        """
        self._add_file(path, self.store.base.graph + "entities")

    def add_reference(self, path: Path) -> None:
        """Add a Turtle file of reference data to ``graph/reference/<name>``.

        Raises:
            ReadError: the file does not parse.
        """
        self._add_file(path, f"{self.store.base.graph}reference/{path.stem}")

    def add_judgements(self, path: Path) -> None:
        """Add decisions on identity to ``graph/identity``.

        Raises:
            ReadError: a line that is no judgement.
            IdentityConflict: two judgements contradict each other.
        """
        self.store.extend(judgement_quads(read_judgements(path, self.store.base), self.store.base))
        self._forget()

    def _add_file(self, path: Path, graph: str) -> None:
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
        graphs = [
            graph
            for graph in self.store.graphs()
            if graph == self.store.base.graph + "entities" or graph.startswith(self.store.base.graph + "reference/")
        ]
        judgements = judgements_from_quads(self.store.quads(self.store.base.graph + "identity"))
        quads = (quad for graph in graphs for quad in self.store.quads(graph))
        return Register.from_quads(quads, Scheme.packaged().superclasses, judgements=judgements, base=self.store.base)
