"""Other people's labels: what ``scheme.toml`` says they mean, and how much of a corpus that uses (docs/schemes.md).

``scheme.toml`` stands beside the texts, or in a folder above, up to what was given as a source. Without one, labels are
the ontology's own and any other is an error; with one, what it does not know is counted and told, and the rest is kept.
"""

from .applying import apply
from .corpus import survey
from .mapper import Mapper, find
from .reading import load, shipped
from .rule import LabelMap
from .suggestion import suggest
from .usage import Usage, total

__all__ = ["LabelMap", "Mapper", "Usage", "apply", "find", "load", "shipped", "suggest", "survey", "total"]
