"""Some thousands of the files that ``fuzz_readers.py`` spoils, the same each time; ``make fuzz`` makes many more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

import fuzz_readers
from geokg.errors import ReadError
from geokg.readers import brat
from geokg.readers.given import AnnotationFile
from geokg.text import Document, Span


@pytest.mark.parametrize("format", fuzz_readers.FORMATS)
def test_a_spoilt_file_is_refused_or_its_words_stand_where_it_says(format: str) -> None:
    seen = fuzz_readers.fuzz(format, 300)
    assert seen.total() == 600
    assert {"read", "read (lenient)", "refused"} <= seen.keys()


def test_a_fault_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def documents(given: AnnotationFile) -> Iterator[Document]:
        if given.path.read_bytes().count(b"T1") == 3:
            raise IndexError
        yield fuzz_readers.everything()

    monkeypatch.setattr(brat, "documents", documents)
    with pytest.raises(fuzz_readers.Fault) as caught:
        fuzz_readers.fuzz("brat", 400)
    assert caught.value.data.count(b"T1") == 3 and isinstance(caught.value.__cause__, IndexError)


def test_what_no_document_may_be() -> None:
    document = fuzz_readers.everything()
    fuzz_readers.judge(document)
    first, second = document.mentions[:2]
    wrong = Span("wire/a", 0, 3, "Zoe")
    for spoilt in (
        replace(document, mentions=(replace(first, spans=(wrong,)), *document.mentions[1:])),
        replace(document, mentions=(first, replace(second, spans=second.spans[::-1]), *document.mentions[2:])),
        replace(document, mentions=(first, *document.mentions)),
        replace(document, mentions=document.mentions[1:]),
        replace(document, faults=(ReadError("somewhere"),)),
    ):
        with pytest.raises(AssertionError):
            fuzz_readers.judge(spoilt)
