"""An rdflib dataset that remembers its queries, for an engine that asks the same one again for each node.

Most of pyshacl's time goes into parsing and translating one query text for every focus node anew; rdflib can run a
prepared query any number of times.
"""

from __future__ import annotations

from typing import Any

from pyparsing import ParseException
from rdflib import Dataset, Graph
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.plugins.sparql.sparql import Query
from rdflib.query import Result

from ..errors import GeokgError


class ShapesError(GeokgError):
    """Shapes that cannot be used: not SHACL, or a part of SHACL that this engine does not do.

    Attributes:
        shape: the IRI of the shape, where it is known.
    """

    def __init__(self, message: str, *, shape: str = "") -> None:
        super().__init__(f"shape {shape}: {message}" if shape else message)
        self.shape = shape


class ValidationError(GeokgError):
    """A validation that could not be carried out to its end."""


class CachingDataset(Dataset):
    """A dataset that parses each query text once, and never follows one out to the network.

    >>> data = CachingDataset(default_union=True)
    >>> data.query("SELECT * { SERVICE <https://example.org/sparql> { ?s ?p ?o } }")
    Traceback (most recent call last):
    geokg.shacl.queries.ShapesError: SERVICE is not allowed in a shape: SELECT * { SERVICE ...
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._prepared: dict[str, Query] = {}

    @property  # type: ignore[misc]
    def default_context(self) -> Graph:
        """The default graph; rdflib asks itself for it under this name, and warns itself not to."""
        graph: Graph = self.default_graph
        return graph

    def query(self, query_object: str | Query, *args: Any, **kwargs: Any) -> Result:
        """Run a query as :meth:`rdflib.Graph.query` does.

        Raises:
            ShapesError: the text does not parse, or asks for something outside this dataset.
        """
        if isinstance(query_object, str):
            if query_object not in self._prepared:
                self._prepared[query_object] = prepare(query_object)
            query_object = self._prepared[query_object]
        return super().query(query_object, *args, **kwargs)


def prepare(text: str) -> Query:
    """A query ready to run, once it is sure that it stays inside the dataset.

    Raises:
        ShapesError: the text does not parse, uses a prefix that was not declared, or has SERVICE or FROM.

    >>> prepare("SELECT ?x { ?x a ex:Thing }")
    Traceback (most recent call last):
    geokg.shacl.queries.ShapesError: Unknown namespace prefix : ex: SELECT ?x { ?x a ex:Thing }
    """
    try:
        query = prepareQuery(text)
    except ParseException as error:
        raise ShapesError(
            f"the query does not parse, line {error.lineno} column {error.column}: {_short(text)}"
        ) from error
    except Exception as error:  # rdflib raises the bare class for an unknown prefix
        raise ShapesError(f"{error}: {_short(text)}") from error
    for part in _parts(query.algebra):
        if part.name == "ServiceGraphPattern":
            raise ShapesError(f"SERVICE is not allowed in a shape: {_short(text)}")
        if dict.get(part, "datasetClause"):  # CompValue's own get answers with the key when there is no value
            raise ShapesError(f"FROM is not allowed in a shape: {_short(text)}")
    return query


def _parts(node: object) -> list[CompValue]:
    found: list[CompValue] = []
    waiting, seen = [node], set()
    while waiting:
        item = waiting.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, CompValue):
            found.append(item)
            waiting.extend(item.values())
        elif isinstance(item, (list, tuple, set)):
            waiting.extend(item)
    return found


def _short(text: str) -> str:
    words = " ".join(line for line in text.splitlines() if not line.startswith("PREFIX"))
    words = " ".join(words.split())
    return words if len(words) <= 200 else words[:200] + " …"
