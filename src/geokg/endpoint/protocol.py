"""The SPARQL 1.1 Protocol: from a request to a query, and from its results to a response."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias, cast
from urllib.parse import parse_qsl

import pyoxigraph as ox
from flask import Response
from werkzeug import Request
from werkzeug.datastructures import MIMEAccept

from ..errors import QueryNotPossible
from ..sparql import Checked, Limits, check
from ..store import Results, Store
from ..vocabulary import prefixes
from .formats import CSV, HTML, RDF, ROWS, TSV, Format, choose
from .problems import ProtocolError
from .streaming import Stream, writer
from .wording import language

FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
UPDATE = "application/sparql-update"
NO_UPDATE = "this address answers queries; an update is sent by POST to the address for updates"
PAGE_ROWS = 300
"""As many rows stand on a page; the other formats have them all."""

_USUAL = 8000
"""Characters; what the guard saw in a longer query is not remembered."""

Term: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
Piece: TypeAlias = "Format | bytes | Table"


@dataclass(frozen=True)
class QueryRequest:
    """What a client asks.

    Attributes:
        query: the query itself.
        base_iri: what relative IRIs are relative to: the address that was asked.
        default_graphs: the graphs that together stand for the default graph, if the request names them.
        named_graphs: the graphs that ``GRAPH`` sees, if the request names them.
        format: a format by name, if the request names one.
        timeout: how many seconds the answer may take, if the request says so; where queries run in a pool.
    """

    query: str
    base_iri: str
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    format: str | None = None
    timeout: float | None = None

    @property
    def has_dataset(self) -> bool:
        """Whether the request names the dataset; it then wins over the query's own (Protocol, section 2.1.4)."""
        return bool(self.default_graphs or self.named_graphs)


@dataclass(frozen=True)
class Table:
    """The first rows of a result, for a page.

    Attributes:
        variables: the heads of the columns.
        rows: the terms; ``None`` where a variable is not bound.
        is_cut: whether there are more rows.
        answer: yes or no, for ``ASK``.
        is_rdf: whether the rows are triples.
    """

    variables: tuple[str, ...]
    rows: tuple[tuple[Term | None, ...], ...]
    is_cut: bool = False
    answer: bool | None = None
    is_rdf: bool = False


def read_request(request: Request, *, base_iri: str | None = None) -> QueryRequest | None:
    """The query that a request carries; ``None`` for a plain ``GET`` that carries none.

    Args:
        request: the request.
        base_iri: its address, where that is known already.

    Raises:
        ProtocolError: the request is not as the protocol wants it, or carries an update.
    """
    in_address = form_parameters(request.query_string)
    in_body: list[tuple[str, str]] = []
    if request.method == "POST":
        in_body = _body(request)
    elif any(name == "update" for name, _ in in_address):
        raise ProtocolError(NO_UPDATE)
    parameters = in_address + in_body
    names = [name for name, _ in parameters]
    if "update" in names:
        if names.count("update") > 1 or "query" in names:
            raise ProtocolError("a request carries one update or one query, not several")
        raise ProtocolError(NO_UPDATE, 403)
    for name in names:
        if name.startswith("using-"):
            raise ProtocolError(f"{name} belongs to updates; a query takes default-graph-uri and named-graph-uri")
    queries = [value for name, value in parameters if name == "query"]
    if not queries:
        if request.method == "POST":
            raise ProtocolError("the parameter query is missing")
        return None
    if len(queries) > 1:
        raise ProtocolError(f"a request carries one query, not {len(queries)}")
    return QueryRequest(
        query=queries[0],
        base_iri=request.base_url if base_iri is None else base_iri,
        default_graphs=tuple(graph_iri(value) for name, value in parameters if name == "default-graph-uri"),
        named_graphs=tuple(graph_iri(value) for name, value in parameters if name == "named-graph-uri"),
        format=next((value for name, value in parameters if name == "format" and value), None),
        timeout=next((_seconds(value) for name, value in parameters if name == "timeout" and value), None),
    )


