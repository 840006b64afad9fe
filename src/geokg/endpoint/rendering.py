"""Makes pages of templates, whatever app they are part of."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from flask import g, request, url_for
from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from .wording import COOKIE, LANGUAGES, gettext, language, ngettext, number

_STATIC = Path(__file__).parent / "static"


def render(template: str, **values: Any) -> str:
    """A page.

    Args:
        template: its name, without an ending.
        values: what the template wants to know; ``site`` always.
    """
    g.is_page = True
    return _environment().get_template(f"{template}.html").render(**values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("geokg.endpoint"), autoescape=True, extensions=["jinja2.ext.i18n", "jinja2.ext.do"]
    )
    environment.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.filters["number"] = number
    environment.globals.update(
        request=request,
        url_for=url_for,
        style=style,
        script=script,
        languages=LANGUAGES,
        language=language,
        in_language=in_language,
    )
    return environment


def in_language(tag: str) -> str:
    """The address of the page that is asked for, in another language."""
    asked: dict[str, Any] = (request.view_args or {}) | request.args.to_dict(flat=False) | {COOKIE: tag}
    return url_for(request.endpoint or "geokg.home", **asked)


def style(name: str) -> Markup:
    """The link to a style sheet of ours."""
    return Markup('<link rel="stylesheet" href="{}">').format(url_for("geokg.static", filename=f"{name}.css"))


def script(name: str) -> Markup:
    """The script of a page, and the styles of the libraries that it uses; nothing where they were not bundled.

    Pages work without: a checkout whose scripts could not be made serves them as plain pages.
    """
    digest, files = _bundle()
    tags = Markup()
    if f"{name}.css" in files:
        address = url_for("geokg.static", filename=f"bundle/{name}.css", v=digest)
        tags += Markup('<link rel="stylesheet" href="{}">').format(address)
    if f"{name}.js" in files:
        address = url_for("geokg.static", filename=f"bundle/{name}.js", v=digest)
        tags += Markup('<script type="module" src="{}"></script>').format(address)
    return tags


@cache
def _bundle() -> tuple[str, frozenset[str]]:
    """The digest of what the scripts were made from, and the files that there are."""
    try:
        manifest = json.loads((_STATIC / "bundle" / "manifest.json").read_text("utf-8"))
    except OSError:
        return "", frozenset()
    return manifest["digest"], frozenset(manifest["files"])
