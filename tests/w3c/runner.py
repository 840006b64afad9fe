"""What each kind of test sends, and what it wants back."""

from __future__ import annotations

import csv
import http.client
import io
from urllib.parse import urljoin, urlsplit

import pyoxigraph as ox

from .client import Endpoint, Refused, Reply, quads
from .manifests import Case, Exchange
from .sameness import Row, same, value

RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
SD = "http://www.w3.org/ns/sparql-service-description#"
TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
ACCEPT = {
    ".srx": "application/sparql-results+xml",
    ".srj": "application/sparql-results+json",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
}
RESULTS = {
    "application/sparql-results+xml": ox.QueryResultsFormat.XML,
    "application/sparql-results+json": ox.QueryResultsFormat.JSON,
    "text/tab-separated-values": ox.QueryResultsFormat.TSV,
}
TABLES = frozenset({*RESULTS, "text/csv"})
KINDS = {
    "boolean": {"application/sparql-results+json", "application/sparql-results+xml"},
    "tabular": TABLES,
    "RDF": {
        "text/turtle",
        "application/rdf+xml",
        "application/n-triples",
        "application/n-quads",
        "application/ld+json",
    },
}
NAMES = {"OK": 200, "Created": 201, "NoContent": 204, "NotFound": 404}


class Differs(Exception):
    """Something came back that was not expected."""


def run(case: Case, endpoint: Endpoint) -> str | None:
    """Run one test: what went wrong, or ``None``."""
    steps = {
        "ProtocolTest": _exchanges,
        "GraphStoreProtocolTest": _exchanges,
        "ServiceDescriptionTest": _description,
        "UpdateEvaluationTest": _update,
        "QueryEvaluationTest": _query,
        "CSVResultFormatTest": _query,
    }
    try:
        steps.get(case.kind, _syntax)(case, endpoint)
    except (Differs, Refused) as error:
        return str(error)
    except (http.client.HTTPException, OSError, SyntaxError, ValueError, KeyError, IndexError) as error:
        endpoint.loaded = None
        return f"{type(error).__name__}: {error}"
    return None


def _syntax(case: Case, endpoint: Endpoint) -> None:
    """A request that parses may still be refused: it loads from elsewhere, or is about what is not there."""
    reply = endpoint.change(case.request) if case.is_update else endpoint.ask(case.request, "*/*")
    if case.is_negative and not 400 <= reply.status < 500:
        raise Differs(f"was to be refused: {reply.told}")
    if not case.is_negative and not (200 <= reply.status < 300 or reply.status in endpoint.refusals):
        raise Differs(f"was to be understood: {reply.told}")


def _update(case: Case, endpoint: Endpoint) -> None:
    endpoint.load(case.before, case.base)
    reply = endpoint.change(f"BASE <{case.base}>\n{case.request}")
    if not 200 <= reply.status < 300:
        raise Differs(reply.told)
    if not same(endpoint.held(), quads(case.after, case.base)):
        raise Differs("the store holds something else than it should")


def _query(case: Case, endpoint: Endpoint) -> None:
    endpoint.load(case.before, case.base)
    assert case.result is not None
    ending = case.result.suffix
    wanted = _expected_rdf(case) if ending == ".ttl" else _results(case.result.read_bytes(), ACCEPT[ending])
    accept = ACCEPT.get(ending, "text/turtle" if isinstance(wanted, list) else ACCEPT[".srj"])
    reply = endpoint.ask(f"BASE <{case.base}>\n{case.request}", accept)
    if reply.status != 200 or reply.mimetype != accept:
        raise Differs(f"asked for {accept}: {reply.told}")
    if isinstance(wanted, list):
        found: object = _triples(reply.body, "text/turtle", case.base)
        alike = same(_by_value(found), _by_value(wanted))
    else:
        found = _results(reply.body, accept)
        # How a number is spelt is no matter of a query, but of a format of results.
        alike = _same_results(found, wanted, by_value=case.suite == "query")
    if not alike:
        raise Differs(f"got {_shown(found)} where {_shown(wanted)} was expected")


Results = bool | tuple[tuple[str, ...], list[Row]]


def _results(data: bytes, mimetype: str) -> Results:
    if mimetype == "text/csv":
        head, *lines = csv.reader(io.StringIO(data.decode("utf-8"), newline=""))
        return tuple(head), [
            tuple(ox.BlankNode(cell[2:]) if cell.startswith("_:") else cell for cell in line) for line in lines
        ]
    parsed = ox.parse_query_results(data, format=RESULTS[mimetype])
    if isinstance(parsed, ox.QueryBoolean):
        return bool(parsed)
    names = tuple(variable.value for variable in parsed.variables)
    return names, [tuple(row[name] for name in names) for row in parsed]


def _by_value(rows: list[Row]) -> list[Row]:
    return [tuple(value(term) for term in row) for row in rows]


def _same_results(found: Results, wanted: Results, *, by_value: bool) -> bool:
    if isinstance(found, bool) or isinstance(wanted, bool):
        return found is wanted
    if sorted(found[0]) != sorted(wanted[0]):
        return False
    order = [found[0].index(name) for name in wanted[0]]
    rows = [tuple(row[n] for n in order) for row in found[1]]
    return same(_by_value(rows), _by_value(wanted[1])) if by_value else same(rows, wanted[1])


def _triples(data: bytes, mimetype: str, base: str) -> list[Row]:
    form = ox.RdfFormat.from_media_type(mimetype)
    if form is None:
        raise Differs(f"{mimetype} is no RDF")
    parsed = ox.parse(data, format=form, base_iri=base)
    return list({(quad.subject, quad.predicate, quad.object): None for quad in parsed})


