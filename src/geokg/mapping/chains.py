"""Chains of mentions: they are one thing, or the parts of one attribution."""

from __future__ import annotations

from ..text import Equivalence, Mention
from .links import play
from .parts import Parts
from .rule import ChainRule, Missing, lookup
from .things import stand_for

_EQUIVALENCE = "Equiv"


def chain(parts: Parts) -> tuple[Equivalence, ...]:
    """Link the members of every chain.

    Returns:
        The chains whose members are one thing.
    """
    kept = []
    for one in parts.document.equivalences:
        rule = lookup(parts.labels.chains, one.kind)
        if isinstance(rule, Missing) and one.kind == _EQUIVALENCE:
            rule = ChainRule()
        if rule is None:
            fate, why = "ignored", ""
        elif isinstance(rule, Missing):
            fate, why = "unknown", ""
        elif rule.roles:
            fate, why = _attribution(parts, one, rule)
        else:
            members = _one_thing(parts, one)
            fate, why = ("used", "") if len(members) > 1 else (_lost(parts, one), "less than two of it are entities")
            if members[1:]:
                kept.append(Equivalence(_EQUIVALENCE, tuple(members), one.line))
        parts.count("chain", one.kind, fate, one.line, why)
    return tuple(kept)


def _lost(parts: Parts, one: Equivalence) -> str:
    gone = [parts.find(member) for member in one.members]
    fates = {"ignored" if member in parts.same else parts.gone.get(member, "unknown") for member in gone}
    return "ignored" if fates == {"ignored"} else "unknown"


def _one_thing(parts: Parts, one: Equivalence) -> list[str]:
    """The mentions of entities in a chain; one that has no label of its own gets that of the first that has."""
    label = next((parts.mentions[id_].label for id_ in map(parts.find, one.members) if parts.is_entity(id_)), None)
    for member in one.members:
        if label is not None and member in parts.same:
            mention = parts.same[member]
            parts.mentions[member] = Mention(member, label, mention.spans, mention.line)
            stand_for(parts, mention, member)
    return list(dict.fromkeys(found for found in map(parts.find, one.members) if parts.is_entity(found)))


def _attribution(parts: Parts, one: Equivalence, rule: ChainRule) -> tuple[str, str]:
    """The events of a chain get its other members in the roles that their labels have."""
    labels = {item.id: item.label for member in one.members if (item := parts.document.get(member)) is not None}
    playing = [(rule.roles[label], member) for member, label in labels.items() if label in rule.roles]
    drafts = [
        parts.drafts[found]
        for member, label in labels.items()
        if label not in rule.roles and (found := parts.find(member)) in parts.drafts
    ]
    if not drafts:
        return "unknown", "no member is an event"
    fates = [play(parts, draft, role, member) for draft in drafts for role, member in playing]
    return min(fates, key=lambda fate: fate[0] == "used", default=("used", ""))
