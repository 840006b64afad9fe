"""By which words a language tells that somebody says something: ``ontology/lexicon/<language>.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..errors import ReadError
from ..readers.source import read_toml
from ..scheme import Scheme, unknown
from ..vocabulary import GKX, packaged

TAKES = frozenset({"that", "bare", "to", "object"})
"""How what is said may follow a verb."""

WORDS = (
    *("that", "to", "source", "by", "not", "between", "nominal", "articles", "prepositions", "breaks", "joining"),
    *("places", "ends"),
)
"""The closed classes of words that the rules need."""


@dataclass(frozen=True)
class Verb:
    """A verb of speech.

    Attributes:
        stance: the name of a concept, as annotators write it.
        takes: how what is said may follow.
        hearer: whether whoever is spoken to may stand between.
    """

    stance: str
    takes: frozenset[str]
    hearer: bool = False


@dataclass(frozen=True)
class Lexicon:
    """The words of one language, all in lower case.

    Attributes:
        language: its tag.
        verbs: by each of their forms.
        words: the closed classes, by name.
        pronouns: the label of whom a pronoun may stand for; empty for what is no speaker by itself.
    """

    language: str
    verbs: Mapping[str, Verb]
    words: Mapping[str, frozenset[str]]
    pronouns: Mapping[str, str]

    @classmethod
    def packaged(cls, language: str) -> Lexicon | None:
        """The lexicon of a language that comes with geokg, if there is one.

        >>> lexicon = Lexicon.packaged("en-GB")
        >>> lexicon.verbs["promised"].stance, Lexicon.packaged("tlh")
        ('promises', None)
        """
        tag = language.casefold().partition("-")[0]
        paths = (packaged("ontology") / "lexicon").glob("*.toml")
        return next((_packaged(path) for path in paths if path.stem == tag), None)

    @classmethod
    def read(cls, path: Path) -> Lexicon:
        """Read a lexicon.

        Raises:
            ReadError: it is not TOML, or not as a lexicon should be.
            UnknownTerm: a stance or a label that the ontology does not have.
        """
        table, _ = read_toml(path)
        return _Reading(path, table, Scheme.packaged()).lexicon()


@cache
def _packaged(path: Path) -> Lexicon:
    return Lexicon.read(path)


class _Reading:
    def __init__(self, path: Path, table: dict[str, Any], scheme: Scheme) -> None:
        self._path, self._table, self._scheme = path, table, scheme

    def lexicon(self) -> Lexicon:
        language = self._table.get("language")
        if not isinstance(language, str) or set(self._table) != {"language", "verbs", "words", "pronouns"}:
            raise self._error("a lexicon has language, [[verbs]], [words] and [pronouns]")
        words = self._table["words"]
        if not isinstance(words, dict) or set(words) != set(WORDS):
            raise self._error(f"[words] has {', '.join(WORDS)}, and nothing else")
        pronouns = self._table["pronouns"]
        if not isinstance(pronouns, dict) or not all(isinstance(label, str) for label in pronouns.values()):
            raise self._error("[pronouns] has a label for each word")
        for label in filter(None, pronouns.values()):
            self._scheme.mention(label, path=self._path)
        return Lexicon(
            language, self._verbs(), {name: frozenset(self._strings(words[name])) for name in WORDS}, pronouns
        )

    def _verbs(self) -> dict[str, Verb]:
        verbs: dict[str, Verb] = {}
        for table in self._table["verbs"]:
            if not isinstance(table, dict) or not {"stance", "takes", "forms"} <= set(table) <= {
                "stance",
                "takes",
                "forms",
                "hearer",
            }:
                raise self._error("each of [[verbs]] has stance, takes and forms, and may have hearer")
            takes = frozenset(self._strings(table["takes"]))
            if not takes <= TAKES:
                raise self._error(f"takes is some of {', '.join(sorted(TAKES))}, not {sorted(takes - TAKES)}")
            stance = table["stance"]
            if stance not in self._scheme.concepts[str(GKX.stance)]:
                raise unknown(str(stance), self._scheme.concepts[str(GKX.stance)], "stance", self._path, None)
            verb = Verb(stance, takes, table.get("hearer") is True)
            for form in " ".join(self._strings(table["forms"])).split():
                if form in verbs:
                    raise self._error(f"the form {form!r} stands twice")
                verbs[form] = verb
        return verbs

    def _strings(self, value: object) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(one, str) and one == one.lower() for one in value):
            raise self._error(f"{value!r} should be a list of words in lower case")
        return value

    def _error(self, message: str) -> ReadError:
        return ReadError(message, path=self._path)
