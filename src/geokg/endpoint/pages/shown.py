"""What pages show: terms with links, statements, claims with their sentences."""

from __future__ import annotations

from dataclasses import dataclass

from ...text import Span
from ...views import Claim

RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "prs", "sd", "ug", "ur", "yi"})


@dataclass(frozen=True)
class Value:
    """A term as a page shows it.

    Attributes:
        text: what is read.
        href: where a link leads; ``None`` for none.
        title: the whole IRI, for those who point at it.
        language: of the text, if it has one.
        datatype: of a literal that is not plain text, shortened.
        cut: how many characters are not shown.
    """

    text: str
    href: str | None = None
    title: str = ""
    language: str = ""
    datatype: str = ""
    cut: int = 0

    @property
    def direction(self) -> str:
        """``rtl`` for languages that are written so, else ``ltr``.

        >>> Value("طالبان", language="fa").direction
        'rtl'
        """
        return "rtl" if self.language.split("-")[0].lower() in RIGHT_TO_LEFT else "ltr"


@dataclass(frozen=True)
class Statement:
    """One property of the node of a page, with all its values.

    Attributes:
        property: the property.
        values: what it leads to, or comes from.
        is_backwards: whether the node of the page is the object.
    """

    property: Value
    values: tuple[Value, ...]
    is_backwards: bool = False


@dataclass(frozen=True)
class Quote:
    """A claim with the sentences that carry it.

    Attributes:
        claim: the claim.
        sentences: each sentence in pieces, each piece with whether the claim rests on it.
        places: where the words are: their address on our pages, and the offsets.
    """

    claim: Claim
    sentences: tuple[tuple[tuple[str, bool], ...], ...]
    places: tuple[tuple[str, Span], ...]
