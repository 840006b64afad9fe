"""The work of ``geokg build`` as one would write it with rdflib alone: brat files to claims in an rdflib ``Dataset``.

Nothing of geokg is used, and nothing is slow on purpose: files are read once, terms that come back are made once, each
triple is one ``Graph.add``. It knows the labels of the made texts (``_texts.py``) and nothing more: no check of offsets
against quotes, no look for near names, no message with a line, and of evidence only what these texts need. What it
gives for them is what geokg gives, quad for quad, which ``build.py`` checks. Rules are SPARQL, and so are the same.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from rdflib import Dataset, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, RDF, SKOS, XSD

GK = Namespace("https://w3id.org/geokg/ontology/")
GKX = Namespace("https://w3id.org/geokg/vocab/")
OA = Namespace("http://www.w3.org/ns/oa#")
DATA = "https://w3id.org/geokg/data/"
GRAPH = "https://w3id.org/geokg/graph/document/"

ROLES = {
    "Actor": GK.hasActor,
    "Beneficiary": GK.hasBeneficiary,
    "Content": GK.hasContent,
    "Participant": GK.hasParticipant,
    "Place": GK.occursIn,
}
CONTEXT = 32
POLICIES = f"""SELECT ?policy {{ ?policy a <{GK.AcceptancePolicy}> ; <{GK.requiresClaimants}> ?required }}
ORDER BY DESC(?required)"""


def digest(*parts: str) -> str:
    """The end of an IRI that is made from what identifies the thing."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def entities(*files: Path) -> dict[str, URIRef]:
    """What stewards wrote: entities by code and by name."""
    graph = Graph()
    for file in files:
        graph.parse(file)
    found: dict[str, URIRef] = {}
    for predicate in (SKOS.altLabel, SKOS.prefLabel, GK.iso3166Alpha3):
        for entity, name in graph.subject_objects(predicate):
            if isinstance(entity, URIRef):
                found[str(name)] = entity
    return found


