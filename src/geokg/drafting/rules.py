"""Who says what, found without a parse: by verbs of speech, marks of quotation, and the words between.

The rules walk over the units of one sentence, from left to right. All words that they know are the lexicon's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .found import Saying, Stretch
from .lexicon import Lexicon, Verb
from .units import Unit

# How sure each way of telling is. An order, no probabilities: benchmarks/drafting.py tells how often they are right.
_THAT, _QUOTED, _SOURCE, _BEHIND, _BARE, _TO, _OBJECT, _PASSIVE = 0.8, 0.8, 0.8, 0.7, 0.6, 0.6, 0.5, 0.5
_SHARED, _APPOSED, _LONG = 0.75, 0.9, 0.8
"""Factors for a speaker who is that of the verb before, who stands before an insertion, or whose name is long."""

_NAME = 12
"""How many units the words for a speaker have at most."""

_WINDOW = 10
"""How many units stand between a verb and "that" at most: whom it was said to, where and when."""

_TAIL = 8
"""How many units stand behind "he said" at most where that ends a sentence."""

_STOPS = frozenset(".!?…")
_SIGNS = frozenset(",;:–—-()")


@dataclass(frozen=True)
class _Speaker:
    first: int
    last: int
    factor: float = 1.0

    def stretch(self, units: Sequence[Unit]) -> Stretch:
        return units[self.first].start, units[self.last].end


@dataclass(frozen=True)
class _Said:
    contents: tuple[Stretch, ...]
    confidence: float
    how: str
    hearer: Stretch | None = None
    by_quotation: bool = False


class Rules:
    """The rules for one sentence.

    Args:
        units: its words, signs and quotations.
        lexicon: the words of its language.

    >>> from geokg.drafting.tokens import load, units
    >>> text = "Ann promised that Bob would stay."
    >>> for one in Rules(units(load("en")(text)), Lexicon.packaged("en")).sayings():
    ...     print(one.stance, text[slice(*one.speaker)], text[slice(*one.contents[0])], sep=": ")
    promises: Ann: Bob would stay
    """

    def __init__(self, units: Sequence[Unit], lexicon: Lexicon) -> None:
        self.units = units
        self.lexicon = lexicon
        self._is = lexicon.words

    def sayings(self) -> list[Saying]:
        """All that is said in the sentence, in the order of the verbs."""
        found: list[Saying] = []
        self._speakers: dict[int, _Speaker] = {}
        for at in range(len(self.units)):
            verb = self.verb(at)
            one = self._by_verb(at, verb) if verb else self._by_source(at)
            if one:
                found.append(one)
        return found

    def verb(self, at: int) -> Verb | None:
        """The verb of speech that a unit is, unless the word before, or a heading's capitals, make a noun of it."""
        verb = self.lexicon.verbs.get(self._lower(at))
        if verb is None or self._lower(at - 1) in self._is["nominal"] or self.units[at].words.isupper():
            return None
        return verb

    # Who

    def _by_verb(self, at: int, verb: Verb) -> Saying | None:
        left, negative = self._before(at)
        speaker = self._behind_quotation(at) or self._subject(left, at)
        behind = False
        if speaker is None and self._lower(at + 1) in self._is["by"] and left < at - 1:
            speaker = self._phrase_from(at + 2)
            said: _Said | None = _Said((), _PASSIVE, "a passive with its speaker")
        elif speaker is None:
            return None
        else:
            behind = speaker.first > at
            said = self._said(at, verb, speaker)
        if speaker is None or said is None:
            return None
        self._speakers[at] = speaker
        words = self.units[at].words
        return Saying(
            (self.units[at].start, self.units[at].end),
            speaker.stretch(self.units),
            said.contents,
            verb.stance,
            round(said.confidence * speaker.factor, 2),
            f"{words!r} with {said.how}" + (", speaker behind it" if behind else ""),
            said.hearer,
            negative,
            said.by_quotation,
        )

    def _before(self, at: int) -> tuple[int, bool]:
        """The unit before a verb and what belongs to it; and whether "not" is among that."""
        left, negative = at - 1, False
        while left >= 0 and (self._lower(left) in self._is["between"] or self._lower(left) in self._is["not"]):
            negative = negative or self._lower(left) in self._is["not"]
            left -= 1
        return left, negative

    def _subject(self, left: int, at: int) -> _Speaker | None:
        """The words for the speaker that end at a unit."""
        if left < 0 or self.units[left].quoted:
            return None
        if self._lower(left) in self._is["joining"]:
            return self._shared(at)
        if self._lower(left) == ",":
            return self._shared(at) if self._is_participle(at) else self._apposed(left)
        return self._phrase_to(left)

    def _shared(self, at: int) -> _Speaker | None:
        """The speaker of the verb before."""
        before = [one for one in self._speakers if one < at]
        if not before:
            return None
        one = self._speakers[before[-1]]
        return replace(one, factor=one.factor * _SHARED)

    def _is_participle(self, at: int) -> bool:
        """Whether a verb goes on with what the one before began: ", stressing that"."""
        return self._lower(at - 1) == "," and bool(self._speakers)

    def _apposed(self, comma: int) -> _Speaker | None:
        """Who is between two commas, or before them: "the director, Ann Lee, said", "Ann Lee, the director, said"."""
        start = next((at for at in range(comma - 1, max(-1, comma - 2 - _NAME), -1) if self._lower(at) == ","), None)
        if start is None or start == comma - 1:
            return None
        inner = range(start + 1, comma)
        if all(self.units[at].is_name for at in inner):
            return _Speaker(start + 1, comma - 1)
        before = self._phrase_to(start - 1)
        return replace(before, factor=before.factor * _APPOSED) if before else None

    def _phrase_to(self, last: int) -> _Speaker | None:
        """The noun phrase that ends at a unit."""
        if last < 0 or not self.units[last].is_word or self._is_break(last, last):
            return None
        first = last
        while first > 0 and not self._is_break(first - 1, first):
            first -= 1
        return self._trimmed(first, last)

    def _is_break(self, at: int, begin: int) -> bool:
        """Whether no noun phrase reaches from a unit on the left over this one."""
        lower = self._lower(at)
        if self.units[at].quoted is not None:
            return True  # what was said, as a rule
        if lower in ("and", "or") or lower in self._is["joining"]:
            # "China and Pakistan said" are two who speak; behind a whole clause another one begins.
            return begin < 2 or any(not self.units[one].is_name for one in range(max(0, at - 1), at))
        return (
            lower in self._is["breaks"]
            or lower in self._is["not"]
            or lower in _STOPS
            or (lower in _SIGNS and lower != "-")
            or self.verb(at) is not None
        )

    def _trimmed(self, first: int, last: int) -> _Speaker | None:
        """A noun phrase without what leads up to it: "On Friday the minister"."""
        factor = 1.0
        pronoun = self._lower(last) in self.lexicon.pronouns
        if self._lower(first) in self._is["prepositions"]:
            # What begins with a preposition is no speaker; the phrase behind it may be.
            factor = _LONG
            articles = [at for at in range(first + 2, last + 1) if self._lower(at) in self._is["articles"]]
            first = articles[-1] if articles else self._last_names(first + 1, last)
        if pronoun:
            first = last
        while first < last and (self._lower(first) in self._is["articles"] or not self.units[first].is_word):
            first += 1
        if last - first >= _NAME:
            first, factor = self._last_names(first, last), _LONG
        lower = self._lower(first)
        if first > last or not self.units[first].is_word or lower in self._is["articles"] | self._is["prepositions"]:
            return None
        # A relative pronoun is nobody by itself.
        return None if pronoun and not self.lexicon.pronouns[lower] else _Speaker(first, last, factor)

    def _last_names(self, first: int, last: int) -> int:
        """Where the run of capitalised words that ends at a unit begins."""
        at = last
        while at > first and self.units[at - 1].is_name:
            at -= 1
        return at

    def _phrase_from(self, first: int) -> _Speaker | None:
        """The noun phrase that starts at a unit."""
        last = first
        while last < len(self.units) and last - first < _NAME:
            unit = self.units[last]
            lower = unit.lower
            if not unit.is_word and not unit.is_ending and lower != "-":
                break
            if lower in self._is["breaks"] - self._is["joining"] or self.verb(last):
                break
            if lower in self._is["joining"] and not (last + 1 < len(self.units) and self.units[last + 1].is_name):
                break
            if last > first and lower in self._is["prepositions"] - {"of", "for"}:
                break
            if lower in self._is["between"] and last > first:
                break
            last += 1
        return self._trimmed(first, last - 1) if last > first else None

    def _behind_quotation(self, at: int) -> _Speaker | None:
        """Who stands behind the verb, where a quotation stands before it: “...”, said Ann Lee."""
        before = at - 2 if self._lower(at - 1) == "," else at - 1
        return self._phrase_from(at + 1) if before >= 0 and self.units[before].quoted else None

    # What

    def _said(self, at: int, verb: Verb, speaker: _Speaker) -> _Said | None:
        if speaker.first > at:
            return self._said_before(at, at - 1, speaker.last + 1)
        if self._lower(speaker.first - 1) == "," or (speaker.first > 0 and self.units[speaker.first - 1].quoted):
            before = self._said_before(at, speaker.first - 1, at + 1)
            if before:
                return before
        return self._said_behind(at, verb)

    def _said_before(self, at: int, last: int, after: int) -> _Said | None:
        """What is said before its speaker: “...”, he said. He stays, she said."""
        comma = self._lower(last) == ","
        last -= comma
        if last < 0:
            return None
        if quoted := self.units[last].quoted:
            contents = [quoted]
            if self._lower(after) in (",", ":", ";") and after + 1 < len(self.units) and self.units[after + 1].quoted:
                contents.append(self.units[after + 1].quoted or quoted)
            return _Said(tuple(contents), _QUOTED, "the quotation before it", by_quotation=True)
        if not comma or not self._is_tail(after):
            return None
        first = next((one + 1 for one in range(last, -1, -1) if self._lower(one) in (";", ":")), 0)
        if last - first < 1 or any(self.verb(one) for one in range(last, at)):
            return None
        return _Said(((self.units[first].start, self.units[last].end),), _BEHIND, "the clause before it")

    def _is_tail(self, at: int) -> bool:
        """Whether a sentence ends soon, with nothing but where and when."""
        rest = self.units[at:]
        if not rest or rest[0].lower in _STOPS or rest[0].lower == ",":
            return True
        short = len(rest) <= _TAIL and not any(unit.quoted or unit.lower in self._is["that"] for unit in rest)
        return short and rest[0].lower in self._is["prepositions"]

    def _said_behind(self, at: int, verb: Verb) -> _Said | None:
        units = self.units
        opened = next((one for one in range(at + 1, min(at + 2 + _WINDOW, len(units))) if self._opens(one, at)), None)
        if "that" in verb.takes and opened is not None and self._lower(opened) in self._is["that"]:
            hearer = self._hearer(at + 1, opened)
            return self._until_end(opened + 1, _THAT, "what follows “that”", hearer)
        quoted = units[opened].quoted if opened is not None else None
        if opened is not None and quoted and (opened == at + 1 or self._lower(opened - 1) in (":", ",")):
            return _Said((quoted,), _QUOTED, "the quotation behind it", self._hearer(at + 1, opened), True)
        begin = at + 1
        if begin >= len(units) or not (units[begin].is_word or units[begin].quoted):
            return None
        if "to" in verb.takes and self._lower(begin) in self._is["to"]:
            return self._until_end(begin, _TO, "what follows “to”")
        if self._lower(begin) in self._is["prepositions"] or self._lower(begin) in self._is["that"]:
            return None
        if "bare" in verb.takes and not verb.hearer and self._goes_on(begin):
            return self._until_end(begin, _BARE, "the clause behind it")
        if "object" in verb.takes:
            return self._until_end(begin, _OBJECT, "what it is about")
        return None

    def _goes_on(self, at: int) -> bool:
        """Whether more than one word follows: "said so" says nothing."""
        return at + 1 < len(self.units) and (self.units[at + 1].is_word or self.units[at + 1].quoted is not None)

    def _opens(self, one: int, at: int) -> bool:
        """Whether what is said begins here, or can begin no more."""
        unit = self.units[one]
        if unit.quoted is not None or unit.lower in self._is["that"] or self.verb(one) is not None:
            return True
        sign = not unit.is_word and not unit.is_ending and unit.lower != "-"
        follows = one + 1 < len(self.units) and self.units[one + 1].quoted is not None
        return sign and not (unit.lower in (":", ",") and follows) and one > at

    def _hearer(self, first: int, stop: int) -> Stretch | None:
        """Who is spoken to: "told reporters that"."""
        verb = self.lexicon.verbs.get(self._lower(first - 1))
        begin = first + 1 if self._lower(first) in self._is["to"] else first
        if stop <= begin or (begin == first and not (verb and verb.hearer)):
            return None
        found = self._phrase_from(begin)
        return found.stretch(self.units) if found and found.last < stop else None

    def _until_end(self, first: int, confidence: float, how: str, hearer: Stretch | None = None) -> _Said | None:
        """From a unit to where the narrator takes over again."""
        last = first
        while last < len(self.units) and not self._ends(last, first):
            last += 1
        last -= 1
        while last >= first and not (self.units[last].is_word or self.units[last].quoted):
            last -= 1
        if last < first:
            return None
        quoted = self.units[first].quoted if first == last else None
        stretch = quoted or (self.units[first].start, self.units[last].end)
        return _Said((stretch,), confidence, how, hearer, by_quotation=quoted is not None)

    def _ends(self, at: int, first: int) -> bool:
        lower = self._lower(at)
        if lower == ";" or (lower in _STOPS and at + 1 == len(self.units)):
            return True
        if lower != ",":
            return False
        after = self._lower(at + 1)
        return (
            after in self._is["ends"]
            or self._source_at(at + 1) is not None
            or (after in self._is["joining"] and at > first and self.units[at - 1].quoted is not None)
            or (self.verb(at + 1) is not None and after.endswith("ing"))
        )

    # According to whom

    def _source_at(self, at: int) -> int | None:
        """How many units name a source from here: "according to" has two."""
        for phrase in self._is["source"]:
            words = phrase.split()
            if [self._lower(at + step) for step in range(len(words))] == words:
                return len(words)
        return None

    def _by_source(self, at: int) -> Saying | None:
        size = self._source_at(at)
        speaker = self._phrase_from(at + size) if size else None
        if size is None or speaker is None:
            return None
        after = speaker.last + 1
        said: _Said | None
        if self._lower(after) == "," and after + 1 < len(self.units) and not (at and self._lower(at - 1) == ","):
            said = self._until_end(after + 1, _SOURCE, "what follows")
        else:
            last = at - 1
            while last >= 0 and not (self.units[last].is_word or self.units[last].quoted):
                last -= 1
            if last < 0:
                return None
            first = next((one + 1 for one in range(last, -1, -1) if self._lower(one) == ";"), 0)
            stretch = self.units[first].start, self.units[last].end
            only = self.units[last].quoted if first == last else None
            said = _Said((only or stretch,), _SOURCE, "what stands before", by_quotation=bool(only))
        if said is None:
            return None
        trigger = self.units[at].start, self.units[at + size - 1].end
        words = " ".join(unit.words for unit in self.units[at : at + size])
        confidence = round(said.confidence * speaker.factor, 2)
        reason = f"{words!r} with {said.how}"
        return Saying(trigger, speaker.stretch(self.units), said.contents, "asserts", confidence, reason)

    def _lower(self, at: int) -> str:
        return self.units[at].lower if 0 <= at < len(self.units) else ""
