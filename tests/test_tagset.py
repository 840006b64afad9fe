"""The tag set that is derived from the ontology, and the files that annotation tools import."""

from __future__ import annotations

import json
import re
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest

import geokg
from geokg.ontology import statements
from geokg.scheme import Scheme
from geokg.tagset import FORMATS, TagSet, brat, inception, label_studio, tag_set, text
from geokg.vocabulary import GK


@pytest.fixture(scope="module")
def tags() -> TagSet:
    return tag_set()


@pytest.fixture(scope="module")
def article() -> geokg.Document:
    return geokg.read(Path(__file__).parents[1] / "data" / "china-taliban" / "article.ann")


def test_every_label_of_the_scheme_is_there_and_nothing_else(tags: TagSet) -> None:
    scheme = Scheme.packaged()
    assert {label.name for label in tags.mentions} == set(scheme.mentions)
    assert {label.name for label in tags.events} == set(scheme.events)


def test_each_part_has_a_definition(tags: TagSet) -> None:
    values = [value for attribute in tags.attributes for value in attribute.values]
    for one in (*tags.mentions, *tags.events, *tags.roles, *tags.attributes, *values):
        assert one.definition, one.name


def test_labels_that_nobody_should_choose_are_those_of_the_guide(tags: TagSet, root: Path) -> None:
    guide = (root / "data" / "GUIDE.md").read_text(encoding="utf-8")
    sentence = re.search(r"^- (`Situation`.*?) are labels that the ontology knows", guide, re.MULTILINE | re.DOTALL)
    assert sentence is not None
    unused = {label.name for label in (*tags.mentions, *tags.events) if not label.usable}
    assert set(re.findall(r"`(\w+)`", sentence[1])) == unused


def test_a_label_stands_below_its_nearest_parent(tags: TagSet) -> None:
    parents = {label.name: label.parent for label in (*tags.mentions, *tags.events)}
    assert parents["StateOrgan"] == "Organization"
    assert parents["Organization"] == "CollectiveActor"
    assert parents["RestraintCommitment"] == "Commitment"
    assert parents["Area"] == parents["Evidence"] == ""


def test_two_roles_of_one_name_mean_what_fits_their_event(tags: TagSet) -> None:
    holders = {label.name: role for label in tags.events for role in label.roles if role.name == "Holder"}
    assert holders["Tenure"].fillers == ("Person",)
    assert "State" in holders["Intention"].fillers
    assert not holders["Tenure"].repeats


def test_a_new_class_is_a_new_label_at_once() -> None:
    turtle = f"""
        @prefix gk: <{GK}> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
        @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
        gk:Raid a owl:Class ; rdfs:subClassOf gk:HostileAct ; skos:definition "A quick attack."@en .
        """
    new = tag_set([*statements(), *ox.parse(turtle, format=ox.RdfFormat.TURTLE)])
    raid = next(label for label in new.events if label.name == "Raid")
    assert (raid.parent, raid.definition) == ("HostileAct", "A quick attack.")
    assert {role.name for role in raid.roles} >= {"Actor", "Recipient", "Evidence"}
    assert "\t\t\tRaid\t" in brat(new)


def test_the_article_is_annotated_as_the_tag_set_allows(tags: TagSet, article: geokg.Document) -> None:
    labels = {label.name: label for label in (*tags.mentions, *tags.events)}
    attributes = {attribute.name: attribute for attribute in tags.attributes}
    assert all(labels[mention.label].usable for mention in article.mentions)
    for event in article.events:
        roles = {role.name: role for role in labels[event.label].roles}
        played = sorted(argument.role for argument in event.arguments)
        for name, fillers in groupby(played):
            assert roles[name].repeats or len(list(fillers)) == 1, event
        for argument in event.arguments:
            filler = article.get(argument.target)
            assert filler is not None
            assert not roles[argument.role].fillers or filler.label in roles[argument.role].fillers, event
    for one in article.attributes:
        target = article.get(one.target)
        assert target is not None
        assert target.label in attributes[one.name].on, one
        values = {value.name for value in attributes[one.name].values}
        assert not values or one.value in values, one


# brat: read back by the rules that its server reads it by


