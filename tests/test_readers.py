"""Which reader reads what, what lies below a folder, and what source.toml says."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from geokg.errors import ReadError, UnknownFormat
from geokg.readers import AnnotationFile, brat, documents, find, read, registry
from geokg.readers.source import read_source
from geokg.text import Source


def put(path: Path, annotations: str = "", text: str = "Hu.") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(annotations)
    path.with_suffix(".txt").write_text(text)
    return path


def test_a_text_leads_to_the_annotations_beside_it(tmp_path: Path) -> None:
    path = put(tmp_path / "wire" / "a.b.ann", "T1\tPerson 0 2\tHu")
    assert read(path.with_suffix(".txt")) == read(str(path))
    assert read(path).id == "wire/a.b"
    assert read(path).path == path


def test_a_text_without_annotations(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Hu.")
    with pytest.raises(ReadError, match=r"a\.txt: no annotations stand beside this text; an empty a\.ann says"):
        read(path)


def test_unknown_formats_are_named_with_what_is_known(tmp_path: Path) -> None:
    with pytest.raises(
        UnknownFormat, match=r"a\.docx: no reader knows this kind of file; known endings are: \.ann \(brat\)"
    ):
        read(tmp_path / "a.docx")
    with pytest.raises(UnknownFormat, match=r"no reader is called 'bart'; there are: brat"):
        read(put(tmp_path / "a.ann"), format="bart")
    assert read(put(tmp_path / "a.a1"), format="brat").text == "Hu."


def test_everything_below_folders_sorted_and_once(tmp_path: Path) -> None:
    for name in ("b/x.ann", "a/z.ann", "a/y.ann", "a/deep/y.ann", ".git/h.ann", "a/.hidden.ann"):
        put(tmp_path / name)
    (tmp_path / "a" / "notes.txt").write_text("No annotations here.")
    wanted = ["a/deep/y.ann", "a/y.ann", "a/z.ann", "b/x.ann"]
    for sources in ([tmp_path], [tmp_path / "b", tmp_path / "a"], [tmp_path / "a", tmp_path, tmp_path / "b/x.txt"]):
        assert [given.path.relative_to(tmp_path).as_posix() for given in find(*sources)] == wanted
    assert [document.id for document in documents(tmp_path)] == ["deep/y", "a/y", "a/z", "b/x"]


def test_a_source_that_holds_nothing_is_not_passed_over(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"holds no annotated text; known endings are: \.ann"):
        list(find(tmp_path))
    with pytest.raises(ReadError, match="there is no such file or folder"):
        list(find(tmp_path / "no"))


def test_standoff_of_bionlp_is_told_and_as_one_file_it_is_brat(tmp_path: Path) -> None:
    put(tmp_path / "wire" / "x.a1", "T1\tProtein 0 2\tHu\n")
    put(tmp_path / "wire" / "x.a2", "T2\tBinding 2 3\t.\nE1\tBinding:T2 Theme:T1\nM1\tNegation E1\n")
    put(tmp_path / "other" / "y.ann")
    told: list[ReadError] = []
    assert [given.path.name for given in find(tmp_path, passed_over=told.append)] == ["y.ann"]
    (one,) = told
    assert one.path == tmp_path / "wire" and one.message.startswith("2 .a1 and .a2 of BioNLP-ST are not read")
    with pytest.raises(ReadError, match=r"cat x\.a1 x\.a2 > x\.ann"):
        list(find(tmp_path / "wire"))
    joined = "".join((tmp_path / "wire" / f"x.{part}").read_text() for part in ("a1", "a2"))
    document = read(put(tmp_path / "wire" / "x.ann", joined))
    assert (len(document.mentions), len(document.events), len(document.attributes)) == (1, 1, 1)
    assert len(list(find(tmp_path, passed_over=told.append))) == 2 and told == [one]


def test_two_documents_with_one_id(tmp_path: Path) -> None:
    first, second = put(tmp_path / "1" / "wire" / "a.ann"), put(tmp_path / "2" / "wire" / "a.ann")
    with pytest.raises(ReadError) as caught:
        list(documents(tmp_path))
    assert str(caught.value).startswith(f"{second}: the document id 'wire/a' is taken by {first}")
    (second.parent / "source.toml").write_text('id = "other"')
    assert [document.id for document in documents(tmp_path)] == ["wire/a", "other/a"]


def test_the_folder_is_named_whatever_the_way_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path / "wire" / "a.ann")
    (path.parent / "below").mkdir()
    monkeypatch.chdir(path.parent)
    assert read("a.ann").id == read("below/../a.ann").id == read("../wire/a.ann").id == "wire/a"


def test_a_decomposed_name_gives_the_same_id(tmp_path: Path) -> None:
    assert read(put(tmp_path / "wire" / "cafe\u0301.ann")).id == "wire/caf\u00e9"


@pytest.fixture
def entries(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[EntryPoint]]:
    found: list[EntryPoint] = []
    monkeypatch.setattr(registry, "entry_points", lambda group: found)
    registry.readers.cache_clear()
    yield found
    registry.readers.cache_clear()


def test_others_add_readers(tmp_path: Path, entries: list[EntryPoint], monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "modules" / "twice_reader.py"
    module.parent.mkdir()
    module.write_text(
        "from geokg.text import Document, Text\n"
        "SUFFIXES = ('.twice', '.json')\n"
        "def documents(path):\n"
        "    yield Document(Text('x/1', 'One.'))\n"
        "    yield Document(Text('x/2', 'Two.'))\n"
    )
    monkeypatch.syspath_prepend(module.parent)
    entries.append(EntryPoint("twice", "twice_reader", "geokg.readers"))
    (tmp_path / "a.twice").write_text("")
    assert [document.id for document in documents(tmp_path / "a.twice")] == ["x/1", "x/2"]
    with pytest.raises(ReadError, match=r"holds 2 texts, not one; read it with documents\(\)"):
        read(tmp_path / "a.twice")
    put(tmp_path / "b.ann")
    (tmp_path / "b.json").write_text("")
    with pytest.raises(ReadError, match=r"b\.ann and b\.json both stand beside this text"):
        read(tmp_path / "b.txt")
    entries.append(EntryPoint("again", "twice_reader", "geokg.readers"))
    registry.readers.cache_clear()
    with pytest.raises(UnknownFormat, match=r"again and twice both read it; say which with format="):
        read(tmp_path / "a.twice")


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (
            EntryPoint("lost", "no_such_module_here", "geokg.readers"),
            "the reader 'lost' .* cannot be loaded: No module",
        ),
        (
            EntryPoint("brat", "json", "geokg.readers"),
            "two readers are called 'brat'; uninstall the package that adds json",
        ),
    ],
)
def test_a_broken_reader_is_named(entries: list[EntryPoint], entry: EntryPoint, words: str) -> None:
    entries.append(entry)
    with pytest.raises(ReadError, match=words):
        read("a.ann")


def test_source_toml(tmp_path: Path) -> None:
    path = put(tmp_path / "wire" / "a.ann")
    toml = path.parent / "source.toml"
    assert read(path).source == Source(id="wire")
    toml.write_text(
        '\ufeffid = "news/2021"\ntitle = "A title"\nauthor = "Ann"\nannotators = ["B", "C"]\ndate = 2021-08-15\n',
        newline="\r\n",
    )
    document = read(path)
    assert document.id == "news/2021/a"
    assert document.source == Source("news/2021", "A title", author=("Ann",), annotators=("B", "C"), date="2021-08-15")
    toml.write_text('date = "2021-08~"\nlanguage = "en"\npublisher = "P"\nurl = "https://example.org/"\nlicence = "L"')
    assert read(path).source == Source(
        "wire", language="en", publisher="P", url="https://example.org/", licence="L", date="2021-08~"
    )


@pytest.mark.parametrize(
    ("content", "place", "words"),
    [
        ('title = "a"\ntitel = "b"', ":2", "unknown key 'titel'; did you mean title?"),
        ('zzz = "b"', ":1", "unknown key 'zzz'; there are: id, title"),
        ('title = "a"\nurl = x', ":2:7", "is not TOML: Invalid value"),
        ('title = "a', ":1", "is not TOML"),
        ("\ntitle = 3", ":2", "title must be a string with something in it"),
        ('title = " "', ":1", "title must be"),
        ('author = ["a", 3]', ":1", "author must be a string or a list of strings"),
        ("date = 2021-08-15T00:00:00Z", ":1", "date must be a string"),
        ('id = "a b"', ":1", "id must be a string without spaces"),
        ('id = "/a"', ":1", "id must be"),
        ("[title]\nx = 1", ":1", "title must be a string"),
    ],
)
def test_a_source_toml_that_is_wrong(tmp_path: Path, content: str, place: str, words: str) -> None:
    path = put(tmp_path / "wire" / "a.ann")
    toml = path.parent / "source.toml"
    toml.write_text(content)
    with pytest.raises(ReadError, match=words) as caught:
        read(path)
    assert str(caught.value).startswith(f"{toml}{place}: ")


def test_a_source_toml_that_is_not_utf8(tmp_path: Path) -> None:
    path = put(tmp_path / "wire" / "a.ann")
    (path.parent / "source.toml").write_bytes(b'title = "a"\nauthor = "\xff"')
    with pytest.raises(ReadError, match=r"source\.toml:2:11: byte 0xff"):
        read(path)


def test_the_root_folder_has_no_name_to_lend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "is_file", lambda self: False)
    with pytest.raises(ReadError, match=r"texts in the root folder need a source\.toml with an id"):
        read_source(Path(Path.cwd().anchor))


def test_what_cannot_be_read_is_refused_alone(tmp_path: Path) -> None:
    folder = tmp_path / "wire"
    folder.mkdir()
    (folder / "good.txt").write_text("One.")
    (folder / "good.ann").touch()
    (folder / "folder.ann").mkdir()
    for name in ("broken.ann", "broken.json"):
        (folder / name).symlink_to(tmp_path / "nowhere")
    for name in ("pipe.ann", "pipe.json", "pipe.jsonl"):  # opened, it would wait for somebody to write
        os.mkfifo(folder / name)
    outcomes = {}
    for given in find(folder):
        try:
            outcomes[given.path.name] = [document.id for document in documents(given)]
        except ReadError as error:
            outcomes[given.path.name] = [error.message]
    assert outcomes.pop("good.ann") == ["wire/good"]
    assert {name.partition(".")[0]: told for name, [told] in outcomes.items()} == {
        "broken": "cannot be read: No such file or directory",
        "pipe": "is a pipe or a device, not a file",
    }
    assert len(outcomes) == 5
    with pytest.raises(ReadError, match="is a pipe"):
        list(documents(folder / "pipe.jsonl", format="doccano"))


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are bytes there")
def test_a_name_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    good = put(tmp_path / "wire" / "a.ann")
    path = put(Path(os.fsdecode(os.fsencode(good.parent) + b"/a\xff.ann")))
    with pytest.raises(ReadError, match="has bytes that are not UTF-8; rename"):
        read(path)
    with pytest.raises(ReadError, match=r"'wire/a\\udcff' has bytes that are not UTF-8; rename"):
        list(brat.documents(AnnotationFile(path)))
    passed_over: list[ReadError] = []
    assert [given.path for given in find(path.parent, passed_over=passed_over.append)] == [good]
    assert [error.path for error in passed_over] == [path]
