"""A first ``scheme.toml`` for a corpus, from the labels that stand in it: what is sure, and what a person must say.

Sure is what the ontology itself calls so, by a label of a term, whatever its case and its blanks; and what a shipped
scheme says that knows at least half of all else, counted by what bears the labels. The rest stands there as comments,
with the nearest terms.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping

from ..scheme import Scheme
from .corpus import Corpus, Label, by_count
from .reading import load, shipped
from .rule import SAME, LabelMap, Missing, Rule, fitting, lookup

_HALF = 0.5
_NEAR = 0.7
_CHOICES = 3
_VALUES = 12
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_HEAD = """\
# Proposed by geokg scheme --suggest from {texts}. The words behind a count are the first example.
# Lines in comments wait for your choice: take the # away, put another term of the ontology (geokg scheme shows them),
# or false to ignore it on purpose. What is left in comments is counted as unknown.
"""


def suggest(corpus: Corpus, scheme: Scheme) -> str:
    """Write a ``scheme.toml`` that geokg reads, for a person to finish.

    >>> from geokg.mapping.corpus import Label
    >>> print(suggest(Corpus(1, {"person": Label(2, "“Hu” (a.ann:1)")}), Scheme.packaged()))
    # Proposed by geokg scheme --suggest from 1 text. ...
    <BLANKLINE>
    [labels]
    # 2 times, such as “Hu” (a.ann:1)
    person = "Person"
    <BLANKLINE>
    """
    return _Suggestion(corpus, scheme).text()


class _Suggestion:
    def __init__(self, corpus: Corpus, scheme: Scheme) -> None:
        self.corpus = corpus
        self.scheme = scheme
        self.terms = [*scheme.events, *scheme.mentions]
        self.shipped = {name: load(name, scheme) for name in shipped()}
        self.extends = self._extends()

    def text(self) -> str:
        texts = f"{self.corpus.texts} text{'' if self.corpus.texts == 1 else 's'}"
        parts = [_HEAD.format(texts=texts)]
        if self.extends:
            parts.append(f"extends = {json.dumps(self.extends)}\n")
        sections = {
            "labels": self._labels(),
            "roles": self._roles(),
            "relations": self._relations(),
            "attributes": self._attributes(),
            "registers": self._registers(),
            "chains": self._chains(),
        }
        for name, lines in sections.items():
            if body := "\n".join(lines):
                parts.append(f"[{name}]\n{body}\n")
        return "\n".join(parts)

    # What shipped schemes know

    def _extends(self) -> list[str]:
        """Shipped schemes that know at least half of what bears labels that nothing else knows, the best first."""
        there = {**self.corpus.relations, **self.corpus.labels}
        left = {name: label.count for name, label in there.items() if name not in self.terms}
        chosen: list[str] = []
        while left:
            known = {name: [one for one in left if self._knows(labels, one)] for name, labels in self.shipped.items()}
            worth = {name: sum(left[one] for one in ones) for name, ones in known.items()}
            best = max(worth, key=lambda name: (worth[name], -len(self.shipped[name].labels)))
            if worth[best] < _HALF * sum(left.values()):
                break
            chosen.append(best)
            left = {name: count for name, count in left.items() if name not in known[best]}
        return chosen

    def _knows(self, labels: LabelMap, name: str) -> bool:
        tables = (labels.labels, self.corpus.labels), (labels.relations, self.corpus.relations)
        return any(name in there and fitting(rules, name) is not None for rules, there in tables)

    def _taken(self, table: str, name: str) -> str | None:
        """The scheme that is extended and has a rule for a name."""
        for scheme in reversed(self.extends):
            if fitting(getattr(self.shipped[scheme], table), name) is not None:
                return scheme
        return None

    def _meaning(self, table: str, name: str, scheme: str) -> str | None:
        """What a shipped scheme says of a name; ``None`` if nothing."""
        rules: Mapping[str, Rule | None] = getattr(self.shipped[scheme], table)
        found = lookup(rules, name)
        if isinstance(found, Missing):
            return None
        return "false" if found is None else found.term or found.role or f"split by {found.by}"

    def _elsewhere(self, table: str, name: str) -> list[tuple[str, str]]:
        """What shipped schemes that are not extended say of a name."""
        found = [(scheme, self._meaning(table, name, scheme)) for scheme in self.shipped if scheme not in self.extends]
        return [(scheme, meaning) for scheme, meaning in found if meaning is not None]

    # Sections

    def _labels(self) -> Iterator[str]:
        for name, label in by_count(self.corpus.labels):
            yield _seen(label)
            if (taken := self._taken("labels", name)) is not None:
                meaning = self._meaning("labels", name, taken)
                yield f"# {_key(name)}: {json.dumps(SAME) if meaning == SAME else meaning} in {taken}"
            elif name in self.terms:
                yield f"# {_key(name)}: a label of ours"
            elif (term := self._sure(name)) is not None:
                yield f"{_key(name)} = {json.dumps(term)}"
            else:
                yield from self._choices("labels", name, self._near(name, label))
                yield from self._splits(name, label)

    def _sure(self, name: str) -> str | None:
        """The one term that the ontology calls so."""
        found = {
            term for term in self.terms for word in self.scheme.names.get(term, (term,)) if _plain(word) == _plain(name)
        }
        return found.pop() if len(found) == 1 else None

    def _near(self, name: str, label: Label) -> list[str]:
        """The terms whose labels are spelt most like a name; of those alike, events for what is an event."""
        known = {_plain(word): term for term in self.terms for word in self.scheme.names.get(term, (term,))}
        near = [known[word] for word in difflib.get_close_matches(_plain(name), known, _CHOICES, _NEAR)]
        # A part of the name that is a term, such as "source_organization".
        near += [
            known[word] for word in map(_plain, re.split(r"[^A-Za-z]+|(?<=[a-z])(?=[A-Z])", name)) if word in known
        ]
        near = sorted(dict.fromkeys(near), key=lambda term: (term in self.scheme.events) != label.event)
        return near or ["Event" if label.event else "Actor"]

    def _choices(self, table: str, name: str, near: Iterable[str]) -> Iterator[str]:
        elsewhere = self._elsewhere(table, name)
        for scheme, term in elsewhere:
            if term in (*self.terms, SAME, "false"):
                yield f"# {_key(name)} = {term if term == 'false' else json.dumps(term)}   # as in {scheme}"
            else:
                yield f"# {_key(name)}: {term} in {scheme}, which may be extended"
        if not elsewhere:
            first, *others = map(json.dumps, near)
            yield f"# {_key(name)} = {' # or '.join([first, *others, 'false'])}"

    def _splits(self, name: str, label: Label) -> Iterator[str]:
        """Attributes whose values may say more than the label does."""
        for attribute, values in label.values.items():
            if 1 < len(values) <= _VALUES and "" not in values:
                split = ", ".join(f"{_key(value)} = {self._value_of(value)}" for value, _ in values.most_common())
                yield f"# {_key(name)} = {{ by = {_string(attribute)}, split = {{ {split} }} }}"

    def _value_of(self, value: str) -> str:
        sure = value if value in self.terms else self._sure(value)
        if sure is not None:
            return json.dumps(sure)
        return next((json.dumps(term) for _, term in self._elsewhere("labels", value) if term in self.terms), "false")

    def _roles(self) -> Iterator[str]:
        """Roles that are none of ours on what the label is by now."""
        roles: dict[str, Label] = {}
        for name, label in self.corpus.labels.items():
            for role, count in label.parts.items():
                one = roles.setdefault(role, Label(example=f"of {_key(name)}"))
                one.count += count
        known = {
            _plain(role): role
            for role, found in self.scheme.properties.items()
            if any(one.label == role for one in found)
        }
        for role, label in by_count(roles):
            if self._taken("roles", role) is None and role not in known.values():
                near = [known[word] for word in difflib.get_close_matches(_plain(role), known, _CHOICES, _NEAR)]
                parts = [known[word] for word in map(_plain, re.split(r"[^A-Za-z]+", role)) if word in known]
                yield _seen(label)
                choices = [json.dumps(one) for one in dict.fromkeys([*parts, *near])] or ['"Actor"']
                yield f"# {_key(role)} = {' # or '.join([*choices, 'false'])}"

    def _relations(self) -> Iterator[str]:
        for name, label in by_count(self.corpus.relations):
            yield f"{_seen(label)}, {_list(label.parts)}"
            if (taken := self._taken("relations", name)) is not None:
                yield f"# {_key(name)}: {self._meaning('relations', name, taken)} in {taken}"
                continue
            for scheme, term in self._elsewhere("relations", name):
                yield f"# {_key(name)}: {term} in {scheme}"
            yield f'# {_key(name)} = {{ is = "Relationship", roles = {{ Arg1 = "Participant", Arg2 = "About" }} }}'
            yield f'# {_key(name)} = {{ role = "About" }} # of the end that is an event'
            yield f"# {_key(name)} = false"

    def _attributes(self) -> Iterator[str]:
        ours = {one.label for found in self.scheme.properties.values() for one in found}
        for name, label in by_count(self.corpus.attributes):
            if self._taken("attributes", name) is None and name not in ours:
                yield f"{_seen(label)}, {_list(label.values[name])}"
                yield f"# {_key(name)} = false"

    def _registers(self) -> Iterator[str]:
        for name, label in by_count(self.corpus.registers):
            if self._taken("registers", name) is None:
                yield _seen(label)
                yield f"# {_key(name)} = {_string(name)} # or false"

    def _chains(self) -> Iterator[str]:
        for name, label in by_count(self.corpus.chains):
            if self._taken("chains", name) is None and name != "Equiv":
                yield f"{_seen(label)}, of {_list(label.parts)}"
                yield f'# {_key(name)} = "Equiv" # or false'


def _seen(label: Label) -> str:
    often = "once" if label.count == 1 else f"{label.count} times"
    example = label.example if label.example.startswith("of ") else f"such as {label.example}"
    return f"# {often}, {example}"


def _list(counts: Mapping[str, int]) -> str:
    told = [f"{_string(name)} {count}" for name, count in list(counts.items())[:_VALUES]]
    return ", ".join(told) + (", …" if len(counts) > _VALUES else "")


def _plain(name: str) -> str:
    """What two spellings of a name have in common.

    >>> _plain("state-organ") == _plain("StateOrgan")
    True
    """
    return re.sub(r"[\W_]+", "", name).casefold()


def _key(name: str) -> str:
    """A name as a key of TOML."""
    return name if _BARE.fullmatch(name) else _string(name)


def _string(value: str) -> str:
    r"""A string of TOML: that of JSON, but for one character that TOML has escaped too.

    >>> print(_string("a\n\x7f"))
    "a\n\u007f"
    """
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
