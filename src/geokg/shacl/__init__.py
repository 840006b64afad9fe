"""SHACL: shapes read and checked, data judged by them. Knows nothing of claims or articles.

>>> from rdflib import Graph
>>> validate(Graph(), Graph()).results
[]
"""

from .engine import ENGINES, Engine, validate
from .outcome import Outcome, QueryRun, Result, ShapeRun
from .queries import ShapesError, ValidationError
from .shapes import read_shapes

__all__ = [
    "ENGINES",
    "Engine",
    "Outcome",
    "QueryRun",
    "Result",
    "ShapeRun",
    "ShapesError",
    "ValidationError",
    "read_shapes",
    "validate",
]
