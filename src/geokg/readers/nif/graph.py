"""RDF as plain values: the only module of the readers that knows an RDF library.

An IRI is a string, a blank node a string that starts with ``_:``, and a literal a ``Literal``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import ReadError, WriteError
from ...files import read_bytes
from ..placed import loads
from ..source import decode

if TYPE_CHECKING:
    import pyoxigraph as ox

FORMATS = {".ttl": "TURTLE", ".nif": "TURTLE", ".nt": "N_TRIPLES", ".jsonld": "JSON_LD", ".rdf": "RDF_XML"}
"""The endings of files, and what is in them."""

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Literal:
    """A literal; ``integer`` tells those that are written as such."""

    value: str
    integer: bool = False


Term = str | Literal
Triple = tuple[str, str, Term]


class Graph:
    """The triples of a file, by subject and predicate, in file order.

    >>> graph = Graph([("urn:a", "urn:p", Literal("1")), ("urn:a", "urn:p", "urn:b")])
    >>> graph.texts("urn:a", "urn:p"), graph.nodes("urn:a", "urn:p")
    (['1'], ['urn:b'])
    """

    def __init__(self, triples: Iterable[Triple]) -> None:
        self._of: dict[str, dict[str, dict[Term, None]]] = {}
        for subject, predicate, value in triples:
            self._of.setdefault(subject, {}).setdefault(predicate, {})[value] = None

    def __iter__(self) -> Iterator[str]:
        """The subjects, in the order in which they come first."""
        return iter(self._of)

    def of(self, subject: str) -> dict[str, dict[Term, None]]:
        """What is said of a subject, each value once and in order; empty for one that nothing is said of."""
        return self._of.get(subject, {})

    def texts(self, subject: str, predicate: str) -> list[str]:
        """The values that are literals."""
        return [value.value for value in self.of(subject).get(predicate, ()) if isinstance(value, Literal)]

    def nodes(self, subject: str, predicate: str) -> list[str]:
        """The values that are not."""
        return [value for value in self.of(subject).get(predicate, ()) if isinstance(value, str)]


def load(path: Path, base: str, *, lenient: bool = False) -> Graph:
    """The graph that a file holds; nothing that it names is fetched.

    Args:
        path: the file; its ending says in which format it is.
        base: what its relative IRIs are relative to.
        lenient: read over IRIs and language tags that are malformed.

    Raises:
        ReadError: it is not RDF of that format, wants a JSON-LD context that does not stand in it, has XML entities, or
            is JSON that nests too deep.
    """
    import pyoxigraph as ox

    data = read_bytes(path).removeprefix(b"\xef\xbb\xbf")
    if path.suffix == ".rdf":
        # As XML has it, whatever ends a line is a line feed; a carriage return that is meant is written &#xD;.
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        # A few bytes of XML entities, or of nested JSON, can fill any memory.
        if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
            raise ReadError("RDF/XML with a document type or entities is not read", path=path)
    elif path.suffix == ".jsonld":
        loads(decode(data, path), path)
    form: ox.RdfFormat = getattr(ox.RdfFormat, FORMATS.get(path.suffix, "TURTLE"))

    def plain(term: object) -> Term:
        if isinstance(term, ox.Literal):
            return Literal(
                term.value, term.datatype.value.endswith(("#integer", "#int", "#nonNegativeInteger", "#long"))
            )
        return term.value if isinstance(term, ox.NamedNode) else str(term)

    try:
        quads = list(ox.parse(data, format=form, base_iri=base, lenient=lenient))
    except SyntaxError as error:
        message = str(error.msg)
        if "LoadDocumentCallback" in message:
            message = "its context is only an address, which is not fetched: write the context into the file"
        raise ReadError(f"is not {form.name} that can be read: {message}", path=path, line=error.lineno) from error
    except ValueError as error:
        raise ReadError(f"is not {form.name} that can be read: {error}", path=path) from error
    return Graph((str(plain(quad.subject)), quad.predicate.value, plain(quad.object)) for quad in quads)


def dump(triples: Iterable[Triple], path: Path, base: str, prefixes: dict[str, str]) -> bytes:
    """A file that holds triples, in the format of its ending and in their order.

    Raises:
        WriteError: the format has no room for a character.
    """
    import pyoxigraph as ox

    form: ox.RdfFormat = getattr(ox.RdfFormat, FORMATS.get(path.suffix, "TURTLE"))
    found = []
    for subject, predicate, value in triples:
        if form == ox.RdfFormat.RDF_XML and isinstance(value, Literal) and (wrong := _NO_XML.search(value.value)):
            raise WriteError(f"XML has no room for the character {wrong.group()!r}: write Turtle instead", path=path)
        found.append(ox.Triple(_node(subject), ox.NamedNode(predicate), _value(value)))
    if form == ox.RdfFormat.RDF_XML:
        return (ox.serialize(found, format=form) or b"").replace(b"\r", b"&#xD;")
    data = ox.serialize(found, format=form, prefixes=prefixes, base_iri=base) or b""
    # Prefixes come in the order of a hash table, which is another in each run.
    head = re.match(rb"(?:@[^\n]*\n)*", data)
    end = head.end() if head else 0
    return b"".join(sorted(data[:end].splitlines(keepends=True))) + data[end:]


def _node(name: str) -> ox.NamedNode | ox.BlankNode:
    import pyoxigraph as ox

    return ox.BlankNode(name[2:]) if name.startswith("_:") else ox.NamedNode(name)


def _value(value: Term) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    import pyoxigraph as ox

    if isinstance(value, str):
        return _node(value)
    datatype = ox.NamedNode("http://www.w3.org/2001/XMLSchema#nonNegativeInteger") if value.integer else None
    return ox.Literal(value.value, datatype=datatype)
