"""``geokg serve``."""

from __future__ import annotations

import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from ..errors import GeokgError, ReadError
from ..graph import KnowledgeGraph
from ..sparql.guard import check_start
from ..validation.baseline import read as read_baseline
from ..vocabulary import packaged
from .common import STDIN, Command, busy, is_source, json_option, read_graph, tell, tell_json, tell_notices, told

if TYPE_CHECKING:
    from ..endpoint.folder import FolderWriter
    from ..endpoint.writer import Gate, Writer
    from ..remote import RemoteStore


_LOOK = 0.2
"""Seconds between two looks at whether a store has been checked."""


@dataclass(frozen=True)
class _Data:
    """What is served.

    Attributes:
        kg: the graph.
        folder: its store on disk, if nobody changes it.
        writer: whoever changes it, if anybody does.
    """

    kg: KnowledgeGraph
    folder: Path | None = None
    writer: Writer | None = None


def _addresses(_context: click.Context, _parameter: click.Parameter, values: Sequence[str]) -> Sequence[str]:
    for value in values:
        try:
            check_start(value)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None
    return values


@click.command(cls=Command)
@click.argument("graph", required=False)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0 takes any free port.")
@click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    help="A file with the secret that writers must send; or set GEOKG_TOKEN. Without one nobody may write.",
)
@click.option("--read-only", is_flag=True, help="Refuse writers, whoever has a token.")
@click.option("--create", is_flag=True, help="Make the store folder if it is not there.")
@click.option(
    "--ephemeral", is_flag=True, help="Let a graph that comes from files be written to; writes end with the server."
)
@click.option(
    "--gate",
    type=click.Choice(["off", "warn", "refuse"]),
    default="refuse",
    show_default=True,
    help="What becomes of a write that adds violations of the shapes.",
)
@click.option(
    "--rules",
    type=click.Choice(["apply", "off"]),
    default="apply",
    show_default=True,
    help="Whether each write finds accepted and inferred facts anew, where the graph has policies or such facts.",
)
@click.option(
    "--default-graph",
    type=click.Choice(["union", "plain"]),
    default="union",
    show_default=True,
    help="What a query sees that names no graph: all graphs together, or the unnamed one. An update that names none"
    " sees and changes the unnamed one, either way.",
)
@click.option(
    "--allow-load",
    multiple=True,
    callback=_addresses,
    metavar="IRI",
    help="An address that LOAD may read, with all below it; what it leads to elsewhere is not read.",
)
@click.option(
    "--allow-service",
    multiple=True,
    callback=_addresses,
    metavar="IRI",
    help="An address that SERVICE may ask, with all below it, whoever asks. It stands in queries in full.",
)
@click.option(
    "--sources",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder that documents come from: what is annotated in the browser goes there, beside the texts.",
)
@click.option("--workers", default=4, show_default=True, type=click.IntRange(1), help="Queries that run at once.")
@click.option(
    "--deadline", default=10.0, show_default=True, type=click.FloatRange(0.1), help="Seconds that a query may take."
)
@click.option(
    "--write-deadline",
    default=60.0,
    show_default=True,
    type=click.FloatRange(0.1),
    help="Seconds that a write may take, its validation included.",
)
@click.option("--memory", default=2048, show_default=True, type=click.IntRange(64), help="MiB that one query may take.")
@click.option("--cache", default=64, show_default=True, type=click.IntRange(0), help="MiB of answers that are kept.")
@click.option(
    "--access-log",
    metavar="FILE",
    envvar="GEOKG_ACCESS_LOG",
    help="Write a line of JSON for each request there; - is the standard error output.",
)
@click.option(
    "--proxies",
    default=0,
    show_default=True,
    type=click.IntRange(0),
    envvar="GEOKG_PROXIES",
    help="How many proxies stand in front, each of which says in X-Forwarded-For who asked it. What the nearest says in"
    " X-Forwarded-Proto, -Host and -Prefix is believed too. With 0 none of these headers is looked at.",
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file of findings that are known, from check --write-baseline: the report tells new ones apart.",
)
@json_option("Print address and size as JSON once the server listens.")
def serve(
    graph: str | None,
    host: str,
    port: int,
    token_file: Path | None,
    gate: Gate,
    rules: str,
    default_graph: str,
    allow_load: Sequence[str],
    allow_service: Sequence[str],
    sources: Sequence[Path],
    workers: int,
    deadline: float,
    write_deadline: float,
    memory: int,
    cache: int,
    access_log: str | None,
    proxies: int,
    baseline: Path | None,
    *,
    read_only: bool,
    create: bool,
    ephemeral: bool,
    as_json: bool,
) -> None:
    """Serve a graph over HTTP: SPARQL, linked data, pages for people.

    Without a GRAPH the data that comes with geokg is built and served. The folder of a store can be written to by
    whoever has the token: updates at /update, graphs at /store. So can a service by its address: what is written is
    tried on a copy first, or passed on as it is with --gate off --rules off. Ends with Ctrl-C, once what was begun is
    answered; a second Ctrl-C ends it at once.

    Example:
      geokg serve kg.trig --port 8080
      geokg serve kg --create --token-file secret
      geokg serve kg --token-file secret --sources data
      geokg serve http://127.0.0.1:7878/query --token-file secret
    """
    import waitress.server  # nothing else needs it, nor what follows

    from ..endpoint import WAITRESS, create_app, create_pool
    from ..endpoint.folder import FolderWriter
    from ..endpoint.stopping import ended_by_signals

    token = _token(token_file) if token_file is not None else os.environ.get("GEOKG_TOKEN") or None
    if (create or ephemeral) and (read_only or token is None):
        told = (
            "--create and --ephemeral are for writers: give a token (--token-file, or GEOKG_TOKEN) and no --read-only"
        )
        raise click.UsageError(told)
    known = None if baseline is None else read_baseline(baseline)
    if access_log is not None:
        _open_log(access_log)
    signal.signal(signal.SIGTERM, _stop)
    is_writable = token is not None and not read_only
    settings = {"gate": gate, "deadline": write_deadline, "is_ruled": rules == "apply"}
    with _data(graph, is_writable=is_writable, create=create, ephemeral=ephemeral, **settings) as data:
        pool = create_pool(
            data.kg.store,
            folder=data.folder,
            writer=data.writer if isinstance(data.writer, FolderWriter) else None,
            workers=workers,
            deadline=deadline,
            memory=memory << 20,
        )
        if pool is not None:
            pool.start()
        app = create_app(
            data.kg,
            token=token,
            pool=pool,
            writer=data.writer,
            union=default_graph == "union",
            allowed_sources=allow_load,
            allowed_services=allow_service,
            cache_bytes=cache << 20,
            sources=sources,
            known=known,
            proxies=proxies,
        )
        with _listen(host, port) as listener:
            host, port = listener.getsockname()[:2]
            address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
            server = waitress.server.create_server(app, sockets=[listener], **WAITRESS)
            size, is_read_only = len(data.kg), data.writer is None
            if as_json:
                tell_json({"address": address, "sparql": f"{address}sparql", "quads": size, "read_only": is_read_only})
            else:
                how = "read-only; " if is_read_only else ""
                tell(f"{address} serves {size} quads, {how}SPARQL at {address}sparql\n")
            longest = deadline if pool is None else pool.longest
            ending = ended_by_signals(server, app.extensions["geokg"], grace=max(longest, write_deadline) + 5)
            with _watched(data.writer), ending:
                server.run()
        if pool is not None:
            pool.close()  # before the copies that it reads are removed


