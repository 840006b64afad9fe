"""From ``scheme.toml`` to a ``LabelMap``: every term looked up in the ontology, every mistake told with its line."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from ..errors import ReadError
from ..files import is_there, read_bytes
from ..readers.source import read_toml
from ..scheme import Kind, Scheme, unknown
from ..vocabulary import packaged
from .rule import SAME, AttributeRule, ChainRule, LabelMap, Rule

NAME = "scheme.toml"
"""The file beside a corpus, or above it, that says what its labels mean."""

_EQUIVALENCE = "Equiv"
_RULE_KEYS = ("is", "or", "by", "split", "roles", "attributes", "set")
_RELATION_KEYS = (*_RULE_KEYS, "role", "on")
_ATTRIBUTE_KEYS = ("is", "values", "value", "register", "speakers", "writer", "key")
_SUGGESTIONS = 3

_Made = TypeVar("_Made")


def shipped() -> dict[str, Path]:
    """The schemes that come with geokg, by name.

    >>> "ace" in shipped()
    True
    """
    return {path.stem: path for path in sorted((packaged("ontology") / "schemes").glob("*.toml"))}


def load(given: str | Path, scheme: Scheme) -> LabelMap:
    """Read a ``scheme.toml``, or one that comes with geokg, with those that it extends.

    Args:
        given: a file, or the name of a shipped one.
        scheme: the ontology's labels.

    Raises:
        UnknownTerm: a term that the ontology does not have, with file, line and the nearest.
        ReadError: it is not TOML, or has a key or a kind of value that does not belong there.

    >>> load("ace", Scheme.packaged()).labels["PER"].term
    'Person'
    """
    return _load(_path(given, None, None), scheme, ())


def _path(given: str | Path, near: Path | None, line: int | None) -> Path:
    """The file that is meant: one beside the file that names it, else a shipped one."""
    path = near.parent / given if near else Path(given)
    if is_there(path) and not path.is_dir():
        return path
    known = shipped()
    if str(given) in known:
        return known[str(given)]
    close = difflib.get_close_matches(str(given), known, _SUGGESTIONS)
    hint = f"did you mean {' or '.join(close)}?" if close else f"there are: {', '.join(known)}"
    message = f"there is no file {str(given)!r}, and no scheme of that name comes with geokg; {hint}"
    raise ReadError(message, path=near, line=line)


def _load(path: Path, scheme: Scheme, inside: tuple[Path, ...]) -> LabelMap:
    table, content = read_toml(path)
    reading = _Reading(path, content, scheme)
    tables = [field.name for field in fields(LabelMap) if field.name != "digest"]
    reading.only(table, ["extends", *tables], ())
    names = table.get("extends", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise reading.error("extends is a list of files and names of shipped schemes", "extends")
    parts: list[LabelMap] = []
    for name in names:
        other = _path(name, path, reading.line("extends", name))
        if other.resolve() in (path.resolve(), *inside):
            raise reading.error(f"{name!r} extends itself", "extends", name)
        parts.append(_load(other, scheme, (*inside, path.resolve())))
    own = LabelMap(
        labels=reading.each(table, "labels", reading.rule),
        roles=reading.each(table, "roles", reading.role),
        relations=reading.each(table, "relations", reading.relation),
        attributes=reading.each(table, "attributes", reading.attribute),
        registers=reading.each(table, "registers", reading.register),
        chains=reading.each(table, "chains", reading.chain),
        digest=hashlib.sha256(read_bytes(path)).hexdigest(),
    )
    digests = [part.digest for part in (*parts, own)]
    return LabelMap(
        **{name: {k: v for part in (*parts, own) for k, v in getattr(part, name).items()} for name in tables},
        digest=hashlib.sha256(" ".join(digests).encode()).hexdigest(),
    )


class _Reading:
    """One file, table by table; ``where`` is the way of keys to a value, for the line of a message."""

    def __init__(self, path: Path, content: str, scheme: Scheme) -> None:
        self.path = path
        self.lines = content.split("\n")
        self.scheme = scheme
        self.terms = [*scheme.events, *scheme.mentions]

    # Places

    def line(self, *where: str) -> int | None:
        """The line where the last of some keys, or a value, stands behind the others."""
        found = None
        for word in where:
            pattern = re.compile(rf"(?<![\w-])(?:{re.escape(word)}|{re.escape(_escaped(word))})(?![\w-])")
            start = found or 0
            for number in range(start, len(self.lines)):
                if pattern.search(self.lines[number].split(" #")[0]) and not self.lines[number].lstrip().startswith(
                    "#"
                ):
                    found = number
                    break
        return None if found is None else found + 1

    def error(self, message: str, *where: str) -> ReadError:
        return ReadError(message, path=self.path, line=self.line(*where))

    def only(self, table: Mapping[str, Any], known: Iterable[str], where: tuple[str, ...]) -> None:
        """Refuse keys that mean nothing here."""
        known = list(known)
        for key in table:
            if key not in known:
                near = difflib.get_close_matches(key, known, 1)
                hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
                raise self.error(f"unknown key {key!r}; {hint}", *where, key)

    def table(self, value: object, *where: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.error(f"{'.'.join(where)} is a table", *where)
        return value

    def each(
        self, table: Mapping[str, Any], name: str, make: Callable[[object, tuple[str, ...]], _Made]
    ) -> dict[str, _Made]:
        return {key: make(value, (name, key)) for key, value in self.table(table.get(name, {}), name).items()}

    # Rules

    def rule(self, value: object, where: tuple[str, ...], parent: Rule | None = None) -> Rule | None:
        """A term, ``false``, or a table."""
        if value is False:
            return None
        parent = parent or Rule()
        table = {"is": value} if isinstance(value, str) else self.table(value, *where)
        relation = where[0] == "relations"
        self.only(table, _RELATION_KEYS if relation else _RULE_KEYS, where)
        term = table.get("is")
        if term is not None:
            self._term(term, (*where, "is") if isinstance(value, dict) else where)
        kind = self.scheme.events.get(term or "")
        roles = {
            key: self._role(role, kind, (*where, "roles", key))
            for key, role in self.table(table.get("roles", {}), *where, "roles").items()
        }
        attributes = {
            key: self.attribute(one, (*where, "attributes", key), kind)
            for key, one in self.table(table.get("attributes", {}), *where, "attributes").items()
        }
        constants = {
            key: self._constant(key, one, kind, (*where, "set", key))
            for key, one in self.table(table.get("set", {}), *where, "set").items()
        }
        other = table.get("or")
        if other is not None and self.scheme.mentions.get(str(other), Kind("", "evidence")).role != "entity":
            raise unknown(
                str(other), self.scheme.mentions, "label of an entity", self.path, self.line(*where, str(other))
            )
        own = Rule(
            term,
            other,
            table.get("by"),
            {},
            {**parent.roles, **roles},
            {**parent.attributes, **attributes},
            {**parent.constants, **constants},
        )
        if own.by is None and (term is None or "split" in table):
            raise self.error("a rule says what a label is, or by which attribute it is split", *where)
        if not isinstance(own.by, str | None):
            raise self.error("by is the name of an attribute", *where, "by")
        split = {
            key: self.rule(one, (*where, "split", key), own)
            for key, one in self.table(table.get("split", {}), *where, "split").items()
        }
        return Rule(own.term, own.other, own.by, split, own.roles, own.attributes, own.constants)

    def relation(self, value: object, where: tuple[str, ...]) -> Rule | None:
        """``false``, a rule for the event that it becomes, or the role that one end plays in the other."""
        if not isinstance(value, dict) or "role" not in value:
            return self.rule(value, where)
        self.only(value, ("role", "on"), where)
        on = value.get("on", "")
        if not isinstance(on, str):
            raise self.error("on is the name of an end, such as Arg1", *where, "on")
        return Rule(role=self._role(value["role"], None, (*where, "role")), on=on)

    def role(self, value: object, where: tuple[str, ...]) -> str | None:
        """The role that is meant, or ``false``."""
        return self._role(value, None, where)

    def attribute(self, value: object, where: tuple[str, ...], kind: str | None = None) -> AttributeRule:
        """``false``, an attribute of ours, or a table."""
        if value is False:
            return AttributeRule()
        table = {"is": value} if isinstance(value, str) else self.table(value, *where)
        self.only(table, _ATTRIBUTE_KEYS, where)
        means = [key for key in ("is", "register", "speakers") if key in table]
        if len(means) != 1:
            raise self.error("an attribute has one of is, register and speakers, or is false", *where)
        for key in (means[0], "value", "key"):
            if not isinstance(table.get(key, ""), str):
                raise self.error(f"{key} is a string", *where, key)
        if table.get("speakers") == "":
            raise self.error("speakers is what stands between them", *where, "speakers")
        writer: object = table.get("writer", [])
        if not isinstance(writer, list) or not all(isinstance(one, str) for one in writer):
            raise self.error("writer is a list of strings", *where, "writer")
        values = self.table(table.get("values", {}), *where, "values")
        for key, one in values.items():
            if one is not False and not isinstance(one, str):
                raise self.error("a value is a string, or false", *where, "values", key)
        term = table.get("is")
        if term is not None:
            for one in [*values.values(), *([table["value"]] if "value" in table else [])]:
                if one is not False:
                    self._value(term, one, kind, where)
            self._value(term, None, kind, where)
        return AttributeRule(
            term,
            table.get("register"),
            {key: one or None for key, one in values.items()},
            table.get("value"),
            table.get("speakers"),
            tuple(writer),
            table.get("key", "id"),
        )

    def register(self, value: object, where: tuple[str, ...]) -> str | None:
        """Our name of a register, or ``false``."""
        if value is False or isinstance(value, str):
            return value or None
        raise self.error("a register is a name, or false", *where)

    def chain(self, value: object, where: tuple[str, ...]) -> ChainRule | None:
        """``false``, ``Equiv``, or a table of the roles that members play by their labels."""
        if value is False:
            return None
        if isinstance(value, dict):
            self.only(value, ["roles"], where)
            roles = self.table(value.get("roles", {}), *where, "roles")
            return ChainRule({key: self._role(one, None, (*where, "roles", key)) or "" for key, one in roles.items()})
        if value == _EQUIVALENCE:
            return ChainRule()
        raise self.error(f"a chain is {_EQUIVALENCE!r}, false, or a table of roles", *where)

    # Terms

    def _term(self, term: object, where: tuple[str, ...]) -> None:
        if not isinstance(term, str):
            raise self.error("a label is a term of the ontology, or false", *where)
        if term != SAME and term not in self.terms:
            raise unknown(term, self.terms, "label", self.path, self.line(*where, term))

    def _role(self, role: object, kind: str | None, where: tuple[str, ...]) -> str | None:
        if role is False:
            return None
        if not isinstance(role, str):
            raise self.error("a role is a role of the ontology, or false", *where)
        if kind is not None:
            self.scheme.property(role, kind, path=self.path, line=self.line(*where, role))
        elif role not in self.scheme.properties:
            raise unknown(role, self.scheme.properties, "role", self.path, self.line(*where, role))
        return role

    def _constant(self, name: str, value: object, kind: str | None, where: tuple[str, ...]) -> str | None:
        if value is not True and not isinstance(value, str):
            raise self.error("a value that is set is a string, or true for a flag", *where)
        self._value(name, None if value is True else value, kind, where)
        return None if value is True else value

    def _value(self, name: str, value: str | None, kind: str | None, where: tuple[str, ...]) -> None:
        """Look an attribute up, and one of its values."""
        line = self.line(*where, name)
        found = self.scheme.property(name, kind, kind="attribute", path=self.path, line=line)
        if value is not None and found.values_from is not None:
            self.scheme.value(found.values_from, value, path=self.path, line=self.line(*where, value))


def _escaped(word: str) -> str:
    """A word as it stands in a basic string of TOML."""
    return word.replace("\\", "\\\\").replace('"', '\\"')
