"""The face that ``oxrdflib`` knows, so that a remote store is an rdflib ``Dataset`` too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from ..store import Results

if TYPE_CHECKING:
    from .store import RemoteStore


class Engine:
    """What ``oxrdflib`` calls of a pyoxigraph store."""

    def __init__(self, store: RemoteStore) -> None:
        self._store = store

    def __len__(self) -> int:
        return len(self._store)

    def __iter__(self) -> Iterator[ox.Quad]:
        return self._store.quads()

    def query(
        self,
        query: str,
        *,
        use_default_graph_as_union: bool = False,
        default_graph: ox.NamedNode | ox.DefaultGraph | None = None,
        prefixes: Mapping[str, str] | None = None,
        substitutions: Mapping[ox.Variable, Any] | None = None,
    ) -> Results:
        """As pyoxigraph's."""
        declared = "".join(f"PREFIX {name}: <{iri}> " for name, iri in (prefixes or {}).items() if f"{name}:" in query)
        return self._store.query(
            declared + query,
            default_graph=default_graph.value if isinstance(default_graph, ox.NamedNode) else None,
            substitutions={variable.value: term for variable, term in (substitutions or {}).items()},
            union=use_default_graph_as_union,
        )

    def update(self, update: str, *, prefixes: Mapping[str, str] | None = None) -> None:
        """As pyoxigraph's."""
        declared = "".join(f"PREFIX {name}: <{iri}> " for name, iri in (prefixes or {}).items() if f"{name}:" in update)
        self._store.update(declared + update)

    def quads_for_pattern(self, subject: Any, predicate: Any, object: Any, graph_name: Any = None) -> Iterator[ox.Quad]:
        """As pyoxigraph's."""
        if isinstance(graph_name, ox.DefaultGraph):
            wanted = (subject, predicate, object)
            return (
                quad
                for quad in self._store.unnamed()
                if all(term in (None, own) for term, own in zip(wanted, quad.triple, strict=True))
            )
        return self._store.match(subject, predicate, object, graph_name)

    def add(self, quad: ox.Quad) -> None:
        """As pyoxigraph's."""
        self._store.extend([quad])

    def extend(self, quads: Iterable[ox.Quad]) -> None:
        """As pyoxigraph's, but graph by graph."""
        self._store.extend(quads)

    def remove(self, quad: ox.Quad) -> None:
        """As pyoxigraph's."""
        (line,) = self._store.lines([quad])
        inside = f"GRAPH {quad.graph_name} {{ {line} }}" if isinstance(quad.graph_name, ox.NamedNode) else line
        self._store.update(f"DELETE DATA {{ {inside} }}")

    def named_graphs(self) -> Iterator[ox.NamedNode]:
        """As pyoxigraph's."""
        return map(ox.NamedNode, self._store.graphs())

    def contains_named_graph(self, graph: ox.NamedNode) -> bool:
        """As pyoxigraph's."""
        return self._store.has_graph(graph.value)

    def add_graph(self, graph: ox.NamedNode) -> None:
        """Nothing: an empty graph is none."""

    def remove_graph(self, graph: ox.NamedNode) -> None:
        """As pyoxigraph's."""
        self._store.drop(graph.value)
