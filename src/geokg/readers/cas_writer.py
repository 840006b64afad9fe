"""A document as UIMA CAS, by dkpro-cassis: XMI with a type system, JSON, or a zip of the first two.

The layers are those of ``geokg scheme --for inception``, so that a project with that tag set shows what it imports; all
that a ``Document`` has beyond them stands in records (``cas_own``). Offsets are written in UTF-16 units.
"""

from __future__ import annotations

import io
import keyword
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..files import read_bytes
from ..text import Argument, Attribute, Document, Mention, Normalization
from .cas_own import (
    ATTRIBUTE,
    DOCUMENT,
    EQUIVALENCE,
    EVENT,
    LAYERS,
    LINK,
    MENTION,
    NORMALIZATION,
    NOTE,
    PART,
    PLAIN,
    RECORDS,
    RELATION,
    feature_of,
)
from .cas_types import TYPE_SYSTEM, cassis, join
from .writing import NoRoom, put

_STRING = "uima.cas.String"
_ARRAY = "uima.cas.FSArray"
_ANNOTATION = "uima.tcas.Annotation"
_TAKEN = {*PLAIN, "reference", "roles", "parts", "begin", "end", "sofa", "self", "type"}
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(document: Document, path: Path) -> None:
    """Write a document as UIMA CAS; ``TypeSystem.xml`` goes beside XMI, and joins what stands there already.

    Args:
        document: what to write.
        path: where; ``.json`` and ``.zip`` say in which form, anything else is XMI.

    Raises:
        WriteError: the form has no room for an annotation, or a file cannot be written.
        ReadError: dkpro-cassis is not installed, or a ``TypeSystem.xml`` stands there that cannot be joined.

    >>> from tempfile import TemporaryDirectory
    >>> from geokg.text import Text
    >>> with TemporaryDirectory() as folder:
    ...     write(Document(Text("wire/article", "One.")), Path(folder, "article.xmi"))
    ...     sorted(path.name for path in Path(folder).iterdir())
    ['TypeSystem.xml', 'article.xmi']
    """
    library = cassis(path)
    room = NoRoom("UIMA CAS" if path.suffix == ".json" else "XML", path)
    page = _Page(document, library, room)
    if path.suffix != ".json":
        _check(document, room)
    page.fill()
    room.check()
    if path.suffix == ".json":
        put(path, (page.cas.to_json(pretty_print=True) + "\n").encode("utf-8"))
        return
    xmi = page.cas.to_xmi(pretty_print=True).encode("utf-8")
    place = path.with_name(TYPE_SYSTEM)
    if path.suffix == ".zip":
        put(path, _zip({f"{path.stem}.xmi": xmi, TYPE_SYSTEM: page.types.to_xml().encode("utf-8")}))
        return
    types = join(page.types, read_bytes(place), place) if place.is_file() else page.types
    put(place, types.to_xml().encode("utf-8"))
    put(path, xmi)


