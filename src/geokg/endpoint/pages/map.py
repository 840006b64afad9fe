"""What is claimed of which state: a map, and the same as a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from flask import Blueprint, Response, url_for

from ..formats import CSV
from ..site import Site, current
from .asking import number, rows, send_rows, text
from .filters import MOST, Chosen
from .labels import name_of
from .page import html, page
from .pictures import filters, named, options, roles
from .reading import Reading

SHADES = 5
"""So many steps of number are told apart on the map."""


@dataclass(frozen=True)
class Step:
    """States with about as many claims.

    Attributes:
        shade: from 1, the lightest, to ``SHADES``.
        least: how few claims one of them has.
        most: how many.
    """

    shade: int
    least: int
    most: int

    @property
    def label(self) -> str:
        """The numbers, as a legend has them.

        >>> Step(1, 1, 1).label, Step(2, 2, 4).label
        ('1', '2–4')
        """
        return str(self.least) if self.most == self.least else f"{self.least}–{self.most}"


@dataclass(frozen=True)
class State:
    """A state and what is claimed of it.

    Attributes:
        iri: the state.
        code: its number in ISO 3166, which the atlas knows it by; empty if it has none.
        claims: how many claims speak of it, of its land or of places there.
        parts: what the claims name, itself or a place, each with how many.
    """

    iri: str
    code: str
    claims: int
    parts: tuple[tuple[str, int], ...]


def add_to(parts: Blueprint) -> None:
    """Add the addresses of the map."""
    parts.add_url_rule("/map", "map", world)
    parts.add_url_rule("/map.csv", "map_csv", world_csv)


def world() -> Response:
    """The page."""
    site = current()
    chosen = Chosen.read(filters(site))
    reading = Reading(site)
    states = _states(site, chosen)
    reading.expect({part for state in states for part, _n in state.parts})
    return html(
        page(
            "map",
            reading=reading,
            chosen=chosen,
            sparql=_named_query(site, chosen),
            states=states,
            steps=steps(state.claims for state in states),
            shade_of=shade_of,
            name=lambda iri: name_of(reading, iri),
            claims_of=lambda *iris: _claims_address(site, chosen, iris),
            options=options(site),
        )
    )


def world_csv() -> Response:
    """The whole table."""
    site = current()
    return send_rows(site, _named_query(site, Chosen.read(filters(site))), CSV)


def steps(counts: Iterable[int]) -> list[Step]:
    """The steps of a legend, each for about as many states as the others; the last is the darkest.

    >>> [(step.shade, step.label) for step in steps([14, 13, 2])]
    [(2, '2'), (3, '13'), (5, '14')]
    >>> [step.label for step in steps([1] * 10 + [2, 3, 4, 5, 6, 7, 8, 9, 500, 4000])]
    ['1–3', '4–7', '8–4000']
    """
    ordered = sorted(counts)
    firsts = sorted({ordered[place * len(ordered) // SHADES] for place in range(SHADES)} if ordered else ())
    parts = [[one for one in ordered if first <= one < end] for first, end in pairwise([*firsts, float("inf")])]
    return [Step(round(place * SHADES / len(parts)), part[0], part[-1]) for place, part in enumerate(parts, 1)]


def shade_of(found: Iterable[Step], claims: int) -> int:
    """The shade of a number of claims.

    >>> shade_of(steps([14, 13, 2]), 13)
    3
    """
    return max(step.shade for step in found if step.least <= claims)


def _states(site: Site, chosen: Chosen) -> list[State]:
    """The states that claims speak of, those with the most claims first."""
    parts: dict[str, list[tuple[str, int]]] = {}
    for row in rows(site, _query(site, chosen, "?state ?part")):
        parts.setdefault(text(row["state"]), []).append((text(row["part"]), number(row["claims"])))
    found = [
        State(
            text(row["state"]),
            text(row["code"]),
            number(row["claims"]),
            tuple(
                sorted(parts[text(row["state"])], key=lambda part: (part[0] != text(row["state"]), -part[1], part[0]))
            ),
        )
        for row in rows(site, _query(site, chosen, "?state ?code"))
    ]
    return sorted(found, key=lambda state: (-state.claims, state.iri))


def _query(site: Site, chosen: Chosen, by: str) -> str:
    wanted = "".join(f"\n  {one}" for one in chosen.patterns())
    return f"""SELECT {by} (COUNT(DISTINCT ?claim) AS ?claims) WHERE {{
  {{ SELECT DISTINCT ?state ?part WHERE {{
    {{ ?state a gk:State . BIND ( ?state AS ?part ) }}
    UNION {{ ?land gk:isTerritoryOf ?state . ?part gk:isLocatedIn* ?land }}
  }} }}
  ?what ?role ?part . FILTER ( ?role IN ({roles(site, ", ")}) )
  ?claim gk:hasContent ?what .{wanted}
  OPTIONAL {{ ?state gk:m49Code ?code }}
}}
GROUP BY {by}"""


def _named_query(site: Site, chosen: Chosen) -> str:
    return f"""SELECT ?state ?state_name ?code ?claims WHERE {{
{{ {_query(site, chosen, "?state ?code")} }}
{named("?state")}
}}
ORDER BY DESC(?claims) ?state"""


def _claims_address(site: Site, chosen: Chosen, iris: tuple[str, ...]) -> str:
    """Where the claims stand that speak of one of these, as many as may be named, under all else but the time."""
    kept = {name: list(values) for name, values in chosen.values.items() if name not in ("from", "to", "subject")}
    subjects = [iri.removeprefix(site.base.data) for iri in iris[: MOST - sum(map(len, kept.values()))]]
    return url_for("geokg.claims", **kept, subject=subjects)  # type: ignore[arg-type]
