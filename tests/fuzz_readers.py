"""Files of every format, spoilt by the thousand: each is refused by design, or its words stand where it says.

Samples are cut, doubled, mixed with each other, their numbers and names exchanged, their bytes flipped. What comes out
is a ``GeokgError`` or a document whose parts refer to parts that it has, and whose spans hold what the text has there.

    python tests/fuzz_readers.py [--inputs N] [--seed S] [--format NAME]
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from geokg.errors import ReadError
from geokg.readers import brat, nif, registry, uima, web_annotation
from geokg.readers.given import AnnotationFile
from geokg.text import (
    Argument,
    Attribute,
    Document,
    Equivalence,
    Event,
    Mention,
    Normalization,
    Note,
    Relation,
    Source,
    Text,
)

SLOW = 5.0
"""Seconds that no file of a sample's size may take."""
FORMATS = ("brat", "doccano", "label-studio", "nif", "plover", "tei", "uima", "web-annotation", "webanno")
CONTENT = "Zoë 😀 said\r\nthat Hu Shisheng met the Taliban."
NER = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
COREF = "de.tudarmstadt.ukp.dkpro.core.api.coref.type.CoreferenceLink"
TSV = f"""#FORMAT=WebAnno TSV 3.3
#T_SP={NER}|identifier|value
#T_SP=webanno.custom.Event|kind|ROLE_webanno.custom.Event:args_webanno.custom.EventArgsLink|{NER}
#T_CH={COREF}|referenceRelation|referenceType
#T_RL=webanno.custom.Rel|label|BT_{NER}


#Text=Wang met the Taliban .
1-1·0-4·Wang·http://www.wikidata.org/entity/Q1[3]|*[4]·PER[3]|MISC[4]·_·_·_·*->1-1·name·*·1-3[2_4]·
1-2·5-8·met·_·_·meet·actor;actor·1-1[3];1-3[2]·_·_·_·_·
1-3·9-12·the·*[2]·ORG[2]·_·_·_·*->1-2·name·_·_·
1-4·13-20·Taliban·*[2]·ORG[2]·_·_·_·*->1-2·name·_·_·
1-4.1·13-15·Ta·*·X·_·_·_·_·_·_·_·
1-5·21-22·.·_·_·_·_·_·_·_·_·_·

#Text=So 😀 .
2-1·23-25·So·_·_·_·_·_·_·_·_·_·
2-2·26-28·😀·*·OTH·_·_·_·_·_·_·_·
2-3·29-30·.·_·_·_·_·_·_·_·_·_·
""".replace("·", "\t")
ENTITIES = [{"id": n, "label": "Person", "start_offset": 5 * n, "end_offset": 5 * n + 3} for n in range(3)]
DOCCANO = [
    {"id": 1, "text": CONTENT, "label": [[0, 3, "Person"], [17, 28, "Person"]], "Comments": ["sure?"]},
    {
        "id": 2,
        "text": "Zoë, Ann, Bob.",
        "entities": ENTITIES,
        "relations": [{"id": 7, "from_id": 0, "to_id": 2, "type": "Met"}],
    },
]
REGIONS = [
    {"id": "a", "type": "labels", "to_name": "text", "from_name": "l",
     "value": {"start": 0, "end": 3, "text": "Zoë", "labels": ["Person"]}},
    {"id": "b", "type": "labels", "to_name": "text", "from_name": "l",
     "value": {"start": 17, "end": 28, "text": "Hu Shisheng", "labels": ["Person", "Other"]}},
    {"type": "relation", "from_id": "a", "to_id": "b", "direction": "right", "labels": ["met"]},
    {"type": "choices", "from_name": "tone", "to_name": "text", "value": {"choices": ["calm"]}},
]  # fmt: skip
TASKS = [
    {"id": 1, "data": {"text": CONTENT}, "annotations": [{"completed_by": 3, "result": REGIONS}]},
    {"id": 2, "text": CONTENT, "annotator": 3,
     "label": [{"start": 0, "end": 3, "text": "Zoë", "labels": ["Person"]}]},
]  # fmt: skip
PLOVER = [
    {
        "id": "X-AGREE-1",
        "event": "AGREE",
        "text": "Japan has agreed to help.",
        "eventText": "agreed help",
        "source": [{"actorText": "Japan", "code": "JPN"}],
        "target": "",
        "date": "2000-01-01",
        "eventLoc": [{"locText": "Japan"}],
        "textInfo": {"markup": "(SRC: Japan) has (EVT: agreed) to (EVT: help)."},
    }
]
TEI = """<TEI xmlns="http://www.tei-c.org/ns/1.0" xml:lang="en">
<teiHeader><fileDesc><titleStmt><title>A visit</title><author>Ann</author></titleStmt></fileDesc></teiHeader>
<standOff><listPerson><person xml:id="hu"><persName>Hu Shisheng</persName><idno type="Wikidata">Q1</idno></person>
</listPerson></standOff>
<text><p>A note of <persName ref="#hu" cert="high">Hu</persName>. <said who="#hu" xml:id="s1" next="#s2">We shall
<q>stay</q></said>, he wrote, <said prev="#s1" xml:id="s2">in <placeName key="Wikidata:Q2">Wien</placeName></said>.</p>
</text></TEI>"""
HYPOTHESIS = {
    "total": 1,
    "rows": [
        {
            "id": "x1",
            "user": "acct:ann@hypothes.is",
            "uri": "https://example.org/a",
            "text": "a remark",
            "tags": ["Person"],
            "target": [
                {
                    "source": "a.txt",
                    "selector": [
                        {"type": "TextPositionSelector", "start": 0, "end": 3},
                        {"type": "TextQuoteSelector", "exact": "Zoë", "prefix": "", "suffix": " 😀"},
                    ],
                }
            ],
        }
    ],
}


