"""The tag set for annotators, derived from the ontology: labels, roles, values, and the files that tools import.

A new class, property or concept is in the tag set at once. The files: ``annotation.conf`` for brat; a JSON file of
layers with their tag sets for INCEpTION (Settings, Layers, Import); a labelling interface for Label Studio.
"""

from .derive import Attribute, Label, Role, TagSet, Value, tag_set
from .formats import FORMATS, brat, inception, label_studio, text

__all__ = [
    "FORMATS",
    "Attribute",
    "Label",
    "Role",
    "TagSet",
    "Value",
    "brat",
    "inception",
    "label_studio",
    "tag_set",
    "text",
]
