"""What literals are worth: whether they are well-formed, how they compare, which languages and patterns they fit.

Well-formed is what XML Schema 1.1 calls so. Comparisons and patterns are SPARQL's, as Oxigraph does them, but for
integers and decimals too long for it.

>>> from .model import sh
>>> integer = ox.NamedNode(XSD + "integer")
>>> is_well_formed(ox.Literal("07", datatype=integer)), is_well_formed(ox.Literal("7.0", datatype=integer))
(True, False)
"""

from __future__ import annotations

import re
from calendar import monthrange
from decimal import Decimal
from functools import lru_cache

import pyoxigraph as ox

from .model import Term

XSD = "http://www.w3.org/2001/XMLSchema#"
_CALCULATOR = ox.Store()

_INTEGERS: dict[str, tuple[int | None, int | None]] = {
    "integer": (None, None),
    "long": (-(2**63), 2**63 - 1),
    "int": (-(2**31), 2**31 - 1),
    "short": (-(2**15), 2**15 - 1),
    "byte": (-(2**7), 2**7 - 1),
    "nonNegativeInteger": (0, None),
    "positiveInteger": (1, None),
    "unsignedLong": (0, 2**64 - 1),
    "unsignedInt": (0, 2**32 - 1),
    "unsignedShort": (0, 2**16 - 1),
    "unsignedByte": (0, 2**8 - 1),
    "nonPositiveInteger": (None, 0),
    "negativeInteger": (None, -1),
}
INTEGERS = {XSD + name: bounds for name, bounds in _INTEGERS.items()}
"""For each datatype of integers the least and the greatest."""

INTEGER = "^[+-]?[0-9]+$"
_ZONE = r"(Z|[+-](0\d|1[0-3]):[0-5]\d|[+-]14:00)?"
_YEAR = r"-?([1-9]\d{3,}|0\d{3})"
_MONTH, _DAY = r"(0[1-9]|1[0-2])", r"(0[1-9]|[12]\d|3[01])"
_CLOCK = r"(([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?|24:00:00(\.0+)?)"
_DAYS, _MONTHS = r"(\d+Y)?(\d+M)?", r"(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?"
_FLOAT = r"[+-]?(\d+(\.\d*)?|\.\d+)([Ee][+-]?\d+)?|[+-]?INF|NaN"
_DATE = f"(?P<year>{_YEAR})-(?P<month>{_MONTH})-(?P<day>{_DAY})"
FORMS = {
    XSD + name: re.compile(rf"(?:{form})\Z")
    for name, form in {
        "boolean": "true|false|1|0",
        "decimal": r"[+-]?(\d+(\.\d*)?|\.\d+)",
        "double": _FLOAT,
        "float": _FLOAT,
        "date": _DATE + _ZONE,
        "dateTime": f"{_DATE}T{_CLOCK}{_ZONE}",
        "dateTimeStamp": f"{_DATE}T{_CLOCK}{_ZONE[:-1]}",
        "time": _CLOCK + _ZONE,
        "gYear": _YEAR + _ZONE,
        "gYearMonth": f"{_YEAR}-{_MONTH}{_ZONE}",
        "gMonth": f"--{_MONTH}{_ZONE}",
        "gDay": f"---{_DAY}{_ZONE}",
        "gMonthDay": f"--(?P<month>{_MONTH})-(?P<day>{_DAY}){_ZONE}",
        "duration": rf"-?P(?=.)(?!T\Z){_DAYS}(\d+D)?{_MONTHS}",
        "yearMonthDuration": rf"-?P(?=.){_DAYS}",
        "dayTimeDuration": rf"-?P(?=.)(\d+D)?{_MONTHS}",
        "hexBinary": "([0-9A-Fa-f]{2})*",
        "base64Binary": r"(([A-Za-z0-9+/] ?){4})*(([A-Za-z0-9+/] ?){2}[A-Za-z0-9+/] ?=|([A-Za-z0-9+/] ?){2}= ?=)?",
        "language": "[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*",
    }.items()
}
"""How other datatypes are written."""

_ORDERED = frozenset({*INTEGERS, *FORMS, XSD + "string", "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"}) - {
    XSD + "hexBinary",
    XSD + "base64Binary",
    XSD + "language",
}
_DECIMALS = frozenset({*INTEGERS, XSD + "decimal"})


