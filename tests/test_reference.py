"""Reference data of others: Popolo, tables, the Office of the Historian's lists; and who held which post when."""

from __future__ import annotations

import json
from calendar import monthrange
from datetime import date
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib.namespace import DCTERMS, RDF, SKOS

import geokg
from geokg.dates import holds
from geokg.errors import ReadError
from geokg.graph import KnowledgeGraph
from geokg.reference import find, read
from geokg.store import Store
from geokg.tenures import Holding, holders
from geokg.vocabulary import GK, Base, packaged

BASE = Base()
QUERY = (packaged("ontology") / "queries" / "44-how-surely-a-post-was-held.rq").read_text(encoding="utf-8")
ASKED, DAY = "e:spokesperson-of-the-ministry-of-foreign-affairs-of-china", "2021-08-20T00:00:00Z"
ROOT = f"{BASE.data}reference/"


def graph(folder: Path) -> KnowledgeGraph:
    """Everything that stewards gave, with the packaged states."""
    kg = KnowledgeGraph.empty()
    kg.curation.add_folders([folder])
    kg.apply_rules()
    return kg


def held(kg: KnowledgeGraph, post: str, day: str) -> dict[str, str]:
    """Who held a post on a day, and how surely: by the library, and the same by the query of the cookbook."""
    found: list[Holding] = holders(kg.names, kg.views, post, day)
    (asked,) = kg.find(post)
    rows = kg.query(QUERY.replace(ASKED, f"<{asked}>").replace(DAY, f"{day}T00:00:00Z"))
    assert sorted((str(row.name), str(row.surely), str(row.date or "")) for row in rows) == sorted(
        (one.person.label, one.surely, one.date) for one in found
    )
    best: dict[str, str] = {}
    for one in found:  # the surest first
        best.setdefault(one.person.label, one.surely)
    return best


# How surely something holds


@pytest.mark.parametrize(
    ("date", "day", "surely"),
    [
        ("1950/1953", "1949-12-31", None),
        ("1950/1953", "1950-07-01", "possibly"),
        ("1950/1953", "1951-01-01", "certainly"),
        ("1950/1953", "1953-01-01", "possibly"),
        ("1950/1953", "1954-01-01", None),
        ("1950-03-02/1953-03-02", "1950-03-02", "certainly"),
        ("1950-03-02/1953-03-02", "1953-03-02", "certainly"),
        ("1950-03-02/1953-03-02", "1953-03-03", None),
        ("1950-03~/..", "1950-01-01", "possibly"),
        ("1950-03~/..", "1951-01-01", "certainly"),
        ("195X/1970", "1959-01-01", "possibly"),
        ("195X/1970", "1960-01-01", "certainly"),
        ("/1970", "1960-01-01", "possibly"),
        ("../1970", "1960-01-01", "certainly"),
        ("1950-03-02/", "1950-03-02", "possibly"),
        ("1950-21/1960", "1951-01-01", "certainly"),
        ("1950", "1950-06-01", "possibly"),
        ("1950-03-02", "1950-03-02", "certainly"),
        ("1950/1953", "1951", "certainly"),
        ("1950-03-02/1953", "1950-03", "possibly"),
        ("1950-03-02T10:00:00Z/1953", "1950-03-02", "certainly"),
    ],
)
def test_how_surely(date: str, day: str, surely: str | None) -> None:
    assert holds(date, day) == surely


@pytest.mark.parametrize(("date", "day"), [("soon/1950", "1950"), ("1953/1950", "1951"), ("1950/1953", "a day")])
def test_what_is_no_date_is_an_error(date: str, day: str) -> None:
    with pytest.raises(ValueError, match=r"is no EDTF date|ends before it starts"):
        holds(date, day)


