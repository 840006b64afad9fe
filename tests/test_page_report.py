"""The report in the browser: what is found wrong, narrowed, in every format; what is new and mended; fixes applied."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

import geokg
from browser import axe, looking, serving
from geokg.cli import main
from geokg.endpoint import create_app, downloads, standing
from geokg.endpoint.changes import Change
from geokg.endpoint.folder import FolderWriter
from geokg.endpoint.runs import Run, Runs
from geokg.endpoint.site import Site
from geokg.endpoint.standing import judged_apart
from geokg.endpoint.writer import StoreWriter
from geokg.errors import ReadError
from geokg.graph import KnowledgeGraph
from geokg.store import Store
from geokg.validation import Cause, Finding, Fix, baseline
from geokg.vocabulary import prefixes
from test_findings import PLANTED

PAGE = {"Accept": "text/html"}
TOKEN = "a secret"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


def site_of(client: FlaskClient) -> Site:
    site = client.application.extensions["geokg"]
    assert isinstance(site, Site)
    return site


def read(client: FlaskClient, path: str = "/report") -> str:
    """A page of the report, once there is one."""
    assert site_of(client).findings.look(30).is_current
    answer = client.get(path, headers=PAGE)
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.fixture(scope="module")
def broken() -> KnowledgeGraph:
    """The article's graph with the planted faults, to be read only."""
    kg = geokg.sample()
    for _, update in PLANTED.values():
        kg.store.ox.update(update, prefixes=prefixes())
    return kg


@pytest.fixture(scope="module")
def client(broken: KnowledgeGraph) -> FlaskClient:
    return create_app(broken).test_client()


def client_of_copy(kg: KnowledgeGraph) -> FlaskClient:
    store = Store.memory()
    store.extend(kg.store.quads())
    return create_app(KnowledgeGraph(store), writer=StoreWriter(store, gate="refuse"), token=TOKEN).test_client()


@pytest.fixture
def writable(broken: KnowledgeGraph) -> FlaskClient:
    """A server of a copy, to be written to."""
    return client_of_copy(broken)


@pytest.fixture(scope="module")
def unchanged(broken: KnowledgeGraph) -> FlaskClient:
    """The same for requests that are refused."""
    return client_of_copy(broken)


def count(page: str) -> int:
    return page.count("<article ")


def some_fix(client: FlaskClient) -> str:
    """A fix that the report offers."""
    look = site_of(client).findings.look(30)
    assert look.judged is not None
    return next(one.fix.update for one in look.judged.report if one.fix and one.shape.endswith("/Value-scheme"))


# Made in the background, once for each state


def note_validation(monkeypatch: pytest.MonkeyPatch, store: Store) -> list[int]:
    """How large a store was each time that it was judged; threads that other tests left may judge theirs."""
    judged: list[int] = []

    def noted(kg: KnowledgeGraph) -> geokg.validation.Report:
        if kg.store.ox is store.ox:
            judged.append(len(kg))
        return geokg.validation.validate(kg)

    monkeypatch.setattr(standing, "validate", noted)
    return judged