def everything() -> Document:
    """A document with each kind of annotation."""
    text = Text("wire/a", CONTENT, "a.txt")

    def words(identifier: str, label: str, *exact: str) -> Mention:
        places = [CONTENT.index(one) for one in exact]
        spans = tuple(text.span(at, at + len(one)) for at, one in zip(places, exact, strict=True))
        return Mention(identifier, label, spans)

    return Document(
        text,
        (words("T1", "Person", "Zoë"), words("T2", "Person", "Hu", "Taliban"), words("T3", "Org", "the Taliban")),
        (
            Event(
                "E1", "Statement", words("T4", "Statement", "said"), (Argument("Actor", "T1"), Argument("What", "E2"))
            ),
            Event("E2", "Meeting", words("T5", "Meeting", "met"), (Argument("Who", "T2", 1), Argument("Who", "T3", 2))),
        ),
        (Relation("R1", "near", (Argument("Arg1", "T1"), Argument("Arg2", "T2"))),),
        (Attribute("A1", "Certain", "E1", "high"), Attribute("A2", "Negated", "T1")),
        (Normalization("N1", "Reference", "T1", "Wikidata", "Q1", "Zoë"),),
        (Note("#1", "AnnotatorNotes", "T1", "sure?"),),
        (Equivalence("Equiv", ("T2", "T3")),),
        source=Source(id="wire"),
    )


def samples(folder: Path) -> dict[str, list[tuple[str, bytes]]]:
    """For each format, names and contents of its files; the text that some stand beside is put into the folder."""
    made = {}
    for name, write in (
        ("a.ann", brat.write),
        ("a.json", web_annotation.write),
        ("a.xmi", uima.write),
        ("b.json", uima.write),
        ("a.ttl", nif.write),
    ):
        with tempfile.TemporaryDirectory() as place:
            write(everything(), Path(place, name))
            made[name] = Path(place, name).read_bytes()
            if name == "a.xmi":
                made["TypeSystem.xml"] = Path(place, "TypeSystem.xml").read_bytes()
    (folder / "a.txt").write_bytes(CONTENT.encode())
    (folder / "TypeSystem.xml").write_bytes(made["TypeSystem.xml"])
    tasks = "\n".join(json.dumps(one) for one in DOCCANO).encode()
    return {
        "brat": [("a.ann", made["a.ann"] + b"R2\tx Arg1:T1 Arg2:E2\nM1\tNeg E1\n*\tEquiv T1 T2\n")],
        "doccano": [("d.jsonl", tasks), ("d.json", dumped(DOCCANO))],
        "label-studio": [("l.json", dumped(TASKS[:1])), ("m.json", dumped(TASKS[1:]))],
        "nif": [("a.ttl", made["a.ttl"])],
        "plover": [("p.json", dumped(PLOVER))],
        "tei": [("t.xml", TEI.encode())],
        "uima": [(name, made[name]) for name in ("a.xmi", "b.json", "TypeSystem.xml")],
        "web-annotation": [("a.json", made["a.json"]), ("h.json", dumped(HYPOTHESIS))],
        "webanno": [("w.tsv", TSV.encode())],
    }


