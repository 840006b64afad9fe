"""``geokg scheme``."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import click

from ..errors import ReadError, Remark
from ..mapping import suggest, survey
from ..readers import documents, find
from ..scheme import Scheme
from ..tagset import FORMATS, tag_set, text
from ..text import Document
from .common import Command, json_option, tell, tell_json, told


@click.command(cls=Command)
@click.option("--for", "tool", type=click.Choice(sorted(FORMATS)), help="Write the file that this tool imports.")
@click.option("--suggest", "corpus", metavar="CORPUS", help="Write a scheme.toml for texts with other people's labels.")
@json_option("Print labels, roles, attributes and values as JSON.")
def scheme(tool: str | None, corpus: str | None, *, as_json: bool) -> None:
    """Show the tag set for annotators, derived from the ontology.

    Labels of mentions and events, the roles of each event, attributes with their values, each with what it means.
    brat: annotation.conf; inception: layers with tag sets, for Settings, Layers, Import; label-studio: the labelling
    interface.

    With --suggest, propose what the labels of a corpus mean, with counts and examples: the file scheme.toml beside it.
    What is not sure stands in comments. What terms there are, and which schemes come with geokg, docs/schemes.md tells.

    Example:
      geokg scheme
      geokg scheme --for brat > annotation.conf
      geokg scheme --suggest corpus > corpus/scheme.toml
    """
    if corpus is not None:
        if tool is not None or as_json:
            raise click.UsageError("--suggest writes TOML; --for and --json are for the tag set")
        tell(suggest(survey(_readable(corpus)), Scheme.packaged()))
        return
    tags = tag_set()
    if tool is not None and as_json:
        raise click.UsageError("--json is for the tag set itself; --for writes a tool's own format")
    if tool is not None:
        tell(FORMATS[tool](tags))
    elif as_json:
        tell_json(dataclasses.asdict(tags))
    else:
        tell(text(tags))


def _readable(corpus: str) -> Iterator[Document]:
    """The texts of a corpus; what cannot be read of it is told, and does not stop the rest."""
    for given in find(corpus, passed_over=_tell):
        try:
            for document in documents(given, lenient=True):
                for fault in document.faults:
                    _tell(fault, "notice" if isinstance(fault, Remark) else "left out")
                yield document
        except ReadError as error:
            _tell(error)


def _tell(error: ReadError, how: str = "error") -> None:
    click.echo(told(error, how), err=True)
