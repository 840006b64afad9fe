"""What is annotated in the browser: files in a source folder, a graph that follows, and a page to do it on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask.testing import FlaskClient

import geokg
from browser import NARROW, axe, looking, mark, serving
from geokg import canonical
from geokg.endpoint import create_app
from geokg.endpoint.annotating import Desk
from geokg.endpoint.annotating_files import KEPT, Shelf
from geokg.endpoint.writer import Gate, StoreWriter
from geokg.graph import KnowledgeGraph
from geokg.store import Store
from geokg.vocabulary import packaged

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

TEXT = "“😀 The Taliban promised China not to threaten it,”\r\nsaid Hu Shisheng. The Taliban promised much.\r\n"
NOTE = "/annotate/wire/note"
ANN = "?annotator=Ann"
TOKEN = {"Authorization": "Bearer secret"}
EMPTY = '"e3b0c44298fc1c149afbf4c8996fb924"'


CHINA = """
@prefix gk: <https://w3id.org/geokg/ontology/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<https://w3id.org/geokg/data/state/CHN> a gk:State ; skos:prefLabel "China"@en ; gk:iso3166Alpha3 "CHN" .
"""
"""A graph with this state alone is made in a fifth of the time."""


def words(name: str, label: str, exact: str, *, place: int = 1, said: tuple[Any, ...] = (), **more: Any) -> Any:
    """An annotation of words of the text, at one of the places where they stand."""
    start = -1
    for _ in range(place):
        start = TEXT.index(exact, start + 1)
    quote = {"type": "TextQuoteSelector", "exact": exact}
    position = {"type": "TextPositionSelector", "start": start, "end": start + len(exact)}
    body = [{"type": "TextualBody", "purpose": "classifying", "value": label}, *said]
    target = [{"source": "note.txt", "selector": [quote, position]}]
    return {"id": name, "type": "Annotation", "motivation": "classifying", "body": body, "target": target} | more


def event(name: str, label: str, exact: str, **roles: str) -> list[Any]:
    """An event, and who plays its roles."""
    links = [
        {
            "id": f"{name}-{role}",
            "type": "Annotation",
            "motivation": "linking",
            "body": [
                {"type": "TextualBody", "purpose": "classifying", "value": role},
                {"type": "SpecificResource", "purpose": "linking", "source": target},
            ],
            "target": [name],
        }
        for role, target in roles.items()
    ]
    return [words(name, label, exact, motivation="describing"), *links]


NAMES = [words("#t", "Movement", "Taliban"), words("#c", "State", "China"), words("#h", "Person", "Hu Shisheng")]
QUOTE = {"type": "TextQuoteSelector", "exact": "China"}
ELSEWHERE = {"source": "note.txt", "selector": [QUOTE, {"type": "TextPositionSelector", "start": 0, "end": 5}]}
PROMISE = [
    *NAMES,
    *event("#s", "Event", "threaten it", Participant="#t"),
    *event("#k", "RestraintCommitment", "promised China", Debtor="#t", Creditor="#c", Consequent="#s"),
    *event("#m", "Statement", "promised", Actor="#t", Content="#k"),
]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, KnowledgeGraph]:
    """A folder with a text in which nothing is marked, and its graph."""
    folder = tmp_path_factory.mktemp("built")
    (folder / "wire").mkdir()
    shutil.copy(packaged("data") / "entities.ttl", folder)
    (folder / "reference").mkdir()
    (folder / "reference" / "states.ttl").write_text(CHINA)
    (folder / "reference" / "former-states.ttl").write_text("")
    (folder / "wire" / "note.txt").write_bytes(TEXT.encode())
    (folder / "wire" / "note.ann").write_bytes(b"")
    return folder, geokg.build(folder)


Served = tuple[FlaskClient, KnowledgeGraph, Path]


@pytest.fixture
def serve(built: tuple[Path, KnowledgeGraph], tmp_path: Path) -> Callable[..., Served]:
    """A client, the graph that it changes, and the source folder."""

    def start(gate: Gate = "off", *, source: Path | None = None, kg: KnowledgeGraph | None = None) -> Served:
        folder = tmp_path / "sources"
        if source is None:
            shutil.copytree(built[0], folder)
            store = Store.memory()
            store.extend(built[1].store.quads())
            kg = KnowledgeGraph(store)
        assert kg is not None
        folder = source or folder
        writer = StoreWriter(kg.store, gate=gate)
        return create_app(kg, token="secret", writer=writer, sources=[folder]).test_client(), kg, folder

    return start


def put(client: FlaskClient, items: Any, tag: str = EMPTY, path: str = f"{NOTE}.json{ANN}", **headers: str) -> Any:
    return client.put(path, json=items, headers=TOKEN | {"If-Match": tag} | headers)


def state(kg: KnowledgeGraph, folder: Path) -> tuple[Any, Any]:
    """All that a change could change."""
    files = {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    return files, set(kg.store.quads())


def nquads(kg: KnowledgeGraph) -> str:
    """What documents say, and what follows from it, as bytes."""
    names = [name for name in kg.store.graphs() if "/document/" in name or "/accepted/" in name or "inferred" in name]
    return "".join(canonical.nquads(quad for name in names for quad in kg.store.quads(name)))


# What is kept


def test_what_is_saved_comes_out_of_a_build_the_same(serve: Callable[..., Served]) -> None:
    client, kg, folder = serve()
    answer = put(client, PROMISE)
    assert answer.status_code == 200, answer.text
    assert kg.base.document("wire/note/Ann") in kg.documents()
    again = geokg.build(folder)
    assert nquads(again) == nquads(kg)
    assert [str(one.debtors[0]) for one in again.commitments()] == ["Taliban"]


def test_the_file_of_the_source_is_not_touched_and_each_annotator_has_one(serve: Callable[..., Served]) -> None:
    client, kg, folder = serve()
    put(client, NAMES)
    put(client, NAMES[:1], path=f"{NOTE}.json?annotator=Bob")
    assert (folder / "wire" / "note.ann").read_bytes() == b""
    assert {item["creator"]["name"] for item in json.loads((folder / "wire" / "note.Ann.json").read_text())} == {"Ann"}
    found = {document.id: len(document.mentions) for document in geokg.readers.documents(folder)}
    assert found == {"wire/note": 0, "wire/note/Ann": 3, "wire/note/Bob": 1}
    assert len(kg.documents()) == 3


def test_an_article_can_be_taken_over_and_gives_the_same_again(
    serve: Callable[..., Served], fresh_kg: KnowledgeGraph, tmp_path: Path
) -> None:
    folder, kg = tmp_path / "data", fresh_kg
    shutil.copytree(packaged("data"), folder, ignore=shutil.ignore_patterns(".*"))
    client, _, _ = serve("refuse", source=folder, kg=kg)
    address = f"/annotate/china-taliban/article{ANN}"
    answer = client.post(address, data={"token": "secret", "version": EMPTY.strip('"'), "go": "copy"})
    assert "Saved." in answer.text
    assert nquads(geokg.build(folder)) == nquads(kg)
    assert len(kg.claims(document="china-taliban/article/Ann")) == len(kg.claims(document="china-taliban/article"))


def test_an_entity_is_linked_by_its_iri_or_by_a_register(serve: Callable[..., Served]) -> None:
    client, kg, _ = serve()
    iri = kg.base.data + "entity/taliban"
    by_iri = {"type": "SpecificResource", "purpose": "identifying", "source": iri}
    by_key = {"type": "TextualBody", "purpose": "identifying", "value": "state:CHN"}
    items = [words("#1", "Movement", "The Taliban", said=(by_iri,)), words("#2", "State", "it", said=(by_key,))]
    assert put(client, items).json["notices"] == []
    sources = [
        item["body"][1]["source"].rpartition("register/")[2] for item in client.get(f"{NOTE}.json{ANN}").json["items"]
    ]
    assert sources == ["geokg/taliban", "state/CHN"]


def test_a_file_of_web_annotations_is_changed_itself(serve: Callable[..., Served], built: Any, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    shutil.copytree(built[0], folder)
    (folder / "wire" / "note.ann").unlink()
    others = json.dumps([words("#t", "Movement", "Taliban", created="2026-11-26")], indent=3)
    (folder / "wire" / "note.json").write_text(others)
    client, kg, _ = serve(source=folder, kg=geokg.build(folder))
    tag = client.get(f"{NOTE}.json").headers["ETag"]
    assert put(client, NAMES, tag, f"{NOTE}.json").status_code == 200
    assert sorted(path.name for path in (folder / "wire").glob("*.*")) == [".history", "note.json", "note.txt"]
    assert nquads(geokg.build(folder)) == nquads(kg)
    tag = client.get(f"{NOTE}.json").headers["ETag"]
    assert put(client, [], tag, f"{NOTE}.json").status_code == 200
    assert kg.documents() == [kg.base.document("wire/note")]
    assert nquads(geokg.build(folder)) == nquads(kg)
    for left in (1, 0):
        tag = client.get(f"{NOTE}.json").headers["ETag"]
        answer = client.post(f"{NOTE}.json/undo", headers=TOKEN | {"If-Match": tag})
        assert answer.json["undo"] == left
    assert (folder / "wire" / "note.json").read_text() == others
    assert nquads(geokg.build(folder)) == nquads(kg)


# What is not


def test_only_who_has_the_token_may_save(serve: Callable[..., Served]) -> None:
    client, kg, folder = serve()
    before = state(kg, folder)
    assert client.put(f"{NOTE}.json{ANN}", json=NAMES, headers={"If-Match": EMPTY}).status_code == 401
    assert put(client, NAMES, Authorization="Bearer wrong").status_code == 401
    assert put(client, NAMES, Origin="https://elsewhere.example").status_code == 403
    assert client.post(f"{NOTE}.json/undo{ANN}", headers={"If-Match": EMPTY}).status_code == 401
    form = {"token": "secret", "version": EMPTY.strip('"'), "words": "China", "label": "State"}
    assert client.post(NOTE + ANN, data=form | {"token": "wrong"}).status_code == 401
    for foreign in ({"Origin": "https://elsewhere.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.post(NOTE + ANN, data=form, headers=foreign).status_code == 403
    assert state(kg, folder) == before


def test_two_who_annotate_as_one_do_not_write_over_each_other(serve: Callable[..., Served]) -> None:
    client, kg, folder = serve()
    tag = put(client, NAMES).headers["ETag"]
    before = state(kg, folder)
    assert put(client, NAMES[:1]).status_code == 412
    assert client.post(f"{NOTE}.json/undo{ANN}", headers=TOKEN | {"If-Match": EMPTY}).status_code == 412
    assert client.put(f"{NOTE}.json{ANN}", json=NAMES, headers=TOKEN).status_code == 428
    assert state(kg, folder) == before
    assert client.get(f"{NOTE}.json{ANN}", headers={"If-None-Match": tag}).status_code == 304
    assert put(client, NAMES[:1], tag).status_code == 200


def test_what_would_add_violations_is_refused_with_the_report(serve: Callable[..., Served]) -> None:
    client, kg, folder = serve("refuse")
    before = state(kg, folder)
    answer = put(client, [*NAMES, *event("#k", "Commitment", "promised China", Debtor="#t")])
    assert answer.status_code == 422
    (finding,) = [one for one in answer.json["findings"] if one["shape"].endswith("Commitment-content")]
    assert finding["severity"] == "violation"
    assert state(kg, folder) == before
    answer = put(client, PROMISE)
    assert answer.status_code == 200
    assert {one["severity"] for one in answer.json["findings"]} <= {"warning", "info"}


@pytest.mark.parametrize(
    ("items", "why"),
    [
        ([words("#1", "Stat", "China")], "did you mean State"),
        ([words("#1", "State", "China") | {"target": [ELSEWHERE]}], "quotes 'China'"),
        ([*NAMES, *event("#s", "Event", "threaten"), *event("#m", "Statement", "said", Content="#s")], "no Actor"),
        ([words("#1", "State", "China", creator={"type": "Person", "name": "Bob"})], "wire/note/Bob"),
        (["http://example.org/1"], "not fetched"),
        ({"items": 1}, "a list"),
        (json.loads("[" * 200 + "]" * 200), "nested"),
    ],
)
def test_what_means_nothing_is_refused_with_the_reason(serve: Callable[..., Served], items: Any, why: str) -> None:
    client, kg, folder = serve()
    before = state(kg, folder)
    answer = put(client, items)
    assert answer.status_code in (400, 413, 422)
    assert why in answer.json["detail"]
    assert state(kg, folder) == before


def test_what_cannot_be_annotated_says_what_to_do(serve: Callable[..., Served], kg: KnowledgeGraph) -> None:
    client, _, folder = serve()
    for path in ("wire/nothing", "../wire/note", "wire/../../wire/note", "..%2F..%2Fetc/passwd", "etc/passwd"):
        assert "no text of the source folders" in client.get(f"/annotate/{path}").json["detail"]
    for name in ("../a", "Ж" * 99, "a.b"):
        assert "name of an annotator" in client.get(f"{NOTE}?annotator={name}").json["detail"]
    (folder / "wire" / "note.txt").write_bytes(TEXT.replace("China", "Chile").encode())
    assert "build it again" in client.get(NOTE).json["detail"]
    (folder / "wire" / "other.txt").write_text("One.")
    (folder / "wire" / "other.ann").write_text("")
    assert "does not hold" in client.get("/annotate/wire/other").json["detail"]
    assert "--sources" in create_app(kg).test_client().get(NOTE).json["detail"]


def test_a_text_inside_another_file_is_to_be_converted_first(
    serve: Callable[..., Served], built: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "inside"
    (folder / "wire").mkdir(parents=True)
    (folder / "wire" / "note.jsonl").write_text(json.dumps({"id": 1, "text": "China.", "label": [[0, 5, "State"]]}))
    kg = geokg.build(folder)
    client, _, _ = serve(source=folder, kg=kg)
    answer = client.get("/annotate/" + kg.documents()[0].removeprefix(kg.base.document("")))
    assert (answer.status_code, "geokg convert" in answer.json["detail"]) == (409, True)


# Undone, and mended


def test_each_save_can_be_undone_and_done_again(serve: Callable[..., Served]) -> None:
    client, kg, folder = serve()
    nothing, states = nquads(kg), []
    tag = EMPTY
    for items in (NAMES, PROMISE):
        tag = put(client, items, tag).headers["ETag"]
        states.append(nquads(kg))

    def go(way: str) -> Any:
        nonlocal tag
        answer = client.post(f"{NOTE}.json/{way}{ANN}", headers=TOKEN | {"If-Match": tag})
        tag = answer.headers.get("ETag", tag)
        return answer

    assert go("undo").json["redo"] == 1
    assert nquads(kg) == states[0] == nquads(geokg.build(folder))
    assert go("undo").json["undo"] == 0
    assert nquads(kg) == nothing
    assert not (folder / "wire" / "note.Ann.json").exists()
    assert go("undo").status_code == 409
    go("redo")
    assert go("redo").status_code == 200
    assert nquads(kg) == states[1]
    assert go("redo").status_code == 409


def test_the_history_is_bounded(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "a.json")
    for number in range(KEPT + 5):
        shelf.prepare(str(number).encode())
        shelf.settle("save")
    assert shelf.count("undo") == KEPT
    assert shelf.former("undo") == str(KEPT + 3).encode()


class Died(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("moment", ["before the store has it", "before the file has its name"])
def test_a_save_that_is_broken_off_is_mended_at_the_next_start(
    serve: Callable[..., Served], monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    client, kg, folder = serve()
    desk = client.application.extensions["geokg"].desk
    tag = put(client, NAMES).headers["ETag"].strip('"')
    file = folder / "wire" / "note.Ann.json"

    def die(*_: object) -> None:
        raise Died

    with monkeypatch.context() as patched, pytest.raises(Died):
        patched.setattr(*((StoreWriter, "write", die) if moment.endswith("has it") else (Shelf, "settle", die)))
        items = json.dumps({"type": "AnnotationPage", "creator": "Ann", "items": PROMISE}).encode()
        desk.save("wire/note", "Ann", tag, lambda _: items)
    assert len(json.loads(file.read_text())) == 3
    assert [len(one.events) for one in geokg.readers.documents(folder)] == [0, 0]  # what is left is passed over
    Desk([folder], kg.store, StoreWriter(kg.store))
    assert len(json.loads(file.read_text())) == (3 if moment.endswith("has it") else len(PROMISE))
    assert nquads(geokg.build(folder)) == nquads(kg)
    assert not list(folder.rglob(".*.pending"))


# The page


def test_the_text_stands_there_with_exactly_its_characters(serve: Callable[..., Served]) -> None:
    page = serve()[0].get(NOTE + ANN).text
    assert f">{TEXT}</div>" in page
    assert f'data-pairs="[{TEXT.index(chr(13))}, {TEXT.rindex(chr(13))}]"' in page


def test_a_server_that_is_only_read_shows_what_there_is(built: tuple[Path, KnowledgeGraph]) -> None:
    client = create_app(built[1], sources=[built[0]]).test_client()
    page = client.get(NOTE + ANN)
    assert (page.status_code, "nothing can be saved here" in page.text, "Token" in page.text) == (200, True, False)
    assert put(client, NAMES).status_code == 403


def test_names_that_the_graph_knows_are_proposed_until_they_are_marked(serve: Callable[..., Served]) -> None:
    client, _, _ = serve()
    found = [(TEXT[one["start"] : one["end"]], one["label"]) for one in client.get(f"{NOTE}.proposals.json{ANN}").json]
    assert found == [("Taliban", "Movement"), ("China", "State"), ("Hu Shisheng", "Person"), ("Taliban", "Movement")]
    put(client, NAMES)
    assert len(client.get(f"{NOTE}.proposals.json{ANN}").json) == 1


def test_the_tag_set_is_there_with_its_definitions(serve: Callable[..., Served]) -> None:
    found = serve()[0].get("/scheme.json").json
    roles = {role["name"]: role for role in found["labels"]["Commitment"]["roles"]}
    assert "Movement" in roles["Debtor"]["fillers"]
    assert found["labels"]["Commitment"]["definition"].startswith("An undertaking")
    assert "predicts" in [
        value["name"] for one in found["attributes"] if one["name"] == "Stance" for value in one["values"]
    ]


def test_without_a_script_a_form_adds_and_takes_away(serve: Callable[..., Served]) -> None:
    client, kg, folder = serve()

    def send(**fields: str) -> Any:
        version = client.get(f"{NOTE}.json{ANN}").headers["ETag"].strip('"')
        return client.post(NOTE + ANN, data={"token": "secret", "version": version} | fields)

    assert "Saved." in send(label="Movement", words="Taliban", place="2", reference="geokg:taliban").text
    send(label="State", words="China")
    send(
        label="Event",
        words="promised much",
        roles="Participant T1\nParticipant: T2",
        **{"attribute.Polarity": "negative"},
    )
    (claim,) = kg.claims(document="wire/note/Ann")
    assert claim.polarity == "negative"
    assert nquads(geokg.build(folder)) == nquads(kg)
    assert "Stance cannot be said of State" in send(label="State", words="it", **{"attribute.Stance": "predicts"}).text
    refused = send(label="State", words="<b>Chile</b>")
    assert refused.status_code == 422
    assert "&lt;b&gt;Chile" in refused.text and "<b>Chile" not in refused.text
    send(delete="T2")  # and the event that it plays a role in
    assert len(kg.claims(document="wire/note/Ann")) == 0
    assert "Saved." in send(go="undo").text
    assert len(kg.claims(document="wire/note/Ann")) == 1


@pytest.fixture(scope="module")
def annotating(built: tuple[Path, KnowledgeGraph], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that may be written to."""
    folder = tmp_path_factory.mktemp("annotating")
    shutil.copytree(built[0], folder / "sources")
    built[1].save(folder / "kg.trig")
    options = ["--ephemeral", "--sources", str(folder / "sources")]
    with serving(folder / "kg.trig", *options, token="secret") as address:
        yield address


