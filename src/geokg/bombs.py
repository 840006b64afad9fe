"""RDF of strangers that is not to be parsed, since a little of it fills any memory or any stack."""

from __future__ import annotations

import re
from collections.abc import Callable

import pyoxigraph as ox

_JSON_DEPTH = 100
_HARMLESS = re.compile(
    rb"""<!ENTITY\s+[\w.-]+\s+(?:"[^"&%]{0,100}"|'[^'&%]{0,100}')\s*>|<!DOCTYPE\s+[\w:.-]+\s*[\[>]|<!--|<!\[CDATA\["""
)
_JSON_SIGN = re.compile(rb'"(?:[^"\\]|\\.)*+"?|(?P<open>[\[{])|(?P<close>[\]}])', re.DOTALL)


def bomb(read: Callable[[], bytes], rdf_format: ox.RdfFormat) -> str | None:
    """Why RDF is not to be parsed, if it is not: a few bytes of XML entities fill any memory, deep JSON any stack.

    Args:
        read: gives the RDF, and is not called for formats that are always safe.
        rdf_format: its format.

    Entities that stand for a few plain characters, as older OWL files have them for their namespaces, are read.

    >>> bomb(lambda: b"[" * 200, ox.RdfFormat.JSON_LD)
    'JSON-LD that is nested more than 100 deep is not read'
    >>> bomb(lambda: b'<!DOCTYPE x [<!ENTITY owl "http://www.w3.org/2002/07/owl#">]>', ox.RdfFormat.RDF_XML)
    """
    if rdf_format == ox.RdfFormat.RDF_XML:
        plain = read().replace(b"\0", b"")  # as UTF-16 writes it, too
        if plain.count(b"<!") > len(_HARMLESS.findall(plain)):
            return "RDF/XML with entities for more than a few plain characters is not read: write what they stand for"
    elif rdf_format == ox.RdfFormat.JSON_LD and json_depth(read()) > _JSON_DEPTH:
        return f"JSON-LD that is nested more than {_JSON_DEPTH} deep is not read"
    return None


def json_depth(data: bytes) -> int:
    r"""How deep a JSON text is nested, whether it is well-formed or not.

    >>> json_depth(b'{"a": [{"b": "[[[\\"["}]}'), json_depth(b"[" * 9)
    (3, 9)
    """
    depth = deepest = 0
    for found in _JSON_SIGN.finditer(data):
        if found["open"]:
            depth += 1
            deepest = max(deepest, depth)
        elif found["close"]:
            depth -= 1
    return deepest
