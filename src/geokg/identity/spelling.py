"""What two spellings of one name have in common."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_MARKED = ("LATIN", "GREEK")
# The stress and the two dots of ё may be left out; those of й and ї make another letter.
_CYRILLIC_MARKS = "\u0300\u0301\u0308"
# Vowel signs of Hebrew and Arabic, hamza over a letter, and the stroke that only stretches a word.
_SIGNS = re.compile("[\u0591-\u05bd\u05bf-\u05c7\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed]")
# Letters that Unicode does not take apart, and those that Arabic and Persian write differently.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ی": "ي", "ى": "ي", "ک": "ك"}
)
_DASHES = re.compile("[-\u2010-\u2015\u2212]")


@lru_cache(maxsize=100_000)
def name_key(name: str, *, fold: bool = True) -> str:
    """What two spellings of one name have in common.

    Unicode NFC, invisible characters gone, white space folded, straight apostrophes, no leading "the", no possessive
    ending; ``fold`` also drops the difference of case.

    >>> name_key("The  Taliban’s"), name_key("The Hague", fold=False), name_key("The")
    ('taliban', 'Hague', 'the')
    """
    name = "".join(c for c in unicodedata.normalize("NFC", name) if unicodedata.category(c) != "Cf")
    name = " ".join(name.replace("’", "'").split())
    name = re.sub(r"(?<=\w)'s?$", "", name)
    name = re.sub(r"^the (?=.)", "", name, flags=re.IGNORECASE)
    # Folding may decompose, so that it is composed again.
    return unicodedata.normalize("NFC", name.casefold()) if fold else name


@lru_cache(maxsize=100_000)
def loose_key(name: str) -> str:
    """The same, and without what is often left out or written otherwise.

    Gone are the accents of Latin, Greek and (where they make no other letter) Cyrillic, the vowel signs of Arabic and
    Hebrew, apostrophes, and the difference of dashes and blanks. Marks of other scripts are letters and stay.

    >>> loose_key("Türkiye"), loose_key("Sana’a"), loose_key("Guinea–Bissau"), loose_key("أفغانستان")
    ('turkiye', 'sanaa', 'guinea bissau', 'افغانستان')
    """
    kept: list[str] = []
    script = ""
    for c in unicodedata.normalize("NFKD", name_key(name)):
        if unicodedata.category(c) != "Mn":
            script = unicodedata.name(c, "").partition(" ")[0]
        elif script in _MARKED or (script == "CYRILLIC" and c in _CYRILLIC_MARKS):
            continue
        kept.append(c)
    loose = unicodedata.normalize("NFC", _SIGNS.sub("", "".join(kept))).translate(_LETTERS)
    return " ".join(_DASHES.sub(" ", loose.replace("'", "")).split())