def _expected_rdf(case: Case) -> list[Row] | Results:
    """Triples, or the rows that they describe."""
    assert case.result is not None
    triples = _triples(case.result.read_bytes(), "text/turtle", case.base + case.result.name)

    def all_(subject: object, name: str) -> list:
        return [o for s, p, o in triples if s == subject and p.value == RS + name]

    found = next((s for s, p, o in triples if p == TYPE and o == ox.NamedNode(RS + "ResultSet")), None)
    if found is None:
        return triples
    names = tuple(name.value for name in all_(found, "resultVariable"))
    rows = []
    for solution in all_(found, "solution"):
        bound = {all_(b, "variable")[0].value: all_(b, "value")[0] for b in all_(solution, "binding")}
        rows.append(tuple(bound.get(name) for name in names))
    return names, rows


def _shown(results: object) -> str:
    shown = results[1] if isinstance(results, tuple) else results
    words = " | ".join(" ".join(str(term) for term in row) for row in shown) if isinstance(shown, list) else str(shown)
    return words if len(words) < 400 else words[:400] + " ..."


def _exchanges(case: Case, endpoint: Endpoint) -> None:
    endpoint.loaded = None  # what the last protocol test left behind is unknown
    endpoint.load(case.before, case.base)
    endpoint.loaded = None
    known: dict[str, str] = {}
    for exchange in case.exchanges:
        url = _address(case, exchange, endpoint)
        body = exchange.body
        for name, text in known.items():
            url = url.replace(name, text)
            body = body and body.replace(name.encode(), text.encode())
        _exchange(exchange, endpoint.send(exchange.method, url, dict(exchange.headers), body), url, known)


def _address(case: Case, exchange: Exchange, endpoint: Endpoint) -> str:
    if case.suite == "graph store":
        return endpoint.store + exchange.path.removeprefix("/gsp")
    path = exchange.path.removeprefix("/sparql/").removeprefix("/sparql")
    sent = f"{path}&{(exchange.body or b'').decode('latin-1')}"
    is_query = "application/sparql-query" in dict(exchange.headers).values() or "query=" in sent
    return (endpoint.update if case.is_update and not is_query else endpoint.query) + path


def _exchange(wanted: Exchange, reply: Reply, url: str, known: dict[str, str]) -> None:
    told = f"{wanted.method} {urlsplit(url).path}: {reply.told}"
    if not any(_fits(reply.status, status) for status in wanted.statuses):
        raise Differs(f"{told}, where {' or '.join(wanted.statuses)} was expected")
    if wanted.kind is not None and reply.mimetype not in KINDS[wanted.kind]:
        raise Differs(f"{told}, where {wanted.kind} was expected")
    if wanted.answer is not None and _results(reply.body, reply.mimetype) is not wanted.answer:
        raise Differs(f"{told}, where {wanted.answer} was expected")
    if wanted.location is not None:
        if "location" not in reply.headers:
            raise Differs(f"{told}, without a Location")
        known[wanted.location] = urljoin(url, reply.headers["location"])
    if wanted.content_type is not None and reply.mimetype != wanted.content_type.partition(";")[0]:
        raise Differs(f"{told}, where {wanted.content_type} was expected")
    if wanted.content is not None:
        expected = _triples(wanted.content.encode(), "text/turtle", url)
        if not same(_triples(reply.body, reply.mimetype, url), expected):
            raise Differs(f"{told}: other triples than expected")


def _fits(status: int, name: str) -> bool:
    if name.startswith("StatusCode"):
        return name == f"StatusCode{status // 100}xx"
    return status == NAMES[name]


def _description(case: Case, endpoint: Endpoint) -> None:
    """A description at the address of the endpoint, of that very endpoint, in the terms of its vocabulary."""
    reply = endpoint.send("GET", endpoint.query, {"accept": "text/turtle, application/rdf+xml;q=0.5"})
    if reply.status != 200 or reply.mimetype not in KINDS["RDF"]:
        raise Differs(reply.told)
    triples = _triples(reply.body, reply.mimetype, endpoint.query)
    if not any(o == ox.NamedNode(SD + "Service") for _, p, o in triples if p == TYPE):
        raise Differs("no sd:Service")
    services = {s for s, p, o in triples if p == TYPE and o == ox.NamedNode(SD + "Service")}
    if case.name.endswith("/has-endpoint-triple"):
        ends = [o for s, p, o in triples if s in services and p.value == SD + "endpoint"]
        if ox.NamedNode(endpoint.query) not in ends:
            raise Differs(f"sd:endpoint is {ends}")
    elif case.name.endswith("/conforms-to-schema"):
        _schema(triples)


def _schema(triples: list[Row]) -> None:
    """The ranges of the service description's properties (SPARQL 1.1 Service Description, section 3.4)."""
    ranges = {
        "defaultDataset": "Dataset",
        "availableGraphs": "GraphCollection",
        "defaultGraph": "Graph",
        "namedGraph": "NamedGraph",
        "graph": "Graph",
    }
    plain = ("supportedLanguage", "feature", "resultFormat", "inputFormat", "endpoint", "name")
    for subject, predicate, object_ in triples:
        name = predicate.value.removeprefix(SD)
        if name in plain and not isinstance(object_, ox.NamedNode):
            raise Differs(f"sd:{name} is {object_}")
        if name in ranges and (object_, TYPE, ox.NamedNode(SD + ranges[name])) not in triples:
            raise Differs(f"the sd:{name} of {subject} is no sd:{ranges[name]}")
