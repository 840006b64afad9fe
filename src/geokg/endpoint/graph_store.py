"""The SPARQL 1.1 Graph Store HTTP Protocol: a graph is a thing that is got, put, added to and deleted."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pyoxigraph as ox
from flask import Response, request
from werkzeug.http import parse_options_header

from ..sparql import check_update
from ..vocabulary import prefixes
from .changes import Change, has_graph
from .conditions import state_tag
from .formats import HTML, QUADS, RDF, Format, choose
from .operations import Upload
from .problems import ProtocolError
from .protocol import UPDATE, form_parameters, graph_iri, utf8
from .site import Site, current
from .streaming import Stream, writer
from .update import MAX_UPDATE, refuse_encodings, tags, told, write, writer_for

MAX_UPLOAD = 100 << 20
"""Bytes of one body."""
MULTIPART = "multipart/form-data"
METHODS = ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH"]
_OFFERS = [offer for offer in RDF if offer is not HTML and offer not in QUADS]


def graph_store(path: str = "") -> Response:
    """A graph by its own address below this one, by ``?graph=IRI``, or the unnamed one by ``?default``."""
    site = current()
    if request.method in ("GET", "HEAD"):
        return _send(site, _named(path))
    change_writer = writer_for(site)
    # A POST to the store itself makes a new graph, whose address is its name.
    is_nameless = request.method == "POST" and not path and not request.query_string
    graph = f"{request.base_url.rstrip('/')}/{uuid.uuid4()}" if is_nameless else _named(path)
    with tempfile.TemporaryDirectory(prefix="geokg-upload-") as folder:
        change = _read(site, graph, Path(folder))
        return told(write(change_writer, change), location=graph)


def _named(path: str) -> str | None:
    """The IRI of the graph that a request is about; ``None`` for the unnamed graph.

    Raises:
        ProtocolError: it names none, or several.
    """
    given = form_parameters(request.query_string)
    graphs = [value for name, value in given if name == "graph"]
    defaults = [value for name, value in given if name == "default"]
    unknown = {name for name, _ in given} - {"graph", "default", "format"}
    if unknown:
        raise ProtocolError(f"there is no parameter {', '.join(sorted(unknown))} here; known are graph and default")
    if len(graphs) + len(defaults) + bool(path) != 1 or any(defaults):
        raise ProtocolError("name one graph: by ?graph= and its IRI, by ?default, or by an address below this one")
    if path:
        return graph_iri(request.base_url)
    return graph_iri(graphs[0]) if graphs else None


def _send(site: Site, graph: str | None) -> Response:
    """A graph as it is now, streaming."""
    name = ox.DefaultGraph() if graph is None else ox.NamedNode(graph)
    chosen = choose(request.accept_mimetypes, _OFFERS, name=request.args.get("format"))
    tag = f"{state_tag(site.store)}-{chosen.name}"
    store = site.store.ox
    if not has_graph(store, name):
        raise ProtocolError(f"there is no graph <{graph}>", 404)
    if "If-Match" in request.headers and not request.if_match.contains(tag):
        raise ProtocolError("the graph is not in the state that the request asks for", 412)
    if request.if_none_match.contains_weak(tag):
        response = Response(status=304)
    elif request.method == "HEAD":
        response = Response(iter(()), content_type=chosen.content_type)  # of a length that is not known
    else:
        stream = Stream(_producer(store, name, chosen, prefixes(site.base)))
        response = Response(stream, content_type=chosen.content_type)
    response.set_etag(tag)
    return response


def _producer(
    store: ox.Store, name: ox.NamedNode | ox.DefaultGraph, chosen: Format, names: dict[str, str]
) -> Callable[[Callable[[bytes], None]], None]:
    def produce(emit: Callable[[bytes], None]) -> None:
        triples = (quad.triple for quad in store.quads_for_pattern(None, None, None, name))
        try:
            ox.serialize(triples, writer(emit), cast(ox.RdfFormat, chosen.engine), prefixes=names)
        except BrokenPipeError:
            return

    return produce


def _read(site: Site, graph: str | None, folder: Path) -> Change:
    """The change that a request asks for; what it sends is put into files.

    Raises:
        ProtocolError: the request is not as the protocol wants it.
    """
    conditions = (tags(request, "If-Match"), tags(request, "If-None-Match"))
    if request.method == "DELETE":
        return Change("delete", graph, if_match=conditions[0], if_none_match=conditions[1])
    refuse_encodings(request)
    base = graph or request.base_url
    if request.method == "PATCH":
        if request.mimetype != UPDATE:
            raise ProtocolError(f"a PATCH is sent as {UPDATE}", 415, accepted=[UPDATE])
        request.max_content_length = MAX_UPDATE
        text = utf8(request.get_data(cache=False))
        check_update(text, prefixes=prefixes(site.base), base_iri=base)
        return Change("patch", graph, text, (), base, *conditions)
    request.max_content_length = MAX_UPLOAD
    uploads = tuple(_uploads(folder))
    return Change("put" if request.method == "PUT" else "post", graph, "", uploads, base, *conditions)


def _uploads(folder: Path) -> Iterator[Upload]:
    if request.mimetype != MULTIPART:
        path = folder / "body"
        with path.open("wb") as file:
            shutil.copyfileobj(request.stream, file)
        yield Upload(path, request.mimetype)
        return
    for number, sent in enumerate(sent for _, sent in request.files.items(multi=True)):
        path = folder / str(number)
        sent.save(path)
        mimetype, options = parse_options_header(sent.content_type)
        if options.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
            raise ProtocolError("bodies are read in UTF-8", 415)
        yield Upload(path, mimetype or _by_ending(sent.filename or ""))
    for name, value in request.form.items(multi=True):
        raise ProtocolError(f"the part {name!r} ({len(value)} characters) is no file with a media type")


def _by_ending(name: str) -> str:
    found = ox.RdfFormat.from_extension(name.rpartition(".")[2])
    return found.media_type if found is not None else ""
