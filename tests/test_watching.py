"""Watching files: after each edit what is told is what a check of everything would tell."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from click.testing import CliRunner, Result

import geokg
from geokg import KnowledgeGraph
from geokg.cli import main
from geokg.cli.check import changed
from geokg.cli.watching import GraphFile, Texts, changes, reports
from geokg.errors import GeokgError
from geokg.validation import Report, validate
from geokg.validation.standing import Kept, StandingReport
from geokg.vocabulary import packaged, prefixes

_BLANK = re.compile(r"_:\w+")
SHAPES = "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix x: <urn:x:> ."


def run(*arguments: str | Path) -> Result:
    """Run the command line."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def told(report: Report) -> tuple[object, ...]:
    """All that a check says, whatever blank nodes are called: they have other names each time that a file is read."""
    findings = sorted(_BLANK.sub("_:b", repr(finding)) for finding in report.findings)
    return findings, report.vacuous, report.notes, report.summary


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[Kept]:
    """What each change did to a report."""
    found: list[Kept] = []
    apply = StandingReport.apply

    def spy(self: StandingReport, *given: list[ox.Quad], **more: object) -> Kept:
        found.append(apply(self, *given, **more))  # type: ignore[arg-type]
        return found[-1]

    monkeypatch.setattr(StandingReport, "apply", spy)
    return found


def test_a_watch_tells_what_is_new_and_what_is_fixed(tmp_path: Path) -> None:
    """The file is edited while nobody looks: each pause is one edit."""
    shapes = tmp_path / "shapes.ttl"
    shapes.write_text(f"{SHAPES} x:S sh:targetSubjectsOf x:p ; sh:property [ sh:path x:p ; sh:nodeKind sh:IRI ] .")
    data = tmp_path / "data.ttl"
    data.write_text("<urn:a> <urn:x:p> 1 .")
    edits = iter(["<urn:b> <urn:x:p> 22 .", None, "<urn:b <urn:x:p> 333 .", None, "<urn:c> <urn:x:p> <urn:d> .", None])

    def pause() -> None:
        edit = next(edits, "")
        if edit == "":
            raise KeyboardInterrupt
        if edit is not None:
            data.write_text(edit)

    said: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        for one in reports(GraphFile(data, {"shapes": (shapes,)}), [tmp_path], pause=pause):
            if isinstance(one, GeokgError):
                said.append(str(one))
            else:
                said.append(one[0].serialize() if one[1] is None else changed(one[0], one[1]))
    first, second, third, fourth = said
    assert first.startswith("urn:a: violation: ") and first.endswith("1 violation\n")
    assert second.splitlines() == [
        "urn:b: violation: urn:b: “22” is the wrong kind of node; it should be an IRI (urn:x:S)",
        "urn:a: fixed: urn:a: “1” is the wrong kind of node; it should be an IRI (urn:x:S)",
        "1 new, 1 fixed, 0 standing",
    ]
    assert third.startswith(f"{data}:1:")
    assert fourth.splitlines()[-1] == "0 new, 1 fixed, 0 standing"


def test_a_change_while_judging_is_seen(tmp_path: Path) -> None:
    data = tmp_path / "data.ttl"
    data.write_text("")
    watch = changes([tmp_path], pause=lambda: None)
    data.write_text("<urn:a> <urn:b> 1 .")
    assert next(watch) == [data]
    (tmp_path / "more.ttl").write_text("")
    assert next(watch) == [tmp_path / "more.ttl"]


def test_a_watch_needs_files_and_a_reader(tmp_path: Path) -> None:
    for arguments in (("-",), (tmp_path / "none.ttl",), (tmp_path, "--format", "json")):
        result = run("check", "--watch", *arguments)
        assert result.exit_code == 2 and "--watch" in result.stderr


# The same as a check of everything

OWN = f"""{SHAPES}
x:S sh:targetSubjectsOf x:p ; sh:property [ sh:path x:p ; sh:maxCount 2 ; sh:pattern "^[a1]" ] .
x:T sh:targetClass x:C ; sh:property [ sh:path ( x:p x:q ) ; sh:minCount 1 ; sh:pattern "^(?!b)" ] .
x:U sh:targetNode x:nobody ; sh:sparql [ sh:message "reaches {{?o}}" ;
    sh:select "SELECT $this ?o {{ $this <urn:x:q>* ?o }}" ] .
x:V sh:targetClass x:D ; sh:property [ sh:path x:q ; sh:minCount 1 ] .
"""
INFERRED = ox.NamedNode(prefixes()["g"] + "inferred")
LINES = [
    *(f"<urn:x:{s}> <urn:x:{p}> <urn:x:{o}> ." for s in "abc" for p in "pq" for o in ("a", "b", "nobody")),
    *(
        f'<urn:x:{s}> <urn:x:p> "{word}"^^<http://www.w3.org/2001/XMLSchema#integer> .'
        for s in "ab"
        for word in ("1", "01")
    ),
    *(f"<urn:x:{s}> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <urn:x:{c}> ." for s in "ab" for c in "CE"),
    "<urn:x:E> <http://www.w3.org/2000/01/rdf-schema#subClassOf> <urn:x:C> .",
    "_:n <urn:x:p> _:m .",
    "<urn:x:nobody> <urn:x:q> <urn:x:a> .",
    *(f"<urn:x:{s}> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <urn:x:D> {INFERRED} ." for s in "ab"),
    f"<urn:x:a> <urn:x:p> <urn:x:b> {INFERRED} .",
]


