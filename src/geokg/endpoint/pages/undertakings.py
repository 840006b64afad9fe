"""Commitments and intentions as pages show them, each with what is told of its fate, and by whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

import pyoxigraph as ox

from ...errors import Incomplete
from ...text import Span
from ...views import Claim
from ...vocabulary import GK
from .asking import Row, kept, rows, text
from .reading import Reading
from .shown import Value

_SAYS = """OPTIONAL { ?claim gk:hasContent ?event } OPTIONAL { ?event gk:edtf ?date }
    OPTIONAL { ?event gk:isAcceptedUnder ?accepted }"""
_SAME = "(owl:sameAs|^owl:sameAs)+"
"""To what stewards judge to be the same, in another document."""
_FATES = {
    "now": "GRAPH ?accepted { ?undertaking gk:currentStatus ?stage }",
    "promised": "?undertaking gk:isCreatedBy ?event ; gk:hasConsequent ?what ."
    " ?claim gk:hasContent ?what ; gk:isExpressedBy ?event",
    "made": f"?undertaking gk:isCreatedBy ?event {_SAYS}",
    "changed": f"?event gk:changesStatusOf ?undertaking ; gk:hasNewStatus ?stage {_SAYS}"
    " OPTIONAL { ?event gk:followsChange ?before }",
    "changed there": f"?undertaking {_SAME} ?same . ?event gk:changesStatusOf ?same ; gk:hasNewStatus ?stage {_SAYS}"
    " OPTIONAL { ?event gk:followsChange ?before }",
    "revoked": f"?event gk:isRevocationOf ?undertaking {_SAYS}",
    "revoked there": f"?undertaking {_SAME} ?same . ?event gk:isRevocationOf ?same {_SAYS}",
    "doubted": f"?undertaking gk:isPossiblyViolatedBy ?event {_SAYS}",
}
"""What may be told of an undertaking; each by itself, as engines begin in the wrong place otherwise."""
_ORDER = ("made", "changed", "revoked", "doubted")


@dataclass(frozen=True)
class Status:
    """A status that is accepted as a fact.

    Attributes:
        name: of the status.
        policy: the name of the policy that accepts it.
    """

    name: Value
    policy: str


@dataclass(frozen=True)
class Step:
    """Something that is told of the life of an undertaking.

    Attributes:
        how: ``made``, ``changed``, ``revoked``, or ``doubted``: somebody claims what it rules out.
        status: the new one, where it changed.
        date: when, as the text has it.
        claims: who says so, or says that it is not so.
        policies: the names of the policies that accept it as a fact.
    """

    how: str
    status: Value | None
    date: str
    claims: tuple[Claim, ...]
    policies: tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """An undertaking in a list.

    Attributes:
        iri: its IRI.
        kind: its class.
        is_restraint: whether it is about what shall not happen.
        debtors: who undertakes it.
        creditors: to whom.
        conditions: on what.
        whats: what shall happen, or not.
        promises: the claims that made it; who speaks, and inside whose report.
        words: where it stands in the text, with the address and the language.
        statuses: those that are accepted.
        steps: what is told of its life, from its beginning on.
    """

    iri: str
    kind: Value
    is_restraint: bool
    debtors: tuple[Value, ...]
    creditors: tuple[Value, ...]
    conditions: tuple[Value, ...]
    whats: tuple[Value, ...]
    promises: tuple[Claim, ...]
    words: tuple[tuple[str, Span, str], ...]
    statuses: tuple[Status, ...]
    steps: tuple[Step, ...]


def entries(reading: Reading, iris: list[str]) -> list[Entry]:
    """Undertakings by their IRIs, in their order.

    Raises:
        QueryError: they cannot be read now.
    """
    return kept(reading.site, ("undertakings", *iris), lambda: list(_entries(reading, iris))) if iris else []


def _entries(reading: Reading, iris: list[str]) -> Iterator[Entry]:
    them = f"VALUES ?undertaking {{ {' '.join(str(ox.NamedNode(iri)) for iri in iris)} }}"
    ways = (f'{{ {them} {way} BIND ( "{how.partition(" ")[0]}" AS ?how ) }}' for how, way in _FATES.items())
    names = "?undertaking ?how ?stage ?accepted ?event ?before ?date ?claim"
    fates: dict[str, list[Row]] = {}
    for row in rows(reading.site, f"SELECT DISTINCT {names} {{ {' UNION '.join(ways)} }}"):
        fates.setdefault(text(row["undertaking"]), []).append(row)
    reading.expect(
        [*iris, *(text(row["claim"]) for fate in fates.values() for row in fate if row["claim"] is not None)]
    )
    for iri in iris:
        yield _entry(reading, iri, fates.get(iri, []))


def _entry(reading: Reading, iri: str, fate: list[Row]) -> Entry:
    views, site = reading.views, reading.site

    def values(*properties: str) -> tuple[Value, ...]:
        found = dict.fromkeys(other for name in properties for other in views.iris(iri, name))
        return tuple(map(reading.name, found))

    kind = views.kind(iri)
    return Entry(
        iri=iri,
        kind=reading.name(str(GK) + kind),
        is_restraint=kind == "RestraintCommitment",
        debtors=values(str(GK.hasDebtor), str(GK.isHeldBy)),
        creditors=values(str(GK.hasCreditor)),
        conditions=values(str(GK.hasAntecedent)),
        whats=values(str(GK.hasConsequent)),
        promises=_claims(reading, (row for row in fate if text(row["how"]) == "promised")),
        words=tuple(
            (f"{site.address(document)}#{span.fragment}", span, reading.language(document))
            for span in views.spans(iri)
            for document in (site.base.document(span.document),)
        ),
        statuses=tuple(
            Status(reading.name(text(row["stage"])), _policy(text(row["accepted"])))
            for row in sorted(fate, key=lambda row: (text(row["accepted"]), text(row["stage"])))
            if text(row["how"]) == "now"
        ),
        steps=tuple(_steps(reading, fate)),
    )


def _claims(reading: Reading, fate: Iterable[Row]) -> tuple[Claim, ...]:
    """The claims that stand in rows; without those that lack a part."""
    found = []
    for iri in sorted({text(row["claim"]) for row in fate if row["claim"] is not None}):
        with suppress(Incomplete):
            found.append(reading.views.claim(iri))
    return tuple(found)


def _steps(reading: Reading, fate: Iterable[Row]) -> Iterator[Step]:
    """The steps in their order: as they follow each other, else by date."""
    told: dict[tuple[str, str], list[Row]] = {}
    for row in fate:
        if text(row["how"]) in _ORDER:
            told.setdefault((text(row["how"]), text(row["event"])), []).append(row)
    before = {event: text(row["before"]) for (_how, event), group in told.items() for row in group if row["before"]}

    def place(item: tuple[tuple[str, str], list[Row]]) -> tuple[int, int, str, str]:
        (how, event), group = item
        return _ORDER.index(how), _after(event, before), text(group[0]["date"]), event

    for (how, _event), group in sorted(told.items(), key=place):
        stage = group[0]["stage"]
        yield Step(
            how=how,
            status=None if stage is None else reading.name(text(stage)),
            date=text(group[0]["date"]),
            claims=_claims(reading, group),
            policies=tuple(sorted({_policy(text(row["accepted"])) for row in group if row["accepted"] is not None})),
        )


def _after(event: str, before: Mapping[str, str]) -> int:
    """How many events come before one, as the text has it."""
    seen = {event}
    while event in before and before[event] not in seen:
        event = before[event]
        seen.add(event)
    return len(seen) - 1


def _policy(iri: str) -> str:
    return iri.rstrip("/").rpartition("/")[2]
