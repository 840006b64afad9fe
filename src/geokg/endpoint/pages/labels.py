"""All that has a name, and how it is found by some letters of one: made once for each state of the data.

Names are compared without case, accents, points and what else people leave out when they type, in every script.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from rdflib.namespace import OWL, SKOS

from ...vocabulary import GK
from ..site import Site
from ..wording import language
from .reading import Reading
from .shown import Value

GROUPS = ("actors", "places", "posts", "initiatives", "documents", "terms", "others")
"""The kinds of thing that people look for, in the order in which they are shown."""
_GROUP_OF = {
    str(GK.DocumentVoice): "",  # speaks for its document, which is found itself
    str(GK.Actor): "actors",
    str(GK.Place): "places",
    str(GK.Position): "posts",
    str(GK.Initiative): "initiatives",
    str(GK.Document): "documents",
    **dict.fromkeys(
        map(
            str,
            (
                *(SKOS.Concept, SKOS.ConceptScheme, GK.AcceptancePolicy),
                *(OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty),
            ),
        ),
        "terms",
    ),
}
MOST = 500_000
"""As many names are kept, in some 200 MB; of more, those are found that the store gives first."""
_NAMES = f"""SELECT ?it ?property ?name {{
  VALUES ?property {{ skos:prefLabel skos:altLabel }} ?it ?property ?name FILTER ( isIRI(?it) && isLiteral(?name) ) }}
LIMIT {MOST}"""
_KINDS = "SELECT DISTINCT ?it ?kind { ?it skos:prefLabel ?name ; a ?kind FILTER ( isIRI(?it) && isIRI(?kind) ) }"
_ABOVE = "SELECT DISTINCT ?kind ?above { ?kind rdfs:subClassOf ?above FILTER ( isIRI(?kind) && isIRI(?above) ) }"
_CLAIMS = """SELECT ?it (COUNT(DISTINCT ?claim) AS ?claims) {
  { ?claim gk:isClaimedBy|gk:isMadeIn ?it }
  UNION { ?claim gk:hasContent ?what . ?what ?role ?it FILTER ( ?role != gk:isEvidencedBy && isIRI(?it) ) }
} GROUP BY ?it"""
_SAYS = "SELECT ?it (COUNT(DISTINCT ?claim) AS ?claims) { ?claim gk:isClaimedBy ?it } GROUP BY ?it"
_LANGUAGES = ("en", "mul", "und")
# Letters that differ by more than a mark, and yet are typed for one another.
_ALIKE = str.maketrans({
    "ø": "o", "đ": "d", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d",
    "ى": "ي", "ی": "ي", "ې": "ي", "ک": "ك", "ۀ": "ه", "ة": "ه", "ە": "ه", "ٱ": "ا", "ـ": None,
})  # fmt: skip
_WORDS = re.compile(r"\w+")
_ENOUGH = 1000
_LONGEST = 200


def fold(name: str) -> str:
    """A name as it is compared: words with a blank between them, without case and marks.

    >>> fold("  Côte d’Ivoire"), fold("أفغانستان"), fold("ＣＨＩＮＡ"), fold("中国")
    ('cote d ivoire', 'افغانستان', 'china', '中国')
    """
    plain = unicodedata.normalize("NFKD", name[:_LONGEST].casefold())
    kept = "".join(one for one in plain if unicodedata.category(one) not in ("Mn", "Cf"))
    return " ".join(_WORDS.findall(kept.translate(_ALIKE)))


@dataclass(frozen=True, slots=True)
class Name:
    """One of the names of something.

    Attributes:
        text: the name.
        language: its language; empty if nobody says.
        is_preferred: whether it is the one that its language prefers.
    """

    text: str
    language: str
    is_preferred: bool


@dataclass(slots=True)
class Named:
    """Something with names.

    Attributes:
        iri: its IRI.
        group: which of ``GROUPS`` it belongs to; empty if nobody would look for it.
        kind: its most special class; empty if it has none.
        names: all of them; the one it is shown by comes first.
        claims: how many claims it has a part in.
        says: how many of them it makes itself.
    """

    iri: str
    group: str = "others"
    kind: str = ""
    names: list[Name] = field(default_factory=list)
    claims: int = 0
    says: int = 0

    def name(self, language: str = "en") -> Name:
        """What to call it: its name in a language, if it has one, else in English, else in any."""
        return next((one for one in self.names if one.is_preferred and one.language == language), self.names[0])


class Fit(IntEnum):
    """How some letters fit a name; the best first."""

    WHOLE = 0
    START = 1
    WORD = 2
    INSIDE = 3
    WORDS = 4


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was looked for.

    Attributes:
        named: it.
        name: which of its names fits.
        fit: how.
    """

    named: Named
    name: Name
    fit: Fit