class Article:
    """One text and its annotations, on their way into a graph."""

    def __init__(self, path: Path, source: dict[str, str], known: dict[str, URIRef], dataset: Dataset) -> None:
        self.text = path.with_suffix(".txt").read_bytes().decode("utf-8")
        self.name = f"{path.parent.name}/{path.stem}"
        self.iri = URIRef(f"{DATA}document/{self.name}")
        self.voice = URIRef(f"{self.iri}/voice")
        self.source = source
        self.known = known
        self.graph = dataset.graph(URIRef(GRAPH + self.name))
        self.mentions: dict[str, tuple[str, int, int]] = {}
        self.events: dict[str, tuple[str, str, list[tuple[str, str]]]] = {}
        self.attributes: dict[tuple[str, str], str] = {}
        self.codes: dict[str, str] = {}
        for line in path.read_text(encoding="utf-8").splitlines():
            identifier, told, *_ = line.split("\t")
            first, *others = told.split()
            if identifier[0] == "T":
                self.mentions[identifier] = (first, int(others[0]), int(others[1]))
            elif identifier[0] == "E":
                label, trigger = first.split(":")
                arguments = [one.split(":") for one in others]
                self.events[identifier] = (label, trigger, [(re.sub(r"\d+$", "", r), t) for r, t in arguments])
            elif identifier[0] == "A":
                self.attributes[others[0], first] = others[1]
            elif identifier[0] == "N":
                self.codes[others[0]] = others[1].partition(":")[2]
        self.nodes: dict[str, URIRef] = {}

    def write(self) -> None:
        """Add all that the text says."""
        self.describe()
        triggers = {trigger for _, trigger, _ in self.events.values()}
        for identifier, (label, start, end) in self.mentions.items():
            if identifier not in triggers:
                self.nodes[identifier] = self.entity(identifier, label, start, end)
                self.annotate(self.nodes[identifier], start, end, OA.identifying)
        for identifier in self.events:
            self.nodes[identifier] = self.situation(identifier)
        said = set()
        for identifier, (label, trigger, arguments) in self.events.items():
            node = self.nodes[identifier]
            self.graph.add((node, RDF.type, GK[label]))
            for role, target in arguments:
                if role == "Content":
                    said.add(target)
                else:
                    self.graph.add((node, ROLES[role], self.nodes[target]))
            if time := self.attributes.get((identifier, "TimeRelation")):
                self.graph.add((node, GK.hasTimeRelation, GKX[time]))
            if day := self.attributes.get((identifier, "Date")):
                self.date(node, day)
            _, start, end = self.mentions[trigger]
            self.graph.add((node, GK.isEvidencedBy, self.annotate(node, start, end, OA.describing)))
        for identifier in self.events:
            if identifier not in said:
                self.claim(identifier, self.voice)

    def describe(self) -> None:
        """Add the document, its text and its narrator."""
        add, told = self.graph.add, self.source
        add((self.iri, RDF.type, GK.Document))
        add((self.iri, SKOS.prefLabel, Literal(self.name, lang=told["language"])))
        add((self.iri, GK.text, Literal(self.text)))
        add((self.iri, GK.textLength, Literal(len(self.text))))
        add((self.iri, GK.sha256, Literal(hashlib.sha256(self.text.encode()).hexdigest())))
        add((self.iri, GK.fileName, Literal(self.name.partition("/")[2] + ".txt")))
        add((self.iri, GK.hasVoice, self.voice))
        add((self.voice, RDF.type, GK.DocumentVoice))
        add((self.voice, SKOS.prefLabel, Literal(f"the narrator of “{self.name}”", lang="en")))
        add((self.iri, DCTERMS.language, Literal(told["language"])))
        add((self.iri, DCTERMS.publisher, Literal(told["publisher"])))
        self.date(self.iri, told["date"])

    def date(self, node: URIRef, day: str) -> None:
        """Add a date and its bounds."""
        self.graph.add((node, GK.edtf, Literal(day)))
        start = date.fromisoformat(day)
        for predicate, one in ((GK.validFrom, start), (GK.validTo, start + timedelta(days=1))):
            moment = Literal(f"{one}T00:00:00Z", datatype=XSD.dateTime, normalize=False)
            self.graph.add((node, predicate, moment))

    def entity(self, identifier: str, label: str, start: int, end: int) -> URIRef:
        """What a mention stands for: by its code, by its name, or something new."""
        words = self.text[start:end]
        found = self.known.get(self.codes.get(identifier, words))
        if found is None:
            found = URIRef(f"{self.iri}/entity/{digest(label, f'{start}-{end}')}")
            self.graph.add((found, RDF.type, GK[label]))
            self.graph.add((found, SKOS.prefLabel, Literal(words, lang=self.source["language"])))
        return found

    def where(self, identifier: str) -> str:
        """The label and the offsets of a mention or an event."""
        label, trigger, _ = self.events.get(identifier, (self.mentions.get(identifier, ("",))[0], identifier, []))
        _, start, end = self.mentions[trigger]
        return f"{label} {start}-{end}"

    def situation(self, identifier: str) -> URIRef:
        """The IRI of a situation."""
        label, trigger, arguments = self.events[identifier]
        _, start, end = self.mentions[trigger]
        roles = sorted(f"{ROLES[role]} {self.where(target)}" for role, target in arguments)
        return URIRef(f"{self.iri}/situation/{digest(GK[label], f'{start}-{end}', *roles)}")

    def claim(self, identifier: str, claimant: URIRef, statement: str = "", outer: str = "") -> None:
        """Add a claim and, if a statement is claimed, the claims inside it."""
        label, trigger, arguments = self.events[identifier]
        certainty = GKX[self.attributes.get((identifier, "Certainty"), "certain")]
        stance = GKX[self.attributes.get((statement, "Stance"), "asserts")]
        said = self.nodes.get(statement, "")
        parts = (claimant, self.nodes[identifier], GKX.positive, certainty, stance, said, outer)
        claim = URIRef(f"{self.iri}/claim/{digest(*parts)}")
        self.graph.add((claim, RDF.type, GK.Claim))
        predicates = ("isClaimedBy", "hasContent", "hasPolarity", "hasCertainty", "hasStance", "isExpressedBy")
        for predicate, value in zip((*predicates, "isEmbeddedIn"), parts, strict=True):
            if value:
                self.graph.add((claim, GK[predicate], URIRef(value)))
        self.graph.add((claim, GK.isMadeIn, self.iri))
        words = [self.mentions[one] for one in (trigger, *(t for _, t in arguments if t in self.mentions))]
        evidence = self.annotate(claim, min(w[1] for w in words), max(w[2] for w in words), OA.describing)
        self.graph.add((claim, GK.isEvidencedBy, evidence))
        if label == "Statement":
            speaker = next(self.nodes[target] for role, target in arguments if role == "Actor")
            for role, target in arguments:
                if role == "Content":
                    self.claim(target, speaker, identifier, claim)

    def annotate(self, body: URIRef, start: int, end: int, motivation: URIRef) -> URIRef:
        """Add the words that a node comes from."""
        add, text = self.graph.add, self.text
        iri = URIRef(f"{self.iri}/annotation/{digest(f'{start}-{end}', body)}")
        target = URIRef(f"{iri}/target/1")
        position, quote = URIRef(f"{target}/position"), URIRef(f"{target}/quote")
        add((iri, RDF.type, OA.Annotation))
        add((iri, OA.hasBody, body))
        add((iri, OA.motivatedBy, motivation))
        add((iri, OA.hasTarget, target))
        add((target, RDF.type, OA.SpecificResource))
        add((target, OA.hasSource, self.iri))
        add((target, OA.hasSelector, position))
        add((target, OA.hasSelector, quote))
        add((position, RDF.type, OA.TextPositionSelector))
        add((position, OA.start, Literal(start)))
        add((position, OA.end, Literal(end)))
        add((quote, RDF.type, OA.TextQuoteSelector))
        add((quote, OA.exact, Literal(text[start:end])))
        add((quote, OA.prefix, Literal(text[max(0, start - CONTEXT) : start])))
        add((quote, OA.suffix, Literal(text[end : end + CONTEXT])))
        return iri


