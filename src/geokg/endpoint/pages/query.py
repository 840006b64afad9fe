"""The page to ask on: the question, its answer, and the cookbook beside it."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Iterable
from itertools import islice

import pyoxigraph as ox
from flask import Blueprint, Response, g, url_for
from rdflib.namespace import OWL, RDFS, SKOS

from ...cookbook import questions
from ...vocabulary import GK, GKX
from ..formats import HTML, RDF, ROWS
from ..protocol import PAGE_ROWS, Table
from ..resources import conditional
from ..site import Site, current
from .page import page
from .reading import Reading

EXAMPLE = """SELECT ?claimant ?stance ?content {
  ?claim gk:isClaimedBy ?claimant ;
    gk:hasStance ?stance ;
    gk:hasContent ?content
}"""
_MOST = 1000
"""For as many nodes of an answer their words are looked up."""
_KINDS = {str(OWL.Class): "class", str(OWL.ObjectProperty): "property", str(OWL.DatatypeProperty): "property"}


def add_to(parts: Blueprint) -> None:
    """Add the address of what an editor completes; the page itself answers at the endpoint's own."""
    parts.add_url_rule("/sparql/terms.json", "terms", terms)


def form() -> str:
    """The page to write a query on."""
    current().begin()
    return page("query", query=EXAMPLE, table=None, **_beside(current()))


def results(table: Table, query: str) -> str:
    """The page with the first rows of a result."""
    site = current()
    site.begin()
    reading = Reading(site)
    rows = [[None if cell is None else reading.value(cell, is_named=False) for cell in row] for row in table.rows]
    formats = [offer for offer in (RDF if table.is_rdf else ROWS) if offer is not HTML]
    endpoint = url_for("geokg.sparql", _external=True)
    return page(
        "query",
        reading=reading,
        table=table,
        rows=rows,
        words=words(site, (cell.value for row in table.rows for cell in row if isinstance(cell, ox.NamedNode))),
        query=query,
        formats=formats,
        seconds=time.perf_counter() - g.began if "began" in g else None,
        programs=programs(endpoint, query, is_rdf=table.is_rdf),
        **_beside(site),
    )


def _beside(site: Site) -> dict[str, object]:
    deadline = site.pool.deadline if site.pool else None
    return {"questions": questions(site.base), "deadline": deadline, "most": PAGE_ROWS}


def words(site: Site, iris: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Where the words are that nodes of our data rest on: the address of the first, and the words, by node.

    Args:
        site: the graph and its addresses.
        iris: nodes, ours or not.
    """
    ours = list(islice(dict.fromkeys(iri for iri in iris if iri.startswith(site.base.data)), _MOST))
    if not ours:
        return {}
    rows = site.rows(
        f"""SELECT ?it ?document ?start ?end ?exact {{
              VALUES ?it {{ {" ".join(str(ox.NamedNode(iri)) for iri in ours)} }}
              ?it gk:isEvidencedBy/oa:hasTarget ?target .
              ?target oa:hasSource ?document ; oa:hasSelector ?position, ?quote .
              ?position oa:start ?start ; oa:end ?end .
              ?quote oa:exact ?exact }}"""
    )
    first: dict[str, tuple[int, str, str]] = {}
    for row in rows:
        iri, start, end = row["it"].value, int(row["start"].value), int(row["end"].value)
        address = site.address(row["document"].value)
        if address and (iri not in first or start < first[iri][0]):
            first[iri] = start, f"{address}#char={start},{end}", row["exact"].value
    return {iri: (address, exact) for iri, (_, address, exact) in first.items()}


def programs(endpoint: str, query: str, *, is_rdf: bool) -> list[tuple[str, str]]:
    r"""How to ask the same from a shell, Python and R: the name of the language, and the program.

    >>> print(dict(programs("http://localhost/sparql", "ASK {}", is_rdf=False))["curl"])
    curl --get http://localhost/sparql --header 'Accept: text/csv' \
      --data-urlencode 'query=ASK {}'
    """
    mimetype = "text/turtle" if is_rdf else "text/csv"
    shell = (
        f"curl --get {shlex.quote(endpoint)} --header 'Accept: {mimetype}' \\\n"
        f"  --data-urlencode {shlex.quote('query=' + query)}"
    )
    plain = "\\" not in query and '"""' not in query and not query.endswith('"')
    quoted = f'"""{query}"""' if plain else json.dumps(query)
    python = f"import geokg\n\nkg = geokg.open({json.dumps(endpoint)})\nfor row in kg.query({quoted}):\n    print(row)"
    read = "resp_body_string()" if is_rdf else "resp_body_string() |> I() |> readr::read_csv()"
    r = (
        f"library(httr2)\n\nrequest({json.dumps(endpoint)}) |>\n"
        f"  req_url_query(query = {json.dumps(query, ensure_ascii=False)}) |>\n"
        f'  req_headers(Accept = "{mimetype}") |>\n  req_perform() |>\n  {read}'
    )
    return [("curl", shell), ("Python", python), ("R", r)]


def terms() -> Response:
    """The usual prefixes, terms of the ontology and concepts, each with its kind and its label, for editors."""
    site = current()
    reading = Reading(site)
    kinds = " ".join(f"<{kind}>" for kind in (*_KINDS, str(SKOS.Concept)))
    rows = site.rows(
        f"""SELECT ?it ?kind (SAMPLE(?label) AS ?name) (SAMPLE(?meaning) AS ?what) {{
              VALUES ?kind {{ {kinds} }} ?it a ?kind
              OPTIONAL {{ ?it <{SKOS.prefLabel}>|<{RDFS.label}> ?label FILTER(LANG(?label) IN ("en", "")) }}
              OPTIONAL {{ ?it <{SKOS.definition}> ?meaning FILTER(LANG(?meaning) IN ("en", "")) }}
            }} GROUP BY ?it ?kind"""
    )
    found = [
        {
            "term": reading.short(row["it"].value),
            "kind": _KINDS.get(row["kind"].value, "concept"),
            "label": row["name"].value if row["name"] is not None else "",
            "meaning": row["what"].value if row["what"] is not None else "",
        }
        for row in rows
        if row["it"].value.startswith((str(GK), str(GKX)))
    ]
    told = {"prefixes": dict(reading.prefixes), "terms": sorted(found, key=lambda term: term["term"])}
    body = json.dumps(told, ensure_ascii=False)
    return conditional(Response(body, content_type="application/json"))