class Labels:
    """All that has a name.

    Args:
        things: what there is.
        cut_at: how many names are kept, if there are more; else 0.

    Attributes:
        things: by IRI.
        cut_at: how many names are kept, if there are more; else 0.

    >>> china = Named("http://e.org/china", names=[Name("China", "en", True), Name("中国", "zh", True)])
    >>> labels = Labels([china, Named("http://e.org/sea", names=[Name("South China Sea", "en", True)])])
    >>> [(hit.name.text, hit.fit.name) for hit in labels.find("chin")]
    [('China', 'START'), ('South China Sea', 'WORD')]
    >>> [hit.name.text for hit in labels.find("国")], labels.near("chyna")
    (['中国'], ['China'])
    """

    def __init__(self, things: Iterable[Named], *, cut_at: int = 0) -> None:
        self.cut_at = cut_at
        self.things = {thing.iri: thing for thing in things if thing.names}
        self._rows = [(thing, name) for thing in self.things.values() for name in thing.names]
        folded = [fold(name.text) for _, name in self._rows]
        self._starts = array("Q")
        place = 1
        for line in folded:
            self._starts.append(place)
            place += len(line) + 1
        self._text = "\n".join(["", *folded, ""])  # a line a name

    def find(self, letters: str, *, group: str = "") -> list[Hit]:
        """What has a name with some letters, each once by its best name: those that fit best and are spoken of most.

        Args:
            letters: the beginning or the inside of a name, or some of its words.
            group: one of ``GROUPS``; all unless given.
        """
        wanted = fold(letters)
        if not wanted:
            return []
        best: dict[str, tuple[tuple[int, int], Hit]] = {}
        for row, fit in self._matches(wanted):
            named, name = self._rows[row]
            order = (fit, row)  # the rows of a thing are in the order of its names
            if named.group and group in ("", named.group) and (named.iri not in best or order < best[named.iri][0]):
                best[named.iri] = order, Hit(named, name, fit)
        return sorted((hit for _, hit in best.values()), key=_rank)

    def _matches(self, wanted: str) -> Iterator[tuple[int, Fit]]:
        """The names with some letters; of each fit so many as anybody would look through."""
        looks = {Fit.WHOLE: f"\n{wanted}\n", Fit.START: f"\n{wanted}", Fit.WORD: f" {wanted}", Fit.INSIDE: wanted}
        for fit, look in looks.items():
            for row in self._lines(look):
                yield row, fit
        words = wanted.split()
        if len(words) > 1:
            for row in self._lines(max(words, key=len)):
                line = " " + self._line(row)
                if all(f" {word}" in line for word in words):
                    yield row, Fit.WORDS

    def _lines(self, look: str) -> Iterator[int]:
        """The lines with some letters."""
        place = self._text.find(look)
        for _ in range(_ENOUGH):
            if place < 0:
                return
            row = bisect_right(self._starts, place + (look[0] == "\n")) - 1
            yield row
            place = self._text.find(look, self._starts[row] + len(self._line(row)))

    def _line(self, row: int) -> str:
        start = self._starts[row]
        return self._text[start : self._text.index("\n", start)]

    def near(self, letters: str) -> list[str]:
        """The names that are spelled most like it."""
        wanted = fold(letters)
        if not wanted or len(wanted) == _LONGEST:
            return []
        pairs = _pairs(wanted)
        alike: dict[str, tuple[str, str]] = {}
        for row, (named, name) in enumerate(self._rows):
            line = self._line(row)
            is_about_as_long = abs(len(line) - len(wanted)) <= 1 + len(wanted) // 3
            if is_about_as_long and 3 * len(pairs & _pairs(line)) >= len(pairs):
                alike.setdefault(line, (named.iri, name.text))
        found: dict[str, str] = {}
        for one in difflib.get_close_matches(wanted, alike, n=9, cutoff=0.65):
            iri, text = alike[one]
            found.setdefault(iri, text)
        return list(found.values())[:3]

    def of(self, group: str, *, spoken_of: bool = True) -> list[Named]:
        """All of one of ``GROUPS``, those that most claims speak of first.

        Args:
            group: which.
            spoken_of: only what claims speak of.
        """
        found = [one for one in self.things.values() if one.group == group and (one.claims or not spoken_of)]
        return sorted(found, key=lambda one: (-one.claims, one.names[0].text.casefold(), one.iri))


