"""Who is who: from the words of a mention to the IRI of an entity.

A mention is resolved, in this order, by the references that annotators gave it (``Wikidata:Q148``), by judgements on
its very words (``judgements.jsonl``, see ``geokg.judgements``), and by its name (``naming``). Mentions that the file
says are one thing share what is found for any of them. A name that fits several entities fits none: the candidates are
handed back with their reasons, and a person decides.

What is judged the same is one cluster. Population writes all of it under its representative: its known entity with the
lowest IRI; without one, the lowest IRI that is no mention's address; else the lowest address.
"""

from __future__ import annotations

from ..judgements import Judgement, judgement_quads, read_judgements
from .entity import Candidate, Entity, Resolution
from .register import Register
from .spelling import loose_key, name_key

__all__ = [
    "Candidate",
    "Entity",
    "Judgement",
    "Register",
    "Resolution",
    "judgement_quads",
    "loose_key",
    "name_key",
    "read_judgements",
]
