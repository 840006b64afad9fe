"""A decision whether two things are one, and the names of the things."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pyoxigraph as ox

from ..vocabulary import Base

VERDICTS = ("same", "different", "unsure", "withdrawn")
"""What a judgement can say."""

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
