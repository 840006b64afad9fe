"""``geokg suggest``."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ..claims import without_drafts
from ..drafting import Drafter, Lexicon
from ..errors import ReadError, WriteError
from ..graph import KnowledgeGraph
from ..identity import Register
from ..readers import read
from ..readers.brat_writer import lines
from ..readers.converting import Conversion
from ..readers.source import decode, identify, read_source, read_text
from ..readers.writing import put
from ..scheme import Scheme
from ..text import Document, Source, Text
from .common import STDIN, Command, json_option, progress, read_graph, tell, tell_json

_STEWARDS = "entities.ttl"


@click.command(cls=Command)
@click.argument("texts", nargs=-1, required=True, metavar="TEXT...")
@click.option("--graph", metavar="GRAPH", help="Where the names are, instead of the folders that hold the texts.")
@click.option("--model", metavar="NAME", help="A spaCy model that is installed, whose parse is asked first.")
@click.option(
    "--lexicon",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Words of speech, instead of those that come with geokg.",
)
@click.option("-o", "--output", metavar="DIR", help="The folder to write to, with copies of the texts; - for stdout.")
@json_option("Print what was drafted as JSON.")
def suggest(
    texts: tuple[str, ...],
    graph: str | None,
    model: str | None,
    lexicon: Path | None,
    output: str | None,
    *,
    as_json: bool,
) -> None:
    """Draft annotations of plain texts, for people to correct.

    Marks the names that the graph knows, and who says what: verbs of speech, quotations, "according to". For each TEXT
    it writes brat annotations beside it; what is there already is never overwritten, unless it is nothing but drafts.
    TEXT may be - for stdin; the drafts go to stdout then.

    The names are those of the nearest folder, from a text upwards, that has entities.ttl, and of the reference data
    there and of geokg. Every annotation carries the attribute Draft; geokg build leaves out what carries it,
    unless --accept-drafts is given. Whoever has looked at an annotation takes the attribute off.

    Example:
      geokg suggest wire/note.txt
      geokg suggest wire/*.txt --graph kg.trig -o drafts
    """
    if STDIN in texts and (len(texts) > 1 or output not in (None, STDIN)):
        raise click.UsageError("- is the only text then, and its drafts go to stdout")
    output = STDIN if STDIN in texts else output
    if output == STDIN and (len(texts) > 1 or as_json):
        raise click.UsageError("stdout takes the drafts of one text, and no --json beside them")
    words = Lexicon.read(lexicon) if lexicon else None
    given = read_graph(graph).curation.register if graph else None
    drafters: dict[Path | None, Drafter] = {}
    conversion = Conversion("brat", Path(output)) if output and output != STDIN else None
    told: list[dict[str, Any]] = []
    for name in progress(texts, len(texts)):
        text, source, home = _read(name)
        home = None if given else home
        if home not in drafters:
            drafters[home] = Drafter(given or _register(home), model=model, lexicon=words)
        drafter = drafters[home]
        if drafter.lexicon(source) is None:
            click.echo(f"{name}: notice: no words of speech are known in {source.language!r}; names only", err=True)
        document = drafter.draft(text, source)
        told.append(_told(document, _write(document, name, output, conversion, drafter.name)))
    if as_json:
        tell_json(told)
    elif output != STDIN:
        for one in told:
            counts = ", ".join(f"{one[kind]} {kind}" for kind in ("mentions", "statements"))
            click.echo(f"{one['file']}: {counts}, all drafts", err=True)


def _read(name: str) -> tuple[Text, Source, Path | None]:
    """A text, what is known of it, and the folder whose names it uses."""
    if name == STDIN:
        content = decode(sys.stdin.buffer.read(), Path("<stdin>"))
        return Text("stdin", content, "<stdin>"), Source(id="stdin"), _home(Path.cwd())
    path = Path(name)
    if path.suffix != ".txt":
        raise ReadError("a plain text ends in .txt", path=path)
    source = read_source(path.parent)
    return read_text(path, source), source, _home(path.absolute().parent)


def _home(folder: Path) -> Path | None:
    """The nearest folder, from this one upwards, in which stewards write."""
    return next((one for one in (folder, *folder.parents) if (one / _STEWARDS).is_file()), None)


def _register(home: Path | None) -> Register:
    kg = KnowledgeGraph.empty()
    kg.curation.add_folders([home] if home else [])
    return kg.curation.register


def _write(document: Document, name: str, output: str | None, conversion: Conversion | None, drafter: str) -> str:
    """Write a draft, and say where."""
    if conversion is not None:
        # Beside what others annotate in the same texts: the drafter is an annotator of its own.
        content = replace(document.content, document=identify(document.source, Path(name).stem, drafter))
        return str(conversion.write(replace(document, content=content, annotator=drafter)))
    path = Path(name).with_suffix(".ann")
    found = "".join(line + "\n" for line in lines(document, path))
    if output == STDIN:
        tell(found)
        return STDIN
    if path.exists() and not _is_draft(path):
        raise WriteError("is there already, and not only drafts; -o DIR writes the drafts elsewhere", path=path)
    put(path, found.encode("utf-8"))
    return str(path)


def _is_draft(path: Path) -> bool:
    """Whether a file has annotations, and each is a draft."""
    document = read(path)
    left, _ = without_drafts(document, Scheme.packaged())
    return bool(document.mentions) and not any(_all(left)) and not document.relations


def _all(document: Document) -> Iterable[object]:
    return (*document.mentions, *document.events, *document.notes, *document.equivalences)


def _told(document: Document, file: str) -> dict[str, Any]:
    return {
        "id": document.id,
        "file": file,
        "mentions": len(document.mentions),
        "statements": sum(event.label == "Statement" for event in document.events),
    }
