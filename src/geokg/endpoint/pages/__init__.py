"""What people look at: a module and a template for each page, a script and a style sheet where it needs them."""

from __future__ import annotations

from flask import Blueprint

from . import annotate, claims, commitments, home, linked, map, network, query, report, search, timeline
from .query import form, results

__all__ = ["add_to", "form", "results"]


def add_to(parts: Blueprint) -> None:
    """Add the addresses of all pages to a blueprint."""
    for module in (annotate, claims, commitments, home, linked, query, search, report, network, timeline, map):
        module.add_to(parts)
