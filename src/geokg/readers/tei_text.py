"""One text of a TEI file: its characters, its names and its speech."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from ..errors import ReadError
from ..text import (
    Argument,
    Attribute,
    Document,
    Equivalence,
    Event,
    Mention,
    Normalization,
    Source,
    Span,
    Text,
)
from .given import AnnotationFile, Faults
from .registers import is_iri, reference
from .source import embedded, identify
from .tei_elements import ID, TEI, line, local, pointers
from .tei_elements import words as words_of
from .tei_header import described

_NAMES = ("persName", "orgName", "placeName", "geogName", "name", "rs", "ref")
_SPEECH = ("said", "q", "quote", "u")
_POINTERS = {"who", "toWhom", "ref", "key", "next", "prev", "part"}
_ELSEWHERE = (f"{TEI}ptr", "{http://www.w3.org/2001/XInclude}include")
_NAMED = ("persName", "orgName", "placeName", "geogName", "name", "label")
_BY_ENTRY = {
    "person": "persName",
    "personGrp": "persName",
    "org": "orgName",
    "place": "placeName",
    "role": "speaker",  # in a list of a play's cast
    "item": "speaker",  # in any list
}


def read(
    one: etree._Element, root: etree._Element, given: AnnotationFile, source: Source, name: str | None
) -> Document:
    """Read one ``TEI`` element.

    Args:
        one: the element.
        root: that of the whole file, whose lists may be pointed to.
        given: the file.
        source: what is known of it.
        name: the text's own name, where the file has several.

    Raises:
        ReadError: the file only points to its text.
    """
    body = one.find(f"{TEI}text")
    assert body is not None  # noqa: S101 - only such are read
    content, places = _characters(body)
    pointer = next(body.iter(*_ELSEWHERE), None)
    if pointer is not None and not content.strip():
        target = pointer.get("target") or pointer.get("href")
        message = f"its text is not in this file, which points to {target}; export text and annotations in one file"
        raise ReadError(message, path=given.path, line=line(pointer))
    identifier = identify(source, given.path.stem, name, given.annotator)
    text = embedded(content, identifier, given.path, line=line(body))
    faults = Faults(given.lenient)
    source = described(source, one, given.path, faults)
    return _Reading(text, places, _entries(root), given, faults).document(source)


def _characters(body: etree._Element) -> tuple[str, list[tuple[etree._Element, int, int]]]:
    """The characters of an element, and from where to where each element within it goes, in the order of their tags."""
    pieces: list[str] = []
    length = 0
    starts: list[tuple[etree._Element, int]] = []
    ends: dict[etree._Element, int] = {}

    def take(characters: str | None) -> None:
        nonlocal length
        pieces.append(characters or "")
        length += len(characters or "")

    for event, element in etree.iterwalk(body, events=("start", "end", "comment", "pi")):
        if event == "start":
            starts.append((element, length))
            take(element.text)
            continue
        if event == "end":
            ends[element] = length
        if element is not body:
            take(element.tail)
    return "".join(pieces), [(element, start, ends[element]) for element, start in starts]


@dataclass(frozen=True)
class _Entry:
    """Somebody or something in a list of the file."""

    label: str
    name: str | None
    registers: tuple[tuple[str, str], ...]


def _entries(root: etree._Element) -> dict[str, _Entry]:
    """What may be pointed to, by its ``xml:id``: each person, organization or place with a name."""
    found = {}
    for element in root.iter(*(f"{TEI}{kind}" for kind in _BY_ENTRY)):
        identifier = element.get(ID)
        if identifier is None:
            continue
        name = next(
            (child for child in element if local(child) in _NAMED), element if local(element) == "role" else None
        )
        registers = [
            reference(words) if is_iri(words) else (number.get("type", "idno"), words)
            for number in element.iterchildren(f"{TEI}idno")
            if (words := words_of(number))
        ]
        registers += [reference(link) for link in pointers(element, "sameAs", "corresp") if is_iri(link)]
        label = _BY_ENTRY[local(element)]
        found[identifier] = _Entry(label, words_of(name) if name is not None else None, tuple(dict.fromkeys(registers)))
    return found


@dataclass
class _Reading:
    """One text, annotation by annotation."""

    text: Text
    places: list[tuple[etree._Element, int, int]]
    entries: dict[str, _Entry]
    given: AnnotationFile
    faults: Faults
    mentions: list[Mention] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    attributes: list[Attribute] = field(default_factory=list)
    registers: list[Normalization] = field(default_factory=list)
    named: dict[str, list[Mention]] = field(default_factory=dict)
    pointed: dict[str, list[Mention]] = field(default_factory=dict)

    def document(self, source: Source) -> Document:
        speech: list[tuple[etree._Element, tuple[Span, ...]]] = []
        for element, start, end in self.places:
            if local(element) in _NAMES and (span := self._span(element, start, end)):
                self._name(element, span)
            elif local(element) in _SPEECH and (span := self._span(element, start, end)):
                speech.append((element, (span,)))
        for element, spans in self._joined(speech):
            self._speech(element, spans)
        equivalences = [
            Equivalence("ref", tuple(mention.id for mention in group), group[0].line)
            for group in self.pointed.values()
            if len(group) > 1
        ]
        return Document(
            self.text,
            mentions=tuple(self.mentions),
            events=tuple(self.events),
            attributes=tuple(self.attributes),
            normalizations=tuple(self.registers),
            equivalences=tuple(equivalences),
            source=source,
            annotator=self.given.annotator,
            faults=tuple(self.faults.found),
            path=self.given.path,
        )

    def _span(self, element: etree._Element, start: int, end: int) -> Span | None:
        """The words of an element, without blanks at their ends; XML puts them where lines are broken."""
        words = self.text.content[start:end]
        if not words.strip():
            self.faults.pass_over(self._error(f"{local(element)} without words", element))
            return None
        return self.text.span(start + len(words) - len(words.lstrip()), start + len(words.rstrip()))

    def _error(self, message: str, element: etree._Element) -> ReadError:
        return ReadError(message, path=self.given.path, line=line(element))

    # Names

    def _mention(self, label: str, spans: tuple[Span, ...], line: int) -> Mention:
        mention = Mention(f"T{len(self.mentions) + 1}", label, spans, line)
        self.mentions.append(mention)
        return mention

    def _name(self, element: etree._Element, span: Span) -> None:
        """Add a mention; words that stand for several are as many mentions."""
        for pointer in pointers(element, "ref") or [""]:
            mention = self._mention(local(element), (span,), line(element))
            if pointer:
                self.named.setdefault(pointer, []).append(mention)
                self._link(mention, pointer, element)
            if key := " ".join(str(element.get("key") or "").split()):
                self._register(mention, *(reference(key) if is_iri(key) else ("key", key)))
            self._attributes(element, mention.id)

    def _link(self, mention: Mention, pointer: str, element: etree._Element) -> None:
        """Say what a mention stands for: an entry of the file or of a register elsewhere."""
        group = self.pointed.setdefault(pointer, [])
        group.append(mention)
        if not pointer.startswith("#"):
            self._register(mention, *reference(pointer))
        elif (entry := self.entries.get(pointer[1:])) is not None:
            if entry.name:
                self._call(mention, pointer, entry.name)
            for register in entry.registers:
                self._register(mention, *register)
        elif len(group) == 1:
            self.faults.pass_over(
                self._error(f"{pointer}, which is in no list of persons, organizations or places", element)
            )

    def _register(self, mention: Mention, resource: str, key: str) -> None:
        number = len(self.registers) + 1
        self.registers.append(Normalization(f"N{number}", "Reference", mention.id, resource, key, line=mention.line))

    def _call(self, mention: Mention, key: str, name: str) -> None:
        """Say what somebody is called whose words here may be others."""
        key, number = "_".join(key.split()), len(self.registers) + 1
        self.registers.append(Normalization(f"N{number}", "Name", mention.id, "name", key, name, mention.line))

    def _attributes(self, element: etree._Element, target: str) -> None:
        for name, value in element.attrib.items():
            local = etree.QName(name).localname
            if str(name).startswith("{") or local in _POINTERS or not value:
                continue
            number = len(self.attributes) + 1
            self.attributes.append(Attribute(f"A{number}", local, target, str(value), line(element)))

    # Speech

    def _joined(
        self, speech: list[tuple[etree._Element, tuple[Span, ...]]]
    ) -> Iterator[tuple[etree._Element, tuple[Span, ...]]]:
        """Speech whose parts point to each other as one, under the element of its first part."""
        by_id = {f"#{element.get(ID)}": element for element, _ in speech if element.get(ID)}
        first: dict[etree._Element, etree._Element] = {}
        for element, _ in speech:
            before = by_id.get(element.get("prev", ""))
            if before is not None and before in first:
                first[element] = first[before]
            first.setdefault(element, element)
            after = by_id.get(element.get("next", ""))
            if after is not None and after not in first:
                first[after] = first[element]
        parts: dict[etree._Element, tuple[Span, ...]] = {}
        for element, spans in speech:
            parts[first[element]] = (*parts.get(first[element], ()), *spans)
        yield from parts.items()

    def _speech(self, element: etree._Element, spans: tuple[Span, ...]) -> None:
        place, number = line(element), len(self.events) + 1
        words = self._mention("content", spans, place)
        arguments: list[Argument] = []
        for role in ("who", "toWhom"):
            for count, pointer in enumerate(pointers(element, role), 1):
                somebody = self._somebody(pointer, words, element)
                arguments.append(Argument(role, somebody.id, count if count > 1 else None))
        arguments.append(Argument("content", words.id))
        event = f"E{number}"
        trigger = Mention(f"{event}.words", local(element), spans, place)
        self.events.append(Event(event, local(element), trigger, tuple(arguments), place))
        if who := " ".join(pointers(element, "who")):
            self.attributes.append(Attribute(f"A{len(self.attributes) + 1}", "who", event, who, place))
        self._attributes(element, event)

    def _somebody(self, pointer: str, words: Mention, element: etree._Element) -> Mention:
        """Who speaks or listens: the nearest mention outside what is said, else somebody behind these words."""
        named = self.named.get(pointer, [])
        before = bisect_left(named, words.start, key=lambda one: one.start)
        after = bisect_left(named, words.end, key=lambda one: one.start)
        outside = [*named[max(0, before - 1) : before], *named[after : after + 1]]
        if outside:
            return min(outside, key=lambda one: min(abs(one.end - words.start), abs(one.start - words.end)))
        entry = self.entries.get(pointer[1:]) if pointer.startswith("#") else None
        speaker = self._mention(entry.label if entry else "speaker", words.spans, words.line)
        if pointer.startswith("#") or is_iri(pointer):
            self._link(speaker, pointer, element)
        if entry is None and not is_iri(pointer):
            # Nothing else is known of whoever it is; the words said are no name.
            self._call(speaker, pointer, pointer)
        return speaker
