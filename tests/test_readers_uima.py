"""UIMA CAS read and written: offsets in UTF-16, layers of INCEpTION, broken files, and every file of cassis's tests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from geokg.readers import uima
from geokg.readers.given import AnnotationFile
from geokg.text import Document
from hostile import bare, hostile


def read(path: Path, *, lenient: bool = False) -> list[Document]:
    return list(uima.documents(AnnotationFile(path, lenient=lenient)))


@pytest.mark.parametrize("suffix", [".xmi", ".json", ".zip"])
@given(document=hostile())
@settings(max_examples=60, deadline=None)
def test_written_and_read_it_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, document: Document
) -> None:
    path = tmp_path_factory.mktemp("cas") / "wire" / f"article{suffix}"
    uima.write(document, path)
    [again] = read(path)
    file = f"article{suffix}" if suffix != ".zip" else "article.xmi"
    assert bare(again) == bare(renamed(document, file))
    assert not again.faults


def renamed(document: Document, file: str) -> Document:
    """The same, out of a file of another name."""
    content = replace(document.content, file=file)

    def moved(mention):
        return replace(mention, spans=tuple(replace(span, file=file) for span in mention.spans))

    return replace(
        document,
        content=content,
        mentions=tuple(map(moved, document.mentions)),
        events=tuple(replace(event, trigger=moved(event.trigger)) for event in document.events),
    )
