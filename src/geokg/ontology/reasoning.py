"""The ontology and data in owlready2, and what HermiT makes of them.

owlready2 reads Turtle as silently empty, fetches imports, and shares one world among everybody who names none; so here
it is fed N-Triples without imports, in a ``World`` of its own each time.
"""

from __future__ import annotations

import io
import re
import shutil
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, parse, serialize
from rdflib import OWL, RDF, RDFS, XSD

from ..errors import GeokgError
from ..vocabulary import GK, packaged

if TYPE_CHECKING:
    import owlready2

_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)"
_REASONABLE = {  # datatypes that HermiT and owlready2 both take, and how their values must be spelled
    str(datatype): re.compile(pattern, re.DOTALL)
    for datatype, pattern in {
        XSD.string: ".*",
        RDF.langString: ".*",
        XSD.anyURI: ".*",
        XSD.boolean: "true|false|0|1",
        XSD.integer: r"[+-]?\d+",
        XSD.nonNegativeInteger: r"\+?\d+",
        XSD.decimal: _NUMBER,
        XSD.double: _NUMBER + r"(?:[eE][+-]?\d+)?",
        XSD.float: _NUMBER + r"(?:[eE][+-]?\d+)?",
        # No fraction of a second: owlready2 respells it in a way that HermiT then refuses.
        XSD.dateTime: r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)?",
    }.items()
}


@dataclass(frozen=True)
class Consistency:
    """What HermiT found.

    Attributes:
        consistent: whether all of the statements can be true together.
        unsatisfiable: the IRIs of the classes that cannot have a member, sorted; empty if nothing is consistent at all.
        explanation: the finding in one sentence.
    """

    consistent: bool
    unsatisfiable: tuple[str, ...]
    explanation: str

    def __bool__(self) -> bool:
        return self.consistent and not self.unsatisfiable


def read_files(files: Iterable[Path]) -> Iterator[Quad]:
    """The statements of Turtle files, as they are spelled; file by file, sorted by path.

    >>> len(list(read_files([packaged("ontology") / "core.ttl"]))) > 50
    True
    """
    for path in sorted(files):
        yield from parse(path=str(path), format=RdfFormat.TURTLE)


@cache
def _stubs() -> tuple[Quad, ...]:
    """Bare declarations of the outside terms we use: owlready2 sees no property that is not declared."""
    return tuple(read_files((packaged("ontology") / "stubs").glob("*.ttl")))


def owlready_world(triples: Iterable[Quad | Triple]) -> owlready2.World:
    """Statements in a new owlready2 world: the ontology among them as classes, the data as individuals.

    Args:
        triples: in any order, also more than once. Ontology headers and imports are left out; the outside terms that
            geokg uses are declared besides.

    Returns:
        A world that shares nothing with any other. ``world[iri]`` finds one thing;
        ``world.get_ontology("https://w3id.org/geokg/ontology/")`` is what holds them all.

    >>> from geokg.ontology import load
    >>> quads = parse(f"<http://e.org/hu> a <{GK.Person}>; <{GK.wikidataId}> 'Q1' .", RdfFormat.TURTLE)
    >>> world = owlready_world([*load().quads, *quads])
    >>> [(person.name, person.wikidataId) for person in world[str(GK.Person)].instances()]
    [('hu', ['Q1'])]
    """
    import owlready2

    statements = list(triples) + list(_stubs())
    headers = {
        q.subject for q in statements if q.predicate.value == str(RDF.type) and q.object == NamedNode(str(OWL.Ontology))
    }
    kept = (q for q in statements if q.subject not in headers and q.predicate.value != str(OWL.imports))
    world = owlready2.World()
    world.get_ontology(str(GK)).load(fileobj=io.BytesIO(n_triples(kept)))
    return world


def n_triples(quads: Iterable[Quad | Triple]) -> bytes:
    r"""As N-Triples, once each; without triple terms, which neither rdflib nor owlready2 reads.

    >>> n_triples(parse("<http://e.org/a> <http://e.org/p> 'x', 'x' .", RdfFormat.TURTLE))
    b'<http://e.org/a> <http://e.org/p> "x" .\n'
    """
    triples = dict.fromkeys(Triple(q.subject, q.predicate, q.object) for q in quads if not isinstance(q.object, Triple))
    return serialize(triples, format=RdfFormat.N_TRIPLES) or b""


def reasoner_view(triples: Iterable[Quad | Triple]) -> Iterator[Quad | Triple]:
    """The statements that HermiT can take: without literals of datatypes or spellings that would stop it.

    It refuses dates, years, durations and geometries even as plain values, and seconds with a fraction; so statements
    with such values go, and so do ranges of such datatypes.

    >>> text = "@prefix e: <http://e.org/> . @prefix x: <http://www.w3.org/2001/XMLSchema#> . "
    >>> text += 'e:a e:p "2021-08-15"^^x:date, "2021-08-15T00:00:00Z"^^x:dateTime, "some"^^x:integer, 1 .'
    >>> [triple.object.value for triple in reasoner_view(parse(text, RdfFormat.TURTLE))]
    ['2021-08-15T00:00:00Z', '1']
    """
    for triple in triples:
        value = triple.object
        if isinstance(value, Literal):
            spelling = _REASONABLE.get(value.datatype.value)
            if spelling is None or not spelling.fullmatch(value.value):
                continue
        elif triple.predicate.value == str(RDFS.range) and isinstance(value, NamedNode):
            outside = value.value.startswith(str(XSD)) or value.value.endswith(("wktLiteral", "gmlLiteral"))
            if outside and value.value not in _REASONABLE:
                continue
        yield triple


def check_consistency(*graphs: Iterable[Quad | Triple]) -> Consistency:
    """Ask HermiT whether all statements can be true together, and whether every class can have a member.

    It takes about a second for the ontology. Data must come with the ontology that it is to be held against.

    Args:
        graphs: statements; what :func:`reasoner_view` leaves of them is looked at.

    Raises:
        GeokgError: there is no Java, or HermiT cannot read the statements.

    >>> from geokg.ontology import load
    >>> shutil.which("java") is None or check_consistency(load().quads).consistent
    True
    """
    if shutil.which("java") is None:
        raise GeokgError("Reasoning needs Java, and no java command is found: install a Java runtime, 8 or newer.")
    import owlready2

    world = owlready_world(triple for graph in graphs for triple in reasoner_view(graph))
    try:
        owlready2.sync_reasoner_hermit(world, infer_property_values=False, debug=0)
    except owlready2.OwlReadyInconsistentOntologyError as error:
        _remove_leftover(error)
        return Consistency(False, (), "These statements contradict one another: they cannot all be true together.")
    except (owlready2.OwlReadyJavaError, FileNotFoundError) as error:
        _remove_leftover(error)
        reason = next((line for line in str(error).splitlines() if "xception" in line), str(error))
        raise GeokgError(f"HermiT could not read the statements: {reason}") from error
    empty = tuple(sorted(c.iri for c in world.inconsistent_classes() if c is not owlready2.Nothing))
    if empty:
        return Consistency(True, empty, "No thing can ever be a member of: " + ", ".join(empty) + ".")
    return Consistency(True, (), "All of it can be true together.")


def _remove_leftover(error: BaseException) -> None:
    """Remove the file for HermiT that owlready2 leaves behind when a run fails."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        leftover = frame.f_locals.get("tmp")
        if isinstance(name := getattr(leftover, "name", None), str):
            Path(name).unlink(missing_ok=True)
