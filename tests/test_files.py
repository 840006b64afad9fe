"""Files come and go whole: pipes keep nobody waiting, links to nowhere are told, who is killed leaves nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from geokg.errors import GeokgError, ReadError
from geokg.files import beside, replace_folder, write_beside
from geokg.graph import KnowledgeGraph
from geokg.judgements import append_judgement, read_judgements
from geokg.judgements.judgement import Judgement
from geokg.readers.source import read_source

NAMES = ("entities.ttl", "judgements.jsonl", *(f"reference/x.{kind}" for kind in ("toml", "csv", "json", "xml", "ttl")))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A source with one text."""
    source = tmp_path / "wire"
    (source / "reference").mkdir(parents=True)
    (source / "a.txt").write_text("One.")
    (source / "a.ann").touch()
    return source


@pytest.mark.parametrize("name", NAMES)
def test_a_pipe_is_refused_by_its_name(folder: Path, name: str) -> None:
    os.mkfifo(folder / name)
    with pytest.raises(ReadError, match="is a pipe or a device, not a file") as told:
        KnowledgeGraph.empty().curation.add_folders([folder])
    assert told.value.path == folder / name


@pytest.mark.parametrize("name", NAMES)
def test_a_link_that_leads_nowhere_is_told(folder: Path, name: str) -> None:
    (folder / name).symlink_to(folder / "nowhere")
    with pytest.raises(ReadError, match=r"No such file|no such file"):
        KnowledgeGraph.empty().curation.add_folders([folder])


def test_judgements_are_not_added_to_a_pipe(folder: Path) -> None:
    os.mkfifo(folder / "judgements.jsonl")
    one = Judgement("unsure", "urn:a", "urn:b", "Ann", "2026-11-24T09:00:00Z", "Who knows.")
    with pytest.raises(ReadError, match="is a pipe"):
        append_judgement(folder / "judgements.jsonl", one)
    with pytest.raises(ReadError, match="is a pipe"):
        read_judgements(folder / "judgements.jsonl")


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("nowhere")], ids=["pipe", "link"])
def test_a_source_toml_that_cannot_be_read_is_told(folder: Path, make: object) -> None:
    make(folder / "source.toml")  # type: ignore[operator]
    with pytest.raises(ReadError, match=r"source\.toml: (is a pipe|cannot be read: No such file)"):
        read_source(folder)


def killed(program: str, *args: Path) -> None:
    """Run a program that kills itself."""
    code = f"import os, sys\nfrom pathlib import Path\nfrom geokg.files import *\n{program}"
    done = subprocess.run([sys.executable, "-c", code, *map(str, args)], check=False)
    assert done.returncode == -9


WRITING = """
def chunks():
    yield 'half'
    os.kill(os.getpid(), 9)
write_beside(Path(sys.argv[1]), chunks())
"""


def test_who_is_killed_while_writing_leaves_what_was_there_and_the_next_tidies_up(tmp_path: Path) -> None:
    target = tmp_path / "kg.nq"
    target.write_text("before")
    killed(WRITING, target)
    assert target.read_text() == "before"
    (half,) = (path for path in tmp_path.iterdir() if path != target)
    (tmp_path / ".kg.nq.notes").touch()
    with beside(target) as living:
        write_beside(tmp_path / "other.nq", ["whole"])
        assert living.exists()
    assert not half.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [".kg.nq.notes", "kg.nq", "other.nq"]


SWAPPING = """
from geokg import files
def exchange(*_):
    raise OSError  # as on a system that cannot do it in one step
files._exchange = exchange
Path.replace = lambda path, target: (os.rename(path, target), os.kill(os.getpid(), 9))
files.replace_folder(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def test_who_is_killed_while_folders_change_places_loses_neither(tmp_path: Path) -> None:
    old, new = tmp_path / "store", tmp_path / "new"
    old.mkdir()
    (old / "old").touch()
    new.mkdir()
    killed(SWAPPING, new, old)
    write_beside(tmp_path / "kg.nq", ["whole"])
    assert len(list(tmp_path.glob(".store.*/old/old"))) == 1
    replace_folder(new, old)
    write_beside(tmp_path / "kg.nq", ["whole"])
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["kg.nq", "store"]


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on this system to play a full disk")
def test_a_disk_that_is_full_is_told_with_the_path(tmp_path: Path) -> None:
    import resource

    target = tmp_path / "kg.nq"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limits[1]))
    try:
        with pytest.raises(GeokgError, match=r"kg\.nq: cannot be written: File too large"):
            write_beside(target, ["x" * (1 << 21)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []
