"""From a document with other people's labels to one with ours: a pure function at the level of the text.

Every annotation becomes one of ours, is left out on purpose, or is counted as unknown and left out. What stands on
something that is left out goes with it. Ids, offsets and lines stay as they are.
"""

from __future__ import annotations

from dataclasses import replace

from ..scheme import Scheme
from ..text import Document
from .chains import chain
from .links import link
from .parts import Parts
from .rule import LabelMap
from .speech import settle
from .things import leave, name
from .usage import Usage
from .values import on_events, on_mentions


def apply(document: Document, labels: LabelMap, scheme: Scheme) -> tuple[Document, Usage]:
    """Say a document in our labels.

    Args:
        document: with labels as its annotators wrote them.
        labels: what they mean; a label that stands there nowhere means what the ontology says.
        scheme: the ontology's labels.

    Returns:
        The document in our labels, and what became of each annotation.

    >>> from geokg.mapping.rule import Rule
    >>> from geokg.text import Mention, Text
    >>> text = Text("demo/a", "Obama waited.", "a.txt")
    >>> document = Document(text, mentions=(Mention("T1", "PER", (text.span(0, 5),)),))
    >>> mapped, usage = apply(document, LabelMap({"PER": Rule("Person")}), Scheme.packaged())
    >>> mapped.mentions[0].label, usage.summary
    ('Person', 'used 100 %, ignored on purpose 0 %, unknown 0 %')
    """
    parts = Parts(document, labels, scheme)
    name(parts)
    equivalences = chain(parts)
    others = on_mentions(parts)
    link(parts)
    leave(parts)
    on_events(parts, others)
    settle(parts)
    for note in document.notes:
        parts.count("note", note.kind, "used", note.line)
    mapped = replace(
        document,
        mentions=tuple(parts.mentions.values()),
        events=tuple(draft.event() for draft in parts.drafts.values()),
        relations=(),
        attributes=tuple(parts.attributes),
        normalizations=tuple(parts.entries),
        equivalences=equivalences,
    )
    return mapped, parts.usage
