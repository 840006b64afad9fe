"""Filters of a list: from the address of a page to SPARQL patterns, and to the addresses of its neighbours.

All that is chosen stands in the address, so that a list can be sent to somebody; nothing that it says is dropped: what
is not understood is a 400 that names the parameter and what may stand there.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import pyoxigraph as ox
from flask import request, url_for
from rdflib.namespace import XSD
from werkzeug.datastructures import MultiDict

from ...dates import Interval
from ..problems import ProtocolError
from ..wording import COOKIE, LANGUAGES

IT = "$it"
PAGE = "page"
MOST = 200
"""So many values may be chosen in all: each neighbour's address, of which a page has many, holds them all."""
_NEAR = 3


@dataclass(frozen=True)
class Choice:
    """One value of a filter that has few.

    Attributes:
        value: as the address has it.
        label: as people read it.
        pattern: what a query says where it is chosen, if that is not the pattern of the filter.
    """

    value: str
    label: str
    pattern: str = ""


@dataclass(frozen=True)
class Filter:
    """What a list may be narrowed by.

    Attributes:
        name: the parameter in the address, and the variable in queries; a word of letters.
        label: as people read it.
        pattern: what a query says where the filter is set; ``$it`` stands for the value, or for the variable that has
            one of several.
        kind: ``node``, a value is an IRI; ``since`` and ``until``, an EDTF date: ``$it`` is its first moment, or the
            first moment after it.
        below: where the IRIs are; an address has only what follows.
        choices: the values there are; without them, any.
        is_single: whether a second value takes the place of the first.
        spread: what a query says to find the values, where the pattern does not do.
    """

    name: str
    label: str
    pattern: str = ""
    kind: Literal["node", "since", "until"] = "node"
    below: str = ""
    choices: tuple[Choice, ...] = ()
    is_single: bool = False
    spread: str = ""

    def term(self, value: str) -> str:
        """A value as SPARQL.

        Raises:
            ValueError: it is no value of this kind.

        >>> Filter("who", "who", below="http://e.org/").term("x"), Filter("to", "to", kind="until").term("2021-08")
        ('<http://e.org/x>', '"2021-09-01T00:00:00Z"^^<http://www.w3.org/2001/XMLSchema#dateTime>')
        """
        if self.kind == "node":
            return str(ox.NamedNode(self.iri(value)))
        interval = Interval.from_edtf(value)
        moment = interval.start if self.kind == "since" else interval.end
        if moment is None:
            raise ValueError("a date with a beginning and an end is wanted, such as 2021-08-20")
        return str(ox.Literal(moment, datatype=ox.NamedNode(str(XSD.dateTime))))

    def iri(self, value: str) -> str:
        """The IRI that a value stands for.

        >>> Filter("who", "who", below="http://e.org/").iri("x"), Filter("who", "who").iri("http://e.org/y")
        ('http://e.org/x', 'http://e.org/y')
        """
        return value if "://" in value else self.below + value

    def value(self, iri: str) -> str:
        """What stands for an IRI in an address.

        >>> Filter("who", "who", below="http://e.org/").value("http://e.org/x")
        'x'
        """
        rest = iri.removeprefix(self.below)
        return iri if not rest or "://" in rest else rest

    def label_of(self, value: str) -> str | None:
        """How a value is read, if it is one of the choices."""
        return next((choice.label for choice in self.choices if choice.value == value), None)

    def check(self, value: str) -> None:
        """Look whether a value may stand in an address.

        Raises:
            ProtocolError: 400; it may not; with the values that may, the nearest first.
        """
        if self.choices:
            _known(self.name, value, [choice.value for choice in self.choices])
            return
        try:
            self.term(value)
        except ValueError as error:
            told = "an IRI is wanted" if self.kind == "node" else str(error)
            raise ProtocolError(f"{self.name}={value}: {told}", parameter=self.name) from None

    def patterns(self, values: Iterable[str]) -> str:
        """What a query says where the filter has these values: one of them is enough; empty for none.

        >>> who = Filter("who", "who", "?claim gk:isClaimedBy $it .", below="http://e.org/")
        >>> who.patterns(["x"])
        '?claim gk:isClaimedBy <http://e.org/x> .'
        >>> who.patterns(["x", "y"])
        'VALUES ?who { <http://e.org/x> <http://e.org/y> } ?claim gk:isClaimedBy ?who .'
        """
        own = {choice.value: choice.pattern for choice in self.choices if choice.pattern}
        several = [own[value] for value in values if value in own]
        terms = [self.term(value) for value in values if value not in own]
        if len(terms) == 1:
            several.append(self.pattern.replace(IT, terms[0]))
        elif terms:
            variable = f"?{self.name}"
            several.append(f"VALUES {variable} {{ {' '.join(terms)} }} {self.pattern.replace(IT, variable)}")
        return several[0] if len(several) == 1 else " UNION ".join(f"{{ {one} }}" for one in several)

    def any(self, variable: str) -> str:
        """What a query says for a variable that takes each of the values.

        >>> Filter("who", "who", "?claim gk:isClaimedBy $it .").any("?value")
        '?claim gk:isClaimedBy ?value .'
        """
        return (self.spread or self.pattern).replace(IT, variable)


