"""What spaCy gives: tokens of any language and, where a model is installed, a parse. Nothing is ever downloaded."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from ..errors import GeokgError
from .units import Unit

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

_ANY = "xx"  # spaCy's name for no language in particular


@cache
def load(language: str, model: str | None = None) -> Language:
    """A spaCy pipeline: a model that is installed, or the bare tokenizer of a language.

    Raises:
        GeokgError: spaCy is not installed, or no such model is.

    >>> [token.text for token in load("en")("China’s aim.")]
    ['China', '’s', 'aim', '.']
    """
    try:
        import spacy
        from spacy.util import is_package
    except ImportError as error:
        raise GeokgError("drafting needs spaCy: pip install 'geokg[draft]'") from error
    if model is None:
        try:
            pipeline = spacy.blank(language.partition("-")[0].lower() or _ANY)
        except ImportError:  # no such language, or one that needs a dictionary
            pipeline = spacy.blank(_ANY)
        # The limit is there for what parsers need; tokens are small.
        pipeline.max_length = 1 << 40
        return pipeline
    if not is_package(model):
        raise GeokgError(f"no spaCy model {model!r} is installed; install it (python -m spacy download {model})")
    return spacy.load(model)


def units(doc: Doc) -> list[Unit]:
    """The tokens of a text, without blanks."""
    return [Unit(token.idx, token.idx + len(token), token.text) for token in doc if not token.is_space]
