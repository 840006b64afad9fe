"""The graph on the web: SPARQL, a service description, linked data, and plain pages."""

from .app import blueprint, create_app

__all__ = ["blueprint", "create_app"]