DAYS = st.dates(min_value=date(1900, 1, 1), max_value=date(1904, 12, 31))
PARTS = st.one_of(
    st.sampled_from(["", ".."]),
    st.tuples(DAYS.map(str), st.sampled_from([4, 7, 10]), st.sampled_from(["", "", "?", "~"])).map(
        lambda drawn: drawn[0][: drawn[1]] + drawn[2]
    ),
    st.sampled_from(["190X", "1902-XX", "1902-05-XX", "1901-22"]),
)
EVALUATE = (
    QUERY.partition("OPTIONAL { ?tenure gk:edtf ?date }")[2].rpartition("}")[0].replace("?day", "?asked_day")
)  # the part that reads dates


@settings(max_examples=80, deadline=None)
@given(PARTS, PARTS, DAYS.map(str))
def test_library_and_query_read_dates_alike(start: str, end: str, day: str) -> None:
    date = f"{start}/{end}"
    try:
        surely = holds(date, day)
    except ValueError:
        return  # ends before it starts, or is open on both sides
    query = f'SELECT ?surely {{ VALUES (?date ?asked_day) {{ ("{date}" "{day}") }} {EVALUATE} }}'
    assert [row["surely"].value for row in Store.memory().solutions(query)] == ([surely] if surely else [])


def days(part: str) -> list[str]:
    """The first and the last day that a bound may be."""
    if part[-1:] in ("?", "~"):
        part = part[:4]
    if len(part) == len("1950-03"):
        return [f"{part}-01", f"{part}-{monthrange(int(part[:4]), int(part[5:]))[1]:02}"]
    return [f"{part}-01-01", f"{part}-12-31"] if len(part) == len("1950") else [part, part]


WHOLE = PARTS.filter(lambda part: "X" not in part and part != "1901-22")


@settings(max_examples=150, deadline=None)
@given(WHOLE, WHOLE, DAYS.map(str))
def test_certain_is_what_holds_however_the_bounds_turn_out(start: str, end: str, day: str) -> None:
    """A vague bound is one of its days; one that is not known may be any day at all."""
    try:
        surely = holds(f"{start}/{end}", day)
    except ValueError:
        return  # ends before it starts, or is open on both sides
    starts = {"": ["0001-01-01", "9998-01-01"], "..": ["0001-01-01"]}.get(start) or days(start)
    ends = {"": ["0001-01-01", "9998-01-01"], "..": ["9998-01-01"]}.get(end) or days(end)
    # Days as strings of one form compare as days do.
    ways = {first <= day <= last for first in starts for last in ends}
    # On the last day on which it may begin, or the first on which it may end, the rule is on the safe side.
    edge = day in {starts[-1], ends[0]} - {starts[0], ends[-1]}
    assert surely == ("certainly" if ways == {True} and not edge else "possibly" if True in ways else None)


# The Office of the Historian


