"""What the commands share: graphs in, words out."""

from __future__ import annotations

import dataclasses
import inspect
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

import click
import pyoxigraph as ox
from rich.console import Console
from rich.progress import Progress

from ..bombs import bomb
from ..claims import Notice
from ..errors import GeokgError, IdentityConflict, ReadError, UnknownTerm, WriteError, place
from ..graph import KnowledgeGraph
from ..opening import open as open_graph
from ..population import build as build_graph
from ..readers import is_annotated
from ..store import Store
from ..text import Span
from ..views import Claim, Thing

_Function = TypeVar("_Function", bound=Callable[..., Any])
_Item = TypeVar("_Item")
STDIN = "-"
# Turtle and N-Triples are TriG; which of the three it is shows when it is read.
_FROM_STDIN = (ox.RdfFormat.TRIG, ox.RdfFormat.N_QUADS, ox.RdfFormat.JSON_LD)


class Command(click.Command):
    """A command whose help keeps indented blocks, such as examples, as they are."""

    def __init__(self, name: str | None, *, help: str | None = None, **options: Any) -> None:
        super().__init__(name, help=help_text(help or ""), **options)


def help_text(words: str) -> str:
    r"""A docstring as click shows it: paragraphs with indented lines are not wrapped.

    >>> help_text("Do it.\n\nExample:\n  geokg build data")
    'Do it.\n\n\x08\nExample:\n  geokg build data'
    """
    paragraphs = inspect.cleandoc(words).split("\n\n")
    return "\n\n".join(f"\b\n{one}" if "\n  " in one else one for one in paragraphs)


def json_option(about: str) -> Callable[[_Function], _Function]:
    """The option that every command has."""
    return click.option("--json", "as_json", is_flag=True, help=about)


def scheme_option() -> Callable[[_Function], _Function]:
    """The option of commands that build a graph from texts with other people's labels."""
    return click.option(
        "--scheme",
        "labels",
        metavar="FILE|NAME",
        help="What foreign labels mean, instead of the scheme.toml beside a text.",
    )


def read_graph(*sources: str, labels: str | None = None) -> KnowledgeGraph:
    """The graph that people mean: an RDF file, a store folder, a SPARQL service, stdin, or texts that are built first.

    Args:
        sources: one graph, or any number of texts.
        labels: what foreign labels of texts mean.

    Raises:
        ReadError: it cannot be read, or graphs are mixed with other graphs or with texts.
    """
    graphs = [source for source in sources if not is_source(source)]
    if not graphs:
        return build_graph(*sources, labels=labels, progress=progress)
    if labels is not None:
        raise click.UsageError("--scheme is for annotated texts; the labels of a graph are the ontology's")
    if len(sources) > 1:
        raise ReadError("give one graph, or any number of annotated texts", path=graphs[0])
    if graphs[0] == STDIN:
        return _from_stdin()
    # Read-only, so that asking a store that another process writes to is fine, and never makes one.
    return open_graph(graphs[0], read_only=True)


def is_source(path: str) -> bool:
    """Whether a path is annotated text, or a folder that holds some, and no graph.

    >>> is_source("article.ann"), is_source("kg.trig"), is_source("-")
    (True, False, False)
    """
    if path == STDIN or "://" in path:
        return False
    where = Path(path)
    if where.is_dir():
        return not (where / "CURRENT").exists()  # RocksDB's own sign
    return is_annotated(where)


def _from_stdin() -> KnowledgeGraph:
    data = sys.stdin.buffer.read()
    if not data.strip():  # the program before us in the pipe has failed; that must not pass for an empty graph
        raise ReadError("nothing came in", path="<stdin>")
    failed: list[SyntaxError] = []
    for form in _FROM_STDIN:
        if why := bomb(lambda: data, form):
            raise ReadError(why, path="<stdin>")
        store = Store.memory()
        try:
            store.extend(ox.parse(data, format=form))
        except SyntaxError as error:
            failed.append(error)
        else:
            return KnowledgeGraph(store)
    first = failed[0]
    raise ReadError(first.msg, path="<stdin>", line=first.lineno, column=first.offset) from first


