"""A build gives the same whoever does it, goes on from where it was broken off, and stops for no single document."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

import geokg
from geokg import canonical
from geokg.claims import populate
from geokg.claims.writer import quoted
from geokg.cli import main
from geokg.curation import Curation
from geokg.errors import GeokgError, ReadError, UnknownFormat
from geokg.identity import Register
from geokg.population import Builder, builder, loading
from geokg.population.crew import crew
from geokg.population.manifest import Manifest
from geokg.population.plan import Plan, found, items
from geokg.population.shards import contents
from geokg.population.sorting import in_order
from geokg.population.worker import Batch, Done, Piece, work
from geokg.scheme import Scheme
from geokg.store import Store
from geokg.text import Document, Mention, Source, Text
from geokg.vocabulary import GK, Base, packaged

BAD = "T1\tState 0 4\tChina\n"


def corpus(folder: Path, number: int = 12) -> Path:
    """Some short texts in two folders, with the packaged entities."""
    folder.mkdir()
    shutil.copy(packaged("data") / "entities.ttl", folder)
    for count in range(number):
        place = folder / f"wire-{count % 2}"
        place.mkdir(exist_ok=True)
        text = f"Ann {count} said that China and Pakistan are in touch.\nLaos — “benefits”."
        lines = [
            f"T1\tPerson 0 {4 + len(str(count))}\tAnn {count}",
            *(mark("T2", "Statement", "said", text), mark("T3", "State", "China", text)),
            *(mark("T4", "State", "Pakistan", text), mark("T5", "ContactRelation", "in touch", text)),
            *(mark("T6", "State", "Laos", text), mark("T7", "Benefit", "benefits", text)),
            "E1\tStatement:T2 Actor:T1 Content:E2",
            "E2\tContactRelation:T5 Participant:T3 Participant2:T4",
            "E3\tBenefit:T7 Beneficiary:T6",
            "A1\tTimeRelation E2 overlaps",
            "A2\tConfidence E3 1",
        ]
        (place / f"text-{count:02}.txt").write_text(text, encoding="utf-8", newline="")
        (place / f"text-{count:02}.ann").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def mark(identifier: str, label: str, words: str, text: str) -> str:
    start = text.index(words)
    return f"{identifier}\t{label} {start} {start + len(words)}\t{words}"


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    return corpus(tmp_path / "corpus")


@pytest.fixture
def small_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builder, "FILES", 3)
    monkeypatch.setattr(loading, "LOADED_AT_ONCE", 10_000)


def built(sources: Path, target: Path, **how: object) -> Builder:
    with Builder([sources], target, **how) as one:  # type: ignore[arg-type]
        one.run()
    return one


def run(*args: str | Path) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


def said(target: Path) -> list[str]:
    """What a graph says, its blank nodes named the same wherever it was."""
    return list(canonical.nquads(geokg.open(target, read_only=True).store.quads()))


# The graph of a document


@given(st.text(max_size=40))
@settings(deadline=None)
def test_a_literal_is_spelt_as_the_store_spells_it(text):
    assert quoted(text) == str(ox.Literal(text))


def test_every_character_is_spelt_as_the_store_spells_it():
    everything = [chr(code) for code in (*range(0xD800), *range(0xFE00, 0x11000), 0x10FFFF)]
    assert [one for one in everything if quoted(one) != str(ox.Literal(one))] == []


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30), st.sampled_from(["en-GB", "zh-Hans", None]))
@settings(max_examples=50, deadline=None)
def test_a_document_s_lines_are_sorted_and_what_a_store_gives_back(words, language):
    text = Text("demo/a", words, "a.txt")
    one = Mention("T1", "State", (text.span(0, len(words)),))
    document = Document(text, mentions=(one,), source=Source("demo", title=words, language=language, date="2024-05"))
    population = populate(document, scheme=Scheme.packaged(), register=Register((), {}), base=Base())
    told = population.nquads.removesuffix("\n").split("\n")
    assert told == sorted(set(told))
    store = ox.Store()
    store.extend(population.quads)
    assert {f"{quad} ." for quad in store} == set(told)


def test_a_language_that_is_none_is_an_error_with_its_file(write_source):
    path = write_source("China waits.", "T1 State China", toml='language = "no language"')
    with pytest.raises(ReadError, match=r"note\.ann: .*'no language', is no BCP 47 tag"):
        geokg.build(path)


# Whoever does it


def test_one_process_two_and_dask_give_the_same_bytes_as_a_graph_in_memory(texts, tmp_path, small_tasks):
    geokg.build(texts).save(tmp_path / "memory.nq")
    wanted = (tmp_path / "memory.nq").read_bytes()
    for number, how in enumerate([{}, {"jobs": 2}, {"dask": "local", "jobs": 2}]):
        target = tmp_path / f"{number}.nq"
        built(texts, target, **how)
        assert target.read_bytes() == wanted, how
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.nq", "1.nq", "2.nq", "corpus", "memory.nq"]


def test_a_store_folder_and_trig_hold_the_same(texts, tmp_path, small_tasks):
    for name in ("store", "kg.trig", "kg.nq"):
        built(texts, tmp_path / name)
    assert said(tmp_path / "kg.trig") == said(tmp_path / "store") == said(tmp_path / "kg.nq")
    built(texts, tmp_path / "store")  # in the place of the other
    assert said(tmp_path / "kg.trig") == said(tmp_path / "store")


def test_a_worker_that_is_killed_is_told():
    with crew(jobs=2) as workers, pytest.raises(GeokgError, match="a worker process ended before its work did"):
        list(workers.map(os._exit, [1]))


def test_a_cluster_that_is_not_there_is_told(texts, tmp_path):
    with pytest.raises(GeokgError, match="no Dask scheduler answers"):
        built(texts, tmp_path / "kg.nq", dask="no address")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corpus"]


def test_a_cluster_of_our_own_is_waited_for_however_busy_the_machine_is(monkeypatch):
    import dask
    import distributed

    waited = []

    def start(**_how):
        waited.append(dict(dask.config.get("distributed.comm.timeouts")))
        raise OSError("enough is known")

    before = dask.config.get("distributed.comm.timeouts.connect")
    monkeypatch.setattr(distributed, "LocalCluster", start)
    with pytest.raises(GeokgError, match="enough is known"), crew(dask="local"):
        pass
    assert waited == [{"connect": "10 minutes", "tcp": "10 minutes"}]
    assert dask.config.get("distributed.comm.timeouts.connect") == before


def test_an_ending_that_nobody_writes_is_told_before_the_work(texts, tmp_path):
    with pytest.raises(UnknownFormat, match=r"kg\.csv: .*can be written"):
        built(texts, tmp_path / "kg.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["corpus"]


# What is done is not done again


def unchanged(texts: Path, work_folder: Path, tmp_path: Path, **how: object) -> int:
    """How many files a second build leaves as they are."""
    counts = []
    real = builder.work

    def counting(*arguments: object) -> object:
        batch = real(*arguments)
        counts.append(batch.unchanged)
        return batch

    builder.work = counting
    try:
        built(texts, tmp_path / "kg.nq", work=work_folder, **how)
    finally:
        builder.work = real
    return sum(counts)


def test_what_is_unchanged_is_not_done_again_and_what_changed_is(texts, tmp_path, small_tasks):
    kept = tmp_path / "work"
    assert unchanged(texts, kept, tmp_path) == 0
    changed = texts / "wire-0" / "text-04.ann"
    changed.write_text(changed.read_text(encoding="utf-8").replace("A2\tConfidence E3 1\n", ""), encoding="utf-8")
    (texts / "wire-1" / "text-05.ann").unlink()
    (texts / "wire-1" / "text-05.txt").unlink()
    assert unchanged(texts, kept, tmp_path) == 10
    told = (tmp_path / "kg.nq").read_bytes()
    built(texts, tmp_path / "anew.nq")
    assert told == (tmp_path / "anew.nq").read_bytes()
    (texts / "wire-0" / "source.toml").write_text('language = "en"\n', encoding="utf-8")
    assert unchanged(texts, kept, tmp_path) == 5, "the folder's source.toml speaks of its six"
    (texts / "scheme.toml").write_text('[labels]\nPER = "Person"\n', encoding="utf-8")
    assert unchanged(texts, kept, tmp_path) == 0
    assert unchanged(texts, kept, tmp_path) == 11
    for _ in range(2):  # the store goes from the work folder to its place, and is loaded again
        built(texts, tmp_path / "store", work=kept)
    assert said(tmp_path / "store") == said(tmp_path / "kg.nq")


def test_what_every_document_hangs_on_is_in_one_digest(texts):
    def curated(base: Base | None = None) -> Store:
        store = Store.memory(base=base)
        Curation(store).add_folders([texts])
        return store

    plan = Plan.of([texts], curated())
    assert plan == Plan.of([texts], curated())
    others = [
        Plan.of([texts], curated(), lenient=True),
        Plan.of([texts], curated(), labels="ace"),
        Plan.of([texts], curated(Base("https://kg.example.org/"))),
    ]
    entities = texts / "entities.ttl"
    more = f"<https://w3id.org/geokg/data/entity/new> a <{GK.Person}> ."
    entities.write_text(entities.read_text(encoding="utf-8") + more, encoding="utf-8")
    others.append(Plan.of([texts], curated()))
    assert len({plan.digest, *(other.digest for other in others)}) == 5


KILLED = """
import os, signal, sys
from pathlib import Path
from geokg.population import Builder, builder, loading
builder.FILES, loading.LOADED_AT_ONCE = 3, 10_000
seen = []
def report(doing, done, total):
    seen.append(doing)
    if seen.count(sys.argv[3]) == int(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)
