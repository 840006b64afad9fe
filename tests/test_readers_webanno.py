"""WebAnno TSV 3: every part of the grammar, texts rebuilt and compared, and the place of each error."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geokg.errors import OffsetMismatch, ReadError
from geokg.readers import webanno
from geokg.readers.given import AnnotationFile
from geokg.text import Argument, Document
from hostile import PIECES

NER = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
COREF = "de.tudarmstadt.ukp.dkpro.core.api.coref.type.CoreferenceLink"


def put(folder: Path, header: str, body: str, *, version: str = "3.3", name: str = "a.tsv") -> Path:
    """Write a file; columns stand between ``·`` here, so that they can be seen."""
    path = folder / "wire" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"#FORMAT=WebAnno TSV {version}", *header.split(), "", "", *body.strip("\n").split("\n")]
    path.write_text("\n".join(lines).replace("·", "\t") + "\n", encoding="utf-8", newline="")
    return path


def read(path: Path, *, lenient: bool = False, text: Path | None = None) -> Document:
    [document] = webanno.documents(AnnotationFile(path, text=text, lenient=lenient))
    return document


def words(document: Document) -> list[tuple[str, str]]:
    """Label and words of what is neither a token nor a sentence."""
    mentions = [*document.mentions, *(event.trigger for event in document.events)]
    return [(one.label, one.text) for one in mentions if one.label not in ("Token", "Sentence")]


def values(document: Document) -> list[tuple[str, str | None]]:
    return [(one.name, one.value) for one in document.attributes]


def test_spans_of_several_units_stacks_and_identifiers(tmp_path: Path) -> None:
    document = read(
        put(
            tmp_path,
            f"#T_SP={NER}|identifier|value",
            """
#Text=Wang met the Taliban .
1-1·0-4·Wang·http://www.wikidata.org/entity/Q56071[3]|*[4]·PER[3]|MISC[4]·
1-2·5-8·met·_·_·
1-3·9-12·the·*[1]·ORG[1]·
1-4·13-20·Taliban·*[1]|http://example.org/x[2]·ORG[1]|MOV[2]·
1-5·21-22·.·_·_·
""",
        )
    )
    assert document.id == "wire/a" and document.text == "Wang met the Taliban .\n"
    assert words(document) == [
        ("NamedEntity", "Wang"),
        ("NamedEntity", "Wang"),
        ("NamedEntity", "the Taliban"),
        ("NamedEntity", "Taliban"),
    ]
    assert values(document) == [("value", "PER"), ("value", "MISC"), ("value", "ORG"), ("value", "MOV")]
    assert [(one.resource, one.key) for one in document.normalizations] == [
        ("Wikidata", "Q56071"),
        ("http://example.org/", "x"),
    ]
    assert [one.text for one in document.mentions if one.label == "Token"] == ["Wang", "met", "the", "Taliban", "."]
    assert [(one.id, one.text, one.line) for one in document.mentions if one.label == "Sentence"] == [
        ("s1", "Wang met the Taliban .", 5)
    ]
    assert document.get("1-4") is not None and not document.faults


def test_parts_of_tokens_and_words_of_no_width(tmp_path: Path) -> None:
    document = read(
        put(
            tmp_path,
            "#T_SP=webanno.custom.Part|value",
            """
#Text=plays on
1-1·0-5·plays·_·
1-1.1·0-4·play·stem[1]·
1-1.2·4-5·s·ending·
1-1.3·5-5··nothing·
1-2·6-8·on·stem[1]·
""",
        )
    )
    assert words(document) == [("Part", "plays on"), ("Part", "s"), ("Part", "")]
    assert values(document) == [("value", "stem"), ("value", "ending"), ("value", "nothing")]
    assert [len(one.spans) for one in document.mentions if one.label == "Part"] == [1, 1, 1]


def test_offsets_count_utf16(tmp_path: Path) -> None:
    body = """
