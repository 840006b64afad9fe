"""The run: data and shapes go in, a report comes out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import pyoxigraph as ox
from rdflib import Graph

from .. import shacl
from ..graph import KnowledgeGraph
from ..ontology import statements
from ..rules.contradictions import contradictions
from ..shacl.model import Model
from ..shacl.outcome import join
from ..shacl.reading import read_model
from ..shacl.terms import quads_to_ox
from ..store import Store
from ..vocabulary import packaged, prefixes
from . import onegraph
from .evidence import Evidence
from .finding import SEVERITIES, Finding
from .held import Held, hold
from .lookup import Lookup
from .onegraph import ONE_GRAPH
from .report import Report
from .selection import Selection, select
from .telling import Teller


def validate(
    target: KnowledgeGraph | Graph | str | Path | Iterable[ox.Quad],
    *,
    shapes: str | Path | Sequence[str | Path] | Graph | None = None,
    paths: Mapping[str, Path] | None = None,
    language: str = "en",
    only: Sequence[str] = (),
    engine: shacl.Engine = "auto",
    digests: bool = False,
    late: bool = False,
) -> Report:
    """Judge a graph, or any RDF, by shapes.

    A graph is judged before inference: what ``graph/inferred`` holds could hide that a node has no type. The shapes
    that then have judged no node are given the inferred statements too, for some are about nothing else. The packaged
    shapes also bring the rule that a triple stands in one graph only, and the packaged ontology where the data has
    none; and what data may not say by the axioms of its ontology, where no shape says so.

    Args:
        target: a knowledge graph, an rdflib graph or dataset, the path of an RDF file, or quads.
        shapes: a file, a folder, several of them, or an rdflib graph; the packaged shapes unless given.
        paths: the text files of documents by their id or IRI; findings name these instead of the names in the data.
        language: which language messages and labels should be in, where there is a choice.
        only: the shapes to judge by, each by its IRI, short IRI, last part or label; all of them unless given.
        engine: ``compiled`` runs inside the store, ``pyshacl`` is the reference and slow; ``auto`` is the first, with
            the second for what it cannot do.
        late: look up the words of a finding when somebody asks for them: quicker where few are read of many; what is
            judged must not change until then.
        digests: take the digest of each graph too, for :func:`.provenance.store_run`; it reads everything once more.

    Returns:
        The report; it is no error that there are findings.

    Raises:
        ReadError: a file does not parse; with its line.
        ShapesError: the shapes cannot be used, or there is none of that name.
        ValidationError: the run could not be carried out to its end.

    >>> shapes = Graph().parse(
    ...     format="turtle",
    ...     data='''
    ...     @prefix sh: <http://www.w3.org/ns/shacl#> .
    ...     <urn:shape> sh:targetNode <urn:post> ; sh:property [ sh:path <urn:holder> ; sh:minCount 1 ] .''',
    ... )
    >>> for finding in validate(Graph(), shapes=shapes):
    ...     print(finding.message)
    urn:post: <urn:holder> is missing: there should be at least 1
    """
    held = hold(target, with_ontology=shapes is None)
    rules = read_rules(shapes)
    if shapes is None:
        rules += contradictions(held.whole, rules)
    model = read_model(rules)
    names = prefixes(held.base)
    chosen = select(model, only, names, [str(ONE_GRAPH)] if shapes is None else []) if only else None
    outcome = _judged(held, model, chosen, engine)
    teller = Teller(
        Lookup(held.store, _store(quads_to_ox(model.graph)), ontology_store(), hidden=[held.reported]),
        Evidence(Lookup(held.store, hidden=[held.reported]), paths),
        model,
        outcome.graph,
        names,
        language,
    )
    tell = teller.late if late else teller.finding
    found = [tell(one) for one in outcome.results if chosen is None or teller.shape(one) in chosen.told]
    if shapes is None and (chosen is None or ox.NamedNode(str(ONE_GRAPH)) in chosen.told):
        found += [onegraph.finding(*pair, outcome.graph, teller) for pair in onegraph.doubled(held)]
    return Report(
        findings=tuple(ordered(found)),
        graph=outcome.graph,
        shapes=tuple(outcome.runs),
        vacuous=tuple(iri for iri in outcome.vacuous if chosen is None or iri in chosen.run),
        notes=tuple(outcome.notes),
        texts=teller.evidence.texts,
        prefixes=names,
        titles=teller.titles | {str(ONE_GRAPH): onegraph.TITLE},
        queries=tuple(outcome.queries),
        digests=held.digests() if digests else {},
        base=held.base.iri,
    )


def _judged(held: Held, model: Model, chosen: Selection | None, engine: shacl.Engine) -> shacl.Outcome:
    """What comes of judging without what was inferred; and then with it, by the shapes that judged nothing."""
    shapes = tuple(shape for shape in model.shapes if chosen is None or shape.node.value in chosen.run)
    told: dict[str, Any] = {"engine": engine, "spelling": held.spelling}
    hidden = [held.inferred, held.reported]
    outcome = shacl.validate(held.store, replace(model, shapes=shapes), without=hidden, **told)
    held.admit()
    if outcome.vacuous and held.store.has_graph(held.inferred):
        idle = tuple(shape for shape in shapes if shape.node.value in outcome.vacuous)
        late = shacl.validate(held.store, replace(model, shapes=idle), without=hidden[1:], **told)
        outcome = join(outcome, late)
    return outcome


def _store(quads: Iterable[ox.Quad]) -> Store:
    store = Store.memory()
    store.extend(quads)
    return store


@cache
def ontology_store() -> Store:
    """What terms are called, for data that has no ontology of its own."""
    return _store(statements())


def read_rules(shapes: str | Path | Sequence[str | Path] | Graph | None) -> Graph:
    """The shapes graph that is meant: files, folders, a graph as it is, or the packaged shapes."""
    if isinstance(shapes, Graph):
        return shapes
    if shapes is None:
        return shacl.read_shapes(packaged("ontology") / "shapes")
    return shacl.read_shapes(*([shapes] if isinstance(shapes, (str, Path)) else shapes))


def in_order(finding: Finding) -> tuple[Any, ...]:
    """Document by document in the order of the text, in each last what has no words there; at the end all the rest.

    >>> in_order(Finding("odd", "warning", "urn:shape", "urn:node"))[0]
    True
    """
    return (*_place(finding), finding.message)


def ordered(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Findings in that order, asked for their words only where nothing else tells them apart.

    >>> [finding.message for finding in ordered(Finding(word, "info", "urn:s", "urn:n") for word in ("two", "one"))]
    ['one', 'two']
    """
    for _, some in groupby(sorted(findings, key=_place), key=_place):
        first, *rest = some
        yield from sorted([first, *rest], key=lambda finding: finding.message) if rest else [first]


def _place(finding: Finding) -> tuple[Any, ...]:
    span = finding.span
    place = (not finding.document, finding.document, span is None, (span.start, span.end) if span else ())
    return (*place, SEVERITIES.index(finding.severity), finding.shape, finding.focus, finding.path)
