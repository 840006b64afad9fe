"""The cookbook: questions worth asking, each a SPARQL query in ``ontology/queries/``.

A file begins with comments: the question as a person asks it, then ``how:`` the query answers it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .vocabulary import DEFAULT_BASE, Base, packaged

_COMMENTS = re.compile(r"(?:#[^\n]*\n)*")


@dataclass(frozen=True)
class Question:
    """A question of the cookbook.

    Attributes:
        name: the name of its file, without the ending: a number and a few words.
        question: what it asks, as a person would.
        how: how the query answers it.
        sparql: the query.
    """

    name: str
    question: str
    how: str
    sparql: str


def questions(base: Base | None = None) -> list[Question]:
    """The questions that come with geokg, by number.

    Args:
        base: where data and graphs are named; the queries are made to ask there.

    >>> questions()[0].name, questions(Base("https://kg.example.org/"))[13].sparql.count("https://w3id.org/geokg/data/")
    ('01-states', 0)
    """
    base = base or Base.from_environment()
    found = []
    for path in sorted((packaged("ontology") / "queries").glob("*.rq")):
        sparql = path.read_text(encoding="utf-8")
        comments = _COMMENTS.match(sparql)
        lines = [line.removeprefix("#").strip() for line in (comments[0] if comments else "").splitlines()]
        question, _, how = " ".join(lines).partition("how:")
        for part in ("data/", "graph/"):
            sparql = sparql.replace(DEFAULT_BASE + part, base.iri + part)
        found.append(Question(path.stem, question.strip(), how.strip(), sparql))
    return found
