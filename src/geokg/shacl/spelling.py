"""What a store does not keep as it was written: found while it is filled, so that a file is judged as it is spelt.

Oxigraph holds numbers, truth values and times by their value: ``07`` comes back as ``7``, ``"7"^^xsd:int`` as
``7``, ``+00:00`` as ``Z``, and what becomes equal becomes one. To SHACL these are different terms: the datatype and
the lexical form count (``sh:datatype``, ``sh:pattern``, ``sh:maxCount``, ``sh:in``, ...). RDF 1.1 Concepts, 3.3:
literals are term-equal if lexical forms, datatypes and language tags are, character by character.

Language tags are another matter: RDF 1.1 lets an implementation put them in lower case, the parser does, and nothing
here undoes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import pyoxigraph as ox

_PLAIN = frozenset(
    {
        "http://www.w3.org/2001/XMLSchema#string",
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString",
    }
)
_KNOWN = 500_000  # literals that are remembered as sound, at most
_LINED = {".nt": ox.RdfFormat.N_TRIPLES, ".nq": ox.RdfFormat.N_QUADS}
_TYPED = re.compile(rb'"((?:[^"\\]|\\.)*)"\^\^<([^>]*)>')


@dataclass(frozen=True)
class Odd:
    """A quad that a store does not give back as it was written.

    Attributes:
        spelt: as it was written.
        stored: as the store has it.
        path: the file, where it came from one.
        line: the line, where the format has one line for each quad and it was looked for.
    """

    spelt: ox.Quad
    stored: ox.Quad
    path: Path | None = None
    line: int | None = None

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}: " if self.line else f"{self.path}: " if self.path else ""
        return f"{place}{self.spelt.object} is judged as it is spelt; a store has it as {self.stored.object}"


@dataclass(frozen=True)
class Spelling:
    """What has to be known to read a store as its quads were written.

    Attributes:
        odd: the quads that the store respelt, in file order.
        spellings: for each such quad of the store the objects that were written for it.
    """

    odd: tuple[Odd, ...] = ()
    spellings: Mapping[ox.Quad, tuple[ox.Literal, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def __bool__(self) -> bool:
        return bool(self.odd)

    def written(self, quad: ox.Quad) -> tuple[ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple, ...]:
        """The objects that were written for a quad of the store; for most of them its own."""
        return self.spellings.get(quad) or (quad.object,)


@lru_cache(maxsize=65536)
def stored(literal: ox.Literal) -> ox.Literal:
    """A literal as a store gives it back.

    >>> stored(ox.Literal("07", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer"))).value
    '7'
    """
    node, scratch = ox.NamedNode("x:"), ox.Store()
    scratch.add(ox.Quad(node, node, literal))
    kept = next(iter(scratch)).object
    assert isinstance(kept, ox.Literal)  # noqa: S101 (a literal went in)
    return kept


def is_odd(term: object) -> bool:
    """Whether a store would respell a term.

    >>> (
    ...     is_odd(ox.Literal("7")),
    ...     is_odd(ox.Literal("1.0E1", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#double"))),
    ... )
    (False, True)
    """
    return isinstance(term, ox.Literal) and term.datatype.value not in _PLAIN and stored(term) != term


def sift(quads: Iterable[ox.Quad], odd: list[ox.Quad]) -> Iterator[ox.Quad]:
    """The quads that a store keeps as they are.

    Args:
        quads: as they are written.
        odd: takes the others.

    >>> odd: list[ox.Quad] = []
    >>> (
    ...     list(sift(ox.parse("<x:a> <x:b> 7, 08 .", format=ox.RdfFormat.TURTLE), odd))[0].object.value,
    ...     odd[0].object.value,
    ... )
    ('7', '08')
    """
    literal, sound = ox.Literal, set[ox.Literal]()
    for quad in quads:
        term = quad.object
        # In this order, for nearly all quads of a graph fail at the first or the second.
        if type(term) is literal and term.datatype.value not in _PLAIN and term not in sound:
            if stored(term) != term:
                odd.append(quad)
                continue
            if len(sound) < _KNOWN:
                sound.add(term)
        yield quad


def fill(store: ox.Store, quads: Iterable[ox.Quad], *, path: Path | None = None) -> Spelling:
    """Put quads into an empty store, and say what it respelt.

    Args:
        store: empty.
        quads: as they are written.
        path: where they come from, for people.

    >>> store = ox.Store()
    >>> spelling = fill(store, ox.parse("<x:a> <x:b> 7, 07 .", format=ox.RdfFormat.TURTLE))
    >>> len(store), [str(term) for term in spelling.written(next(iter(store)))]
    (1, ['"7"^^<http://www.w3.org/2001/XMLSchema#integer>', '"07"^^<http://www.w3.org/2001/XMLSchema#integer>'])
    """
    spelt: list[ox.Quad] = []
    store.bulk_extend(sift(quads, spelt))
    odd = [Odd(quad, _stored(quad), path) for quad in dict.fromkeys(spelt)]
    spellings: dict[ox.Quad, list[ox.Literal]] = {}
    for one in odd:
        if one.stored not in spellings:
            spellings[one.stored] = [one.stored.object] if one.stored in store else []  # type: ignore[list-item]
        spellings[one.stored].append(one.spelt.object)  # type: ignore[arg-type]
    store.extend(spellings)
    return Spelling(tuple(odd), {quad: tuple(terms) for quad, terms in spellings.items()})


def _stored(quad: ox.Quad) -> ox.Quad:
    kept = stored(quad.object)
    return ox.Quad(quad.subject, quad.predicate, kept, quad.graph_name)


def with_lines(odd: Sequence[Odd]) -> list[Odd]:
    """The same with the lines of those that come from N-Triples or N-Quads; other formats do not tell.

    A file is read once more for it, so it is done for those that are shown.
    """
    found: dict[tuple[Path, str], int] = {}
    for path in {one.path for one in odd if one.path is not None and one.path.suffix in _LINED}:
        wanted = {_key(one.spelt) for one in odd if one.path == path}
        values = {literal.encode() for literal, *_ in wanted}
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                match = _TYPED.search(line)
                if match is not None and match[1] in values:
                    for quad in ox.parse(line, format=_LINED[path.suffix]):
                        found.setdefault((path, str(_key(quad))), number)
    return [replace(one, line=found.get((one.path, str(_key(one.spelt))))) if one.path else one for one in odd]


def _key(quad: ox.Quad) -> tuple[str, ...]:
    """What tells a quad from others, whatever its blank nodes are called."""
    subject = "_:" if isinstance(quad.subject, ox.BlankNode) else str(quad.subject)
    return (getattr(quad.object, "value", ""), str(quad.object), subject, str(quad.predicate), str(quad.graph_name))