def _seconds(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e9:  # not a number is neither
        raise ProtocolError(f"timeout={value}: a number of seconds is wanted")
    return seconds


def _body(request: Request) -> list[tuple[str, str]]:
    """The parameters that a body carries; a body that is a query or an update counts as one."""
    mimetype = request.mimetype
    if mimetype not in (FORM, QUERY, UPDATE):
        told = f"not {mimetype}" if mimetype else "and the request names none"
        raise ProtocolError(f"a query is sent as {FORM} or {QUERY}, {told}", 415, accepted=[FORM, QUERY])
    charset = request.mimetype_params.get("charset", "utf-8")
    if charset.lower() not in ("utf-8", "utf8"):
        raise ProtocolError(f"queries are read in UTF-8, not in {charset}", 415)
    if request.content_encoding:
        raise ProtocolError("a query is sent as it is, without a Content-Encoding", 415)
    body = request.get_data(cache=False)
    if mimetype == FORM:
        return form_parameters(body)
    return [("query" if mimetype == QUERY else "update", utf8(body))]


def form_parameters(data: bytes) -> list[tuple[str, str]]:
    """Form parameters; each percent-encoding is undone once."""
    try:
        return parse_qsl(utf8(data), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError as error:
        raise ProtocolError("the parameters are not in UTF-8") from error


def utf8(data: bytes) -> str:
    """Bytes as text.

    Raises:
        ProtocolError: they are not UTF-8.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProtocolError("the request is not in UTF-8") from error


def graph_iri(value: str) -> str:
    """The name of a graph.

    Raises:
        ProtocolError: it is no absolute IRI.
    """
    try:
        return ox.NamedNode(value).value
    except ValueError as error:
        raise ProtocolError(f"{value!r} is not an absolute IRI, so it names no graph") from error


class Answering:
    """Answers queries over one store.

    Args:
        store: the quads.
        limits: how large a query may be.
        union: whether all graphs together stand for the default graph; else the unnamed one.
        services: addresses that ``SERVICE`` may ask, each with all below it.

    >>> import flask
    >>> answering = Answering(Store.memory())
    >>> answering.check(QueryRequest("ASK {}", "http://kg.example.org/sparql"))
    Checked(default_graphs=(), named_graphs=(), volatile=False, services=())
    """

    def __init__(
        self, store: Store, *, limits: Limits | None = None, union: bool = True, services: Sequence[str] = ()
    ) -> None:
        self.store = store
        self.services = tuple(services)
        self.union = union
        self.limits = limits or Limits()
        self._prefixes = prefixes(store.base)
        self._let_through = lru_cache(256)(self._check)

    def check(self, asked: QueryRequest) -> Checked:
        """What the guard saw in a query that may be run.

        Raises:
            QueryNotAllowed: it asks for what is not done here.
            QueryTooLarge: it is too large.
        """
        if len(asked.query) > _USUAL:
            return self._check(asked.query, asked.base_iri, is_judged=not asked.has_dataset)
        checked = self._let_through(asked.query, asked.base_iri)
        if checked.has_dataset and not asked.has_dataset:  # which graphs there are may have changed
            return self._check(asked.query, asked.base_iri, is_judged=True)
        return checked

    def _check(self, query: str, base_iri: str, *, is_judged: bool = False) -> Checked:
        return check(
            query,
            limits=self.limits,
            prefixes=self._prefixes,
            base_iri=base_iri,
            is_loaded=self._is_loaded if is_judged else None,
            services=self.services,
        )

    def _is_loaded(self, graph: str) -> bool:
        try:
            return self.store.has_graph(graph)
        except ValueError:
            return True  # not an IRI at all: the parser says so, and where

    def answer(
        self, asked: QueryRequest, accept: MIMEAccept, *, page: Callable[[Table], str], match: Callable[[str], bool]
    ) -> Response:
        """Run a query and send its results, streaming.

        Args:
            asked: the query with its dataset.
            accept: what the client takes.
            page: makes a page of the first rows, for browsers.
            match: whether the client already holds the answer with this entity tag.

        Raises:
            QueryError: the query is not answered; nothing has been sent yet.
        """
        checked = self.check(asked)
        stream: Stream[Piece] = Stream(lambda emit: self._produce(asked, checked, accept, emit))
        chosen = cast(Format, next(stream))
        tag = "" if checked.volatile else self.tag(chosen.name, repr(asked), language() if chosen is HTML else "")
        if tag and match(tag):
            stream.close()
            response = Response(status=304)
        elif chosen is HTML:
            response = Response(page(cast(Table, next(stream))), content_type=HTML.content_type)
        else:
            stream.peek()  # what fails before the first bytes still has a status of its own
            response = Response(cast("Stream[bytes]", stream), content_type=chosen.content_type)
        if tag:
            response.set_etag(tag, weak=True)
        return response

    def _produce(
        self, asked: QueryRequest, checked: Checked, accept: MIMEAccept, emit: Callable[[Piece], None]
    ) -> None:
        """On the stream's own thread: evaluate, choose a format, write."""
        dataset = asked if asked.has_dataset else checked
        results: Results | None = None
        try:
            results = self.store.query(
                asked.query,
                default_graph=dataset.default_graphs if dataset.has_dataset else None,
                named_graphs=dataset.named_graphs if dataset.has_dataset else None,
                base_iri=asked.base_iri,
                union=self.union,
            )
            is_rdf = isinstance(results, ox.QueryTriples)
            chosen = choose(accept, RDF if is_rdf else ROWS, name=asked.format)
            emit(chosen)
            if chosen is HTML:
                emit(_table(results))
            elif isinstance(results, ox.QueryTriples):
                ox.serialize(results, writer(emit), cast(ox.RdfFormat, chosen.engine), prefixes=self._prefixes)
            elif isinstance(results, ox.QueryBoolean) and chosen in (CSV, TSV):
                emit(b"true\n" if results else b"false\n")
            else:
                results.serialize(writer(emit), cast(ox.QueryResultsFormat, chosen.engine))
        except BrokenPipeError:
            return
        except (RuntimeError, ValueError) as error:
            raise QueryNotPossible(f"the query cannot be evaluated: {error}") from None
        except OSError as error:
            raise ProtocolError(f"the graph could not be read: {error}", 500) from None
        finally:
            results = None  # it must end on this thread, and an error would carry it to another

    def tag(self, *parts: str, state: int | None = None) -> str:
        """An entity tag: the same parts on the same state of the data, the present one unless given, have the same."""
        generation = self.store.generation if state is None else state
        return hashlib.sha256("\n".join((f"{generation:x}", *parts)).encode()).hexdigest()[:32]


def _table(results: Results) -> Table:
    if isinstance(results, ox.QueryBoolean):
        return Table((), (), answer=bool(results))
    rows: list[tuple[Term | None, ...]] = []
    if isinstance(results, ox.QuerySolutions):
        variables = tuple(variable.value for variable in results.variables)
        for solution in results:
            if len(rows) == PAGE_ROWS:
                return Table(variables, tuple(rows), is_cut=True)
            rows.append(tuple(solution))
        return Table(variables, tuple(rows))
    names = ("subject", "predicate", "object")
    for triple in results:
        if len(rows) == PAGE_ROWS:
            return Table(names, tuple(rows), is_cut=True, is_rdf=True)
        rows.append((triple.subject, triple.predicate, triple.object))
    return Table(names, tuple(rows), is_rdf=True)