def test_nothing_is_judged_before_somebody_looks_and_then_nobody_waits(
    broken: KnowledgeGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = note_validation(monkeypatch, broken.store)
    client = create_app(broken).test_client()
    client.get("/health")
    assert not judged
    first = client.get("/report", headers=PAGE).text
    assert "being checked" in first and "data-reload" in first and count(first) == 0
    assert client.get("/report/state").json["is_current"] in (True, False)
    assert count(read(client)) > 5
    assert client.get("/report/state").json == {"is_current": True, "failure": ""}


def ungated(kg: KnowledgeGraph) -> FlaskClient:
    """A server whose writer knows nothing of findings."""
    return create_app(kg, writer=StoreWriter(kg.store, gate="off"), token=TOKEN).test_client()


def test_each_state_is_judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    kg = many(3)
    judged = note_validation(monkeypatch, kg.store)
    client = ungated(kg)
    findings = site_of(client).findings
    for _ in range(3):
        assert findings.look(30).is_current
    client.post("/update", data={"update": "INSERT DATA { <x:a> <x:b> 1 }"}, headers=BEARER)
    assert not findings.look().is_current and findings.look(30).is_current
    assert judged == [3, 4]


def test_where_a_gate_keeps_the_findings_they_are_not_sought_again(
    broken: KnowledgeGraph, unchanged: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sought = broken.validate()
    monkeypatch.setattr(standing, "validate", None)
    look = site_of(unchanged).findings.look(30)
    assert look.judged is not None
    assert (look.judged.report.known, look.judged.report.vacuous) == (sought.known, sought.vacuous)


def test_the_gate_of_a_store_on_disk_tells_what_stands_unless_that_takes_long(
    broken: KnowledgeGraph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken.store.save(tmp_path / "kg")
    writer = FolderWriter(tmp_path / "kg")
    try:
        told = writer.report()
        assert told is not None and told.known == broken.validate().known
        writer.write(Change("update", text="INSERT DATA { <x:p> a <https://w3id.org/geokg/ontology/Person> }"))
        after = writer.report()
        assert after is not None and "x:p" in [finding.focus for finding in after]
    finally:
        writer.close()
    assert writer.report() is None
    monkeypatch.setattr("geokg.endpoint.writer.TOLD", 3)
    assert StoreWriter(many(4).store, gate="warn").report() is None


def test_a_process_of_its_own_finds_the_same(broken: KnowledgeGraph, client: FlaskClient) -> None:
    read(client)
    look = site_of(client).findings.look()
    assert look.judged is not None
    assert judged_apart(broken.store).known == look.judged.report.known


def test_a_long_report_is_written_by_a_process_of_its_own_once(
    broken: KnowledgeGraph, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Judged there too: the graph that SHACL describes never comes here."""
    addresses = ("/report.ttl", "/report.csv?severity=warning&by=shape", "/report.rq")
    read(client)
    short = {address: client.get(address).get_data() for address in addresses}
    monkeypatch.setattr(standing, "LARGE", 1)
    monkeypatch.setattr(downloads, "LONG", 1)
    there = create_app(broken).test_client()
    look = site_of(there).findings.look(60)
    assert look.judged is not None and len(look.judged.report.graph) == 0
    for address in addresses:
        while (response := there.get(address)).status_code == 503:
            assert response.headers["Retry-After"]
        with response:
            assert response.get_data() == short[address]
        assert int(response.headers["Content-Length"]) == len(short[address])
        monkeypatch.setattr(downloads, "_write_apart", None)  # nobody writes it again
        with there.get(address, headers={"If-None-Match": response.headers["ETag"]}) as again:
            assert again.status_code == 304
        monkeypatch.undo()
        monkeypatch.setattr(downloads, "LONG", 1)


def test_a_report_that_cannot_be_written_says_so(
    broken: KnowledgeGraph, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OSError("no space is left")

    read(client)
    monkeypatch.setattr(downloads, "LONG", 1)
    monkeypatch.setattr(downloads, "_write_apart", fails)
    response = client.get("/report.md")
    assert (response.status_code, "no space is left" in response.text) == (500, True)


def test_why_there_is_no_report_is_said(broken: KnowledgeGraph, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(kg: KnowledgeGraph) -> None:
        raise ReadError("the disk <is> gone")

    monkeypatch.setattr(standing, "validate", fails)
    client = create_app(broken).test_client()
    assert site_of(client).findings.look(30).failure == "the disk <is> gone"
    assert "the disk &lt;is&gt; gone" in client.get("/report", headers=PAGE).text
    assert client.get("/report.json").status_code == 500


def test_an_error_of_ours_is_for_the_log(
    broken: KnowledgeGraph, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(kg: KnowledgeGraph) -> None:
        raise KeyError("/a/path")

    monkeypatch.setattr(standing, "validate", fails)
    assert site_of(create_app(broken).test_client()).findings.look(30).failure == "the log of the server says why"
    assert "/a/path" in caplog.text


# What the page says


def test_findings_stand_with_their_words_and_what_is_asked_for(client: FlaskClient) -> None:
    page = read(client)
    assert "The data do not conform" in page
    words, _ = PLANTED["Claim-claimant"]
    assert f"<mark>{words} with the Taliban</mark>" in page
    assert re.search(
        r'href="/data/document/china-taliban/article#char=\d+,\d+">china-taliban/article.txt, line 13', page
    )
    assert 'Judged: <span lang="en">every claim</span>' in page and "exactly 1" in page
    assert "<dt>Nearest</dt><dd>negative</dd>" in page
    assert 'href="/shapes/Agreement-parties"' in page  # it judged nothing, and is named


@pytest.mark.parametrize(
    ("query", "most"),
    [
        ("severity=warning", 3),
        ("shape=Labels", 1),
        ("property=gk:hasPolarity", 2),
        ("document=china-taliban/article&severity=warning", 3),
        ("shape=Labels&shape=One-graph", 2),
        ("annotator=nobody", 0),
        ("shape=mended-long-ago", 0),
    ],
)
def test_filters_are_in_the_address(client: FlaskClient, query: str, most: int) -> None:
    page = read(client, f"/report?{query}")
    assert count(page) == most
    assert ("No finding is like this" in page) == (most == 0)
    found = client.get(f"/report.json?{query}").json
    assert len(found["findings"]) == most


def test_one_finding_has_an_address(client: FlaskClient) -> None:
    read(client)
    look = site_of(client).findings.look()
    assert look.judged is not None
    one = look.judged.report.findings[0]
    assert f'id="f-{one.fingerprint}"' in read(client, f"/report?finding={one.fingerprint}")
    assert look.of("china-taliban/article") == list(look.judged.report.findings)
    assert look.counts == look.judged.report.counts


@pytest.mark.parametrize("query", ["severity=grave", "by=mood", "colour=red", "page=0", "since=yesterday"])
def test_what_an_address_may_not_say_is_refused(client: FlaskClient, query: str) -> None:
    read(client)
    assert client.get(f"/report?{query}", headers=PAGE).status_code == 400


@pytest.mark.parametrize("by", ["shape", "property", "kind", "severity", "document", "annotator"])
def test_findings_are_put_together_by_anything(client: FlaskClient, by: str) -> None:
    page = read(client, f"/report?by={by}&fold=0")
    assert count(page) == len(client.get("/report.json").json["findings"])


def many(number: int) -> KnowledgeGraph:
    """A graph in which many people have no name."""
    store = Store.memory()
    person = ox.NamedNode("https://w3id.org/geokg/ontology/Person")
    kind = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    store.extend(ox.Quad(ox.NamedNode(f"{store.base.data}entity/p{n}"), kind, person) for n in range(number))
    return KnowledgeGraph(store)


def test_the_same_fault_is_one_until_it_is_unfolded_and_a_list_has_parts() -> None:
    client = create_app(many(120)).test_client()
    assert "The same fault 119 times more" in read(client, "/report?shape=Labels")
    page = read(client, "/report?shape=Labels&fold=0&page=3")
    assert count(page) == 20 and 'aria-current="page">3<' in page


def test_data_with_nothing_wrong_and_no_data_at_all(kg: KnowledgeGraph) -> None:
    for one in (kg, KnowledgeGraph(Store.memory())):
        page = read(create_app(one).test_client())
        assert "The data conform" in page and "Nothing is found wrong" in page


def test_what_lies_inside_a_finding_is_folded(broken: KnowledgeGraph, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = Cause("it is no post", (Cause("it has no holder"),))
    allowed = tuple(f"choice {number}" for number in range(10))
    known = {"name": "the post", "causes": (inner,), "allowed": allowed, "proof": ("<urn:post> <urn:p> <urn:o> .",)}
    odd = Finding("odd", "info", "urn:shape", "urn:post", value="x", **known)
    monkeypatch.setattr(standing, "validate", lambda kg: geokg.validation.Report((odd,), notes=("passed over",)))
    page = read(create_app(broken).test_client())
    assert "The data conform" in page and "1 remark" in page
    assert '<li class="depth-0">it is no post</li><li class="depth-1">it has no holder</li>' in page
    assert "choice 7</span> or one of 2 more" in page and "choice 8" not in page
    assert "&lt;urn:post&gt; &lt;urn:p&gt; &lt;urn:o&gt; ." in page and "passed over" in page


def test_a_baseline_tells_what_is_new(broken: KnowledgeGraph, client: FlaskClient, tmp_path: Path) -> None:
    read(client)
    look = site_of(client).findings.look()
    assert look.judged is not None
    path = tmp_path / "known.json"
    path.write_text(baseline.write(look.judged.report.findings[1:]), "utf-8")
    other = create_app(broken, known=baseline.read(path)).test_client()
    page = read(other, "/report?since=new")
    assert "Against the baseline" in page and count(page) == 1 and '<span class="new">new</span>' in page


def test_what_data_say_is_text(fresh_kg: KnowledgeGraph) -> None:
    hostile = "<script>alert(1)</script>"
    fresh_kg.store.ox.update(
        f"""INSERT DATA {{ GRAPH <x:g> {{
              <javascript:alert(2)> a gk:Person ; gk:wikidataId "{hostile}" , "{hostile}2" }} }}""",
        prefixes=prefixes(),
    )
    page = read(create_app(fresh_kg).test_client())
    assert "&lt;script&gt;" in page and "<script>alert" not in page
    assert "javascript:alert(2)" in page and 'href="javascript:' not in page


# Formats


@pytest.mark.parametrize(
    ("ending", "kind", "begins"),
    [
        ("txt", "text/plain", "china-taliban/article.txt:"),
        ("json", "application/json", '{\n  "conforms": false'),
        ("ttl", "text/turtle", "@prefix"),
        ("jsonld", "application/ld+json", "["),
        ("csv", "text/csv", "file,line"),
        ("md", "text/markdown", "**11 violations"),
        ("sarif", "application/sarif+json", "{"),
        ("xml", "application/xml", "<?xml"),
        ("html", "text/html", "<!doctype html>"),
        ("rq", "application/sparql-update", "#"),
    ],
)
def test_the_report_comes_in_every_format(client: FlaskClient, ending: str, kind: str, begins: str) -> None:
    read(client)
    answer = client.get(f"/report.{ending}")
    assert answer.status_code == 200
    assert answer.mimetype == kind
    assert answer.text.lower().startswith(begins.lower()), answer.text[:100]
    if ending not in ("html", "rq"):
        assert client.get("/report", headers={"Accept": kind}).data == answer.data


def test_other_formats_are_refused_and_what_is_known_is_not_sent_twice(client: FlaskClient) -> None:
    read(client)
    assert client.get("/report.exe").status_code == 404
    assert client.get("/report", headers={"Accept": "image/png"}).status_code == 406
    tag = client.get("/report.json").headers["ETag"]
    assert client.get("/report.json", headers={"If-None-Match": tag}).status_code == 304


def test_the_one_file_is_taken_away_as_it_would_be_bare_here(client: FlaskClient) -> None:
    read(client)
    assert "attachment" in client.get("/report.html").headers["Content-Disposition"]


# Fixes


@pytest.mark.parametrize("way", ["header", "form"])
def test_a_fix_is_applied_by_who_has_the_token(writable: FlaskClient, way: str) -> None:
    before = count(read(writable, "/report?shape=Value-scheme"))
    fix = some_fix(writable)
    told = {"update": fix.replace("\n", "\r\n")}  # as browsers send it
    if way == "header":
        answer = writable.post("/report/fix", data=told, headers=BEARER)
    else:
        answer = writable.post("/report/fix", data=told | {"token": TOKEN}, headers={"Origin": "http://localhost"})
    assert answer.status_code == 303 and answer.headers["Location"] == "/report#since"
    page = read(writable)
    assert "<strong>2</strong> mended" in page  # the claim has the name again that its polarity gave it
    assert "Since the check before" in page and "<strong>0</strong> new" in page
    assert count(read(writable, "/report?shape=Value-scheme")) < before
    assert count(read(writable, "/report?since=new")) == 0
    assert writable.post("/report/fix", data=told, headers=BEARER).status_code == 409


@pytest.mark.parametrize(
    ("token", "headers", "status"),
    [
        ("", {}, 401),
        ("wrong", {}, 401),
        (TOKEN, {"Authorization": "Bearer wrong"}, 401),
        (TOKEN, {"Origin": "http://evil.example"}, 403),
        (TOKEN, {"Origin": "null"}, 403),
        (TOKEN, {"Sec-Fetch-Site": "cross-site"}, 403),
        (TOKEN, {"Content-Type": "text/plain"}, 415),
    ],
)
def test_nobody_else_applies_anything(unchanged: FlaskClient, token: str, headers: dict[str, str], status: int) -> None:
    held = set(site_of(unchanged).store.ox)
    answer = unchanged.post("/report/fix", data={"update": some_fix(unchanged), "token": token}, headers=headers)
    assert answer.status_code == status
    assert set(site_of(unchanged).store.ox) == held
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_only_what_the_report_offers_is_applied(unchanged: FlaskClient) -> None:
    answer = unchanged.post("/report/fix", data={"update": "CLEAR ALL"}, headers=BEARER)
    assert answer.status_code == 409 and len(site_of(unchanged).store) > 1000


def test_a_server_that_is_only_read_shows_what_to_send(client: FlaskClient) -> None:
    page = read(client)
    assert "DELETE DATA" in page and "Nobody can write here" in page and "password" not in page
    assert client.post("/report/fix", data={"update": some_fix(client), "token": TOKEN}).status_code == 403


def test_a_fix_that_would_do_harm_is_refused_and_why_is_said(
    writable: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = site_of(writable).writer
    harm = "INSERT DATA { <urn:c> a <https://w3id.org/geokg/ontology/Claim> . }"
    odd = Finding("odd", "info", "urn:shape", "urn:c", fix=Fix("a claim of nobody", harm))
    monkeypatch.setattr(writer, "report", lambda: geokg.validation.Report((odd,)))
    answer = writable.post("/report/fix", data={"update": harm}, headers=BEARER | PAGE)
    assert answer.status_code == 422
    assert "this would add" in answer.text.lower() and "This claim does not say who makes it" in answer.text
    assert not site_of(writable).store.contains(ox.NamedNode("urn:c"))


def test_a_baseline_that_is_none_keeps_a_server_from_starting(tmp_path: Path) -> None:
    told = CliRunner().invoke(main, ["serve", "--baseline", str(tmp_path / "nothing.json")])
    assert told.exit_code == 2 and "nothing.json" in told.output


def test_a_fix_says_what_it_takes_away_and_adds(unchanged: FlaskClient) -> None:
    page = read(unchanged, "/report?shape=Value-scheme")
    assert "It takes away" in page and "It adds" in page and 'type="password"' in page


# Runs


def test_each_change_that_alters_the_findings_is_a_run(writable: FlaskClient) -> None:
    writer = site_of(writable).writer
    assert writer is not None
    (first,) = writer.runs.read()
    assert first.new is None and first.total == 14
    writable.post("/update", data={"update": "INSERT DATA { <x:a> <x:b> 1 }"}, headers=BEARER)
    assert len(writer.runs.read()) == 1  # it altered nothing
    writable.post("/report/fix", data={"update": some_fix(writable)}, headers=BEARER)
    _, last = writer.runs.read()
    assert (last.new, last.fixed, last.total) == (0, 2, 12)
    page = read(writable)
    assert "<polyline" in page and "<desc" in page and "From 14 findings" in page


def test_runs_outlive_the_server_and_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def written(*changes: str) -> list[Run]:
        writer = FolderWriter(tmp_path / "kg")
        for change in changes:
            writer.write(Change("update", text=change))
        writer.close()
        return writer.runs.read()

    nameless = "INSERT DATA { <x:p> a <https://w3id.org/geokg/ontology/Person> }"
    first = written(nameless)
    assert [(run.new, run.fixed) for run in first] == [(None, None), (first[1].total, 0)]
    assert written() == first  # nothing is different, so nothing is said again
    path = tmp_path / "kg.runs.jsonl"
    path.write_text(path.read_text("utf-8") + '{"at": "2026', "utf-8")
    monkeypatch.setattr("geokg.endpoint.runs.MOST", 2)
    runs = Runs(path)
    assert runs.read() == first[-1:]  # the line that breaks off took the place of another
    runs.add(Run.now({"violation": 0, "warning": 0, "info": 0}))
    assert len(path.read_text("utf-8").splitlines()) == 2
    assert all(json.loads(line) for line in path.read_text("utf-8").splitlines())


# In the browser


@pytest.fixture(scope="module")
def dirty(broken: KnowledgeGraph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("dirty") / "kg.trig"
    broken.store.save(path)
    return path


@pytest.fixture(scope="module")
def open_server(dirty: Path) -> Iterator[str]:
    """A server that can be written to."""
    with serving(dirty, "--ephemeral", token=TOKEN) as address:
        yield address


def checked(page: Any, part: str) -> None:
    """Look until the report is made, as a person would."""
    from playwright.sync_api import Error

    for _ in range(100):
        with suppress(Error):  # the page loads itself again at the same moment
            if page.locator(part).count():
                return
            page.wait_for_timeout(200)
            page.reload()
    raise AssertionError("the report is not made")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_fix_in_the_browser(open_server: str, visit: Callable[..., Any], scripts: bool) -> None:
    page = visit("/report", address=open_server, java_script_enabled=scripts)
    checked(page, ".summary")
    assert axe(page) == [] if scripts else True
    fix = page.locator("details.fix").first
    fix.locator("summary").click()
    fix.get_by_label("The token of this endpoint").fill(TOKEN)
    fix.get_by_role("button", name="Apply").click()
    page.wait_for_url("**/report#since")
    checked(page, ".since")
    assert re.search("[1-9] mended", page.locator(".since").inner_text())


def test_a_wrong_token_is_told_beside_the_field(open_server: str, chromium: Any) -> None:
    said = ""
    with (
        suppress(AssertionError),  # Chromium may write a 401 into its console
        looking(chromium, open_server) as page,
    ):
        page.goto("/report")
        checked(page, ".summary")
        fix = page.locator("details.fix").first
        fix.locator("summary").click()
        fix.get_by_label("The token of this endpoint").fill("another")
        fix.get_by_role("button", name="Apply").click()
        fix.get_by_text("Authorization").wait_for()
        said = fix.get_by_role("status").inner_text()
    assert "with the token of this endpoint" in said
