"""``geokg diff``."""

from __future__ import annotations

import click
from rich.text import Text

from ..difference import Difference, difference
from .common import STDIN, Command, claim_json, json_option, read_graph, tell, tell_json, terminal

_STYLES = {"+": "green", "-": "red", "~": "yellow"}


@click.command(cls=Command)
@click.argument("old")
@click.argument("new")
@click.option("--exit-code", is_flag=True, help="Exit with 1 if there are differences.")
@json_option("Print the claims added, withdrawn and re-attributed as JSON.")
@click.pass_context
def diff(context: click.Context, old: str, new: str, *, exit_code: bool, as_json: bool) -> None:
    """Compare two graphs by what is said and who says it.

    Claims are added (+), withdrawn (-) or re-attributed (~). They are the same when the same speakers say the same in
    the same words; IRIs and offsets may differ.

    Example:
      geokg diff monday.trig tuesday.trig
      geokg diff kg.trig data --exit-code
    """
    if old == new == STDIN:
        raise click.UsageError("only one of the two graphs can come from stdin")
    found = difference(read_graph(old).views, read_graph(new).views)
    if as_json:
        tell_json(_json(found))
    else:
        _show(found)
    if exit_code and found:
        context.exit(1)


def _json(found: Difference) -> dict[str, object]:
    return {
        "added": [claim_json(claim) for claim in found.added],
        "withdrawn": [claim_json(claim) for claim in found.withdrawn],
        "reattributed": [{"old": claim_json(one.old), "new": claim_json(one.new)} for one in found.reattributed],
        "unchanged": found.unchanged,
    }


def _show(found: Difference) -> None:
    console = terminal()
    if console is None:
        tell(f"{found}\n")
        return
    for line in str(found).splitlines():
        console.print(Text(line, style=_STYLES.get(line[:1], "")))
