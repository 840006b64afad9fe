"""The ontology as objects: look-up of terms, the owlready2 view, and whether a reasoner finds it consistent.

:func:`load` gives the packaged ontology; ``ontology["restraint commitment"]`` and ``ontology.term("gk:Claim")`` find a
term by label in any language, by name, curie or IRI. ``ontology.world`` and :func:`owlready_world` give owlready2
classes and individuals, always in a fresh ``World``.

Only :func:`check_consistency` needs Java, for HermiT.
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple
from rdflib import OWL, RDF, RDFS, SKOS, Graph

from ..errors import UnknownTerm
from ..vocabulary import GK, packaged, prefixes
from .reasoning import Consistency, check_consistency, n_triples, owlready_world, read_files, reasoner_view

if TYPE_CHECKING:
    import owlready2

__all__ = [
    "Consistency",
    "Ontology",
    "Term",
    "check_consistency",
    "load",
    "owlready_world",
    "reasoner_view",
]

_KINDS = {  # in the order in which a name that means several terms is decided
    str(OWL.Class): "class",
    str(OWL.ObjectProperty): "object property",
    str(OWL.DatatypeProperty): "data property",
    str(OWL.AnnotationProperty): "annotation property",
    str(SKOS.ConceptScheme): "concept scheme",
    str(SKOS.Concept): "concept",
    str(GK.AcceptancePolicy): "concept",
}
_LABELS = (str(SKOS.prefLabel), str(SKOS.altLabel), str(GK.annotationLabel))
_SUGGESTIONS = 3


@dataclass(frozen=True)
class Term:
    """A term of the ontology: a class, a property, a concept or a scheme of concepts.

    Attributes:
        iri: its IRI.
        label: its English label.
        definition: its English definition; empty if it has none.
        kind: ``class``, ``object property``, ``data property``, ``annotation property``, ``concept`` or
            ``concept scheme``.
        labels: all its labels, preferred ones first, as (text, language).
        module: the IRI of the module that defines it; empty if it says none.
        deprecated: whether it is given up.

    >>> load().term("gk:Claim").kind
    'class'
    """

    iri: str
    label: str
    definition: str
    kind: str
    labels: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    module: str = field(default="", repr=False)
    deprecated: bool = field(default=False, repr=False)

    @property
    def name(self) -> str:
        """The last part of the IRI.

        >>> load()["restraint commitment"].name
        'RestraintCommitment'
        """
        return re.split("[/#]", self.iri)[-1]


class Ontology:
    """An ontology, read from statements.

    Args:
        quads: its statements; the graphs they stand in are not looked at.

    >>> ontology = Ontology.packaged()
    >>> ontology["声明"].name, ontology["has debtor"].iri
    ('Statement', 'https://w3id.org/geokg/ontology/hasDebtor')
    >>> ontology["restraint comitment"]
    Traceback (most recent call last):
    geokg.errors.UnknownTerm: unknown term 'restraint comitment'; did you mean restraint commitment or ...
    """

    def __init__(self, quads: Iterable[Quad | Triple]) -> None:
        self.quads: tuple[Quad, ...] = tuple(dict.fromkeys(Quad(q.subject, q.predicate, q.object) for q in quads))
        self._values: defaultdict[tuple[str, str], list[NamedNode | BlankNode | Literal | Triple]] = defaultdict(list)
        for quad in self.quads:
            if isinstance(quad.subject, NamedNode):
                self._values[quad.subject.value, quad.predicate.value].append(quad.object)

    @classmethod
    def packaged(cls) -> Ontology:
        """The ontology that comes with geokg: the modules and the concept schemes; read once."""
        return load()

    @cached_property
    def graph(self) -> Graph:
        """The ontology as one rdflib graph.

        >>> GK.Claim in set(load().graph.subjects())
        True
        """
        return Graph().parse(data=n_triples(self.quads), format="nt")

    @property
    def world(self) -> owlready2.World:
        """The ontology in a new owlready2 world of its own.

        >>> world = load().world
        >>> sorted(c.name for c in world[str(GK.Undertaking)].subclasses())
        ['Commitment', 'Intention']
        """
        return owlready_world(self.quads)

    @cached_property
    def terms(self) -> dict[str, Term]:
        """All terms by IRI, sorted.

        >>> len(load().terms) > 150
        True
        """
        found: dict[str, str] = {}
        for kind in reversed(_KINDS):
            for subject, predicate in self._values:
                if predicate == str(RDF.type) and kind in self._iris(subject, predicate):
                    found[subject] = _KINDS[kind]
        return {iri: self._term(iri, found[iri]) for iri in sorted(found)}

    def _term(self, iri: str, kind: str) -> Term:
        labels = tuple(label for predicate in _LABELS for label in self._texts(iri, predicate))
        english = [text for text, language in labels if language == "en"]
        definitions = [text for text, language in self._texts(iri, str(SKOS.definition)) if language in ("en", "")]
        return Term(
            iri,
            label=english[0] if english else re.split("[/#]", iri)[-1],
            definition=definitions[0] if definitions else "",
            kind=kind,
            labels=labels,
            module=next(iter(self._iris(iri, str(RDFS.isDefinedBy))), ""),
            deprecated=any(
                isinstance(v, Literal) and v.value == "true" for v in self._values[iri, str(OWL.deprecated)]
            ),
        )

    def _texts(self, iri: str, predicate: str) -> list[tuple[str, str]]:
        values = self._values.get((iri, predicate), [])
        return sorted((v.value, v.language or "") for v in values if isinstance(v, Literal))

    def _iris(self, iri: str, predicate: str) -> list[str]:
        return sorted(v.value for v in self._values.get((iri, predicate), []) if isinstance(v, NamedNode))

    @cached_property
    def _by_name(self) -> dict[str, list[Term]]:
        """Terms by every name they go by, case folded; classes before properties before concepts."""
        names: defaultdict[str, list[Term]] = defaultdict(list)
        order = list(_KINDS.values())
        known = sorted(prefixes().items(), key=lambda item: -len(item[1]))
        for term in sorted(self.terms.values(), key=lambda term: (order.index(term.kind), term.iri)):
            curie = next((f"{p}:{term.iri[len(n) :]}" for p, n in known if term.iri.startswith(n)), term.iri)
            for name in dict.fromkeys(one.casefold() for one in (term.name, curie, *(text for text, _ in term.labels))):
                names[name].append(term)
        return names

    def find(self, name: str) -> tuple[Term, ...]:
        """All terms that go by a name: an IRI, a curie, the last part of an IRI, or a label in any language.

        Args:
            name: upper and lower case do not matter, save in an IRI.

        Returns:
            Classes before properties before concepts; empty if there are none.

        >>> [term.name for term in load().find("holder")]
        ['isHeldBy', 'isTenureOf']
        """
        if name in self.terms:
            return (self.terms[name],)
        return tuple(self._by_name.get(name.strip().casefold(), ()))

    def term(self, name: str) -> Term:
        """The term that goes by a name; the first of them if there are several (see :meth:`find`).

        Raises:
            UnknownTerm: nothing goes by that name; carries the nearest names.

        >>> load().term("gk:hasStance").definition.startswith("In what spirit")
        True
        """
        found = self.find(name)
        if not found:
            raise UnknownTerm(name, did_you_mean=self.did_you_mean(name))
        return found[0]

    __getitem__ = term

    def __contains__(self, name: str) -> bool:
        return bool(self.find(name))

    def did_you_mean(self, name: str, *, among: Iterable[str] | None = None) -> tuple[str, ...]:
        """The names nearest to one that nothing goes by, best first.

        Args:
            name: what was asked for.
            among: the names to choose from; all labels and names of the ontology unless given.

        >>> load().did_you_mean("Statment")[0], load().did_you_mean("Hu", among=["Hua", "Zhao"])
        ('Statement', ('Hua',))
        """
        if among is None:
            among = [one for t in self.terms.values() for one in (t.name, *(text for text, _ in t.labels))]
        spelled: dict[str, str] = {}
        for one in among:
            spelled.setdefault(one.casefold(), one)
        near = difflib.get_close_matches(name.casefold(), spelled, n=_SUGGESTIONS, cutoff=0.6)
        return tuple(spelled[one] for one in near)

    def superclasses(self, name: str) -> frozenset[str]:
        """The IRIs of all named classes above a class, itself not among them.

        Raises:
            UnknownTerm: nothing goes by that name.

        >>> sorted(load()[iri].name for iri in load().superclasses("Benefit"))
        ['Impact', 'Situation']
        """
        return _closure(self.term(name).iri, lambda iri: self._iris(iri, str(RDFS.subClassOf)))

    def subclasses(self, name: str) -> frozenset[str]:
        """The IRIs of all classes below a class, itself not among them.

        Raises:
            UnknownTerm: nothing goes by that name.

        >>> sorted(load()[iri].name for iri in load().subclasses("Commitment"))
        ['PerformanceCommitment', 'RestraintCommitment']
        """
        return _closure(self.term(name).iri, lambda iri: self._children.get(iri, []))

    @cached_property
    def _children(self) -> dict[str, list[str]]:
        children: defaultdict[str, list[str]] = defaultdict(list)
        for child, predicate in list(self._values):
            if predicate == str(RDFS.subClassOf):
                for parent in self._iris(child, predicate):
                    children[parent].append(child)
        return dict(children)

    def properties(self, name: str) -> tuple[Term, ...]:
        """The properties that things of a class may have: those whose domain is the class or one above it.

        Raises:
            UnknownTerm: nothing goes by that name.

        >>> "hasParticipant" in [term.name for term in load().properties("Benefit")]
        True
        """
        classes = {self.term(name).iri, *self.superclasses(name)}
        return tuple(
            term for term in self.terms.values() if classes.intersection(self._iris(term.iri, str(RDFS.domain)))
        )


@cache
def load(*, restrictions: bool = False, alignments: bool = False) -> Ontology:
    """The ontology that comes with geokg, read once.

    Args:
        restrictions: also the axioms beyond OWL 2 RL.
        alignments: also how our terms stand to other people's, and the bare declarations of those.

    >>> load() is load()
    True
    >>> len(load(restrictions=True).quads) > len(load().quads)
    True
    """
    folder = packaged("ontology")
    files = _modules() + _concepts() + ([folder / "restrictions.ttl"] if restrictions else [])
    if alignments:
        files += _alignments() + sorted((folder / "stubs").glob("*.ttl"))
    return Ontology(read_files(files))


def statements(graph: str | None = None, concepts: str | None = None) -> list[Quad]:
    """What a knowledge graph holds of the ontology: modules, alignments and concept schemes.

    Args:
        graph: the named graph for modules and alignments.
        concepts: the named graph for the concept schemes.

    >>> {quad.graph_name.value for quad in statements("urn:ontology", "urn:vocab")} == {"urn:ontology", "urn:vocab"}
    True
    """
    parts = ((_modules() + _alignments(), graph), (_concepts(), concepts))
    return [
        Quad(quad.subject, quad.predicate, quad.object, NamedNode(name) if name else None)
        for files, name in parts
        for quad in read_files(files)
    ]


def _modules() -> list[Path]:
    return sorted(path for path in packaged("ontology").glob("*.ttl") if path.name != "restrictions.ttl")


def _alignments() -> list[Path]:
    return sorted((packaged("ontology") / "align").glob("*.ttl"))


def _concepts() -> list[Path]:
    return sorted((packaged("ontology") / "vocab").glob("*.ttl"))


def _closure(start: str, step: Callable[[str], list[str]]) -> frozenset[str]:
    found: set[str] = set()
    todo = list(step(start))
    while todo:
        one = todo.pop()
        if one not in found:
            found.add(one)
            todo.extend(step(one))
    return frozenset(found)
