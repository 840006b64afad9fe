"""``geokg serve``."""

from __future__ import annotations

import socket
from pathlib import Path

import click

from ..endpoint import WAITRESS, create_app, create_pool
from ..errors import GeokgError, ReadError
from ..vocabulary import packaged
from .common import STDIN, Command, is_source, json_option, read_graph, tell, tell_json, tell_notices


@click.command(cls=Command)
@click.argument("graph", required=False)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0 takes any free port.")
@click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    help="A file with the secret that writers must send; kept for servers that can be written to.",
)
@click.option(
    "--read-only", is_flag=True, expose_value=False, help="Refuse writers. This server does so anyway, and says so."
)
@click.option("--workers", default=4, show_default=True, type=click.IntRange(1), help="Queries that run at once.")
@click.option(
    "--deadline", default=10.0, show_default=True, type=click.FloatRange(0.1), help="Seconds that a query may take."
)
@click.option("--memory", default=2048, show_default=True, type=click.IntRange(64), help="MiB that one query may take.")
@json_option("Print address and size as JSON once the server listens.")
def serve(
    graph: str | None,
    host: str,
    port: int,
    token_file: Path | None,
    workers: int,
    deadline: float,
    memory: int,
    *,
    as_json: bool,
) -> None:
    """Serve a graph over HTTP: SPARQL, linked data, pages for people.

    Without a GRAPH the data that comes with geokg is built and served. Ends with Ctrl-C.

    Example:
      geokg serve kg.trig --port 8080
    """
    import waitress.server  # nothing else needs it

    token = _token(token_file) if token_file is not None else None
    kg = read_graph(graph or str(packaged("data")))
    tell_notices(kg)
    folder = Path(graph) if graph and graph != STDIN and not is_source(graph) and Path(graph).is_dir() else None
    pool = create_pool(kg.store, folder=folder, workers=workers, deadline=deadline, memory=memory << 20)
    if pool is not None:
        pool.start()
    app = create_app(kg, token=token, pool=pool)
    with _listen(host, port) as listener:
        address = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}/"
        server = waitress.server.create_server(app, sockets=[listener], **WAITRESS)
        if as_json:
            tell_json({"address": address, "sparql": f"{address}sparql", "quads": len(kg), "read_only": True})
        else:
            tell(f"{address} serves {len(kg)} quads, read-only; SPARQL at {address}sparql\n")
        server.run()


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise GeokgError(f"cannot listen at {host} port {port}: {error.strerror or error}") from error


def _token(path: Path) -> str:
    try:
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ReadError(f"cannot be read as a token: {error}", path=path) from error
    if not token:
        raise ReadError("is empty; it should hold the token", path=path)
    return token
