"""Popolo JSON (https://www.popoloproject.com/specs/): persons, organizations, posts and memberships.

A membership in a post is a tenure; one with a ``role`` and no post is a tenure of a post of that name in the
organization; one with neither is an affiliation. Memberships may stand by themselves or inside a person, organization
or post, and so may posts inside an organization. A date is a year, a month or a day, and stays so; a missing end is not
known, and is not taken for still going on. Names that were used for some time only are kept, with that time as a note.
What is not read is told once for each field.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyoxigraph as ox
from rdflib.namespace import DCTERMS, RDF

from ..errors import ReadError
from ..files import read_bytes
from ..vocabulary import GK
from .statements import Statements

_LISTS = ("persons", "organizations", "posts", "memberships")
_COMMON = {"id", "name", "other_names", "identifiers", "sources", "memberships", "@type", "@context"}
_READ = {
    "persons": _COMMON | {"birth_date", "death_date", "sort_name", "given_name", "family_name"},
    "organizations": _COMMON | {"founding_date", "dissolution_date", "parent_id", "posts"},
    "posts": _COMMON | {"label", "other_label", "role", "organization_id", "start_date", "end_date"},
    "memberships": _COMMON
    | {"label", "role", "person_id", "organization_id", "post_id", "start_date", "end_date", "member"},
}
_DATES = {"persons": ("birth_date", "death_date"), "organizations": ("founding_date", "dissolution_date")}
_KINDS = {"persons": ("person", GK.Person), "organizations": ("organization", GK.Organization)}


def read(path: Path, said: Statements) -> None:
    """Read a file.

    Raises:
        ReadError: it is no Popolo JSON, or names a person, organization or post that is not in it.
    """
    try:
        table = json.loads(read_bytes(path).decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise ReadError(f"is no JSON: {error.msg}", path=path, line=error.lineno, column=error.colno) from error
    except (ValueError, RecursionError) as error:
        raise ReadError(f"is no JSON in UTF-8: {error}", path=path) from error
    if not isinstance(table, dict) or not any(name in table for name in _LISTS):
        raise ReadError(f"is no Popolo: an object with any of {', '.join(_LISTS)} is expected", path=path)
    _Reader(path, said).run(table)


class _Reader:
    def __init__(self, path: Path, said: Statements) -> None:
        self.path = path
        self.said = said
        self.unread: Counter[tuple[str, str]] = Counter()
        self.found: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in _LISTS[:3]}
        self.memberships: list[dict[str, Any]] = []

    def run(self, table: dict[str, Any]) -> None:
        for name in table.keys() - {*_LISTS, "@context", "meta"}:
            self.unread[name, ""] += 1
        for name in _LISTS:
            for place, one in enumerate(_list(table, name), 1):
                self.gather(name, one, f"{name} {place}")
        for name, (kind, iri) in _KINDS.items():
            for key, one in self.found[name].items():
                self.describe(name, self.said.node(kind, key), str(iri), one)
        for key, one in self.found["organizations"].items():
            parent = self.known(one, "parent_id", "organizations")
            if parent:
                self.said.add(
                    self.said.node("organization", key),
                    GK.isPartOfOrganization,
                    self.said.node("organization", parent),
                )
        for key, one in self.found["posts"].items():
            self.post(key, one)
        for one in self.memberships:
            self.membership(one)
        for (name, field), count in sorted(self.unread.items()):
            what = f"{count} of {name} have {field!r}, which is not read" if field else f"{name!r} is not read"
            self.said.remark(what, self.path)

    def gather(self, name: str, one: Any, where: str) -> None:
        """Remember an object, and what stands inside it as if it stood by itself."""
        if not isinstance(one, dict):
            raise self.error(f"{where} is no object")
        for field in one.keys() - _READ[name]:
            if one[field] not in (None, "", [], {}):
                self.unread[name, field] += 1
        if name == "memberships":
            self.memberships.append(one)
            return
        key = one.get("id")
        if not isinstance(key, str) or not key:
            raise self.error(f"{where} has no id")
        if key in self.found[name]:
            raise self.error(f"two of {name} have the id {key!r}")
        self.found[name][key] = one
        for inner in _list(one, "posts") if name == "organizations" else []:
            self.gather("posts", {"organization_id": key, **_object(inner)}, f"a post of {key}")
        for inner in _list(one, "memberships"):
            self.gather("memberships", {f"{name[:-1]}_id": key, **_object(inner)}, f"a membership of {key}")

    def describe(self, name: str, iri: str, kind: str, one: dict[str, Any]) -> None:
        others = [_object(other) for other in _list(one, "other_names")]
        label = self.text(one, "name") or self.text(one, "label") or self.text(one, "role")
        if not label:
            raise self.error(f"one of {name} has no name: {one.get('id')!r}")
        self.said.thing(iri, kind, label, self.text(one, "other_label"), *(self.text(o, "name") for o in others))
        for other in others:
            span = f"{self.text(other, 'start_date')}/{self.text(other, 'end_date')}".strip("/")
            if span or other.get("note"):
                self.said.note(iri, " ".join(filter(None, (self.text(other, "name"), span, self.text(other, "note")))))
        start, end = _DATES.get(name, ("start_date", "end_date"))
        self.date(iri, one, start, end)
        for identifier in map(_object, _list(one, "identifiers")):
            scheme, key = self.text(identifier, "scheme"), self.text(identifier, "identifier")
            if scheme.casefold() == "wikidata":
                self.said.add(iri, GK.wikidataId, ox.Literal(key))
            elif key:
                self.said.add(iri, DCTERMS.identifier, ox.Literal(f"{scheme}:{key}" if scheme else key))

    def post(self, key: str, one: dict[str, Any]) -> None:
        iri = self.said.node("post", key)
        self.describe("posts", iri, str(GK.Position), one)
        body = self.known(one, "organization_id", "organizations")
        if body:
            self.said.add(iri, GK.isPositionIn, self.said.node("organization", body))

    def membership(self, one: dict[str, Any]) -> None:
        member = self.known(one, "person_id", "persons")
        if not member:
            raise self.error(f"a membership names no person: {json.dumps(one, ensure_ascii=False)[:100]}")
        person = self.said.node("person", member)
        post = self.known(one, "post_id", "posts")
        body = self.known(one, "organization_id", "organizations")
        role = self.text(one, "role")
        recipe = self.text(one, "id") or hashlib.sha256(json.dumps(one, sort_keys=True).encode()).hexdigest()[:16]
        iri = self.said.node("membership", recipe)
        sources = [self.text(source, "url") for source in map(_object, _list(one, "sources"))]
        if post or (body and role):
            held = self.said.node("post", post) if post else self.said.node("post", body, role)
            if not post:
                self.said.thing(held, str(GK.Position), role)
                self.said.add(held, GK.isPositionIn, self.said.node("organization", body))
            self.said.tenure(iri, person, held, sources)
        elif body:
            self.said.add(iri, RDF.type, GK.Affiliation)
            self.said.add(iri, GK.hasMember, person)
            self.said.add(iri, GK.hasBody, self.said.node("organization", body))
            self.said.stated(iri, sources)
        else:
            raise self.error(f"a membership of {member!r} names neither post nor organization")
        self.said.note(iri, self.text(one, "label"), role if post else "")
        self.date(iri, one, "start_date", "end_date")

    def date(self, iri: str, one: dict[str, Any], start: str, end: str) -> None:
        try:
            self.said.date(iri, self.text(one, start), self.text(one, end), path=self.path)
        except ReadError as error:
            raise self.error(f"{one.get('id') or one.get('person_id')}: {error.message}") from error

    def known(self, one: dict[str, Any], field: str, name: str) -> str:
        key = self.text(one, field)
        if key and key not in self.found[name]:
            raise self.error(f"{field} {key!r} is none of the {name}")
        return key

    def text(self, one: dict[str, Any], field: str) -> str:
        value = one.get(field)
        if value is not None and not isinstance(value, str):
            raise self.error(f"{field} must be a text, not {json.dumps(value)[:40]}")
        return (value or "").strip()

    def error(self, message: str) -> ReadError:
        return ReadError(message, path=self.path)


def _list(one: dict[str, Any], field: str) -> list[Any]:
    value = one.get(field) or []
    return value if isinstance(value, list) else [value]


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
