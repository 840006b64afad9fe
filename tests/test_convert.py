"""geokg convert: whatever can be read goes into any format that can be written, and comes back as it was."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings

import geokg
from geokg.cli import main
from geokg.errors import UnknownFormat, WriteError
from geokg.readers import documents, read
from geokg.readers.converting import Conversion, without, writers
from geokg.text import Argument, Attribute, Document, Event, Mention, Note, Relation, Source, Text
from hostile import bare, hostile

SHARED = Path(os.environ.get("GEOKG_SHARED") or Path(__file__).parents[2] / "shared")
TUTORIAL = SHARED / "corpora" / "brat-news-tutorial"
FORMATS = sorted(writers())


def nameless(item: Any) -> Any:
    """A document without lines and without the names of files, which differ between formats."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(one) for key, one in value.items() if key not in ("file", "path", "faults")}
        return [plain(one) for one in value] if isinstance(value, list | tuple) else value

    return plain(asdict(bare(item)))


def run(*arguments: str | Path) -> Any:
    return CliRunner().invoke(main, ["convert", *map(str, arguments)])


@pytest.mark.parametrize("format", FORMATS)
def test_the_article_goes_there_and_back(tmp_path: Path, format: str) -> None:
    data = Path(__file__).parents[1] / "data" / "china-taliban"
    result = run(data, "--to", format, "-o", tmp_path / "there", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert [one["id"] for one in told["written"]] == ["china-taliban/article"]
    assert (told["refused"], told["left_out"]) == ([], [])
    again = run(tmp_path / "there", "--to", "brat", "-o", tmp_path / "back")
    assert again.exit_code == 0, again.output
    (first,), (second,) = documents(data), documents(tmp_path / "back")
    assert nameless(second) == nameless(first)


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Any:
    numbers = iter(range(1_000_000))
    root = tmp_path_factory.mktemp("convert")
    return lambda: root / str(next(numbers))


@pytest.mark.parametrize("annotator", [None, "Ann Lee"])
@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=hostile())
def test_whatever_the_text_it_comes_back(folders: Any, format: str, annotator: str | None, document: Document) -> None:
    if annotator:
        text = replace(document.content, document=f"{document.id}/{annotator}")
        document = in_text(document, text, annotator)
    folder = folders()
    left: list[WriteError] = []
    Conversion(format, folder, left_out=left.append).write(document)
    (again,) = documents(folder)
    wanted = without(document, [identifier for error in left for identifier in error.ids])
    assert nameless(again) == nameless(wanted)


def in_text(document: Document, text: Text, annotator: str) -> Document:
    def moved(mention: Mention) -> Mention:
        return replace(mention, spans=tuple(replace(span, document=text.document) for span in mention.spans))

    return replace(
        document,
        content=text,
        annotator=annotator,
        mentions=tuple(map(moved, document.mentions)),
        events=tuple(replace(event, trigger=moved(event.trigger)) for event in document.events),
    )


TEXT = Text("wire/a", "Hu said so.", "a.txt")
HU = Mention("T1", "Person", (TEXT.span(0, 2),))


def test_several_annotators_titles_and_texts_share_a_folder(tmp_path: Path) -> None:
    conversion = Conversion("brat", tmp_path / "out")
    for annotator, title in (("lee", "One"), ("kim", "One"), (None, "One"), (None, "Two")):
        name = "wire/b" if title == "Two" else "wire/a" + (f"/{annotator}" if annotator else "")
        text = replace(TEXT, document=name)
        conversion.write(
            Document(text, (replace(HU, spans=(text.span(0, 2),)),), source=Source("w", title), annotator=annotator)
        )
    found = list(documents(tmp_path / "out"))
    assert sorted((d.id, d.annotator, d.source.title, d.mentions[0].text) for d in found) == [
        ("wire/a", None, "One", "Hu"),
        ("wire/a/kim", "kim", "One", "Hu"),
        ("wire/a/lee", "lee", "One", "Hu"),
        ("wire/b", None, "Two", "Hu"),
    ]
    with pytest.raises(WriteError, match="the documents 'wire/a' and 'wire/a' both go here"):
        conversion.write(Document(TEXT, source=Source("w", "One")))


def test_annotators_of_different_texts_do_not_share_one(tmp_path: Path) -> None:
    conversion = Conversion("brat", tmp_path)
    conversion.write(Document(replace(TEXT, document="wire/a/lee"), annotator="lee"))
    other = Document(Text("wire/a/kim", "Hu said."), annotator="kim")
    with pytest.raises(WriteError, match=r"a\.txt: annotators of 'wire/a' had different texts before them"):
        conversion.write(other)
    with pytest.raises(WriteError, match="had different texts before them"):
        conversion.write(Document(Text("wire/a", "Hu said.")))
    assert [document.text for document in documents(tmp_path)] == [TEXT.content]


