"""SHACL: shapes read and checked, data judged by them. Knows nothing of claims or articles.

>>> from rdflib import Graph
>>> validate(Graph(), Graph()).results
[]
"""

from .pyshacl_engine import Outcome, Result, ShapeRun, validate
from .queries import ShapesError, ValidationError
from .shapes import read_shapes

__all__ = ["Outcome", "Result", "ShapeRun", "ShapesError", "ValidationError", "read_shapes", "validate"]
