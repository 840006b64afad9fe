"""Who says what, by a parse: the subject of a verb of speech, and the clause that depends on it.

The names of dependencies are those of spaCy's English models and of Universal Dependencies.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .found import Saying, Stretch
from .lexicon import Lexicon

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

_PARSED = 0.85
"""How sure what a parse tells is: an order, as in ``rules``."""

_SUBJECTS = ("nsubj",)
_AGENTS = ("agent", "obl:agent")
_CLAUSES = ("ccomp", "xcomp", "parataxis")
_LEAD = ("mark", "punct", "det")
_OWN = ("relcl", "acl", "acl:relcl", "appos", "punct", "parataxis", "conj", "cc")
"""What hangs on a name and is no part of it."""


def sayings(doc: Doc, lexicon: Lexicon) -> list[Saying]:
    """All that a parsed text says somebody says; nothing where it is not parsed.

    >>> from geokg.drafting.tokens import load
    >>> sayings(load("en")("Ann said that Bob left."), Lexicon.packaged("en"))
    []
    """
    if not doc.has_annotation("DEP"):
        return []
    return [one for token in doc if token.lower_ in lexicon.verbs if (one := _saying(token, lexicon)) is not None]


def _saying(verb: Token, lexicon: Lexicon) -> Saying | None:
    speaker = _speaker(verb)
    contents = [_clause(child) for child in verb.children if child.dep_ in _CLAUSES]
    if speaker is None or not contents:
        return None
    return Saying(
        (verb.idx, verb.idx + len(verb)),
        speaker,
        tuple(contents),
        lexicon.verbs[verb.lower_].stance,
        _PARSED,
        f"{verb.text!r} with its subject and its clause, as parsed",
        negative=any(child.dep_ == "neg" or child.lower_ in lexicon.words["not"] for child in verb.children),
    )


def _speaker(verb: Token) -> Stretch | None:
    for child in verb.children:
        if child.dep_ in _SUBJECTS:
            return _name(child)
    for child in verb.children:
        if child.dep_ in _AGENTS:
            # English models hang the name on "by", Universal Dependencies the other way round.
            below = [one for one in child.children if one.dep_ == "pobj"]
            return _name(below[0] if below else child)
    if verb.dep_ == "conj" and verb.head.i != verb.i:
        return _speaker(verb.head)
    return None


def _name(head: Token) -> Stretch:
    tokens = {head.i: head}
    todo = [child for child in head.children if child.dep_ not in _OWN and child.dep_ != "case"]
    while todo:
        token = todo.pop()
        tokens[token.i] = token
        todo += [child for child in token.children if child.dep_ not in _OWN]
    return _stretch(tokens.values())


def _clause(head: Token) -> Stretch:
    return _stretch(head.subtree)


def _stretch(tokens: Iterable[Token]) -> Stretch:
    """From the first to the last, without what only leads up to it or stands around it."""
    kept = sorted((token for token in tokens if not token.is_space), key=lambda token: token.i)
    while len(kept) > 1 and (kept[0].dep_ in _LEAD or kept[0].is_punct or kept[0].is_quote):
        if kept[0].dep_ == "det" and not kept[0].lower_.startswith(("the", "a", "an")):
            break
        kept.pop(0)
    while len(kept) > 1 and (kept[-1].is_punct or kept[-1].is_quote):
        kept.pop()
    return kept[0].idx, kept[-1].idx + len(kept[-1])
