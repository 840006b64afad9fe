"""``geokg scheme``."""

from __future__ import annotations

import dataclasses

import click

from ..mapping import suggest, survey
from ..readers import documents
from ..scheme import Scheme
from ..tagset import FORMATS, tag_set, text
from .common import Command, json_option, tell, tell_json


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
        tell(suggest(survey(documents(corpus)), Scheme.packaged()))
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
