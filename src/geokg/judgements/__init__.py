"""What people decided on who is who, and what graph/identity says of it.

Judgements stand one a line in ``judgements.jsonl``::

    {
        "judgement": "same",
        "first": "document/wire/a#char=12,19",
        "second": "entity/taliban",
        "by": "Ann Lee",
        "when": "2026-11-24T09:00:00Z",
        "why": "The sentence before names them.",
    }

(here in several lines for the page). ``judgement`` is ``same``, ``different``, ``unsure`` or ``withdrawn``. ``first``
and ``second`` are IRIs, absolute or below the base of data; ``document/<id>#char=<start>,<end>`` is the address of a
mention. ``words``, which may be left out, are the words at that address: where others stand there, the text has
changed, and the judgement is an error. Several people may judge one pair, as long as nobody says *different* of two
that are the same by what others say, directly or by way of a third.

A judgement is undone by a line below it with ``withdrawn`` and the same pair: it takes back whatever the file said of
the two before, and keeps who said it, and who takes it back, when and why.
"""

from __future__ import annotations

from .clusters import clusters
from .file import append_judgement, read_judgements
from .judgement import VERDICTS, Judgement, absolute, is_address
from .quads import judgement_quads, judgements_from_quads

__all__ = [
    "VERDICTS",
    "Judgement",
    "absolute",
    "append_judgement",
    "clusters",
    "is_address",
    "judgement_quads",
    "judgements_from_quads",
    "read_judgements",
]
