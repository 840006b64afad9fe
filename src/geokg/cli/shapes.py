"""``geokg shapes``."""

from __future__ import annotations

from pathlib import Path

import click

from ..validation.catalogue import FORMATS, catalogue
from .common import Command, json_option, tell


@click.command(cls=Command)
@click.argument("files", nargs=-1, metavar="[FILE|FOLDER...]", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(sorted(FORMATS)),
    default="text",
    show_default=True,
    help="How they are written.",
)
@click.option("--language", default="en", show_default=True, help="The language of labels and messages.")
@json_option("The same as --format json.")
def shapes(files: tuple[Path, ...], form: str, language: str, *, as_json: bool) -> None:
    """Tell in plain words what shapes demand: those in files of SHACL, or those that come with geokg.

    Example:
      geokg shapes
      geokg shapes mine.ttl --format markdown
    """
    tell(FORMATS["json" if as_json else form](catalogue(files or None, language=language)))