if __name__ == "__main__":
    with Builder([sys.argv[1]], sys.argv[2], jobs=2 if sys.argv[3] == "Reading" else 1, report=report) as one:
        one.run()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
@pytest.mark.parametrize(
    ("name", "steps"),
    [("kg.nq", [("Reading", 3), ("Loading", 2), ("Writing", 1)]), ("store", [("Applying rules", 1), ("Writing", 1)])],
)
def test_killed_at_any_step_the_old_output_is_there_and_the_next_build_goes_on(texts, tmp_path, name, steps):
    program = tmp_path / "corpus" / "program.py"
    program.write_text(KILLED, encoding="utf-8")
    target = tmp_path / name
    built(texts / "wire-0" / "text-00.ann", target)
    old = len(geokg.open(target, read_only=True))
    for step, times in steps:
        command = [sys.executable, str(program), str(texts), str(target), step, str(times)]
        done = subprocess.run(command, capture_output=True, text=True)  # which also waits for its workers to end
        assert done.returncode == -signal.SIGKILL, done.stderr
        assert len(geokg.open(target, read_only=True)) == old
    built(texts, target)
    built(texts, tmp_path / "anew.nq")
    assert said(target) == said(tmp_path / "anew.nq")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["anew.nq", "corpus", name])


def test_two_builds_in_one_place_do_not_meet(tmp_path):
    held = Manifest(tmp_path)
    with pytest.raises(GeokgError, match="another build is at work there"):
        built(packaged("data"), tmp_path / "kg.nq", work=tmp_path)
    held.close()
    Manifest(tmp_path).close()
    (tmp_path / "manifest.sqlite").write_bytes(b"something else altogether, and long enough for it" * 100)
    with pytest.raises(GeokgError, match="is no work folder"):
        Manifest(tmp_path)


