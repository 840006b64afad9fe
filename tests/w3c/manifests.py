"""From the manifests of the W3C to test cases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

BASE = "http://www.w3.org/2009/sparql/docs/tests/data-sparql11/"
MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
QT = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
UT = "http://www.w3.org/2009/sparql/tests/test-update#"
HT = "http://www.w3.org/2011/http#"
CNT = "http://www.w3.org/2011/content#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
UPDATES = ("add", "basic-update", "clear", "copy", "delete", "drop", "move", "update-silent")
LEFT_OUT = {
    "entailment": "no entailment regime is claimed",
    "service": "needs other servers to ask",
    "syntax-fed": "federation, which a server of strangers' queries refuses",
}
"""Folders that are not run, with the reason."""
SUITES = ("protocol", "graph store", "service description", "update", "syntax", "results", "query")
"""The suites; those without a protocol of their own are told by their folders, as the W3C tells them."""


@dataclass(frozen=True)
class Data:
    """A dataset, as files.

    Attributes:
        default: the files of the default graph.
        named: the files of the named graphs, each with the graph's IRI.
    """

    default: tuple[Path, ...] = ()
    named: tuple[tuple[str, Path], ...] = ()


@dataclass(frozen=True)
class Exchange:
    """One request and what is to come back."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    statuses: tuple[str, ...]
    kind: str | None
    answer: bool | None
    location: str | None
    content_type: str | None
    content: str | None


@dataclass(frozen=True)
class Case:
    """One test.

    Attributes:
        suite: one of ``SUITES``.
        name: its folder and its name in the manifest.
        kind: the local name of its type.
        base: what relative IRIs are relative to.
        request: the query or the update, if it is one.
        before: what the store holds.
        after: what the store is to hold after an update.
        result: the file with the expected results of a query.
        exchanges: the requests of a test of a protocol.
    """

    suite: str
    name: str
    kind: str
    base: str
    request: str = ""
    before: Data = Data()
    after: Data = Data()
    result: Path | None = None
    exchanges: tuple[Exchange, ...] = ()

    @property
    def is_negative(self) -> bool:
        """Whether the request is to be refused."""
        return self.kind.startswith("Negative")

    @property
    def is_update(self) -> bool:
        """Whether it is about updates."""
        return "Update" in self.kind or (
            self.suite == "protocol"
            and self.name.split("/")[1].startswith(("update_", "bad_update", "bad_multiple_up"))
        )


def cases(suite: Path) -> Iterator[Case]:
    """All tests of SPARQL 1.1 but those of ``LEFT_OUT``.

    Args:
        suite: the folder ``sparql/sparql11`` of the W3C's repository rdf-tests.
    """
    for folder in sorted(path for path in suite.iterdir() if path.is_dir() and path.name not in LEFT_OUT):
        for manifest in sorted(folder.glob("manifest*.ttl")):
            yield from _Manifest(manifest).cases()


class _Manifest:
    def __init__(self, path: Path) -> None:
        self.folder = path.parent
        self.base = f"{BASE}{path.parent.name}/"
        quads = ox.parse(path=str(path), format=ox.RdfFormat.TURTLE, base_iri=self.base + path.name)
        self.graph = ox.Dataset(quads)

    @property
    def suite(self) -> str:
        name = self.folder.name
        if name.startswith(UPDATES):
            return "update"
        return "syntax" if name.startswith("syntax-") else "results" if name.endswith("-res") else "query"

    def cases(self) -> Iterator[Case]:
        for quad in self.graph.quads_for_predicate(ox.NamedNode(MF + "entries")):
            for entry in self.items(quad.object):
                yield self.case(entry)

    def case(self, entry: ox.NamedNode) -> Case:
        kind = self.one(entry, RDF + "type").value.removeprefix(MF).removeprefix(UT).removesuffix("11")
        name = f"{self.folder.name}/{entry.value.rpartition('#')[2]}"
        action, result = self.one(entry, MF + "action"), self.one(entry, MF + "result")
        if kind == "ServiceDescriptionTest":
            return Case("service description", name, kind, self.base)
        if kind in ("ProtocolTest", "GraphStoreProtocolTest"):
            requests = tuple(map(self.exchange, self.items(self.one(action, HT + "requests"))))
            suite = "protocol" if kind == "ProtocolTest" else "graph store"
            return Case(suite, name, kind, self.base, before=self.data(entry, UT), exchanges=requests)
        if "SyntaxTest" in kind:
            return Case(self.suite, name, kind, self.base, request=self.read(action))
        if kind == "UpdateEvaluationTest":
            before, after = self.data(action, UT), self.data(result, UT)
            return Case(self.suite, name, kind, self.base, self.read(self.one(action, UT + "request")), before, after)
        request = self.read(self.one(action, QT + "query"))
        return Case(self.suite, name, kind, self.base, request, self.data(action, QT), result=self.path(result))

    def exchange(self, request: ox.BlankNode) -> Exchange:
        response, body = self.one(request, HT + "resp"), self.one(request, HT + "body")
        expected = self.one(response, HT + "body")
        answer, kind = self.one(response, MF + "expectedBoolean"), self.one(response, MF + "expectedFormat")
        location = self.one(response, MF + "expectedLocation")
        encoding = self.one(body, CNT + "characterEncoding")
        return Exchange(
            method=self.one(request, HT + "methodName").value,
            path=self.one(request, HT + "absolutePath").value,
            headers=self.headers(request),
            body=None if body is None else self.one(body, CNT + "chars").value.encode(encoding.value),
            statuses=tuple(status.value.rpartition("#")[2] for status in self.all(response, MF + "expectedStatus")),
            kind=kind and kind.value,
            answer=None if answer is None else answer.value == "true",
            location=location and location.value,
            content_type=dict(self.headers(response)).get("content-type"),
            content=None if expected is None else self.one(expected, CNT + "chars").value,
        )

    def headers(self, message: ox.BlankNode) -> tuple[tuple[str, str], ...]:
        listed = self.one(message, HT + "headers")
        return tuple(
            (self.one(header, HT + "fieldName").value.lower(), self.one(header, HT + "fieldValue").value)
            for header in (self.items(listed) if listed else ())
        )

    def data(self, node, prefix: str) -> Data:
        named = []
        for graph in self.all(node, prefix + "graphData"):
            if isinstance(graph, ox.NamedNode):
                named.append((graph.value, self.path(graph)))
            else:
                named.append((self.one(graph, LABEL).value, self.path(self.one(graph, prefix + "graph"))))
        files = (self.path(file) for file in self.all(node, prefix + "data"))
        return Data(tuple(sorted(files)), tuple(sorted(named)))

    def path(self, file: ox.NamedNode) -> Path:
        return self.folder / file.value.removeprefix(self.base)

    def read(self, file: ox.NamedNode) -> str:
        return self.path(file).read_bytes().decode("utf-8")

    def all(self, subject, predicate: str) -> list:
        if subject is None:
            return []
        quads = self.graph.quads_for_subject(subject)
        return [quad.object for quad in quads if quad.predicate.value == predicate]

    def one(self, subject, predicate: str):
        return next(iter(self.all(subject, predicate)), None)

    def items(self, node) -> Iterator:
        while node.value != RDF + "nil":
            yield self.one(node, RDF + "first")
            node = self.one(node, RDF + "rest")
