"""``geokg identity``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import click

from ..claims import Notice
from ..errors import IdentityConflict, ReadError, UnknownTerm
from ..graph import KnowledgeGraph
from ..identity import Candidate
from ..judgements import Judgement, append_judgement, read_judgements
from ..undecided import Undecided, remind, undecided
from ..vocabulary import prefixes
from .common import (
    STDIN,
    Command,
    json_option,
    read_graph,
    scheme_option,
    spans_json,
    tell,
    tell_json,
    thing_json,
    told,
    where,
)

_NAME = "judgements.jsonl"
_ASK = "A number, a name, d(ifferent), u(nsure), s(kip) or q(uit)"


@click.command(cls=Command)
@click.argument("sources", nargs=-1, required=True, metavar="GRAPH|SOURCE...")
@click.option("--by", metavar="NAME", help="Ask for decisions, and write them down as this person's.")
@click.option(
    "--judgements",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where decisions are written; judgements.jsonl in the first SOURCE that is a folder, unless given.",
)
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many to list or ask for.")
@click.option("--again", is_flag=True, help="Ask for those too that somebody has looked at.")
@click.option(
    "--undo", type=click.IntRange(min=1), metavar="LINE", help="Take back the judgement of this line; needs --by."
)
@click.option("--why", metavar="REASON", help="The reason of what is taken back.")
@scheme_option()
@json_option("Print the list as JSON on stdout.")
def identity(
    sources: tuple[str, ...],
    by: str | None,
    target: Path | None,
    limit: int,
    undo: int | None,
    why: str | None,
    *,
    labels: str | None,
    again: bool,
    as_json: bool,
) -> None:
    """List who is known to nobody, by how much hangs on it, and take decisions.

    A mention that no reference, judgement or name resolves stands for somebody of its document alone. Listed are the
    sentences, how many claims and situations hang on it, and who comes into question and why. With --by each is asked
    for: answer with the number of a candidate, the name of any entity, d (none of these), u (it cannot be told), s
    (later) or q (enough). An answer is written down at once and holds from the next build on.

    Example:
      geokg identity data
      geokg identity corpus --scheme ace
      geokg identity data --by 'Ann Lee'
      geokg identity data --undo 7 --by 'Ann Lee' --why 'They are two.'
    """
    if by is not None and as_json:
        raise click.UsageError("--by asks people, --json is for programs; give one of them")
    if by is not None and STDIN in sources:
        raise click.UsageError("a graph from stdin leaves no stdin for answers")
    file = target or next((Path(source) / _NAME for source in sources if Path(source).is_dir()), None)
    if (by is not None or undo is not None) and file is None:
        raise click.UsageError("name the file for decisions: --judgements FILE")
    if undo is not None:
        if not (by and why and file):
            raise click.UsageError("--undo needs --by and --why")
        _undo(file, undo, by, why)
        return
    kg = read_graph(*sources, labels=labels)
    found, waiting, answered = undecided(kg.views, kg.curation.register, again=again)
    first = islice(found, limit)
    if as_json:
        tell_json([_json(kg, one) for one in first])
    elif by is None or file is None:
        for number, one in enumerate(first, 1):
            tell(_shown(kg, one, _candidates(kg, one), f"{number}. "))
        tell(_summary(waiting, answered, limit))
    else:
        written = _ask_all(kg, first, min(waiting, limit), file, by)
        click.echo(
            f"{file}: {written} decision{'' if written == 1 else 's'}; they hold from the next build on", err=True
        )


def _summary(waiting: int, answered: int, limit: int) -> str:
    more = f", of which {limit} are shown" if waiting > limit else ""
    looked = f"; {answered} more that somebody has looked at (--again)" if answered else ""
    return f"{waiting} undecided{more}{looked}\n"


def _candidates(kg: KnowledgeGraph, one: Undecided) -> list[Candidate]:
    """Who comes into question: by the names, and whose names are like them."""
    known = {candidate.iri for candidate in one.candidates}
    near = remind(kg.curation.register, dict.fromkeys(span.exact for span in one.spans), one.kind)
    return [*one.candidates, *(candidate for candidate in near if candidate.iri not in known)]


def _shown(kg: KnowledgeGraph, one: Undecided, candidates: list[Candidate], start: str) -> str:
    weight = f"{one.claims} claim{'' if one.claims == 1 else 's'}"
    weight += f" and {one.situations} situation{'' if one.situations == 1 else 's'}"
    lines = [f"{start}“{one.thing.label}” ({one.thing.kind}): {weight} hang on it"]
    for sentence in one.sentences:
        span = next(span for span in one.spans if sentence.start <= span.start < sentence.end)
        told = where(kg, Notice("", span)) or (span.file, span.line, span.column)
        lines.append(f"   {':'.join(map(str, told))}: {' '.join(sentence.exact.split())}")
    lines += [f"   judged {judgement}: {judgement.why}" for judgement in one.judgements]
    for number, candidate in enumerate(candidates, 1):
        lines.append(f"   [{number}] {kg.label(candidate.iri)} ({_short(kg, candidate.iri)}): {candidate.reason}")
    if not candidates:
        lines.append(f"   nobody comes into question: {one.reason}")
    return "\n".join(lines) + "\n\n"


def _short(kg: KnowledgeGraph, iri: str) -> str:
    for prefix, namespace in prefixes(kg.base).items():
        if prefix in ("e", "state") and iri.startswith(namespace):
            return f"{prefix}:{iri.removeprefix(namespace)}"
    return f"<{iri}>"


def _json(kg: KnowledgeGraph, one: Undecided) -> dict[str, Any]:
    return {
        **thing_json(one.thing),
        "address": one.address,
        "claims": one.claims,
        "situations": one.situations,
        "reason": one.reason,
        "answered": one.is_answered,
        "candidates": [
            {"iri": candidate.iri, "label": kg.label(candidate.iri), "reason": candidate.reason}
            for candidate in _candidates(kg, one)
        ],
        "judgements": [
            {"judgement": j.verdict, "first": j.first, "second": j.second, "by": j.by, "when": j.when, "why": j.why}
            for j in one.judgements
        ],
        "mentions": spans_json(one.spans),
        "sentences": spans_json(one.sentences),
    }


# Asking


class _Quit(Exception):
    """The person wants no further question."""


def _ask_all(kg: KnowledgeGraph, waiting: Iterable[Undecided], total: int, file: Path, by: str) -> int:
    written = 0
    try:
        for number, one in enumerate(waiting, 1):
            candidates = _candidates(kg, one)
            click.echo(_shown(kg, one, candidates, f"{number} of {total}: "), nl=False)
            written += _ask(kg, one, candidates, file, by)
    except (_Quit, click.Abort):  # q, or the end of what is piped in; what was answered is written
        click.echo("")
    return written


def _ask(kg: KnowledgeGraph, one: Undecided, candidates: list[Candidate], file: Path, by: str) -> int:
    """Ask until there is an answer that can be written; gives how many judgements were."""
    while True:
        answer = str(click.prompt(_ASK, default="s", show_default=False)).strip()
        match answer.casefold():
            case "q" | "quit":
                raise _Quit
            case "s" | "skip":
                return 0
            case "d" | "different" | "u" | "unsure":
                verdict = "different" if answer.casefold().startswith("d") else "unsure"
                judged = {iri for judgement in one.judgements for iri in judgement.pair}
                # Names that are merely alike count only where there is nobody else.
                others = [other for other in one.candidates or candidates if other.iri not in judged]
                if not others:
                    click.echo("There is nobody to compare with; name an entity, or skip.")
                    continue
            case _:
                chosen = _chosen(kg, one, candidates, answer)
                if chosen is None:
                    continue
                verdict, others = "same", [chosen]
        default = others[0].reason if verdict == "same" else None
        why = str(click.prompt("Why", default=default)).strip()
        try:
            for other in others:
                append_judgement(file, _judgement(verdict, one, other.iri, by, why), kg.base)
        except IdentityConflict as error:
            click.echo(told(error))
            continue
        return len(others)


def _chosen(kg: KnowledgeGraph, one: Undecided, candidates: list[Candidate], answer: str) -> Candidate | None:
    """The candidate of a number, or the entity of a name; else the person is told what is wrong."""
    if answer.isdigit():
        if 1 <= int(answer) <= len(candidates):
            return candidates[int(answer) - 1]
        click.echo(f"There is no candidate {answer}.")
        return None
    register = kg.curation.register
    try:
        named = kg.find(answer)
    except UnknownTerm as error:
        click.echo(f"{error}")
        return None
    known = sorted({register.canonical(iri) for iri in named if iri in register.entities})
    fitting = [iri for iri in known if register.fits(iri, one.kind)]
    if len(fitting) == 1:
        return Candidate(fitting[0], f"{answer}, chosen by hand")
    if fitting:
        click.echo(f"{answer!r} fits several; name one: {', '.join(_short(kg, iri) for iri in fitting)}")
    else:
        others = ", ".join(f"{_short(kg, iri)} is a {kg.views.kind(iri)}" for iri in known) or "it is no entity"
        click.echo(f"{answer!r} cannot be a {one.thing.kind}: {others}")
    return None


def _judgement(verdict: str, one: Undecided, other: str, by: str, why: str) -> Judgement:
    return Judgement(verdict, one.address, other, by, _now(), why, words=one.spans[0].exact if one.spans else "")


def _undo(file: Path, line: int, by: str, why: str) -> None:
    standing = read_judgements(file)
    back = next((one for one in standing if one.line == line and one.verdict != "withdrawn"), None)
    if back is None:
        raise ReadError("no judgement that stands is on this line", path=file, line=line)
    append_judgement(file, Judgement("withdrawn", back.first, back.second, by, _now(), why))
    click.echo(f"{file}:{line}: taken back: {back}", err=True)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
