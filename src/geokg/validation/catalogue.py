"""All shapes in plain words: what each judges, what it demands, what it says when it is not met."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from rdflib import Graph

from .. import shacl
from ..shacl.reading import read_model
from ..shacl.shapes import short
from ..shacl.terms import quads_to_ox
from ..store import Store
from ..vocabulary import packaged, prefixes
from .demands import Demand, Demands, Rule
from .layout import escaped, one_line
from .lookup import Lookup
from .messages import every
from .run import ontology_store
from .wording import Wording

_NOTHING = "nothing: it has no target, and no other shape calls it"


def catalogue(shapes: str | Path | Sequence[str | Path] | Graph | None = None, *, language: str = "en") -> list[Rule]:
    """What shapes demand, those with targets first; a shape without an IRI is told where it is called.

    Args:
        shapes: a file, a folder, several of them, or an rdflib graph; the packaged shapes unless given.
        language: which language labels and messages should be in, where there is a choice.

    Raises:
        ReadError: a file does not parse; with its line.
        ShapesError: the shapes cannot be used.

    >>> rule = next(rule for rule in catalogue() if rule.short == "gks:Claim-claimant")
    >>> rule.judges, rule.demands[0].words, [part.words for part in rule.demands[0].parts]
    (('every claim',), 'is claimed by', ['exactly 1', 'is an actor'])
    """
    if shapes is None:
        shapes = packaged("ontology") / "shapes"
    if not isinstance(shapes, Graph):
        shapes = shacl.read_shapes(*([shapes] if isinstance(shapes, (str, Path)) else shapes))
    model = read_model(shapes)
    store = Store.memory()
    store.extend(quads_to_ox(shapes))
    names = prefixes() | {prefix: str(iri) for prefix, iri in shapes.namespaces() if prefix}
    demands = Demands(Wording(Lookup(store, ontology_store()), None, names, language))
    rules = [demands.rule(shape) for shape in every(model)]
    named = [rule for rule in rules if not rule.shape.startswith("_:") or rule.judges]
    named += [Rule(iri, short(iri, names) or iri, "", "violation", (_NOTHING,), ()) for iri in model.idle]
    return sorted(named, key=lambda rule: (not rule.judges, rule.short))


def as_text(rules: Iterable[Rule]) -> str:
    """For people."""
    blocks = []
    for rule in rules:
        lines = [f"{one_line(rule.short)}{': ' if rule.name else ''}{one_line(rule.name)} ({_standing(rule)})"]
        lines.append(f"  judges {_judged(rule)}")
        for demand in rule.demands:
            lines += [f"  {'  ' * depth}- {one_line(words)}" for depth, words in _flat(demand)]
        lines += [f"  {word}: {one_line(words)}" for word, words in (("says", rule.says), ("why", rule.why)) if words]
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def as_markdown(rules: Iterable[Rule]) -> str:
    """For a wiki or a handbook."""
    blocks = []
    for rule in rules:
        lines = [f"### {escaped(rule.name or rule.short)}", "", f"`{rule.short}`, {_standing(rule)}."]
        lines += [f"Judges {escaped(_judged(rule))}.", ""]
        for demand in rule.demands:
            lines += [f"{'  ' * depth}- {escaped(words)}" for depth, words in _flat(demand)]
        lines += [
            part
            for words in (rule.says and f"> {escaped(rule.says)}", escaped(rule.why))
            if words
            for part in ("", words)
        ]
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def as_json(rules: Iterable[Rule]) -> str:
    """For programs."""
    return json.dumps([asdict(rule) for rule in rules], ensure_ascii=False, indent=2) + "\n"


FORMATS: dict[str, Callable[[Iterable[Rule]], str]] = {"json": as_json, "markdown": as_markdown, "text": as_text}
"""The formats by name."""


def _standing(rule: Rule) -> str:
    return rule.severity if rule.active else f"{rule.severity}, switched off"


def _judged(rule: Rule) -> str:
    return ", ".join(rule.judges) or "what other shapes hand to it"


def _flat(demand: Demand, depth: int = 0) -> Iterator[tuple[int, str]]:
    yield depth, demand.words
    for part in demand.parts:
        yield from _flat(part, depth + 1)
