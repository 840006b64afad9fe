"""What every page is made with."""

from __future__ import annotations

from typing import Any

from flask import Response

from ..formats import HTML
from ..rendering import render
from ..resources import conditional
from ..site import current
from .reading import SHOWN, Reading


def page(template: str, **values: Any) -> str:
    """A page from a template, which finds the site as ``site``, terms and claims as ``reading``."""
    site = current()
    return render(template, site=site, SHOWN=SHOWN, **({"reading": Reading(site)} | values))


def html(body: str) -> Response:
    """A page as a response, with an entity tag of its bytes."""
    return conditional(Response(body, content_type=HTML.content_type))
