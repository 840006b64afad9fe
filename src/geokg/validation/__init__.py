"""Validation: is the graph as the shapes ask, and if not, which words in which text are at fault?

>>> from rdflib import Graph
>>> validate(Graph(), shapes=Graph()).summary
'no findings'
"""

from ..graph import KnowledgeGraph
from ..shacl import ENGINES, Engine, ShapeRun, ShapesError, ValidationError
from .finding import SEVERITIES, Cause, Finding, Fix, Severity
from .grouping import GROUPINGS
from .onegraph import ONE_GRAPH
from .provenance import store_run
from .report import Report
from .run import validate

__all__ = [
    "ENGINES",
    "GROUPINGS",
    "ONE_GRAPH",
    "SEVERITIES",
    "Cause",
    "Engine",
    "Finding",
    "Fix",
    "Report",
    "Severity",
    "ShapeRun",
    "ShapesError",
    "ValidationError",
    "store_run",
    "validate",
]

KnowledgeGraph.register_validator(validate)
