"""Servers that run as long as somebody needs them, each empty, on a free port of this machine."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

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
    with serving(str(folder / "store"), "--create", *options) as (port, _):
        address = f"http://127.0.0.1:{port}"
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
def serving(*arguments: str) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """``geokg serve`` with some arguments: the port that it listens at, and its process."""
    command = [sys.executable, "-m", "geokg", "serve", *arguments, "--port", "0", "--json"]
    with _running(command, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        told = ""
        while not told.endswith("}\n"):
            line = server.stdout.readline()
            if not line:
                raise RuntimeError("geokg serve has ended before it listened")
            told += line
        yield int(json.loads(told)["address"].rstrip("/").rpartition(":")[2]), server


@contextmanager
def oxigraph(program: str) -> Iterator[Endpoint]:
    """Oxigraph's own server, in memory."""
    port = _free_port()
    with _running([program, "serve", "--bind", f"127.0.0.1:{port}"], port=port):
        address = f"http://127.0.0.1:{port}"
        with closing(Endpoint(f"{address}/query", f"{address}/update", f"{address}/store")) as endpoint:
            yield endpoint


@contextmanager
def rdflib_endpoint(python: str) -> Iterator[Endpoint]:
    """rdflib-endpoint on an rdflib Dataset, with updates; it has no Graph Store Protocol."""
    port = _free_port()
    with _running([python, "-c", RDFLIB, str(port)], port=port):
        address = f"http://127.0.0.1:{port}/"
        with closing(Endpoint(address, address, address)) as endpoint:
            yield endpoint


def find(program: str) -> str | None:
    """A program, beside this Python or on the path."""
    return shutil.which(program, path=Path(sys.executable).parent) or shutil.which(program)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def _running(
    command: Sequence[str], *, port: int | None = None, stdout: int = subprocess.DEVNULL
) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command, stdout=stdout, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            if port is not None:
                _wait(server, port)
            yield server
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()


def _wait(server: subprocess.Popen[str], port: int) -> None:
    for _ in range(300):
        if server.poll() is not None:
            raise RuntimeError(f"{server.args} has ended with {server.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"nobody listens at port {port}")
