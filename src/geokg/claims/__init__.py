"""Text becomes triples here, and nowhere else: one document to the quads of its named graph.

The rules of reading (``data/GUIDE.md`` tells them to annotators):

* A situation that is the content of no statement is claimed by the document's voice, unless it is only what an
  undertaking is about.
* Each content of a statement is claimed by the statement's actor; that claim is embedded in each claim whose content is
  the statement. So the chain of speakers is as deep as the text has it.
* A statement whose content is an undertaking creates it, and claims what it is about with the stance *promises*, for an
  intention, which is owed to nobody, *intends*; unless the statement has another stance.
* Stance stands on the statement, polarity and certainty on what is said; the stance *denies* turns the polarity round.

Recipes of IRIs, so that the same text gives the same graph: each is the document's IRI, a kind, and the first 16
hexadecimal digits of a SHA-256 over some parts joined by line feeds. A claim's parts are the IRIs of claimant, content,
polarity, certainty, stance, statement and outer claim (empty where there is none); a situation's are its class, its
trigger's offsets, and its roles with the offsets of what plays them; an annotation's are its offsets and its body.
"""

from __future__ import annotations

from ..identity import Register
from ..scheme import Scheme
from ..text import Document
from ..vocabulary import Base
from .drafts import without_drafts
from .events import Events
from .mentions import name_mentions
from .speech import claim
from .writer import Notice, Population, Writer, digest

__all__ = ["Notice", "Population", "digest", "populate", "without_drafts"]


def populate(
    document: Document, *, scheme: Scheme, register: Register, base: Base, accept_drafts: bool = False
) -> Population:
    """Turn an annotated text into the quads of its named graph.

    Args:
        document: the text and its annotations.
        scheme: what the labels mean.
        register: who is who.
        base: where data and graphs are named.
        accept_drafts: take what a program drafted, too; what comes of it says so. Otherwise it is left out, and told.

    Raises:
        UnknownTerm: a label, role, attribute or value that the scheme does not have, with file and line.
        ReadError: an annotation that cannot mean anything: a statement without a speaker, a statement inside itself.
        IdentityConflict: mentions that are said to be one resolve to several.

    >>> from geokg.text import Mention, Text
    >>> text = Text("demo/a", "China met Pakistan.", "a.txt")
    >>> china = Mention("T1", "State", (text.span(0, 5),))
    >>> population = populate(
    ...     Document(text, mentions=(china,)), scheme=Scheme.packaged(), register=Register((), {}), base=Base()
    ... )
    >>> population.graph
    'https://w3id.org/geokg/graph/document/demo/a'
    >>> [str(notice) for notice in population.notices]
    ["a.txt:1:1: 'China' is nobody that is known; it became a new State of this document"]
    """
    document, left_out = (document, []) if accept_drafts else without_drafts(document, scheme)
    writer = Writer(document, base)
    for notice in left_out:
        writer.notice(notice.message, notice.span)
    writer.describe_document()
    nodes = name_mentions(writer, scheme, register)
    events = Events(writer, scheme, nodes)
    events.write()
    claim(writer, events)
    writer.keep_notes(events.nodes)
    return writer.population()
