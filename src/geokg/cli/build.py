"""``geokg build``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from ..errors import GeokgError, place
from ..graph import is_address
from ..population import Builder, Told
from ..population.builder import Report
from ..population.crew import LOCAL
from .common import STDIN, Command, each_once, json_option, scheme_option, tell, tell_json

_ENDINGS = (".trig", ".nq", ".jsonld")
_UNREADABLE = 2


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
@click.option("--jobs", metavar="N", type=click.IntRange(1), default=1, show_default=True, help="How many processes.")
@click.option(
    "--dask",
    metavar="ADDRESS",
    help=f"Let the workers of a Dask cluster do it; they must see the same files. {LOCAL!r} starts one here with N "
    "workers.",
)
@click.option("--strict", is_flag=True, help="Stop at the first document that cannot be read.")
@click.option("--lenient", is_flag=True, help="Keep the good annotations of broken files.")
@click.option("--accept-drafts", is_flag=True, help="Take what a program drafted, too, and nobody has looked at.")
@scheme_option()
@click.option(
    "--work",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Keep what is done there, for the next build; what is unchanged is then not done again.",
)
@json_option("Print the summary as JSON on stdout.")
@click.pass_context
def build(
    context: click.Context, /, sources: tuple[str, ...], output: str, *, work: Path | None, as_json: bool, **how: Any
) -> None:
    """Make a graph from annotated texts.

    SOURCE is an annotated text or a folder with any number of them; a folder may also hold entities.ttl,
    judgements.jsonl and reference/. The same sources give the same bytes, whoever does the work. What a person should
    know, such as a name that stands for nobody known, is told on stderr with its place.

    A document that cannot be read is left out, told at the end, and makes the exit code 2; if none can be read, nothing
    is written. A build that breaks off leaves what is done beside OUT, or in the folder that --work names; given again,
    the command goes on from there. Documents are not held in memory; TriG, JSON-LD and --json are.

    In a SPARQL service the graphs below our base are replaced, all others left alone.

    Example:
      geokg build data -o kg.trig
      geokg build corpus -o store --jobs 4
      geokg build data -o http://127.0.0.1:7878/query
    """
    if as_json and output == STDIN:
        raise click.UsageError("--json and -o - both want stdout")
    target = None if output == STDIN else output
    with ExitStack() as bar, Builder(sources, target, work=work, report=_reporting(bar), **how) as builder:
        try:
            kg = builder.run()
        except (GeokgError, KeyboardInterrupt):
            bar.close()
            if builder.kept:
                click.echo(f"geokg: what is done is kept in {builder.folder}; give the command again", err=True)
            raise
        bar.close()  # what follows is not for it to wrap
        if kg is not None:
            for chunk in kg.store.trig():
                tell(chunk)
        if as_json:
            tell_json(_json(builder, output))
        else:
            _tell(builder, "stdout" if output == STDIN else output)
        if next(builder.manifest.failures(), None):
            context.exit(_UNREADABLE)


def _reporting(stack: ExitStack) -> Report | None:
    """Show what is being done, how fast and how long yet, until the stack closes: on stderr, and only to people."""
    console = Console(stderr=True)
    if not console.is_terminal:
        return None
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    bar = stack.enter_context(Progress(*columns, console=console, transient=True))
    tasks: dict[str, TaskID] = {}

    def report(doing: str, done: int, total: int) -> None:
        if doing not in tasks:
            for former in tasks.values():
                bar.update(former, visible=False)
            tasks[doing] = bar.add_task(doing, rate="", total=None)
        speed = bar.tasks[-1].speed
        bar.update(tasks[doing], completed=done, total=total or None, rate=f"{speed:.0f}/s" if speed else "")

    return report


def _at(told: Told) -> str:
    return place(told.file or None, told.line or None, told.column or None)


def _tell(builder: Builder, output: str) -> None:
    """Say on stderr what was done, and what a person should know."""
    manifest = builder.manifest
    for told in (*builder.remarks, *builder.passed_over):
        click.echo(f"{_at(told)}notice: {told.message}", err=True)
    for words in each_once((f"{_at(told)}notice: ", told.message) for told in manifest.notices()):
        click.echo(words, err=True)
    for told in manifest.faults():
        click.echo(f"{_at(told)}left out: {told.message}", err=True)
    # One wrong scheme.toml leaves out every text that it speaks of.
    for told, count in Counter(manifest.failures()).items():
        more = f" ({count} left out)" if count > 1 else ""
        click.echo(f"{_at(told)}error: {told.message}{more}", err=True)
    usage = manifest.usage()
    for words in usage.told():
        click.echo(words, err=True)
    if usage.summary:
        click.echo(f"labels: {usage.summary}", err=True)
    totals = manifest.totals()
    failed = sum(1 for _ in manifest.failures())
    if failed and not totals.documents:
        click.echo("geokg: error: no document could be read; nothing is written", err=True)
        return
    counts = [(totals.documents, "document"), (totals.claims, "claim"), (builder.quads, "quad")]
    told_counts = ", ".join(f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in counts)
    click.echo(f"{output}: {told_counts}" + (f"; {failed} left out" if failed else ""), err=True)


def _json(builder: Builder, output: str) -> dict[str, Any]:
    manifest = builder.manifest

    def places(several: Iterator[Told]) -> list[dict[str, Any]]:
        return [
            {"file": told.file, "line": told.line, "column": told.column, "message": told.message} for told in several
        ]

    return {
        "output": output,
        "documents": list(manifest.documents()),
        "claims": manifest.totals().claims,
        "quads": builder.quads,
        "notices": places(iter([*builder.remarks, *builder.passed_over, *manifest.notices()])),
        "left_out": places(manifest.faults()),
        "errors": places(manifest.failures()),
        "labels": manifest.usage().json(),
    }
