"""Documents made to break readers and writers: texts with every trap, and annotations of every shape over them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

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

PIECES = (
    *(
        "\r",
        "\n",
        "\r\n",
        "\ufeff",
        "\u00a0",
        "\u200b",
        "\u200d",
        "e\u0301",
        "\u0301",
        "😀",
        "\U0001f468\u200d\U0001f469",
    ),
    *(
        "\u2028",
        "\x85",
        "\x0b",
        "\t",
        " ",
        "  ",
        "a",
        "Ωb",
        '"',
        "\\",
        "שלום",
        "عربي",
        "\u202e",
        "<&>",
        "\x00",
        "]]>",
        "'''",
    ),
)
"""What texts are made of."""

WORDS = ("Person", "ist Teil von", "é", "a:b", "#", "a/b", "100%", '"', "😀", "1", "urn:x-y:z", "\\", "<b>")
"""What labels, names and values are made of."""

texts = st.lists(st.sampled_from(PIECES), min_size=1, max_size=25).map("".join)
words = st.sampled_from(WORDS)


@st.composite
def documents(draw: st.DrawFn, *, contents: st.SearchStrategy[str] = texts) -> Document:
    """A document of which every part refers to parts that it has."""
    content = draw(contents)
    text = Text("wire/article", content, "article.txt")
    ids = draw(st.permutations([*(f"T{n}" for n in range(6)), "a b", "#1", "é", "urn:x:1", "100%", "a/b", "x-1", "😀"]))
    fresh = iter([*ids, *(f"X{n}" for n in range(99))])

    def spans() -> tuple[Span, ...]:
        most = min(6, len(content) + 1)
        cuts = draw(st.sets(st.integers(0, len(content)), min_size=min(2, most), max_size=most).map(sorted))
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
        return Document(text, source=Source(id="wire"))
    thing = st.sampled_from(things)
    number = st.none() | st.integers(0, 9)

    def arguments(least: int, most: int) -> tuple[Argument, ...]:
        return tuple(Argument(draw(words), draw(thing), draw(number)) for _ in range(draw(st.integers(least, most))))

    events = [replace(event, arguments=arguments(0, 3)) for event in events]
    relations = [Relation(next(fresh), draw(words), arguments(2, 3)) for _ in some(2)]
    target = st.sampled_from(
        [*things, *(event.trigger.id for event in events), *(relation.id for relation in relations)]
    )
    attributes = [
        Attribute(next(fresh), draw(words), draw(target), draw(st.none() | words | st.just(""))) for _ in some(4)
    ]
    normalizations = [
        Normalization(
            next(fresh),
            draw(st.sampled_from(["Reference", "Other"])),
            draw(thing),
            draw(st.sampled_from(["Wikidata", "M49", "http://e.org/", "urn:a:", "GeoNames", "A b", "http://e.org/x"])),
            draw(st.sampled_from(["Q148", "156", "a:b", "é", "a/b", "a b", "x"])),
            draw(st.sampled_from(["", "China", "a\tb"])),
        )
        for _ in some(3)
    ]
    noted = st.sampled_from(["", *things, *(attribute.id for attribute in attributes)])
    notes = [
        Note(
            next(fresh),
            draw(st.sampled_from(["AnnotatorNotes", "replying", "linking", "My kind"])),
            draw(noted),
            draw(texts),
        )
        for _ in some(3)
    ]
    equivalences = [
        Equivalence(draw(st.sampled_from(["Equiv", "Alias"])), tuple(draw(st.lists(thing, min_size=1, unique=True))))
        for _ in some(2)
    ]
    return Document(
        text,
        mentions=tuple(mentions),
        events=tuple(events),
        relations=tuple(relations),
        attributes=tuple(attributes),
        normalizations=tuple(normalizations),
        notes=tuple(notes),
        equivalences=tuple(equivalences),
        source=Source(id="wire"),
        annotator=None,
    )


def plain(document: Document) -> Document:
    """A document without the lines of its annotation file, and the name of its text's."""

    def bare(item: Any) -> Any:
        if isinstance(item, Mention):
            spans = tuple(replace(span, file="") for span in item.spans)
            return replace(item, spans=spans, line=0)
        if isinstance(item, Event):
            return replace(item, trigger=bare(item.trigger), line=0)
        return replace(item, line=0)

    groups = ("mentions", "events", "relations", "attributes", "normalizations", "notes", "equivalences")
    parts: dict[str, Any] = {name: tuple(bare(item) for item in getattr(document, name)) for name in groups}
    return replace(document, content=replace(document.content, file=""), **parts)
