"""W3C Web Annotation (https://www.w3.org/TR/annotation-model/) as JSON-LD, over texts that stand beside it.

The file is read as JSON with the standard context assumed. It holds one annotation, a list, a page, a collection, or an
export of Hypothes.is; nothing that is only an address is fetched. A target's source names a file at or below the folder
of the annotations; else the text is ``x.txt`` beside ``x.json``. Each text, and each creator, gives a ``Document``.

Words are selected by position, quote, RFC 5147 fragment or range, also refined by another. Offsets count code points,
as the standard says; where all quotes of a text fit only in another unit (tools in browsers count UTF-16), that unit is
taken, and told in ``Document.faults``; ``offsets`` in ``source.toml`` overrules both. What selects no words is told.

How each part of a ``Document`` is written, and recognized again (ids are IRIs relative to the file: ``#T1`` is T1)::

    mention        an annotation with a ``classifying`` body, the label; several targets are its parts
    event          the same with the motivation ``describing``; the id of the (first) target is that of the trigger
    role           ``linking``: the target is the event, one body classifies (the role, ``schema:position`` its number),
                   the other links to what plays it
    relation       ``linking``: the targets are what it relates, ``label`` and ``schema:position`` the role of each;
                   a ``classifying`` body is its label
    equivalence    ``identifying`` other annotations; a ``classifying`` body is its kind
    attribute      a ``tagging`` body: ``label`` is its name, ``value`` its value; a flag has no label
    normalization  an ``identifying`` body whose source is the register's IRI; ``label`` is its text
    note           a ``commenting`` body, or one with another purpose, its kind; ``dc:type`` is any other kind

Bodies stand in the annotation of what they are about, else in one that has its id as target; notes on the whole text
have the text's file as target. Where the order of bodies is not the document's, ``schema:position`` tells it.

So do other tools say it: a first tag is a label where nothing classifies, further ones are flags; a link from one
annotation to another (target and body, or two targets) is a relation, whose label may stand in an annotation about the
link; a body that is an IRI and identifies is a normalization; an annotation without a label has its motivation as one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from ...text import Document
from ..given import AnnotationFile
from ..writing import put

SUFFIXES = (".json", ".jsonld")
"""The endings of the files that this reader reads."""

_OTHERS = ("ontologies/nif-core#", '"%TYPES"', '"%FEATURE_STRUCTURES"')
_OURS = (
    "www.w3.org/ns/anno",
    '"TextQuoteSelector"',
    '"TextPositionSelector"',
    '"AnnotationPage"',
    '"FragmentSelector"',
)


def recognizes(head: str) -> bool:
    """Whether a file that begins like this holds Web Annotations.

    >>> recognizes('[{"@context": "http://www.w3.org/ns/anno.jsonld"'), recognizes('{"name": "package"}')
    (True, False)
    """
    return head.lstrip()[:1] in ("[", "{") and any(o in head for o in _OURS) and not any(o in head for o in _OTHERS)


def beside(path: Path) -> Iterable[Path]:
    """The texts that a file names, other than the one that has its name.

    Raises:
        ReadError: it cannot be read.

    >>> beside(Path("no/such.json"))
    Traceback (most recent call last):
    geokg.errors.ReadError: no/such.json: cannot be read: No such file or directory
    """
    from .sources import named

    return named(path)


def documents(given: AnnotationFile) -> Iterator[Document]:
    """Yield a document for each text, and each creator, that the annotations of a file are about.

    Raises:
        OffsetMismatch: a quote is not what stands in the text at its offsets, or stands nowhere, or more than once.
        ReadError: anything else that is not as it should be.

    >>> import tempfile
    >>> from geokg.vocabulary import packaged
    >>> from geokg.readers import read
    >>> document = read(packaged("data") / "china-taliban" / "article.ann")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(document, Path(folder) / "article.json")
    ...     (again,) = documents(AnnotationFile(Path(folder) / "article.json"))
    >>> again.mentions[0].text, len(again.events) == len(document.events)
    ('China', True)
    """
    from .reading import read

    return read(given)


def write(document: Document, path: Path) -> None:
    """Write a document as a list of annotations, or an empty page of them, and its text beside it.

    Raises:
        WriteError: it cannot be written.
    """
    text = path.with_suffix(".txt")
    annotations = content(document, text.name)
    put(text, document.text.encode())
    put(path, annotations)


def content(document: Document, source: str) -> bytes:
    """The file of annotations that says what a document says: a list, or an empty page.

    Args:
        document: what is said.
        source: the path of the text from the folder of the file.

    Raises:
        WriteError: there is no room for something.

    >>> from geokg.text import Mention, Text
    >>> text = Text("demo", "China waits.")
    >>> b'"classifying"' in content(Document(text, (Mention("T1", "State", (text.span(0, 5),)),)), "a.txt")
    True
    """
    from .writing import page, written

    lines = [json.dumps(one, ensure_ascii=False) for one in written(document, source)]
    # An empty list would not say what it is a list of, nor who found nothing.
    made = "[\n" + ",\n".join(lines) + "\n]\n" if lines else json.dumps(page(document), ensure_ascii=False) + "\n"
    return made.encode()
