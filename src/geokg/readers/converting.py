"""Documents of any format into files of one: where each goes, and the ``source.toml`` that gives it the same id again.

The id of a document is the path of its file below the folder, without the ending. What belongs to an annotator goes
where its reader looks for that: brat's annotations are paired with the text by a rule, a CAS stands in a folder of its
text, and what names the annotator itself in a folder of the annotator's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Protocol, cast

from ..errors import UnknownFormat, WriteError
from ..text import Document, Source
from . import brat
from .registry import readers
from .source import NAME, identify
from .writing import put

_ANNOTATORS = "annotators"


class Writer(Protocol):
    """What a reader has that also writes; the first of ``SUFFIXES`` is the ending of what it writes."""

    SUFFIXES: tuple[str, ...]

    def write(self, document: Document, path: Path) -> None:
        """Write one document; where the format keeps the text apart, beside it."""


def writers() -> dict[str, Writer]:
    """Every reader that also writes, by the name of its format.

    >>> "brat" in writers()
    True
    """
    return {name: cast("Writer", reader) for name, reader in sorted(readers().items()) if hasattr(reader, "write")}


class Conversion:
    """Writes documents of one format into a folder.

    Args:
        format: the format's name.
        folder: where to.
        left_out: is told what a format has no room for and what hangs on it, which is left out then; without it,
            such a document is not written.

    Raises:
        UnknownFormat: nothing writes this format.
    """

    def __init__(self, format: str, folder: Path, *, left_out: Callable[[WriteError], None] | None = None) -> None:
        known = writers()
        if format not in known:
            raise UnknownFormat(f"nothing writes {format!r}; there are: {', '.join(known)}")
        self._format, self._writer, self._folder, self._left_out = format, known[format], folder, left_out
        self._folders: dict[tuple[str, Source], _Folder] = {}
        self._written: dict[Path, str] = {}
        self._texts: dict[Path, str] = {}

    def write(self, document: Document) -> Path:
        """Write one document.

        Returns:
            The file that holds its annotations.

        Raises:
            WriteError: the format has no room for an annotation, the id makes no path, or a file cannot be written.
        """
        annotator = _annotator(document)
        source, _, stem = _base(document).rpartition("/")
        for part in (*source.split("/"), stem, annotator or "x"):
            if not part or part.startswith(".") or "/" in part or "\0" in part or "\\" in part:
                raise WriteError(f"the id {document.id!r} of a document makes no path: {part!r} is no name of a file")
        folder = self._place(source, document.source)
        suffix = self._writer.SUFFIXES[0]
        text = folder.path / f"{stem}.txt" if self._format == "brat" else None
        if annotator is None:
            path = folder.path / f"{stem}{suffix}"
        elif text is not None:
            path = folder.path / _ANNOTATORS / annotator / f"{stem}{suffix}"
            folder.pairs = f"{_ANNOTATORS}/*/{{stem}}{suffix}"
        elif self._format == "uima":  # as INCEpTION lays out a project
            path = folder.path / f"{stem}.txt" / f"{annotator}{suffix}"
        else:  # the file itself names the annotator
            folder = self._place(source, document.source, annotator)
            path = folder.path / f"{stem}{suffix}"
        if text is not None and self._texts.setdefault(text, document.sha256) != document.sha256:
            raise WriteError(f"annotators of {_base(document)!r} had different texts before them", path=text)
        if path in self._written:
            raise WriteError(f"the documents {self._written[path]!r} and {document.id!r} both go here", path=path)
        self._put(document, path, text)
        self._written[path] = document.id
        folder.write()
        return path

    def _place(self, identifier: str, source: Source, below: str = "") -> _Folder:
        """The folder of a source; where one id has several, such as a title for each text, each gets its own."""
        key = ("/".join(filter(None, (identifier, below))), replace(source, id=identifier))
        if key not in self._folders:
            others = sum(name == key[0] for name, _ in self._folders)
            name = f"{key[0]}~{others + 1}" if others else key[0]
            self._folders[key] = _Folder(self._folder / name, key[1])
        return self._folders[key]

    def _put(self, document: Document, path: Path, text: Path | None) -> None:
        while True:
            try:
                if text is None:
                    self._writer.write(document, path)
                else:
                    brat.write(document, path, text=text)
            except WriteError as error:
                if self._left_out is None or not error.ids:
                    raise
                fewer = without(document, error.ids)
                if _count(fewer) == _count(document):
                    raise
                self._left_out(error)
                document = fewer
            else:
                return


@dataclass
class _Folder:
    """A folder, what its ``source.toml`` is to say, and what it says already."""

    path: Path
    source: Source
    pairs: str | None = None
    said: str = ""

    def write(self) -> None:
        values = [(field.name, getattr(self.source, field.name)) for field in fields(Source)]
        values.append(("pairs", self.pairs))
        content = "".join(f"{key} = {_toml(value)}\n" for key, value in values if value)
        if content != self.said:
            put(self.path / NAME, content.encode("utf-8"))
            self.said = content


def _base(document: Document) -> str:
    """The id of a document without its annotator."""
    annotator = _annotator(document)
    return document.id.removesuffix(f"/{annotator}") if annotator else document.id


def _annotator(document: Document) -> str | None:
    """The annotator as the id has it: somebody whose name is an address has no slashes in it there."""
    return identify(Source(), document.annotator).removeprefix("/") if document.annotator else None


def _toml(value: str | tuple[str, ...]) -> str:
    # A JSON string is a TOML string, but for one character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _count(document: Document) -> int:
    return sum(len(getattr(document, name)) for name in _GROUPS)


_GROUPS = ("mentions", "events", "relations", "attributes", "normalizations", "notes", "equivalences")


def without(document: Document, ids: Collection[str]) -> Document:
    """A document without some of its annotations, and without what hangs on them.

    >>> from geokg.text import Attribute, Mention, Text
    >>> text = Text("demo", "One")
    >>> document = Document(
    ...     text, (Mention("T1", "X", (text.span(0, 3),)),), attributes=(Attribute("A1", "sure", "T1"),)
    ... )
    >>> without(document, ["T1"]).attributes
    ()
    """
    out = set(ids)
    size = -1
    while size != len(out):
        size = len(out)
        for event in document.events:
            if event.id in out or event.trigger.id in out or any(one.target in out for one in event.arguments):
                out.add(event.id)
        out.update(
            relation.id for relation in document.relations if any(one.target in out for one in relation.arguments)
        )
        for items in (document.attributes, document.normalizations, document.notes):
            out.update(item.id for item in items if item.target in out)
    kept: dict[str, Any] = {
        name: tuple(item for item in getattr(document, name) if item.id not in out)
        for name in _GROUPS
        if name != "equivalences"
    }
    kept["equivalences"] = tuple(
        one
        for one in document.equivalences
        if " ".join(one.members) not in out and not any(member in out for member in one.members)
    )
    return replace(document, **kept)
