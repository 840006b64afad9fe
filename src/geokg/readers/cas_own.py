"""The layers that geokg itself writes into a CAS: those that ``geokg scheme --for inception`` sets up, and records.

::

    GeokgMention, GeokgEvent, GeokgRelation     spans: label, attributes, reference and roles, as INCEpTION shows them
    GeokgPart                                   the parts of words that do not stand together
    GeokgAttribute, GeokgNormalization,         what no layer can show whole: ids, names, values as they were written;
    GeokgNote, GeokgEquivalence,                INCEpTION leaves these aside
    GeokgDocument                               who annotated it

An attribute that stands in a feature and in a record is one; in a feature alone, INCEpTION's users made it.
"""

from __future__ import annotations

from ..text import Attribute, Equivalence, Normalization, Note
from .cas import Cas, Structure

_PACKAGE = "webanno.custom.Geokg"
MENTION = f"{_PACKAGE}Mention"
EVENT = f"{_PACKAGE}Event"
RELATION = f"{_PACKAGE}Relation"
LINK = f"{_PACKAGE}EventRolesLink"
PART = f"{_PACKAGE}Part"
ATTRIBUTE = f"{_PACKAGE}Attribute"
NORMALIZATION = f"{_PACKAGE}Normalization"
NOTE = f"{_PACKAGE}Note"
EQUIVALENCE = f"{_PACKAGE}Equivalence"

DOCUMENT = f"{_PACKAGE}Document"

LAYERS = (MENTION, EVENT, RELATION)
RECORDS = {
    ATTRIBUTE: ("id", "name", "target", "value"),
    NORMALIZATION: ("id", "kind", "target", "resource", "key", "text"),
    NOTE: ("id", "kind", "target", "text"),
    EQUIVALENCE: ("kind", "members"),
}
"""The records, and what each has; ``members`` are several, ``value`` may be missing."""

PLAIN = ("id", "label", "trigger", "triggerLabel")
"""The features of our layers that say what a span is, not what is said of it."""


def feature_of(attribute: str) -> str:
    """The feature of our layers that shows an attribute; the tag set for INCEpTION has the same.

    >>> feature_of("TimeRelation"), attribute_of("timeRelation")
    ('timeRelation', 'TimeRelation')
    """
    return attribute[:1].lower() + attribute[1:]


def attribute_of(feature: str) -> str:
    """The attribute that a feature of our layers shows."""
    return feature[:1].upper() + feature[1:]


def record(cas: Cas, one: Structure) -> Attribute | Normalization | Note | Equivalence | None:
    """What a record says.

    Raises:
        ReadError: a part of it is missing, and leniency was not asked for.
    """
    missing = [key for key in RECORDS[one.type] if key not in one.values and key not in ("value", "members")]
    if missing:
        cas.faults.refuse(cas.error(f"{one.name} has no {' and no '.join(missing)}", one.line))
        return None

    def get(key: str) -> str:
        return one.values[key][0]

    if one.type == ATTRIBUTE:
        value = one.values["value"][0] if "value" in one.values else None
        return Attribute(get("id"), get("name"), get("target"), value, one.line)
    if one.type == NORMALIZATION:
        return Normalization(get("id"), get("kind"), get("target"), get("resource"), get("key"), get("text"), one.line)
    if one.type == NOTE:
        return Note(get("id"), get("kind"), get("target"), get("text"), one.line)
    return Equivalence(get("kind"), tuple(one.values.get("members", ())), one.line)
