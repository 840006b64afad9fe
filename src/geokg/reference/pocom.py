"""The lists of principal officers and chiefs of mission that the Office of the Historian keeps (``pocom``), in XML.

A set is a folder with any of these, or one file of them:

* ``people/*.xml``: a ``person``, with names and years of life;
* ``missions-countries/*.xml``: a ``country-mission``, with its ``chief`` entries in order;
* ``positions-principals/*.xml``: a ``principal-position``, with its ``principal`` entries.

An entry becomes a tenure. It starts when the post was taken up (``started``), else on arrival; the day of the
commission is kept as a note, since a post is not held by it. It ends when ``ended`` says; without that, the last entry
of a list still goes on, and of any other the end is not known. The mission is an organ of the United States, each
title in it a post that leads it. Where the country had another name at the time (``contemporary-territory-id``), the
post has that name too. What the fields have no room for is kept as notes. Who was only nominated held no post: it is
told, and makes no tenure. Who edited which entry when is left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from ..errors import ReadError
from ..files import read_bytes
from ..vocabulary import GK
from .statements import Statements

_FOLDERS = ("people", "missions-countries", "positions-principals")
_ENTRIES = {"chief", "principal"}
_LISTS = {"chiefs": True, "principals": True, "other-nominees": False, "other-appointees": False}
_EDITING = {"created-by", "created-date", "last-modified-by", "last-modified-date"}
_FIELDS = {"id", "person-id", "role-title-id", "contemporary-territory-id", "note"}
_EVENTS = ("appointed", "arrived", "started", "ended")
_TITLES = {
    "ambassador-e-p": "Ambassador Extraordinary and Plenipotentiary",
    "charge-daffaires": "Chargé d’Affaires",
    "charge-daffaires-ad-interim": "Chargé d’Affaires ad interim",
    "chief": "Chief of Mission",
    "envoy-extraordinary-minister-plenipotentiary": "Envoy Extraordinary and Minister Plenipotentiary",
}
_SMALL = {"and", "of", "the", "ad", "interim"}
_BETWEEN = re.compile(r"^(?:between|about)\b", re.IGNORECASE)
_COUNTRY = "United States"


def read(path: Path, said: Statements) -> None:
    """Read a folder, or one file.

    Raises:
        ReadError: a file is no XML, no list that is known, or has a date that is none.
    """
    files = [path] if not path.is_dir() else [file for name in _FOLDERS for file in sorted((path / name).glob("*.xml"))]
    if not files:
        raise ReadError(f"holds no {', '.join(f'{name}/*.xml' for name in _FOLDERS)}", path=path)
    reader = _Reader(said)
    for file in files:
        reader.file(file)
    reader.close()


class _Reader:
    def __init__(self, said: Statements) -> None:
        self.said = said
        self.people: set[str] = set()
        self.named: dict[str, tuple[Path, int | None]] = {}
        self.path = Path()
        self.content = ""

    def file(self, path: Path) -> None:
        self.path = path
        data = read_bytes(path)
        if b"<!DOCTYPE" in data:
            raise ReadError("has a document type; entities are not read", path=path)
        try:
            root = ElementTree.fromstring(data)  # noqa: S314  what makes XML dangerous is refused above
        except ElementTree.ParseError as error:
            raise ReadError(f"is no XML: {error}", path=path, line=error.position[0]) from error
        self.content = data.decode("utf-8", "replace")
        kinds = {"person": self.person, "country-mission": self.mission, "principal-position": self.position}
        if root.tag not in kinds:
            raise ReadError(f"<{root.tag}> is none of {', '.join(f'<{kind}>' for kind in kinds)}", path=path, line=1)
        kinds[root.tag](root)

    def close(self) -> None:
        """Describe the people whom a list names and no file describes."""
        for key, (path, line) in self.named.items():
            if key not in self.people:
                self.said.thing(self.said.node("person", key), str(GK.Person), _title(key))
                self.said.remark(f"no file describes the person {key!r}; the name is made from that", path, line)

    def person(self, root: ElementTree.Element) -> None:
        key = self.key(root)
        self.people.add(key)
        names = root.find("persName")
        parts = {part.tag: _text(part) for part in names if part.tag != "altname"} if names is not None else {}
        plain = " ".join(filter(None, (parts.get("forename"), parts.get("surname"))))
        whole = ", ".join(filter(None, (plain, parts.get("genName")))) or _title(key)
        others = [_text(one) for one in root.iterfind("persName/altname")]
        iri = self.said.thing(self.said.node("person", key), str(GK.Person), whole, plain, *others)
        self.said.date(iri, _of(root, "birth"), _of(root, "death"), path=self.path, line=self.line(key))
        self.rest(root, {"id", "persName", "birth", "death", "career-type", "residence", "old-ids"})

    def mission(self, root: ElementTree.Element) -> None:
        territory = _of(root, "territory-id")
        if not territory:
            raise ReadError("a mission needs <territory-id>", path=self.path)
        name = f"Mission of the {_COUNTRY} to {_title(territory)}"
        body = self.said.thing(self.said.node("mission", territory), str(GK.StateOrgan), name)
        self.said.add(body, GK.isOrganOf, f"{self.said.base.data}state/USA")
        self.said.note(body, *(_text(note) for note in root.iterfind("chiefs/mission-note/text")))
        for entry, last in self.entries(root):
            role = _of(entry, "role-title-id")
            then = _of(entry, "contemporary-territory-id") or territory
            keys = (territory, role) if then == territory else (territory, then, role)
            title = _TITLES.get(role) or _title(role)
            names = [f"{title} to {_title(one)}" for one in dict.fromkeys((then, territory))]
            post = self.said.thing(self.said.node("post", *keys), str(GK.Position), *names)
            if then != territory:
                self.said.thing(body, str(GK.StateOrgan), name, f"Mission of the {_COUNTRY} to {_title(then)}")
            self.said.add(post, GK.isPositionIn, body)
            self.said.add(post, GK.leads, body)
            self.tenure(entry, post, still="..", last=last)
        self.rest(root, {"territory-id", *_LISTS})

    def position(self, root: ElementTree.Element) -> None:
        key = self.key(root)
        department = self.said.node("organization", "department-of-state")
        self.said.thing(department, str(GK.StateOrgan), f"{_COUNTRY} Department of State", "Department of State")
        self.said.add(department, GK.isOrganOf, f"{self.said.base.data}state/USA")
        name = _of(root, "names/singular") or _title(key)
        post = self.said.thing(self.said.node("post", key), str(GK.Position), name, _of(root, "names/alternate"))
        self.said.add(post, GK.isPositionIn, department)
        if key == "secretary":
            self.said.add(post, GK.leads, department)
        self.said.note(post, *("".join(one.itertext()) for one in root.iterfind("description//p")))
        for entry, last in self.entries(root):
            self.tenure(entry, post, still=".." if _of(root, "ongoing") == "true" else "", last=last)
        rest = {"id", "class", "category", "names", "start", "end", "ongoing", "description", "is-dirty", *_LISTS}
        self.rest(root, rest)

    def entries(self, root: ElementTree.Element) -> Iterator[tuple[ElementTree.Element, bool]]:
        """Those who held the post, and whether each is the last; those who did not are told."""
        for name, held in _LISTS.items():
            found = [one for one in root.iterfind(f"{name}/*") if one.tag in _ENTRIES]
            for entry in found:
                key, person = self.key(entry), _of(entry, "person-id")
                if not person:
                    raise ReadError(f"entry {key} needs <person-id>", path=self.path, line=self.line(key))
                self.named.setdefault(person, (self.path, self.line(key)))
                if held:
                    yield entry, entry is found[-1]
                else:
                    why = _of(entry, "note") or "no reason is given"
                    self.said.remark(f"{key}: {person} held no post ({why})", self.path, self.line(key))

    def tenure(self, entry: ElementTree.Element, post: str, *, still: str, last: bool) -> None:
        key = self.key(entry)
        days = {event: _of(entry, f"{event}/date") for event in _EVENTS}
        notes = {event: _of(entry, f"{event}/note") for event in _EVENTS}
        iri = self.said.tenure(self.said.node("tenure", key), self.said.node("person", _of(entry, "person-id")), post)
        began = "started" if days["started"] else "arrived"
        start = days[began]
        if start and _BETWEEN.match(notes[began]):
            start += "~"
        end = days["ended"] or (still if last else "")
        line = self.line(key)
        self.said.date(iri, start, end, path=self.path, line=line)
        if not start and not days["ended"]:
            self.said.remark(f"{key} says neither when it began nor when it ended", self.path, line)
        for event in _EVENTS:
            kept = notes[event] or event in ("appointed", "arrived")
            if kept and (days[event] or notes[event]):
                self.said.note(iri, " ".join(filter(None, (f"{event}:", notes[event], days[event]))))
        self.said.note(iri, _of(entry, "note"), *(f"{name}: {value}" for name, value in entry.items()))
        self.rest(entry, {*_FIELDS, *_EVENTS})

    def key(self, element: ElementTree.Element) -> str:
        key = _of(element, "id")
        if not key:
            raise ReadError(f"a <{element.tag}> has no <id>", path=self.path)
        return key

    def line(self, key: str) -> int | None:
        """Where an entry stands; its id is written but once."""
        place = self.content.find(f"<id>{key}</id>")
        return self.content.count("\n", 0, place) + 1 if place >= 0 else None

    def rest(self, element: ElementTree.Element, known: set[str]) -> None:
        """Tell what is not kept."""
        for tag, count in Counter(child.tag for child in element).items():
            if tag not in known and tag not in _EDITING:
                self.said.remark(f"<{element.tag}> has {count} <{tag}>, which nothing here reads", self.path)


def _of(element: ElementTree.Element, path: str) -> str:
    found = element.find(path)
    return _text(found) if found is not None else ""


def _text(element: ElementTree.Element) -> str:
    return " ".join("".join(element.itertext()).split())


def _title(key: str) -> str:
    """An id as a name: ``united-arab-emirates`` as United Arab Emirates."""
    words = key.split("-")
    return " ".join(word if place and word in _SMALL else word.capitalize() for place, word in enumerate(words))
