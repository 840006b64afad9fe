"""``geokg scheme``."""

from __future__ import annotations

import dataclasses

import click

from ..tagset import FORMATS, tag_set, text
from .common import Command, json_option, tell, tell_json


@click.command(cls=Command)
@click.option("--for", "tool", type=click.Choice(sorted(FORMATS)), help="Write the file that this tool imports.")
@json_option("Print labels, roles, attributes and values as JSON.")
def scheme(tool: str | None, *, as_json: bool) -> None:
    """Show the tag set for annotators, derived from the ontology.

    Labels of mentions and events, the roles of each event, attributes with their values, each with what it means.
    brat: annotation.conf; inception: layers with tag sets, for Settings, Layers, Import; label-studio: the labelling
    interface.

    Example:
      geokg scheme
      geokg scheme --for brat > annotation.conf
    """
    tags = tag_set()
    if tool is not None and as_json:
        raise click.UsageError("--json is for the tag set itself; --for writes a tool's own format")
    if tool is not None:
        tell(FORMATS[tool](tags))
    elif as_json:
        tell_json(dataclasses.asdict(tags))
    else:
        tell(text(tags))