def sections(conf: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    name = "general"
    for line in conf.splitlines():
        header = re.fullmatch(r"\s*\[(.*)\]\s*", line)
        if header:
            name = header[1]
            found[name] = []
        elif line.strip() and not re.match(r"\s*#", line):
            found[name].append(line)
    return found


def test_brat_reads_its_configuration(tags: TagSet) -> None:
    conf = sections(brat(tags))
    assert list(conf) == ["entities", "relations", "events", "attributes"]
    known: set[str] = set()
    arguments: list[tuple[str, str]] = []
    for lines in (conf["entities"], conf["events"], conf["attributes"], conf["relations"]):
        depth = -1
        for line in lines:
            found = re.fullmatch(r"(\s*)(\S+)(?:\s+(.*))?", line)
            assert found is not None
            assert len(found[1]) <= depth + 1, f"no parent: {line}"
            depth = len(found[1])
            name = found[2].removeprefix("!")
            assert re.fullmatch(r"[a-zA-Z0-9_-]+", name), line
            keys = set()
            for argument in filter(None, (found[3] or "").split(",")):
                parts = re.fullmatch(r"(\S*?):(\S*)", argument.strip())
                assert parts is not None, argument
                assert parts[1] not in keys, line
                keys.add(parts[1])
                arguments.append((parts[1], parts[2]))
            known.add(name)
    for key, kinds in arguments:
        if key not in ("Value", "<REL-TYPE>"):
            assert {kind for kind in kinds.split("|") if not kind.startswith("<")} <= known, key


def test_brat_shows_groups_and_lets_nobody_choose_them(tags: TagSet) -> None:
    conf = sections(brat(tags))
    assert conf["entities"][:3] == ["!Actor", "\t!CollectiveActor", "\t\tGroup"]
    assert (
        "Stance\tArg:Statement, Value:asks|asserts|confirms|denies|intends|predicts|promises|recommends"
        in conf["attributes"]
    )
    assert not [line for line in conf["attributes"] if line.startswith("Date")], "brat has no free values"
    assert next(line for line in conf["attributes"] if line.startswith("Metonym")).count(":") == 1, "a flag"


# INCEpTION


def test_inception_layers_have_what_its_import_reads(tags: TagSet) -> None:
    mention, event = json.loads(inception(tags))
    for layer in (mention, event):
        assert layer["type"] == "span"
        assert layer["anchoring_mode"] == "CHARACTERS", "words are marked to the character"
        assert layer["overlap_mode"] == "ANY_OVERLAP"
        names = [feature["name"] for feature in layer["features"]]
        assert len(names) == len(set(names))
        assert all(re.fullmatch(r"[a-z][A-Za-z0-9_]*", name) for name in names)
    labels = next(feature for feature in event["features"] if feature["name"] == "label")
    tag_names = {tag["tag_name"] for tag in labels["tag_set"]["tags"]}
    assert "Statement" in tag_names
    assert "Situation" not in tag_names
    roles = next(feature for feature in event["features"] if feature["name"] == "roles")
    assert (roles["link_mode"], roles["multi_value_mode"]) == ("WITH_ROLE", "ARRAY")
    assert {tag["tag_name"] for tag in roles["tag_set"]["tags"]} == {role.name for role in tags.roles}
    metonym = next(feature for feature in mention["features"] if feature["name"] == "metonym")
    assert (metonym["type"], metonym["tag_set"]) == ("uima.cas.Boolean", None)


def test_inception_tag_sets_of_one_name_are_one(tags: TagSet) -> None:
    seen: dict[str, object] = {}
    for layer in json.loads(inception(tags)):
        for feature in layer["features"]:
            if feature["tag_set"]:
                assert seen.setdefault(feature["tag_set"]["name"], feature["tag_set"]) == feature["tag_set"]
    assert "geokg Stance" in seen


# Label Studio


def test_label_studio_shows_each_attribute_where_it_belongs(tags: TagSet) -> None:
    view = ElementTree.fromstring(label_studio(tags))
    names = [element.get("name") for element in view if element.get("name")]
    assert len(names) == len(set(names))
    assert {element.get("toName") for element in view if element.get("toName")} == {"text"}
    stance = next(element for element in view if element.get("name") == "Stance")
    assert (stance.get("whenTagName"), stance.get("whenLabelValue")) == ("event", "Statement")
    assert [choice.get("value") for choice in stance][:2] == ["asks", "asserts"]
    labels = {label.get("value") for label in view.iter("Label")}
    assert labels == {label.name for label in (*tags.mentions, *tags.events) if label.usable}
    assert {relation.get("value") for relation in view.iter("Relation")} == {role.name for role in tags.roles}


@pytest.mark.parametrize("tool", sorted(FORMATS))
def test_the_same_ontology_gives_the_same_bytes(tags: TagSet, tool: str) -> None:
    assert FORMATS[tool](tags) == FORMATS[tool](tag_set())


def test_the_table_for_people_keeps_to_its_width(tags: TagSet) -> None:
    lines = text(tags, width=80).splitlines()
    assert max(map(len, lines)) <= 80
    assert "  Situation (choose one below it)" in lines
    assert any(line.strip().startswith("promises: ") for line in lines)
