"""What is judged, in a store: the one that is open already, or one that is filled for it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox
from rdflib import Graph

from .. import canonical
from ..graph import KnowledgeGraph
from ..ontology import statements
from ..shacl.spelling import Spelling, fill
from ..shacl.terms import quads_to_ox
from ..store import Node, Store, parse
from ..store import Term as AnyTerm
from ..vocabulary import GK, Base
from .lookup import TYPE

_CLAIM = ox.NamedNode(str(GK.Claim))


@dataclass(frozen=True)
class Held:
    """Data in a store.

    Attributes:
        store: what is judged; of what was filled in for it, without what is in ``later``.
        spelling: how literals were written that the store respells; of a store that was open nobody knows.
        later: what was inferred and reported, kept apart since no node is judged by it at first.
    """

    store: Store
    spelling: Spelling | None = None
    later: Store = field(default_factory=Store.memory)

    @property
    def base(self) -> Base:
        """Below what data is named."""
        return self.store.base

    @property
    def inferred(self) -> str:
        """The graph that holds what was inferred."""
        return self.base.graph + "inferred"

    @property
    def reported(self) -> str:
        """The graph that holds earlier runs."""
        return self.base.graph + "report"

    def admit(self) -> None:
        """Let what was inferred into a store that was filled without it."""
        if len(self.later):
            self.store.ox.bulk_extend(self.later.quads(self.inferred))

    @property
    def whole(self) -> Store:
        """All of it to look things up in, what is kept apart too."""
        return _Beside(self.store, self.later) if len(self.later) else self.store

    def digests(self) -> dict[str, str]:
        """The SHA-256 of each named graph, the unnamed one as ``""``; reads everything."""
        names = {"": "", **dict.fromkeys(self.store.graphs(), "")}
        for name in names:
            graph = ox.NamedNode(name) if name else ox.DefaultGraph()
            quads = list(self.store.ox.quads_for_pattern(None, None, None, graph)) if self.store.is_here else []
            names[name] = hashlib.sha256("".join(canonical.nquads(quads)).encode("utf-8")).hexdigest() if quads else ""
        return {name: digest for name, digest in sorted(names.items()) if digest}


def hold(target: KnowledgeGraph | Graph | str | Path | Iterable[ox.Quad], *, with_ontology: bool) -> Held:
    """Put data into a store, unless it is in one that can be judged as it is.

    Args:
        target: a knowledge graph, an rdflib graph or dataset, the path of an RDF file, or quads.
        with_ontology: add the packaged ontology to data that has none.

    Raises:
        ReadError: a file does not parse; with its line.

    >>> len(hold([], with_ontology=False).store)
    0
    """
    if isinstance(target, KnowledgeGraph):
        held = Held(target.store)
        # A service is judged where it is, unless it reads queries otherwise than we do, or graphs of it do not count:
        # then all of it comes here, and once.
        is_apart = not target.store.is_here and any(map(target.store.has_graph, (held.inferred, held.reported)))
        as_it_is = target.store.reads_alike and not is_apart
        if as_it_is and (has_ontology(target.store) or not with_ontology):
            return held
        return filled(target.store.quads(), target.base, None, with_ontology=with_ontology)
    base = Base.from_environment()
    if isinstance(target, (str, Path)):
        path = Path(target)
        return filled(parse(path, base_iri=path.resolve().as_uri()), base, path, with_ontology=with_ontology)
    quads = quads_to_ox(target) if isinstance(target, Graph) else target
    return filled(quads, base, None, with_ontology=with_ontology)


def filled(quads: Iterable[ox.Quad], base: Base, path: Path | None, *, with_ontology: bool) -> Held:
    """Quads in a store of their own, what was inferred and reported apart; ``path`` is where they come from.

    >>> len(filled([], Base(), None, with_ontology=False).store)
    0
    """
    store = Store.memory(base=base)
    later: list[ox.Quad] = []
    apart = {ox.NamedNode(base.graph + name) for name in ("inferred", "report")}
    spelling = fill(store.ox, _without(quads, apart, later.append), path=path)
    beside = Store.memory(base=base)
    beside.ox.bulk_extend(later)
    if with_ontology and not has_ontology(store):
        store.extend(statements(base.graph + "ontology", base.graph + "vocab"))
    return Held(store, spelling, beside)


class _Beside(Store):
    """A store that finds what stands in another too."""

    def __init__(self, store: Store, other: Store) -> None:
        super().__init__(store.ox, base=store.base)
        self._other = other

    def match(
        self,
        subject: Node | None = None,
        predicate: ox.NamedNode | None = None,
        object: AnyTerm | None = None,
        graph: ox.NamedNode | None = None,
    ) -> Iterator[ox.Quad]:
        """The quads of both that fit."""
        yield from super().match(subject, predicate, object, graph)
        yield from self._other.match(subject, predicate, object, graph)


def _without(quads: Iterable[ox.Quad], apart: set[ox.NamedNode], keep: Callable[[ox.Quad], None]) -> Iterator[ox.Quad]:
    for quad in quads:
        if quad.graph_name in apart:
            keep(quad)
        else:
            yield quad


def has_ontology(store: Store) -> bool:
    """Whether a store holds the ontology.

    >>> has_ontology(Store.memory())
    False
    """
    return store.contains(_CLAIM, TYPE)
