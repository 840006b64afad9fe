"""What was acknowledged stays when the power fails, the disk is full, or somebody is killed; and stores do not grow."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import suppress
from hashlib import sha256
from itertools import pairwise
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

import pyoxigraph as ox
import pytest

import powercut
from geokg.endpoint import scribe
from geokg.endpoint.changes import Change
from geokg.endpoint.copies import remove_copy
from geokg.endpoint.folder import FolderWriter
from geokg.endpoint.scribe import COPIED, DONE, PREPARED, READY, Scribe
from geokg.errors import Busy, QueryTimeout
from geokg.store import Store
from processes import telling

TOKEN = "a secret"
UPDATE = "application/sparql-update"
LARGE = 10_050
"""More than may be one transaction."""
STRIDE = 50
"""Of so many things that a program does to the disk, one is followed by a power cut; each acknowledgement is."""
ANSWERED = rb"^HTTP/1.1 2|\"address\""


def content(store: ox.Store) -> str:
    """What tells two states of a store apart."""
    return sha256("\n".join(sorted(map(str, store))).encode()).hexdigest()


def cli(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "geokg", *map(str, arguments)]


def send(address: str, body: str, *, kind: str = UPDATE, method: str = "POST") -> int:
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": kind}
    request = urllib.request.Request(address, body.encode(), headers, method=method)
    with urllib.request.urlopen(request, timeout=60) as response:
        return int(response.status)


# The power fails


@pytest.fixture(scope="module")
def traced() -> None:
    """Skip where no program can be watched."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed: what a power cut leaves cannot be found out")
    if subprocess.run(["strace", "-f", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("strace may watch nobody here: what a power cut leaves cannot be found out")


class Cut:
    """Cuts the power again and again while a program changes a disk, and looks at what is left.

    Args:
        disk: the disk.
        folder: where states are opened.
    """

    def __init__(self, disk: powercut.Disk, folder: Path) -> None:
        self._disk, self._folder = disk, folder
        self._seen: dict[frozenset[tuple[str, bytes | None]], str | None] = {}

    def play(self, log: Path, name: str, *, ends: bytes, states: list[str | None]) -> None:
        """Play a log; what is left must be the state that was acknowledged last, or the next one, whole.

        Args:
            log: what strace wrote down.
            name: the folder of the store.
            ends: what acknowledges the next state.
            states: one after the other; nothing where there is no store.
        """
        told = 0
        for number, sent in enumerate(self._disk.run(log)):
            is_told = re.search(ends, sent) is not None
            told += is_told
            for are_names_ahead in (False, True) if is_told or number % STRIDE == 0 else ():
                found = self._open(self._disk.left(are_names_ahead=are_names_ahead), name)
                assert found in states[told : told + 2], f"{log.name}, after {told}, {number=}, {are_names_ahead=}"
        assert told == len(states) - 1

    def _open(self, tree: powercut.Tree, name: str) -> str | None:
        """The content of a store, if there is one."""
        if name not in tree:
            return None
        files = {path: data for path, data in tree.items() if path == name or path.startswith(f"{name}/")}
        files = {path: data for path, data in files.items() if not path.startswith(f"{name}/LOG")}  # what RocksDB tells
        key = frozenset(files.items())
        if key not in self._seen:
            shutil.rmtree(self._folder, ignore_errors=True)
            powercut.write(files, self._folder)
            self._seen[key] = content(Store.at(self._folder / name).ox) if f"{name}/CURRENT" in files else None
        return self._seen[key]


def small(number: int) -> str:
    """A change that takes something away and adds something."""
    triples = " ".join(f"<x:{number}> <x:p> {n} ." for n in range(20))
    return (
        "DELETE { GRAPH <x:last> { <x:last> <x:is> ?n } } WHERE { GRAPH <x:last> { <x:last> <x:is> ?n } } ; "
        f"INSERT DATA {{ GRAPH <x:g{number}> {{ {triples} }} GRAPH <x:last> {{ <x:last> <x:is> {number} }} }} ; "
        f"DROP SILENT GRAPH <x:g{number - 3}>"
    )


SYNCED_AT_ONCE = """\
1 openat(AT_FDCWD</>, "/d/a", O_CREAT) = 3</d/a>
1 fsync(4</d> <unfinished ...>
2 openat(AT_FDCWD</>, "/d/b", O_CREAT) = 5</d/b>
2 fsync(6</d>) = 0
1 <... fsync resumed>) = 0
"""


def test_of_two_syncs_at_once_the_first_takes_nothing_back_that_the_second_kept(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(SYNCED_AT_ONCE, encoding="utf-8")
    disk = powercut.Disk(Path("/d"))
    assert [set(disk.left()) for _ in disk.run(tmp_path / "log")][-2:] == [{"a", "b"}, {"a", "b"}]


def test_a_power_cut_takes_nothing_that_was_acknowledged_and_leaves_nothing_half(traced: None, tmp_path: Path) -> None:
    root, token = tmp_path / "disk", tmp_path / "token"
    root.mkdir()
    token.write_text(TOKEN, encoding="utf-8")
    disk, same = powercut.Disk(root), ox.Store()
    cut = Cut(disk, tmp_path / "left")

    def write(name: str, *numbers: int) -> list[str | None]:
        """Serve the store and write to it; what it holds, one state after the other."""
        log, states = tmp_path / name, [content(same)]
        options = ["--create", "--port", "0", "--json", "--gate", "off", "--workers", "1", "--token-file", token]
        command = powercut.command(log, cli("serve", root / "kg", *options))
        with telling(command, end=lambda _: powercut.end(log)) as (told, _):
            address = told["address"]
            for number in numbers:
                if number == LARGE:
                    body = "".join(f"<x:{n}> <x:p> <x:{n + 1}> .\n" for n in range(LARGE))
                    assert send(f"{address}store?graph=x:g", body, kind="application/n-triples", method="PUT") == 201
                    same.load(body.encode(), ox.RdfFormat.N_TRIPLES, to_graph=ox.NamedNode("x:g"))
                else:
                    assert send(f"{address}update", small(number)) == 204
                    same.update(small(number))
                states.append(content(same))
        return [*states]

    def run(name: str, *arguments: object) -> None:
        subprocess.run(powercut.command(tmp_path / name, cli(*arguments)), check=True, stdout=subprocess.PIPE)

    first = write("first", 1, 2)
    cut.play(tmp_path / "first", "kg", ends=ANSWERED, states=[None, *first])
    run("backup", "backup", root / "kg", root / "kept")
    cut.play(tmp_path / "backup", "kept", ends=b" holds ", states=[None, first[-1]])
    second = write("second", 3, LARGE, 4)
    cut.play(tmp_path / "second", "kg", ends=ANSWERED, states=[first[-1], *second])
    run("restore", "restore", root / "kept", root / "kg", "--force")
    cut.play(tmp_path / "restore", "kg", ends=b" holds ", states=[second[-1], first[-1]])
    there = {str(path.relative_to(root)): path.read_bytes() if path.is_file() else None for path in root.rglob("*")}
    assert disk.seen() == there, "the disk that forgets has done what the other one did"


# The disk is full

FULL = """
import os, shutil, subprocess, sys, tempfile
from pathlib import Path
import pyoxigraph as ox
from click.testing import CliRunner
from geokg.cli import main
from geokg.endpoint import create_app
from geokg.endpoint.folder import FolderWriter
from geokg.graph import KnowledgeGraph
from geokg.store import Store

root = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(root)], check=True)
tempfile.tempdir = str(root)
BEARER = {"Authorization": "Bearer t"}

def leave(room):
    disk = os.statvfs(root)
    (root / "ballast").write_bytes(bytes(max(0, disk.f_bavail * disk.f_frsize - room)))

def room_again():
    (root / "ballast").unlink()

def update(number):
    text = f"INSERT DATA {{ GRAPH <x:g> {{ <x:a> <x:b> {number} }} }}"
    return client.post("/update", data={"update": text}, headers=BEARER)

def put(number):
    body = "".join(f'<x:{n}> <x:p> "{number}" .\\n' for n in range(10_050))
    return client.put("/store?graph=x:large", data=body, content_type="application/n-triples", headers=BEARER)

def state(store):
    small = {int(quad.object.value) for quad in store.quads("x:g")}
    large = [quad.object.value for quad in store.quads("x:large")]
    assert len(large) in (0, 10_050) and len(set(large)) <= 1, "half of it is there"
    return small, int(large[0]) if large else 0

writer = FolderWriter(root / "kg", gate="off")
client = create_app(KnowledgeGraph(writer.store), writer=writer, token="t").test_client()
small, large, told = set(), 0, []
for number, room in enumerate((0, 8, 24, 48, 400, 1600, 2400, 3200, 4800), 1):
    leave(room << 10)
    for change in (update, put):
        answer = change(number)
        told.append(answer.status_code)
        assert answer.status_code in (200, 201, 204, 507), answer.text
        if answer.status_code != 507 or "written, but" in answer.text:
            if change is update:
                small.add(number)
            else:
                large = number
    room_again()
    assert update(-number).status_code == 204, "there is room again"
    small.add(-number)
    assert state(writer.store) == (small, large)
print(*told)

def run(*arguments):
    result = CliRunner().invoke(main, [*map(str, arguments)])
    print(result.exit_code, result.stderr.strip())
    return result.exit_code

def names():
    return {path.name for path in root.iterdir()}

for is_served in (True, False):
    before = names()
    leave(100 << 10)
    assert run("backup", root / "kg", root / "kept") == 3
    room_again()
    assert names() == before, "nothing half is left"
    assert run("backup", root / "kg", root / "kept") == 0
    if is_served:
        update(100)
        writer.close()
    before = names()
    leave(100 << 10)
    assert run("restore", root / "kept", root / "kg", "--force") == 3
    room_again()
    assert names() == before
    assert state(Store.at(root / "kg", read_only=True)) == (small | {100}, large)
    shutil.rmtree(root / "kept")
leave(20 << 10)
assert run("serve", root / "kg", "--token-file", sys.argv[2]) == 2
room_again()
assert state(Store.at(root / "kg")) == (small | {100}, large)
"""


def test_a_full_disk_loses_nothing_and_writing_goes_on_when_there_is_room(tmp_path: Path) -> None:
    alone = ["unshare", "--user", "--map-root-user", "--mount"]
    if shutil.which("unshare") is None or subprocess.run([*alone, "true"], check=False).returncode != 0:
        pytest.skip("no disk of our own can be mounted here, so none can be filled")
    (tmp_path / "token").write_text(TOKEN, encoding="utf-8")
    (tmp_path / "disk").mkdir()
    command = [*alone, sys.executable, "-c", FULL, str(tmp_path / "disk"), str(tmp_path / "token")]
    child = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert child.returncode == 0, child.stdout + child.stderr
    told = child.stdout.split("\n")[0].split()
    assert {"507", "204"} <= set(told), told


# Somebody is killed

ENDLESS = (
    "INSERT { <x:a> <x:b> ?n } WHERE { { SELECT (COUNT(*) AS ?n) { "
    + " ".join(f"VALUES ?a{i} {{ {' '.join(map(str, range(30)))} }}" for i in range(10))
    + " } } }"
)


def family(mark: str) -> set[int]:
    """The processes that have something in their environment."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if mark.encode() in path.read_bytes():
                found.add(int(path.parent.name))
    return found


def insert(number: int) -> Change:
    return Change("update", text=f"INSERT DATA {{ <x:a> <x:b> {number} }}")


def test_changes_that_are_killed_one_after_the_other_leave_one_process_and_readers_undisturbed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEOKG_MARK", mark := str(tmp_path))
    writer = FolderWriter(tmp_path / "kg", gate="off", deadline=1)
    try:
        writer.write(insert(1))
        for _ in range(3):
            with pytest.raises(QueryTimeout):
                writer.write(Change("update", text=ENDLESS))
            assert len(writer.store) == 1
            assert len(family(mark)) == 1
        assert writer._process is not None
        os.kill(writer._process.pid, signal.SIGSTOP)
        writer._took = 1000.0  # so long it took, the last time
        with pytest.raises(Busy) as busy:
            writer.write(insert(2))
        assert 900 < busy.value.retry_after <= 1000, "honest"
        assert len(writer.store) == 1
        assert family(mark) == {writer._process.pid}
        os.kill(writer._process.pid, signal.SIGCONT)
        writer._took = 0.0
        writer.write(insert(2))
        assert len(writer.store) == 2
        assert len(list((tmp_path / ".kg.generations").iterdir())) == 1
    finally:
        writer.close()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_what_is_written_by_a_process_that_dies_before_it_can_show_it_is_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = FolderWriter(tmp_path / "kg", gate="off")
    receive = FolderWriter._receive

    def die(self: FolderWriter, channel: Connection, seconds: float) -> object:
        done = receive(self, channel, seconds)
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        with suppress(EOFError, OSError):
            while True:  # it may have shown a copy all the same
                channel.recv()
        return done

    monkeypatch.setattr(FolderWriter, "_receive", die)
    try:
        assert writer.write(insert(1)).generation == writer.store.generation
        assert len(writer.store) == 1
    finally:
        writer.close()


def test_a_store_has_one_server_and_one_that_is_killed_leaves_nothing_that_the_next_does_not_clean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEOKG_MARK", mark := str(tmp_path))
    (tmp_path / "token").write_text(TOKEN, encoding="utf-8")
    options = ["--create", "--port", "0", "--json", "--gate", "off", "--workers", "1"]
    command = cli("serve", tmp_path / "kg", *options, "--token-file", tmp_path / "token")
    copies = tmp_path / ".kg.generations"

    with telling(command, end=subprocess.Popen.kill) as (told, _):
        address = told["address"]
        second = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert (second.returncode, second.stdout) == (2, "")
        assert "one server that writes" in second.stderr
        assert send(f"{address}update", small(1)) == 204
        stale = {path.name for path in copies.iterdir()}
        with (
            suppress(OSError),
            urllib.request.urlopen(
                urllib.request.Request(
                    f"{address}update", ENDLESS.encode(), {"Authorization": f"Bearer {TOKEN}", "Content-Type": UPDATE}
                ),
                timeout=1,
            ),
        ):
            pass
    until = time.monotonic() + 30
    while family(mark) and time.monotonic() < until:
        time.sleep(0.1)
    assert family(mark) == set()
    assert stale and {path.name for path in copies.iterdir()} == stale
    with telling(command) as (told, _):
        address = told["address"]
        assert {path.name for path in copies.iterdir()} & stale == set()
        assert send(f"{address}update", small(2)) == 204
    assert not copies.exists()
    assert len(Store.at(tmp_path / "kg", read_only=True)) == 41


# Many small changes


def test_a_store_does_not_grow_by_being_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "kg"
    monkeypatch.setattr(scribe, "_GROWN", 20_000)
    ours, theirs = Pipe()
    one = Scribe(Store.at(folder), folder, tmp_path / ".kg.generations", gate="off")
    thread = threading.Thread(target=one.serve, args=(theirs, 0.0))
    thread.start()
    sizes, generations = [], []
    try:
        assert [ours.recv()[0] for _ in range(2)] == [READY, PREPARED]
        for number in range(30):
            ours.send(insert(number))
            assert ours.recv()[0] == DONE
            kind, (copy, generation) = ours.recv()
            assert kind == COPIED
            assert Store.at(Path(copy), read_only=True).contains(object=ox.Literal(number))
            sizes.append(sum(path.stat().st_size for path in Path(copy).glob("MANIFEST-*")))
            generations.append(generation)
            remove_copy(Path(copy))
    finally:
        ours.close()
        thread.join()
    assert max(sizes) < 30_000 < sum(max(0, new - old) for old, new in pairwise(sizes))
    assert generations == sorted(set(generations))
    assert list(folder.glob("LOG.old.*")) == []
    assert Store.at(folder, read_only=True).generation == generations[-1]
