"""A SPARQL server as its clients see it: three addresses and nothing else."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pyoxigraph as ox

from .manifests import Data
from .sameness import Row

QUADS = "SELECT ?s ?p ?o ?g { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
JSON = "application/sparql-results+json"
SECONDS = 20


class Refused(Exception):
    """A request of the runner's own was not answered as it should be."""


@dataclass(frozen=True)
class Reply:
    """What came back; the names of the headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def mimetype(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def told(self) -> str:
        return f"{self.status} {self.mimetype} {self.body[:300].decode('utf-8', 'replace')}"


@dataclass
class Endpoint:
    """A server.

    Attributes:
        query: the address for queries.
        update: the address for updates.
        store: the address of the Graph Store Protocol.
        token: a bearer token for writing.
        refusals: the statuses of what is understood and not done. The protocol has 500 for this (section 2.1.6), which
            is also what a server says that has stumbled.
        loaded: what the store is known to hold.
    """

    query: str
    update: str
    store: str
    token: str | None = None
    refusals: frozenset[int] = frozenset({403, 404, 409, 422, 500})
    loaded: Data | None = None
    _open: dict[str, http.client.HTTPConnection] = field(default_factory=dict)

    def send(self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None) -> Reply:
        """One request over a connection that is kept."""
        parts = urlsplit(url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        sent = dict(headers or {})
        if self.token and not url.startswith(self.query):
            sent["authorization"] = f"Bearer {self.token}"
        for attempt in (1, 2):
            connection = self._open.get(parts.netloc)
            if connection is None:
                connection = http.client.HTTPConnection(parts.netloc, timeout=SECONDS)
                self._open[parts.netloc] = connection
            try:
                connection.request(method, target, body=body, headers=sent)
                answer = connection.getresponse()
                found = {name.lower(): value for name, value in answer.getheaders()}
                return Reply(answer.status, found, answer.read())
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                self._open.pop(parts.netloc).close()  # the server may close a connection between two requests
                if attempt == 2:
                    raise
            except (http.client.HTTPException, OSError):
                self._open.pop(parts.netloc).close()
                raise
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Close the connections."""
        while self._open:
            self._open.popitem()[1].close()

    def ask(self, query: str, accept: str) -> Reply:
        """Send a query."""
        headers = {"content-type": "application/sparql-query", "accept": accept}
        return self.send("POST", self.query, headers, query.encode())

    def change(self, update: str) -> Reply:
        """Send an update."""
        self.loaded = None
        return self.send("POST", self.update, {"content-type": "application/sparql-update"}, update.encode())

    def load(self, data: Data, base: str) -> None:
        """Make the store hold a dataset and nothing else.

        Raises:
            Refused: the server did not take it.
        """
        if data == self.loaded:
            return
        groups: dict[str | None, list[str]] = {}
        for graph, subject, predicate, object_ in quads(data, base):
            groups.setdefault(graph and str(graph), []).append(f"{subject} {predicate} {object_} .")
        written = "\n".join(
            "\n".join(lines) if graph is None else f"GRAPH {graph} {{\n" + "\n".join(lines) + "\n}"
            for graph, lines in groups.items()
        )
        # rdflib 7.6 stumbles over INSERT DATA into the default graph of a Dataset; this asks for the same.
        reply = self.change("DROP ALL" + (f" ; INSERT {{\n{written}\n}} WHERE {{}}" if written else ""))
        if reply.status >= 300:
            raise Refused(f"loading: {reply.told}")
        self.loaded = data

    def held(self) -> list[Row]:
        """All that the store holds.

        Raises:
            Refused: the server does not say.
        """
        reply = self.ask(QUADS, JSON)
        if reply.status != 200 or reply.mimetype != JSON:
            raise Refused(f"reading back: {reply.told}")
        solutions = ox.parse_query_results(reply.body, format=ox.QueryResultsFormat.JSON)
        return [(row["g"], row["s"], row["p"], row["o"]) for row in solutions]


def quads(data: Data, base: str) -> list[Row]:
    """What a dataset holds: graph (``None`` for the default one), subject, predicate, object."""
    rows: dict[Row, None] = {}
    for graph, file in [*((None, file) for file in data.default), *data.named]:
        name = ox.NamedNode(graph) if graph else None
        for quad in ox.parse(path=str(file), base_iri=base + file.name, rename_blank_nodes=True):
            rows[name, quad.subject, quad.predicate, quad.object] = None
    return list(rows)