#Text=I like 😊 👩🏽 it .
1-1·0-1·I·_·
1-2·2-6·like·_·
1-3·7-9·😊·*·
1-4·10-14·👩🏽·*·
1-5·15-17·it·*·
1-6·18-19·.·_·
"""
    document = read(put(tmp_path, "#T_SP=webanno.custom.Sign|", body))
    assert words(document) == [("Sign", "😊"), ("Sign", "👩🏽"), ("Sign", "it")]
    assert [one.start for one in document.mentions if one.label == "Sign"] == [7, 9, 12]
    counted = body.replace("7-9", "7-8").replace("10-14", "9-11").replace("15-17", "12-14")
    with pytest.raises(ReadError, match=r"a\.tsv:8.*1-3 .*falls inside '😊'"):
        read(put(tmp_path, "#T_SP=webanno.custom.Sign|", counted))
    counted = body.replace("#Text=I", "#Text=😊").replace("0-1·I", "0-1·😊").replace("0-1·😊", "0-2·😊")
    with pytest.raises(
        OffsetMismatch,
        match=r"a\.tsv:7:9: 1-2 is 'like' at 2\.\.6, but ' lik' stands there; .* count Unicode code points",
    ):
        read(put(tmp_path, "#T_SP=webanno.custom.Sign|", counted))


def test_links_are_arguments(tmp_path: Path) -> None:
    header = """
#T_SP=webanno.custom.Frame|FE|ROLE_webanno.custom.Frame:Roles_webanno.custom.FrameRolesLink|webanno.custom.Lu
#T_SP=webanno.custom.Lu|luvalue
"""
    document = read(
        put(
            tmp_path,
            header,
            """
#Text=Bob auctioned the clock to John .
1-1·0-3·Bob·_·_·_·bob·
1-2·4-13·auctioned·transaction·seller;goods;*·1-1;1-3[4];1-6·_·
1-3·14-17·the·_·_·_·clock[4]·
1-4·18-23·clock·_·_·_·clock[4]·
1-5·24-26·to·_·_·*·_·
1-6·27-31·John·_·_·_·john·
1-7·32-33·.·_·_·_·_·
""",
        )
    )
    [event] = document.events
    named = {one.id: one.text for one in document.mentions}
    assert event.label == "Frame" and event.trigger.text == "auctioned" and event.line == 8
    assert [(one.role, named[one.target]) for one in event.arguments] == [
        ("seller", "Bob"),
        ("goods", "the clock"),
        ("Roles", "John"),
    ]
    assert ("Frame", "to") in words(document)  # a host whose slots are empty is words, no more
    assert [(one.target, one.value) for one in document.attributes if one.name == "FE"] == [(event.id, "transaction")]


def test_slots_that_may_refer_to_anything(tmp_path: Path) -> None:
    header = """
#T_SP=webanno.custom.A|
#T_SP=webanno.custom.Host|ROLE_webanno.custom.Host:links_webanno.custom.HostLink|uima.tcas.Annotation
"""
    body = """
#Text=one two
1-1·0-3·one·*[1]·p;q[2]|r[3]·1-1[1];1-2|1-1[2]·
1-2·4-7·two·*·_·_·
"""
    document = read(put(tmp_path, header, body))
    first, second = document.events
    assert [one.role for one in first.arguments] == ["p", "q"]
    assert second.arguments == (Argument("r", first.id),)
    with pytest.raises(ReadError, match=r"a\.tsv:7: refers to the unit 1-1, which has 3 annotations"):
        read(put(tmp_path, header, body.replace("1-1[1];1-2", "1-1;1-2")))


def test_relations(tmp_path: Path) -> None:
    header = f"""
#T_SP={NER}|value
#T_RL=webanno.custom.Relation|kind|BT_{NER}
#T_RL=de.tudarmstadt.ukp.dkpro.core.api.syntax.type.dependency.Dependency|DependencyType|BT_x.POS
"""
    document = read(
        put(
            tmp_path,
            header,
            """