@pytest.mark.parametrize("identifier", ["wire/../a", "../a", "wire/.a", "/a", "wire/", "wire//a", "wire/a\\b"])
def test_an_id_that_leads_out_of_the_folder_is_refused(tmp_path: Path, identifier: str) -> None:
    with pytest.raises(WriteError, match="makes no path"):
        Conversion("brat", tmp_path / "out").write(Document(replace(TEXT, document=identifier)))
    assert list(tmp_path.rglob("*")) == []


def test_source_toml_says_what_it_said(tmp_path: Path) -> None:
    source = Source("wire", 'A "title"\\\n\x7f\u2028', "de", author=("Ann", "Bo"), date="2021-08~", annotators=("x",))
    Conversion("brat", tmp_path).write(Document(TEXT, source=source))
    assert [document.source for document in documents(tmp_path)] == [source]


def test_what_hangs_on_what_is_left_out_goes_too() -> None:
    said = Event("E1", "Statement", Mention("T2", "Statement", (TEXT.span(3, 7),)), (Argument("Actor", "T1"),))
    outer = Event("E2", "Statement", Mention("T3", "Statement", (TEXT.span(8, 10),)), (Argument("Content", "E1"),))
    document = Document(
        TEXT,
        (HU,),
        (outer, said),
        (Relation("R1", "x", (Argument("a", "E2"), Argument("b", "E2"))),),
        (Attribute("A1", "x", "R1"),),
        notes=(Note("#1", "x", "A1", "y"), Note("#2", "x", "", "y")),
    )
    assert without(document, ["T1"]) == Document(TEXT, notes=(Note("#2", "x", "", "y"),))
    assert without(document, ["E1"]) == Document(TEXT, (HU,), notes=(Note("#2", "x", "", "y"),))
    assert without(document, ["R1"]).events == (outer, said)


def broken(tmp_path: Path) -> Path:
    folder = tmp_path / "in" / "wire"
    folder.mkdir(parents=True)
    for name, lines in {"a": "T1\tPerson 0 2\tHu\n", "b": "T1\tPerson 0 2\tHa\nT2\tPerson 3 7\tsaid\n"}.items():
        (folder / f"{name}.txt").write_text("Hu said so.")
        (folder / f"{name}.ann").write_text(lines)
    task = {"id": 1, "data": {"text": "Hu said."}, "annotations": [{"completed_by": 1, "result": [
        {"id": "a", "type": "labels", "value": {"start": 0, "end": 2, "text": "Hu", "labels": ["two words"]}},
        {"id": "b", "type": "labels", "value": {"start": 3, "end": 7, "text": "said", "labels": ["x"]}},
    ]}]}  # fmt: skip
    (folder / "tasks.json").write_text(json.dumps([task]))
    return folder.parent


