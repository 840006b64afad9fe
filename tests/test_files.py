"""Whatever has the name of a file that we read: a pipe keeps nobody waiting, a link that leads nowhere is told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from geokg.errors import ReadError
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
