"""What the graph knows of an actor, a place, a post or an initiative: each part by one query, whatever its size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

import pyoxigraph as ox
from rdflib.namespace import DCTERMS, RDF, SKOS, VOID

from ...vocabulary import GK, GKX, OA
from ..site import Site
from ..wording import language
from .labels import Labels, Name, Named, labels, name_of, value_of
from .reading import Reading
from .shown import Quote, Statement, Value

SHOWN = 15
"""As many claims, undertakings or documents of one kind stand on the page; each list of all is a page of its own."""
_MOST = 200
_WORDS = 5
_SHOWN_APART = tuple(map(str, (SKOS.prefLabel, SKOS.altLabel, SKOS.definition, DCTERMS.description, RDF.type)))
_NEGATIVE = ox.NamedNode(str(GKX.negative))
_EVIDENCE = """SELECT DISTINCT ?situation ?claim ?claimant ?words {
  ?situation gk:isAcceptedUnder $policy ; ?role $it ; ?other $value ; gk:isSupportedBy ?claim .
  ?claim gk:isClaimedBy ?claimant ; gk:isEvidencedBy/oa:hasTarget/oa:hasSelector/oa:exact ?words
}"""
_ABOUT_IT = """?what ?role $it . ?claim gk:hasContent ?what ; gk:isClaimedBy ?claimant
  FILTER ( ?claimant != $it )
  FILTER NOT EXISTS { ?what gk:hasActor $it . ?inner gk:isExpressedBy ?what }"""  # that it spoke stands in what it said


@dataclass(frozen=True)
class Fact:
    """An accepted fact.

    Attributes:
        property: what holds.
        value: of what, or of whom.
        is_backwards: whether it holds of the value.
        policy: the policy that accepts it; ``None`` if it follows from accepted facts.
        evidence: a query for the accepted situations in which both have a part, and the words; empty if it has none.
    """

    property: Value
    value: Value
    is_backwards: bool
    policy: Value | None
    evidence: str = ""


@dataclass
class Office:
    """Somebody's time in a post.

    Attributes:
        tenure: the situation, with its page.
        person: who.
        post: which.
        start: from when, as exactly as anybody says; ``..`` for any time before.
        end: until when, likewise.
        date: the whole of it, as it is given; empty if nobody says.
        time: how it stands to the time of the text, where there is no date.
        accepted: the policies that accept it, and sets of reference data that state it.
        affirmed: who says so.
        denied: who says that it is not so.
    """

    tenure: Value
    person: Value
    post: Value
    start: str
    end: str
    date: str
    time: Value | None
    accepted: list[Value] = field(default_factory=list)
    affirmed: list[Value] = field(default_factory=list)
    denied: list[Value] = field(default_factory=list)


@dataclass(frozen=True)
class Part:
    """Some of many claims that have something in common.

    Attributes:
        of: the stance, or whoever makes them.
        count: how many there are.
        quotes: the newest of them.
    """

    of: Value
    count: int
    quotes: tuple[Quote, ...]


@dataclass
class Promise:
    """A commitment or an intention.

    Attributes:
        it: by its kind, with its page.
        debtors: who undertakes it.
        creditors: to whom.
        whats: what is to happen, or not to happen.
        statuses: what has become of it, as accepted.
        tellers: who tells of it.
    """

    it: Value
    debtors: list[Value] = field(default_factory=list)
    creditors: list[Value] = field(default_factory=list)
    whats: list[Value] = field(default_factory=list)
    statuses: list[Value] = field(default_factory=list)
    tellers: list[Value] = field(default_factory=list)


@dataclass
class Source:
    """A document with the words that stand for something.

    Attributes:
        document: the document.
        date: its date, as it is given.
        count: how often it is mentioned there.
        words: the first of them, with where they are.
    """

    document: Value
    date: str
    count: int
    words: list[Value] = field(default_factory=list)


def curated(site: Site) -> tuple[str, ...]:
    """The graphs that stewards write, and lists of others, for ``Site.once``."""
    base = site.base.graph
    derived = tuple(base + name for name in ("document/", "accepted/", "inferred", "identity", "report"))
    return tuple(name for name in site.reading.graphs() if not name.startswith(derived))


class Dossier:
    """What is known of one node.

    Args:
        site: the graph.
        iri: the node.
    """

    def __init__(self, site: Site, iri: str) -> None:
        self.site, self.iri = site, iri
        self.labels: Labels = site.once(labels)
        self.named = self.labels.things.get(iri) or Named(iri)
        self.reading = Reading(site)

    def name(self, iri: str) -> Value:
        """A node by its name, in the language of the page if it has one there."""
        return name_of(self.reading, iri)

    def _rows(self, sparql: str) -> Iterator[ox.QuerySolution]:
        yield from self.site.rows(sparql.replace("$it", str(ox.NamedNode(self.iri))))

    shown = SHOWN

    @staticmethod
    def direction(name: Name) -> str:
        """How a name is written."""
        return value_of(name).direction

    @property
    def names(self) -> dict[str, list[Name]]:
        """Its names by language, that of the page first."""
        found: dict[str, list[Name]] = {}
        for name in self.named.names:
            found.setdefault(name.language, []).append(name)
        return dict(sorted(found.items(), key=lambda item: item[0] != language()))

    @property
    def record(self) -> list[Statement]:
        """What stewards wrote of it, and of others with it."""
        graphs = self.site.once(curated)
        kept = self.reading.statements(self.iri, graphs, without=_SHOWN_APART)
        found: dict[str, list[Value]] = {}
        values = " ".join(str(ox.NamedNode(graph)) for graph in graphs)
        for row in self._rows(
            f"""SELECT DISTINCT ?p ?s {{ VALUES ?g {{ {values} }} GRAPH ?g {{ ?s ?p $it }} }}
            ORDER BY ?p ?s LIMIT {_MOST}"""
        ):
            if isinstance(row["s"], ox.NamedNode):
                found.setdefault(row["p"].value, []).append(self.name(row["s"].value))
        return kept + [Statement(self.name(p), tuple(values), is_backwards=True) for p, values in found.items()]

    @property
    def facts(self) -> list[Fact]:
        """What is accepted of it."""
        accepted = self.site.base.graph + "accepted/"
        found: dict[tuple[str, str], Fact] = {}
        for row in self._rows(
            f"""SELECT DISTINCT ?p ?o ?g ?backwards {{ ?p gk:isFactLayer true
              {{ GRAPH ?g {{ $it ?p ?o }} BIND ( 0 AS ?backwards ) }}
              UNION {{ GRAPH ?g {{ ?o ?p $it }} BIND ( 1 AS ?backwards ) }} }}
            ORDER BY ?backwards ?p ?o LIMIT {_MOST}"""
        ):
            graph, key = row["g"].value, (row["p"].value, row["o"].value)
            policy = next(self._policies(graph.removeprefix(accepted)), None) if graph.startswith(accepted) else None
            is_backwards = row["backwards"].value == "1"
            if key not in found:  # a symmetric fact reads the same from both ends
                words = self._evidence(policy, row["o"]) if policy and key[1] in self.labels.things else ""
                found[key] = Fact(self.name(key[0]), self._value(row["o"]), is_backwards, policy, words)
        return list(found.values())

    def _evidence(self, policy: Value, value: ox.NamedNode) -> str:
        found = _EVIDENCE.replace("$policy", str(ox.NamedNode(policy.title))).replace("$value", str(value))
        return found.replace("$it", str(ox.NamedNode(self.iri)))

    def _policies(self, name: str) -> Iterator[Value]:
        for iri, named in self.labels.things.items():
            if named.kind == str(GK.AcceptancePolicy) and iri.rpartition("/")[2] == name:
                yield self.name(iri)

    def _value(self, term: object) -> Value:
        return self.name(term.value) if isinstance(term, ox.NamedNode) else self.reading.value(term)

    @property
    def offices(self) -> list[Office]:
        """Who held which post when: of a person all, of a post its holders, of a body those in it."""
        tenures = self._rows(
            f"""SELECT DISTINCT ?tenure {{
              {{ ?tenure gk:isTenureOf $it }} UNION {{ ?tenure gk:isTenureIn $it }}
              UNION {{ ?at gk:isPositionIn $it . ?tenure gk:isTenureIn ?at }}
              UNION {{ ?at gk:leads $it . ?tenure gk:isTenureIn ?at }}
              UNION {{ ?organ gk:isOrganOf $it . ?at gk:isPositionIn ?organ . ?tenure gk:isTenureIn ?at }}
            }} ORDER BY ?tenure LIMIT {_MOST}"""
        )
        found: dict[str, Office] = {}
        for row in self._rows(
            f"""SELECT DISTINCT ?tenure ?person ?post ?date ?time ?by ?set ?claimant ?polarity {{
              VALUES ?tenure {{ {" ".join(str(row["tenure"]) for row in tenures)} }}
              ?tenure gk:isTenureOf ?person ; gk:isTenureIn ?post
              OPTIONAL {{ ?tenure gk:edtf ?date }} OPTIONAL {{ ?tenure gk:hasTimeRelation ?time }}
              OPTIONAL {{ ?tenure gk:isAcceptedUnder ?by }}
              OPTIONAL {{ ?tenure <{DCTERMS.source}> ?set FILTER EXISTS {{ ?set a <{VOID.Dataset}> }} }}
              OPTIONAL {{ ?claim gk:hasContent ?tenure
                OPTIONAL {{ ?claim gk:isClaimedBy ?claimant }} OPTIONAL {{ ?claim gk:hasPolarity ?polarity }} }}
            }} ORDER BY DESC(?date) ?tenure ?by ?claimant"""
        ):
            iri = row["tenure"].value
            if iri not in found:
                date = row["date"].value if row["date"] else ""
                start, slash, end = date.partition("/")
                found[iri] = Office(
                    Value("", self.site.link(iri), iri),
                    self._value(row["person"]),
                    self._value(row["post"]),
                    start,
                    end if slash else start,
                    date,
                    self.name(row["time"].value) if row["time"] else None,
                )
            for variable in ("by", "set"):
                if row[variable]:
                    _add(found[iri].accepted, self._value(row[variable]))
            if row["claimant"]:
                is_denied = row["polarity"] == _NEGATIVE
                _add(found[iri].denied if is_denied else found[iri].affirmed, self._value(row["claimant"]))
        return list(found.values())

    @cached_property
    def claims(self) -> tuple[list[Part], list[Part]]:
        """What it claims, by stance, and what others claim of it, by claimant; the newest of each."""
        said = self._rows(
            """SELECT ?of (COUNT(DISTINCT ?claim) AS ?n) { ?claim gk:isClaimedBy $it ; gk:hasStance ?of }
            GROUP BY ?of ORDER BY DESC(?n) ?of"""
        )
        saying = self._rows(
            f"""SELECT DISTINCT ?claim ?of ?date {{ ?claim gk:isClaimedBy $it ; gk:hasStance ?of ; gk:isMadeIn ?document
              OPTIONAL {{ ?document gk:validFrom ?date }} }} ORDER BY DESC(?date) ?claim LIMIT {SHOWN}"""
        )
        told = self._rows(
            f"""SELECT ?of (COUNT(DISTINCT ?claim) AS ?n) {{ {_ABOUT_IT} BIND ( ?claimant AS ?of ) }}
            GROUP BY ?of ORDER BY DESC(?n) ?of LIMIT {_MOST}"""
        )
        telling = self._rows(
            f"""SELECT DISTINCT ?claim (?claimant AS ?of) ?date {{ {_ABOUT_IT}
              OPTIONAL {{ ?claim gk:isMadeIn/gk:validFrom ?date }} }} ORDER BY DESC(?date) ?claim LIMIT {SHOWN}"""
        )
        parts = [
            ({row["of"].value: int(row["n"].value) for row in counts},
             {row["claim"].value: row["of"].value for row in newest})
            for counts, newest in ((said, saying), (told, telling))
        ]  # fmt: skip
        quotes = {
            quote.claim.iri: quote for quote in self.reading.quotes(dict.fromkeys(chain(*(of for _, of in parts))))
        }
        says, of_it = (self._parts(numbers, of, quotes) for numbers, of in parts)
        return says, of_it

    def _parts(self, numbers: Mapping[str, int], of: Mapping[str, str], quotes: Mapping[str, Quote]) -> list[Part]:
        """Claims by what they have in common; those of a document together, as the text has them."""
        documents = dict.fromkeys(quotes[iri].claim.document for iri in of if iri in quotes)
        order = {document: place for place, document in enumerate(documents)}
        own = sorted((quotes[iri] for iri in quotes if iri in of), key=lambda quote: order[quote.claim.document])
        return [
            Part(self.name(iri), number, tuple(quote for quote in own if of[quote.claim.iri] == iri))
            for iri, number in numbers.items()
        ]

    @cached_property
    def promises(self) -> dict[str, list[Promise]]:
        """Its undertakings: as ``debtor``, as ``creditor``, and what it ``intends``."""
        found: dict[tuple[str, str], Promise] = {}
        lists = {"?debtor": "debtors", "?creditor": "creditors", "?what": "whats"}
        lists |= {"?status": "statuses", "?teller": "tellers"}
        for row in self._rows(
            f"""SELECT DISTINCT ?it ?as {" ".join(lists)} {{
              {{ SELECT DISTINCT ?it ?as {{
                {{ ?it gk:hasDebtor $it BIND ( "debtor" AS ?as ) }}
                UNION {{ ?it gk:hasCreditor $it BIND ( "creditor" AS ?as ) }}
                UNION {{ ?it gk:isHeldBy $it BIND ( "intends" AS ?as ) FILTER NOT EXISTS {{ ?it gk:hasDebtor $it }} }}
              }} ORDER BY ?it LIMIT {SHOWN} }}
              OPTIONAL {{ ?it gk:hasDebtor|gk:isHeldBy ?debtor }} OPTIONAL {{ ?it gk:hasCreditor ?creditor }}
              OPTIONAL {{ ?it gk:hasConsequent ?what }} OPTIONAL {{ ?it gk:currentStatus ?status }}
              OPTIONAL {{ ?it gk:isCreatedBy ?statement . ?claim gk:hasContent ?statement ; gk:isClaimedBy ?teller }}
            }} ORDER BY ?it {" ".join(lists)}"""
        ):
            iri, role = row["it"].value, row["as"].value
            if (iri, role) not in found:
                kind = self.name(str(GK) + (self.reading.views.kind(iri) or "Undertaking"))
                found[iri, role] = Promise(Value(kind.text, self.site.link(iri), iri, kind.language))
            for variable, attribute in lists.items():
                if row[variable[1:]]:
                    _add(getattr(found[iri, role], attribute), self._value(row[variable[1:]]))
        roles: dict[str, list[Promise]] = {}
        for (_, role), promise in found.items():
            roles.setdefault(role, []).append(promise)
        return {role: roles[role] for role in ("debtor", "creditor", "intends") if role in roles}

    @property
    def sources(self) -> list[Source]:
        """The documents that mention it, the newest first, with the first words that do."""
        found: dict[str, Source] = {}
        mention = f"""?annotation <{OA.hasBody}> $it ; <{OA.hasTarget}> ?target . ?target <{OA.hasSource}> ?document"""
        for row in self._rows(
            f"""SELECT ?document (SAMPLE(?dates) AS ?date) (COUNT(DISTINCT ?target) AS ?n) {{ {mention}
              OPTIONAL {{ ?document gk:edtf ?dates }} }}
            GROUP BY ?document ORDER BY DESC(?date) ?document LIMIT {SHOWN}"""
        ):
            iri, date = row["document"].value, row["date"].value if row["date"] else ""
            found[iri] = Source(self.name(iri), date, int(row["n"].value))
        documents = ", ".join(str(ox.NamedNode(iri)) for iri in found)
        for row in self._rows(
            f"""SELECT DISTINCT ?document ?start ?end ?words {{ {mention} FILTER ( ?document IN ( {documents} ) )
              ?target <{OA.hasSelector}> ?place , ?quote .
              ?place <{OA.start}> ?start ; <{OA.end}> ?end . ?quote <{OA.exact}> ?words }}
            ORDER BY ?document ?start LIMIT {SHOWN * _MOST}"""
        ):
            source = found[row["document"].value]
            if len(source.words) < _WORDS:
                place = f"#char={row['start'].value},{row['end'].value}"
                source.words.append(Value(row["words"].value, f"{source.document.href or ''}{place}"))
        return list(found.values())


def _add(values: list[Value], value: Value) -> None:
    if value not in values:
        values.append(value)
