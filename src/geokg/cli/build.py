"""``geokg build``."""

from __future__ import annotations

from pathlib import Path

import click
from rdflib.namespace import RDF

from ..graph import is_address
from ..population import build as build_graph
from ..vocabulary import GK
from .common import STDIN, Command, json_option, progress, sending, tell, tell_json, tell_notices, where

_ENDINGS = (".trig", ".nq", ".jsonld")


def _writable(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    """Told before the work, not after it."""
    if value != STDIN and not is_address(value) and Path(value).suffix not in ("", *_ENDINGS):
        raise click.BadParameter(f"{value!r} ends in none of {', '.join(_ENDINGS)}; without an ending it is a folder")
    return value


@click.command(cls=Command)
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    required=True,
    callback=_writable,
    help="Where to: a .trig, .nq or .jsonld file, a folder for a store on disk, the URL of a SPARQL service, or - for "
    "TriG on stdout.",
)
@json_option("Print the summary as JSON on stdout.")
def build(sources: tuple[str, ...], output: str, *, as_json: bool) -> None:
    """Make a graph from annotated texts.

    SOURCE is an annotated text or a folder with any number of them; a folder may also hold entities.ttl,
    judgements.jsonl and reference/*.ttl. The same sources give the same bytes. What a person should know, such as a
    name that stands for nobody known, is told on stderr with its place.

    In a SPARQL service the graphs below our base are replaced, all others left alone. A load that breaks off goes on
    from there when the command is given again.

    Example:
      geokg build data -o kg.trig
      geokg build data more/article.ann -o -
      geokg build data -o http://127.0.0.1:7878/query
    """
    if as_json and output == STDIN:
        raise click.UsageError("--json and -o - both want stdout")
    kg = build_graph(*sources, progress=progress)
    if output == STDIN:
        for chunk in kg.store.trig():
            tell(chunk)
    else:
        with sending() as tell_progress:
            kg.save(output, progress=tell_progress)
    tell_notices(kg)
    documents, claims = kg.documents(), len(kg.views.subjects(RDF.type, GK.Claim))
    if as_json:
        places = [(where(kg, notice) or ("", 0, 0), notice.message) for notice in kg.notices]
        tell_json(
            {
                "output": output,
                "documents": documents,
                "claims": claims,
                "quads": len(kg),
                "notices": [
                    {"file": file, "line": line, "column": column, "message": message}
                    for (file, line, column), message in places
                ],
            }
        )
    else:
        counts = ((len(documents), "document"), (claims, "claim"), (len(kg), "quad"))
        told = ", ".join(f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in counts)
        click.echo(f"{'stdout' if output == STDIN else output}: {told}", err=True)
