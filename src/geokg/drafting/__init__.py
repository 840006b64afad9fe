"""Drafts of annotations by rule, for people to correct: who and what is named, and who says what.

Names are those that the graph knows; words of speech are the ontology's (``ontology/lexicon``); spaCy takes texts apart
and, where a model is installed, parses them. Every annotation carries the attribute ``Draft``, and nothing that carries
it is populated unless asked for: whoever has looked at it takes the attribute off.
"""

from __future__ import annotations

from .drafter import DRAFTER, Drafter
from .lexicon import Lexicon

__all__ = ["DRAFTER", "Drafter", "Lexicon"]
