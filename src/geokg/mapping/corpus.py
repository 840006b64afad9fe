"""What labels a corpus has: how often each stands there, on which words, with which roles, attributes and values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ..errors import place
from ..text import Document

_SHOWN = 40


@dataclass
class Label:
    """One label, role, relation, attribute, register or chain.

    Attributes:
        count: how often it stands there.
        example: words that it stands on, shortened, and where.
        event: it is a label of events.
        parts: for an event its roles, for a relation its ends: with how often.
        values: for each attribute on it, the values with how often.
    """

    count: int = 0
    example: str = ""
    event: bool = False
    parts: Counter[str] = field(default_factory=Counter)
    values: dict[str, Counter[str]] = field(default_factory=dict)

    def see(self, words: str, where: str) -> None:
        """Count one, and keep the first as an example."""
        self.count += 1
        if not self.example:
            short = " ".join("".join(one if one.isprintable() else " " for one in words).split())
            short = short if len(short) <= _SHOWN else short[: _SHOWN - 1] + "…"
            self.example = f"“{short}” ({where})" if short else f"({where})"


@dataclass
class Corpus:
    """The labels of a corpus by kind and name.

    Attributes:
        texts: how many texts there are.
        labels: those of mentions and events.
        relations: those of relations.
        attributes: names of attributes, with their values under their own name.
        registers: names of registers.
        chains: kinds of chains.
    """

    texts: int = 0
    labels: dict[str, Label] = field(default_factory=dict)
    relations: dict[str, Label] = field(default_factory=dict)
    attributes: dict[str, Label] = field(default_factory=dict)
    registers: dict[str, Label] = field(default_factory=dict)
    chains: dict[str, Label] = field(default_factory=dict)


def survey(documents: Iterable[Document]) -> Corpus:
    """Count all labels of some documents.

    >>> from geokg.text import Mention, Text
    >>> text = Text("demo/a", "Obama waited.")
    >>> found = survey([Document(text, mentions=(Mention("T1", "PER", (text.span(0, 5),)),))])
    >>> found.labels["PER"].example
    '“Obama” (demo/a)'
    """
    corpus = Corpus()
    for document in documents:
        corpus.texts += 1
        _survey(corpus, document)
    return corpus


def _survey(corpus: Corpus, document: Document) -> None:
    def where(line: int) -> str:
        return place(document.path and document.path.name, line or None).removesuffix(": ") or document.id

    def words(identifier: str) -> str:
        item = document.get(identifier)
        return "" if item is None else item.text if hasattr(item, "text") else item.trigger.text

    def label(identifier: str) -> str:
        item = document.get(identifier)
        return item.label if item else "?"

    def values(found: Label, *identifiers: str) -> None:
        for attribute in (one for identifier in identifiers for one in document.attributes_of(identifier)):
            found.values.setdefault(attribute.name, Counter())[attribute.value or ""] += 1

    for event in document.events:
        found = corpus.labels.setdefault(event.label, Label())
        found.event = True
        found.see(event.trigger.text, where(event.line))
        found.parts.update(argument.role for argument in event.arguments)
        values(found, event.id, event.trigger.id)
    for mention in document.mentions:
        found = corpus.labels.setdefault(mention.label, Label())
        found.see(mention.text, where(mention.line))
        values(found, mention.id)
    for relation in document.relations:
        found = corpus.relations.setdefault(relation.label, Label())
        found.see(" … ".join(words(argument.target) for argument in relation.arguments), where(relation.line))
        found.parts[" -> ".join(label(argument.target) for argument in relation.arguments)] += 1
        values(found, relation.id)
    for attribute in document.attributes:
        found = corpus.attributes.setdefault(attribute.name, Label())
        found.see(words(attribute.target), where(attribute.line))
        found.values.setdefault(attribute.name, Counter())[attribute.value or ""] += 1
    for one in (one for one in document.normalizations if one.kind != "Name"):
        corpus.registers.setdefault(one.resource, Label()).see(words(one.target), where(one.line))
    for chain in document.equivalences:
        found = corpus.chains.setdefault(chain.kind, Label())
        found.see(" … ".join(map(words, chain.members)), where(chain.line))
        found.parts.update(map(label, chain.members))


def by_count(labels: dict[str, Label]) -> Iterator[tuple[str, Label]]:
    """The labels, the most frequent first.

    >>> [name for name, _ in by_count({"a": Label(1), "b": Label(2)})]
    ['b', 'a']
    """
    yield from sorted(labels.items(), key=lambda item: (-item[1].count, item[0]))
