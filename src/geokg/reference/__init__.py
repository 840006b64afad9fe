"""Reference data: files and folders that others keep, read into ``graph/reference/<name>`` with their source.

Below ``reference/`` of a source folder stand any number of sets, each a file or a folder:

* ``<name>.ttl``: as it is;
* ``<name>.json``: Popolo, persons with their memberships and posts (``popolo``);
* ``<name>.csv``: officials with dated posts (``officials``);
* ``<name>/`` or ``<name>.xml``: the lists of the Office of the Historian (``pocom``).

``<name>.toml`` beside one says where it comes from (``about``); with ``path`` in it the data may be elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from ..errors import ReadError, Remark
from ..vocabulary import Base
from . import officials, pocom, popolo
from .about import About, read_about
from .statements import Statements

__all__ = ["About", "Reference", "find", "read"]

_READERS: dict[str, Callable[[Path, Statements], None]] = {
    ".json": popolo.read,
    ".csv": officials.read,
    ".xml": pocom.read,
    "": pocom.read,
}


@dataclass(frozen=True)
class Reference:
    """One set of reference data.

    Attributes:
        about: what it is.
        graph: the IRI of its graph.
        quads: what it says.
        remarks: what a person should know.
    """

    about: About
    graph: str
    quads: tuple[ox.Quad, ...]
    remarks: tuple[Remark, ...] = ()


def find(folder: Path) -> list[Path]:
    """The sets of reference data in a folder, sorted by name.

    Raises:
        ReadError: two of them have one name, or one is of no known kind.

    >>> from geokg.vocabulary import packaged
    >>> [path.name for path in find(packaged("data") / "reference")][-1]
    'states.ttl'
    """
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name.startswith("."):
            continue
        kind = "" if path.is_dir() else path.suffix
        if kind == ".toml":
            if not read_about(path).path:
                continue  # it belongs to a file beside it
        elif kind != ".ttl" and kind not in _READERS:
            known = ", ".join(sorted({*_READERS, ".ttl", ".toml"} - {""}))
            raise ReadError(f"is no reference data that is known; there are folders and {known}", path=path)
        name = path.name if path.is_dir() else path.stem
        if name in found:
            raise ReadError(f"{found[name].name} has the same name; each set needs a name of its own", path=path)
        found[name] = path
    return [found[name] for name in sorted(found)]


def read(path: Path, base: Base) -> Reference:
    """Read a set of reference data that is no Turtle.

    Args:
        path: what ``find`` gave.
        base: where data and graphs are named.

    Raises:
        ReadError: it is not as it should be, with the line where that is known.
    """
    about = read_about(path)
    data = path.parent / about.path if about.path else path
    if not data.exists():
        raise ReadError(f"there is no such file or folder: {about.path or path.name}", path=path)
    kind = "" if data.is_dir() else data.suffix
    if kind not in _READERS:
        raise ReadError(f"is no reference data that is known: {data.name}", path=path)
    said = Statements(about, base)
    try:
        _READERS[kind](data, said)
    except OSError as error:
        raise ReadError(f"cannot be read: {error.strerror}", path=error.filename or data) from error
    if not (about.source or about.url or about.publisher):
        said.remark(
            f"nobody says where this is from; {about.name}.toml beside it may, with source, url or publisher", data
        )
    return Reference(about, said.graph, said.quads(), tuple(said.remarks))