def test_a_broken_file_is_refused_and_the_others_are_written(tmp_path: Path) -> None:
    result = run(broken(tmp_path), "--to", "brat", "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert "b.ann:1:15: error: T1 quotes 'Ha' at 0..2, but 'Hu' stands there" in result.stderr
    assert "1.ann: error: brat has no room for a: 'two words' is no single word" in result.stderr
    assert result.stderr.endswith("out: 1 document, 2 refused, 0 left out\n")
    assert [document.id for document in documents(tmp_path / "out")] == ["wire/a"]


def test_what_is_left_out_and_what_is_merely_told_are_told_apart(tmp_path: Path) -> None:
    folder = tmp_path / "wire"
    folder.mkdir()
    (folder / "a.txt").write_text("😀 Hu")
    hu = {"source": "a.txt", "selector": [{"type": "TextPositionSelector", "start": 3, "end": 5},
                                          {"type": "TextQuoteSelector", "exact": "Hu"}]}  # fmt: skip
    picture = {"source": "a.txt", "selector": {"type": "SvgSelector", "value": "<svg/>"}}
    person = {"purpose": "classifying", "value": "Person"}
    found = [{"type": "Annotation", "id": f"#{number}", "body": person, "target": target}
             for number, target in enumerate((hu, picture), 1)]  # fmt: skip
    (folder / "a.json").write_text(json.dumps(found))
    notice, left = "UTF-16 units: they are taken so", "selects no words of a text, but has SvgSelector"

    done = json.loads(run(folder, "--to", "brat", "-o", tmp_path / "out", "--json").stdout)
    assert [(len(done[kind]), words in done[kind][0]) for kind, words in (("notices", notice), ("left_out", left))] == [
        (1, True),
        (1, True),
    ]
    told = run(folder, "--to", "brat", "-o", tmp_path / "again").stderr
    assert f"{folder}/a.json: notice: its quotes" in told and f"left out: 2: {left}" in told
    assert told.endswith("again: 1 document, 0 refused, 1 left out\n")

    build = CliRunner().invoke(main, ["build", str(folder), "-o", str(tmp_path / "kg.nq"), "--json"])
    done = json.loads(build.stdout)
    assert [one["message"] for one in done["left_out"]] == [f"2: {left}"]
    assert any(one["message"].endswith(notice) and one["file"] == f"{folder}/a.json" for one in done["notices"])
    (folder / "other.json").write_text("[]")
    messages = [one.message for one in geokg.build(folder).notices]
    assert any(message.startswith(f"{folder}/other.json: notice: begins like nothing") for message in messages)
    assert f"{folder}/a.json:1: left out: 2: {left}" in messages
    assert any(message.startswith(f"{folder}/a.json: notice: its quotes fit") for message in messages)


def test_leniency_keeps_what_is_good(tmp_path: Path) -> None:
    result = run(broken(tmp_path), "--to", "brat", "-o", tmp_path / "out", "--lenient")
    assert result.exit_code == 0
    assert "b.ann:1:15: left out: T1 quotes 'Ha'" in result.stderr
    assert "1.ann: left out: brat has no room for a" in result.stderr
    assert [(d.id, [m.text for m in d.mentions]) for d in documents(tmp_path / "out")] == [
        ("wire/a", ["Hu"]),
        ("wire/b", ["said"]),
        ("wire/tasks/1/1", ["said"]),
    ]


def test_bad_usage(tmp_path: Path) -> None:
    source = broken(tmp_path)
    result = run(source, "--to", "brat", "-o", source)
    assert (result.exit_code, "is not empty; nothing is written over there" in result.stderr) == (2, True)
    result = run(source, "--to", "word", "-o", tmp_path / "out")
    assert (result.exit_code, "nothing writes 'word'; there are: brat" in result.stderr) == (2, True)
    with pytest.raises(UnknownFormat):
        Conversion("plover", tmp_path)


@pytest.mark.skipif(not TUTORIAL.is_dir(), reason=f"the corpora of real files are not at {SHARED}; set GEOKG_SHARED")
@pytest.mark.parametrize("format", FORMATS)
def test_the_tutorial_goes_there_and_back(tmp_path: Path, format: str) -> None:
    result = run(TUTORIAL, "--to", format, "-o", tmp_path / "there")
    assert result.exit_code == 0, result.output
    found, wanted = list(documents(tmp_path / "there")), list(documents(TUTORIAL))
    assert len(found) == 13
    assert [nameless(document) for document in found] == [nameless(document) for document in wanted]


@pytest.mark.parametrize("format", sorted(writers()))
def test_an_annotator_whose_name_is_an_address_makes_one_name(tmp_path: Path, format: str) -> None:
    name = "http://example.org/e\u0301"  # which ids have composed, and without slashes
    identifier = "wire/a/http:--example.org-é"
    text = Text(identifier, "Hu.", "a.txt")
    mention = Mention("T1", "Person", (text.span(0, 2),))
    document = Document(text, (mention,), source=Source(id="wire"), annotator=name)
    Conversion(format, tmp_path / "out").write(document)
    (again,) = documents(tmp_path / "out")
    assert (again.id, [one.text for one in again.mentions]) == (identifier, ["Hu"])
    assert again.annotator == ("http:--example.org-é" if format in ("brat", "uima") else name)  # of the path


def test_links_of_brat_may_be_iris(tmp_path: Path) -> None:
    path = tmp_path / "wire" / "a.ann"
    path.parent.mkdir()
    path.with_suffix(".txt").write_text("Hu.")
    iris = ["http://d-nb.info/gnd/118", "urn:x:y", "http://www.wikidata.org/entity/Q1", "Wikidata:Q1"]
    lines = ["T1\tPerson 0 2\tHu", *(f"N{n}\tReference T1 {iri}\tHu" for n, iri in enumerate(iris, start=1))]
    path.write_text("\n".join(lines) + "\n")
    document = read(path)
    links = [("http://d-nb.info/gnd/", "118"), ("urn:x:", "y"), ("Wikidata", "Q1"), ("Wikidata", "Q1")]
    assert [(one.resource, one.key) for one in document.normalizations] == links
    written = Conversion("brat", tmp_path / "out").write(document)
    assert written.read_text() == path.read_text().replace(iris[2], iris[3])
    odd = replace(document.normalizations[0], resource="a:b")
    with pytest.raises(WriteError, match=r"no room for N1: the name of a register, .a:b., must have no colon"):
        Conversion("brat", tmp_path / "odd").write(replace(document, normalizations=(odd,)))