def _pairs(line: str) -> set[str]:
    padded = f" {line} "
    return {padded[place : place + 2] for place in range(len(padded) - 1)}


def _rank(hit: Hit) -> tuple[int, bool, int, int, str, str]:
    is_late = hit.named.group in ("terms", "others")
    return hit.fit, is_late, -hit.named.claims, len(hit.name.text), hit.name.text.casefold(), hit.named.iri


def labels(site: Site) -> Labels:
    """Reads the names of a graph, for ``Site.once``."""
    things: dict[str, Named] = {}
    ours = tuple(site.sections)
    rows = list(site.rows(_NAMES))
    for row in rows:
        iri, name = row["it"].value, row["name"]
        if iri.startswith(ours):
            is_preferred = row["property"].value == str(SKOS.prefLabel)
            things.setdefault(iri, Named(iri)).names.append(Name(name.value, name.language or "", is_preferred))
    order = {language: place for place, language in enumerate(_LANGUAGES)}
    for thing in things.values():
        thing.names.sort(
            key=lambda one: (not one.is_preferred, order.get(one.language or "und", len(order)), one.language, one.text)
        )
    _find_kinds(site, things)
    for query, attribute in ((_CLAIMS, "claims"), (_SAYS, "says")):
        for row in site.rows(query):
            if row["it"].value in things:
                setattr(things[row["it"].value], attribute, int(row["claims"].value))
    return Labels(things.values(), cut_at=MOST if len(rows) == MOST else 0)


def _find_kinds(site: Site, things: dict[str, Named]) -> None:
    above: dict[str, set[str]] = {}
    for row in site.rows(_ABOVE):
        above.setdefault(row["kind"].value, set()).add(row["above"].value)
    lines: dict[str, set[str]] = {}

    def line(kind: str) -> set[str]:
        """The class and all above it."""
        if kind not in lines:
            lines[kind], todo = set(), [kind]
            while todo:
                one = todo.pop()
                if one not in lines[kind]:
                    lines[kind].add(one)
                    todo += above.get(one, ())
        return lines[kind]

    kinds: dict[str, set[str]] = {}
    for row in site.rows(_KINDS):
        kinds.setdefault(row["it"].value, set()).add(row["kind"].value)
    for iri in kinds.keys() & things.keys():
        all_kinds = set().union(*map(line, kinds[iri]))
        things[iri].group = next((group for root, group in _GROUP_OF.items() if root in all_kinds), "others")
        things[iri].kind = max(kinds[iri], key=lambda kind: (kind.startswith(str(GK)), len(line(kind)), kind))


def value_of(name: Name, href: str | None = None, iri: str = "") -> Value:
    """A name as pages show it."""
    return Value(name.text, href, iri, name.language)


def name_of(reading: Reading, iri: str) -> Value:
    """A node by its name in the language of the page, if it has one there."""
    named = reading.site.once(labels).things.get(iri)
    if named is None:
        return reading.name(iri)
    return value_of(named.name(language()), reading.site.link(iri), iri)