#Text=This is a test .
1-1·0-4·This·*·_·_·nsubj·1-2·
1-2·5-7·is·_·_·_·*·1-2·
1-3·8-9·a·_·_·_·_·_·
1-4·10-14·test·_·_·_·P|ROOT·1-1|1-2·
1-5·15-16·.·*[1]|X[2]·of|*·1-1[0_1]|1-5[1_2]·_·_·
""",
        )
    )
    named = {one.id: one for one in document.mentions}
    found = [
        (one.label, *(f"{end.role} {named[end.target].label} {named[end.target].text}" for end in one.arguments))
        for one in document.relations
    ]
    assert found == [
        ("Dependency", "Governor Token is", "Dependent Token This"),
        ("Dependency", "Governor Token is", "Dependent Token is"),
        ("Dependency", "Governor Token This", "Dependent Token test"),
        ("Dependency", "Governor Token is", "Dependent Token test"),
        ("Relation", "Governor NamedEntity This", "Dependent NamedEntity ."),
        ("Relation", "Governor NamedEntity .", "Dependent NamedEntity ."),
    ]
    assert values(document) == [
        ("DependencyType", "nsubj"),
        ("DependencyType", "P"),
        ("DependencyType", "ROOT"),
        ("value", "X"),
        ("kind", "of"),
    ]


@pytest.mark.parametrize("header", ["referenceType|referenceRelation", "referenceRelation|referenceType"])
def test_chains(tmp_path: Path, header: str) -> None:
    def row(place: str, kind: str, relation: str) -> str:
        return f"{place}·{kind}·{relation}·" if header.startswith("referenceType") else f"{place}·{relation}·{kind}·"

    document = read(
        put(
            tmp_path,
            f"#T_CH={COREF}|{header}",
            "\n".join(
                [
                    "#Text=He shot the old man himself .",
                    row("1-1·0-2·He", "pr[1]", "coref->1-1"),
                    row("1-2·3-7·shot", "_", "_"),
                    row("1-3·8-11·the", "nam[2]", "*->2-1"),
                    row("1-4·12-15·old", "nam[2]", "*->2-1"),
                    row("1-5·16-19·man", "nam[2]|*[1]", "*->2-1|x\\->y->1-3"),
                    row("1-6·20-27·himself", "pr[1]", "*->1-2"),
                    row("1-7·28-29·.", "_", "_"),
                ]
            ),
        )
    )
    named = {one.id: one.text for one in document.mentions}
    assert [(one.kind, [named[member] for member in one.members]) for one in document.equivalences] == [
        ("Coreference", ["He", "himself", "man"]),
        ("Coreference", ["the old man"]),
    ]
    assert [(one.label, [named[end.target] for end in one.arguments]) for one in document.relations] == [
        ("coref", ["He", "himself"])
    ]
    assert sorted(values(document)) == [
        ("referenceRelation", "x->y"),  # the last of its chain: there is none that it leads to
        ("referenceType", "nam"),
        ("referenceType", "pr"),
        ("referenceType", "pr"),
    ]


def escaped(text: str) -> str:
    """A line of text as INCEpTION writes it."""
    names = {"\t": "t", "\n": "n", "\f": "f", "\r": "r", "\b": "b", "\\": "\\"}
    return "".join(f"\\{names.get(sign, sign)}" if sign in names or sign < " " else sign for sign in text)


SIGNS = st.sampled_from(
    [*(piece for piece in PIECES if not set(piece) & set("\t\r\n ")), "\\", "[1]", "|", "->", ";", "#"]
)
TOKENS = st.lists(SIGNS, min_size=1, max_size=3).map("".join)
GAPS = st.sampled_from(["", " ", "  ", "\t", "\r\n", "\n", "\u00a0"])
SENTENCES = st.lists(st.tuples(TOKENS, GAPS, st.none() | TOKENS), min_size=1, max_size=5)


@given(sentences=st.lists(SENTENCES, min_size=1, max_size=4), between=st.integers(0, 3))
@settings(max_examples=80, deadline=None)
def test_what_inception_would_write_is_read(
    tmp_path_factory: pytest.TempPathFactory, sentences: list[list[tuple[str, str, str | None]]], between: int
) -> None:
    text, rows, expected = "", [], []
    for number, sentence in enumerate(sentences, start=1):
        text += ("" if between == 0 else "\n" + " " * (between - 1)) if text else ""
        units, lines, begin = [], "", len(text)
        for place, (token, gap, value) in enumerate(sentence, start=1):
            start = utf16(text + lines)
            lines += token
            written = "_" if value is None else re.sub(r"->|[\\\[\]|_;*]", lambda match: "\\" + match[0], value)
            units.append(f"{number}-{place}\t{start}-{utf16(text + lines)}\t{token}\t{written}\t")
            expected += [] if value is None else [(token, value)]
            lines += gap if place < len(sentence) else ""
        assert begin == len(text)
        text += lines
        rows += ["", *(f"#Text={escaped(line)}" for line in lines.split("\n")), *units]
    path = tmp_path_factory.mktemp("tsv") / "wire" / "a.tsv"
    path.parent.mkdir()
    header = "#FORMAT=WebAnno TSV 3.3\n#T_SP=webanno.custom.Span|value\n\n"
    path.write_text(header + "\n".join([*rows, "", ""]), encoding="utf-8", newline="")
    document = read(path)
    assert document.text == text + "\n"
    tokens = [one.text for one in document.mentions if one.label == "Token"]
    assert tokens == [token for sentence in sentences for token, _, _ in sentence]
    assert [(document.get(one.target).text, one.value) for one in document.attributes] == expected
    path.with_suffix(".txt").write_text(text, encoding="utf-8", newline="")
    assert read(path).text == text


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def test_escapes(tmp_path: Path) -> None:
    document = read(
        put(
            tmp_path,
            "#T_SP=webanno.custom.Span|a|b",
            r"""
