"""``geokg query``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import IO

import click
import pyoxigraph as ox
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from ..cookbook import Question, questions
from ..errors import QuerySyntaxError
from ..graph import KnowledgeGraph
from ..sparql import check as guard
from ..store import Results
from ..vocabulary import prefixes
from .common import Command, json_option, read_graph, tell, tell_json, terminal

_ROWS = {
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
}
_TRIPLES = {
    "turtle": ox.RdfFormat.TURTLE,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "nquads": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
    "jsonld": ox.RdfFormat.JSON_LD,
    "rdfxml": ox.RdfFormat.RDF_XML,
}
# What the formats for rows become where a query gives triples.
_INSTEAD = {"table": "turtle", "json": "jsonld", "xml": "rdfxml"}
_LOCAL = re.compile(r"[\w.-]*")
_LONGEST = 120  # what a cell of a table shows of a literal; the other formats have all of it


@click.command(cls=Command)
@click.argument("graph", required=False)
@click.argument("sparql", required=False)
@click.option("-f", "--file", type=click.File(encoding="utf-8"), help="Read the query from a file; - is stdin.")
@click.option("--name", help="Ask a question of the cookbook, by its number, its name, or both.")
@click.option("--list", "show", is_flag=True, help="List the questions of the cookbook.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", *_ROWS, *_TRIPLES]),
    default="table",
    show_default=True,
    help="How the answer is written. A table names things by label and cuts long texts; triples come as Turtle.",
)
@json_option("The same as --format json: SPARQL JSON for rows, JSON-LD for triples.")
def query(
    graph: str | None,
    sparql: str | None,
    file: IO[str] | None,
    name: str | None,
    form: str,
    *,
    show: bool,
    as_json: bool,
) -> None:
    """Ask a graph in SPARQL 1.1.

    The usual prefixes (gk:, gkx:, e:, oa:, skos:, ...) need no declaration, and the default graph is the union of all
    graphs. Nothing is fetched: SERVICE is refused.

    Example:
      geokg query kg.trig "SELECT ?who ?what { ?c gk:isClaimedBy ?who ; gk:hasContent ?what }"
      geokg query kg.trig --name 01 --format csv
      geokg query --list
    """
    if show:
        _list(as_json=as_json)
        return
    if graph is None:
        raise click.UsageError("name a GRAPH to ask, or --list the questions of the cookbook")
    given = [one for one in (sparql, file, name) if one is not None]
    if len(given) != 1:
        raise click.UsageError("give one query: as SPARQL, with -f FILE, or with --name NAME")
    asked = sparql if sparql is not None else file.read() if file is not None else _named(name or "").sparql
    kg = read_graph(graph)
    names = prefixes(kg.base)
    try:
        # Guarded before any parser sees it: one nested too deep would end the process.
        guard(asked, prefixes=names)
        form = _fitting(type(kg.store.check(asked)), "json" if as_json else form)
        _write(kg, kg.store.query(asked), form)
    except QuerySyntaxError as error:
        raise _pointed(error, asked) from error


def _list(*, as_json: bool) -> None:
    known = questions()
    if as_json:
        tell_json([{"name": one.name, "question": one.question} for one in known])
        return
    width = max((len(one.name) for one in known), default=0)
    tell("".join(f"{one.name:<{width}}  {one.question}\n" for one in known))


def _named(name: str) -> Question:
    known = questions()
    found = [one for one in known if name == one.name or name in one.name.split("-", 1)]
    if len(found) != 1:
        several = f"{name!r} is the name of several" if found else f"there is no {name!r} in the cookbook"
        names = ", ".join(one.name for one in found or known)
        raise click.BadParameter(f"{several}: {names}", param_hint="--name")
    return found[0]


def _pointed(error: QuerySyntaxError, asked: str) -> QuerySyntaxError:
    """The error with the line that it is about, and a caret below the place."""
    lines = asked.splitlines() or [""]
    if error.line is None or error.column is None or error.line > len(lines):
        return error
    line = lines[error.line - 1].replace("\t", " ")
    caret = " " * cell_len(line[: error.column - 1]) + "^"
    return QuerySyntaxError(f"{error}\n    {line}\n    {caret}", line=error.line, column=error.column)


def _fitting(kind: type[Results], form: str) -> str:
    """The format that an answer of a kind is written in; what does not fit is told before the graph is asked."""
    if not issubclass(kind, ox.QueryTriples):
        if form in _TRIPLES:
            raise click.UsageError(f"this query gives rows; they are written as table, {', '.join(_ROWS)}")
        return form
    form = _INSTEAD.get(form, form)
    if form not in _TRIPLES:
        raise click.UsageError(f"this query gives triples; they are written as {', '.join(_TRIPLES)}")
    return form


def _write(kg: KnowledgeGraph, results: Results, form: str) -> None:
    if isinstance(results, ox.QueryTriples):
        tell(ox.serialize(results, format=_TRIPLES[form], prefixes=prefixes(kg.base)) or b"")
    elif form in _ROWS:
        tell(results.serialize(format=_ROWS[form]) or b"")
        if isinstance(results, ox.QueryBoolean):
            tell("\n")
    elif isinstance(results, ox.QueryBoolean):
        tell("true\n" if results else "false\n")
    else:
        _table(kg, results)


def _table(kg: KnowledgeGraph, results: ox.QuerySolutions) -> None:
    """The rows for people; short names for what has one."""
    names = [variable.value for variable in results.variables]
    rows = [[_shown(kg, row[variable]) for variable in names] for row in results]
    console = terminal()
    if console is None:
        _plain([names, *rows])
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in names:
        table.add_column(Text(name), overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)


def _plain(rows: Sequence[Sequence[str]]) -> None:
    """Aligned text, whole cells, for programs and files; widths as a terminal counts them."""
    widths = [max(cell_len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)]
        tell("  ".join(cells).rstrip() + "\n")


def _shown(kg: KnowledgeGraph, term: object) -> str:
    if isinstance(term, ox.Literal):
        words = " ".join(term.value.split())
        return words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"
    if isinstance(term, ox.BlankNode):
        return kg.label(f"_:{term.value}")
    if not isinstance(term, ox.NamedNode):
        return "" if term is None else str(term)
    iri = term.value
    if iri.startswith(kg.base.data):
        return kg.label(iri)
    for prefix, namespace in prefixes(kg.base).items():
        if iri.startswith(namespace) and _LOCAL.fullmatch(iri[len(namespace) :]):
            return f"{prefix}:{iri[len(namespace) :]}"
    return f"<{iri}>"
