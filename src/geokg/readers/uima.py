"""UIMA CAS: XMI with a type system, JSON CAS, and the zip of both that INCEpTION exports.

::

    article.xmi, TypeSystem.xml         the type system beside it, or in the folder above
    article.json                        JSON CAS; declares its types itself
    article.zip                         either, with TypeSystem.xml inside
    article.txt/ann.zip                 the same for each annotator, as INCEpTION lays out a project

Offsets are UTF-16 units and become code points. Every view that has a text is a document of its own; the view's name
stands in its id unless it is ``_InitialView``. Entities of XML are never fetched or expanded.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ..errors import ReadError
from ..files import read_bytes
from ..text import Document, Text
from . import cas_json, cas_xmi
from .cas import INITIAL, Cas, Kind
from .cas_layers import Layers, annotator_of
from .cas_types import TYPE_SYSTEM, beside
from .cas_writer import write
from .given import AnnotationFile, Faults
from .inception import placed
from .source import decode, embedded, identify, read_source
from .units import Unit

SUFFIXES = (".xmi", ".json", ".zip", ".xml")
"""The endings of the files that this reader reads."""

MOST = 256 * 1024 * 1024
"""How many bytes a zip may unpack to: one of some kilobytes can hold as much as fills any memory."""
__all__ = ["MOST", "SUFFIXES", "beside", "documents", "recognizes", "write"]

_JSON = re.compile(r'\s*\{\s*"%(?:TYPES|FEATURE_STRUCTURES|VIEWS|FLAGS)"')


def recognizes(head: str) -> bool:
    """Whether a file begins as a CAS does.

    >>> recognizes('<xmi:XMI xmlns:cas="http:///uima/cas.ecore">'), recognizes('{"%TYPES" : {}'), recognizes("{}")
    (True, True, False)
    """
    if head.startswith("PK\x03\x04"):
        # The names of the files in a zip stand before each, as they are.
        return ".xmi" in head or "TypeSystem.xml" in head
    return bool(_JSON.match(head)) or (":XMI" in head and "http:///uima/cas.ecore" in head)


def documents(given: AnnotationFile) -> Iterator[Document]:
    """Yield the documents that a file makes, one for each view that has a text.

    Raises:
        ReadError: it is not a CAS, holds no text, or an annotation of it is broken and leniency was not asked for; or
            dkpro-cassis is not installed.

    >>> next(documents(AnnotationFile(Path("no/such.xmi"))))
    Traceback (most recent call last):
    geokg.errors.ReadError: no/such.xmi: cannot be read: No such file or directory
    """
    data = read_bytes(given.path)
    if data.startswith(b"PK\x03\x04") or given.path.suffix == ".zip":
        yield from _unpacked(given)
    else:
        yield from _documents(given, given.path, data, beside(given.path))


def _documents(
    given: AnnotationFile, path: Path, data: bytes, type_systems: dict[Path, bytes], inner: str | None = None
) -> Iterator[Document]:
    faults = Faults(given.lenient)
    if data.lstrip()[:1] == b"{" or path.suffix == ".json":
        cas = cas_json.read(decode(data, path).removeprefix("\ufeff"), path, type_systems, faults)
    else:
        cas = cas_xmi.read(data, path, type_systems, faults)
    folder, stem, annotator = placed(given)
    source = read_source(folder)
    _refuse_without_text(cas)
    layers = Layers(cas)
    found = []
    for view in cas.views:
        if view.text is not None:
            name = None if view.name == INITIAL else view.name
            before = len(faults.found)
            over = cas.place(view, Unit.UTF16)
            by = annotator or annotator_of(over)
            shown = embedded(view.text, identify(source, stem, inner, name), path, line=view.line or None)
            text = Text(identify(source, stem, inner, name, by), shown.content, shown.file)
            document = layers.document(text, over, source, by)
            found.append((document, faults.found[before:]))
            del faults.found[before:]
    layers.tell()
    # What is not about one view alone is told with the first.
    for number, (document, own) in enumerate(found):
        yield replace(document, faults=tuple([*(faults.found if number == 0 else ()), *own]))


def _refuse_without_text(cas: Cas) -> None:
    """Refuse words without a text, and a file without any."""
    over = {view.sofa: view for view in cas.views}
    for one in cas.structures.values():
        if one.kind is Kind.SPAN and (one.sofa not in over or over[one.sofa].text is None):
            if view := over.get(one.sofa):
                reason = f"the view {view.name} has no text" + (f": {view.reason}" if view.reason else "")
            else:
                reason = f"the text {one.sofa} is not in this file" if one.sofa else "it names no text"
            cas.faults.refuse(cas.error(f"{one.name} has no words: {reason}", one.line))
    cas.structures = {
        key: one
        for key, one in cas.structures.items()
        if one.kind is not Kind.SPAN or (one.sofa in over and over[one.sofa].text is not None)
    }
    for view in cas.views:
        if view.text is None and view.reason:
            cas.faults.pass_over(cas.error(f"the view {view.name} has no text: {view.reason}", view.line))
    if not any(view.text is not None for view in cas.views):
        told = [view for view in cas.views if view.reason]
        raise cas.error("holds no text" + (f": {told[0].reason}" if told else ""), told[0].line if told else 0)


def _unpacked(given: AnnotationFile) -> Iterator[Document]:
    files, types = _unzip(given.path)
    for path, data in files.items():
        inner = path.stem if len(files) > 1 else None
        yield from _documents(given, path, data, types or beside(given.path), inner)


def _unzip(path: Path) -> tuple[dict[Path, bytes], dict[Path, bytes]]:
    """The files with texts in a zip, and its type system; never more than ``MOST``, whatever the zip says of itself."""
    try:
        with zipfile.ZipFile(path) as package:
            inside = [Path(info.filename) for info in package.infolist() if not info.is_dir()]
            texts = [name for name in inside if name.suffix in (".xmi", ".json") and not name.name.startswith(".")]
            types = [name for name in inside if name.name.lower() == TYPE_SYSTEM.lower()][:1]
            unpacked: dict[Path, bytes] = {}
            room = MOST
            for name in [*sorted(texts), *types]:
                with package.open(name.as_posix()) as file:
                    unpacked[name] = file.read(room + 1)
                room -= len(unpacked[name])
                if room < 0:
                    raise ReadError(f"unpacked it is more than {MOST} bytes; unpack it, if you trust it", path=path)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, KeyError) as error:
        raise ReadError(f"is not a zip that can be read: {error}", path=path) from error
    if not texts:
        raise ReadError("holds no .xmi and no .json", path=path)
    return {path / name: unpacked[name] for name in sorted(texts)}, {path / name: unpacked[name] for name in types}
