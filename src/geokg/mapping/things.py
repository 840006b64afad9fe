"""Mentions and events: what bears a label, and which of ours it gets."""

from __future__ import annotations

from dataclasses import replace

from ..text import Event, Mention
from .parts import SITUATION, Parts, words
from .rule import SAME, Missing, Rule


def name(parts: Parts) -> None:
    """Give every mention and event its label of ours, or leave it out."""
    document = parts.document
    for event in document.events:
        _name(parts, event, event.trigger, event.id, event.trigger.id)
    for event in document.events:
        if event.trigger.id != event.id:
            parts.alias.setdefault(event.trigger.id, event.id)
    for mention in document.mentions:
        _name(parts, mention, mention, mention.id)
    on_words = {words(draft.trigger.spans): draft.id for draft in reversed(parts.drafts.values())}
    on_words |= {words(mention.spans): mention.id for mention in reversed(parts.mentions.values())}
    for mention in list(parts.same.values()):
        if (found := on_words.get(words(mention.spans))) is not None:
            stand_for(parts, mention, found)


def stand_for(parts: Parts, mention: Mention, found: str) -> None:
    """A mention stands for what else is marked on its words, or in its chain."""
    del parts.same[mention.id]
    parts.alias[mention.id] = found
    parts.count("label", mention.label, "used", mention.line)


def leave(parts: Parts) -> None:
    """Leave out what has nothing to stand for: "whatever is marked here" where nothing is, words that nobody says.

    Else the narrator would claim words that somebody is quoted with.
    """
    for mention in parts.same.values():
        parts.gone[mention.id] = "ignored"
        parts.count("label", mention.label, "ignored", mention.line)
    needed = {target for draft in parts.drafts.values() for _, target in draft.arguments}
    for mention in parts.document.mentions:
        draft = parts.drafts.get(mention.id)
        if draft is None or not draft.content:
            continue
        if draft.id in needed:
            parts.count("label", mention.label, "used", mention.line)
        else:
            del parts.drafts[draft.id]
            parts.gone[draft.id] = fate = draft.silenced or "unknown"
            parts.count("label", mention.label, fate, mention.line, "nobody is marked who says it")


def _name(parts: Parts, item: Mention | Event, trigger: Mention, *identifiers: str) -> None:
    attributes = [one for identifier in identifiers for one in parts.document.attributes_of(identifier)]
    rule, counted = parts.rule(parts.labels.labels, item.label, attributes)
    if isinstance(rule, Missing) and (item.label in parts.scheme.events or item.label in parts.scheme.mentions):
        rule = Rule(item.label)
    if isinstance(rule, Missing) or rule is None:
        parts.gone[item.id] = fate = "ignored" if rule is None else "unknown"
        parts.count("label", counted, fate, item.line)
        return
    term = rule.term or ""
    if term == SAME:
        parts.same[item.id] = replace(trigger, id=item.id, label=item.label)
        return
    if term == SITUATION and isinstance(item, Mention):
        # Counted when it is known whether anybody says it.
        parts.draft(item.id, term, replace(trigger, label=term), rule, item.line).content = True
        return
    if term not in parts.scheme.events:
        parts.mentions[item.id] = Mention(item.id, term, trigger.spans, item.line)
        parts.rules[item.id] = rule
        parts.named[item.id] = counted
        if parts.kind(item.id).role == "concept":
            return  # counted when it is known whether its words or values name one
    elif isinstance(item, Mention) and (twin := parts.triggered.get((term, words(item.spans)))):
        # The event of the same class on the same words, such as an attribution on its cue.
        parts.alias[item.id] = twin
    else:
        parts.triggered.setdefault((term, words(trigger.spans)), item.id)
        parts.draft(item.id, term, replace(trigger, label=term), rule, item.line)
    parts.count("label", counted, "used", item.line)