@contextmanager
def _data(graph: str | None, *, is_writable: bool, create: bool, ephemeral: bool, **settings: Any) -> Iterator[_Data]:
    """What is to be served; it is closed, and what is temporary removed, afterwards."""
    folder = Path(graph) if graph and graph != STDIN and "://" not in graph else None
    is_store = folder is not None and folder.is_dir() and not is_source(str(folder))
    if folder is not None and create and not is_store:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ReadError("is there and is no store; choose another name for a new one", path=folder)
        is_store = True
    if folder is not None and is_store and is_writable:
        with closing(_writer(folder, **settings)) as writer:
            yield _Data(KnowledgeGraph(writer.store), writer=writer)
        return
    kg = read_graph(graph or str(packaged("data")))
    tell_notices(kg)
    if is_writable and not kg.store.is_here:
        if ephemeral:
            raise click.UsageError("--ephemeral is for a graph from files; what is written to a service stays there")
        with (
            tempfile.TemporaryDirectory(prefix="geokg-") as temporary,
            closing(_remote_writer(cast("RemoteStore", kg.store), Path(temporary) / "copy", **settings)) as writer,
        ):
            yield _Data(kg, writer=writer)
        return
    if not ephemeral:
        yield _Data(kg, folder=folder if is_store else None)
        return
    with tempfile.TemporaryDirectory(prefix="geokg-") as temporary:
        copy = Path(temporary) / "store"
        kg.store.save(copy)
        with closing(_writer(copy, base=kg.base, **settings)) as writer:
            yield _Data(KnowledgeGraph(writer.store), writer=writer)


def _writer(folder: Path, **settings: Any) -> FolderWriter:
    from ..endpoint.folder import FolderWriter

    return FolderWriter(folder, is_patient=False, **settings)


@contextmanager
def _watched(writer: Writer | None) -> Iterator[None]:
    """Show to people that what is there is being checked, while others already read; say when writers may come."""
    ended = threading.Event()
    watcher = threading.Thread(target=_watch, args=(writer, ended), daemon=True)
    if writer is not None:
        watcher.start()
    try:
        yield
    finally:
        ended.set()
        if writer is not None:
            watcher.join()


def _watch(writer: Writer, ended: threading.Event) -> None:
    begun = time.monotonic()
    try:
        if writer.is_ready or ended.wait(_LOOK):
            return
        words = "Checking what is there; who writes has to wait"
        with busy(words) as shown:
            while not writer.is_ready and not ended.wait(_LOOK):
                if shown is not None:
                    shown.update(f"{words} ({time.monotonic() - begun:.0f} s)")
    except GeokgError as error:
        click.echo(f"{told(error)}; it can be read, and the next write tries again", err=True)


def _remote_writer(store: RemoteStore, folder: Path, **settings: Any) -> Writer:
    """Whoever writes to a service: unjudged and without rules what is written need not be read."""
    from ..endpoint.remote_writer import JudgingWriter, PassingWriter  # needs geokg[remote], as the store does

    if settings["gate"] == "off" and not settings["is_ruled"]:
        return PassingWriter(store)
    with busy("Reading and checking what is there"):
        return JudgingWriter(store, folder, **settings)


def _stop(*_: object) -> None:
    """End as with Ctrl-C, so that what is open is closed."""
    raise KeyboardInterrupt


def _open_log(target: str) -> None:
    from ..endpoint.observing import open_log

    try:
        open_log(target)
    except OSError as error:
        raise GeokgError(f"{target}: the access log cannot be written: {error.strerror or error}") from error


def _listen(host: str, port: int) -> socket.socket:
    if os.environ.get("LISTEN_PID") == str(os.getpid()):  # systemd has a socket for us, and keeps it as we start anew
        return socket.socket(fileno=3)
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