#Text=tab\there C:\\new _ [x] | \r
#Text=second line
1-1·0-3·tab·x\|y\_z\;\*·\_·
1-2·4-8·here·\\·\\\\n\n\t·
1-3·9-15·C:\new·\[1\][7]·\->[7]·
1-4·16-17·_·*·a\\|\[2\]·
1-5·18-21·[x]·_·_·
""",
        )
    )
    assert document.text == "tab\there C:\\new _ [x] | \r\nsecond line\n"
    assert values(document) == [
        ("a", "x|y_z;*"),
        ("b", "_"),
        ("a", "\\"),
        ("b", "\\\\n\n\t"),
        ("a", "[1]"),
        ("b", "->"),
        ("b", "a\\"),
        ("b", "[2]"),
    ]


def test_old_versions_escape_as_java_does(tmp_path: Path) -> None:
    body = r"""
#Text=caf\u00E9 \uD83D\uDE0A \"it\" \/ \101
1-1·0-4·café·*·
1-2·5-7·😊·*·
"""
    document = read(put(tmp_path, "#T_SP=webanno.custom.Span|", body, version="3.1"))
    assert document.text == 'café 😊 "it" / A\n'
    assert words(document) == [("Span", "café"), ("Span", "😊")]
    assert read(put(tmp_path, "", "#Text=\\u00E9\n1-1·0-6·\\u00E9·")).text == "\\u00E9\n"


def test_the_text_between_sentences(tmp_path: Path) -> None:
    path = put(
        tmp_path,
        "",
        """
#Sentence.id=first
#Text=One.
1-1·0-4·One.·

#Text=Two.
2-1·4-8·Two.·

#Text=Three.
3-1·9-15·Three.·