@dataclass(frozen=True)
class Active:
    """A filter with one of its values.

    Attributes:
        filter: the filter.
        value: as the address has it.
    """

    filter: Filter
    value: str


@dataclass(frozen=True)
class Chosen:
    """What an address chooses.

    Attributes:
        filters: all that the page may be narrowed by.
        values: the values of those that are set, by their names, each once.
        others: what else the address says, such as the order; kept in the addresses of neighbours.
        page: which part of the list, from 1.
    """

    filters: tuple[Filter, ...]
    values: Mapping[str, tuple[str, ...]]
    others: Mapping[str, str]
    page: int = 1

    @classmethod
    def read(
        cls,
        filters: Iterable[Filter],
        *,
        others: Mapping[str, Iterable[str]] | None = None,
        arguments: MultiDict[str, str] | None = None,
    ) -> Chosen:
        """What the address of the request at hand chooses; an empty value, as forms send it, chooses nothing.

        Args:
            filters: what the page may be narrowed by.
            others: what else the address may say, with the values there are; no values for any.
            arguments: of the address, if not that of the request.

        Raises:
            ProtocolError: 400; a parameter or value that the page does not know, with those that it does; or too many.

        >>> who = Filter("who", "who", below="http://e.org/")
        >>> Chosen.read([who], others={"sort": ["name"]}, arguments=MultiDict({"who": "x", "page": "2"})).values
        {'who': ('x',)}
        >>> Chosen.read([who], arguments=MultiDict({"whom": "x"}))
        Traceback (most recent call last):
        geokg.endpoint.problems.ProtocolError: whom: there is no such parameter here; did you mean who?
        """
        filters, allowed = tuple(filters), {**(others or {}), COOKIE: tuple(LANGUAGES)}
        by_name = {filter_.name: filter_ for filter_ in filters}
        names = [*by_name, *(others or {}), PAGE]
        values: dict[str, tuple[str, ...]] = {}
        kept: dict[str, str] = {}
        page = 1
        for name, given in (request.args if arguments is None else arguments).lists():
            found = tuple(dict.fromkeys(value.strip() for value in given if value.strip()))
            if name in by_name:
                for value in found:
                    by_name[name].check(value)
                if found:
                    values[name] = found[-1:] if by_name[name].is_single else found
            elif name == PAGE:
                page = _number(found)
            elif name in allowed:
                known = list(allowed[name])
                for value in found[-1:]:
                    if known:
                        _known(name, value, known)
                    kept[name] = value
            else:
                _known("", name, names)
            if sum(map(len, values.values())) > MOST:
                raise ProtocolError(f"{name}: no more than {MOST} values can be chosen at once", parameter=name)
        return cls(filters, values, kept, page)

    @property
    def active(self) -> list[Active]:
        """The filters that are set, one for each value."""
        return [Active(one, value) for one in self.filters for value in self.values.get(one.name, ())]

    @cached_property
    def _by_name(self) -> dict[str, Filter]:
        return {one.name: one for one in self.filters}

    def has(self, name: str, value: str) -> bool:
        """Whether a value of a filter is chosen."""
        return value in self.values.get(name, ())

    def first(self, name: str) -> str:
        """The one value of a filter, or the first; empty if it is not set."""
        return next(iter(self.values.get(name, ())), "")

    def other(self, name: str, default: str = "") -> str:
        """What else the address says."""
        return self.others.get(name, default)

    def patterns(self, *, without: str = "") -> list[str]:
        """What a query says for all that is chosen, one pattern for each filter that is set.

        Args:
            without: the name of a filter to leave out, as the counts of its own values do.
        """
        wanted = [one for one in self.filters if one.name in self.values and one.name != without]
        return [one.patterns(self.values[one.name]) for one in wanted]

    # Addresses

    def address(self, *, page: int = 1, endpoint: str = "", **others: str | None) -> str:
        """The address with all that is chosen.

        Args:
            page: which part of the list.
            endpoint: another address that knows the same filters, as Flask calls it.
            others: what else it says; ``None`` takes it away.
        """
        return self._address(self.values, page, endpoint, others)

    def with_value(self, name: str, value: str) -> str:
        """The address with one more value; of a filter that has one only, with this one."""
        before = () if self._by_name[name].is_single else self.values.get(name, ())
        return self._address({**self.values, name: tuple(dict.fromkeys((*before, value)))})

    def without_value(self, name: str, value: str) -> str:
        """The address with one value less."""
        return self._address({**self.values, name: tuple(one for one in self.values.get(name, ()) if one != value)})

    def without(self, *names: str) -> str:
        """The address with some filters not set; without names, with none."""
        return self._address({name: given for name, given in self.values.items() if names and name not in names})

    def hidden(self, *shown: str) -> list[tuple[str, str]]:
        """What a form keeps that shows only some of the filters: names and values.

        Args:
            shown: the names of what the form itself sends.
        """
        kept = [(name, value) for name, given in self.values.items() if name not in shown for value in given]
        return kept + [(name, value) for name, value in self.others.items() if name not in shown]

    def _address(
        self,
        values: Mapping[str, tuple[str, ...]],
        page: int = 1,
        endpoint: str = "",
        others: Mapping[str, str | None] | None = None,
    ) -> str:
        said: dict[str, object] = {one.name: list(values[one.name]) for one in self.filters if values.get(one.name)}
        said |= {name: value for name, value in {**self.others, **(others or {})}.items() if value}
        if page > 1:
            said[PAGE] = page
        return url_for(endpoint or request.endpoint or "", **(request.view_args or {}), **said)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Pages:
    """A list in parts.

    Attributes:
        count: how many rows there are in all.
        number: which part this is, from 1.
        size: how many rows are in a part.
    """

    count: int
    number: int
    size: int = 50

    @property
    def last(self) -> int:
        """The number of the last part; 1 for an empty list.

        >>> Pages(0, 1).last, Pages(50, 1).last, Pages(51, 1).last
        (1, 1, 2)
        """
        return max(1, -(-self.count // self.size))

    @property
    def offset(self) -> int:
        """How many rows come before."""
        return (self.number - 1) * self.size

    @property
    def ends(self) -> tuple[int, int]:
        """The numbers of the first and the last row, from 1.

        >>> Pages(120, 3).ends
        (101, 120)
        """
        return min(self.offset + 1, self.count), min(self.offset + self.size, self.count)

    @property
    def near(self) -> list[int | None]:
        """The parts that are worth a link: both ends and those nearby; ``None`` for a gap.

        >>> Pages(1000, 10).near
        [1, None, 8, 9, 10, 11, 12, None, 20]
        """
        found: list[int | None] = []
        for number in sorted({1, self.last, *range(max(1, self.number - 2), min(self.last, self.number + 2) + 1)}):
            if found and found[-1] is not None and number > found[-1] + 1:
                found.append(None)
            found.append(number)
        return found


def _known(name: str, value: str, known: list[str]) -> None:
    if value in known:
        return
    lower = {one.casefold(): one for one in known}
    near = [lower[one] for one in difflib.get_close_matches(value.casefold(), lower, n=_NEAR)]
    told = f"{name}={value}: there is no such value here" if name else f"{value}: there is no such parameter here"
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    raise ProtocolError(told + hint, parameter=name or value, offers=known)


def _number(given: tuple[str, ...]) -> int:
    text = given[-1] if given else "1"
    if not re.fullmatch("[1-9][0-9]{0,7}", text):
        raise ProtocolError(f"{PAGE}={text}: a number from 1 is wanted", parameter=PAGE)
    return int(text)
