"""Whether two answers are the same, whatever their blank nodes are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

import pyoxigraph as ox

Row = tuple[object, ...]
XSD = "http://www.w3.org/2001/XMLSchema#"
_READ = {
    XSD + "integer": int,
    XSD + "decimal": Decimal,
    XSD + "float": float,
    XSD + "double": float,
    XSD + "boolean": {"true": True, "1": True, "false": False, "0": False}.__getitem__,
}


def value(term: object) -> object:
    """A term, or what stands for all spellings of a literal.

    >>> two, decimal = (ox.Literal(text, datatype=ox.NamedNode(XSD + "decimal")) for text in ("2", "2.0"))
    >>> value(two) == value(decimal), value(two) == value(ox.Literal(2)), value(ox.Literal("2"))
    (True, False, <Literal value=2 ...>)
    """
    if not isinstance(term, ox.Literal) or term.datatype.value not in _READ:
        return term
    try:
        return term.datatype.value, _READ[term.datatype.value](term.value)
    except (ArithmeticError, KeyError, ValueError):
        return term


def same(left: Iterable[Row], right: Iterable[Row], *, ordered: bool = False) -> bool:
    """Whether two lists of rows are the same but for the names of blank nodes.

    >>> a, b = ox.BlankNode("a"), ox.BlankNode("b")
    >>> (
    ...     same([(a, 1), (b, 2)], [(a, 2), (b, 1)]),
    ...     same([(a, a)], [(a, b)]),
    ...     same([(1,), (2,)], [(2,), (1,)], ordered=True),
    ... )
    (True, False, False)
    """
    left, right = list(left), list(right)
    if len(left) != len(right):
        return False
    if ordered:
        return _match(left, right, {}, ordered=True)
    if Counter(row for row in left if not _blank(row)) != Counter(row for row in right if not _blank(row)):
        return False
    return _match([row for row in left if _blank(row)], [row for row in right if _blank(row)], {}, ordered=False)


def _blank(row: Row) -> bool:
    return any(isinstance(term, ox.BlankNode) for term in row)


def _match(left: Sequence[Row], right: Sequence[Row], names: dict[object, object], *, ordered: bool) -> bool:
    """Match the first row, or any that has fewest partners, and go on with the rest."""
    if not left:
        return True
    if ordered:
        partners = [0] if _together(left[0], right[0], names) is not None else []
        at = 0
    else:
        found = [[n for n, row in enumerate(right) if _together(one, row, names) is not None] for one in left]
        at = min(range(len(left)), key=lambda n: len(found[n]))
        partners = found[at]
    rest = [*left[:at], *left[at + 1 :]]
    for n in partners:
        more = _together(left[at], right[n], names)
        if more is not None and _match(rest, [*right[:n], *right[n + 1 :]], more, ordered=ordered):
            return True
    return False


def _together(left: Row, right: Row, names: dict[object, object]) -> dict[object, object] | None:
    """The names of blank nodes under which two rows are one; ``None`` if there are none."""
    if len(left) != len(right):
        return None
    names = dict(names)
    for one, other in zip(left, right, strict=True):
        if not (isinstance(one, ox.BlankNode) and isinstance(other, ox.BlankNode)):
            if one != other:
                return None
        elif one in names:
            if names[one] != other:
                return None
        elif other in names.values():
            return None
        else:
            names[one] = other
    return names
