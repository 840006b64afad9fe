"""Whether a query may read triples of some properties, told from its words alone: rdflib takes long to parse one."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import pairwise

from rdflib import RDF

_TOKEN = re.compile(
    r"""(?P<space>\s+|\#[^\n]*)|(?P<iri><[^<>"{}|^`\\\s]*>)|(?P<variable>[?$]\w+)|(?P<mark>!=|&&|\|\||[<>]=|\^\^)
    |(?P<text>\"{3}.*?\"{3}|'{3}.*?'{3}|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(?P<number>\d+(?:\.\d+)?)
    |(?P<name>(?:[A-Za-z][\w.-]*)?:[\w:%\\.-]*)|(?P<word>\w+)|(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_ANYTHING = {"*", "?", "base", "graph", "service"}
"""What may bring in a property that is not named, or a node of any triple."""
_TERMS = {"iri", "name", "text", "number", "variable"}


def may_read(query: str, properties: Collection[str]) -> bool:
    """Whether a query may read triples of some properties; it says yes where it is not sure.

    Args:
        query: a query with its prefixes.
        properties: their IRIs.

    >>> query = "PREFIX x: <urn:x:> SELECT $this { $this x:p ?o FILTER (?o > 3) }"
    >>> may_read(query, {"urn:x:p"}), may_read(query, {"urn:x:o"}), may_read("ASK { $this ?p 1 }", {"urn:x:o"})
    (True, False, True)
    """
    parts = [
        (str(found.lastgroup), found[0]) for found in _TOKEN.finditer(query) if found.lastgroup not in (None, "space")
    ]
    prefixes = {}
    for (kind, part), (after, iri) in pairwise(parts):
        if kind == "name" and part.endswith(":") and after == "iri":
            prefixes[part] = iri[1:-1]
    # A variable is a property where something stands before it that has properties, and something after it; not in a
    # list of what is told or grouped by.
    padded = [("other", "{"), *parts, ("other", "}")]
    listed = False
    for (before, left), (kind, part), (after, right) in zip(padded, padded[1:], padded[2:], strict=False):
        listed = (listed or part.lower() in ("select", "by")) and part not in "{}"
        if listed:
            continue
        if part.lower() in _ANYTHING or (kind == "name" and not {"\\", "%"}.isdisjoint(part)):
            return True
        if part == "!" and (after in ("iri", "name") or right in "(^a"):
            return True
        if kind == "variable" and (before in _TERMS or left in ";[])") and (after in _TERMS or right in "[("):
            return True
        start, colon, local = part.partition(":")
        iri = part[1:-1] if kind == "iri" else prefixes.get(start + colon, "") + local if kind == "name" else ""
        if iri in properties or (part == "a" and str(RDF.type) in properties):
            return True
    return False