@pytest.fixture
def open_page(chromium: Browser, annotating: str) -> Iterator[Callable[..., Page]]:
    with ExitStack() as stack:

        def opened(path: str, **context: Any) -> Page:
            page = stack.enter_context(looking(chromium, annotating, **context))
            page.goto(path)
            return page

        yield opened


def test_a_commitment_is_marked_saved_found_and_undone(open_page: Callable[..., Page]) -> None:
    page = open_page(NOTE)
    page.get_by_label("Your name").fill("Ann")
    page.get_by_role("button", name="Begin").click()
    page.locator("form[data-ready]").wait_for()
    page.locator("#proposals button").first.focus()
    for _ in range(3):
        page.keyboard.press("Enter")  # Taliban, China, Hu Shisheng
    assert page.locator("#rows tbody tr").count() == 3
    mark(page, 7, 1, "Event", Participant="Taliban")
    mark(page, 3, 1, "RestraintCommitment", Debtor="Taliban", Creditor="China", Consequent="threaten it")
    assert page.locator("#rows tbody tr").count() == 5
    page.get_by_label("Token of this server").fill("wrong")
    with page.expect_response("**/*.json*"):
        page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("The token is wrong").wait_for()
    page.get_by_label("Token of this server").fill("secret")
    page.keyboard.press("Control+Enter")
    page.locator("#told", has_text="Saved.").wait_for()
    assert axe(page) == []
    assert "promised China" in page.request.get("/commitments").text()
    page.get_by_role("button", name="Undo the last save").click()
    page.get_by_text("There are none yet.").wait_for()
    assert page.locator("#proposals button").count() == 4
    assert "promised China" not in page.request.get("/commitments").text()


