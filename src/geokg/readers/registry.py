"""The readers there are, and which of them reads a file: by its ending, and where endings are shared by how it begins.

Modules are light to import: what is heavy, a reader imports when it reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Protocol

from ..errors import ReadError, UnknownFormat
from ..files import read_head
from ..text import Document
from .given import AnnotationFile

GROUP = "geokg.readers"
"""The group of entry points through which other packages add readers."""

HEAD = 65_536
"""How many bytes of a file a reader is shown, to say whether it is one of its own."""

_BUILT_IN = tuple(
    EntryPoint(name, f"geokg.readers.{module}", GROUP)
    for name, module in {
        "brat": "brat",
        "doccano": "doccano",
        "label-studio": "label_studio",
        "nif": "nif",
        "plover": "plover",
        "tei": "tei",
        "uima": "uima",
        "web-annotation": "web_annotation",
        "webanno": "webanno",
    }.items()
)


class Reader(Protocol):
    """What a reader has to have; a module does.

    Where its endings are those of other files too, it also has ``recognizes(head: str) -> bool``: whether a file that
    begins like this is one of its own. A byte-order mark is taken off, what is not UTF-8 is replaced. Where documents
    hang on further files outside the folder of theirs, ``beside(path)`` names them, so that a build sees them change.
    """

    SUFFIXES: tuple[str, ...]

    def documents(self, given: AnnotationFile) -> Iterator[Document]:
        """Yield what one annotation file holds."""


@cache
def readers() -> dict[str, Reader]:
    """Every reader there is, by the name of its format.

    Raises:
        ReadError: a reader that another package adds cannot be imported, or takes a name that is taken.

    >>> readers()["brat"].SUFFIXES
    ('.ann',)
    """
    found: dict[str, Reader] = {}
    for entry in (*_BUILT_IN, *sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value))):
        if entry.name in found:
            raise ReadError(f"two readers are called {entry.name!r}; uninstall the package that adds {entry.value}")
        try:
            found[entry.name] = entry.load()
        except (ImportError, AttributeError) as error:
            raise ReadError(f"the reader {entry.name!r} ({entry.value}) cannot be loaded: {error}") from error
    return found


def suffixes() -> dict[str, list[str]]:
    """The endings of annotation files, and the names of the readers that read each."""
    names: dict[str, list[str]] = {}
    for name, reader in readers().items():
        for suffix in reader.SUFFIXES:
            names.setdefault(suffix, []).append(name)
    return names


def named(name: str, path: Path) -> Reader:
    """The reader with a name.

    Raises:
        UnknownFormat: there is none.
    """
    known = readers()
    if name not in known:
        raise UnknownFormat(f"no reader is called {name!r}; there are: {', '.join(sorted(known))}", path=path)
    return known[name]


def may_read(path: Path) -> list[str]:
    """The names of the readers that read files with the ending of this one; ``.b.json`` is before ``.json``."""
    known = suffixes()
    name = path.name
    for place, character in enumerate(name):
        if character == "." and name[place:] in known:
            return known[name[place:]]
    return []


def recognized_by(path: Path) -> list[str]:
    """The names of the readers that would read a file.

    Raises:
        ReadError: the file cannot be read.
    """
    head: str | None = None
    fits = []
    for name in may_read(path):
        if recognizes := getattr(readers()[name], "recognizes", None):
            if head is None:
                head = read_head(path, HEAD).decode("utf-8", "replace").removeprefix("\ufeff")
            if not recognizes(head):
                continue
        fits.append(name)
    return fits


def format_of(path: Path) -> str:
    """The name of the reader that reads a file.

    Raises:
        UnknownFormat: none does, or more than one.
        ReadError: the file cannot be read.
    """
    fits = recognized_by(path)
    if len(fits) == 1:
        return fits[0]
    if fits:
        raise UnknownFormat(f"{' and '.join(fits)} both read it; say which with format=", path=path)
    if names := may_read(path):
        raise UnknownFormat(f"begins like nothing that {' or '.join(names)} reads", path=path)
    endings = ", ".join(f"{suffix} ({' or '.join(names)})" for suffix, names in sorted(suffixes().items()))
    raise UnknownFormat(f"no reader knows this kind of file; known endings are: {endings}", path=path)


def is_annotated(path: Path) -> bool:
    """Whether a file is annotated text: a text, or what a reader would read.

    >>> is_annotated(Path("article.ann")), is_annotated(Path("kg.trig"))
    (True, False)
    """
    return path.suffix == ".txt" or bool(recognized_by(path) if path.is_file() else may_read(path))
