"""The columns of WebAnno TSV 3, and what a unit of text has in them, as structures of a CAS.

A column is ``_`` where a layer has nothing, ``*`` where a feature has no value; ``|`` stands between stacked
annotations, ``;`` between links. A number in brackets tells annotations of several units, or of one stack, apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise

from ..errors import ReadError
from .cas import Cas, Kind, Structure, short

TEXT = "text"
"""The number of the one text that the structures are over."""

TOKEN = "de.tudarmstadt.ukp.dkpro.core.api.segmentation.type.Token"  # noqa: S105 - no password
_ANYTHING = "uima.tcas.Annotation"
_NUMBERED = re.compile(r"((?:\\.|[^\\\[])*)\[([0-9]{1,9})\]", re.DOTALL)
_LINK = re.compile(r"((?:\\.|[^\\])*?)->([0-9]{1,9})-([0-9]{1,9})", re.DOTALL)
_SOURCE = re.compile(r"([0-9.-]+)(?:\[([0-9]{1,9})_([0-9]{1,9})\])?")
_TARGET = re.compile(r"([0-9.-]+)(?:\[([0-9]{1,9})\])?")
_ROLE = re.compile(r"ROLE_(?:[^|]*:)?(?P<feature>[^.|]+)_(?P<link>[^_.|]+(?:\.[^|]+)?)")
_ESCAPED = re.compile(r"\\(->|[\\\[\]|_;tn*])")


class Holds(Enum):
    """What a column holds."""

    NOTHING = "nothing but that there is one"
    VALUE = "values"
    ROLE = "roles of links"
    TARGET = "targets of links"
    SOURCE = "where a relation comes from"


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        layer: ``SP`` for spans, ``RL`` for relations, ``CH`` for chains.
        type: the layer's type.
        holds: what it holds.
        feature: the name of the feature.
        other: the type of the links of a role, of a target, or of what a relation is between.
    """

    layer: str
    type: str
    holds: Holds
    feature: str = ""
    other: str = ""


@dataclass
class Unit:
    """A token, or a part of one.

    Attributes:
        id: its number, such as ``1-3.2``.
        begin: the offset of its first character, in UTF-16 units.
        end: the offset after its last one.
        line: its line in the file.
        stacks: its annotations, by type and place in the stack.
    """

    id: str
    begin: int
    end: int
    line: int
    stacks: dict[tuple[str, int], Structure] = field(default_factory=dict)


def columns(lines: list[str], cas: Cas) -> list[Column]:
    """The columns that the lines of a header declare.

    Raises:
        ReadError: a line declares none.

    >>> from pathlib import Path
    >>> from geokg.readers.given import Faults
    >>> [column.feature for column in columns(["#T_SP=a.b.Person|name|role"], Cas(Path("a.tsv"), Faults()))]
    ['name', 'role']
    """
    found: list[Column] = []
    for number, line in enumerate(lines, start=2):
        layer, _, rest = line.removeprefix("#T_").partition("=")
        kind, *features = rest.split("|")
        if layer not in ("SP", "RL", "CH") or not kind:
            raise cas.error("a layer is declared as #T_SP=type|feature, #T_RL=... or #T_CH=...", number)
        declared: list[Column] = []
        for feature in filter(None, features):
            before = declared[-1] if declared else None
            if layer == "SP" and (role := _ROLE.fullmatch(feature)):
                declared.append(Column(layer, kind, Holds.ROLE, role["feature"], role["link"]))
            elif before and before.holds is Holds.ROLE:
                declared.append(Column(layer, kind, Holds.TARGET, before.feature, feature))
            elif layer == "RL" and feature.startswith("BT_"):
                declared.append(Column(layer, kind, Holds.SOURCE, "", feature.removeprefix("BT_")))
            else:
                declared.append(Column(layer, kind, Holds.VALUE, feature))
        if layer == "RL" and not any(column.holds is Holds.SOURCE for column in declared):
            raise cas.error(f"the relations of {kind} are between nothing: a feature BT_type must stand last", number)
        if layer == "CH" and {column.feature for column in declared} != {"referenceType", "referenceRelation"}:
            raise cas.error(f"the chains of {kind} must have referenceType and referenceRelation, and no more", number)
        if declared and declared[-1].holds is Holds.ROLE:
            raise cas.error(f"the links of {kind} lead nowhere: the type of their targets must follow", number)
        found += declared or [Column(layer, kind, Holds.NOTHING)]
    return found


def split(written: str, separator: str) -> list[str]:
    r"""The parts between separators that no backslash escapes.

    >>> split(r"a\|b|c|", "|")
    ['a\\|b', 'c', '']
    """
    if separator not in written:
        return [written]
    parts = [""]
    for sign in re.findall(r"\\.|.", written, re.DOTALL):
        if sign == separator:
            parts.append("")
        else:
            parts[-1] += sign
    return parts


