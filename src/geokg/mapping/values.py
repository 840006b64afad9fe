"""Attributes and entries of registers: which values of ours they are."""

from __future__ import annotations

from dataclasses import replace

from ..errors import UnknownTerm
from ..text import Attribute, Mention, Normalization
from .parts import Parts
from .rule import AttributeRule, Missing, Rule, lookup


def on_mentions(parts: Parts) -> list[Attribute]:
    """Give mentions their values, and leave out what should name a concept and names none.

    Returns:
        The attributes on all else, for ``on_events``.
    """
    others = []
    for attribute in parts.document.attributes:
        if parts.find(attribute.target) in parts.mentions:
            _attribute(parts, attribute)
        else:
            others.append(attribute)
    _constants(parts, list(parts.mentions))
    for mention in list(parts.mentions.values()):
        if parts.kind(mention.id).role == "concept":
            _concept(parts, mention)
    return others


def on_events(parts: Parts, attributes: list[Attribute]) -> None:
    """Give everything else its values, and mentions their entries of registers."""
    for attribute in attributes:
        _attribute(parts, attribute)
    _constants(parts, list(parts.drafts))
    for one in parts.document.normalizations:
        _register(parts, one)


def _constants(parts: Parts, identifiers: list[str]) -> None:
    for identifier in identifiers:
        for name, constant in parts.rules.get(identifier, Rule()).constants.items():
            parts.assign(identifier, name, constant, f"{identifier}.{name}", 0)


def _concept(parts: Parts, mention: Mention) -> None:
    kind = parts.kind(mention.id)
    names = [one.value or "" for one in parts.attributes if one.target == mention.id and one.name == mention.label]
    try:
        parts.scheme.value(kind.iri, next(iter(names), mention.text))
    except UnknownTerm as error:
        fate, why = "unknown", error.message
        parts.gone[mention.id] = fate
        del parts.mentions[mention.id]
        parts.attributes = [one for one in parts.attributes if one.target != mention.id]
    else:
        fate, why = "used", ""
    parts.count("label", parts.named[mention.id], fate, mention.line, why)


def _attribute(parts: Parts, attribute: Attribute) -> None:
    target, name = parts.find(attribute.target), attribute.name
    means = lookup(parts.rules.get(target, Rule()).attributes, name)
    if isinstance(means, Missing):
        means = lookup(parts.labels.attributes, name)
    said = (attribute.target, name) in parts.splitting
    if isinstance(means, AttributeRule) and means.ignored:
        fate, why = "ignored", ""
    elif not parts.lives(target):
        fate, why = ("ignored" if target in parts.same else parts.fate(target)), f"{attribute.target} is left out"
    elif isinstance(means, Missing) and said:
        fate, why = "used", ""
    else:
        fate, why = _value(parts, attribute, target, AttributeRule(name) if isinstance(means, Missing) else means)
    if fate == "unknown" and why and parts.lives(target):
        name = f"{name}={attribute.value}"
    parts.count("attribute", name, fate, attribute.line, why)


def _value(parts: Parts, attribute: Attribute, target: str, rule: AttributeRule) -> tuple[str, str]:
    ours = attribute.value
    if rule.values:
        found = lookup(rule.values, ours or "")
        if isinstance(found, Missing):
            return "unknown", "no such value"
        if found is None:
            return "ignored", ""
        ours = found
    ours = rule.constant or ours
    why = ""
    if rule.separator is not None:
        if target not in parts.drafts:
            return "unknown", f"{target} is no event that speakers could tell"
        parts.speakers[target] = (rule, ours or "", attribute.line)
    elif rule.register is not None:
        if not parts.is_entity(target):
            return "unknown", f"{target} is no entity"
        entry = Normalization(attribute.id, "Reference", target, rule.register, ours or "", line=attribute.line)
        parts.entries.append(entry)
    else:
        why = parts.assign(target, rule.term or "", ours, attribute.id, attribute.line)
    return ("unknown" if why else "used"), why


def _register(parts: Parts, one: Normalization) -> None:
    resource = lookup(parts.labels.registers, one.resource)
    target = parts.find(one.target)
    if resource is None:
        fate, why = "ignored", ""
    elif parts.is_entity(target):
        fate, why = "used", ""
        ours = one.resource if isinstance(resource, Missing) else resource
        parts.entries.append(replace(one, target=target, resource=ours))
    else:
        fate, why = ("unknown" if parts.lives(target) else parts.fate(target)), f"{one.target} is no entity"
    parts.count("register", one.resource, fate, one.line, why)