def with_ontology(dataset: Dataset, *files: Path) -> None:
    """Add what rules ask for beside the texts."""
    dataset.default_union = True
    for file in files:
        dataset.graph(URIRef("urn:written")).parse(file)


def apply_rules(dataset: Dataset, rules: Path, stages: Sequence[str]) -> None:
    """Run the rules of a folder, stage by stage, each under each policy that it is for, with rdflib's own SPARQL."""
    policies = [row.policy for row in dataset.query(POLICIES)]
    for stage in stages:
        for path in sorted(rules.glob(f"{stage}*.rq")):
            rule = path.read_text(encoding="utf-8")
            for policy in policies if "# graph: accepted" in rule else [""]:
                bound = rule.replace("{ UNDEF }", f"{{ <{policy}> }}") + f"\nVALUES ?policy {{ <{policy}> }}"
                graph = dataset.graph(URIRef(f"urn:given:{policy}"))
                for triple in list(dataset.query(bound if policy else rule)):
                    if triple not in dataset:
                        graph.add(triple)


def populate(folder: Path, known: dict[str, URIRef]) -> Dataset:
    """All texts of a folder in one ``Dataset``."""
    dataset = Dataset()
    for place in sorted(folder.glob("wire-*")):
        source: dict[str, Any] = tomllib.loads((place / "source.toml").read_text(encoding="utf-8"))
        for path in sorted(place.glob("*.ann")):
            Article(path, source, known, dataset).write()
    return dataset
