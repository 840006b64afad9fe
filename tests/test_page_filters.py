"""Filters: from an address to patterns and to other addresses, and what is said of what is not understood."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox
import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from geokg.endpoint.pages.filters import MOST, Choice, Chosen, Filter, Pages
from geokg.endpoint.problems import ProtocolError

WHO = Filter("who", "Who", "?claim gk:isClaimedBy $it .", below="http://e.org/data/")
HOW = Filter(
    "how",
    "How",
    "?claim gk:hasStance $it .",
    below="http://e.org/vocab/",
    choices=(
        Choice("asserts", "asserts"),
        Choice("denies", "denies"),
        Choice("none", "no stance", "?claim ?p ?o ."),
    ),
)
SINCE = Filter("since", "Since", "FILTER ( ?date >= $it )", kind="since", is_single=True)
UNTIL = Filter("until", "Until", "FILTER ( ?date < $it )", kind="until", is_single=True)
FILTERS = (WHO, HOW, SINCE, UNTIL)


def read(query: str) -> Chosen:
    pairs = [part.split("=", 1) for part in query.split("&") if part]
    return Chosen.read(FILTERS, others={"sort": ["name", "date"]}, arguments=MultiDict([(k, v) for k, v in pairs]))


@pytest.fixture
def asked() -> Iterator[None]:
    """A request for a list in French."""
    app = Flask(__name__)
    app.add_url_rule("/list", "list")
    app.add_url_rule("/list.csv", "csv")
    with app.test_request_context("/list?lang=fr"):
        yield


def test_an_empty_value_as_forms_send_it_sets_nothing() -> None:
    assert read("who=&how=&sort=&page=").active == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("hwo=x", "hwo: there is no such parameter here; did you mean who or how?"),
        ("how=assert", "how=assert: there is no such value here; did you mean asserts?"),
        ("sort=nam", "sort=nam: there is no such value here; did you mean name?"),
        ("who=a b", "who=a b: an IRI is wanted"),
        ("since=last summer", "since=last summer: 'last summer' is no EDTF date; write "),
        ("until=2021/..", "until=2021/..: a date with a beginning and an end is wanted"),
        ("page=0", "page=0: a number from 1 is wanted"),
        ("page=٣", "page=٣: a number from 1 is wanted"),
    ],
)
def test_what_is_not_understood_is_named(query: str, message: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        read(query)
    assert str(caught.value).startswith(message)
    assert caught.value.status == 400
    assert caught.value.members["parameter"] == query.split("=")[0]


def test_a_value_that_is_none_of_the_choices_is_told_which_there_are() -> None:
    with pytest.raises(ProtocolError) as caught:
        read("how=x")
    assert caught.value.members["offers"] == ["asserts", "denies", "none"]


def test_one_value_stands_in_the_pattern_and_several_are_any_of_them() -> None:
    assert read("who=x&who=http://f.org/y").patterns() == [
        "VALUES ?who { <http://e.org/data/x> <http://f.org/y> } ?claim gk:isClaimedBy ?who ."
    ]
    assert read("how=asserts&how=none").patterns() == [
        "{ ?claim ?p ?o . } UNION { ?claim gk:hasStance <http://e.org/vocab/asserts> . }"
    ]


def test_a_value_of_several_filters_must_fit_all_and_counts_leave_out_their_own() -> None:
    chosen = read("who=x&how=asserts&since=2021")
    assert len(chosen.patterns()) == 3
    assert chosen.patterns(without="how") == [chosen.patterns()[0], chosen.patterns()[2]]


@pytest.mark.parametrize("value", ["x> ?y } DROP ALL #", 'x"', "x\\u003e", "x{y}", "javascript:alert(1) <"])
def test_a_hostile_value_never_leaves_its_term(value: str) -> None:
    try:
        (pattern,) = Chosen.read([WHO], arguments=MultiDict({"who": value})).patterns()
    except ProtocolError:
        return
    (term,) = pattern.removeprefix("?claim gk:isClaimedBy ").removesuffix(" .").split(" ")
    assert term == str(ox.NamedNode(WHO.iri(value)))


def test_the_address_of_a_neighbour_keeps_all_else(asked: None) -> None:
    chosen = read("who=x&how=asserts&sort=date&page=3")
    assert chosen.address(page=2) == "/list?who=x&how=asserts&sort=date&page=2"
    assert chosen.address(sort="name") == "/list?who=x&how=asserts&sort=name"
    assert chosen.address(endpoint="csv", sort=None) == "/list.csv?who=x&how=asserts"
    assert chosen.with_value("who", "y") == "/list?who=x&who=y&how=asserts&sort=date"
    assert chosen.without_value("how", "asserts") == "/list?who=x&sort=date"
    assert chosen.without() == "/list?sort=date"
    assert chosen.hidden("how") == [("who", "x"), ("sort", "date")]


def test_a_filter_with_one_value_takes_the_last(asked: None) -> None:
    chosen = read("since=2020&since=2021")
    assert chosen.first("since") == "2021"
    assert chosen.with_value("since", "2022") == "/list?since=2022"


def test_an_address_reads_as_what_it_was_made_of(asked: None) -> None:
    value = WHO.value("http://e.org/data/entity/a%20b?c&d=ü")
    with Flask(__name__).test_request_context(read("").with_value("who", value)):
        assert Chosen.read(FILTERS).values == {"who": (value,)}
    assert WHO.iri(value) == "http://e.org/data/entity/a%20b?c&d=ü"


def test_parts_of_a_list_meet_without_a_gap() -> None:
    parts = [Pages(120, number).ends for number in (1, 2, 3)]
    assert parts == [(1, 50), (51, 100), (101, 120)]
    assert Pages(0, 1).ends == (0, 0)
    assert Pages(300, 1).near == [1, 2, 3, None, 6]


def test_so_many_values_that_a_page_would_be_nothing_but_addresses_are_refused() -> None:
    who = Filter("who", "who", below="http://e.org/")
    values = [str(number) for number in range(MOST + 1)]
    assert len(Chosen.read([who], arguments=MultiDict({"who": values[:-1]})).values["who"]) == MOST
    with pytest.raises(ProtocolError, match="no more than 200 values") as caught:
        Chosen.read([who], arguments=MultiDict({"who": values}))
    assert caught.value.status == 400
