"""A knowledge graph of who said what about states, movements, officials, initiatives and commitments.

News is people saying things about things. geokg reads annotated texts into claims, keeps who says each of them inside
whose statement, down to the characters, and accepts as facts only what a policy lets it.

>>> import geokg
>>> kg = geokg.sample()
>>> [claim.sentence for claim in kg.claims(stance="promises")]  # doctest: +ELLIPSIS
['The article says that Hu Shisheng says that leaders of the Taliban promise that it is not so: hostile act (...)']
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import errors, ontology
from .claims import Notice
from .explanation import Explanation, Thread
from .graph import KnowledgeGraph
from .opening import open
from .population import build, sample
from .readers import read
from .tenures import Holding
from .text import Document, Event, Mention, Span, Text
from .validation import Finding, Report, validate
from .views import Claim, Thing, Undertaking
from .vocabulary import Base

if TYPE_CHECKING:
    from .endpoint import create_app

__version__ = "0.1.0"

__all__ = [
    "Base",
    "Claim",
    "Document",
    "Event",
    "Explanation",
    "Finding",
    "Holding",
    "KnowledgeGraph",
    "Mention",
    "Notice",
    "Report",
    "Span",
    "Text",
    "Thing",
    "Thread",
    "Undertaking",
    "build",
    "create_app",
    "errors",
    "ontology",
    "open",
    "read",
    "sample",
    "validate",
]


def __getattr__(name: str) -> Any:
    """Import the web floor when somebody asks for it: who only reads and queries needs no Flask."""
    if name == "create_app":
        from .endpoint import create_app

        return create_app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
