"""A store on another machine, behind the face of ``Store``.

What differs, because a service is not ours alone: nothing is all or nothing beyond one request; an empty named graph is
no graph; what was read of a node may be two seconds old; blank nodes that we send are named (``.well-known/genid/``, as
RDF 1.1 advises) and are blank nodes again in ``quads`` and ``match``, but IRIs in the answers of ``query``; other blank
nodes have a name within one answer only, so that ``match`` finds nothing for one from another answer.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import groupby
from typing import Any, cast
from urllib.parse import quote, unquote

import pyoxigraph as ox

from ..errors import RemoteError
from ..remembering import Remembering
from ..store import Node, Results, Term, has_dataset
from ..vocabulary import Base
from . import answers, virtuoso
from .engine import Engine
from .pieces import pieces
from .service import Connection

_NOWHERE = "urn:geokg:no-graph"
_TOGETHER = 100
# Virtuoso goes by what a body looks like, and takes one long triple for plain text.
_HEAD = "@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .\n"
# Graphs that Virtuoso keeps for itself.
_SYSTEM = (
    "http://localuriqaserver/",
    "http://www.openlinksw.com/schemas/",
    "http://www.w3.org/2002/07/owl#",
    "http://www.w3.org/ns/ldp#",
    "urn:activitystreams-owl:map",
    "urn:core:services:sparql",
    "urn:rules.skos",
    "urn:virtuoso:val:",
)
_UNIONS: dict[str, list[tuple[str, str]]] = {"itself": [], "parameter": [("union-default-graph", "true")]}


class RemoteStore(Remembering):
    """Quads in a SPARQL 1.1 service.

    Args:
        connection: to the service.
        base: where data and graphs are named.
        largest: how many bytes an answer may have; it is read whole, so that none that breaks off passes for an answer.
        remember: for how many seconds what was read of a node is good enough.

    Attributes:
        connection: to the service.
        written: the graph that marks what geokg has written; it is not among ``graphs``, nor are its triples in answers
            but those of ``query``.
    """

    def __init__(
        self, connection: Connection, *, base: Base | None = None, largest: int = 64 << 20, remember: float = 2.0
    ) -> None:
        # What rdflib needs of an engine, in its names.
        super().__init__(cast(ox.Store, Engine(self)), base=base, remember=remember, together=_TOGETHER)
        self.connection = connection
        self._largest = largest
        self._blank = self.base.iri + ".well-known/genid/"
        self.written = self.base.graph + "written"
        self._union = ""
        self._has_unnamed = False

    @classmethod
    def at_address(cls, url: str, *, base: Base | None = None) -> RemoteStore:
        """The store of a service, by its address.

        Raises:
            RemoteError: nobody answers there.
        """
        return cls(Connection(url), base=base)

    @property
    def generation(self) -> int:
        """Never the same twice: others may have written."""
        return time.time_ns()

    @generation.setter
    def generation(self, value: int) -> None:
        """Nothing to keep."""

    is_here = False

    @property
    def reads_alike(self) -> bool:
        """Whether the service runs the engine that we do."""
        return self.connection.service.name.startswith("Oxigraph")

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
        """Run a SPARQL 1.1 query; see ``Store.query``.

        Raises:
            QuerySyntaxError: the query does not parse; found out before anything is sent.
            QueryError: the service does not answer it.
        """
        kind = type(
            self.check(sparql, base_iri=base_iri)
        )  # an error would keep the rows, which must end on this thread
        if default_graph is not None or named_graphs is not None:
            chosen = [default_graph] if isinstance(default_graph, str) else list(default_graph or ())
            seen = list(named_graphs or ())
            fields = [("default-graph-uri", iri) for iri in chosen] + [("named-graph-uri", iri) for iri in seen]
            fields = fields or [("default-graph-uri", _NOWHERE)]
        elif has_dataset(sparql) or not union:
            fields = []
        else:
            fields = self._union_fields()
        text = self._prologue(sparql, base_iri) + sparql
        if substitutions:
            names, values = " ".join(f"?{name}" for name in substitutions), " ".join(map(str, substitutions.values()))
            text += f"\nVALUES ({names}) {{ ({values}) }}"
        is_ask, halves = issubclass(kind, ox.QueryBoolean), None
        if issubclass(kind, ox.QueryTriples):
            if not self.connection.service.name.startswith(virtuoso.NAME):
                response = self.connection.query(text, fields, accept=answers.TRIPLES)
                return answers.triples(response, largest=self._largest)
            halves = virtuoso.construction(text)
            text = halves.select
        response = self.connection.query(text, fields, accept=answers.ROWS)
        found = answers.rows(response, largest=self._largest, is_ask=is_ask, query="" if is_ask else text)
        return found if halves is None else halves.of(cast(ox.QuerySolutions, found))

    def _prologue(self, sparql: str, base_iri: str | None = None) -> str:
        """The usual prefixes that a query uses, declared on its first line, so that no other line moves."""
        names = (name for name in self._prefixes if f"{name}:" in sparql)
        declared = "".join(f"PREFIX {name}: <{self._prefixes[name]}> " for name in names)
        return (f"BASE <{base_iri}> " if base_iri else "") + declared

    def _union_fields(self) -> list[tuple[str, str]]:
        """What makes a service take all graphs together for its default graph: nothing, a parameter, or their list."""
        self._find_union()
        if self._union in ("", "itself"):
            return []
        if self._union == "parameter":
            return _UNIONS["parameter"]
        graphs = self.graphs()
        return [(f"{kind}-graph-uri", graph) for graph in graphs for kind in ("default", "named")]

    def _find_union(self) -> None:
        """Ask for a triple of a named graph without naming the graph; a service without such triples is asked again."""
        if self._union:
            return
        named = "SELECT ?s ?p ?o { GRAPH ?g { ?s ?p ?o FILTER(!isBlank(?s) && !isBlank(?o)) } } LIMIT 1"
        row = next(iter(self.rows(named, "s", "p", "o")), None)
        if row is None:
            self._has_unnamed = self._ask("ASK { ?s ?p ?o }")
            return
        ask = f"ASK {{ {row['s']} {row['p']} {row['o']} }}"
        for how, fields in _UNIONS.items():
            response = self.connection.query(ask, fields, accept=answers.ROWS)
            if answers.rows(response, largest=self._largest, is_ask=True):
                self._union = how
                break
        else:
            self._union = "list"
        self._has_unnamed = self._union != "itself"

    def rows(self, sparql: str, *names: str) -> ox.QuerySolutions:
        """The rows of a query, as the service sees its graphs; ``names`` are its variables."""
        response = self.connection.query(sparql, accept=answers.ROWS)
        rows = cast(ox.QuerySolutions, answers.rows(response, largest=self._largest, is_ask=False))
        if not set(names) <= {variable.value for variable in rows.variables}:
            raise RemoteError(f"{self.connection.service.query}: answers with rows of another query")
        return rows

    @contextmanager
    def _as_asked(self) -> Iterator[None]:
        """Rows that are not those that were asked for are an error of the service."""
        try:
            yield
        except (AttributeError, KeyError, StopIteration, TypeError, ValueError) as error:
            raise RemoteError(f"{self.connection.service.query}: answers with rows of another query") from error

    # Quads

    def __len__(self) -> int:
        return sum(self.sizes().values()) + self.unnamed_size()

    def unnamed_size(self) -> int:
        """How many triples stand in the unnamed graph; none where the service takes all graphs together for it."""
        self._find_union()
        return self._count("") if self._has_unnamed else 0

    def _count(self, where: str) -> int:
        """How many triples stand in a graph, or in the unnamed one."""
        pattern = f"GRAPH {where} {{ ?s ?p ?o }}" if where else "?s ?p ?o"
        with self._as_asked():
            return int(next(iter(self.rows(f"SELECT (COUNT(*) AS ?n) {{ {pattern} }}", "n")))["n"].value)

    def sizes(self) -> dict[str, int]:
        """How many triples stand in each named graph."""
        rows = self.rows("SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g", "g", "n")
        with self._as_asked():
            found = {row["g"].value: int(row["n"].value) for row in rows if isinstance(row["g"], ox.NamedNode)}
        return {graph: found[graph] for graph in sorted(found) if not self._is_hidden(graph)}

    def graphs(self) -> list[str]:
        """The IRIs of the named graphs that hold anything, sorted; not those that a server keeps for itself."""
        return list(self.sizes())  # Virtuoso counts them in a moment, and takes minutes for SELECT DISTINCT ?g

    def _is_hidden(self, graph: str) -> bool:
        return graph == self.written or graph.startswith(_SYSTEM)

    def has_graph(self, graph: str) -> bool:
        """Whether a named graph holds anything."""
        return self._ask(f"ASK {{ GRAPH {ox.NamedNode(graph)} {{ ?s ?p ?o }} }}")

    def _ask(self, sparql: str) -> bool:
        response = self.connection.query(sparql, accept=answers.ROWS)
        return bool(answers.rows(response, largest=self._largest, is_ask=True))

    def quads(self, graph: str | None = None) -> Iterator[ox.Quad]:
        """All quads, or those of one named graph.

        Raises:
            RemoteError: a graph came with fewer triples than the service says it has.
        """
        for name in self.graphs() if graph is None else [graph]:
            yield from map(self.own, self.as_sent(name))
        if graph is None:
            yield from self.unnamed()

    def unnamed(self) -> Iterator[ox.Quad]:
        """The quads of the unnamed graph; none where the service takes all graphs together for it."""
        self._find_union()
        if self._has_unnamed:
            yield from map(self.own, self.as_sent(None))

    def as_sent(self, graph: str | None) -> Iterator[ox.Quad]:
        """The quads of a graph as the service sends them: those with names for blank nodes of ours as they are.

        Args:
            graph: the graph; ``None`` is the unnamed one.

        Raises:
            RemoteError: it came with fewer triples than the service says it has.
        """
        number, name = 0, ox.DefaultGraph() if graph is None else ox.NamedNode(graph)
        for quad in answers.dump(self._dumped(graph)):
            number += 1
            yield ox.Quad(quad.subject, quad.predicate, quad.object, name)
        counted = self._count("" if graph is None else str(name))
        if number < counted:
            raise RemoteError(f"{name}: only {number} of {counted} triples came")

    def own(self, quad: ox.Quad) -> ox.Quad:
        """A quad with blank nodes where the service has our names for them."""
        return ox.Quad(self._own(quad.subject), quad.predicate, self._own(quad.object), quad.graph_name)

    def _dumped(self, graph: str | None) -> Any:
        if self.connection.service.graph_store is not None:
            return self.connection.graph("GET", graph, accept=answers.TRIPLES)
        pattern = f"GRAPH {ox.NamedNode(graph)} {{ ?s ?p ?o }}" if graph else "?s ?p ?o"
        return self.connection.query(f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {pattern} }}", accept=answers.TRIPLES)

    def fetched(self, nodes: Iterable[Node]) -> Iterator[ox.Quad]:
        """All that is said of some nodes."""
        sent = [node for node in map(self._sent, nodes) if isinstance(node, ox.NamedNode)]
        if len(sent) == 1:
            return self._matching(sent[0], None, None)
        values = f"VALUES ?s {{ {' '.join(map(str, sent))} }} "
        return self._matching(None, None, None, before=values) if sent else iter(())

    def pointing(self, predicate: ox.NamedNode | None, object: Term | None) -> Iterator[ox.Quad]:
        """The quads with a property, or a value, or both."""
        return self._matching(None, predicate, self._sent(object))

    def _matching(self, *terms: Any, before: str = "") -> Iterator[ox.Quad]:
        """The quads that fit subject, predicate and object, as they are sent."""
        if any(isinstance(term, ox.BlankNode | ox.Triple) for term in terms):
            return  # named in another answer; here it would stand for any node
        nodes: dict[str, ox.BlankNode] = {}  # the same label in another answer is another node

        def alone(term: Any) -> Any:
            return nodes.setdefault(term.value, ox.BlankNode()) if isinstance(term, ox.BlankNode) else term

        names = [f"?{name}" if term is None else str(term) for name, term in zip("spo", terms, strict=True)]
        asked = [name for name, term in zip("spo", terms, strict=True) if term is None] + ["g"]
        for row in self.rows(f"SELECT * {{ {before}{self._anywhere(' '.join(names))} }}", *asked):
            with self._as_asked():
                s, p, o = (row[name] if term is None else term for name, term in zip("spo", terms, strict=True))
                quad = self.own(ox.Quad(alone(s), p, alone(o), row["g"] or ox.DefaultGraph()))
            if not isinstance(quad.graph_name, ox.NamedNode) or not self._is_hidden(quad.graph_name.value):
                yield quad

    def _anywhere(self, pattern: str) -> str:
        """A triple pattern in all graphs, as ``?g``."""
        self._find_union()
        named = f"GRAPH ?g {{ {pattern} }}"
        return f"{{ {named} }} UNION {{ {pattern} }}" if self._has_unnamed else named

    def contains(
        self,
        subject: Node | None = None,
        predicate: ox.NamedNode | None = None,
        object: Term | None = None,
        graph: ox.NamedNode | None = None,
    ) -> bool:
        """Whether any quad fits; what is not given fits all."""
        if subject is not None or isinstance(object, ox.Triple):
            return super().contains(subject, predicate, object, graph)
        p, o = (f"?{name}" if t is None else str(self._sent(t)) for name, t in (("p", predicate), ("o", object)))
        pattern = f"?s {p} {o}"
        return self._ask(f"ASK {{ {self._anywhere(pattern) if graph is None else f'GRAPH {graph} {{ {pattern} }}'} }}")

    # Blank nodes

    def _sent(self, term: Any) -> Any:
        """A term as the service gets it: a blank node by a name."""
        return ox.NamedNode(self._blank + quote(term.value, safe="")) if isinstance(term, ox.BlankNode) else term

    def _own(self, term: Any) -> Any:
        """The other way round."""
        if isinstance(term, ox.NamedNode) and term.value.startswith(self._blank):
            return ox.BlankNode(unquote(term.value[len(self._blank) :]))
        return term

    # Changes

    def extend(self, quads: Iterable[ox.Quad]) -> None:
        """Add quads: a request for each graph, several for a large one; what has been sent stays if a later one fails.

        Raises:
            GeokgError: the service has no address for changes, or refuses them.
        """
        ordered = sorted(set(quads), key=lambda quad: str(quad.graph_name))
        for name, some in groupby(ordered, key=lambda quad: quad.graph_name):
            graph = name.value if isinstance(name, ox.NamedNode) else None
            for chunk in pieces(self.lines(some), 10_000):
                self.put(graph, chunk)

    def lines(self, quads: Iterable[ox.Quad]) -> Iterator[str]:
        """The triples of quads as the service gets them, a line of N-Triples for each."""
        for quad in quads:
            yield f"{self._sent(quad.subject)} {quad.predicate} {self._sent(quad.object)} .\n"

    def put(self, graph: str | None, lines: Iterable[str], *, replace: bool = False) -> None:
        """Add triples to a graph in one request, or put them in place of what it holds.

        Doing it twice is the same as doing it once, since blank nodes have names.

        Args:
            graph: the graph; ``None`` is the unnamed one.
            lines: the triples in N-Triples.
            replace: whether what the graph held goes.
        """
        self.forget()
        text = "".join(lines)
        service = self.connection.service
        if service.graph_store is not None or service.update is None:
            self.connection.graph("PUT" if replace else "POST", graph, (_HEAD + text).encode()).close()
            return
        where = f"GRAPH {ox.NamedNode(graph)}" if graph else ""
        first = f"DROP SILENT {where or 'DEFAULT'} ;\n" if replace else ""
        inside = f"{where} {{\n{text}}}" if where else text
        self.connection.update(f"{first}INSERT DATA {{ {inside} }}", is_repeatable=True)

    def drop(self, graph: str | None) -> None:
        """Remove a graph with all that it holds; no error when it is not there. ``None`` is the unnamed one."""
        self.forget()
        if self.connection.service.update is not None:
            named = f"GRAPH {ox.NamedNode(graph)}" if graph else "DEFAULT"
            self.connection.update(f"DROP SILENT {named}", is_repeatable=True)
        else:
            self.connection.graph("DELETE", graph).close()

    def update(self, sparql: str, *, base_iri: str | None = None) -> None:
        """Send a SPARQL update; the usual prefixes need no declaration."""
        self.forget()
        self.connection.update(self._prologue(sparql, base_iri) + sparql)
