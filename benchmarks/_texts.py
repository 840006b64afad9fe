"""Texts by the thousand, with the article's kind of annotation: who said what of whom, in whose statement."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

from geokg.vocabulary import packaged

_A_FOLDER = 1000
_STATES = [
    ("KEN", "Kenya"), ("UGA", "Uganda"), ("CHN", "China"), ("PAK", "Pakistan"), ("AFG", "Afghanistan"),
    ("USA", "United States"), ("FRA", "France"), ("BRA", "Brazil"), ("IND", "India"), ("JPN", "Japan"),
    ("DEU", "Germany"), ("EGY", "Egypt"), ("NGA", "Nigeria"), ("MEX", "Mexico"), ("PER", "Peru"), ("NOR", "Norway"),
]  # fmt: skip
_FIRST = ["Amina", "Juan", "Li", "Olga", "Hugo", "Fatima", "Kofi", "Anna", "Ravi", "Mei", "Said", "Ines", "Tom", "Aya"]
_LAST = ["Otieno", "García", "Wei", "Petrova", "Müller", "Diallo", "Mensah", "Kowalska", "Rao", "Øster", "Haddad"]
_PLACES = ["Lamu", "Kribi", "Gwadar", "Jask", "Chancay", "Narvik", "Berbera", "Sittwe", "Walvis Bay", "Puerto Cortés"]
_SAID = ["said", "told reporters", "repeated", "confirmed"]


class _Draft:
    """A text and its annotations, growing together."""

    def __init__(self) -> None:
        self.text = ""
        self.lines: list[str] = []
        self._words = self._events = self._others = 0

    def say(self, words: str) -> None:
        self.text += words

    def mark(self, label: str, words: str) -> str:
        """Words that are marked."""
        self._words += 1
        start = len(self.text)
        self.text += words
        self.lines.append(f"T{self._words}\t{label} {start} {len(self.text)}\t{words}")
        return f"T{self._words}"

    def event(self, label: str, trigger: str, *arguments: str) -> str:
        self._events += 1
        self.lines.append(f"E{self._events}\t{' '.join((f'{label}:{trigger}', *arguments))}")
        return f"E{self._events}"

    def attribute(self, name: str, target: str, value: str) -> None:
        self._others += 1
        self.lines.append(f"A{self._others}\t{name} {target} {value}")

    def state(self, state: tuple[str, str]) -> str:
        mark = self.mark("State", state[1])
        self._others += 1
        self.lines.append(f"N{self._others}\tReference {mark} ISO3166:{state[0]}\t{state[1]}")
        return mark


def _speaker(draft: _Draft, chance: random.Random) -> tuple[str, str]:
    """Somebody, and the trigger of their statement."""
    who = draft.mark("Person", f"{chance.choice(_FIRST)} {chance.choice(_LAST)}")
    draft.say(" ")
    said = draft.mark("Statement", chance.choice(_SAID))
    draft.say(f" on {chance.randint(1, 28)} May that ")
    return who, said


def _contact(draft: _Draft, chance: random.Random) -> None:
    who, said = _speaker(draft, chance)
    one, other = chance.sample(_STATES, 2)
    first = draft.state(one)
    draft.say(" and ")
    second = draft.state(other)
    draft.say(" are ")
    touch = draft.mark("ContactRelation", "in touch")
    draft.say(f" about {chance.randint(2, 900)} ships. ")
    content = draft.event("ContactRelation", touch, f"Participant:{first}", f"Participant2:{second}")
    draft.attribute("TimeRelation", content, "overlaps")
    statement = draft.event("Statement", said, f"Actor:{who}", f"Content:{content}")
    draft.attribute("Date", statement, f"2024-05-{chance.randint(1, 28):02}")


def _help(draft: _Draft, chance: random.Random) -> None:
    who, said = _speaker(draft, chance)
    actor = draft.state(chance.choice(_STATES))
    draft.say(" will ")
    act = draft.mark("CooperationAct", "rebuild")
    draft.say(f" {chance.randint(2, 90)} km of road near ")
    where = draft.mark("Settlement", chance.choice(_PLACES))
    draft.say(". ")
    content = draft.event("CooperationAct", act, f"Actor:{actor}", f"Place:{where}")
    draft.attribute("TimeRelation", content, "after")
    statement = draft.event("Statement", said, f"Actor:{who}", f"Content:{content}")
    draft.attribute("Stance", statement, "predicts")
    draft.attribute("TimeRelation", statement, "before")


def _benefit(draft: _Draft, chance: random.Random) -> None:
    whose = draft.state(chance.choice(_STATES))
    draft.say(" probably ")
    gains = draft.mark("Benefit", "benefits")
    draft.say(f" from {chance.randint(2, 90)} new ports.\n")
    event = draft.event("Benefit", gains, f"Beneficiary:{whose}")
    draft.attribute("Certainty", event, "probable")
    draft.attribute("TimeRelation", event, "overlaps")


_SENTENCES: list[Callable[[_Draft, random.Random], None]] = [_contact, _help, _benefit]


def texts(folder: Path, number: int) -> None:
    """Write the packaged data without its text, and a number of short ones; the same number gives the same texts.

    Args:
        folder: where to; it must not exist.
        number: how many.
    """
    shutil.copytree(packaged("data"), folder, ignore=shutil.ignore_patterns("china-taliban"))
    chance = random.Random(5)
    for count in range(number):
        place = folder / f"wire-{count // _A_FOLDER:03}"
        if count % _A_FOLDER == 0:
            place.mkdir()
            (place / "source.toml").write_text(
                'language = "en"\npublisher = "The Wire"\ndate = "2024-05-29"\n', encoding="utf-8"
            )
        draft = _Draft()
        for sentence in chance.choices(_SENTENCES, k=chance.randint(1, 2)):
            sentence(draft, chance)
        (place / f"{count:06}.txt").write_text(draft.text, encoding="utf-8")
        (place / f"{count:06}.ann").write_text("\n".join(draft.lines) + "\n", encoding="utf-8")