@pytest.fixture(scope="module")
def pocom(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> KnowledgeGraph:
    corpus = shared / "corpora" / "pocom"
    if not corpus.is_dir():
        pytest.skip(f"{corpus} is not here")
    folder = tmp_path_factory.mktemp("source")
    (folder / "reference").mkdir()
    (folder / "reference" / "pocom.toml").write_text(
        f'title = "Principal officers"\npublisher = "Office of the Historian"\npath = {json.dumps(str(corpus))}\n'
    )
    return graph(folder)


def test_all_of_pocom_is_read(pocom: KnowledgeGraph, shared: Path) -> None:
    said = read(shared / "corpora" / "pocom", BASE)
    kinds = [quad.object.value.rpartition("/")[2] for quad in said.quads if quad.predicate.value == str(RDF.type)]
    # SOURCE.md: 31, 61 and 33 chiefs of mission, of whom 13 are nominees who never served; 73 secretaries.
    assert kinds.count("Tenure") == 31 + 61 + 33 - 13 + 73
    assert kinds.count("Person") == 180
    assert kinds.count("Position") == 4 + 5 + 2 + 1
    assert len(said.remarks) == 13 + 1
    assert str(said.remarks[-2]).endswith(
        "pakistan.xml:877: pk--vest-01: vest-george-southall held no post (Nomination withdrawn on May 5, 1977.)"
    )
    assert {quad.graph_name.value for quad in said.quads} == {f"{BASE.graph}reference/pocom"}


def test_pocom_conforms(pocom: KnowledgeGraph) -> None:
    assert [str(finding) for finding in pocom.validate()] == []


AFGHANISTAN, CHINA, PAKISTAN = (
    f"Mission of the United States to {name}" for name in ("Afghanistan", "China", "Pakistan")
)


@pytest.mark.parametrize(
    ("post", "day", "expected"),
    [
        # Read off the XML. Two at once: a minister who resided elsewhere, and the chargé who opened the legation.
        (AFGHANISTAN, "1942-06-15", {"Louis Goethe Dreyfus, Jr.": "certainly", "Charles Wheeler Thayer": "certainly"}),
        (AFGHANISTAN, "1942-06-01", {"Louis Goethe Dreyfus, Jr.": "certainly"}),
        # One hands over to the other in a month that is known, on a day that is not.
        (AFGHANISTAN, "1980-02-10", {"J. Bruce Amstutz": "possibly", "Hawthorne Quinn Mills": "possibly"}),
        (AFGHANISTAN, "1981-06-01", {"Hawthorne Quinn Mills": "certainly"}),
        # “About June 12, 1844”, “between September 29, 1868, and October 28”.
        (CHINA, "1844-06-20", {"Caleb Cushing": "possibly"}),
        (CHINA, "1868-10-01", {"John Ross Browne": "possibly"}),
        (CHINA, "1869-02-01", {"John Ross Browne": "certainly"}),
        (CHINA, "1853-07-15", {"Humphrey Marshall": "certainly", "Peter Parker": "possibly"}),
        # One person in two posts.
        (CHINA, "1953-04-10", {"Karl Lott Rankin": "certainly"}),
        # Nobody says when he left.
        (PAKISTAN, "1948-01-01", {"Charles William Lewis, Jr.": "possibly"}),
        ("Secretary of State", "1850-07-22", {"John Middleton Clayton": "certainly"}),
        ("Secretary of State", "1850-07-23", {"Daniel Webster": "certainly"}),
        ("Secretary of State", "1789-09-26", {}),
        ("Secretary of State", "2025-06-01", {"Marco Rubio": "certainly"}),
        ("Commissioner to China", "1851-12-01", {}),
    ],
)
def test_who_held_this_post_on_that_day(pocom: KnowledgeGraph, post: str, day: str, expected: dict[str, str]) -> None:
    assert held(pocom, post, day) == expected


def test_a_tenure_keeps_what_the_fields_have_no_room_for(pocom: KnowledgeGraph) -> None:
    (thayer, dreyfus) = holders(pocom.names, pocom.views, AFGHANISTAN, "1942-06-15")
    assert dreyfus.notes == ("appointed: 1940-02-16", "ended: Superseded on 1942-07-25")
    assert dreyfus.date == "1941-05-19/1942-07-25"
    assert [source.label for source in thayer.sources] == ["Principal officers"]
    assert str(thayer) == (
        "Charles Wheeler Thayer, Chargé d’Affaires ad interim to Afghanistan: certainly, 1942-06-06/1942-07-02 "
        "(by Principal officers)"
    )


def test_no_tenure_of_reference_data_is_a_fact(pocom: KnowledgeGraph) -> None:
    assert pocom.officials() == []


PERSON = "<person><id>{0}</id><persName><surname>Otieno</surname><forename>Amina</forename></persName></person>"
MISSION = """<country-mission>
  <territory-id>russia</territory-id>
  <chiefs>
    <chief><id>ru-1</id><person-id>otieno</person-id><role-title-id>ambassador-e-p</role-title-id>
      <contemporary-territory-id>soviet-union</contemporary-territory-id>
      <started><date>{0}</date><note/></started><ended><date/><note>recalled</note></ended><colour>red</colour></chief>
    <chief><id>ru-2</id><person-id>nobody-known</person-id><role-title-id>chief</role-title-id></chief>
  </chiefs>
</country-mission>"""


def xml(folder: Path, mission: str) -> Path:
    for name, content in (("people/otieno", PERSON.format("otieno")), ("missions-countries/russia", mission)):
        path = folder / "reference" / "lists" / f"{name}.xml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return folder / "reference" / "lists"


def test_a_mission_keeps_the_name_that_its_country_had(tmp_path: Path) -> None:
    said = read(xml(tmp_path, MISSION.format("1950-03")), BASE)
    post = ox.NamedNode(f"{ROOT}lists/post/russia/soviet-union/ambassador-e-p")
    names = [(q.predicate.value.rpartition("#")[2], q.object.value) for q in said.quads if q.subject == post]
    assert ("prefLabel", "Ambassador Extraordinary and Plenipotentiary to Soviet Union") in names
    assert ("altLabel", "Ambassador Extraordinary and Plenipotentiary to Russia") in names
    assert [remark.message for remark in said.remarks] == [
        "<chief> has 1 <colour>, which nothing here reads",
        "ru-2 says neither when it began nor when it ended",
        "no file describes the person 'nobody-known'; the name is made from that",
        "nobody says where this is from; lists.toml beside it may, with source, url or publisher",
    ]
    assert [remark.line for remark in said.remarks] == [None, 7, 7, None]
    dates = [q.object.value for q in said.quads if q.predicate.value == str(GK.edtf)]
    assert dates == ["1950-03/"]  # not the last of the list, so nobody knows the end


@pytest.mark.parametrize(
    ("content", "words", "line"),
    [
        ("<country-mission>", "is no XML", 1),
        ("<a/>", "<a> is none of <person>", 1),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", "entities are not read", None),
        (MISSION.format("3/1950"), "is no EDTF date", 4),
        (MISSION.replace("<id>ru-1</id>", ""), "a <chief> has no <id>", None),
        (MISSION.replace("<person-id>otieno</person-id>", ""), "entry ru-1 needs <person-id>", 4),
        ("<country-mission/>", "a mission needs <territory-id>", None),
    ],
)
def test_xml_that_is_wrong(tmp_path: Path, content: str, words: str, line: int | None) -> None:
    with pytest.raises(ReadError, match=words) as caught:
        read(xml(tmp_path, content), BASE)
    assert (Path(str(caught.value.path)).name, caught.value.line) == ("russia.xml", line)


# Tables


def table(folder: Path, *lines: str, name: str = "officials") -> Path:
    (folder / "reference").mkdir(exist_ok=True)
    path = folder / "reference" / f"{name}.csv"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8-sig")
    return path


HEAD = "person,post,organization,state,start,end,source,person_id,note"


def test_a_table_of_officials(tmp_path: Path) -> None:
    table(
        tmp_path,
        HEAD,
        'Amina Otieno,Foreign Minister,Foreign Ministry of Kenya,KEN,2019-03,2021,"Gazette, 4 March",,first woman',
        "A. Otieno,Foreign Minister,Foreign Ministry of Kenya,KEN,2021,..,,amina-otieno,",
        "Joy Wanjiru,President,,KEN,2018-01-01,,,,",
        "",
    )
    kg = graph(tmp_path)
    assert held(kg, "Foreign Minister", "2019-03-20") == {"Amina Otieno": "possibly"}
    assert held(kg, "Foreign Minister", "2020-01-01") == {"Amina Otieno": "certainly"}
    assert held(kg, "President", "2020-01-01") == {"Joy Wanjiru": "possibly"}
    (minister,) = holders(kg.names, kg.views, "Foreign Minister", "2020-01-01")
    assert minister.notes == ("first woman",)
    assert "Gazette, 4 March" in [o.value for o in kg.views.objects(minister.iri, str(DCTERMS.source))]
    assert kg.find("A. Otieno") == kg.find("Amina Otieno")
    assert [str(finding) for finding in kg.validate()] == []


@pytest.mark.parametrize(
    ("lines", "words", "line"),
    [
        (["person,pots"], "unknown column 'pots'; did you mean post", 1),
        (["person,zzzz"], "unknown column 'zzzz'; there are: person, post", 1),
        (["person"], "needs the column 'post'", 1),
        (["person,post,post"], "a column stands twice", 1),
        ([], "needs the column 'person'", 1),
        (["person,post", "a,b,c"], "more or fewer cells", 2),
        (["person,post", "a"], "more or fewer cells", 2),
        (["person,post", ",b"], "the row has no person", 2),
        (["person,post", "a,b", "a,b"], "says the same as line 2", 3),
        (["person,post,state", "a,b,Kenya"], "a code of three letters such as CHN, not 'Kenya'", 2),
        (["person,post,start", "a,b,1/2/1950"], "is no EDTF date", 2),
        (["person,post,start,end", "a,b,1950,1949"], "ends before it starts", 2),
        (["person,post", 'a,"b'], "is no CSV", 2),
    ],
)
def test_a_table_that_is_wrong(tmp_path: Path, lines: list[str], words: str, line: int) -> None:
    with pytest.raises(ReadError, match=words) as caught:
        read(table(tmp_path, *lines), BASE)
    assert caught.value.line == line


# Popolo

POPOLO = {
    "persons": [
        {
            "id": "p1",
            "name": "Amina Otieno",
            "birth_date": "1960",
            "other_names": [{"name": "Amina Were", "end_date": "1990", "note": "before she married"}],
            "identifiers": [{"scheme": "wikidata", "identifier": "Q1"}, {"scheme": "gov", "identifier": "7"}],
            "memberships": [{"id": "m2", "organization_id": "o1", "role": "adviser", "start_date": "2012-05"}],
            "gender": "female",
            "email": "",
        }
    ],
    "organizations": [
        {"id": "o1", "name": "Foreign Ministry", "parent_id": "o2", "posts": [{"id": "t1", "label": "Minister"}]},
        {"id": "o2", "name": "Government", "founding_date": "1963-12-12"},
    ],
    "memberships": [
        {
            "person_id": "p1",
            "post_id": "t1",
            "start_date": "2019-03",
            "end_date": "2021-01-05",
            "sources": [{"url": "https://example.org/gazette"}],
        },
        {"person_id": "p1", "organization_id": "o2", "start_date": "2000"},
    ],
    "events": [],
}


def popolo(folder: Path, table: object) -> Path:
    (folder / "reference").mkdir(exist_ok=True)
    path = folder / "reference" / "kenya.json"
    path.write_text(table if isinstance(table, str) else json.dumps(table), encoding="utf-8")
    return path


def test_popolo(tmp_path: Path) -> None:
    path = popolo(tmp_path, POPOLO)
    assert [remark.message for remark in read(path, BASE).remarks] == [
        "'events' is not read",
        "1 of persons have 'gender', which is not read",
        "nobody says where this is from; kenya.toml beside it may, with source, url or publisher",
    ]
    kg = graph(tmp_path)
    assert held(kg, "Minister", "2019-03-15") == {"Amina Otieno": "possibly"}
    assert held(kg, "Minister", "2021-01-05") == {"Amina Otieno": "certainly"}
    assert held(kg, "adviser", "2018-01-01") == {"Amina Otieno": "possibly"}
    (person,) = kg.find("Amina Were")
    assert kg.views.literal(person, str(GK.wikidataId)) == "Q1"
    assert kg.views.literal(person, str(GK.edtf)) == "1960/"
    assert kg.views.literal(person, str(DCTERMS.identifier)) == "gov:7"
    assert kg.views.literal(person, str(SKOS.note)) == "Amina Were 1990 before she married"
    (affiliation,) = kg.views.subjects(str(RDF.type), str(GK.Affiliation))
    assert kg.views.literal(affiliation, str(GK.edtf)) == "2000/"
    assert [str(finding) for finding in kg.validate()] == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("[", "is no JSON"),
        ('"\ud800"'.encode("utf-8", "replace").decode(), "is no Popolo"),
        ({"people": []}, "is no Popolo: an object with any of persons"),
        ({"persons": [3]}, "persons 1 is no object"),
        ({"persons": [{"name": "a"}]}, "persons 1 has no id"),
        ({"persons": [{"id": "a"}]}, "one of persons has no name: 'a'"),
        ({"persons": [{"id": "a", "name": 3}]}, "name must be a text, not 3"),
        ({"persons": [{"id": "a", "name": "b"}, {"id": "a", "name": "c"}]}, "two of persons have the id 'a'"),
        ({"persons": [{"id": "a", "name": "b", "birth_date": "May"}]}, "a: 'May/' is no EDTF date"),
        ({"memberships": [{"person_id": "a"}]}, "person_id 'a' is none of the persons"),
        ({"memberships": [{"post_id": "a"}]}, "a membership names no person"),
        ({"persons": [{"id": "a", "name": "b", "memberships": [{}]}]}, "names neither post nor organization"),
    ],
)
def test_popolo_that_is_wrong(tmp_path: Path, change: object, words: str) -> None:
    path = popolo(tmp_path, change)
    with pytest.raises(ReadError, match=words) as caught:
        read(path, BASE)
    assert caught.value.path == path


