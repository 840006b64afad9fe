"""The graph on the web: SPARQL, a service description, linked data, and plain pages."""

from .app import blueprint, create_app
from .pooled import WAITRESS, create_pool

__all__ = ["WAITRESS", "blueprint", "create_app", "create_pool"]