@lru_cache(maxsize=65536)
def is_well_formed(literal: ox.Literal) -> bool:
    """Whether a literal is written as its datatype wants; true for a datatype that is not known.

    >>> [is_well_formed(ox.Literal(day, datatype=ox.NamedNode(XSD + "date"))) for day in ("2024-02-29", "2023-02-29")]
    [True, False]
    """
    kind, text = literal.datatype.value, literal.value
    if kind in INTEGERS:
        if not re.fullmatch(r"[+-]?[0-9]+", text):
            return False
        least, greatest = INTEGERS[kind]
        number = Decimal(text)
        return (least is None or number >= least) and (greatest is None or number <= greatest)
    if kind not in FORMS:
        return True
    found = FORMS[kind].match(text) if text.isascii() else None
    if found is None:
        return False
    parts = found.groupdict()
    if "day" not in parts:
        return True
    year = int(parts["year"]) if "year" in parts else 2000
    # the days of a month come back after 400 years
    return int(parts["day"]) <= monthrange(year % 400 + 400, int(parts["month"]))[1]


def compares(left: Term, operator: str, right: Term) -> bool:
    """Whether SPARQL's comparison of two terms is true; false too where it is an error.

    >>> compares(ox.Literal(2), "<", ox.Literal(10)), compares(ox.Literal("a"), "<", ox.Literal(1))
    (True, False)
    """
    if not isinstance(left, ox.Literal) or not isinstance(right, ox.Literal):
        return False
    return _compares(left, operator, right)


@lru_cache(maxsize=65536)
def _compares(left: ox.Literal, operator: str, right: ox.Literal) -> bool:
    if left.datatype.value in _DECIMALS and right.datatype.value in _DECIMALS:
        if not is_well_formed(left) or not is_well_formed(right):
            return False
        one, two = Decimal(left.value), Decimal(right.value)
        return {"<": one < two, "<=": one <= two, ">": one > two, ">=": one >= two}[operator]
    if left == right and "=" in operator:
        # Oxigraph says so of any term and itself; but only what has an order is at most itself
        return left.datatype.value in _ORDERED and is_well_formed(left)
    return bool(_CALCULATOR.query(f"ASK {{ FILTER({left} {operator} {right}) }}"))


def comparison(left: str, operator: str, right: str) -> str:
    """A comparison in SPARQL, which for a term and itself may be false where :func:`compares` is true.

    >>> comparison("?a", "<", "?b")
    '?a < ?b'
    """
    plain = f"{left} {operator} {right}"
    if "=" not in operator:
        return plain
    dates = [f"(DATATYPE({left}) = <{XSD}{name}> && isLiteral(<{XSD}{name}>({left})))" for name in ("dateTime", "date")]
    return f"{plain} && (!sameTerm({left}, {right}) || isNumeric({left}) || {' || '.join(dates)})"


@lru_cache(maxsize=65536)
def fits(text: str, pattern: str, flags: str) -> bool:
    """Whether a text fits a regular expression, as SPARQL's ``REGEX`` has it.

    >>> fits("Paris", "^p", "i"), fits("Paris", "^p", "")
    (True, False)
    """
    return bool(_CALCULATOR.query(f"ASK {{ FILTER({regex(str(ox.Literal(text)), pattern, flags)}) }}"))


def regex(text: str, pattern: str, flags: str) -> str:
    """A call of ``REGEX``, in SPARQL.

    >>> regex("STR(?v)", "^a", "i")
    'REGEX(STR(?v), "^a", "i")'
    """
    return f"REGEX({text}, {ox.Literal(pattern)}, {ox.Literal(flags)})"


def is_pattern(pattern: str, flags: str) -> bool:
    """Whether Oxigraph can read a regular expression.

    >>> is_pattern("(", "")
    False
    """
    call = regex('""', pattern, flags)
    return bool(_CALCULATOR.query(f"ASK {{ FILTER(COALESCE(isLiteral(STR({call})), false)) }}"))


@lru_cache(maxsize=4096)
def respelt(term: Term) -> Term:
    """A term as an Oxigraph store gives it back.

    >>> respelt(ox.Literal("07", datatype=ox.NamedNode(XSD + "integer"))).value
    '7'
    """
    if not isinstance(term, ox.Literal):
        return term
    store = ox.Store()
    store.add(ox.Quad(ox.NamedNode(XSD), ox.NamedNode(XSD), term))
    (quad,) = store
    return quad.object if isinstance(quad.object, ox.Literal) else term


def in_language(term: Term, languages: tuple[str, ...]) -> bool:
    """Whether a term is text in one of some languages, as SPARQL's ``langMatches`` has it.

    >>> in_language(ox.Literal("a", language="en-gb"), ("EN",)), in_language(ox.Literal("a"), ("en",))
    (True, False)
    """
    if not isinstance(term, ox.Literal) or not term.language:
        return False
    tag = term.language.lower()
    return any(wanted == "*" or tag == wanted.lower() or tag.startswith(f"{wanted.lower()}-") for wanted in languages)
