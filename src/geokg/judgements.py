"""What people decided on who is who, and what graph/identity says of it.

Judgements stand one a line in ``judgements.jsonl``::

    {
        "judgement": "same",
        "first": "document/wire/a#char=12,19",
        "second": "entity/taliban",
        "by": "Ann Lee",
        "when": "2026-11-24T09:00:00Z",
        "why": "The sentence before names them.",
    }

(here in several lines for the page). ``judgement`` is ``same``, ``different``, ``unsure`` or ``withdrawn``. ``first``
and ``second`` are IRIs, absolute or below the base of data; ``document/<id>#char=<start>,<end>`` is the address of a
mention. ``words``, which may be left out, are the words at that address: where others stand there, the text has
changed, and the judgement is an error. Several people may judge one pair, as long as nobody says *different* of two
that are the same by what others say, directly or by way of a third.

A judgement is undone by a line below it with ``withdrawn`` and the same pair: it takes back whatever the file said of
the two before, and keeps who said it, and who takes it back, when and why.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyoxigraph as ox
from rdflib.namespace import DCTERMS, OWL, RDF, RDFS, SKOS, XSD

from .errors import IdentityConflict, ReadError
from .vocabulary import GK, GKX, Base

VERDICTS = ("same", "different", "unsure", "withdrawn")
"""What a judgement can say."""

_KEYS = ("judgement", "first", "second", "by", "when", "why", "words")
_ADDRESS = re.compile(r"#char=[0-9]+,[0-9]+$")


@dataclass(frozen=True)
class Judgement:
    """Somebody's decision whether two things are one.

    Attributes:
        verdict: ``same``, ``different``, ``unsure`` or ``withdrawn``.
        first: an absolute IRI.
        second: another absolute IRI.
        by: who decided.
        when: at what time; ``xsd:dateTime`` in UTC, whole seconds.
        why: the reason, in words.
        line: the line of the file, from 1.
        path: the file, for messages only.
        words: the words that stand at the address that it is about; empty if they were not kept.
        withdrawn: what it takes back.
    """

    verdict: str
    first: str
    second: str
    by: str
    when: str
    why: str
    line: int = 0
    path: Path | None = field(default=None, compare=False)
    words: str = field(default="", compare=False)
    withdrawn: tuple[Judgement, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        return f"{self.verdict}, by {self.by}{f' (line {self.line})' if self.line else ''}"

    @property
    def pair(self) -> frozenset[str]:
        """What it is about, in no order."""
        return frozenset((self.first, self.second))


def is_address(iri: str) -> bool:
    """Whether an IRI is the address of a mention.

    >>> is_address("https://w3id.org/geokg/data/document/wire/a#char=12,19")
    True
    """
    return _ADDRESS.search(iri) is not None


def absolute(iri: str, base: Base) -> str:
    """A whole IRI from one below the base of data; packaged IRIs move to the base.

    Raises:
        ValueError: it is no IRI.

    >>> absolute("document/wire/a b#char=1,2", Base())
    'https://w3id.org/geokg/data/document/wire/a%20b#char=1,2'
    """
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", iri):
        path, hash_sign, fragment = iri.partition("#")
        # Base.document writes a document's id so; an address has to come out the same.
        path = quote(path, safe="/%") if path.startswith("document/") else path
        iri = base.data + path + hash_sign + fragment
    elif "://" not in iri and not iri.startswith("urn:"):
        raise ValueError(f"{iri!r} is no IRI; write it whole or below the base of data, as in 'entity/taliban'")
    return ox.NamedNode(base.rebase(iri)).value


def read_judgements(path: str | Path, base: Base | None = None) -> tuple[Judgement, ...]:
    """Read a file of judgements.

    Args:
        path: the file; see the top of this module for its form.
        base: where relative IRIs are resolved.

    Returns:
        The judgements that stand, and the lines that take back others.

    Raises:
        ReadError: the file or a line of it is not as it should be.
        IdentityConflict: two judgements contradict each other.

    >>> from geokg.vocabulary import packaged
    >>> {judgement.verdict for judgement in read_judgements(packaged("data") / "judgements.jsonl")} <= set(VERDICTS)
    True
    """
    base = base or Base.from_environment()
    path = Path(path)
    try:
        content = path.read_bytes().decode("utf-8").removeprefix("\ufeff")
    except OSError as error:
        raise ReadError(f"cannot be read: {error.strerror}", path=path) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ReadError(f"is not UTF-8 ({error.reason}); save it as UTF-8", path=path, line=line) from error
    found = []
    for number, text in enumerate(content.split("\n"), start=1):
        if text.strip():
            found.append(_judgement(text, path, number, base))
    standing = _standing(found)
    clusters(standing)
    return standing


def _standing(judgements: list[Judgement]) -> tuple[Judgement, ...]:
    """Those that nobody took back, and those that take back others."""
    standing: list[Judgement] = []
    for judgement in judgements:
        if judgement.verdict == "withdrawn":
            back = tuple(one for one in standing if one.pair == judgement.pair and one.verdict != "withdrawn")
            if not back:
                message = f"takes nothing back: no line above judges <{judgement.first}> and <{judgement.second}>"
                raise ReadError(message, path=judgement.path, line=judgement.line)
            standing = [one for one in standing if one not in back]
            judgement = replace(judgement, withdrawn=back)
        standing.append(judgement)
    return tuple(standing)


def _judgement(text: str, path: Path, line: int, base: Base) -> Judgement:
    def wrong(message: str, column: int | None = None) -> ReadError:
        return ReadError(message, path=path, line=line, column=column)

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        table = dict(pairs)
        if len(table) < len(pairs):
            raise wrong("a key stands twice")
        return table

    try:
        table = json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise wrong(f"is not JSON: {error.msg}; one judgement is one line", error.colno) from error
    except (ValueError, RecursionError) as error:
        raise wrong(f"is not a judgement: {error}") from error
    if not isinstance(table, dict):
        raise wrong("a judgement is an object in braces")
    for key in table:
        if key not in _KEYS:
            near = difflib.get_close_matches(key, _KEYS, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(_KEYS)}"
            raise wrong(f"unknown key {key!r}; {hint}")
    for key in _KEYS if "words" in table else _KEYS[:-1]:
        if not isinstance(table.get(key), str) or not table[key].strip():
            raise wrong(f"a judgement needs {key!r}, a string with something in it")
    if table["judgement"] not in VERDICTS:
        raise wrong(f"unknown judgement {table['judgement']!r}; there are: {', '.join(VERDICTS)}")
    if not _is_time(table["when"]):
        raise wrong(f"when must be a time in UTC such as 2026-11-24T09:00:00Z, not {table['when']!r}")
    try:
        first, second = absolute(table["first"], base), absolute(table["second"], base)
        # JSON can write half of a surrogate pair, which no file can hold.
        (table["by"] + table["why"]).encode("utf-8")
    except ValueError as error:
        raise wrong(str(error)) from error
    if first == second:
        raise wrong("a thing is judged against itself; name another as second")
    verdict, by, when, why = (table[key] for key in ("judgement", "by", "when", "why"))
    return Judgement(verdict, first, second, by, when, why, line, path, table.get("words", ""))


def _is_time(when: str) -> bool:
    form = "%Y-%m-%dT%H:%M:%SZ"
    try:
        return datetime.strptime(when, form).strftime(form) == when
    except ValueError:
        return False


def clusters(judgements: Iterable[Judgement]) -> dict[str, frozenset[str]]:
    """What is the same by judgement: for each IRI that is judged the same as another, all that it is the same as.

    Raises:
        IdentityConflict: two that are judged different are the same by other judgements, directly or by way of others.

    >>> def same(first, second):
    ...     return Judgement("same", first, second, "Ann", "2026-11-24T09:00:00Z", "Obvious.")
    >>> sorted(clusters([same("urn:a", "urn:b"), same("urn:c", "urn:b")])["urn:a"])
    ['urn:a', 'urn:b', 'urn:c']
    """
    judgements = list(judgements)
    links: dict[str, dict[str, Judgement]] = {}
    for judgement in judgements:
        if judgement.verdict == "same":
            links.setdefault(judgement.first, {}).setdefault(judgement.second, judgement)
            links.setdefault(judgement.second, {}).setdefault(judgement.first, judgement)
    found: dict[str, frozenset[str]] = {}
    for iri in links:
        if iri not in found:
            cluster = frozenset(_reached(iri, links))
            found.update(dict.fromkeys(cluster, cluster))
    for judgement in judgements:
        if judgement.verdict == "different" and judgement.second in found.get(judgement.first, ()):
            raise _conflict(judgement, links)
    return found


def _reached(start: str, links: dict[str, dict[str, Judgement]]) -> dict[str, str]:
    """All that can be reached, each with the one it was reached from; by the fewest steps."""
    before = {start: start}
    queue = deque([start])
    while queue:
        here = queue.popleft()
        for there in links[here]:
            if there not in before:
                before[there] = here
                queue.append(there)
    return before


def _conflict(different: Judgement, links: dict[str, dict[str, Judgement]]) -> IdentityConflict:
    before = _reached(different.first, links)
    here, way = different.second, []
    while here != different.first:
        way.append(links[before[here]][here])
        here = before[here]
    here_too = different.path
    said = " and ".join(
        f"line {one.line}{f' of {one.path}' if one.path != here_too else ''} ({one.by})"
        for one in sorted(way, key=lambda one: one.line)
    )
    return IdentityConflict(
        f"{different.by} judges <{different.first}> and <{different.second}> different, "
        f"but they are the same by {said}; withdraw or delete one of these lines",
        path=different.path,
        line=different.line,
    )


def judgement_quads(judgements: Iterable[Judgement], base: Base | None = None) -> tuple[ox.Quad, ...]:
    """What graph/identity says of the judgements.

    Each is a node ``data/judgement/<hash>``; the hash is the first 16 hexadecimal digits of the SHA-256 of verdict,
    first, second, author, time and reason, joined by line feeds. ``owl:sameAs`` or ``owl:differentFrom`` is said of two
    of which neither is a mention's address. Of what was taken back only a note stays, with the judgement that did so.

    >>> one = Judgement("unsure", "urn:a", "urn:b", "Ann", "2026-11-24T09:00:00Z", "Two men of one name.")
    >>> judgement_quads([one], Base())[0].subject
    <NamedNode value=https://w3id.org/geokg/data/judgement/12d020136607f67b>
    """
    base = base or Base.from_environment()
    graph = ox.NamedNode(base.graph + "identity")
    found: dict[ox.Quad, None] = {}
    for judgement in judgements:
        verdict = str(GKX[judgement.verdict])
        recipe = "\n".join((verdict, judgement.first, judgement.second, judgement.by, judgement.when, judgement.why))
        node = ox.NamedNode(f"{base.data}judgement/{hashlib.sha256(recipe.encode()).hexdigest()[:16]}")
        first, second = ox.NamedNode(judgement.first), ox.NamedNode(judgement.second)
        said: list[tuple[str, ox.NamedNode | ox.Literal]] = [
            (RDF.type, ox.NamedNode(GK.IdentityJudgement)),
            (GK.judgesFirst, first),
            (GK.judgesSecond, second),
            (GK.hasVerdict, ox.NamedNode(verdict)),
            (DCTERMS.creator, ox.Literal(judgement.by)),
            (DCTERMS.created, ox.Literal(judgement.when, datatype=ox.NamedNode(XSD.dateTime))),
            (RDFS.comment, ox.Literal(judgement.why, language="en")),
        ]
        for one in judgement.withdrawn:
            taken_back = f"{one.verdict}, by {one.by}, {one.when}: {one.why}"
            said.append((SKOS.note, ox.Literal(taken_back, language="en")))
        for predicate, value in said:
            found[ox.Quad(node, ox.NamedNode(predicate), value, graph)] = None
        link = {"same": OWL.sameAs, "different": OWL.differentFrom}.get(judgement.verdict)
        if link and not is_address(judgement.first) and not is_address(judgement.second):
            found[ox.Quad(first, ox.NamedNode(link), second, graph)] = None
    return tuple(found)


def judgements_from_quads(quads: Iterable[ox.Quad]) -> tuple[Judgement, ...]:
    """The judgements that ``judgement_quads`` wrote, in the order of their IRIs.

    >>> one = Judgement("unsure", "urn:a", "urn:b", "Ann", "2026-11-24T09:00:00Z", "Two men of one name.")
    >>> judgements_from_quads(judgement_quads([one])) == (one,)
    True
    """
    nodes: dict[str, dict[str, str]] = {}
    for quad in quads:
        if isinstance(quad.subject, ox.NamedNode) and not isinstance(quad.object, ox.Triple):
            nodes.setdefault(quad.subject.value, {})[quad.predicate.value] = quad.object.value
    parts = [str(part) for part in (GK.judgesFirst, GK.judgesSecond, DCTERMS.creator, DCTERMS.created, RDFS.comment)]
    found = []
    for _, said in sorted(nodes.items()):
        if (
            said.get(str(RDF.type)) == str(GK.IdentityJudgement)
            and str(GK.hasVerdict) in said
            and said.keys() >= {*parts}
        ):
            first, second, by, when, why = (said[part] for part in parts)
            found.append(Judgement(said[str(GK.hasVerdict)].removeprefix(str(GKX)), first, second, by, when, why))
    return tuple(found)