def test_what_was_loaded_and_is_not_wanted_after_all_is_not_in_the_store(tmp_path):
    (tmp_path / "shards").mkdir()
    manifest = Manifest(tmp_path)

    def shard(name: str, path: str) -> str:
        line = f"<x:{name}> <x:p> <x:o> <x:g> .\n".encode()
        (tmp_path / "shards" / name).write_bytes(line)
        manifest.add(Batch(name, (Done(Path(path), "key", (Piece("x:doc", "x:g", 0, len(line), 1, 0),)),), 0))
        return name

    loads = loading.Loading(tmp_path, manifest, Store.memory(), "digest")
    loads.load([shard("second", "b.ann")])
    loads.close()
    gone_on_with = loading.Loading(tmp_path, manifest, Store.memory(), "digest")
    gone_on_with.load([shard("first", "a.ann")])  # has the same id, and the name that comes before
    assert [quad.subject.value for quad in gone_on_with.finish().quads()] == ["x:first"]
    assert sorted(path.name for path in (tmp_path / "shards").iterdir()) == ["first", "second"]
    manifest.close()


# What fails


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on this system to play a full disk")
@pytest.mark.parametrize(
    ("most", "target", "words"),
    [
        (1_000, "kg.nq", r"\.kg\.nq\.building: cannot be written: "),
        (60_000, "kg.trig", r"\.kg\.trig\.building: File too large"),
        (100_000, "kg.nq", r"\.kg\.nq\.building: .*File too large"),
    ],
    ids=["what is done", "shard", "store"],
)
def test_a_disk_that_is_full_is_told_with_the_path(tmp_path, most, target, words):
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, limits[1]))
    try:
        with pytest.raises(GeokgError, match=words):
            built(packaged("data"), tmp_path / target)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_document_that_fails_is_told_and_the_others_are_built(texts, tmp_path):
    (texts / "wire-0" / "text-00.ann").write_text("T1\tStaat 16 21\tChina\n", encoding="utf-8")
    (texts / "wire-1" / "text-03.ann").write_text(BAD, encoding="utf-8")
    result = run("build", texts, "-o", tmp_path / "kg.nq")
    assert result.exit_code == 2
    *_, first, second, summary = result.stderr.splitlines()
    assert first.startswith(f"{texts}/wire-0/text-00.ann:1: error: unknown mention label 'Staat'")
    assert second.startswith(f"{texts}/wire-1/text-03.ann:1:14: error: T1 quotes 'China' at 0..4")
    assert summary.startswith(f"{tmp_path}/kg.nq: 10 documents, ")
    assert summary.endswith("; 2 left out")
    assert len(geokg.open(tmp_path / "kg.nq").documents()) == 10


