"""What ``LOAD`` reads from another server: fetched by us, within limits, and never from anywhere else.

The engine would follow what it fetches (a context of JSON-LD) and knows no limits.
"""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Sequence
from dataclasses import replace
from http.client import HTTPException
from pathlib import Path

import pyoxigraph as ox

from .operations import Load, Upload
from .problems import ProtocolError

_ACCEPT = "text/turtle, application/n-triples, application/rdf+xml;q=0.9, application/ld+json;q=0.8"
_PIECE = 1 << 16


def _opener() -> urllib.request.OpenerDirector:
    """What opens addresses of the web alone, and follows no redirect: the operator allowed no other address."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(handler)
    return opener


def fetch(loads: Sequence[Load], folder: Path, *, seconds: float, most: int) -> tuple[Load, ...]:
    """Put what ``LOAD`` operations read into files.

    Args:
        loads: the operations, which the guard has let through.
        folder: where the files are put.
        seconds: how long it may take.
        most: how many bytes may come.

    Raises:
        ProtocolError: a document does not come, and its operation does not say ``SILENT``; or too much comes.

    >>> fetch([Load(0, 0, "http://127.0.0.1:1/", is_silent=True)], Path("."), seconds=1, most=1)[0].upload is None
    True
    """
    end = time.monotonic() + seconds
    found: list[Load] = []
    for number, load in enumerate(loads):
        path = folder / f"loaded-{number}"
        try:
            mimetype = _copy(load.source, path, end, most)
        except (OSError, HTTPException, ValueError) as error:
            if not load.is_silent:
                raise ProtocolError(f"<{load.source}> cannot be loaded: {error}", 502) from None
            found.append(load)
            continue
        most -= path.stat().st_size
        found.append(replace(load, upload=Upload(path, mimetype)))
    return tuple(found)


def _copy(source: str, path: Path, end: float, most: int) -> str:
    """Put a document into a file, and what it says that it is."""
    if not source.startswith(("http://", "https://")):
        raise ValueError("it is no address of the web")
    request = urllib.request.Request(source, headers={"Accept": _ACCEPT})  # noqa: S310 (seen to just now)
    with _opener().open(request, timeout=_left(end)) as response, path.open("wb") as file:
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise ValueError("it comes in an encoding that nobody asked for")
        while piece := response.read1(_PIECE):
            _left(end)
            most -= len(piece)
            if most < 0:
                raise ProtocolError("LOAD brings more than an upload may have", 413)
            file.write(piece)
        if response.headers.get("Content-Type"):
            return str(response.headers.get_content_type())
    known = ox.RdfFormat.from_extension(source.rpartition("/")[2].rpartition(".")[2])
    return known.media_type if known is not None else ""


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError("it takes too long")
    return left
