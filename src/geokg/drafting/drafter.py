"""A draft: the names that a text has and what it says that people say, as annotations that say they are drafts."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from ..identity import Register
from ..scheme import Scheme
from ..text import Argument, Attribute, Document, Event, Mention, Normalization, Note, Source, Span, Text
from . import parsed
from .found import Saying, Stretch, within
from .lexicon import Lexicon
from .names import Known, Names
from .rules import Rules
from .tokens import load, units
from .units import Unit, sentences

if TYPE_CHECKING:
    from spacy.tokens import Doc

DRAFTER = "geokg-suggest"
"""What drafts are marked with: the value of their attribute ``Draft``."""

_SPEAKER, _CONTENT, _STATEMENT = "Actor", "Situation", "Statement"
_NEW = 0.6
"""How sure it is that words stand for somebody, where no name that is known tells."""


class Drafter:
    """Drafts annotations for texts.

    Args:
        register: who is who.
        model: the name of a spaCy model that is installed, whose parse is asked first.
        lexicon: the words of speech, instead of those that come with geokg for the language of the text.

    Raises:
        GeokgError: spaCy, or the model, is not installed.

    >>> from geokg.identity import Entity
    >>> from geokg.vocabulary import GK
    >>> china = Entity("https://w3id.org/geokg/data/state/CHN", frozenset({str(GK.State)}), ("China",))
    >>> drafter = Drafter(Register([china], Scheme.packaged().superclasses))
    >>> draft = drafter.draft(Text("demo", "China said that it will help."))
    >>> [(event.label, event.trigger.text) for event in draft.events]
    [('Statement', 'said'), ('Situation', 'it will help')]
    >>> sorted({(one.name, one.value) for one in draft.attributes_of("E1")})
    [('Confidence', '0.8'), ('Draft', 'geokg-suggest'), ('Stance', 'asserts')]
    """

    def __init__(self, register: Register, *, model: str | None = None, lexicon: Lexicon | None = None) -> None:
        self._names = Names(register, Scheme.packaged())
        self._model = model
        self._lexicon = lexicon
        self.name = DRAFTER if model is None else f"{DRAFTER}+{model}"

    def lexicon(self, source: Source) -> Lexicon | None:
        """The words of speech of a text's language; a text that tells none is taken for English."""
        return self._lexicon or Lexicon.packaged(source.language or "en")

    def draft(self, text: Text, source: Source | None = None) -> Document:
        """Draft the annotations of a text.

        Args:
            text: the text as it is; offsets count its characters.
            source: what is known of it; its language decides which words are those of speech.
        """
        source = source or Source()
        doc = load((source.language or "en"), self._model)(text.content)
        return self.from_doc(text, doc, source)

    def from_doc(self, text: Text, doc: Doc, source: Source | None = None) -> Document:
        """The same for a text that spaCy has taken apart, and perhaps parsed, already."""
        source = source or Source()
        lexicon = self.lexicon(source)
        tokens = units(doc)
        places = lexicon.words["places"] if lexicon else frozenset()
        known = self._names.find(text.content, tokens, places=places)
        found = _merged(parsed.sayings(doc, lexicon), list(_sayings(text, tokens, lexicon))) if lexicon else []
        page = _Page(text, source, self.name, self._names, lexicon, known)
        return page.document(found)


def _sayings(text: Text, tokens: Sequence[Unit], lexicon: Lexicon) -> Iterator[Saying]:
    """What the rules find in a text, and in what it quotes."""
    todo: list[Stretch] = [(0, len(text.content))]
    while todo:
        start, end = todo.pop(0)
        last: Saying | None = None
        stop = start
        for sentence in sentences(text, tokens, start, end):
            same = "\n" not in text.content[stop : sentence[0].start]
            stop = sentence[-1].end
            todo += [unit.quoted for unit in sentence if unit.quoted]
            quoted = sentence[0].quoted if len(sentence) == 1 else None
            if last and quoted and same:
                last = replace(last, contents=(*last.contents, quoted))  # “A”, he said. “B.”
                continue
            if last:
                yield last
            here = Rules(sentence, lexicon).sayings()
            last = here.pop() if here and here[-1].by_quotation else None
            yield from here
        if last:
            yield last


def _merged(first: Iterable[Saying], second: Iterable[Saying]) -> list[Saying]:
    """Both, but for what the first tells of the same words."""
    found = {one.trigger: one for one in second}
    for one in first:
        other = found.get(one.trigger)
        if other and other.by_quotation:
            one = replace(one, contents=other.contents)  # marks of quotation tell more surely where words end
        found[one.trigger] = one
    return [found[trigger] for trigger in sorted(found)]


