"""``geokg check``."""

from __future__ import annotations

from pathlib import Path

import click

from ..validation import SEVERITIES, Report, Severity, validate
from ..validation.formats import FORMATS
from .common import Command, busy, json_option, read_graph, tell, tell_notices


@click.command(cls=Command)
@click.argument("graphs", nargs=-1, required=True, metavar="GRAPH|SOURCE...")
@click.option(
    "--format",
    "form",
    type=click.Choice(sorted(FORMATS)),
    default="text",
    show_default=True,
    help="How findings are written: for people, for programs, or for what runs in CI.",
)
@click.option(
    "--fail-on",
    type=click.Choice(SEVERITIES),
    default="violation",
    show_default=True,
    help="From which severity on a finding makes the exit code 1.",
)
@click.option(
    "--shapes",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="A file or folder of SHACL shapes to judge by, instead of those that come with geokg; may be repeated.",
)
@json_option("The same as --format json.")
@click.pass_context
def check(
    context: click.Context,
    graphs: tuple[str, ...],
    form: str,
    fail_on: Severity,
    shapes: tuple[Path, ...],
    *,
    as_json: bool,
) -> None:
    """Validate a graph, or annotated texts, which are built first.

    Each finding points at the words behind it, as a compiler would: article.txt:12:34: violation: words (shape).
    Shapes that judged no node are named: often a mistake in the shape, sometimes data yet to come.

    Example:
      geokg check kg.trig
      geokg check data --format github --fail-on warning
      geokg build data -o - | geokg check -
    """
    kg = read_graph(*graphs)
    tell_notices(kg)
    with busy("Checking"):
        report = validate(kg, shapes=shapes or None, paths=kg.paths)
    form = "json" if as_json else form
    tell(report.serialize(form))
    if form != "text":  # which has it
        _tell_vacuous(report)
    if report.at_least(fail_on):
        context.exit(1)


def _tell_vacuous(report: Report) -> None:
    if report.vacuous:
        click.echo(f"judged no node: {', '.join(report.vacuous)}", err=True)
