"""The Flask app, and the blueprint for those who have an app of their own."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Blueprint, Flask, Response, g, request, url_for
from werkzeug.exceptions import HTTPException, RequestHeaderFieldsTooLarge
from werkzeug.middleware.proxy_fix import ProxyFix

from ..errors import QueryError
from ..sparql import Limits
from . import admin, description, graph_store, health, pages, pooled, update
from .annotating import Desk
from .cache import Cache, Caching
from .direct import FAILED, Direct
from .encoding import unmark_conditions
from .formats import HTML, RDF, choose
from .headers import LONGEST, add_headers, too_long
from .metrics import Metrics
from .observing import Observed, write_line
from .problems import from_full_disk, from_http_exception, from_query_error
from .protocol import read_request, utf8
from .resources import send
from .site import Site, current

if TYPE_CHECKING:
    from ..graph import KnowledgeGraph
    from ..sparql.pool import Pool
    from ..validation.baseline import Known
    from .writer import Writer

MAX_BODY = 2 << 20


def create_app(
    kg: KnowledgeGraph,
    *,
    title: str = "geokg",
    limits: Limits | None = None,
    union: bool = True,
    writer: Writer | None = None,
    token: str | None = None,
    pool: Pool | None = None,
    allowed_sources: Sequence[str] = (),
    allowed_services: Sequence[str] = (),
    cache_bytes: int = 64 << 20,
    sources: Sequence[str | Path] = (),
    known: Sequence[Known] | None = None,
    proxies: int = 0,
    **config: object,
) -> Flask:
    """A Flask app that serves one graph, for any WSGI server.

    Args:
        kg: the graph.
        title: what pages and descriptions call it.
        limits: how large a query may be.
        union: whether all graphs together stand for the default graph of a query; else the unnamed one.
        writer: whoever changes the graph, such as ``StoreWriter(kg.store)``; without one it is read-only.
        token: the secret that writers send; without one nobody may write.
        pool: processes that queries run in; without them they run in this one, however long it takes.
        allowed_sources: addresses that ``LOAD`` may read, each with all below it.
        allowed_services: addresses that the ``SERVICE`` of a query may ask, each with all below it.
        cache_bytes: how much of the pool's answers is kept for those who ask the same again; 0 for nothing.
        sources: the folders that documents come from, and that annotations made in the browser go to.
        known: findings that are known, as :func:`geokg.validation.baseline.read` gives them: the report tells new ones
            apart; without them it compares with what stood before the last change.
        proxies: how many proxies stand in front and are believed: in who asks, the one farthest from here
            (``X-Forwarded-For``); in scheme, host and path as the client sees them, the one next to here
            (``X-Forwarded-Proto``, ``-Host``, ``-Prefix``).
        config: settings of Flask, such as ``MAX_CONTENT_LENGTH``.

    >>> import geokg
    >>> client = create_app(geokg.sample()).test_client()
    >>> client.get("/sparql", query_string={"query": "ASK { ?c a gk:Claim }"}).json["boolean"]
    True
    """
    app = Flask(__name__, static_folder=None, template_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.config.update(config)
    site = app.extensions["geokg"] = Site(
        kg,
        title=title,
        limits=limits or Limits(),
        union=union,
        writer=writer,
        token=token,
        pool=pool,
        allowed_sources=tuple(allowed_sources),
        allowed_services=tuple(allowed_services),
        cache=Cache(cache_bytes) if pool is not None and cache_bytes else None,
        metrics=_metrics(),
        desk=Desk([Path(source) for source in sources], kg.store, writer) if sources else None,
    )
    site.findings.known = None if known is None else tuple(known)
    app.register_blueprint(blueprint())
    app.register_error_handler(HTTPException, from_http_exception)
    app.after_request(add_headers)
    observers = [write_line]
    if site.metrics is not None:
        site.metrics.watch(site)
        observers.append(site.metrics.observe)
    inner = app.wsgi_app
    if pool is not None:
        inner = Direct(inner, site.answering, pool, site.hold)
        if site.cache is not None:
            inner = Caching(inner, site.cache, lambda: pool.generation)
    app.wsgi_app = Observed(inner, observers)  # type: ignore[method-assign]
    if proxies:  # outermost: what is kept and logged goes by what they say
        found = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=1, x_host=1, x_prefix=1)
        app.wsgi_app = found  # type: ignore[method-assign]
    return app


def _metrics() -> Metrics | None:
    try:
        return Metrics()
    except ImportError:  # prometheus_client comes with geokg[serve]
        return None


def blueprint() -> Blueprint:
    """All addresses of the endpoint, for an app of your own.

    The app holds the graph as ``app.extensions["geokg"] = Site(kg)``.

    >>> blueprint().name
    'geokg'
    """
    parts = Blueprint("geokg", __name__, static_folder="static", static_url_path="/static")
    parts.add_url_rule("/sparql", "sparql", sparql, methods=["GET", "POST"], strict_slashes=False)
    parts.add_url_rule("/update", "update", update.update, methods=["POST"], strict_slashes=False)
    for address, name in (("/store", "store"), ("/store/<path:path>", "direct_store")):
        parts.add_url_rule(address, name, graph_store.graph_store, methods=graph_store.METHODS, strict_slashes=False)
    parts.add_url_rule("/.well-known/void", "void", void)
    parts.add_url_rule("/health", "health", health.health)
    parts.add_url_rule("/health/live", "live", health.live)
    parts.add_url_rule("/health/ready", "ready", health.ready)
    parts.add_url_rule("/metrics", "metrics", health.metrics)
    parts.add_url_rule("/admin/queries", "queries", admin.queries)
    parts.add_url_rule("/admin/queries/<int:number>", "cancel", admin.cancel, methods=["DELETE"])
    parts.before_request(_refuse_unreadable)
    pages.add_to(parts)
    parts.register_error_handler(QueryError, from_query_error)
    parts.register_error_handler(HTTPException, from_http_exception)
    parts.register_error_handler(OSError, from_full_disk)
    parts.before_request(unmark_conditions)
    parts.after_request(add_headers)
    return parts


def _refuse_unreadable() -> None:
    """No header is longer than anybody's; what stands behind the question mark is UTF-8; or nobody looks at them."""
    for name in too_long(request.environ):
        request.environ[name] = ""  # to tell about it would be to read it
        raise RequestHeaderFieldsTooLarge(f"a header is longer than {LONGEST} bytes")
    utf8(request.query_string)


