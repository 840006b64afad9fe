r"""WebAnno TSV 3.0 to 3.3, as INCEpTION and WebAnno export it.

(https://inception-project.github.io/releases/38.2/docs/user-guide.html#sect_webannotsv)::

    #FORMAT=WebAnno TSV 3.3
    #T_SP=de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity|identifier|value

    #Text=Wang met the Taliban .
    1-1  0-4    Wang     *       PER
    1-2  5-8    met      _       _
    1-3  9-12   the      *[1]    ORG[1]
    1-4  13-20  Taliban  *[1]    ORG[1]

Offsets count UTF-16 units, whatever the encoding. The words of each unit are compared with the text. The format does
not have what stands between sentences: a text file beside gives it; without one there are spaces, but for a line end
behind a sentence, as INCEpTION reads it. What is annotated becomes what it would be in a CAS (``cas_layers``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ..errors import OffsetMismatch, ReadError
from ..files import read_bytes
from ..text import Document, Text
from .cas import INITIAL, Cas, Kind, Structure, View
from .cas_layers import Layers
from .given import AnnotationFile, Faults
from .inception import placed
from .source import decode, identify, read_source, read_text
from .units import Unit as Counts
from .units import Units
from .webanno_columns import TEXT, TOKEN, Rows, Unit, columns

SUFFIXES = (".tsv",)
"""The endings of the files that this reader reads."""

_FORMAT = re.compile(r"#FORMAT=WebAnno TSV 3\.([0-9])")
_SENTENCE = "de.tudarmstadt.ukp.dkpro.core.api.segmentation.type.Sentence"
_ROW = re.compile(r"([0-9]{1,9}-[0-9]{1,9}(?:\.[0-9]{1,9})?)\t([0-9]{1,10})-([0-9]{1,10})\t")
_ESCAPED = re.compile(r"\\([tnfrb\\\x00-\x07\x0e-\x1f])")
_JAVA = re.compile(r"(?:\\u+[0-9a-fA-F]{4})+|\\[0-3]?[0-7]{1,2}|\\.", re.DOTALL)
_CONTROLS = {"t": "\t", "n": "\n", "f": "\f", "r": "\r", "b": "\b"}
_MOST = 1_000_000
_SHOWN = 40


def recognizes(head: str) -> bool:
    """Whether a file begins as WebAnno TSV 3 does.

    >>> recognizes("#FORMAT=WebAnno TSV 3.3")
    True
    """
    return bool(_FORMAT.match(head))


def documents(given: AnnotationFile) -> Iterator[Document]:
    """Yield the document that a file makes.

    Raises:
        OffsetMismatch: the words of a unit, or a sentence, are not what stands in the text.
        ReadError: anything else that is not as it should be.

    >>> from pathlib import Path
    >>> next(documents(AnnotationFile(Path("no/such.tsv"))))
    Traceback (most recent call last):
    geokg.errors.ReadError: no/such.tsv: cannot be read: No such file or directory
    """
    path = given.path
    folder, stem, annotator = placed(given)
    source = read_source(folder)
    cas = Cas(path, Faults(given.lenient))
    page = _Page(cas, decode(read_bytes(path), path).removeprefix("\ufeff"))
    page.read()
    beside = given.text or path.with_suffix(".txt")
    if beside.is_file():
        text = read_text(beside, source, annotator)
        page.compare(text)
    else:
        text = Text(identify(source, stem, annotator), page.content(), path.name)
    cas.unroll()
    layers = Layers(cas)
    over = cas.place(View(INITIAL, TEXT, text.content), Counts.UTF16)
    document = layers.document(text, over, source, annotator)
    layers.tell()
    yield replace(document, faults=tuple(cas.faults.found))


@dataclass
class _Sentence:
    """A sentence: its id, the lines of its text, and its units, each with its line."""

    line: int
    id: str = ""
    pieces: list[str] = field(default_factory=list)
    rows: list[tuple[int, str]] = field(default_factory=list)
    begin: int = 0

    @property
    def text(self) -> str:
        return "\n".join(self.pieces)


class _Page:
    """One file, on the way to structures."""

    def __init__(self, cas: Cas, content: str) -> None:
        self.cas = cas
        lines = content.split("\n")
        # A lone CR is text; one at the end of every line is of the line ends.
        if len(lines) > 1 and all(line.endswith("\r") for line in lines[:-1]):
            lines = [line.removesuffix("\r") for line in lines]
        self.lines = lines
        self.sentences: list[_Sentence] = []

    def read(self) -> None:
        first = _FORMAT.fullmatch(self.lines[0])
        if not first:
            raise self.cas.error("is no WebAnno TSV 3: it must begin with #FORMAT=WebAnno TSV 3.3", 1)
        old = int(first[1]) < 2
        end = 1
        while end < len(self.lines) and self.lines[end].startswith("#T_"):
            end += 1
        rows = Rows(self.cas, columns(self.lines[1:end], self.cas))
        for sentence in self._blocks(end, old):
            try:
                self._sentence(sentence, rows)
            except ReadError as error:
                self.cas.faults.refuse(error)
        rows.finish()

    def _blocks(self, start: int, old: bool) -> Iterator[_Sentence]:
        """The sentences, one after the other."""
        sentence: _Sentence | None = None
        for number, line in enumerate([*self.lines[start:], ""], start=start + 1):
            if not line:
                if sentence is not None:
                    yield sentence
                sentence = None
            elif line.startswith("#"):
                if sentence is not None and sentence.rows:
                    yield sentence
                    sentence = None
                key, _, value = line.partition("=")
                if key not in ("#Text", "#Sentence.id"):
                    self.cas.faults.pass_over(self.cas.error(f"{line[:_SHOWN]!r} is no part of the format", number))
                    continue
                sentence = sentence or _Sentence(number)
                if key == "#Text":
                    sentence.pieces.append(_unescape(value, old))
                else:
                    sentence.id = _unescape(value, old)
            elif sentence is None or not sentence.pieces:
                self.cas.faults.refuse(self.cas.error("words stand before their text: #Text= must come first", number))
            else:
                sentence.rows.append((number, line))

    def _sentence(self, sentence: _Sentence, rows: Rows) -> None:
        found = [(number, line, _ROW.match(line)) for number, line in sentence.rows]
        first = next((row for _, _, row in found if row), None)
        if first is None:
            raise self.cas.error("a sentence has no words, so where it stands is not known", sentence.line)
        sentence.begin = int(first[2])
        text = sentence.text
        units = Units(text, Counts.UTF16)
        last = self.sentences[-1] if self.sentences else None
        if last and sentence.begin < last.begin + Units(last.text, Counts.UTF16).length:
            message = f"the sentence begins at {sentence.begin}, inside the one before it"
            raise self.cas.error(message, sentence.line)
        if sentence.begin - (last.begin if last else 0) > _MOST + (len(last.text) if last else 0):
            raise self.cas.error(f"nothing stands before {sentence.begin} for {_MOST} characters", sentence.line)
        self.sentences.append(sentence)
        one = Structure(
            f"s{len(self.sentences)}", _SENTENCE, Kind.SPAN, sentence.line, TEXT, sentence.begin,
            sentence.begin + units.length,
        )  # fmt: skip
        one.values = {"id": [sentence.id]} if sentence.id else {}
        self.cas.add(one)
        for number, line, row in found:
            try:
                if row is None:
                    raise self.cas.error("a unit is written 1-1, a tab, 0-4, a tab, its words, and its columns", number)
                self._row(number, line, row, sentence, units, rows)
            except ReadError as error:
                self.cas.faults.refuse(error)

    def _row(self, number: int, line: str, row: re.Match[str], sentence: _Sentence, units: Units, rows: Rows) -> None:
        name, begin, end = row[1], int(row[2]), int(row[3])
        text, shift = sentence.text, sentence.begin
        try:
            start, stop = units.span(begin - shift, end - shift)
        except ValueError as error:
            raise self.cas.error(
                f"{name} does not lie in its sentence, which begins at {shift}: {error}", number
            ) from error
        words, rest = text[start:stop], line[row.end() :]
        # INCEpTION writes the words of a unit as they are, others escape them as they do the text.
        fits = [form for form in (words, _escape(words)) if rest == form or rest.startswith(f"{form}\t")]
        if not fits:
            quote = rest.partition("\t")[0]
            counted = text[max(0, begin - shift) : max(0, end - shift)]
            hint = "; offsets must count UTF-16 units, these count Unicode code points" if counted == quote else ""
            raise OffsetMismatch(
                f"{name} is {quote[:_SHOWN]!r} at {begin}..{end}, but {words[:_SHOWN]!r} stands there{hint}",
                path=self.cas.path,
                line=number,
                column=row.end() + 1,
                quote=quote,
                start=begin,
                end=end,
            )
        fields = rest[len(fits[0]) + 1 :].split("\t")
        if fields[-1] == "":
            fields.pop()
        if len(fields) != len(rows.columns):
            raise self.cas.error(f"{name} has {len(fields)} columns, where {len(rows.columns)} are declared", number)
        whole, dot, _ = name.partition(".")
        if name in rows.units or (dot and whole not in rows.units):
            reason = "stands twice" if name in rows.units else f"is a part of {whole}, which must come before it"
            raise self.cas.error(f"{name} {reason}", number)
        if not dot:
            self.cas.add(Structure(name, TOKEN, Kind.SPAN, number, TEXT, begin, end))
        rows.take(Unit(name, begin, end, number), fields)

    def content(self) -> str:
        """The text, put together from the sentences."""
        parts: list[str] = []
        length = 0
        for sentence in self.sentences:
            if length > sentence.begin:  # no room for the line end that was put behind the sentence before
                parts.pop()
                length -= 1
            parts += [" " * (sentence.begin - length), sentence.text, "\n"]
            length = sentence.begin + Units(sentence.text, Counts.UTF16).length + 1
        return "".join(parts)

    def compare(self, text: Text) -> None:
        """Compare the sentences with the text file beside.

        Raises:
            OffsetMismatch: one does not stand there.
        """
        units = Units(text.content, Counts.UTF16)
        for sentence in self.sentences:
            end = sentence.begin + Units(sentence.text, Counts.UTF16).length
            try:
                start, stop = units.span(sentence.begin, end)
                there = text.content[start:stop]
            except ValueError:
                there = ""
            if there != sentence.text:
                quote = sentence.text[:_SHOWN]
                raise OffsetMismatch(
                    f"the sentence {quote!r} at {sentence.begin}..{end} is not what stands in {text.file}",
                    path=self.cas.path,
                    line=sentence.line,
                    quote=sentence.text,
                    start=sentence.begin,
                    end=end,
                )


def _unescape(written: str, old: bool) -> str:
    r"""A line of text as it was; up to version 3.1 it was escaped as Java's strings are."""
    if not old:
        return _ESCAPED.sub(lambda match: _CONTROLS.get(match[1], match[1]), written)

    def java(match: re.Match[str]) -> str:
        if match[0].startswith("\\u"):
            codes = [int(code, 16).to_bytes(2, "big") for code in re.findall(r"[0-9a-fA-F]{4}", match[0])]
            return b"".join(codes).decode("utf-16-be", "surrogatepass")
        if match[0][1:].isdecimal():
            return chr(int(match[0][1:], 8))
        return _CONTROLS.get(match[0][1], match[0][1])

    return _JAVA.sub(java, written)


def _escape(text: str) -> str:
    """Text as the format escapes it."""
    names = {character: name for name, character in _CONTROLS.items()}
    return re.sub(r"[\\\x00-\x1f]", lambda match: "\\" + names.get(match[0], match[0]), text)
