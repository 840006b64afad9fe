"""Roles and relations: which event something plays a role in, and which."""

from __future__ import annotations

from dataclasses import replace

from ..errors import UnknownTerm
from ..scheme import Kind
from ..text import Argument, Event, Mention, Relation, Span
from .parts import ACTOR, CONTENT, SPEAKER, STATEMENT, Draft, Parts
from .rule import Missing, Rule, lookup
from .things import stand_for


def link(parts: Parts) -> None:
    """Give every event its roles, from its arguments and from the relations."""
    for event in parts.document.events:
        for argument in event.arguments:
            _argument(parts, event, argument)
    for relation in parts.document.relations:
        _relation(parts, relation)


def play(parts: Parts, draft: Draft, role: str, target: str) -> tuple[str, str]:
    """Let what an id stands for play a role.

    Returns:
        What becomes of the annotation that says so, and why.
    """
    found = parts.find(target)
    if found in parts.same:
        # Nothing else is marked on these words: they are what the role says that plays it.
        found = _by_role(parts, draft, role, parts.same[found])
    if not parts.lives(found):
        return ("ignored" if found in parts.same else parts.fate(found)), f"{target} is left out"
    why = parts.play(draft, role, found)
    return ("unknown" if why else "used"), why


def _by_role(parts: Parts, draft: Draft, role: str, mention: Mention) -> str:
    """Words that are said become a situation; other words get the label of those whom the role is for, if it tells."""
    try:
        found = parts.scheme.property(role, draft.iri)
    except UnknownTerm:
        return mention.id
    if found.iri == CONTENT:
        return parts.situation(mention).id
    label = next(
        (name for name, kind in parts.scheme.mentions.items() if kind == Kind(found.range or "", "entity")), None
    )
    if label is not None:
        parts.mentions[mention.id] = replace(mention, label=label)
        stand_for(parts, mention, mention.id)
    return mention.id


def _role(parts: Parts, rule: Rule, argument: Argument) -> str | None:
    """Our role for a foreign one; the role itself where no rule names it, ``None`` where one ignores it."""
    for roles in (rule.roles, parts.labels.roles):
        for name in (_written(argument), argument.role):
            found = lookup(roles, name)
            if not isinstance(found, Missing):
                return found
    return argument.role


def _argument(parts: Parts, event: Event, argument: Argument) -> None:
    draft = parts.drafts.get(event.id)
    name = f"{event.label}.{argument.role}"
    if draft is None:
        fate, why = parts.fate(event.id), f"{event.id} is no event"
        if (words := parts.drafts.get(parts.find(argument.target))) is not None:
            words.silenced = fate
    elif (role := _role(parts, parts.rules[event.id], argument)) is None:
        fate, why = "ignored", ""
    else:
        fate, why = play(parts, draft, role, argument.target)
    parts.count("role", name, fate, event.line, why)


def _relation(parts: Parts, relation: Relation) -> None:
    rule, name = parts.rule(parts.labels.relations, relation.label, parts.document.attributes_of(relation.id))
    if rule is None:
        fate, why = "ignored", ""
    elif len(relation.arguments) < 2:
        fate, why = "unknown", "it has less than two ends"
    elif isinstance(rule, Missing):
        fate, why = _part(parts, relation, Rule(role=relation.label))
    elif rule.role is not None:
        fate, why = _part(parts, relation, rule)
    else:
        fate, why = _event(parts, relation, rule)
    if relation.id not in parts.drafts:
        parts.gone[relation.id] = fate
    parts.count("relation", name, fate, relation.line, why)


def _written(argument: Argument) -> str:
    return argument.role if argument.number is None else f"{argument.role}{argument.number}"


def _ends(relation: Relation) -> dict[str, str]:
    return {_written(one): one.target for one in relation.arguments}


def _part(parts: Parts, relation: Relation, rule: Rule) -> tuple[str, str]:
    """A relation that is a role of one of its ends."""
    ends = _ends(relation)
    if rule.role is None or rule.role not in parts.scheme.properties:
        return "unknown", ""
    if rule.on and rule.on not in ends:
        return "unknown", f"it has no end {rule.on}, only {' and '.join(ends)}"
    drafts = {end: parts.drafts[found] for end, target in ends.items() if (found := parts.find(target)) in parts.drafts}
    # Words that are said become events too, but nothing is said by them.
    on = rule.on or min(drafts, key=lambda end: drafts[end].content, default=next(iter(ends)))
    if on not in drafts:
        lost = [found for target in ends.values() if not parts.lives(found := parts.find(target))]
        return (parts.fate(*lost) if lost else "unknown"), "no end that the role could belong to is an event"
    if drafts[on].content and any(one.iri == ACTOR for one in parts.scheme.properties[rule.role]):
        # Words and who says them, with no word that tells of it: the relation is the statement.
        roles = {end: "Content" if end == on else SPEAKER for end in ends}
        return _event(parts, relation, Rule(STATEMENT, roles=roles))
    others = [target for end, target in ends.items() if end != on]
    return next((play(parts, drafts[on], rule.role, target) for target in others), ("unknown", "it has one end"))


def _event(parts: Parts, relation: Relation, rule: Rule) -> tuple[str, str]:
    """A relation that is an event of its own; its words are those from one end to the other."""
    ends = {end: parts.find(target) for end, target in _ends(relation).items()}
    if not all(map(parts.lives, ends.values())):
        return parts.fate(*ends.values()), "an end is left out"
    if rule.term not in parts.scheme.events:
        return "unknown", f"{rule.term} is no event"
    marked = [parts.mentions.get(one) or parts.drafts[one].trigger for one in ends.values()]
    trigger = Mention(f"{relation.id}.words", rule.term, _between(parts, marked), relation.line)
    draft = parts.draft(relation.id, rule.term, trigger, rule, relation.line)
    for end, target in ends.items():
        role = _role(parts, rule, Argument(end, target))
        if role is not None and (why := parts.play(draft, role, target)):
            del parts.drafts[relation.id]
            return "unknown", why
    return "used", ""


def _between(parts: Parts, marked: list[Mention]) -> tuple[Span, ...]:
    """The words from the first to the last of some mentions in one sentence; else only their own."""
    text = parts.document.content
    start, end = min(one.start for one in marked), max(one.end for one in marked)
    if end <= text.sentence(min(marked, key=lambda one: one.start).spans[0]).end:
        return (text.span(start, end),)
    kept: list[Span] = []
    for span in sorted({span for one in marked for span in one.spans}, key=lambda span: (span.start, -span.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return tuple(kept)
