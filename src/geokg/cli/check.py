"""``geokg check``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from ..errors import GeokgError
from ..files import write_beside
from ..graph import KnowledgeGraph
from ..population import build
from ..validation import ENGINES, GROUPINGS, SEVERITIES, Engine, Finding, Report, Severity, baseline, fixes, validate
from ..validation.baseline import Difference
from ..validation.formats import FORMATS
from ..validation.layout import rule
from .common import STDIN, Command, busy, is_source, json_option, read_graph, tell, tell_notices, told

if TYPE_CHECKING:
    from .watching import Watched

_FOLD = 10
_SLOWEST = 5
_PREFIX = re.compile(r"^\s*PREFIX [^\n]*\n", re.MULTILINE)


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
@click.option("--severity", type=click.Choice(SEVERITIES), default="info", help="Show nothing milder than this.")
@click.option(
    "--shape",
    "chosen",
    multiple=True,
    help="Judge by this shape alone, by its IRI, short IRI, last part or label; may be repeated.",
)
@click.option(
    "--group",
    type=click.Choice(GROUPINGS),
    help="Put findings together by what they have in common, and count them.",
)
@click.option("--max", "most", type=click.IntRange(0), help="Show so many findings at most, of each group if grouped.")
@click.option(
    "--fold",
    type=click.IntRange(0),
    default=_FOLD,
    show_default=True,
    help="Show a fault that is found more often than this once, with its first places; 0: show all.",
)
@click.option(
    "--baseline",
    "known",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file of findings that are known: they are neither shown nor counted.",
)
@click.option(
    "--write-baseline",
    "accepted",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write all findings to such a file, and exit with 0.",
)
@click.option(
    "--fixes",
    "mended",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write what would mend findings, where only one thing can be meant, to a file as a SPARQL update.",
)
@click.option("--language", default="en", show_default=True, help="The language of messages and names.")
@click.option(
    "--watch",
    is_flag=True,
    help="Check again what changes in files, and tell what is new and what is fixed, until Ctrl-C.",
)
@click.option(
    "--timings",
    is_flag=True,
    help="Tell on stderr how long each shape took, over how many nodes, and by which queries.",
)
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default="auto",
    show_default=True,
    help="compiled runs inside the store; pyshacl is a second opinion, and slow; auto uses both.",
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
    severity: Severity,
    chosen: tuple[str, ...],
    group: str | None,
    most: int | None,
    fold: int,
    known: Path | None,
    accepted: Path | None,
    mended: Path | None,
    language: str,
    engine: Engine,
    shapes: tuple[Path, ...],
    *,
    timings: bool,
    watch: bool,
    as_json: bool,
) -> None:
    """Validate a graph, or annotated texts, which are built first.

    Each finding points at the words behind it, as a compiler would: article.txt:12:34: violation: words (shape).
    Shapes that judged no node are named: often a mistake in the shape, sometimes data yet to come.

    Example:
      geokg check kg.trig
      geokg check data --format github --fail-on warning
      geokg check kg.trig --group shape --max 3
      geokg check kg.trig --write-baseline known.json && geokg check kg.trig --baseline known.json
      geokg build data -o - | geokg check -
    """
    form = "json" if as_json else form
    accepts = baseline.read(known) if known else ()

    def judge() -> Report:
        target, paths = _target(graphs)
        with busy("Checking"):
            return validate(
                target,
                shapes=shapes or None,
                paths=paths,
                language=language,
                only=chosen,
                engine=engine,
                late=True,  # --max and --fold may leave most unread
            )

    if watch:
        from .watching import Anew  # which knows the web floor

        options = {"shapes": shapes or None, "language": language, "only": chosen}
        watched = _watched(graphs, options) if engine == "auto" else Anew(judge)
        _watch(watched or Anew(judge), [*(Path(graph) for graph in graphs), *shapes], form, fold)
    report = judge()
    if accepted:
        write_beside(accepted, [baseline.write(report)])
    if known:
        difference = report.difference(accepts)
        click.echo(f"{known}: {difference.summary}", err=True)
        report = report.only(difference.new)
    if mended:
        write_beside(mended, [fixes.script(report)])
    failed = bool(report.at_least(fail_on)) and not accepted
    report = report.only(report.at_least(severity))
    tell(report.serialize(form, group=group, most=most, fold=fold))
    if form != "text":  # which has it
        _tell_vacuous(report)
    if timings:
        _tell_timings(report)
    if failed:
        context.exit(1)


def _watched(graphs: tuple[str, ...], options: dict[str, Any]) -> Watched | None:
    """What is kept current: texts, or one file."""
    from .watching import GraphFile, Texts

    if all(map(is_source, graphs)):
        return Texts(graphs, options, build, tell_notices)
    return GraphFile(Path(graphs[0]), options) if len(graphs) == 1 and Path(graphs[0]).is_file() else None


def _watch(watched: Watched, places: list[Path], form: str, fold: int) -> NoReturn:
    """Tell the first report whole, of each later one what is different."""
    from .watching import reports

    if form != "text":
        raise click.UsageError("--watch is for people: it writes text only")
    if missing := [place for place in places if not place.exists()]:
        raise click.UsageError(f"--watch needs files or folders, and {missing[0]} is none")
    for one in reports(watched, places):
        if isinstance(one, GeokgError):
            click.echo(told(one), err=True)
            continue
        report, difference = one
        tell(report.serialize(fold=fold) if difference is None else changed(report, difference))
    raise AssertionError("a watch ends with Ctrl-C alone")


def changed(report: Report, difference: Difference) -> str:
    """What is different, as text: what is new in full, what is fixed in a line each."""
    shown = replace(report.only(difference.new), vacuous=(), notes=())
    *new, _ = shown.serialize().splitlines(keepends=True)
    fixed = [f"{known.place}: fixed: {known.message} ({rule(report, known.shape)})\n" for known in difference.fixed]
    return "".join([*new, *fixed, f"{difference.summary}\n"])


def _tell_vacuous(report: Report) -> None:
    if report.vacuous:
        click.echo(f"judged no node: {', '.join(rule(report, iri) for iri in report.vacuous)}", err=True)


def _tell_timings(report: Report) -> None:
    """The shapes that took longest, first; and the queries that did."""
    click.echo(f"{'seconds':>9} {'nodes':>8} shape", err=True)
    for run in sorted(report.shapes, key=lambda run: (-run.seconds, run.shape)):
        click.echo(f"{run.seconds:9.3f} {run.focus_nodes:8} {rule(report, run.shape)}", err=True)
    for query in report.queries[:_SLOWEST]:
        kinds = ", ".join(Finding("", "info", "", "", component=one).kind for one in query.components) or "all nodes"
        click.echo(
            f"\n{query.seconds:.3f} seconds, {query.rows} suspects, {rule(report, query.shape)}: {kinds}", err=True
        )
        click.echo(_PREFIX.sub("", query.text).strip(), err=True)


def _target(graphs: tuple[str, ...]) -> tuple[KnowledgeGraph | Path, Mapping[str, Path]]:
    """What is judged, and where its texts are; a file goes straight into the store that is judged, as it is spelt."""
    if len(graphs) == 1 and graphs[0] != STDIN and not is_source(graphs[0]) and Path(graphs[0]).is_file():
        return Path(graphs[0]), {}
    kg = read_graph(*graphs)
    tell_notices(kg)
    return kg, kg.paths