def told(error: GeokgError, how: str = "error") -> str:
    """An error as a compiler writes it, so that editors find the place; or what is only left out, or noticed.

    >>> told(ReadError("is wrong", path="a.ann", line=3)), told(ReadError("is wrong"), "left out")
    ('a.ann:3: error: is wrong', 'geokg: left out: is wrong')
    """
    if isinstance(error, ReadError | UnknownTerm | IdentityConflict | WriteError) and error.path is not None:
        return f"{place(error.path, error.line, error.column)}{how}: {error.message}"
    return f"geokg: {how}: {error}"


def progress(items: Iterable[_Item], total: int) -> Iterator[_Item]:
    """Show how far the reading is: on stderr, and only to people."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield from items
        return
    with Progress(console=console, transient=True) as bar:
        yield from bar.track(items, total=total, description="Reading")


@contextmanager
def sending() -> Iterator[Callable[[int, int], None] | None]:
    """Show how far the sending of a graph is, likewise; the bar appears with the first piece."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Sending", total=None, visible=False)
        yield lambda done, total: bar.update(task, completed=done, total=total, visible=True)


def busy(words: str) -> AbstractContextManager[Any]:
    """Show that something takes its time, likewise."""
    console = Console(stderr=True)
    return console.status(words) if console.is_terminal else nullcontext()


def terminal() -> Console | None:
    """The console, if people read stdout; ``None`` if a program or a file does."""
    console = Console(highlight=False, markup=False, emoji=False)
    return console if console.is_terminal else None


def tell(output: str | bytes) -> None:
    """Write to stdout, in UTF-8, to the last byte or not without an error.

    Where Python is told not to buffer (``PYTHONUNBUFFERED``), its own ``write`` may stop half-way without a word, on a
    full disk or at a reader that leaves.
    """
    sys.stdout.flush()
    rest = memoryview(output.encode("utf-8") if isinstance(output, str) else output)
    while rest:
        rest = rest[sys.stdout.buffer.write(rest) :]
    sys.stdout.buffer.flush()


def tell_notices(kg: KnowledgeGraph, since: int = 0) -> None:
    """Say on stderr what was noticed while the graph was made, but for so many that were told already."""
    found = ((where(kg, notice), notice.message) for notice in kg.notices[since:])
    for line in each_once((f"{place(*at)}notice: " if at else "", message) for at, message in found):
        click.echo(line, err=True)


def each_once(told: Iterable[tuple[str, str]]) -> Iterator[str]:
    """What is told of many places, such as a name that nobody has: once, at the first, with how many there are.

    Args:
        told: places, and what is told of each.

    >>> list(each_once([("a.txt:1: ", "'Zork' is nobody"), ("b.txt: ", "no text"), ("b.txt:7: ", "'Zork' is nobody")]))
    ["a.txt:1: 'Zork' is nobody (first of 2)", 'b.txt: no text']
    """
    counts: Counter[str] = Counter()
    first: dict[str, str] = {}
    for at, message in told:
        counts[message] += 1
        first.setdefault(message, at)
    for message, at in first.items():
        yield f"{at}{message}" + (f" (first of {counts[message]})" if counts[message] > 1 else "")


def where(kg: KnowledgeGraph, notice: Notice) -> tuple[str, int, int] | None:
    """The file, as the reader was given it, the line and the column of a notice."""
    span = notice.span
    if span is None:
        return None
    return str(kg.paths.get(kg.base.document(span.document), span.file)), span.line, span.column


def tell_json(value: object) -> None:
    """Write a value to stdout as JSON."""
    tell(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def claim_json(claim: Claim) -> dict[str, Any]:
    """A claim with its chain of speakers and its words."""
    return {
        "iri": claim.iri,
        "sentence": claim.sentence,
        "claimant": thing_json(claim.claimant),
        "content": thing_json(claim.content),
        "stance": claim.stance,
        "polarity": claim.polarity,
        "certainty": claim.certainty,
        "document": claim.document,
        "chain": [thing_json(speaker) for speaker in claim.chain],
        "evidence": spans_json(claim.evidence),
    }


def thing_json(thing: Thing) -> dict[str, str]:
    """A node with its name and class."""
    return {"iri": thing.iri, "label": thing.label, "class": thing.kind}


def spans_json(spans: Sequence[Span]) -> list[dict[str, Any]]:
    """Words with their offsets."""
    return [dataclasses.asdict(span) for span in spans]
