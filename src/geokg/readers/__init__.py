"""From files to ``Document``: which reader reads what, and every annotated text below a folder.

A reader is a module with ``SUFFIXES``, the endings of its annotation files, and ``documents(given)``, which yields what
one such file holds. Ours stand in one table; others add theirs as entry points of the group ``geokg.readers``, whose
name is the format's name and whose value is the module. A module is imported when a file asks for it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Protocol

from ..errors import ReadError, UnknownFormat
from ..text import Document
from .given import AnnotationFile

GROUP = "geokg.readers"
"""The group of entry points through which other packages add readers."""

_BUILT_IN = (EntryPoint("brat", "geokg.readers.brat", GROUP),)


class Reader(Protocol):
    """What a reader has to have; a module does."""

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


def _suffixes() -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for name, reader in readers().items():
        for suffix in reader.SUFFIXES:
            names.setdefault(suffix, []).append(name)
    return names


def _annotations(path: Path) -> Path:
    """The annotation file that is meant: the path itself, or what stands beside a text of that name."""
    if path.suffix != ".txt":
        return path
    beside = [path.with_suffix(suffix) for suffix in sorted(_suffixes())]
    there = [candidate for candidate in beside if candidate.is_file()]
    if len(there) == 1:
        return there[0]
    if there:
        names = " and ".join(candidate.name for candidate in there)
        raise ReadError(f"{names} both stand beside this text; name the one that is meant", path=path)
    names = " or ".join(candidate.name for candidate in beside)
    raise ReadError(f"no {names} beside this text; an empty one says that nothing is annotated", path=path)


def _reader(path: Path, format: str | None) -> Reader:
    known = readers()
    if format is not None:
        if format not in known:
            raise UnknownFormat(f"no reader is called {format!r}; there are: {', '.join(sorted(known))}", path=path)
        return known[format]
    suffixes = _suffixes()
    names = suffixes.get(path.suffix, [])
    if not names:
        endings = ", ".join(f"{suffix} ({' or '.join(names)})" for suffix, names in sorted(suffixes.items()))
        raise UnknownFormat(f"no reader knows this kind of file; known endings are: {endings}", path=path)
    if len(names) > 1:
        raise UnknownFormat(f"{' and '.join(names)} both read {path.suffix}; say which with format=", path=path)
    return known[names[0]]


def read(path: str | Path, *, format: str | None = None) -> Document:
    """Read one annotated text.

    Args:
        path: the annotation file, or the text that has one beside it.
        format: the name of the reader, where the file's ending does not tell.

    Raises:
        UnknownFormat: no reader knows this kind of file.
        OffsetMismatch: a quote is not what stands in the text at its offsets.
        ReadError: the file is not what it claims to be, or holds several texts.

    >>> from geokg.vocabulary import packaged
    >>> document = read(packaged("data") / "china-taliban" / "article.ann")
    >>> document.id, len(document.text)
    ('china-taliban/article', 2241)
    """
    path = _annotations(Path(path))
    found = list(_reader(path, format).documents(AnnotationFile(path)))
    if len(found) != 1:
        raise ReadError(f"holds {len(found)} texts, not one; read it with documents()", path=path)
    return found[0]


def find(*sources: str | Path) -> Iterator[Path]:
    """Every annotation file that the sources hold, sorted, each once.

    Args:
        sources: annotation files, texts that have one beside them, or folders with any number of them at any depth.
            Files and folders whose name starts with a dot are passed over.

    Raises:
        ReadError: a source does not exist, or a folder holds nothing that is annotated.

    >>> from geokg.vocabulary import packaged
    >>> [path.name for path in find(packaged("data") / "china-taliban")]
    ['article.ann']
    """
    found: dict[str, Path] = {}
    for source in map(Path, sources):
        if not source.exists():
            raise ReadError("there is no such file or folder", path=source)
        paths = _below(source) if source.is_dir() else [_annotations(source)]
        if not paths:
            raise ReadError(
                f"holds no annotated text; known endings are: {', '.join(sorted(_suffixes()))}", path=source
            )
        found.update((os.path.abspath(path), path) for path in paths)  # noqa: PTH100 - resolve() would follow links
    yield from (found[key] for key in sorted(found))


def _below(folder: Path) -> list[Path]:
    suffixes = tuple(_suffixes())
    paths: list[Path] = []
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths += [Path(place, name) for name in files if name.endswith(suffixes) and not name.startswith(".")]
    return paths


def documents(*sources: str | Path) -> Iterator[Document]:
    """Read every annotated text that the sources hold, one at a time, in the order of ``find``.

    Raises:
        ReadError: as ``read`` and ``find``; also when two documents have one id.

    >>> from geokg.vocabulary import packaged
    >>> [document.id for document in documents(packaged("data") / "china-taliban")]
    ['china-taliban/article']
    """
    seen: dict[str, Path] = {}
    for path in find(*sources):
        for document in _reader(path, None).documents(AnnotationFile(path)):
            if document.id in seen:
                raise ReadError(
                    f"the document id {document.id!r} is taken by {seen[document.id]}; "
                    "give one of the folders another id in its source.toml",
                    path=path,
                )
            seen[document.id] = path
            yield document
