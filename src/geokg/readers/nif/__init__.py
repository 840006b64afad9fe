"""NIF 2.0 and 2.1 (http://persistence.uni-leipzig.org/nlp2rdf/): texts, strings in them, and what is said of these.

Turtle, N-Triples, JSON-LD or RDF/XML; a context that is only an address is not fetched. Each ``nif:Context`` with its
``nif:isString`` gives a ``Document``. Strings have their offsets in properties, in the IRI (``#char=0,5`` and
``offset_0_5``), or both, and then alike; ``nif:anchorOf`` must stand there. Where all quotes of a text fit only in
another unit than code points (tools in Java count UTF-16), that unit is taken, and told in ``Document.faults``;
``offsets`` in ``source.toml`` overrules both.

What others write is read as follows::

    string               a mention; its label is its class (``itsrdf:taClassRef``), else Phrase, Word, Sentence ...
    taIdentRef           a normalization
    annotationUnit       one more mention of the same words
    further classes      flags
    other properties     attributes by their names, such as ``taConfidence``, ``posTag``; between strings, relations
    order and nesting    nothing, as offsets tell them too: ``nextWord``, ``sentence``, ``superString`` ...

NIF has no events, relations or ids of annotations. A document is written with Web Annotations in the same graph, by the
convention of ``web_annotation``, with strings as targets; whoever knows NIF alone sees strings with ``taIdentRef``.
The IRIs are ``https://w3id.org/geokg/data/document/``, the document's id, ``#`` and the id.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ...text import Document
from ..given import AnnotationFile
from ..writing import put

SUFFIXES = (".ttl", ".nt", ".jsonld", ".rdf", ".nif")
"""The endings of the files that this reader reads; ``.nif`` is Turtle."""

_TERMS = ("Context", "isString", "referenceContext", "beginIndex")


def recognizes(head: str) -> bool:
    """Whether a file that begins like this holds NIF.

    >>> recognizes("@prefix n: <http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#> . <#a> a n:Context .")
    True
    >>> recognizes("@prefix gk: <https://w3id.org/geokg/ontology/> .")
    False
    """
    return "nlp2rdf/ontologies/nif-core#" in head and any(term in head for term in _TERMS)


def documents(given: AnnotationFile) -> Iterator[Document]:
    """Yield a document for each text in a file, and each annotator of it.

    Raises:
        OffsetMismatch: the words of a string are not what stands in the text at its offsets.
        ReadError: anything else that is not as it should be, with the IRI that it is about.

    >>> import tempfile
    >>> from geokg.text import Mention, Text
    >>> text = Text("wire/note", "Hu waits.")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(Document(text, (Mention("T1", "Person", (text.span(0, 2),)),)), Path(folder) / "note.ttl")
    ...     (again,) = documents(AnnotationFile(Path(folder) / "note.ttl"))
    >>> again.text, again.mentions[0].id, again.mentions[0].label, again.mentions[0].text
    ('Hu waits.', 'T1', 'Person', 'Hu')
    """
    from .reading import read

    return read(given)


def write(document: Document, path: Path) -> None:
    """Write a document, in the RDF format that the file's ending says.

    Raises:
        WriteError: it cannot be written, or the format has no room for a character of it.
    """
    from .graph import dump
    from .names import PREFIXES
    from .writing import base_of, triples

    put(path, dump(triples(document, path), path, base_of(document), PREFIXES))