def sparql() -> Response:
    """SPARQL 1.1 Protocol; without a query the service description, or a form."""
    site = current()
    if FAILED in request.environ:
        g.query, error = request.environ[FAILED]
        raise error
    asked = read_request(request)
    if asked is not None:
        g.query, g.began = asked.query, time.perf_counter()  # for pages to show
        # Not by a star: nobody knows yet that there is an answer.
        held = request.if_none_match.as_set(include_weak=True) if request.method != "POST" else set()
        to_page, match = partial(pages.results, query=asked.query), held.__contains__
        if site.pool is not None:
            response = pooled.answer(site.answering, site.pool, asked, page=to_page, match=match)
        else:
            response = site.answering.answer(asked, request.accept_mimetypes, page=to_page, match=match)
        if request.method == "HEAD":
            response.close()  # WSGI takes no body then, and nobody else would end the evaluation
        return response
    chosen = choose(request.accept_mimetypes, RDF, name=request.args.get("format"))
    if chosen is HTML:
        return Response(pages.form(), content_type=HTML.content_type)
    site.begin()
    triples = description.service(
        site.sizes,
        request.base_url,
        void=url_for("geokg.void", _external=True),
        union=site.union,
        is_writable=site.writer is not None,
    )
    return send(triples, chosen)


def void() -> Response:
    """What data there is."""
    site = current()
    chosen = choose(request.accept_mimetypes, [offer for offer in RDF if offer is not HTML])
    endpoint = url_for("geokg.sparql", _external=True)
    triples = description.dataset(site.census, site.base, request.base_url, endpoint=endpoint, title=site.title)
    return send(triples, chosen)
