"""Texts paired with annotation files by a rule; files whose ending does not tell what they are."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from geokg.errors import ReadError, UnknownFormat
from geokg.readers import documents, find, is_annotated, read, registry


def put(path: Path, content: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    put(tmp_path / "wire" / "source.toml", 'title = "News"\npairs = "attributions/{stem}_*.ann"\n')
    for name in ("a", "a_b", "c"):
        put(tmp_path / "wire" / f"{name}.txt", "Hu.")
    for name in ("a_lee", "a_kim", "a_b_lee", "a_b_c_d"):
        put(tmp_path / "wire" / "attributions" / f"{name}.ann", "T1\tPerson 0 2\tHu\n")
    return tmp_path / "wire"


def test_several_annotators_of_one_text_stay_apart(corpus: Path) -> None:
    told: list[ReadError] = []
    found = list(documents(corpus, passed_over=told.append))
    assert [(d.id, d.annotator, d.source.title, d.mentions[0].text) for d in found] == [
        ("wire/a_b/c_d", "c_d", "News", "Hu"),
        ("wire/a_b/lee", "lee", "News", "Hu"),
        ("wire/a/kim", "kim", "News", "Hu"),
        ("wire/a/lee", "lee", "News", "Hu"),
    ]
    assert [(error.path, error.message) for error in told] == [
        (corpus / "c.txt", "no file fits the rule 'attributions/{stem}_*.ann'")
    ]


def test_one_half_leads_to_the_other(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(corpus / "attributions" / "a_b_lee.ann").id == "wire/a_b/lee"
    monkeypatch.chdir(corpus / "attributions")
    assert read("a_lee.ann").id == "wire/a/lee"
    assert [d.id for d in documents(corpus / "a.txt")] == ["wire/a/kim", "wire/a/lee"]
    with pytest.raises(ReadError, match=r"a\.txt: holds 2 texts, not one"):
        read(corpus / "a.txt")
    with pytest.raises(ReadError, match=r"c\.txt: no annotations stand beside this text"):
        read(corpus / "c.txt")


@pytest.mark.parametrize(
    ("rule", "marks", "wanted"),
    [
        ("../marks/*/{stem}.ann", "marks/lee/x.ann", "texts/x/lee"),
        ("../marks/{stem}/{stem}.*.ann", "marks/x/x.lee.ann", "texts/x/lee"),
        ("{stem}.gold.ann", "texts/x.gold.ann", "texts/x"),
        ("[*] {stem}.ann", "texts/[lee] x.ann", "texts/x/lee"),
    ],
)
def test_rules(tmp_path: Path, rule: str, marks: str, wanted: str) -> None:
    put(tmp_path / "texts" / "source.toml", f'pairs = "{rule}"')
    put(tmp_path / "texts" / "x.txt", "Hu.")
    put(tmp_path / marks)
    assert [document.id for document in documents(tmp_path)] == [wanted]
    assert [document.id for document in documents(tmp_path / "texts")] == [wanted]


@pytest.mark.parametrize("rule", ["{stem}_*_*.ann", "**/{stem}.ann", "x.ann", "/tmp/{stem}.ann", 3])
def test_rules_that_are_none(tmp_path: Path, rule: str | int) -> None:
    toml = put(tmp_path / "source.toml", f"pairs = {rule!r}")
    with pytest.raises(ReadError, match=r"pairs must be a path from here with \{stem\}") as caught:
        list(find(tmp_path))
    assert (caught.value.path, caught.value.line) == (toml, 1)


def test_files_that_fit_a_rule_but_no_text(corpus: Path) -> None:
    put(corpus / "attributions" / "z_lee.ann", "T1\tPerson 0 2\tHu\n")
    told: list[ReadError] = []
    with pytest.raises(ReadError, match=r"z_lee\.ann: has no text: z_lee\.txt should stand beside it"):
        list(documents(corpus, passed_over=told.append))
    (corpus / "source.toml").write_text('pairs = "notes/{stem}_*.ann"')
    told.clear()
    assert [given.text for given in find(corpus, passed_over=told.append)] == [None] * 5
    assert [str(error) for error in told] == [
        f"{corpus / 'source.toml'}: pairs = 'notes/{{stem}}_*.ann' pairs no text with any file"
    ]


@pytest.fixture
def entries(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[EntryPoint]]:
    found: list[EntryPoint] = []
    monkeypatch.setattr(registry, "entry_points", lambda group: found)
    registry.readers.cache_clear()
    yield found
    registry.readers.cache_clear()


@pytest.fixture
def sniffers(tmp_path: Path, entries: list[EntryPoint], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        put(
            tmp_path / "modules" / f"{name}_reader.py",
            "from geokg.text import Document, Text\n"
            "SUFFIXES = ('.shared', '.txt')\n"
            f"def recognizes(head): return '{name}' in head\n"
            f"def documents(given): yield Document(Text('{name}/' + given.path.stem, given.path.read_text()))\n",
        )
        entries.append(EntryPoint(name, f"{name}_reader", "geokg.readers"))
    monkeypatch.syspath_prepend(tmp_path / "modules")


@pytest.mark.usefixtures("sniffers")
def test_files_of_one_ending_are_told_apart_by_their_beginning(tmp_path: Path) -> None:
    folder = tmp_path / "wire"
    for name, content in {"a.shared": "one", "b.shared": "\ufefftwo", "c.shared": "three", "d.txt": "two"}.items():
        put(folder / name, content)
    put(folder / "e.txt", "one")
    put(folder / "e.ann")
    put(folder / "entities.ttl")
    told: list[ReadError] = []
    assert [d.id for d in documents(folder, passed_over=told.append)] == ["one/a", "two/b", "two/d", "wire/e"]
    assert [str(error) for error in told] == [f"{folder / 'c.shared'}: begins like nothing that one or two reads"]
    with pytest.raises(UnknownFormat, match=r"c\.shared: begins like nothing that one or two reads"):
        read(folder / "c.shared")
    assert read(folder / "c.shared", format="one").id == "one/c"
    assert [d.id for d in documents(folder, format="two")] == ["two/b", "two/d"]
    assert [is_annotated(folder / name) for name in ("a.shared", "c.shared", "d.txt", "e.ann")] == [
        True,
        False,
        True,
        True,
    ]
    put(folder / "f.shared", "one and two")
    assert [given.format for given in find(folder)] == ["one", "two", "two", "brat", None]
    with pytest.raises(UnknownFormat, match=r"f\.shared: one and two both read it; say which with format="):
        list(documents(folder))


def test_whatever_reads_is_light_to_import() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import geokg.readers; geokg.readers.readers(); "
        "print([name for name in ('cassis', 'lxml', 'spacy') if name in sys.modules])"
    )
    source = str(Path(registry.__file__).parents[2])
    assert subprocess.run([sys.executable, "-c", code, source], capture_output=True, text=True).stdout == "[]\n"


def test_no_module_claims_what_it_does_not_have() -> None:
    for name, reader in registry.readers().items():
        assert all(suffix.startswith(".") for suffix in reader.SUFFIXES), name
        recognizes = getattr(reader, "recognizes", None)
        for head in ("", " ", "{", "[]", "{}", "<a/>", "# nothing", '{"name": "package", "version": "1"}', "a\tb\n"):
            assert recognizes is None or not recognizes(head), (name, head)
