"""Documents that are stranger than ``hostile``: any characters in ids and labels, shared triggers, notes on notes."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from geokg.text import (
    Argument,
    Attribute,
    Document,
    Equivalence,
    Event,
    Mention,
    Normalization,
    Note,
    Relation,
    Source,
    Span,
    Text,
)
from hostile import PIECES

STRANGE = ("\x00", "\x0b", "\u0301", "\u202e", "עربي", '"', "\\", "]]>", "'''", "  ", "\u00ad")
LABELS = ("Person", "ist Teil von", "é", "a:b", "#", "a/b", "100%", '"', "😀", "1", "urn:x-y:z", "\\", "<b>", "\r\n")
IDS = (
    *(f"T{n}" for n in range(6)),
    "a b",
    "#1",
    "é",
    "urn:x:1",
    "100%",
    "a/b",
    "x-1",
    "😀",
    "T1-1",
    "char=0,1",
    "offset_0_1",
)


@st.composite
def trapped(draw: st.DrawFn, *, identifier: str = "wire/article", file: str = "article.txt") -> Document:
    """A document of which every part refers to parts that it has.

    Args:
        draw: how hypothesis chooses.
        identifier: its id.
        file: the name of its file.
    """
    texts = st.lists(st.sampled_from((*PIECES, *STRANGE)), min_size=1, max_size=20).map("".join)
    words = st.sampled_from(LABELS)
    text = Text(identifier, draw(texts), file)
    content = text.content
    fresh = iter([*draw(st.permutations(IDS)), *(f"X{n}" for n in range(99))])

    def spans() -> tuple[Span, ...]:
        cuts = sorted(draw(st.sets(st.integers(0, len(content)), min_size=2, max_size=min(6, len(content) + 1))))
        return tuple(text.span(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=False))

    def some(most: int) -> range:
        return range(draw(st.integers(0, most)))

    mentions = [Mention(next(fresh), draw(words), spans()) for _ in some(3)]
    events: list[Event] = []
    for _ in some(3):
        label = draw(words)
        trigger = Mention(next(fresh), draw(st.sampled_from([label, label, "other"])), spans())
        if events and draw(st.booleans()):
            trigger = events[-1].trigger
        events.append(Event(next(fresh), label, trigger))
    things = [item.id for item in (*mentions, *events)]
    if not things:
        return Document(text, source=Source(id=identifier.rpartition("/")[0]))
    thing = st.sampled_from(things)
    number = st.none() | st.integers(0, 9)

    def arguments(least: int, most: int) -> tuple[Argument, ...]:
        return tuple(Argument(draw(words), draw(thing), draw(number)) for _ in range(draw(st.integers(least, most))))

    events = [replace(event, arguments=arguments(0, 3)) for event in events]
    relations = [Relation(next(fresh), draw(words), arguments(1, 3)) for _ in some(2)]
    owner = st.sampled_from([*things, *(one.trigger.id for one in events), *(one.id for one in relations)])
    attributes = [
        Attribute(next(fresh), draw(words), draw(owner), draw(st.none() | words | st.just(""))) for _ in some(4)
    ]
    registers = st.sampled_from(["Wikidata", "M49", "http://e.org/", "urn:a:", "GeoNames", "A b", "http://e.org/x"])
    keys = st.sampled_from(["Q148", "156", "a:b", "é", "a/b", "a b", "x"])
    kinds = st.sampled_from(["Reference", "Other"])
    called = st.sampled_from(["", "China", "a\tb"])
    normalizations = [
        Normalization(next(fresh), draw(kinds), draw(thing), draw(registers), draw(keys), draw(called)) for _ in some(3)
    ]
    noted = st.sampled_from(["", *things, *(attribute.id for attribute in attributes)])
    sorts = st.sampled_from(["AnnotatorNotes", "replying", "linking", "My kind"])
    notes = [Note(next(fresh), draw(sorts), draw(noted), draw(texts)) for _ in some(3)]
    members = st.lists(thing, min_size=1, unique=True).map(tuple)
    equivalences = [Equivalence(draw(st.sampled_from(["Equiv", "Alias"])), draw(members)) for _ in some(2)]
    return Document(
        text,
        tuple(mentions),
        tuple(events),
        tuple(relations),
        tuple(attributes),
        tuple(normalizations),
        tuple(notes),
        tuple(equivalences),
        source=Source(id=identifier.rpartition("/")[0]),
    )
