"""Facets: the values of a filter with how many rows of a list have each, under all other filters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import pyoxigraph as ox

from ..protocol import Term
from ..wording import language
from .asking import kept, number, rows, text
from .filters import Active, Chosen, Filter
from .reading import Reading
from .shown import Value

SHOWN = 10
"""As many values of a facet are shown at first, the most frequent."""
ALL = 1000
"""As many are shown of the one that is asked for whole."""


@dataclass(frozen=True)
class Count:
    """How many rows there are with one value of a filter.

    Attributes:
        value: as the address has it.
        name: as people read it.
        count: of the rows.
    """

    value: str
    name: Value
    count: int


@dataclass(frozen=True)
class Facet:
    """A filter with its values and how many rows there are with each.

    Attributes:
        filter: the filter.
        counts: those that are shown, the most frequent first.
        is_cut: whether there are others.
    """

    filter: Filter
    counts: tuple[Count, ...]
    is_cut: bool = False


def facet(reading: Reading, chosen: Chosen, filter_: Filter, *, it: str, where: str = "", most: int = SHOWN) -> Facet:
    """The values of a filter in the list that the other filters choose; those that are set stand first.

    Args:
        reading: of the graph.
        chosen: what is set.
        filter_: the filter.
        it: the variable of what is listed.
        where: a pattern for what is listed, if those of the filters do not say what it is.
        most: as many values are wanted.

    Raises:
        QueryError: the counts cannot be had now.
    """
    given = chosen.values.get(filter_.name, ())
    first = f"DESC(?value IN ({', '.join(_term(filter_, value) for value in given)})) " if given else ""
    patterns = "\n".join([where, *chosen.patterns(without=filter_.name), filter_.any("?value")])
    sparql = f"""SELECT ?value (COUNT(DISTINCT {it}) AS ?n) {{ {patterns} }}
        GROUP BY ?value ORDER BY {first}DESC(?n) ?value LIMIT {most + 1}"""
    return kept(reading.site, (filter_.name, sparql, language()), partial(_made, reading, filter_, given, sparql, most))


def _made(reading: Reading, filter_: Filter, given: tuple[str, ...], sparql: str, most: int) -> Facet:
    found = rows(reading.site, sparql)
    had = {_value(filter_, row["value"]): number(row["n"]) for row in found[:most]}
    had.pop("", None)  # a node without a name of its own cannot stand in an address
    counts = dict.fromkeys((value for value in given if value not in had), 0) | had
    reading.expect(filter_.iri(value) for value in counts if filter_.label_of(value) is None)
    named = tuple(Count(value, _name(reading, filter_, value), n) for value, n in counts.items())
    return Facet(filter_, named, len(found) > most)


def _term(filter_: Filter, value: str) -> str:
    return filter_.term(value) if filter_.below else str(ox.Literal(value))


def _value(filter_: Filter, term: Term | None) -> str:
    return filter_.value(term.value) if isinstance(term, ox.NamedNode) else text(term)


def _name(reading: Reading, filter_: Filter, value: str) -> Value:
    label = filter_.label_of(value)
    return Value(label) if label is not None else reading.name(filter_.iri(value))


def headed(reading: Reading, chosen: Chosen, query: str) -> str:
    """A query with a line for each filter that is set, as people read it."""
    lines = [
        " ".join(
            f"# {one.filter.label}: {_label(reading, one)}".split()
        )  # a line break in a name would end the comment
        for one in chosen.active
    ]
    return "\n".join([*lines, query])


def _label(reading: Reading, one: Active) -> str:
    is_node = one.filter.kind == "node"
    return _name(reading, one.filter, one.value).text if is_node else one.value
