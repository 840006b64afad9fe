"""What a ``scheme.toml`` says, as values: one rule for each label, attribute, relation, register and chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

_Rule = TypeVar("_Rule")

SAME = "="
"""In place of a term: whatever else is marked on the same words, or on words of the same chain."""


@dataclass(frozen=True)
class AttributeRule:
    """What becomes of an attribute.

    Attributes:
        term: our attribute; ``None`` where the foreign one is ignored on purpose, or names an entry of a register.
        register: the register that the value is a key of.
        values: our values by the foreign ones; ``None`` ignores one on purpose. Empty: values stay as written.
        constant: our value, whatever the foreign one.
        separator: what stands between the speakers, where the attribute is a chain of them, outermost first.
        writer: names in such a chain that stand for the narrator.
        key: the attribute by which a mention is called in such a chain.
    """

    term: str | None = None
    register: str | None = None
    values: Mapping[str, str | None] = field(default_factory=dict)
    constant: str | None = None
    separator: str | None = None
    writer: tuple[str, ...] = ()
    key: str = "id"

    @property
    def ignored(self) -> bool:
        """Whether the attribute is left out on purpose."""
        return self.term is None and self.register is None and self.separator is None


@dataclass(frozen=True)
class Rule:
    """What becomes of what bears a label: a mention, an event, a relation.

    Attributes:
        term: a class of ours, ``SAME``, or ``None`` where the label is ignored on purpose or split.
        other: a class for roles that one of ``term`` cannot play: words for two things, such as a state and its land.
        by: the attribute that splits the label.
        split: the rule for each value of that attribute, the empty one where there is none; ``None`` ignores one.
        roles: our roles by the foreign ones; ``None`` ignores one on purpose.
        attributes: rules for attributes where they stand on this label.
        constants: values that are set on every one; ``None`` is a flag.
        role: for a relation that is a role of one of its ends: the role that the other end plays.
        on: the end that the role belongs to; empty for the one that is an event, the first if both are.
    """

    term: str | None = None
    other: str | None = None
    by: str | None = None
    split: Mapping[str, Rule | None] = field(default_factory=dict)
    roles: Mapping[str, str | None] = field(default_factory=dict)
    attributes: Mapping[str, AttributeRule] = field(default_factory=dict)
    constants: Mapping[str, str | None] = field(default_factory=dict)
    role: str | None = None
    on: str = ""


@dataclass(frozen=True)
class ChainRule:
    """What becomes of a chain of mentions: they are one thing, or parts of one attribution.

    Attributes:
        roles: empty where the members are one thing; else the role that each plays in the event among them, by label.
    """

    roles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LabelMap:
    """A whole ``scheme.toml``; ``None`` as a rule ignores on purpose.

    Attributes:
        labels: for mentions and events.
        roles: our roles by the foreign ones, where a label has none of its own.
        relations: for relations.
        attributes: for attributes, where a label has none of its own.
        registers: our names of registers by the foreign ones.
        chains: for equivalences, by their kind.
        digest: SHA-256 of all the files that it was read from.
    """

    labels: Mapping[str, Rule | None] = field(default_factory=dict)
    roles: Mapping[str, str | None] = field(default_factory=dict)
    relations: Mapping[str, Rule | None] = field(default_factory=dict)
    attributes: Mapping[str, AttributeRule] = field(default_factory=dict)
    registers: Mapping[str, str | None] = field(default_factory=dict)
    chains: Mapping[str, ChainRule | None] = field(default_factory=dict)
    digest: str = ""


class Missing:
    """No rule: neither a term nor ignored on purpose."""


MISSING = Missing()


def fitting(rules: Mapping[str, _Rule], name: str) -> str | None:
    """The key of the rule for a name: the name itself, else its longest beginning that ends in ``*``.

    >>> fitting({"POS*": 1, "POS_ADJ": 2}, "POS_VERB"), fitting({"POS*": 1, "POS_ADJ": 2}, "POS_ADJ")
    ('POS*', 'POS_ADJ')
    >>> fitting({"POS*": 1}, "Token")
    """
    if name in rules:
        return name
    return max((key for key in rules if key.endswith("*") and name.startswith(key[:-1])), key=len, default=None)


def lookup(rules: Mapping[str, _Rule], name: str) -> _Rule | Missing:
    """The rule for a name.

    >>> lookup({"POS*": 1}, "POS_VERB"), lookup({"POS*": 1}, "Token") is MISSING
    (1, True)
    """
    key = fitting(rules, name)
    return MISSING if key is None else rules[key]