class _Page:
    """The annotations of one text, growing."""

    def __init__(
        self,
        text: Text,
        source: Source,
        drafter: str,
        names: Names,
        lexicon: Lexicon | None,
        known: Iterable[Known],
    ) -> None:
        self._text, self._source, self._drafter = text, source, drafter
        self._names, self._lexicon = names, lexicon
        self._named = sorted(known, key=lambda one: (one.start, one.end))
        self._known: dict[Stretch, Known] = {(one.start, one.end): one for one in self._named}

    def document(self, sayings: Sequence[Saying]) -> Document:
        """All of it."""
        speakers = {one.trigger: self._somebody(one.speaker) for one in sayings}
        hearers = {one.trigger: self._somebody(one.hearer) for one in sayings if one.hearer}
        places = sorted(self._known, key=lambda place: (place[0], -place[1]))
        ids = {place: f"T{number}" for number, place in enumerate(places, 1)}
        mentions = tuple(
            Mention(ids[place], self._known[place].label, (self._span(place),), number)
            for number, place in enumerate(places, 1)
        )
        self._attributes: list[tuple[str, str, str | None]] = []
        self._notes: list[tuple[str, str]] = []
        for place in places:
            known = self._known[place]
            # A note on a name would end up on the entity; what has no entry yet is a thing of this text alone.
            self._mark(ids[place], known.confidence, "" if known.reference else known.reason)
            if known.metonym:
                self._attributes.append((ids[place], "Metonym", None))
        events = self._events(sayings, speakers, hearers, ids)
        links = [(ids[place], self._known[place]) for place in places]
        return Document(
            self._text,
            mentions=mentions,
            events=tuple(events),
            attributes=tuple(
                Attribute(f"A{number}", name, target, value)
                for number, (target, name, value) in enumerate(self._attributes, 1)
            ),
            normalizations=tuple(
                Normalization(f"N{number}", "Reference", identifier, *known.reference, self._span(known).exact)
                for number, (identifier, known) in enumerate(
                    ((identifier, known) for identifier, known in links if known.reference), 1
                )
                if known.reference
            ),
            notes=tuple(
                Note(f"#{number}", "AnnotatorNotes", target, words)
                for number, (target, words) in enumerate(self._notes, 1)
            ),
            source=self._source,
        )

    def _events(
        self,
        sayings: Sequence[Saying],
        speakers: dict[Stretch, list[Stretch]],
        hearers: dict[Stretch, list[Stretch]],
        ids: dict[Stretch, str],
    ) -> list[Event]:
        """Each statement, and behind it what is said that is no statement."""
        inner: dict[Stretch, list[Saying]] = {}
        for one, parent in self._parents(sayings):
            inner.setdefault(parent.trigger, []).append(one)
        names = {one.trigger: "" for one in sayings}
        contents: dict[Stretch, list[Stretch]] = {}
        number = 0
        for one in sayings:
            number += 1
            names[one.trigger] = f"E{number}"
            contents[one.trigger] = [
                content for content in one.contents if not self._is_statement(content, inner.get(one.trigger, ()))
            ]
            number += len(contents[one.trigger])
        words = len(ids)
        events: list[Event] = []
        for one in sayings:
            words += 1
            identifier = names[one.trigger]
            trigger = Mention(f"T{words}", _STATEMENT, (self._span(one.trigger),))
            roles = [("Actor", ids[place]) for place in speakers[one.trigger]]
            roles += [("Recipient", ids[place]) for place in hearers.get(one.trigger, ())]
            said: list[Event] = []
            for content in contents[one.trigger]:
                words += 1
                name = f"E{len(events) + 2 + len(said)}"
                said.append(Event(name, _CONTENT, Mention(f"T{words}", _CONTENT, (self._span(content),))))
            targets = [event.id for event in said] + [names[other.trigger] for other in inner.get(one.trigger, ())]
            roles += [("Content", target) for target in targets]
            self._mark(identifier, one.confidence, one.reason)
            self._attributes.append((identifier, "Stance", one.stance))
            if one.negative:
                self._attributes.append((identifier, "Polarity", "negative"))
            for event in said:
                self._mark(event.id, one.confidence, "")
            events += [Event(identifier, _STATEMENT, trigger, _numbered(roles)), *said]
        return events

    def _is_statement(self, content: Stretch, inner: Iterable[Saying]) -> bool:
        """Whether all of what is said is that somebody else says something."""
        return any(within(self._core(content), other.extent) for other in inner)

    def _core(self, place: Stretch) -> Stretch:
        """A stretch without the articles and signs at its ends, which no statement counts as its own."""
        start, end = place
        words = self._text.content[start:end]
        while (word := words.partition(" ")[0]) != words and word.lower() in self._words("articles"):
            words = words[len(word) :].lstrip()
        start = end - len(words)
        while end > start and not self._text.content[end - 1].isalnum():
            end -= 1
        return start, end

    def _parents(self, sayings: Sequence[Saying]) -> Iterator[tuple[Saying, Saying]]:
        """Each statement that stands in the words of another one, with the innermost such."""
        said = sorted(((content, one) for one in sayings for content in one.contents), key=lambda pair: pair[0])
        longest = max((end - start for (start, end), _ in said), default=0)
        for one in sayings:
            first = bisect_left(said, one.trigger[0] - longest, key=lambda pair: pair[0][0])
            around: list[tuple[int, Stretch, Saying]] = []
            for content, other in islice(said, first, None):
                if content[0] > one.trigger[0]:
                    break
                if other is not one and within(one.trigger, content) and not _says(one, other):
                    around.append((content[1] - content[0], other.trigger, other))
            if around:
                yield one, min(around, key=lambda found: found[:2])[2]

    def _somebody(self, place: Stretch) -> list[Stretch]:
        """The mentions that a speaker is: names that are known, or a new one over the words."""
        words = self._text.content[slice(*place)]
        here = self._known.get(place) or self._at_end(place)
        everybody = [here] if here else self._several(place)
        acting = [self._names.acting(one, self._text.content[one.start : one.end]) for one in everybody]
        if acting and all(acting):
            self._known |= {(one.start, one.end): one for one in acting if one}
            return [(one.start, one.end) for one in acting if one]
        label = (self._lexicon.pronouns if self._lexicon else {}).get(words.lower())
        reason = "speaks, by the words around it" if label is None else "a pronoun; for whom is not said"
        self._known[place] = Known(*place, label or _SPEAKER, None, _NEW, reason, is_actor=True)
        return [place]

    def _several(self, place: Stretch) -> list[Known]:
        """The names in a phrase that has nothing else: "China and Pakistan"."""
        names = [known for known in self._inside(place) if known.is_actor]
        names = [one for one in names if not any(one is not other and _in(one, other) for other in names)]
        rest = list(self._text.content[slice(*place)])
        for one in names:
            rest[one.start - place[0] : one.end - place[0]] = " " * (one.end - one.start)
        filling = self._words("joining") | self._words("articles") | {","}
        return names if set("".join(rest).lower().replace(",", " , ").split()) <= filling else []

    def _inside(self, place: Stretch) -> list[Known]:
        """The names in a stretch."""
        first = bisect_left(self._named, place[0], key=lambda one: one.start)
        last = bisect_left(self._named, place[1], key=lambda one: one.start)
        return [one for one in self._named[first:last] if one.end <= place[1]]

    def _words(self, name: str) -> frozenset[str]:
        return self._lexicon.words[name] if self._lexicon else frozenset()

    def _at_end(self, place: Stretch) -> Known | None:
        """The name at the end of a longer phrase: "spokesman Ann Lee"; but not "a spokesman for China"."""
        for known in (one for one in self._inside(place) if one.end == place[1]):
            before = self._text.content[place[0] : known.start].lower().split()
            if known.is_actor and not (self._words("prepositions") | self._words("joining")) & set(before):
                return known
        return None

    def _mark(self, identifier: str, confidence: float, reason: str) -> None:
        self._attributes.append((identifier, "Draft", self._drafter))
        # Tenths, as annotators write it: finer than that it is not.
        self._attributes.append((identifier, "Confidence", f"{confidence:.1f}"))
        if reason:
            self._notes.append((identifier, " ".join(reason.split())))

    def _span(self, place: Stretch | Known) -> Span:
        start, end = (place.start, place.end) if isinstance(place, Known) else place
        return self._text.span(start, end)


def _says(one: Saying, other: Saying) -> bool:
    """Whether another statement stands in the words of one."""
    return any(within(other.trigger, content) for content in one.contents)


def _in(one: Known, other: Known) -> bool:
    return within((one.start, one.end), (other.start, other.end))


def _numbered(roles: Iterable[tuple[str, str]]) -> tuple[Argument, ...]:
    """Roles with the numbers that annotators write from the second of a kind on."""
    counts: dict[str, int] = {}
    arguments = []
    for role, target in roles:
        counts[role] = counts.get(role, 0) + 1
        arguments.append(Argument(role, target, counts[role] if counts[role] > 1 else None))
    return tuple(arguments)
