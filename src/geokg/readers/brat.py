"""brat standoff (https://brat.nlplab.org/standoff.html): annotations in ``x.ann``, one a line, over ``x.txt``.

::

    T1	Movement 12 19	Taliban                      words: label, offsets, quote; parts: 0 5;16 23
    E1	Statement:T2 Actor:T1 Content:E2           an event: label:trigger, role:argument ...
    R1	Located Arg1:T1 Arg2:T3                    a relation; the line may end in a tab
    A1	Stance E1 predicts                         an attribute (also M1); a flag has no value
    N1	Reference T1 Wikidata:Q42418	Taliban      a link to a register
    #1	AnnotatorNotes T1	free words             a note
    *	Equiv T1 T4                                mentions of one thing

The text is taken as it is. In the annotation file a byte-order mark, CR LF line ends, empty lines and blanks at the end
of a line are passed over. Everything else that does not fit stops the read with its line and column; where leniency was
asked for, that line is left out, and so is what refers to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from ..errors import OffsetMismatch, ReadError
from ..files import read_bytes
from ..text import Attribute, Document, Equivalence, Event, Mention, Normalization, Note, Relation, Text
from .brat_lines import BLANK, Item, Line, Page, bound, item, targets
from .brat_writer import write
from .given import AnnotationFile, Faults
from .offsets import Quote, explain, fits, unit_of
from .source import decode, read_source, read_text, read_unit
from .units import Tokens, Unit, Units, counting

__all__ = ["SUFFIXES", "documents", "write"]

SUFFIXES = (".ann",)
"""The endings of the files that this reader reads."""


def documents(given: AnnotationFile) -> Iterator[Document]:
    """Yield the one document that an annotation file and its text make.

    Raises:
        OffsetMismatch: a quote is not what stands in the text at its offsets.
        ReadError: anything else that is not as it should be.

    >>> from geokg.vocabulary import packaged
    >>> given = AnnotationFile(packaged("data") / "china-taliban" / "article.ann")
    >>> [document.source.id for document in documents(given)]
    ['china-taliban']
    """
    path = given.path
    source = read_source(given.folder)
    text_path = given.text or path.with_suffix(".txt")
    data = read_bytes(path)
    if not text_path.is_file():
        raise ReadError(f"has no text: {text_path.name} should stand beside it", path=path)
    text = read_text(text_path, source, given.annotator)
    page = Page(Faults(given.lenient))
    page.take(path, data.decode("utf-8", "surrogateescape") if given.lenient else decode(data, path))
    _take_mentions(page, text, read_unit(given.folder))
    items = _items(page)
    events = tuple(item for item in items if isinstance(item, Event))
    triggers = {event.trigger.id for event in events}
    yield Document(
        text,
        mentions=tuple(mention for mention in page.mentions.values() if mention.id not in triggers),
        events=events,
        relations=tuple(item for item in items if isinstance(item, Relation)),
        attributes=tuple(item for item in items if isinstance(item, Attribute)),
        normalizations=tuple(item for item in items if isinstance(item, Normalization)),
        notes=tuple(item for item in items if isinstance(item, Note)),
        equivalences=tuple(item for item in items if isinstance(item, Equivalence)),
        source=source,
        annotator=given.annotator,
        faults=tuple(sorted(page.faults.found, key=lambda error: error.line or 0)),
        path=path,
    )


def _take_mentions(page: Page, text: Text, stated: Unit | None) -> None:
    """All lines of words, each quote compared with the text."""
    units = counting(text.content, stated) if stated else None
    quotes: dict[str, tuple[str, Quote]] = {}
    for key, line in list(page.lines.items()):
        if line.id[0] == "T":
            try:
                label, quote = bound(line)
                quotes[key] = label, _converted(line, quote, units) if units else quote
            except ReadError as error:
                page.refuse(key, line, error)
    unit: Unit | None = None
    asked = stated is not None
    for key, (label, quote) in quotes.items():
        line = page.lines[key]
        if not fits(quote, text.content):
            if not asked:
                unit, asked = unit_of([other for _, other in quotes.values()], text.content), True
            page.refuse(key, line, _mismatch(line, quote, text, unit))
            continue
        spans = [text.span(start, end) for start, end in quote.parts]
        if len(spans) > 1:
            spans.sort(key=lambda span: span.start)
            if any(right.start < left.end for left, right in pairwise(spans)):
                page.refuse(key, line, line.error(f"the parts of {line.id} overlap", len(line.id) + 2))
                continue
        page.mentions[line.id] = Mention(line.id, label, tuple(spans), line.number)


def _converted(line: Line, quote: Quote, units: Units | Tokens) -> Quote:
    try:
        return Quote(tuple(units.span(*part) for part in quote.parts), quote.words)
    except ValueError as error:
        raise line.error(f"{line.id}: {error}", len(line.id) + 2) from error


def _mismatch(line: Line, quote: Quote, text: Text, unit: Unit | None) -> OffsetMismatch:
    words, hint = explain(quote, text, unit)
    return OffsetMismatch(
        f"{line.id} {words}; {hint}",
        path=line.path,
        line=line.number,
        column=len(line.id) + len(line.body) + 3,
        quote=quote.words.rstrip(BLANK),
        start=min(start for start, _ in quote.parts),
        end=max(end for _, end in quote.parts),
    )


def _items(page: Page) -> list[Item]:
    """All other lines, in file order, but those that hang on one that is left out."""
    found: dict[str, Item] = {}
    users: dict[str, list[str]] = {}
    for key, line in list(page.lines.items()):
        if line.id[0] == "T":
            continue
        try:
            found[key] = item(line, page)
        except ReadError as error:
            page.refuse(key, line, error)
        else:
            for target in targets(found[key]):
                users.setdefault(target, []).append(key)
    # A line may have been good when it was read, and refer to one that turned out bad later.
    out = list(page.out)
    while out:
        while out:
            target = out.pop()
            for key in users.get(target, ()):
                if found.pop(key, None) is not None:
                    _leave_out(page, key, "refers to", target)
                    out.append(key)
        # Words that were the trigger of an event are no mention without it.
        triggers = {one.trigger.id for one in found.values() if isinstance(one, Event)}
        for key, line in list(page.out.items()):
            trigger = line.body.partition(" ")[0].rpartition(":")[2] if line.id[0] == "E" else ""
            if trigger in page.mentions and trigger not in triggers:
                del page.mentions[trigger]
                _leave_out(page, trigger, "is the trigger of", key)
                out.append(trigger)
    return list(found.values())


def _leave_out(page: Page, key: str, how: str, other: str) -> None:
    line, left = page.lines[key], page.out[other]
    page.refuse(key, line, line.error(f"{line.id} {how} {left.id}, which is left out (line {left.number})"))
