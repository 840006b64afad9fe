"""Compressed answers say the same as plain ones, can be validated, and are seen to be cut when they are."""

from __future__ import annotations

import gzip
import runpy
import sys
import zlib
from collections.abc import Iterator

import pyoxigraph as ox
import pytest
import zstandard
from flask import Flask, Response
from flask.testing import FlaskClient
from werkzeug.datastructures import Accept

from geokg.endpoint import create_app, encoding
from geokg.endpoint.encoding import encode
from geokg.endpoint.writer import StoreWriter
from geokg.graph import KnowledgeGraph
from geokg.store import Store

ROWS = {"query_string": {"query": "SELECT * { ?s ?p ?o }"}}
GRAPH = "http://g.example/1"


@pytest.fixture
def client() -> FlaskClient:
    store = Store.memory()
    node, name = ox.NamedNode("http://x.example/a"), ox.NamedNode(GRAPH)
    store.extend(ox.Quad(node, ox.NamedNode("http://x.example/p"), ox.Literal(n), name) for n in range(2000))
    return create_app(KnowledgeGraph(store), writer=StoreWriter(store), token="secret").test_client()


def decoded(response: Response) -> bytes:
    if response.headers.get("Content-Encoding") == "gzip":
        return gzip.decompress(response.data)
    if response.headers.get("Content-Encoding") == "zstd":
        return zstandard.ZstdDecompressor().decompressobj().decompress(response.data)
    return response.data


@pytest.mark.parametrize(
    ("asked", "coding"),
    [
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("zstd;q=0.1, gzip;q=0.9", "gzip"),
        ("GZIP", "gzip"),
        ("gzip;q=0", None),
        ("identity, gzip;q=0.5", None),
        ("br", None),
        ("*", None),
        (None, None),
    ],
)
@pytest.mark.parametrize("address", ["/sparql?query=SELECT * { ?s ?p ?o }", f"/store?graph={GRAPH}", "/"])
def test_a_body_comes_as_it_is_asked_for(client: FlaskClient, address: str, asked: str | None, coding: str | None):
    plain = client.get(address)
    response = client.get(address, headers={"Accept-Encoding": asked} if asked else {})
    assert response.headers.get("Content-Encoding") == coding
    assert {"Accept", "Accept-Encoding"} <= {name.title() for name in response.vary}
    assert decoded(response) == plain.data
    assert response.mimetype == plain.mimetype
    if coding:
        assert len(response.data) < len(plain.data) / 2
        assert int(response.headers.get("Content-Length", len(response.data))) == len(response.data)


def test_little_is_sent_as_it_is(client: FlaskClient) -> None:
    response = client.get("/health", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in response.headers


@pytest.mark.parametrize(
    "address", ["/sparql?query=SELECT * { ?s ?p ?o }", f"/store?graph={GRAPH}", "/.well-known/void"]
)
def test_a_client_that_holds_a_compressed_answer_is_told_so(client: FlaskClient, address: str) -> None:
    headers = {"Accept-Encoding": "gzip"}
    tag = client.get(address, headers=headers).headers["ETag"]
    again = client.get(address, headers=headers | {"If-None-Match": tag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    plain = client.get(address).headers["ETag"]
    assert plain.startswith("W/") or plain != tag


def test_a_tag_of_a_compressed_graph_serves_for_writing(client: FlaskClient) -> None:
    address, secret = f"/store?graph={GRAPH}", {"Authorization": "Bearer secret"}
    tag = client.get(address, headers={"Accept-Encoding": "zstd"}).headers["ETag"]
    written = {"data": "<x:a> <x:b> 1 .", "content_type": "text/turtle"}
    assert client.put(address, **written, headers=secret | {"If-Match": tag}).status_code == 204
    assert client.put(address, **written, headers=secret | {"If-Match": tag}).status_code == 412


@pytest.mark.parametrize("address", ["/sparql?query=SELECT * { ?s ?p ?o }", f"/store?graph={GRAPH}", "/"])
def test_head_tells_what_get_would(client: FlaskClient, address: str) -> None:
    got, head = (client.open(address, method=method, headers={"Accept-Encoding": "gzip"}) for method in ("GET", "HEAD"))
    assert got.headers["Content-Encoding"] == "gzip"
    assert head.data == b""
    assert dict(head.headers) == dict(got.headers)


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_what_breaks_off_looks_broken_and_what_is_left_is_closed(coding: str) -> None:
    closed = []

    class Breaking(Iterator[bytes]):
        pieces = iter([b"one" * 1000, b"two" * 1000])

        def __next__(self) -> bytes:
            piece = next(self.pieces, None)
            if piece is None:
                raise BrokenPipeError
            return piece

        def close(self) -> None:
            closed.append(True)

    with Flask(__name__).test_request_context(headers={"Accept-Encoding": coding}):
        response = encode(Response(Breaking()))
        pieces = response.response
        got = next(pieces) + next(pieces)
        with pytest.raises(BrokenPipeError):
            next(pieces)
        response.close()
    assert closed == [True]
    decoder = zlib.decompressobj(31) if coding == "gzip" else zstandard.ZstdDecompressor().decompressobj()
    assert decoder.decompress(got) == b"one" * 1000 + b"two" * 1000  # each piece can be read when it comes
    assert not decoder.eof


@pytest.mark.parametrize(
    ("accept", "coding"), [("zstd", None), ("gzip", "gzip"), ("zstd gzip", "gzip"), ("gzip;q=0 zstd", None)]
)
def test_where_zstandard_is_not_installed_gzip_is_left(
    monkeypatch: pytest.MonkeyPatch, accept: str, coding: str | None
) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    without = runpy.run_path(str(encoding.__file__))
    names = [(name.partition(";")[0], 0 if ";q=0" in name else 1) for name in accept.split()]
    assert without["choose_coding"](Accept(names)) == coding
    assert encoding.choose_coding(Accept(names)) == ("zstd" if "zstd" in accept else "gzip")
