"""The graph on the web: SPARQL, a service description, linked data, and plain pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .app import blueprint, create_app
    from .pooled import WAITRESS, create_pool

__all__ = ["WAITRESS", "blueprint", "create_app", "create_pool"]


def __getattr__(name: str) -> Any:
    """Import the app when somebody asks for it: the process that writes, and what tells two graphs apart, need none."""
    if name in ("blueprint", "create_app"):
        from . import app

        return getattr(app, name)
    if name in ("WAITRESS", "create_pool"):
        from . import pooled

        return getattr(pooled, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
