"""The tag set as files: for people, for brat, for INCEpTION, for Label Studio."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from xml.etree import ElementTree

from .derive import Attribute, Label, TagSet, Value


def text(tags: TagSet, *, width: int = 100) -> str:
    """The tag set for people.

    >>> print(text(TagSet((Label("Person", "A human being."),), (), ())), end="")
    Mentions
      Person
          A human being.
    """
    parts: list[str] = []

    def say(words: str, indent: int) -> None:
        margin = " " * indent
        filled = textwrap.fill(words, width, initial_indent=margin, subsequent_indent=margin, break_on_hyphens=False)
        parts.append(filled + "\n")

    for title, labels in (("Mentions", tags.mentions), ("Events", tags.events)):
        if labels:
            say(title, 0)
        for label, depth in _depths(labels):
            say(label.name if label.usable else f"{label.name} (choose one below it)", 2 + 2 * depth)
            say(label.definition, 6 + 2 * depth)
            if label.roles:
                roles = ", ".join(role.name + ("*" if role.repeats else "") for role in label.roles)
                say(f"Roles: {roles}", 6 + 2 * depth)
    for title, items in (("Roles (* can have several fillers)", tags.roles), ("Attributes", tags.attributes)):
        if items:
            say(title, 0)
        for item in items:
            say(item.name, 2)
            say(item.definition, 6)
            if isinstance(item, Attribute):
                say(f"On: {', '.join(item.on)}", 6)
                for value in item.values:
                    say(f"{value.name}: {value.definition}", 6)
    return "".join(parts)


def _depths(labels: tuple[Label, ...]) -> Iterator[tuple[Label, int]]:
    depths: dict[str, int] = {"": -1}
    for label in labels:
        depths[label.name] = depths[label.parent] + 1
        yield label, depths[label.name]


def brat(tags: TagSet) -> str:
    """An ``annotation.conf`` for brat.

    brat lets nobody type a value: certainty of reading is offered in steps, and a date is written into the file.

    >>> print(brat(TagSet((Label("Person", "A human being."),), (), ())), end="")
    # Made by `geokg scheme --for brat`; what the labels mean stands above them.
    <BLANKLINE>
    [entities]
    # A human being.
    Person
    <BLANKLINE>
    [relations]
    Equiv	Arg1:<ENTITY>, Arg2:<ENTITY>, <REL-TYPE>:symmetric-transitive
    <BLANKLINE>
    [events]
    <BLANKLINE>
    [attributes]
    """
    lines = ["# Made by `geokg scheme --for brat`; what the labels mean stands above them.", "", "[entities]"]
    lines += _brat_labels(tags.mentions)
    lines += ["", "[relations]", "Equiv\tArg1:<ENTITY>, Arg2:<ENTITY>, <REL-TYPE>:symmetric-transitive", "", "[events]"]
    lines += _brat_labels(tags.events)
    lines += ["", "[attributes]"]
    # Free values of which brat can offer some: tenths, and the program whose drafts people look through.
    offered = {"Confidence": [f"0.{tenth}" for tenth in range(1, 10)], "Draft": ["geokg-suggest"]}
    for one in tags.attributes:
        values = one.values or tuple(Value(name, "") for name in offered.get(one.name, ()))
        lines.append(f"# {one.definition}")
        if one.kind == "free" and not values:
            lines.append(f"# brat cannot ask for it; write it into the file: A99<tab>{one.name} E1 <value>")
            continue
        choice = f", Value:{'|'.join(value.name for value in values)}" if values else ""
        lines.append(f"{one.name}\tArg:{'|'.join(one.on)}{choice}")
    return "\n".join(lines) + "\n"


def _brat_labels(labels: tuple[Label, ...]) -> Iterator[str]:
    for label, depth in _depths(labels):
        indent = "\t" * depth  # brat reads the hierarchy from the number of blanks
        roles = ", ".join(
            f"{role.name}{'*' if role.repeats else '?'}:{'|'.join(role.fillers) or '<ANY>'}" for role in label.roles
        )
        if label.definition:
            yield f"{indent}# {label.definition}"
        yield f"{indent}{'' if label.usable else '!'}{label.name}" + (f"\t{roles}" if roles else "")


def inception(tags: TagSet) -> str:
    """Two span layers for INCEpTION, in the JSON that its layer settings import: mentions, and events with roles.

    >>> from geokg.tagset import tag_set
    >>> [layer["uiName"] for layer in json.loads(inception(tag_set()))]
    ['geokg mention', 'geokg event']
    """
    mentions = {label.name for label in tags.mentions}
    layers = [
        _layer("Mention", tags.mentions, [one for one in tags.attributes if set(one.on) & mentions]),
        _layer("Event", tags.events, [one for one in tags.attributes if set(one.on) - mentions]),
    ]
    reference = "Who it is, as register and key: Wikidata:Q148, geokg:taliban, ISO3166:CHN."
    layers[0]["features"].append(_feature("reference", "Reference", reference))
    links = _feature(
        "roles", "Roles", "Who and what plays which role.", [Value(r.name, r.definition) for r in tags.roles]
    )
    links |= {
        "type": "uima.tcas.Annotation",
        "multi_value_mode": "ARRAY",
        "link_mode": "WITH_ROLE",
        "link_type_name": "webanno.custom.GeokgEventRolesLink",
        "link_type_role_feature_name": "role",
        "link_type_target_feature_name": "target",
    }
    layers[1]["features"].append(links)
    return json.dumps(layers, ensure_ascii=False, indent=2) + "\n"


def _layer(name: str, labels: Iterable[Label], attributes: Iterable[Attribute]) -> dict[str, Any]:
    values = [Value(label.name, label.definition) for label in labels if label.usable]
    features = [_feature("label", f"{name} label", f"What kind of {name.lower()} it is.", values) | {"required": True}]
    for one in attributes:
        kind = {"flag": "uima.cas.Boolean"}.get(one.kind, "uima.cas.String")
        feature = one.name[:1].lower() + one.name[1:]  # readers.cas_own turns it round
        features.append(_feature(feature, one.name, one.definition, one.values) | {"type": kind})
    return {
        "name": f"webanno.custom.Geokg{name}",
        "uiName": f"geokg {name.lower()}",
        "type": "span",
        "description": f"{name}s, as the geokg ontology has them.",
        "features": features,
        "enabled": True,
        "built_in": False,
        "readonly": False,
        "attach_type": None,
        "attach_feature": None,
        "allow_stacking": True,
        "cross_sentence": True,
        "show_hover": True,
        "anchoring_mode": "CHARACTERS",
        "overlap_mode": "ANY_OVERLAP",
        "validation_mode": "ALWAYS",
        "lock_to_token_offset": False,
        "multiple_tokens": True,
        "linked_list_behavior": False,
    }


def _feature(name: str, shown: str, definition: str, values: Iterable[Value] = ()) -> dict[str, Any]:
    tags = [{"tag_name": value.name, "tag_description": value.definition} for value in values]
    named = {"name": f"geokg {shown}", "description": definition, "language": "en", "tags": tags, "create_tag": False}
    return {
        "name": name,
        "uiName": shown,
        "type": "uima.cas.String",
        "tag_set": named if tags else None,
        "description": definition,
        "enabled": True,
        "visible": True,
        "include_in_hover": True,
        "required": False,
        "remember": False,
        "hideUnconstraintFeature": False,
        "multi_value_mode": "NONE",
        "link_mode": "NONE",
        "link_type_name": None,
        "link_type_role_feature_name": None,
        "link_type_target_feature_name": None,
        "traits": None,
        "curatable": True,
    }


def label_studio(tags: TagSet) -> str:
    """A labelling interface for Label Studio; tasks hold the text as ``text``.

    Labels mark mentions and the words that tell an event; relations drawn from an event say who plays which role.

    >>> from geokg.tagset import tag_set
    >>> ElementTree.fromstring(label_studio(tag_set())).tag
    'View'
    """
    view = ElementTree.Element("View")
    relations = ElementTree.SubElement(view, "Relations")
    for role in tags.roles:
        ElementTree.SubElement(relations, "Relation", value=role.name)
    mentions = {label.name for label in tags.mentions}
    for name, labels in (("mention", tags.mentions), ("event", tags.events)):
        group = ElementTree.SubElement(view, "Labels", name=name, toName="text")
        for label in labels:
            if label.usable:
                ElementTree.SubElement(group, "Label", value=label.name, hint=label.definition)
    ElementTree.SubElement(view, "Text", name="text", value="$text", granularity="symbol")
    for one in tags.attributes:
        where = {"toName": "text", "perRegion": "true", "visibleWhen": "region-selected"}
        both = set(one.on) & mentions and set(one.on) - mentions
        if not both:
            where["whenTagName"] = "mention" if set(one.on) & mentions else "event"
            where["whenLabelValue"] = ",".join(one.on)
        ElementTree.SubElement(view, "Header", value=one.name, size="6")
        if one.kind == "free":
            where |= {"placeholder": one.definition, "maxSubmissions": "1"}
            ElementTree.SubElement(view, "TextArea", {"name": one.name, **where})
            continue
        choices = ElementTree.SubElement(view, "Choices", {"name": one.name, "choice": "single", **where})
        for value in one.values or (Value("yes", one.definition),):
            ElementTree.SubElement(choices, "Choice", value=value.name, hint=value.definition)
    ElementTree.indent(view)
    return ElementTree.tostring(view, encoding="unicode") + "\n"


FORMATS: dict[str, Callable[[TagSet], str]] = {"brat": brat, "inception": inception, "label-studio": label_studio}
"""The files that tools import, by the tool's name."""
