"""The store that one page is made from: it asks the workers, so that no page reads what a query could not."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from typing import cast

import pyoxigraph as ox

from ..errors import Busy, QueryNotPossible, QueryTimeout, QueryTooLarge, TransferCut
from ..remembering import Remembering
from ..sparql.pool import Job, Pool
from ..sparql.worker import ANYTHING
from ..store import Node, Results, Store, Term, has_dataset

TOGETHER = 500
"""Nodes that are fetched at once."""
_ANY = ox.NamedNode(ANYTHING)
_PAGE = 1 << 18
"""Bytes; whoever asks for more rows than that reads nothing else of what stands in them."""
_MOST = 256 << 20
"""Bytes of one answer: the names of a large graph take half of that."""
_SHOWN = 80
"""Characters of the first pattern, for the list of running queries."""


class PooledStore(Remembering):
    """The quads of a store, read by the workers of a pool; for one request.

    What was read of a node is remembered as long as this store is there. It is read-only.

    Args:
        store: the store itself: its base, its state, and what rdflib finds.
        pool: the workers.
        client: who asks.
        until: when the page is to be made, by ``time.monotonic``.
        is_gone: whether nobody waits for it any more; asked now and then.

    >>> import geokg
    >>> from ..sparql.snapshot import MemorySnapshot
    >>> kg = geokg.sample()
    >>> with Pool(MemorySnapshot(kg.store.ox), workers=1) as pool:
    ...     store = PooledStore(kg.store, pool)
    ...     list(store.match(predicate=ox.NamedNode("x:p"))), len(list(store.quads(kg.base.graph + "vocab"))) > 500
    ([], True)
    """

    def __init__(
        self,
        store: Store,
        pool: Pool,
        *,
        client: str = "geokg",
        until: float | None = None,
        is_gone: Callable[[], bool] | None = None,
    ) -> None:
        super().__init__(store.ox, base=store.base, together=TOGETHER)
        self.generation = store.generation
        self._pool, self._client = pool, client
        self._until, self._is_gone = math.inf if until is None else until, is_gone

    # Quads

    def fetched(self, nodes: Iterable[Node]) -> Iterator[ox.Quad]:
        """All that is said of some nodes, from a worker."""
        return self._quads(ox.Quad(node, _ANY, _ANY, _ANY) for node in nodes)

    def pointing(self, predicate: ox.NamedNode | None, object: Term | None) -> Iterator[ox.Quad]:
        """The quads with a property, or a value, or both, from a worker."""
        return self._quads([ox.Quad(_ANY, predicate or _ANY, _ANY if object is None else object, _ANY)])

    def quads(self, graph: str | None = None) -> Iterator[ox.Quad]:
        """All quads, or those of one named graph."""
        return self._quads([ox.Quad(_ANY, _ANY, _ANY, ox.NamedNode(graph) if graph else _ANY)])

    def _quads(self, patterns: Iterable[ox.Quad]) -> Iterator[ox.Quad]:
        written = ox.serialize(patterns, format=ox.RdfFormat.N_QUADS) or b""
        text = written.decode()
        lines = text.count("\n")
        shown = text[:_SHOWN].partition("\n")[0].replace(str(_ANY), "*")
        job = Job(f"# {shown}{f' and {lines - 1} more' if lines > 1 else ''}", quads=text)
        return iter(ox.parse(self._run(job), format=ox.RdfFormat.N_QUADS, rename_blank_nodes=False))

    def _run(self, job: Job) -> bytes:
        left = min(self._pool.deadline, self._until - time.monotonic())
        if left <= 0:
            raise QueryTimeout(f"the page took longer than {self._pool.deadline:g} s; ask for less at once")
        pieces, size = [], 0
        try:
            with closing(self._pool.run(job, client=self._client, timeout=left, is_gone=self._is_gone)) as answer:
                for piece in answer:
                    pieces.append(piece)
                    size += len(piece)
                    if size > _MOST:
                        raise QueryTooLarge(f"a page of more than {_MOST >> 20} MiB is not made; ask for less at once")
        except TransferCut as error:  # nothing of the page has been sent
            raise Busy(str(error), retry_after=self._pool.retry_after) from error
        return b"".join(pieces)

    def contains(
        self,
        subject: Node | None = None,
        predicate: ox.NamedNode | None = None,
        object: Term | None = None,
        graph: ox.NamedNode | None = None,
    ) -> bool:
        """Whether any quad fits; what is not given fits all."""
        if subject is not None or isinstance(object, ox.Triple | ox.BlankNode):
            return super().contains(subject, predicate, object, graph)
        pattern = f"?s {predicate or '?p'} {'?o' if object is None else object}"
        return bool(self.query(f"ASK {{ {f'GRAPH {graph} {{ {pattern} }}' if graph else pattern} }}"))

    # Graphs

    def graphs(self) -> list[str]:
        """The IRIs of the named graphs, sorted."""
        rows = self.solutions("SELECT ?g { GRAPH ?g {} }")
        return sorted(row["g"].value for row in rows if isinstance(row["g"], ox.NamedNode))

    def has_graph(self, graph: str) -> bool:
        """Whether there is a named graph, be it empty."""
        return bool(self.query(f"ASK {{ GRAPH {ox.NamedNode(graph)} {{}} }}"))

    def sizes(self) -> dict[str, int]:
        """How many triples stand in each named graph."""
        rows = self.solutions("SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g")
        return dict.fromkeys(self.graphs(), 0) | {row["g"].value: int(row["n"].value) for row in rows}

    def __len__(self) -> int:
        (row,) = self.solutions("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
        return int(row["n"].value)

    # Queries

    def query(
        self,
        sparql: str,
        *,
        default_graph: str | Iterable[str] | None = None,
        named_graphs: Iterable[str] | None = None,
        base_iri: str | None = None,
        substitutions: Mapping[str, ox.NamedNode | ox.BlankNode | ox.Literal] | None = None,
        union: bool = True,
    ) -> Results:
        """Run a ``SELECT`` or ``ASK`` of ours in a worker; see ``Store.query``. What stands in the rows is expected.

        Raises:
            QueryError: nobody can answer it now.
            QueryNotPossible: it asks for triples, or puts values in place of variables.
        """
        if substitutions or isinstance(self.check(sparql, base_iri=base_iri), ox.QueryTriples):
            raise QueryNotPossible("a page asks for rows or a truth value, and writes values into its query")
        chosen = [default_graph] if isinstance(default_graph, str) else default_graph
        job = Job(
            sparql,
            base_iri,
            default_graphs=None if chosen is None else tuple(chosen),
            named_graphs=None if named_graphs is None else tuple(named_graphs),
            union=union and chosen is None and named_graphs is None and not has_dataset(sparql),
            triples="",
        )
        data = self._run(job)
        results = _read(data)
        if isinstance(results, ox.QuerySolutions) and len(data) <= _PAGE:
            for row in cast(ox.QuerySolutions, _read(data)):
                self.expect(row)
        return results


def _read(data: bytes) -> ox.QuerySolutions | ox.QueryBoolean:
    return ox.parse_query_results(data, format=ox.QueryResultsFormat.JSON)
