"""The page to ask on, and the page with the answer."""

from __future__ import annotations

from ...cookbook import questions
from ..formats import HTML, RDF, ROWS
from ..protocol import PAGE_ROWS, Table
from ..site import current
from .page import page
from .reading import Reading

EXAMPLE = """SELECT ?claimant ?stance ?content {
  ?claim gk:isClaimedBy ?claimant ;
    gk:hasStance ?stance ;
    gk:hasContent ?content
}"""


def results(table: Table, query: str) -> str:
    """The page with the first rows of a result."""
    reading = Reading(current())
    rows = [[None if cell is None else reading.value(cell, is_named=False) for cell in row] for row in table.rows]
    formats = [offer for offer in (RDF if table.is_rdf else ROWS) if offer is not HTML]
    return page("results", reading=reading, table=table, rows=rows, query=query, formats=formats, most=PAGE_ROWS)


def form() -> str:
    """The page to write a query on."""
    return page("form", query=EXAMPLE, questions=questions(current().base))
