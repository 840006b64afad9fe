"""``geokg explain``."""

from __future__ import annotations

from typing import Any

import click
from rdflib.namespace import OWL, RDF
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from ..explanation import Explanation, Why, place
from ..graph import KnowledgeGraph
from .common import Command, claim_json, json_option, read_graph, spans_json, tell, tell_json, terminal, thing_json


@click.command(cls=Command)
@click.argument("graph")
@click.argument("iri", metavar="IRI|NAME")
@click.argument("rest", metavar="[PROPERTY VALUE]", nargs=-1)
@json_option("Print the claims with their chains of speakers, and the words with their offsets, as JSON.")
@click.pass_context
def explain(context: click.Context, graph: str, iri: str, rest: tuple[str, ...], *, as_json: bool) -> None:
    """Tell who says so, through whom, in which sentence; of a whole triple, by which rules it follows from which.

    The node is named by its IRI, by a prefixed name such as e:taliban, or by its label in any language. A class stands
    for its instances. Where a name fits several nodes they are listed, and the exit code is 2.

    Example:
      geokg explain kg.trig gk:RestraintCommitment
      geokg explain kg.trig Taliban --json
      geokg explain kg.trig 'Zhao Lijian' actsFor China
    """
    kg = read_graph(graph)
    if rest:
        if len(rest) != len(("PROPERTY", "VALUE")):
            raise click.UsageError("name one node, or the subject, property and value of a triple")
        derived = kg.why(iri, *rest)
        if as_json:
            tell_json(_why_json(derived))
        else:
            tell(f"{derived}\n")
        return
    found = _instances(kg, kg.find(iri))
    if len(found) > 1:
        click.echo(f"{iri!r} fits {len(found)} nodes; name one of them:", err=True)
        for one in found:
            click.echo(f"  <{one}>  {kg.label(one)}", err=True)
        context.exit(2)
    explanation = kg.explain(found[0])
    console = terminal()
    if as_json:
        claims = [
            claim_json(thread.claim) | {"sentences": spans_json(thread.sentences)} for thread in explanation.threads
        ]
        tell_json(thing_json(explanation.thing) | {"claims": claims, "mentions": spans_json(explanation.mentions)})
    elif console is not None:
        _show(console, explanation)
    else:
        tell(f"{explanation}\n")


def _why_json(why: Why) -> dict[str, Any]:
    triple = why.triple
    return {
        "triple": [getattr(term, "value", str(term)) for term in (triple.subject, triple.predicate, triple.object)],
        "says": [why.subject, why.predicate, why.value],
        "graph": why.source,
        "by": why.by,
        "words": spans_json(why.words),
        "because": [_why_json(one) for one in why.because],
    }


def _instances(kg: KnowledgeGraph, found: list[str]) -> list[str]:
    """Situations and undertakings have no names to call them by; the name of their class will do."""
    if len(found) == 1 and str(OWL.Class) in kg.views.iris(found[0], RDF.type):
        return kg.views.subjects(RDF.type, found[0]) or found
    return found


def _show(console: Console, explanation: Explanation) -> None:
    """In colour, with the quoted words marked in their sentence."""

    def say(words: Text) -> None:
        console.print(Padding(words, (0, 0, 0, 2)))

    console.print(Text(explanation.thing.label, style="bold"))
    console.print(Text(f"<{explanation.thing.iri}>", style="dim"), soft_wrap=True)
    for thread in explanation.threads:
        console.print()
        say(Text(thread.claim.sentence))
        say(Text(thread.chain, style="cyan"))
        for span in thread.claim.evidence:
            say(Text(place(span), style="dim"))
        for sentence in thread.sentences:
            words = Text(sentence.exact)
            for span in thread.claim.evidence:
                if sentence.start <= span.start and span.end <= sentence.end:
                    words.stylize("bold yellow", span.start - sentence.start, span.end - sentence.start)
            say(words)
    if not explanation.threads:
        console.print(Text("\n".join(str(explanation).splitlines()[1:])))
