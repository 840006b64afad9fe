"""The page of a document: its text with the words that claims rest on, the claims beside it, findings in the margin."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import Generic, TypeVar

import pyoxigraph as ox
from markupsafe import Markup, escape

from ...text import Text
from ...validation import Finding
from ...vocabulary import OA
from ..site import Site
from ..wording import number as written
from .claim_filters import claim_filters, words
from .filters import Chosen, Filter, Pages
from .page import page
from .reading import Reading

LISTED = 100
"""Claims that stand beside the text at once, though all are marked in it; and findings."""
SIGNS = {
    "asks": "?",
    "confirms": "✓",
    "denies": "✗",
    "intends": "◇",
    "predicts": "→",
    "promises": "◆",
    "recommends": "!",
}
"""Behind the number of a claim: how somebody stands to it. Who merely asserts has no sign."""
_PART = 4000
"""Characters after which a part of the text ends with its line, so that a browser need not lay out all of them."""
_LINE = re.compile(r"\r\n|\n|\r")
T = TypeVar("T")


@dataclass(frozen=True)
class Told:
    """A claim as its text marks it.

    Attributes:
        number: its place among those that are shown, from 1.
        iri: its IRI.
        claimant: the IRI of who makes it.
        stance: the local name of the stance.
        is_reported: whether somebody reports it; else it is the narrator's own.
        spans: the offsets of its words.
    """

    number: int
    iri: str
    claimant: str
    stance: str
    is_reported: bool
    spans: tuple[tuple[int, int], ...]

    @property
    def sign(self) -> str:
        """Its stance as a sign."""
        return SIGNS.get(self.stance, "")


@dataclass
class Piece:
    """Some characters of a text under the same marks.

    Attributes:
        text: the characters.
        claims: the claims that rest on them, the one with fewest words first.
        findings: the numbers of the findings that are about them.
        name: the IRI of what they name; the narrowest if there are several.
        anchors: the fragment identifiers of the marks that begin here.
        ends: the claims whose last words end here.
        flags: the findings whose words end here.
        begins_part: whether a part of the text begins here.
        line: the number of the line that begins here, or nothing.
    """

    text: str
    claims: list[Told] = field(default_factory=list)
    findings: list[int] = field(default_factory=list)
    name: str = ""
    anchors: list[str] = field(default_factory=list)
    ends: list[Told] = field(default_factory=list)
    flags: list[int] = field(default_factory=list)
    begins_part: bool = False
    line: int = 0

    @property
    def html(self) -> Markup:
        """The characters, each as it is: a browser would make a line feed of a carriage return that stands bare."""
        return Markup(str(escape(self.text)).replace("\r", "&#13;"))  # noqa: S704

    @property
    def marks(self) -> str:
        """The classes of the mark on them; empty for none."""
        found = []
        if self.claims:
            found = ["reported" if self.claims[0].is_reported else "voice", self.claims[0].stance]
        return " ".join([*found, *(["several"] if len(self.claims) > 1 else []), *(["found"] if self.findings else [])])

    @property
    def numbers(self) -> str:
        """The numbers of the claims, for the script."""
        return " ".join(str(claim.number) for claim in self.claims)


def document_page(site: Site, iri: str) -> str:
    """The page of a document.

    Args:
        site: the graph and its addresses.
        iri: the document; the graph holds its text.

    Raises:
        ProtocolError: the address says what the page does not know.
        QueryError: nobody can read the graph now.
    """
    reading = Reading(site)
    text = reading.views.text(iri)
    everything = claims_of(site, iri, text)
    chosen = Chosen.read(_filters(site), others={"lines": ["yes"], "format": []})
    told = _numbered(one for one in everything if _is_chosen(one, chosen))
    pages = Pages(len(told), min(chosen.page, max(1, -(-len(told) // LISTED))), LISTED)
    listed = told[(pages.number - 1) * LISTED : pages.number * LISTED]
    quotes = {quote.claim.iri: quote for quote in reading.quotes(one.iri for one in listed)}
    names = named_spans(site, iri, text)
    reading.expect(dict.fromkeys(name for _, _, name in names))
    look = site.findings.look()
    found = look.of(text.document)
    findings = None if found is None else found[:LISTED]
    return page(
        "document",
        reading=reading,
        iri=iri,
        text=text,
        chosen=chosen,
        options=_options(reading, everything, chosen),
        signs={stance: SIGNS.get(stance, "") for stance in sorted({one.stance for one in everything if one.stance})},
        total=len(everything),
        told=told,
        pages=pages,
        listed=[(one, quotes.get(one.iri)) for one in listed],
        hrefs={one.number: f"#claim-{one.number}" for one in listed},
        pieces=pieces(text, told, names, findings or [], lines=chosen.other("lines") == "yes"),
        findings=findings,
        found=len(found or ()),
        look=look,
        sparql=_sparql(iri, chosen),
        stance_label=lambda stance: _stance_label(site, stance),
    )


# What is read


def _filters(site: Site) -> list[Filter]:
    return [one for one in claim_filters(site) if one.name in ("claimant", "stance")]


def _sparql(document: str, chosen: Chosen) -> str:
    """The query that finds the claims that are shown."""
    lines = [f"?claim gk:isMadeIn {ox.NamedNode(document)} .", *chosen.patterns()]
    inside = "\n  ".join(lines)
    return (
        f"SELECT ?claim ?claimant ?stance ?content {{\n  {inside}\n"
        "  ?claim gk:isClaimedBy ?claimant ; gk:hasStance ?stance ; gk:hasContent ?content\n}"
    )


def claims_of(site: Site, document: str, text: Text) -> list[Told]:
    """All claims that a document makes, in the order of its text; those without words at the end.

    Offsets that do not fit the text are cut to it, as ``Views.spans`` does.
    """
    node, length = ox.NamedNode(document), len(text.content)
    rows = site.rows(
        f"""SELECT DISTINCT ?claim ?who ?stance ?outer {{ ?claim gk:isMadeIn {node} ; a gk:Claim
              OPTIONAL {{ ?claim gk:isClaimedBy ?who }} OPTIONAL {{ ?claim gk:hasStance ?stance }}
              OPTIONAL {{ ?claim gk:isEmbeddedIn ?outer }} }}"""
    )
    about: dict[str, tuple[str, str, str]] = {}
    for row in rows:
        who, stance, outer = ("" if row[name] is None else row[name].value for name in ("who", "stance", "outer"))
        about.setdefault(row["claim"].value, (who, stance.rpartition("/")[2], outer))
    places: dict[str, set[tuple[int, int]]] = {}
    for claim, start, end in _offsets(site, node, f"?it gk:isMadeIn {node} ; gk:isEvidencedBy ?annotation ."):
        low = min(max(start, 0), length)
        places.setdefault(claim, set()).add((low, min(max(end, low), length)))
    found = []
    for iri, (who, stance, outer) in about.items():
        spans = tuple(sorted(places.get(iri, ())))
        told = Told(0, iri, who, stance, bool(outer), spans)
        found.append(((not spans, spans[:1], _depth(iri, about), iri), told))
    return [told for _, told in sorted(found, key=lambda one: one[0])]


def _depth(iri: str, about: dict[str, tuple[str, str, str]]) -> int:
    seen: set[str] = set()
    while iri in about and iri not in seen:
        seen.add(iri)
        iri = about[iri][2]
    return len(seen)


def _offsets(site: Site, document: ox.NamedNode, pattern: str) -> Iterator[tuple[str, int, int]]:
    """What words of a document stand for: ``?it`` of a pattern with ``?annotation``; offsets that are none are none."""
    rows = site.rows(
        f"""SELECT DISTINCT ?it ?start ?end {{ {pattern}
              ?annotation <{OA.hasTarget}> ?target .
              ?target <{OA.hasSource}> {document} ; <{OA.hasSelector}> ?selector .
              ?selector <{OA.start}> ?start ; <{OA.end}> ?end }}"""
    )
    for row in rows:
        try:
            yield row["it"].value, int(row["start"].value), int(row["end"].value)
        except ValueError:
            continue  # validation says what is wrong with it


def named_spans(site: Site, document: str, text: Text) -> list[tuple[int, int, str]]:
    """The words of a document that name something: offsets, and the IRI of what they name."""
    node = ox.NamedNode(document)
    pattern = f"""?target <{OA.hasSource}> {node} . ?annotation <{OA.hasTarget}> ?target ;
        <{OA.motivatedBy}> <{OA.identifying}> ; <{OA.hasBody}> ?it . FILTER ( isIRI(?it) )"""
    found = _offsets(site, node, pattern)
    return sorted((start, end, iri) for iri, start, end in found if 0 <= start < end <= len(text.content))


def _is_chosen(told: Told, chosen: Chosen) -> bool:
    by_name = {one.name: one for one in chosen.filters}
    claimants = {by_name["claimant"].iri(value) for value in chosen.values.get("claimant", ())}
    stances = chosen.values.get("stance", ())
    return (not claimants or told.claimant in claimants) and (not stances or told.stance in stances)


def _numbered(told: Iterable[Told]) -> list[Told]:
    return [
        Told(number, one.iri, one.claimant, one.stance, one.is_reported, one.spans)
        for number, one in enumerate(told, 1)
    ]


def _options(reading: Reading, told: list[Told], chosen: Chosen) -> dict[str, list[tuple[str, str]]]:
    """What the claims of a text can be narrowed by, each with how many there are: who makes them, and the stances."""
    who = next(one for one in chosen.filters if one.name == "claimant")
    claimants, stances = (Counter(getattr(one, name) for one in told) for name in ("claimant", "stance"))
    reading.expect(filter(None, claimants))
    names = {
        "claimant": {who.value(iri): (reading.views.label(iri), count) for iri, count in claimants.items() if iri},
        "stance": {name: (_stance_label(reading.site, name), count) for name, count in stances.items() if name},
    }
    return {
        name: sorted(((value, f"{label} ({written(count)})") for value, (label, count) in found.items()), key=_by_label)
        for name, found in names.items()
    }


def _by_label(option: tuple[str, str]) -> str:
    return option[1].casefold()


def _stance_label(site: Site, stance: str) -> str:
    found = words(site)
    return next((found.label(iri) for iri in found.concepts["stance"] if iri.endswith(f"/{stance}")), stance)


# The text in pieces


def pieces(
    text: Text,
    told: Iterable[Told],
    names: Iterable[tuple[int, int, str]] = (),
    findings: Iterable[Finding] = (),
    *,
    lines: bool = False,
) -> list[Piece]:
    """A text cut wherever a mark begins or ends; joined, the pieces are the text.

    Args:
        text: the text.
        told: the claims; their spans may nest and overlap.
        names: offsets, and the IRI of what the words name.
        findings: what is found about its words; they are numbered from 1.
        lines: whether to cut where lines begin, too.

    >>> claims = [Told(1, "x:1", "", "", False, ((0, 5),)), Told(2, "x:2", "", "", True, ((3, 8),))]
    >>> [(piece.text, piece.numbers) for piece in pieces(Text("demo", "One two three."), claims)]
    [('One', '1'), (' t', '1 2'), ('wo ', '2'), ('three.', '')]
    """
    content = text.content
    claims = [(*span, one) for one in told for span in one.spans]
    flags = [
        (span.start, span.end, number)
        for number, one in enumerate(findings, 1)
        for span in one.spans
        if span.document == text.document and 0 <= span.start <= span.end <= len(content)
    ]
    parts, starts = set(_parts(content)), _line_starts(content) if lines else {}
    cuts = {0, len(content), *parts, *starts}
    cuts.update(offset for start, end, *_ in (*claims, *names, *flags) for offset in (start, end))
    on_claims, on_names, on_flags = _Sweep(claims), _Sweep(names), _Sweep(flags)
    last: dict[int, list[Told]] = {}
    for one in {one.number: one for _, _, one in claims}.values():
        last.setdefault(max(end for _, end in one.spans), []).append(one)
    last_flags: dict[int, list[int]] = {}
    for number, some in groupby(flags, key=lambda flag: flag[2]):
        last_flags.setdefault(max(end for _, end, _ in some), []).append(number)
    anchors: dict[int, set[str]] = {}
    for start, end, *_ in (*claims, *names, *flags):
        anchors.setdefault(start, set()).add(f"char={start},{end}")
    ordered = sorted(cuts)
    found = []
    for start, end in pairwise([*ordered, len(content)]):
        piece = Piece(content[start:end], anchors=sorted(anchors.get(start, ())))
        if start < end:
            piece.claims = list(dict.fromkeys(on_claims.at(start)))
            piece.name = next(iter(on_names.at(start)), "")
            piece.findings = sorted(set(on_flags.at(start)))
            piece.ends = last.get(end, [])
            piece.flags = last_flags.get(end, [])
        elif not piece.anchors:
            continue
        piece.begins_part, piece.line = start in parts, starts.get(start, 0)
        found.append(piece)
    return found


class _Sweep(Generic[T]):
    """What is open at an offset; the offsets are asked for in their order."""

    def __init__(self, spans: Iterable[tuple[int, int, T]]) -> None:
        self._waiting = sorted(
            (one for one in spans if one[0] < one[1]), key=lambda one: (one[0], one[1]), reverse=True
        )
        self._open: list[tuple[int, int, T]] = []

    def at(self, offset: int) -> list[T]:
        """What lies over the character at an offset, the shortest first."""
        while self._waiting and self._waiting[-1][0] <= offset:
            self._open.append(self._waiting.pop())
        self._open = [one for one in self._open if one[1] > offset]
        return [one[2] for one in sorted(self._open, key=lambda one: one[1] - one[0])]


def _parts(content: str) -> Iterator[int]:
    """Where the parts of a long text begin."""
    begun = 0
    for found in _LINE.finditer(content):
        if found.end() - begun >= _PART and found.end() < len(content):
            begun = found.end()
            yield begun


def _line_starts(content: str) -> dict[int, int]:
    starts = [0, *(found.end() for found in _LINE.finditer(content))]
    return {start: number for number, start in enumerate(starts, 1) if start < len(content)}