def _zip(files: dict[str, bytes]) -> bytes:
    """A zip without a clock, so that the same document makes the same bytes."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            package.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return data.getvalue()


def _check(document: Document, room: NoRoom) -> None:
    """Find the characters that XML cannot hold."""
    strings = [("the text", document.text)]
    for mention in document.mentions:
        strings += [(mention.id, mention.id), (mention.id, mention.label)]
    for event in document.events:
        strings += [(event.id, part) for part in (event.id, event.label, event.trigger.id, event.trigger.label)]
        strings += [(event.id, argument.role) for argument in event.arguments]
    for relation in document.relations:
        strings += [(relation.id, part) for part in (relation.id, relation.label)]
        strings += [(relation.id, argument.role) for argument in relation.arguments]
    for record in _records(document):
        strings += [(record.get("id") or record["kind"], part) for value in record.values() for part in _strings(value)]
    for owner, string in strings:
        if found := _NO_XML.search(string):
            room.none_for(owner, f"XML has no character U+{ord(found.group()):04X}; write .json")


def _strings(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


def _records(document: Document) -> Iterator[dict[str, Any]]:
    """What stands in records, by feature."""
    for name, items in (
        (ATTRIBUTE, document.attributes),
        (NORMALIZATION, document.normalizations),
        (NOTE, document.notes),
        (EQUIVALENCE, document.equivalences),
    ):
        for item in items:
            yield {"": name, **{feature: getattr(item, feature) for feature in RECORDS[name]}}
    if document.annotator is not None:
        yield {"": DOCUMENT, "id": "the annotator", "annotator": document.annotator}


class _Page:
    """A CAS that is being filled."""

    def __init__(self, document: Document, library: Any, room: NoRoom) -> None:
        self.document = document
        self.room = room
        shown = {attribute.name: _shown(attribute.name) for attribute in document.attributes}
        self.shown = {name: feature for name, feature in shown.items() if feature}
        self.types = self._types(library)
        self.cas = library.Cas(typesystem=self.types)
        self.cas.sofa_string = document.text
        self.cas.sofa_mime = "text/plain"
        self.structures: dict[str, Any] = {}
        self.attributes: dict[str, list[Attribute]] = {}
        for attribute in document.attributes:
            self.attributes.setdefault(attribute.target, []).append(attribute)
        self.links: dict[str, Normalization] = {}
        for link in document.normalizations:
            self.links.setdefault(link.target, link)
        # Whoever names a trigger means the event, but for its id; an event may have the id of its trigger.
        self.triggers = {event.trigger.id: event.id for event in document.events if event.trigger.id != event.id}

    def _types(self, library: Any) -> Any:
        types = library.TypeSystem()
        made = {name: types.create_type(name, _ANNOTATION) for name in (*LAYERS, PART)}
        made[LINK] = types.create_type(LINK, "uima.cas.TOP")
        for name in (*RECORDS, DOCUMENT):
            made[name] = types.create_type(name, "uima.cas.AnnotationBase")

        def add(name: str, feature: str, kind: str, element: str | None = None) -> None:
            types.create_feature(made[name], feature, kind, elementType=element)

        for name in LAYERS:
            for feature in ("id", "label", "reference", *sorted(set(self.shown.values()))):
                add(name, feature, _STRING)
            add(name, "parts", _ARRAY, PART)
        for feature in ("trigger", "triggerLabel"):
            add(EVENT, feature, _STRING)
        for name in (EVENT, RELATION):
            add(name, "roles", _ARRAY, LINK)
        for feature in ("Governor", "Dependent"):
            add(RELATION, feature, _ANNOTATION)
        for feature, kind in {
            "role": _STRING,
            "target": _ANNOTATION,
            "number": "uima.cas.Integer",
            "name": _STRING,
        }.items():
            add(LINK, feature, kind)
        for name, features in RECORDS.items():
            for feature in features:
                add(name, feature, "uima.cas.StringArray" if feature == "members" else _STRING)
        add(DOCUMENT, "annotator", _STRING)
        return types

    def _new(self, kind: str, /, **features: Any) -> Any:
        return self.types.get_type(kind)(**features)

    def fill(self) -> None:
        document = self.document
        ids = [mention.id for mention in document.mentions] + [event.id for event in document.events]
        ids += [relation.id for relation in document.relations]
        for identifier, often in Counter(ids).items():
            if often > 1:
                self.room.none_for(identifier, "its id stands twice")
        for mention in document.mentions:
            self._words(MENTION, mention.id, mention.label, mention)
        for event in document.events:
            trigger = event.trigger
            one = self._words(EVENT, event.id, event.label, trigger)
            one.trigger = trigger.id
            one.triggerLabel = trigger.label if trigger.label != event.label else None
        for event in document.events:
            self.structures[event.id].roles = self._roles(event.id, event.arguments)
        for relation in document.relations:
            roles = self._roles(relation.id, relation.arguments)
            ends = [link.target for link in roles.elements]
            one = self._new(RELATION, id=relation.id, label=relation.label, roles=roles, begin=0, end=0)
            if len(ends) > 1:
                one.Governor, one.Dependent = ends[:2]
                one.begin, one.end = ends[1].begin, ends[1].end
            self._describe(one, relation.id)
            self.cas.add(one)
        for record in _records(document):
            name = record.pop("")
            if name == DOCUMENT:
                del record["id"]
            if "members" in record:
                record["members"] = self._new("uima.cas.StringArray", elements=list(record["members"]))
            self.cas.add(self._new(name, **record))

    def _words(self, name: str, identifier: str, label: str, words: Mention) -> Any:
        if not words.spans:
            self.room.none_for(identifier, "it has no words")
        begin = min((span.start for span in words.spans), default=0)
        end = max((span.end for span in words.spans), default=0)
        one = self._new(name, id=identifier, label=label, begin=begin, end=end)
        if len(words.spans) > 1:
            parts = [self._new(PART, begin=span.start, end=span.end) for span in words.spans]
            one.parts = self._new(_ARRAY, elements=parts)
            self.cas.add_all(parts)
        self._describe(one, identifier)
        self.structures[identifier] = one
        self.cas.add(one)
        return one

    def _describe(self, one: Any, identifier: str) -> None:
        """What INCEpTION shows of attributes and links: the first of each."""
        if link := self.links.get(identifier):
            one.reference = f"{link.resource}:{link.key}"
        for attribute in reversed(self.attributes.get(identifier, ())):
            if feature := self.shown.get(attribute.name):
                setattr(one, feature, "true" if attribute.value is None else attribute.value)

    def _roles(self, owner: str, arguments: tuple[Argument, ...]) -> Any:
        links = []
        for argument in arguments:
            name = argument.target
            if name not in self.structures:
                name = self.triggers.get(name, name)
            target = self.structures.get(name)
            if target is None:
                self.room.none_for(owner, f"it refers to {argument.target!r}, which is no mention and no event")
                continue
            written = argument.target if name != argument.target else None
            links.append(self._new(LINK, role=argument.role, target=target, number=argument.number, name=written))
        return self._new(_ARRAY, elements=links)


def _shown(name: str) -> str | None:
    """The feature that shows an attribute in INCEpTION, if its name can be one."""
    feature = feature_of(name)
    fits = re.fullmatch("[a-z][A-Za-z0-9_]*", feature) and feature not in _TAKEN and not keyword.iskeyword(feature)
    return feature if fits else None
