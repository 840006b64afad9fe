"""The knowledge graph: what people import.

A graph is made from annotated texts (``build``), read from a file or a store folder (``open``), asked in SPARQL
(``query``) or as typed objects (``claims``, ``commitments``, ...), validated, explained, changed document by document.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pyoxigraph as ox
from oxrdflib import OxigraphStore
from rdflib import Dataset, URIRef
from rdflib.namespace import RDF

from . import rules
from .claims import Notice, populate
from .curation import Curation
from .errors import GeokgError, UnknownTerm
from .explanation import Explanation, Why, explain, why
from .names import Names
from .ontology import owlready_world, statements
from .scheme import Scheme
from .store import Store
from .tenures import Holding, holders
from .text import Document, Span, Text
from .views import Claim, Thing, Undertaking, Views
from .vocabulary import GK, Base, prefixes
from .vocabulary import is_address as is_address

if TYPE_CHECKING:
    import owlready2
    from rdflib.query import Result

    from .validation import Report


class KnowledgeGraph:
    """Claims about states, movements, officials, initiatives and commitments, with the words behind each.

    Args:
        store: where the quads are.
        notices: what was noticed while the graph was made.

    Attributes:
        store: the store; ``store.ox`` is pyoxigraph's.
        notices: what a person should know about the documents added so far.
        paths: the files of the documents read so far, by the document's IRI; they are in no graph.
        curation: what stewards wrote: entities, reference data, judgements.

    >>> from geokg import sample
    >>> kg = sample()
    >>> [str(commitment.debtors[0]) for commitment in kg.commitments(creditor="China")]
    ['Taliban']
    """

    validator: ClassVar[Callable[..., Report] | None] = None
    """Set by the floor above, which knows shapes; this one does not."""

    def __init__(self, store: Store, *, notices: Sequence[Notice] = ()) -> None:
        self.store = store
        self.notices: list[Notice] = list(notices)
        self.paths: dict[str, Path] = {}
        self.views = Views(store)
        self.names = Names(store)
        self.curation = Curation(store)
        self._ruled: int | None = None

    @classmethod
    def empty(cls, *, base: Base | None = None) -> KnowledgeGraph:
        """A graph with nothing but the ontology and its concepts, in memory."""
        store = Store.memory(base=base)
        graph = store.base.graph
        store.extend(statements(graph + "ontology", graph + "vocab"))
        return cls(store)

    @property
    def base(self) -> Base:
        """Where data and graphs are named."""
        return self.store.base

    def __len__(self) -> int:
        return len(self.store)

    # Documents

    def add(self, document: Document, *, apply_rules: bool = True, accept_drafts: bool = False) -> None:
        """Add one document, in place of what the graph held of it.

        Args:
            document: the text and its annotations.
            apply_rules: find facts and inferences anew; leave it out while adding many, and call ``apply_rules`` after.
            accept_drafts: take what a program drafted, too, and nobody has looked at.

        Raises:
            UnknownTerm: a label, role, attribute or value that the scheme does not have.
            ReadError: an annotation that cannot mean anything.
            IdentityConflict: mentions that are said to be one resolve to several.
        """
        who, base = self.curation.register, self.base
        population = populate(document, scheme=Scheme.packaged(), register=who, base=base, accept_drafts=accept_drafts)
        was_current = self._is_current()
        former = set(self.store.quads(population.graph))
        self.store.drop(population.graph)
        self.views.forget(population.document)
        self.store.extend(population.quads)
        self.notices.extend(population.notices)
        if document.path is not None:
            self.paths[population.document] = document.path.with_name(document.content.file)
        if apply_rules:
            self._follow(former, set(population.quads), was_current=was_current)

    def retract(self, document: Document | str) -> None:
        """Take one document out, with the facts and inferences that rested on it alone.

        Args:
            document: the document, its id or its IRI.

        Raises:
            GeokgError: the graph does not hold it.
        """
        identifier = document.id if isinstance(document, Document) else document
        identifier = identifier.removeprefix(self.base.document(""))
        graph = self.base.document_graph(identifier)
        if graph not in self.store.graphs():
            held = [one.removeprefix(self.base.document("")) for one in self.documents()]
            hint = "".join(f"; did you mean {one}?" for one in difflib.get_close_matches(identifier, held, n=1))
            raise GeokgError(f"the graph holds no document {identifier!r}{hint}")
        was_current = self._is_current()
        former = set(self.store.quads(graph))
        self.store.drop(graph)
        self.views.forget(self.base.document(identifier))
        self._follow(former, set(), was_current=was_current)

    def documents(self) -> list[str]:
        """The IRIs of the documents, sorted."""
        return self.views.subjects(RDF.type, GK.Document)

    def apply_rules(self) -> None:
        """Find accepted facts and inferences anew."""
        rules.apply(self.store)
        self._ruled = self.store.generation

    def _is_current(self) -> bool:
        """Whether nothing has changed since the rules were applied, as far as this object knows."""
        return self._ruled == self.store.generation

    def _follow(self, former: set[ox.Quad], now: set[ox.Quad], *, was_current: bool) -> None:
        """Put facts and inferences right after a change of one graph; from the start, if they were not before it."""
        if not was_current:
            self.apply_rules()
            return
        rules.refresh(self.store, removed=former - now, added=now - former)
        self._ruled = self.store.generation

    # Questions

    def query(self, sparql: str) -> Result:
        """Ask in SPARQL 1.1; the usual prefixes are known, the default graph is the union of all graphs.

        Returns:
            rdflib's result: rows with the variables as attributes, a graph, or a truth value.

        Raises:
            QuerySyntaxError: the query does not parse.

        >>> from geokg import sample
        >>> for row in sample().query("SELECT ?debtor { ?c a gk:Commitment ; gk:hasDebtor ?debtor }"):
        ...     print(row.debtor)
        https://w3id.org/geokg/data/entity/taliban
        """
        self.store.check(sparql)
        return self.dataset.query(sparql, initNs=prefixes(self.base))

    @cached_property
    def dataset(self) -> Dataset:
        """The same graph as an rdflib ``Dataset``; changes go both ways."""
        dataset = Dataset(store=OxigraphStore(store=self.store.ox), default_union=True)
        for prefix, namespace in prefixes(self.base).items():
            dataset.bind(prefix, URIRef(namespace))
        return dataset

    def claims(
        self,
        *,
        claimant: str | None = None,
        content: str | None = None,
        document: str | None = None,
        stance: str | None = None,
    ) -> list[Claim]:
        """Claims, in the order of the text.

        Args:
            claimant: who makes them: a name in any language, or an IRI; groups within it count as it.
            content: the IRI of a situation.
            document: the id or IRI of a document.
            stance: the name of a stance, such as ``predicts``.

        Raises:
            UnknownTerm: nobody has that name.

        >>> from geokg import sample
        >>> {str(claim.claimant) for claim in sample().claims(stance="predicts")} >= {"Hu Shisheng"}
        True
        """
        who = self.names.whoever(claimant) if claimant is not None else None
        where = document.removeprefix(self.base.document("")) if document is not None else None
        found = [
            claim
            for claim in map(self.views.claim, self.views.subjects(RDF.type, GK.Claim))
            if (who is None or claim.claimant.iri in who)
            and (content is None or claim.content.iri == content)
            and (where is None or claim.document == self.base.document(where))
            and (stance is None or claim.stance == stance)
        ]
        return sorted(found, key=lambda claim: (claim.document, claim.evidence[:1], len(claim.chain), claim.iri))

    def commitments(self, *, debtor: str | None = None, creditor: str | None = None) -> list[Undertaking]:
        """Commitments.

        Args:
            debtor: who owes it: a name in any language, or an IRI.
            creditor: to whom, likewise.

        Raises:
            UnknownTerm: nobody has that name.
        """
        debtors = self.names.whoever(debtor) if debtor is not None else None
        creditors = self.names.whoever(creditor) if creditor is not None else None
        return [
            one
            for one in (self.views.undertaking(thing.iri) for thing in self.views.instances(GK.Commitment))
            if (debtors is None or any(who.iri in debtors for who in one.debtors))
            and (creditors is None or any(who.iri in creditors for who in one.creditors))
        ]

    def officials(self) -> list[Thing]:
        """Persons who hold a post, by an accepted fact."""
        return self.views.instances(GK.Official)

    def holders(self, post: str, day: str) -> list[Holding]:
        """Who held a post, or headed a body, on a day; how surely, and by which source: see ``geokg.tenures.holders``.

        >>> from geokg import sample
        >>> print(sample().holders("South Asia Institute", "2021-08-20")[0])
        Hu Shisheng, Director of the South Asia Institute: undated (by standard)
        """
        return holders(self.names, self.views, post, day)

    def states(self) -> list[Thing]:
        """States, those too that have ended; ``gk:validTo`` says when."""
        return self.views.instances(GK.State)

    def movements(self) -> list[Thing]:
        """Movements."""
        return self.views.instances(GK.Movement)

    def initiatives(self) -> list[Thing]:
        """Initiatives: projects, dialogue mechanisms and others."""
        return self.views.instances(GK.Initiative)

    def find(self, name: str) -> list[str]:
        """The IRIs of whatever has a name, in any language and case; an IRI or a prefixed name gives itself.

        Raises:
            UnknownTerm: nothing has it; with the nearest names.

        >>> from geokg import sample
        >>> sample().find("taliban"), sample().find("e:taliban")
        (['https://w3id.org/geokg/data/entity/taliban'], ['https://w3id.org/geokg/data/entity/taliban'])
        """
        return self.names.find(name)

    def expand(self, name: str) -> str | None:
        """The IRI that a string is, whole or with one of the usual prefixes; ``None`` if it is neither.

        >>> KnowledgeGraph.empty().expand("gk:Claim")
        'https://w3id.org/geokg/ontology/Claim'
        """
        return self.names.expand(name)

    # The thread

    def label(self, iri: str) -> str:
        """What a person would call a node."""
        return self.views.label(iri)

    def evidence(self, iri: str) -> list[Span]:
        """The words behind a node: a claim, situation, undertaking, entity, annotation or selector.

        >>> from geokg import sample
        >>> kg = sample()
        >>> [span.exact for span in kg.evidence(kg.commitments()[0].iri)]
        ['not to allow any forces to use Afghan territory to carry out actions that endanger China’s security']
        """
        return self.views.spans(iri)

    def text(self, document: str) -> Text:
        """The text of a document, by its id or IRI.

        Raises:
            GeokgError: the graph does not hold it.
        """
        return self.views.text(self.base.document(document.removeprefix(self.base.document(""))))

    def explain(self, iri: str) -> Explanation:
        """Who says so, through whom, and in which words.

        Args:
            iri: a claim, situation, undertaking, actor or anything else, as an IRI or with a prefix.

        Raises:
            UnknownTerm: the graph says nothing of it.
        """
        whole = self.expand(iri) or iri
        if not self.store.contains(ox.NamedNode(whole)):
            raise UnknownTerm(iri, kind="IRI")
        return explain(self.views, whole)

    def why(self, subject: str, predicate: str, value: str) -> Why:
        """Why a triple stands: by which axioms and rules, from which claims, in which words.

        Args:
            subject: a name, a prefixed name or an IRI; so the property, or its last part, and the value.
            predicate: the property.
            value: the value; a literal's text.

        Raises:
            UnknownTerm: nothing goes by that name.
            GeokgError: the graph does not say so.
        """
        return why(self.views, self.names.triple(subject, predicate, value))

    # Other forms

    @classmethod
    def register_validator(cls, validator: Callable[..., Report]) -> None:
        """Give graphs their ``validate``; called once, by the module that knows shapes."""
        cls.validator = staticmethod(validator)

    def validate(self, **options: Any) -> Report:
        """Check the graph against the packaged shapes, or others.

        Args:
            options: those of ``geokg.validation.validate``.

        >>> from geokg import sample
        >>> sample().validate().conforms
        True
        """
        if self.validator is None:
            raise GeokgError("import geokg, not geokg.graph alone, to validate")
        return self.validator(self, **options)

    def owlready(self, *, graphs: Iterable[str] | None = None) -> owlready2.World:
        """The populated ontology as owlready2 classes and individuals.

        Args:
            graphs: the IRIs of the named graphs to take; the ontology, its concepts, the entities and the accepted and
                inferred facts unless given.

        Returns:
            A fresh world of its own; nothing is shared with other worlds.
        """
        names = list(graphs) if graphs is not None else [g for g in self.store.graphs() if self._is_settled(g)]
        return owlready_world(quad for name in names for quad in self.store.quads(name))

    def _is_settled(self, graph: str) -> bool:
        rest = graph.removeprefix(self.base.graph)
        return rest in ("ontology", "vocab", "entities", "inferred") or rest.startswith("accepted/")

    def save(self, target: str | Path, *, progress: Callable[[int, int], None] | None = None) -> None:
        """Write the graph: the same graph gives the same bytes.

        Args:
            target: a file ending in ``.trig``, ``.nq`` or ``.jsonld``, a folder for a store on disk, or the address of
                a SPARQL service, whose graphs below our base are replaced.
            progress: called with how many triples have been sent to a service, of how many.

        Raises:
            GeokgError: it cannot be written; what was there before is still there. A load to a service that breaks off
                goes on from there when it is done again.
        """
        if is_address(target):
            from .remote import RemoteStore, load  # an extra: most graphs are on this machine

            load(RemoteStore.at_address(str(target), base=self.base), self.store, progress=progress)
        else:
            self.store.save(Path(target))