def test_a_file_that_is_edited_at_random(tmp_path: Path, kept: list[Kept]) -> None:
    shapes, data, rng = tmp_path / "shapes.ttl", tmp_path / "data.nq", random.Random(1)
    shapes.write_text(OWN)
    lines = set(LINES[::2])
    data.write_text("\n".join(sorted(lines)))
    watched = GraphFile(data, {"shapes": (shapes,)})
    found = {repr(told(watched.begin()))}
    for _ in range(40):
        lines ^= set(rng.sample(LINES, rng.choice((1, 1, 2, 5))))
        data.write_text("\n".join(sorted(lines)))
        report = watched.again([data])
        assert told(report) == told(validate(data, shapes=[shapes]))
        found.add(repr(told(report)))
    assert len(found) > 20 and len(kept) == 40


def test_shapes_that_are_edited_count_at_once(tmp_path: Path) -> None:
    shapes, data = tmp_path / "shapes.ttl", tmp_path / "data.nq"
    shapes.write_text(OWN)
    data.write_text("\n".join(LINES))
    watched = GraphFile(data, {"shapes": (tmp_path,)})
    watched.begin()
    shapes.write_text(OWN.replace("maxCount 2", "maxCount 9"))
    assert told(watched.again([shapes])) == told(validate(data, shapes=[shapes]))


def test_a_graph_that_is_edited_is_not_judged_again_as_a_whole(tmp_path: Path, kept: list[Kept]) -> None:
    kg, data = geokg.sample(), tmp_path / "kg.nq"
    kg.save(data)
    watched = GraphFile(data, {})
    assert len(watched.begin()) == 0
    lines = data.read_text("utf-8").splitlines(keepends=True)
    for _ in range(2):
        place = next(number for number, line in enumerate(lines) if line.split()[1].endswith("/isClaimedBy>"))
        data.write_text("".join(lines[:place] + lines[place + 1 :]), "utf-8")
        del lines[place]
        report = watched.again([data])
        assert report.findings
        assert told(report) == told(validate(data))
    assert [change.whole for change in kept] == [0, 0]
    assert all(0 < change.judged < 100 for change in kept)


# Annotated texts


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the packaged texts, in the folder that we are in."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(packaged("data"), "data"))


@pytest.fixture
def built() -> list[tuple[str, ...]]:
    """How often a graph was built."""
    return []


def edits(folder: Path) -> Iterator[tuple[list[Path], bool]]:
    """Edits of texts: the files that each changes, and whether all has to be built again."""
    first, text = folder / "china-taliban" / "article.ann", folder / "china-taliban" / "article.txt"
    lines = first.read_text("utf-8").splitlines(keepends=True)
    faulty = "".join(lines).replace("Holder:T10 ", "").replace("A26\tTimeRelation E14 after\n", "")
    first.write_text(faulty, "utf-8")
    yield [first], False
    second = folder / "china-taliban" / "again.ann"
    shutil.copy(text, second.with_suffix(".txt"))
    second.write_text(faulty, "utf-8")
    yield [second, second.with_suffix(".txt")], False
    first.write_text(faulty.replace("Holder:T41 ", ""), "utf-8")
    text.write_text(text.read_text("utf-8") + "\nMore.\n", "utf-8")
    yield [first, text], False
    second.unlink()
    second.with_suffix(".txt").unlink()
    yield [second, second.with_suffix(".txt")], False
    entities = folder / "entities.ttl"
    entities.write_text(entities.read_text("utf-8").replace("prefLabel", "altLabel"), "utf-8")
    yield [entities], True


def test_texts_that_are_edited(data: Path, kept: list[Kept], built: list[tuple[str, ...]]) -> None:
    def build(*sources: str, **options: Any) -> KnowledgeGraph:
        built.append(sources)
        return geokg.build(*sources, **options)

    watched = Texts([str(data)], {}, build)
    before = watched.begin()
    for paths, is_whole in edits(data):
        number = len(built)
        report = watched.again(paths)
        fresh = geokg.build(data)
        assert told(report) == told(validate(fresh, paths=fresh.paths))
        assert (len(built) > number) == is_whole
        assert told(report) != told(before)
        before = report
    assert len(kept) == 5 and not kept[0].whole


def test_what_cannot_be_read_is_read_when_it_is_mended(data: Path) -> None:
    watched = Texts([str(data)], {}, geokg.build)
    before, file = told(watched.begin()), data / "china-taliban" / "article.ann"
    right = file.read_text("utf-8")
    file.write_text(right.replace("Stance", "Stanze"), "utf-8")
    with pytest.raises(GeokgError, match="Stanze"):
        watched.again([file])
    entities = data / "entities.ttl"
    with pytest.raises(GeokgError, match="Stanze"):
        watched.again([entities])
    file.write_text(right, "utf-8")
    assert told(watched.again([file])) == before