def dumped(value: object) -> bytes:
    return json.dumps(value, indent=1).encode()


# How they are spoilt

_TOKEN = re.compile(rb'"[^"\n]{0,60}"|[0-9]+|[A-Za-z_]+|\s+|[\x80-\xff]+|.', re.DOTALL)
_ODD = r"""
0 -1 1 2 7 99 1e400 1.5 NaN 99999999999999999999999 null true false "" "x" "0" [] {} [[]] [null] {"":0} [ ] { } : , ; |
* _ # @ ^ \ & < > / " ' \ud800 \u0000 &#0; &#xD800; &amp; &x; <!DOCTYPE x> <![CDATA[ ]]> <!-- <?x?> xml:id 1-1 1-2[3] ->
T1 E1 R1 N1 A1 0;1 <> <x: _:b . % %ff ../x /etc/passwd"""
_BYTES = [b"\0", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\r", b"\n", b"\r\n", b"\t", b" ", b"\xc2\x85", b"\x1f"]
_BYTES += [b"\xe2\x80\xa8", b"\xed\xa0\x80", b"\xf0\x9f\x98\x80", b"[" * 3000, b'{"a":' * 3000, b"9" * 5000]
_JUNK = [*(word.encode() for word in _ODD.split()), *_BYTES]


def spoilt(data: bytes, others: list[bytes], draw: random.Random) -> bytes:
    """The same with one to some faults; JSON now and then by its values, which then is JSON still."""
    if data[:1] in (b"{", b"[") and draw.randrange(2):
        try:
            value = json.loads(data)
        except ValueError:
            pass  # it is JSON lines
        else:
            for _ in range(draw.choice((1, 1, 2, 3))):
                value = exchanged(value, draw)
            return dumped(value)
    for _ in range(draw.choice((1, 1, 1, 2, 2, 3, 5, 9))):
        tokens = _TOKEN.findall(data)
        at, size = draw.randrange(len(tokens) + 1), draw.choice((1, 1, 1, 2, 5, 20, 200))
        kind = draw.randrange(8)
        if kind == 0 and data:
            place = draw.randrange(len(data))
            data = data[:place] + bytes([data[place] ^ 1 << draw.randrange(8)]) + data[place + 1 :]
            continue
        if kind == 1:
            tokens[at : at + size] = []
        elif kind == 2:
            tokens[at:at] = tokens[at : at + size]
        elif kind == 3 and tokens:
            tokens[at : at + 1] = [draw.choice(tokens)]
        elif kind == 4:
            tokens[at : at + 1] = [draw.choice(_JUNK)]
        elif kind == 5:
            tokens[at:at] = [draw.choice(_JUNK)]
        elif kind == 6 and tokens:
            other = draw.randrange(len(tokens))
            tokens[at:at] = tokens[other : other + size]
        elif not draw.randrange(4):
            strange = _TOKEN.findall(draw.choice(others))
            other = draw.randrange(len(strange) + 1)
            tokens[at:] = strange[other:] if draw.randrange(2) else [*strange[other : other + size], *tokens[at:]]
        elif not draw.randrange(4):
            tokens[at:] = []
        data = b"".join(tokens)
    return data


_VALUES = [
    None,
    True,
    0,
    -1,
    1,
    3,
    2.5,
    1e300,
    10**30,
    "",
    "x",
    "0",
    "\0",
    "\ud800",
    "#x",
    "T1",
    [],
    {},
    [[]],
    [None],
    {"": 0},
]


def exchanged(value: object, draw: random.Random) -> object:
    """The same with one part exchanged for another of its parts or for something odd, taken out, or doubled."""
    value = {"": value}
    places: list[tuple[Any, Any]] = []
    todo: list[Any] = [value]
    while todo:
        holder = todo.pop()
        for key in list(holder) if isinstance(holder, dict) else range(len(holder)):
            places.append((holder, key))
            if isinstance(holder[key], dict | list):
                todo.append(holder[key])
    holder, key = draw.choice(places)
    match draw.randrange(6):
        case 0 if len(places) > 1:
            del holder[key]
        case 1:
            other, which = draw.choice(places)
            holder[key] = json.loads(json.dumps(other[which]))
        case 2 if isinstance(holder, list):
            holder.insert(key, json.loads(json.dumps(holder[key])))
        case 3:
            holder[key] = [holder[key]]
        case 4 if not isinstance(holder[key], dict | list):
            holder[key] = str(holder[key]) if not isinstance(holder[key], str) else draw.randrange(40)
        case _:
            holder[key] = draw.choice(_VALUES)
    return value.get("")


# What may become of them


def judge(document: Document) -> None:
    """Every word stands where it is said to, and nothing refers to what is not there."""
    content = document.text
    content.encode("utf-8")
    triggers = {event.trigger.id: event.trigger for event in document.events}
    for words in (*document.mentions, *triggers.values()):
        assert words.spans, words
        for span in words.spans:
            assert 0 <= span.start <= span.end <= len(content), span
            assert span.exact == content[span.start : span.end], span
        assert list(words.spans) == sorted(words.spans, key=lambda span: (span.start, span.end)), words
    things = [*document.mentions, *document.events]
    found = Counter(one.id for one in (*things, *document.relations))
    assert not found or max(found.values()) == 1, found.most_common(3)
    ends = [*document.events, *document.relations]
    targets = {one.target for item in ends for one in item.arguments}
    targets |= {name for one in document.equivalences for name in one.members}
    targets |= {one.target for items in (document.attributes, document.normalizations) for one in items}
    assert targets <= {*found, *triggers}, targets - {*found, *triggers}
    assert all(isinstance(fault, ReadError) and fault.path for fault in document.faults), document.faults


def outcome(format: str, path: Path, *, lenient: bool) -> str:
    """What a reader makes of a file: a word for it."""
    reader = registry.named(format, path)
    given = AnnotationFile(path, lenient=lenient, format=format)
    count = faults = 0
    try:
        for document in reader.documents(given):
            judge(document)
            count += 1
            faults += len(document.faults)
    except ReadError as error:
        assert error.path, error
        str(error).encode("utf-8")
        return "refused"
    return "read" if not faults else "read in part"


class Fault(AssertionError):
    """A spoilt file that is not answered by design; ``data`` is what it held."""

    def __init__(self, format: str, name: str, data: bytes, lenient: bool) -> None:
        super().__init__(f"{format}: {name}{' --lenient' if lenient else ''}: {data[-3000:]!r}")
        self.name, self.data = name, data


def fuzz(format: str, inputs: int, *, seed: int = 0) -> Counter[str]:
    """Give a reader as many spoilt files as that.

    Returns:
        How often which outcome came.

    Raises:
        Fault: anything else came out.
    """
    seen: Counter[str] = Counter()
    draw = random.Random(f"{format} {seed}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "wire")
        folder.mkdir()
        every = samples(folder)
        others = [data for files in every.values() for _, data in files]
        for file, data in every[format]:
            if file != "TypeSystem.xml":
                (folder / file).write_bytes(data)
                assert outcome(format, folder / file, lenient=False) == "read", file
        for _ in range(inputs):
            file, data = draw.choice(every[format])
            data = spoilt(data, others, draw)
            (folder / file).write_bytes(data)
            path = folder / ("a.xmi" if file == "TypeSystem.xml" else file)
            for lenient in (False, True):
                began = time.perf_counter()
                try:
                    seen[outcome(format, path, lenient=lenient) + (" (lenient)" if lenient else "")] += 1
                    assert time.perf_counter() - began < SLOW
                except Exception as error:
                    raise Fault(format, file, data, lenient) from error
            (folder / file).write_bytes(dict(every[format])[file])
    return seen


def main() -> None:
    parser = argparse.ArgumentParser(description="Spoilt files for the readers.")
    parser.add_argument("--inputs", type=int, default=12_000, help="for each format; each is read twice")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--format", choices=FORMATS, action="append")
    options = parser.parse_args()
    for format in options.format or FORMATS:
        began = time.perf_counter()
        try:
            seen = fuzz(format, options.inputs, seed=options.seed)
        except Fault as fault:
            kept = Path(tempfile.mkdtemp(), fault.name)
            kept.write_bytes(fault.data)
            print(f"seed {options.seed}: {kept}", file=sys.stderr)
            raise
        told = ", ".join(f"{count} {outcome}" for outcome, count in seen.most_common())
        print(f"{format}: {told}, in {time.perf_counter() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
