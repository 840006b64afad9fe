"""Validation of a graph that a SPARQL service holds: searches run there, and what is around a suspect is read from it.

A blank node has no name that a service would know in the next query. Blank nodes can be told apart within one answer,
and that is mostly enough; where it is not, :class:`NeedsCopy` says so, and the graph has to be copied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, cast

import pyoxigraph as ox

from ..store import Store
from .model import Term
from .sources import TYPE, StoreSource


class NeedsCopy(Exception):
    """A blank node of the service would have to be named."""


class ServiceSource(StoreSource):
    """The graphs of a service as one.

    Args:
        service: a store on another machine, such as a ``RemoteStore``.
    """

    def __init__(self, service: Store) -> None:
        super().__init__(cast(ox.Store, None))
        self._service = service
        self._read: dict[tuple[Any, ...], list[ox.Quad]] = {}

    def graph_names(self) -> list[str]:
        """The IRIs of the graphs, the unnamed one as ``""``."""
        return ["", *self._service.graphs()]

    def quads(self) -> Iterable[ox.Quad]:
        """All that there is, which is sent over the network."""
        return self._service.quads()

    def query(self, text: str, substitutions: Mapping[str, Term] | None = None) -> ox.QuerySolutions:
        """The rows of a ``SELECT`` query.

        Raises:
            NeedsCopy: a blank node is given.
        """
        if substitutions:
            raise NeedsCopy
        return self._service.solutions(text)

    @cached_property
    def is_doubled(self) -> bool:
        """Whether any triple stands in two graphs."""
        return bool(
            self._service.query("ASK { GRAPH ?g { ?s ?p ?o } GRAPH ?h { ?s ?p ?o } FILTER(!sameTerm(?g, ?h)) }")
        )

    def is_instance(self, node: Term, cls: ox.NamedNode) -> bool:
        """Whether a node is an instance of a class or of one below it."""
        if any(isinstance(kind, ox.BlankNode) for kind in self.objects(node, TYPE)):
            raise NeedsCopy
        return super().is_instance(node, cls)

    def nameable(self, nodes: Iterable[Term]) -> None:
        """Refuse blank nodes, which have another name in each answer.

        Raises:
            NeedsCopy: there is one.
        """
        if any(isinstance(node, ox.BlankNode) for node in nodes):
            raise NeedsCopy

    def _quads(self, subject: Any, predicate: Any, object: Any) -> Iterable[ox.Quad]:
        """All that is said of a subject is read at once, so that its blank values are told apart."""
        self.nameable((subject, object))
        key = (None, predicate, object) if subject is None else (subject, None, None)
        if key not in self._read:
            pattern = " ".join(f"?{name}" if term is None else str(term) for name, term in zip("spo", key, strict=True))
            self._read[key] = [
                ox.Quad(*(row[name] if term is None else term for name, term in zip("spo", key, strict=True)))
                for row in self._service.solutions(f"SELECT DISTINCT * {{ {pattern} }}")
            ]
        found = [
            quad for quad in self._read[key] if predicate in (None, quad.predicate) and object in (None, quad.object)
        ]
        if object is not None:
            self.nameable(quad.subject for quad in found)  # type: ignore[misc]
        return found
