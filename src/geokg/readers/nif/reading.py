"""From a NIF file to documents, one for each context."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

from ...errors import ReadError
from ...text import Document
from ..given import AnnotationFile, Faults
from ..source import embedded, identify, read_source, read_text, read_unit
from ..web_annotation.parts import Parser, name_of
from ..web_annotation.sorting import Place, Sorting
from .framing import Framing
from .graph import load
from .strings import Strings, stem

_NAME = re.compile(r"[^\s/#?%]+")


def read(given: AnnotationFile) -> Iterator[Document]:
    """The documents that a NIF file makes; see the package."""
    try:
        yield from _read(given)
    except RecursionError as error:
        raise ReadError("its selectors or resources nest too deep to be read", path=given.path) from error


def _read(given: AnnotationFile) -> Iterator[Document]:
    path = given.path
    faults = Faults(given.lenient)
    graph = load(path, f"file:///{quote(path.name)}", lenient=given.lenient)
    strings = Strings(graph, path, faults)
    if not strings.contexts:
        raise ReadError("has no text: a nif:Context with its nif:isString is wanted", path=path)
    alone = stem(next(iter(strings.contexts))) + "#" if len(strings.contexts) == 1 else None

    def local(iri: str) -> str:
        return "#" + iri.removeprefix(alone) if alone and iri.startswith(alone) else iri

    framing = Framing(graph, strings, local)
    annotations = [*Parser(path, faults).all(framing.annotations()), *strings.annotations(framing.apart())]
    places = _places(given, strings)
    keys: dict[str | None, str | ReadError] = {context: context for context in strings.contexts}
    sorting = Sorting(
        given,
        annotations,
        faults,
        keys=keys,
        places=places,
        whole=lambda target: target.iri if target.iri in places else None,
    )
    yield from sorting.documents(name_of(framing.creator()))


def _places(given: AnnotationFile, strings: Strings) -> dict[str, Place]:
    """The texts of the contexts: in the graph, or beside the file where there is but one."""
    source, unit = read_source(given.folder), read_unit(given.folder)
    names: list[str | None] = [None]
    if len(strings.contexts) > 1:
        # Each is called by the last part of its IRI, where these are all fit and all different; else by its number.
        parts = [stem(context).rstrip("/#").rpartition("/")[2].rpartition("#")[2] for context in strings.contexts]
        fit = len(set(parts)) == len(parts) and all(_NAME.fullmatch(part) for part in parts)
        names = [*parts] if fit else [str(number) for number in range(1, len(parts) + 1)]
    places = {}
    for context, name in zip(strings.contexts, names, strict=True):
        content = strings.content(context)
        if content is not None:
            text = embedded(content, identify(source, given.path.stem, name), given.path)
        else:
            beside = given.text or given.path.with_suffix(".txt")
            if name is not None or not beside.is_file():
                raise strings.error(context, "has no text (nif:isString)")
            text = read_text(beside, source)
        strings.check(context, text.content)
        places[context] = Place(text, source, (given.path.stem, name), unit)
    return places
