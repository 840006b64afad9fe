"""Where the text is that an annotation is about: a file beside the annotations, never one elsewhere, never fetched."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from ...errors import ReadError
from ...files import read_bytes
from ..given import AnnotationFile

_NAMED = re.compile(r'"(?:@?id|source|target)"\s*:\s*("[^"\\#][^"\\]*(?:\\.[^"\\]*)*")')


def text_of(given: AnnotationFile, iri: str | None) -> Path | None:
    """The file that a source names, if it stands below the folder of the annotations.

    Args:
        given: the file of annotations.
        iri: the source: a path from there, or an address whose last part is the file's name.
    """
    try:
        parts = urlsplit(iri or "")
    except ValueError:
        return None
    path = PurePosixPath(unquote(parts.path))
    if parts.scheme or parts.netloc or path.is_absolute() or ".." in path.parts:
        path = PurePosixPath(path.name)
    if not path.name or any(part.startswith(".") for part in path.parts):
        return None
    for one in (path, path.with_suffix(".txt")):
        found = given.path.parent / one
        try:
            if found != given.path and found.is_file():
                return found
        except OSError:  # a name that is too long for a file
            return None
    return None


def texts(given: AnnotationFile, sources: Iterable[str | None]) -> dict[str | None, Path | ReadError]:
    """For each source its text, or why there is none.

    A source that names no file is about the text beside the annotations, when it is the only one of that kind.
    """
    found: dict[str | None, Path | ReadError] = {}
    beside = given.text or given.path.with_suffix(".txt")
    unnamed: list[str | None] = []
    for source in dict.fromkeys(sources):
        if (path := text_of(given, source)) is not None:
            found[source] = path
        else:
            unnamed.append(source)
    names = list(dict.fromkeys(source.partition("#")[0] for source in unnamed if source is not None))
    for source in unnamed:
        if len(names) > 1:
            message = f"{names[0]} and {names[1]} are both no file beside it: give each text a file of its name"
            found[source] = ReadError(message, path=given.path)
        elif not beside.is_file():
            also = f", or the file that {names[0]} names" if names else ""
            found[source] = ReadError(f"has no text: {beside.name} should stand beside it{also}", path=given.path)
        else:
            found[source] = beside
    return found


def named(path: Path) -> list[Path]:
    """The texts that a file of annotations names, without reading it as JSON: what its documents hang on."""
    content = read_bytes(path).decode("utf-8", "replace")
    found: dict[Path, None] = {}
    for quoted in dict.fromkeys(_NAMED.findall(content)):
        try:
            text = text_of(AnnotationFile(path), json.loads(quoted, strict=False))
        except ValueError:  # no string of JSON; whoever reads the file tells
            continue
        if text is not None:
            found[text] = None
    return list(found)