#Text=Four
#Text=
#Text=lines.
4-1·19-23·Four·
4-2·25-31·lines.·
""",
    )
    assert read(path).text == "One.Two.\nThree.\n   Four\n\nlines.\n"
    assert [(one.id, one.name, one.target, one.value) for one in read(path).attributes] == [
        ("s1.id", "id", "s1", "first")
    ]
    beside = path.with_suffix(".txt")
    beside.write_text("One.Two.\tThree.\r\n\r\nFour\n\nlines. And more.", encoding="utf-8", newline="")
    document = read(path)
    assert document.text == "One.Two.\tThree.\r\n\r\nFour\n\nlines. And more."
    assert document.mentions[0].spans[0].file == "a.txt"
    assert [one.text for one in document.mentions if one.label == "Token"] == [
        "One.",
        "Two.",
        "Three.",
        "Four",
        "lines.",
    ]
    for text in ("One.Two.  Three.", "One.Two."):
        beside.write_text(text, encoding="utf-8")
        with pytest.raises(
            OffsetMismatch, match=r"a\.tsv:11: the sentence 'Three\.' at 9\.\.15 is not what stands in a\.txt"
        ):
            read(path)


def test_line_ends_and_marks(tmp_path: Path) -> None:
    path = put(tmp_path, "#T_SP=webanno.custom.Span|", "#Text=One two.\n1-1·0-3·One·*·\n1-2·4-8·two.·_·")
    plain = read(path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert read(path) == plain
    path.write_bytes(path.read_bytes().replace(b"\t\r\n", b"\r\n"))  # some leave out the last tab
    assert read(path) == plain


def test_annotators_of_a_project_stay_apart(tmp_path: Path) -> None:
    body = "#Text=One\n1-1·0-3·One·"
    for name in ("ann", "bob"):
        path = put(tmp_path, "", body, name=f"article.txt/{name}.tsv")
        document = read(path)
        assert (document.id, document.annotator, document.source.id) == (f"wire/article/{name}", name, "wire")


SPAN = "#T_SP=webanno.custom.Span|value"
LINKS = f"#T_SP=webanno.custom.H|ROLE_webanno.custom.H:l_webanno.custom.L|webanno.custom.Span\n{SPAN}"
RELATION = f"{SPAN}\n#T_RL=webanno.custom.R|BT_webanno.custom.Span"
ROW = "#Text=One two\n1-1·0-3·One·"


@pytest.mark.parametrize(
    ("header", "body", "line", "words"),
    [
        ("#T_XX=a|b", ROW, 2, "a layer is declared as"),
        ("#T_RL=webanno.custom.R|value", ROW, 2, "between nothing"),
        ("#T_CH=webanno.custom.L|referenceType", ROW, 2, "must have referenceType and referenceRelation"),
        ("#T_SP=a.H|ROLE_a.H:l_a.L", ROW, 2, "lead nowhere"),
        (SPAN, "1-1·0-3·One·_·", 5, "#Text= must come first"),
        (SPAN, "#Text=One", 5, "has no words"),
        (SPAN, ROW, 6, "1-1 has 0 columns, where 1 are declared"),
        (SPAN, f"{ROW}_·_·_·", 6, "1-1 has 3 columns, where 1 are declared"),
        (SPAN, f"{ROW}_·\n1-2·4-·two·_·", 7, "a unit is written 1-1, a tab, 0-4"),
        (SPAN, f"{ROW}_·\n1-2·4-7·too·_·", 7, "1-2 is 'too' at 4..7, but 'two' stands there"),
        (SPAN, f"{ROW}_·\n1-2·4-9·two·_·", 7, "does not lie in its sentence"),
        (SPAN, f"{ROW}_·\n1-2·7-4·two·_·", 7, "the wrong way round"),
        (SPAN, f"{ROW}_·\n1-1·4-7·two·_·", 7, "1-1 stands twice"),
        (SPAN, f"{ROW}_·\n1-2.1·4-7·two·_·", 7, "is a part of 1-2, which must come before it"),
        (SPAN, f"{ROW}a[1]·\n1-2·4-7·two·b[1]·", 7, "value of one Span is 'a' in line 6, 'b' here"),
        (SPAN, f"{ROW}a[1]|b[1]·", 6, "value of one Span is 'a'"),
        (f"{SPAN}|b", f"{ROW}a[1]|b[2]·*[1]|*[2]·\n1-2·4-7·two·a[1]·*[2]·", 7, "[2] is another Span already"),
        ("#T_SP=webanno.custom.Span|", f"{ROW}x·", 6, "has no features, so 'x' must be *"),
        (f"{SPAN}\n#T_SP=b.Other|", f"{ROW}a[1]·*[1]·", 7, "[1] is Span already, not Other"),
        (LINKS, f"{ROW}p;q·1-1·a·", 7, "H has 2 roles in l, but 1 targets"),
        (LINKS, f"{ROW}p[3]·1-1·a·\n1-2·4-7·two·q[3]·1-1·_·", 8, "l of one H is not what it is in line 7: 'q'"),
        (LINKS, f"{ROW}p·1-2·a·", 7, "refers to the unit 1-2, which is not in this file"),
        (LINKS, f"{ROW}p·1-1[4]·a·", 7, "1-1[4] is nothing that has this number"),
        (LINKS, f"{ROW}p·x·a·", 7, "'x' is no unit"),
        (LINKS, f"{ROW}p·1-1·_·", 7, "refers to the unit 1-1, which has no Span"),
        (RELATION, f"{ROW}a·here·", 7, "'here' is no unit that a relation comes from"),
        (RELATION, f"{ROW}a·1-1[0_3]·", 7, "1-1[3] is nothing that has this number"),
        (f"#T_CH={COREF}|referenceType|referenceRelation", f"{ROW}pr[1]·coref·", 6, "'coref' is no link of a chain"),
        (f"#T_CH={COREF}|referenceType|referenceRelation", f"{ROW}pr[2]·*->1-1·", 6, "of another chain than 1-1"),
        (SPAN, f"{ROW}_·\n\n#Text=x\n2-1·5-6·x·_·", 8, "begins at 5, inside the one before it"),
        (SPAN, f"{ROW}_·\n\n#Text=x\n2-1·4000000000-4000000001·x·_·", 8, "nothing stands before 4000000000"),
    ],
)
def test_what_is_broken_has_a_place(tmp_path: Path, header: str, body: str, line: int, words: str) -> None:
    path = put(tmp_path, header, body)
    with pytest.raises(ReadError) as caught:
        read(path)
    assert words in caught.value.message and (caught.value.path, caught.value.line) == (path, line)
    if line > 3:
        document = read(path, lenient=True)
        assert any(words in fault.message and fault.line == line for fault in document.faults)
        for mention in document.mentions:
            assert mention.text == document.text[mention.start : mention.end]


def test_what_is_no_such_file(tmp_path: Path) -> None:
    for content, place in ((b"a\tb\n", 1), (b"#FORMAT=WebAnno TSV 2.0\n", 1), (b"", 1), (b"#FORMAT=\xff", 1)):
        path = tmp_path / "a.tsv"
        path.write_bytes(content)
        with pytest.raises(ReadError) as caught:
            read(path)
        assert caught.value.line == place
        assert not webanno.recognizes(content.decode("utf-8", "replace"))


def test_what_else_stands_in_it_is_told(tmp_path: Path) -> None:
    path = put(tmp_path, "", "#Text=One\n1-1·0-3·One·\n#Text=Two\n2-1·4-7·Two·")
    path.write_text(path.read_text().replace("3.3\n", "3.3\n#Summary1=(human) It is so.\n"))  # as the GUM corpus has it
    document = read(path)
    assert [(fault.line, fault.message) for fault in document.faults] == [
        (2, "'#Summary1=(human) It is so.' is no part of the format")
    ]
    assert document.text == "One\nTwo\n"  # an empty line between sentences may be missing
