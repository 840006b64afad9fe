"""Who says what, where annotators of other schemes left it to the reader.

* Words that are said may hold statements and other events: they are said too, by the same speaker. The innermost words
  count. So attributions inside attributions come out as chains, and nothing that somebody is said to say is left to
  the narrator.
* A chain of speakers on an event, outermost first, becomes a statement for each, one inside the other.
* A statement that says something needs a speaker. Where none is marked, whoever it is stands behind the words that
  tell the statement.
"""

from __future__ import annotations

from ..text import Mention, Normalization
from ..vocabulary import GK
from .parts import ACTOR, CONTENT, SPEAKER, STATEMENT, Draft, Parts
from .rule import AttributeRule, Rule

UNNAMED = "[unnamed]"
"""What a speaker is called of whom nothing is marked."""

_ABOUT = (str(GK.hasConsequent), str(GK.hasAntecedent))


def settle(parts: Parts) -> None:
    """Give what is said inside said words its statement, and every statement a speaker."""
    for identifier, (rule, names, line) in parts.speakers.items():
        _wrap(parts, parts.drafts[identifier], rule, names, line)
    _nest(parts)
    for draft in list(parts.drafts.values()):
        if draft.targets(CONTENT) and not draft.targets(ACTOR):
            _speak(parts, draft, UNNAMED)


def _speak(parts: Parts, draft: Draft, name: str) -> None:
    """Let somebody make a statement of whom no words are marked: whoever stands behind those of the statement."""
    speaker = Mention(f"{draft.id}.speaker", SPEAKER, draft.trigger.spans, draft.line)
    parts.mentions[speaker.id] = speaker
    parts.play(draft, SPEAKER, speaker.id)
    parts.entries.append(Normalization(f"{speaker.id}.name", "Name", speaker.id, "name", "_".join(name.split()), name))


def _nest(parts: Parts) -> None:
    """Make events in said words the content of the statement that says these."""
    drafts = list(parts.drafts.values())
    taken = {target for draft in drafts for target in draft.targets(CONTENT, *_ABOUT)}
    saying: dict[str, list[Draft]] = {}
    for draft in drafts:
        for target in draft.targets(CONTENT):
            if target in parts.drafts and parts.drafts[target].content:
                saying.setdefault(target, []).append(draft)
    waiting = sorted((parts.drafts[target] for target in saying), key=lambda one: one.trigger.start, reverse=True)
    around: list[Draft] = []
    for draft in sorted(drafts, key=lambda one: (one.trigger.start, -one.trigger.end)):
        while waiting and waiting[-1].trigger.start <= draft.trigger.start:
            around.append(waiting.pop())
        around = [one for one in around if one.trigger.end > draft.trigger.start]
        if draft.id in taken:
            continue
        for words in sorted(around, key=lambda one: _length(one.trigger)):
            if words is not draft and _holds(words.trigger, draft.trigger):
                statements = [one for one in saying[words.id] if not _reaches(parts, draft.id, one.id)]
                for statement in statements:
                    parts.play(statement, "Content", draft.id)
                if statements:
                    break


def _reaches(parts: Parts, start: str, goal: str) -> bool:
    """Whether something is said, however deep, inside an event; or is the event."""
    todo, seen = [start], set()
    while todo:
        one = todo.pop()
        if one == goal:
            return True
        if one not in seen and one in parts.drafts:
            seen.add(one)
            todo += parts.drafts[one].targets(CONTENT)
    return False


def _length(mention: Mention) -> int:
    return sum(span.end - span.start for span in mention.spans)


def _holds(outer: Mention, inner: Mention) -> bool:
    return all(any(one.start <= part.start and part.end <= one.end for one in outer.spans) for part in inner.spans)


def _wrap(parts: Parts, draft: Draft, rule: AttributeRule, names: str, line: int) -> None:
    """Put an event into a statement for each speaker of a chain, outermost first; the narrator needs none.

    Nobody marked the words of these statements but those that tell the event and name the speaker.
    """
    inner = draft
    chain = [name.strip() for name in names.split(rule.separator) if name.strip() and name.strip() not in rule.writer]
    known = _called(parts, rule)
    for number, name in reversed(list(enumerate(chain, 1))):
        speaker = known.get(name)
        if number == len(chain) and parts.is_a(draft, str(GK.Statement)):
            statement = draft  # its own speaker is the innermost
        else:
            identifier = f"{draft.id}.speaker{number}"
            told = parts.mentions[speaker] if speaker else draft.trigger
            trigger = Mention(f"{identifier}.words", STATEMENT, told.spans, line)
            statement = parts.draft(identifier, STATEMENT, trigger, Rule(STATEMENT), line)
            parts.play(statement, "Content", inner.id)
        if speaker and speaker not in statement.targets(ACTOR):
            parts.play(statement, SPEAKER, speaker)
        elif not statement.targets(ACTOR):
            _speak(parts, statement, name)
        inner = statement


def _called(parts: Parts, rule: AttributeRule) -> dict[str, str]:
    """The mentions of entities by what a chain of speakers calls them: an attribute's value, their id, their words."""
    entities = [mention for identifier, mention in parts.mentions.items() if parts.is_entity(identifier)]
    called: dict[str, str] = {}
    for attribute in parts.document.attributes:
        if attribute.name == rule.key and attribute.value and parts.is_entity(parts.find(attribute.target)):
            called.setdefault(attribute.value, parts.find(attribute.target))
    for mention in entities:
        called.setdefault(mention.id, mention.id)
    for mention in entities:
        called.setdefault(mention.text, mention.id)
    return called