def unescape(written: str) -> str:
    r"""A value as it was before it was written.

    >>> unescape(r"a\_b\->\[1\]\\n\n")
    'a_b->[1]\\n\n'
    """
    return _ESCAPED.sub(lambda match: {"t": "\t", "n": "\n"}.get(match[1], match[1]), written)


class Rows:
    """Takes the columns of one unit after the other; knows at the end what refers to what.

    Args:
        cas: takes the structures.
        columns: the columns that the header declares.
    """

    def __init__(self, cas: Cas, columns: list[Column]) -> None:
        self.cas = cas
        self.columns = columns
        self.units: dict[str, Unit] = {}
        self._numbered: dict[str, Structure] = {}
        self._slots: dict[tuple[str, str], tuple[Structure, Column, list[str | None], list[str | None]]] = {}
        self._chains: dict[tuple[str, int], dict[int, Structure]] = {}
        self._later: list[Callable[[], None]] = []
        self._count = 0

    def take(self, unit: Unit, fields: list[str]) -> None:
        """What stands in the columns of a unit.

        Raises:
            ReadError: a column is not as it is declared, and leniency was not asked for.
        """
        self.units[unit.id] = unit
        links: dict[tuple[str, int], dict[str, str]] = {}
        for column, written in zip(self.columns, fields, strict=True):
            if written == "_":
                continue
            for place, value in enumerate(split(written, "|")):
                try:
                    if column.layer == "CH":
                        links.setdefault((column.type, place), {})[column.feature] = value
                    elif column.layer == "RL":
                        self._relation(unit, column, place, value)
                    else:
                        self._span(unit, column, place, value)
                except ReadError as error:
                    self.cas.faults.refuse(error)
        for (kind, _), parts in links.items():
            try:
                self._link(unit, kind, parts)
            except ReadError as error:
                self.cas.faults.refuse(error)

    def finish(self) -> None:
        """Bind what refers to others.

        Raises:
            ReadError: it refers to nothing, and leniency was not asked for.
        """
        for host, column, roles, targets in self._slots.values():
            self._bind(host, column, roles, targets)
        for action in self._later:
            action()
        for (kind, number), chain in self._chains.items():
            links = [chain[place] for place in sorted(chain)]
            for link, after in pairwise(links):
                link.references["next"] = [after.id]
            head = Structure(
                f"{short(kind)} {number}", short(kind).removesuffix("Link") + "Chain", Kind.OTHER, links[0].line
            )
            head.references["first"] = [links[0].id]
            self.cas.add(head)

    def _new(self, kind: str, unit: Unit) -> Structure:
        self._count += 1
        one = Structure(str(self._count), kind, Kind.SPAN, unit.line, TEXT, unit.begin, unit.end)
        self.cas.add(one)
        return one

    def _span(self, unit: Unit, column: Column, place: int, written: str) -> None:
        value, number = written, ""
        if column.holds is not Holds.TARGET and (found := _NUMBERED.fullmatch(written)):
            value, number = found.groups()
        one = self._annotation(unit, column.type, place, number)
        if column.holds is Holds.VALUE:
            self._set(one, column.feature, value, unit)
        elif column.holds is Holds.NOTHING:
            if value != "*":
                raise self.cas.error(f"{short(column.type)} has no features, so {value!r} must be *", unit.line)
        else:
            self._slot(one, column, value, unit)

    def _slot(self, one: Structure, column: Column, written: str, unit: Unit) -> None:
        """Roles, or targets, of the links of a span; every unit of it has them all."""
        _, _, roles, targets = self._slots.setdefault((one.id, column.feature), (one, column, [], []))
        several = [] if written == "_" else split(written, ";")
        found: list[str | None]
        if column.holds is Holds.ROLE:
            known, found = roles, [None if role == "*" else unescape(role) for role in several]
        else:
            known, found = targets, [target for target in several if target != "*"]
        if not known:
            known.extend(found)
        elif known != found:
            message = f"{column.feature} of one {short(one.type)} is not what it is in line {one.line}: {written!r}"
            raise self.cas.error(message, unit.line)

    def _annotation(self, unit: Unit, kind: str, place: int, number: str) -> Structure:
        """The annotation of a unit at a place in the stack: one that began on an earlier unit, or a new one."""
        one = unit.stacks.get((kind, place))
        if one is None and (one := self._numbered.get(number)):
            if one.type != kind:
                raise self.cas.error(f"[{number}] is {short(one.type)} already, not {short(kind)}", unit.line)
            one.end = max(one.end, unit.end)
        one = one or self._new(kind, unit)
        unit.stacks[kind, place] = one
        if number and self._numbered.setdefault(number, one) is not one:
            raise self.cas.error(f"[{number}] is another {short(kind)} already", unit.line)
        return one

    def _set(self, one: Structure, feature: str, written: str, unit: Unit) -> None:
        if written == "*":
            return
        value = unescape(written)
        if one.values.setdefault(feature, [value]) != [value]:
            message = (
                f"{feature} of one {short(one.type)} is {one.values[feature][0]!r} in line {one.line}, {value!r} here"
            )
            raise self.cas.error(message, unit.line)

    def _relation(self, unit: Unit, column: Column, place: int, written: str) -> None:
        one = unit.stacks.get((column.type, place))
        if one is None:
            one = unit.stacks[column.type, place] = self._new(column.type, unit)
            one.references = {"Governor": [], "Dependent": []}
        if column.holds is Holds.VALUE:
            found = _NUMBERED.fullmatch(written)
            self._set(one, column.feature, found[1] if found else written, unit)
            return
        source = _SOURCE.fullmatch(written)
        if not source:
            raise self.cas.error(
                f"{written!r} is no unit that a relation comes from, such as 1-3 or 1-3[0_2]", unit.line
            )
        # As INCEpTION: dependencies are between tokens, whatever is declared.
        base = TOKEN if short(column.type) == "Dependency" else column.other
        relation = one

        def bind() -> None:
            try:
                ends = [
                    self._resolve(base, source[1], source[2], unit.line),
                    self._resolve(base, unit.id, source[3], unit.line),
                ]
            except ReadError as error:
                self.cas.faults.refuse(error)
                self.cas.structures.pop(relation.id, None)
                return
            relation.references = {"Governor": [ends[0].id], "Dependent": [ends[1].id]}
            relation.begin, relation.end = ends[1].begin, ends[1].end

        self._later.append(bind)

    def _bind(self, host: Structure, column: Column, roles: list[str | None], targets: list[str | None]) -> None:
        """Make the links of a slot."""
        try:
            if len(roles) != len(targets):
                message = f"{short(host.type)} has {len(roles)} roles in {column.feature}, but {len(targets)} targets"
                raise self.cas.error(message, host.line)
            pair = next(one for one in self.columns if (one.type, one.feature) == (column.type, column.feature))
            base = self.columns[self.columns.index(pair) + 1].other
            links = []
            for place, (role, written) in enumerate(zip(roles, targets, strict=True), start=1):
                target = _TARGET.fullmatch(written or "")
                if not target:
                    raise self.cas.error(f"{written!r} is no unit, such as 1-3 or 1-3[2]", host.line)
                link = Structure(f"{host.id}.{column.feature}.{place}", pair.other, Kind.OTHER, host.line)
                link.values = {} if role is None else {"role": [role]}
                link.references["target"] = [self._resolve(base, target[1], target[2], host.line).id]
                links.append(link)
        except ReadError as error:
            self.cas.faults.refuse(error)
            return
        host.references[column.feature] = [link.id for link in links]
        for link in links:
            self.cas.add(link)

    def _resolve(self, kind: str, name: str, number: str | None, line: int) -> Structure:
        """The annotation that is meant by a unit, a type and a number; 0 where there is but one."""
        if number and int(number):
            if number not in self._numbered:
                raise self.cas.error(f"{name}[{number}] is nothing that has this number", line)
            return self._numbered[number]
        unit = self.units.get(name)
        if unit is None:
            raise self.cas.error(f"refers to the unit {name}, which is not in this file", line)
        if kind == TOKEN and name in self.cas.structures:
            return self.cas.structures[name]
        fits = [one for (have, _), one in unit.stacks.items() if have == kind or kind == _ANYTHING]
        if not fits or (kind == _ANYTHING and len(fits) > 1):
            count = f"{len(fits)} annotations" if fits else f"no {short(kind)}"
            raise self.cas.error(f"refers to the unit {name}, which has {count}", line)
        return fits[0]

    def _link(self, unit: Unit, kind: str, parts: dict[str, str]) -> None:
        """A link of a chain."""
        found = _LINK.fullmatch(parts.get("referenceRelation", ""))
        if not found:
            written = parts.get("referenceRelation", "_")
            raise self.cas.error(f"{written!r} is no link of a chain, such as coref->1-2 or *->1-2", unit.line)
        chain = self._chains.setdefault((kind, int(found[2])), {})
        one = chain.get(int(found[3]))
        if one is None:
            one = chain[int(found[3])] = self._new(kind, unit)
        one.end = max(one.end, unit.end)
        self._set(one, "referenceRelation", found[1], unit)
        written = parts.get("referenceType", "*")
        numbered = _NUMBERED.fullmatch(written)
        if numbered and numbered[2] != found[2]:
            raise self.cas.error(f"{written!r} is of another chain than {found[2]}-{found[3]}", unit.line)
        self._set(one, "referenceType", numbered[1] if numbered else written, unit)
