"""The words of the pages, in the language of whoever reads them.

The texts stand in English in the templates and modules; ``locale/<language>.po`` says each in another language, and
``make texts`` brings these files up to date.
"""

from __future__ import annotations

from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import Translations
from flask import Response, g, has_request_context, request

LANGUAGES = {"en": "English", "fr": "Français"}
"""What pages can be read in, by tag, each in its own words."""
COOKIE = "lang"
_YEAR = 365 * 24 * 3600
_LOCALE = Path(__file__).parent / "locale"


@cache
def translations(language: str) -> NullTranslations:
    """The texts of the pages in a language; in English where it has none.

    >>> translations("fr").gettext("Query")
    'Interroger'
    """
    path = _LOCALE / f"{language}.po"
    if not path.exists():
        return NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return Translations(compiled)


def language() -> str:
    """The language of the page that is asked for: what its address says, or was chosen before, or the browser wants."""
    if not has_request_context():
        return "en"
    if "language" not in g:
        # best_match() would rather have English in full than French as it is spoken somewhere
        accepted = (tag.partition("-")[0].lower() for tag, quality in request.accept_languages if quality)
        wanted = (request.args.get(COOKIE), request.cookies.get(COOKIE), *accepted)
        g.language = next((one for one in wanted if one in LANGUAGES), "en")
    return str(g.language)


def gettext(message: str) -> str:
    """A text of the pages in the language of the page that is asked for.

    >>> gettext("Claims")
    'Claims'
    """
    return translations(language()).gettext(message)


def ngettext(one: str, many: str, number: int) -> str:
    """A text that depends on a number.

    >>> ngettext("%(num)s row", "%(num)s rows", 1) % {"num": 1}
    '1 row'
    """
    return translations(language()).ngettext(one, many, number)


def number(value: float) -> str:
    """A number as the language of the page writes it.

    >>> number(1234567)
    '1,234,567'
    """
    return str(format_decimal(value, locale=language()))


def say_language(response: Response) -> None:
    """Tell what language a page is in and what that hangs on, and keep what was chosen by its address."""
    response.headers["Content-Language"] = language()
    response.vary.update(("Accept-Language", "Cookie"))
    if request.args.get(COOKIE) in LANGUAGES:
        root = f"{request.script_root}/"  # behind a proxy others may share its host
        response.set_cookie(
            COOKIE, language(), max_age=_YEAR, path=root, secure=request.is_secure, samesite="Lax", httponly=True
        )