def test_places_are_those_of_the_file_behind_astral_signs_and_line_ends(open_page: Callable[..., Page]) -> None:
    page = open_page(f"{NOTE}?annotator=Zo%C3%AB")
    page.locator("form[data-ready]").wait_for()
    mark(page, 9, 2, "Group")
    page.get_by_label("Token of this server").fill("secret")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("#told", has_text="Saved.").wait_for()
    (item,) = page.request.get(f"{NOTE}.json?annotator=Zo%C3%AB").json()["items"]
    quote, position = item["target"][0]["selector"]
    assert quote["exact"] == TEXT[position["start"] : position["end"]]
    assert quote["exact"] == "said Hu Shisheng"


def test_a_mark_is_changed_and_taken_away_with_the_roles_that_it_plays(open_page: Callable[..., Page]) -> None:
    page = open_page(f"{NOTE}?annotator=Eve")
    page.locator("form[data-ready]").wait_for()
    mark(page, 2, 0, "Group")
    mark(page, 7, 1, "Event", Participant="Taliban")
    page.get_by_role("button", name="Change T1").click()
    page.get_by_label("Class", exact=True).select_option("Movement")
    page.get_by_label("Which one").fill("taliban")
    page.get_by_role("button", name="Apply").click()
    assert page.get_by_text("Choose one of the entities").is_visible()
    page.get_by_label("Which one").fill("geokg:taliban")
    page.get_by_label("Token of this server").fill("secret")
    page.get_by_role("button", name="Save", exact=True).click()  # applies what stands in the form
    page.locator("#told", has_text="Saved. Claims: 1.").wait_for()
    rows = page.locator("#rows tbody tr")
    assert rows.all_inner_texts() == ["T1\tMovement\tTaliban\tgeokg:taliban", "E1\tEvent\tthreaten it\tParticipant T1"]
    page.get_by_role("button", name="Change T1").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    assert rows.all_inner_texts() == ["E1\tEvent\tthreaten it\t"]
    assert page.get_by_role("button", name="Undo the last save").is_disabled()
    page.keyboard.press("Control+Enter")
    page.locator("#told", has_text="Saved. Claims: 1.").wait_for()
    assert rows.all_inner_texts() == ["E1\tEvent\tthreaten it\t"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_whole_without_a_script_and_narrow(open_page: Callable[..., Page], scheme: str) -> None:
    page = open_page(f"{NOTE}?annotator=Bob", java_script_enabled=False, viewport=NARROW, color_scheme=scheme)
    page.get_by_label("Words", exact=True).fill("China")
    page.get_by_label("Class", exact=True).select_option("State")
    page.get_by_label("Token of this server").fill("secret")
    page.get_by_role("button", name="Add and save").click()
    assert page.locator("#told").inner_text().startswith("Saved.")
    seen = open_page(f"{NOTE}?annotator=Bob", viewport=NARROW, color_scheme=scheme)
    seen.locator("form[data-ready]").wait_for()
    assert seen.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert axe(seen) == []