# Sets


def test_a_set_says_where_it_is_from(tmp_path: Path) -> None:
    path = table(tmp_path, "person,post", "عائشة,سفيرة")
    path.with_suffix(".toml").write_text(
        'title = "Ambassadors"\nsource = "Gazette"\nlicence = "CC0"\nlanguage = "ar"\n', encoding="utf-8"
    )
    said = read(path, BASE)
    about = {q.predicate.value.rpartition("/")[2]: q.object.value for q in said.quads if q.subject.value == said.graph}
    assert about.items() >= {"title": "Ambassadors", "source": "Gazette", "license": "CC0"}.items()
    assert ox.Literal("عائشة", language="ar") in {quad.object for quad in said.quads}
    assert said.remarks == ()
    assert find(path.parent) == [path]


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("titel = 'a'", "unknown key 'titel'; did you mean title"),
        ("qqq = 'a'", "unknown key 'qqq'; there are: title, description"),
        ("title = 3", "title must be a text"),
        ("title", "is not TOML"),
        ("path = 'elsewhere'", "there is no such file or folder: elsewhere"),
    ],
)
def test_a_toml_that_is_wrong(tmp_path: Path, toml: str, words: str) -> None:
    path = table(tmp_path, "person,post")
    path.with_suffix(".toml").write_text(toml)
    with pytest.raises(ReadError, match=words):
        read(path, BASE)


