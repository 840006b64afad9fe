"""Documents with every trap that texts have: for tests that write one, read it, and want the same."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
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
    Text,
)

PIECES = ("\r", "\n", "\r\n", "\ufeff", "\u00a0", "\u200b", "\u200d", "e\u0301", "😀", "👩🏽\u200d🚀", "\u2028", "\x85",
          "\t", " ", "a", "Ωb", "שלום", "中文", "<&>\"'", "\\n", "%20", "*", "_")  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=20).map("".join)
LABELS = st.sampled_from(("Person", "Merge-org", "Ort", "国家", "a.b:C", "x_1"))
ROLES = st.sampled_from(("Actor", "Org-Arg", "Rolle", "角"))
VALUES = st.sampled_from(("yes", "2021-08 or so", "é 😀", "<&>\"'", "%25 \\ x", "123"))


def bare(item: Any) -> Any:
    """The same without what no reading brings back: lines, and the place of the file."""
    if isinstance(item, tuple):
        return tuple(bare(part) for part in item)
    if is_dataclass(item) and not isinstance(item, type):
        changed = {field.name: bare(getattr(item, field.name)) for field in fields(item)}
        if not isinstance(item, Document | Text) and "line" in changed and "start" not in changed:
            changed["line"] = 0
        return replace(item, **changed)
    return item


@st.composite
def hostile(draw: st.DrawFn, *, identifier: str = "wire/article", file: str = "article.txt") -> Document:
    """A document with anything that a ``Document`` can have; the ids are brat's."""
    text = Text(identifier, draw(TEXTS), file)
    words: list[Mention] = []
    for number in range(draw(st.integers(0, 5))):
        size = len(text.content)
        cuts = sorted(draw(st.sets(st.integers(0, size), min_size=2, max_size=min(4, size + 1))))
        spans = tuple(text.span(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=False))
        words.append(Mention(f"T{number + 1}", draw(LABELS), spans))
    split = draw(st.integers(0, len(words)))
    triggers, mentions = words[:split], words[split:]
    names = [f"E{number + 1}" for number in range(len(triggers))]
    anything = st.sampled_from([mention.id for mention in mentions] + names) if words else st.nothing()
    arguments = st.builds(Argument, ROLES, anything, st.none() | st.integers(1, 9))
    events = [
        Event(name, draw(LABELS), trigger, tuple(draw(st.lists(arguments, max_size=3))))
        for name, trigger in zip(names, triggers, strict=True)
    ]
    some = range(draw(st.integers(0, 2)) if words else 0)
    relations = [Relation(f"R{n + 1}", draw(LABELS), (draw(arguments), draw(arguments))) for n in some]
    owners = st.sampled_from([mention.id for mention in mentions] + names + [relation.id for relation in relations]) \
        if words else st.nothing()  # fmt: skip
    attributes = [Attribute(f"A{n + 1}", draw(LABELS), draw(owners), draw(st.none() | VALUES)) for n in some]
    links = [Normalization(f"N{n + 1}", "Reference", draw(anything), "Wikidata", "Q:1", draw(VALUES)) for n in some]
    notes = [Note(f"#{n + 1}", "AnnotatorNotes", draw(owners), draw(VALUES)) for n in some]
    members = draw(st.lists(anything, min_size=2, max_size=3, unique=True)) if len(words) > 2 else []
    return Document(
        text,
        tuple(mentions),
        tuple(events),
        tuple(relations),
        tuple(attributes),
        tuple(links),
        tuple(notes),
        (Equivalence("Equiv", tuple(members)),) if members else (),
        source=Source(id=identifier.rpartition("/")[0]),
    )
