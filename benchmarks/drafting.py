"""How much of what people annotated the drafts find, and how much of what they find people annotated.

Texts with annotations by hand are drafted from nothing but their words and the names that the graph knows:

- the article (``data/china-taliban``): all its names are in ``entities.ttl``, and the rules were written with it in
  view, so this shows them at their best;
- the news tutorial of brat: reports, nested, with names that nobody knows;
- the sentences of PLOVER: only the actors, since nobody coded who reports; and since nobody coded who else is named,
  its precision says nothing.

Spans count as found if they are the same, and, less strictly, if they overlap; none is counted twice. A statement is
found if its verb is; of those found, how many have the right speaker and content. It is a measurement, no promise, and
of few texts.

    python benchmarks/drafting.py [--model NAME] [--wrong]
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from _work import table

import geokg
from geokg.drafting import Drafter
from geokg.mapping import Mapper
from geokg.readers import documents
from geokg.scheme import Scheme
from geokg.text import Document, Event, Mention, Text
from geokg.vocabulary import GK, packaged

Stretch = tuple[int, int]
Fits = Callable[[Stretch, Stretch], bool]
SCHEME = Scheme.packaged()


def same(first: Stretch, second: Stretch) -> bool:
    """Whether two stretches are one."""
    return first == second


def overlap(first: Stretch, second: Stretch) -> bool:
    """Whether two stretches share a character."""
    return first[0] < second[1] and second[0] < first[1]


class Count:
    """How many there are, how many were drafted, and how many of these are right."""

    def __init__(self) -> None:
        self.gold = self.drafted = self.right = 0

    def add(self, gold: Sequence[Stretch], drafted: Sequence[Stretch], fits: Fits) -> None:
        """Count the stretches of one text; each fits but one."""
        left = list(drafted)
        for one in gold:
            # What is the same goes first, so that it is not taken by a neighbour.
            found = next((other for other in left if other == one), next((o for o in left if fits(one, o)), None))
            if found is not None:
                left.remove(found)
                self.right += 1
        self.gold += len(gold)
        self.drafted += len(drafted)

    def row(self, what: str, how: str) -> list[str]:
        """Precision, recall and F1."""
        precision = self.right / self.drafted if self.drafted else 0.0
        recall = self.right / self.gold if self.gold else 0.0
        both = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        counts = [str(self.gold), str(self.drafted), str(self.right)]
        return [what, how, *counts, f"{precision:.2f}", f"{recall:.2f}", f"{both:.2f}"]


def around(item: Mention) -> Stretch:
    """From the first character of a mention to its last."""
    return item.start, item.end


def actors(document: Document) -> list[Stretch]:
    """The mentions of who can act, and of places, posts and initiatives."""
    kinds = ((one, SCHEME.mentions.get(one.label)) for one in document.mentions)
    return sorted({around(one) for one, kind in kinds if kind is not None and kind.role == "entity"})


def named(document: Document) -> list[Stretch]:
    """Those that name somebody: with a capital, where pronouns and "the movement" have none."""
    return [(start, end) for start, end in actors(document) if document.text[start:end][:1].isupper()]


def statements(document: Document) -> dict[Stretch, list[Event]]:
    """The statements by the words that tell them; several may share theirs."""
    found: dict[Stretch, list[Event]] = {}
    for event in document.events:
        if SCHEME.is_a(SCHEME.events.get(event.label, ""), str(GK.Statement)):
            found.setdefault(around(event.trigger), []).append(event)
    return found


def players(document: Document, events: Iterable[Event], role: str) -> set[Stretch]:
    """The words of what plays a role in any of some events."""
    targets = (document.get(one.target) for event in events for one in event.arguments if one.role == role)
    return {extent for one in targets if one is not None and (extent := words(document, one))}


def words(document: Document, item: Mention | Event) -> Stretch | None:
    """The words of a mention; of an event its clause, else from its first part to its last."""
    if isinstance(item, Mention):
        return around(item)
    clauses = [document.get(one.target) for one in item.arguments if one.role == "Evidence"]
    marked = [around(one) for one in clauses if isinstance(one, Mention)]
    if marked:
        return marked[0]
    parts = [around(item.trigger)]
    for one in item.arguments:
        target = document.get(one.target)
        if target is not None and target is not item and (extent := words(document, target)):
            parts.append(extent)
    return min(start for start, _ in parts), max(end for _, end in parts)


def span(stretches: set[Stretch]) -> Stretch | None:
    """All of what is said, as one stretch."""
    if not stretches:
        return None
    return min(start for start, _ in stretches), max(end for _, end in stretches)


def compare(name: str, pairs: Sequence[tuple[Document, Document]], *, speech: bool, wrong: bool) -> None:
    """Print how drafts compare with what people annotated."""
    rows = []
    kinds = [("mentions", actors), ("names", named)]
    for what, pick in kinds:
        for how, fits in (("exact", same), ("overlap", overlap)):
            count = Count()
            for gold, draft in pairs:
                count.add(pick(gold), pick(draft), fits)
            rows.append(count.row(what, how))
    if speech:
        rows += speeches(pairs)
    print(f"\n{name}: {len(pairs)} texts")
    table(["what", "how", "by hand", "drafted", "right", "precision", "recall", "F1"], rows)
    for line in misses(pairs, speech=speech) if wrong else ():
        print(" ", line)


def speeches(pairs: Sequence[tuple[Document, Document]]) -> Iterator[list[str]]:
    """How many statements were found; and of these, how many speakers and contents are right."""
    verbs = Count()
    parts = {(role, how): Count() for role in ("Actor", "Content") for how in ("exact", "overlap")}
    for gold, draft in pairs:
        here, there = statements(gold), statements(draft)
        verbs.add(sorted(here), sorted(there), overlap)
        for trigger, events in here.items():
            found = next((other for other in there if overlap(trigger, other)), None)
            if found is None:
                continue
            for (role, how), count in parts.items():
                mine, theirs = players(gold, events, role), players(draft, there[found], role)
                if role == "Content":
                    mine, theirs = ({one} if (one := span(each)) else set() for each in (mine, theirs))
                count.add(sorted(mine), sorted(theirs), same if how == "exact" else overlap)
    yield verbs.row("statements", "verb")
    for (role, how), count in parts.items():
        yield count.row({"Actor": "their speakers", "Content": "their contents"}[role], how)


def misses(pairs: Sequence[tuple[Document, Document]], *, speech: bool) -> Iterator[str]:
    """What was missed and what was drafted that nobody annotated."""
    for gold, draft in pairs:
        here, there = named(gold), named(draft)
        for sign, ours, others in (("-", here, there), ("+", there, here)):
            yield from (
                f"{sign} {gold.id}: {gold.text[slice(*one)]!r}"
                for one in ours
                if not any(overlap(one, other) for other in others)
            )
        if speech:
            for sign, first, second in (("-", gold, draft), ("+", draft, gold)):
                for one in statements(first):
                    if not any(overlap(one, other) for other in statements(second)):
                        yield f"{sign} {gold.id}: says {gold.text[slice(*one)]!r}"


def corpora(shared: Path) -> Iterator[tuple[str, list[Document], bool]]:
    """What people annotated, in the ontology's labels."""
    yield "the article", list(documents(packaged("data"))), True
    for title, folder, scheme, speech in (
        ("brat's news tutorial", "brat-news-tutorial", "brat-news-tutorial", True),
        ("PLOVER", "plover-gsr-even", "plover", False),
    ):
        path = shared / "corpora" / folder
        if path.is_dir():
            mapper = Mapper(scheme)
            yield title, [mapper(document)[0] for document in documents(path)], speech
        else:
            print(f"\n{title}: skipped, {path} is not here; set GEOKG_SHARED", file=sys.stderr)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="a spaCy model that is installed")
    parser.add_argument("--wrong", action="store_true", help="list what was missed (-) and what nobody annotated (+)")
    arguments = parser.parse_args()
    shared = Path(os.environ.get("GEOKG_SHARED") or Path(__file__).resolve().parents[2] / "shared")
    drafter = Drafter(geokg.sample().curation.register, model=arguments.model)
    for title, gold, speech in corpora(shared):
        pairs = [
            (one, drafter.draft(Text(one.id, one.text, one.content.file), one.source)) for one in gold if one.mentions
        ]
        compare(title, pairs, speech=speech, wrong=arguments.wrong)


if __name__ == "__main__":
    main()