def test_two_sets_of_one_name_and_what_is_no_set(tmp_path: Path) -> None:
    popolo(tmp_path, POPOLO)
    table(tmp_path, "person,post", name="kenya")
    with pytest.raises(ReadError, match=r"kenya\.json: kenya\.csv has the same name"):
        find(tmp_path / "reference")
    (tmp_path / "reference" / "kenya.csv").unlink()
    (tmp_path / "reference" / "notes.doc").touch()
    with pytest.raises(ReadError, match=r"notes\.doc: is no reference data that is known; there are folders and \.csv"):
        find(tmp_path / "reference")


def test_a_set_of_ones_own_takes_the_place_of_the_packaged_one_of_that_name(tmp_path: Path) -> None:
    table(tmp_path, "person,post")
    assert len(graph(tmp_path).states()) >= 195
    (tmp_path / "reference" / "states.ttl").write_text("<urn:a> a <https://w3id.org/geokg/ontology/State> .")
    assert "urn:a" in {state.iri for state in graph(tmp_path).states()}
    assert len(graph(tmp_path).states()) < 195


def test_the_same_set_gives_the_same_quads(tmp_path: Path) -> None:
    path = popolo(tmp_path, POPOLO)
    assert read(path, BASE).quads == read(path, BASE).quads
    assert geokg.Base("https://kg.example.org/").data + "reference/kenya/person/p1" in {
        quad.subject.value for quad in read(path, Base("https://kg.example.org/")).quads
    }