def test_strict_stops_at_the_first_and_keeps_what_is_done(texts, tmp_path, small_tasks):
    (tmp_path / "kg.nq").write_text("before\n", encoding="utf-8")
    bad = texts / "wire-1" / "text-11.ann"
    good = bad.read_text(encoding="utf-8")
    bad.write_text(BAD, encoding="utf-8")
    result = run("build", texts, "-o", tmp_path / "kg.nq", "--strict")
    assert result.exit_code == 2
    kept, error = result.stderr.splitlines()
    assert kept == f"geokg: what is done is kept in {tmp_path}/.kg.nq.building; give the command again"
    assert error.startswith(f"{bad}:1:14: error: ")
    assert (tmp_path / "kg.nq").read_text(encoding="utf-8") == "before\n"
    bad.write_text(good, encoding="utf-8")
    assert run("build", texts, "-o", tmp_path / "kg.nq", "--strict").exit_code == 0
    assert not (tmp_path / ".kg.nq.building").exists()


def test_where_nothing_can_be_read_nothing_is_written(texts, tmp_path):
    for path in texts.rglob("*.ann"):
        path.write_text(BAD, encoding="utf-8")
    result = run("build", texts, "-o", tmp_path / "kg.nq")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == "geokg: error: no document could be read; nothing is written"
    assert [path.name for path in tmp_path.iterdir()] == ["corpus"]


def test_lenient_keeps_the_good_annotations_and_tells_the_bad(texts, tmp_path):
    path = texts / "wire-0" / "text-00.ann"
    path.write_text(path.read_text(encoding="utf-8") + "T99\tState 0 4\tChina\n", encoding="utf-8")
    assert run("build", texts, "-o", tmp_path / "kg.nq").exit_code == 2
    result = run("build", texts, "-o", tmp_path / "kg.nq", "--lenient")
    assert result.exit_code == 0
    assert f"{path}:13:15: left out: T99 quotes 'China'" in result.stderr
    assert len(geokg.open(tmp_path / "kg.nq").documents()) == 12


@pytest.mark.parametrize("jobs", [1, 2])
def test_of_two_documents_with_one_id_the_first_is_taken(texts, tmp_path, small_tasks, jobs):
    again = texts / "wire-2"
    shutil.copytree(texts / "wire-0", again)
    (again / "source.toml").write_text('id = "wire-0"\ntitle = "Again"\n', encoding="utf-8")
    result = run("build", texts, "-o", tmp_path / "kg.nq", "--jobs", str(jobs))
    assert result.exit_code == 2
    assert result.stderr.count("is taken by") == 6
    assert f"{again}/text-00.ann: error: the document id 'wire-0/text-00' is taken by {texts}/wire-0" in result.stderr
    assert "Again" not in (tmp_path / "kg.nq").read_text(encoding="utf-8")
    shutil.rmtree(again)
    built(texts, tmp_path / "without.nq")
    assert (tmp_path / "kg.nq").read_bytes() == (tmp_path / "without.nq").read_bytes()


def test_a_folder_of_what_stewards_wrote_builds_without_texts(tmp_path):
    folder = tmp_path / "bare"
    folder.mkdir()
    shutil.copy(packaged("data") / "entities.ttl", folder)
    result = run("build", folder, "-o", tmp_path / "kg.nq")
    assert result.exit_code == 0, result.stderr
    assert "0 documents" in result.stderr
    assert geokg.open(tmp_path / "kg.nq").find("taliban")


# Its parts


def test_a_worker_that_dies_leaves_no_half_shard(texts, tmp_path):
    plan = Plan.of([texts], Store.memory())
    todo = list(items(found([texts], lambda error: None)))
    shutil.rmtree(texts / "wire-1")  # read errors; no reason to stop
    batch = work(plan, "run", tmp_path, todo)
    assert [bool(one.failures) for one in batch.done] == [False] * 6 + [True] * 6
    places = [(piece.start, piece.size) for one in batch.done for piece in one.pieces]
    [shard] = tmp_path.glob("*.nq")
    whole = b"".join(contents([(shard, places)]))
    assert whole == shard.read_bytes()
    assert b"".join(contents([(shard, places[1:3] + places[4:])])) == b"".join(
        whole[start : start + size] for start, size in places[1:3] + places[4:]
    )
    with pytest.raises(FileNotFoundError):
        work(plan, "run", tmp_path / "nowhere", todo)
    assert list(tmp_path.glob(".shard*")) == []


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=8), max_size=30))
@settings(max_examples=50, deadline=None)
def test_lines_are_sorted_on_disk_as_in_memory(some):
    import tempfile

    encoded = [f"{one}\n".encode() for one in some]
    with tempfile.TemporaryDirectory() as folder:
        assert list(in_order(encoded, Path(folder), run=20)) == sorted(encoded)
        assert not list(Path(folder).iterdir())
