"""Servers that run as long as somebody needs them, each empty, on a free port of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from processes import free_port, running, serving

from .client import Endpoint

NOWHERE = "somescheme://www.example.com/"
"""What the W3C's tests load from, to see that it fails; an operator has to allow even that."""
RDFLIB = """
import sys, uvicorn
from rdflib import Dataset
from rdflib_endpoint import SparqlEndpoint
app = SparqlEndpoint(graph=Dataset(), enable_update=True)
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="critical")
"""


@contextmanager
def geokg(folder: Path) -> Iterator[Endpoint]:
    """Our own, on a new store on disk, with the default graph that the W3C's tests want."""
    token = folder / "token"
    token.write_text("a secret for tests", encoding="utf-8")
    options = ["--token-file", str(token), "--default-graph", "plain", "--gate", "off", "--allow-load", NOWHERE]
    with serving(str(folder / "store"), "--create", *options) as (told, _):
        address = told["address"].rstrip("/")
        endpoint = Endpoint(
            f"{address}/sparql",
            f"{address}/update",
            f"{address}/store",
            token=token.read_text(encoding="utf-8"),
            refusals=frozenset({403, 404, 409, 422}),
        )
        with closing(endpoint):
            yield endpoint


@contextmanager
def oxigraph(program: str) -> Iterator[Endpoint]:
    """Oxigraph's own server, in memory."""
    port = free_port()
    with running([program, "serve", "--bind", f"127.0.0.1:{port}"], port=port):
        address = f"http://127.0.0.1:{port}"
        with closing(Endpoint(f"{address}/query", f"{address}/update", f"{address}/store")) as endpoint:
            yield endpoint


@contextmanager
def rdflib_endpoint(python: str) -> Iterator[Endpoint]:
    """rdflib-endpoint on an rdflib Dataset, with updates; it has no Graph Store Protocol."""
    port = free_port()
    with running([python, "-c", RDFLIB, str(port)], port=port):
        address = f"http://127.0.0.1:{port}/"
        with closing(Endpoint(address, address, address)) as endpoint:
            yield endpoint
