"""Drafts by rule: names, who says what, how surely; that they are marked, and claimed by nobody unless asked for."""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import geokg
from geokg.claims import populate
from geokg.cli import main
from geokg.drafting import DRAFTER, Drafter, Lexicon
from geokg.drafting.tokens import load, units
from geokg.drafting.units import quotations, sentences
from geokg.errors import GeokgError, ReadError, UnknownTerm
from geokg.identity import Entity, Register
from geokg.mapping import Mapper
from geokg.readers import read
from geokg.scheme import Scheme
from geokg.text import Document, Source, Text
from geokg.vocabulary import GK, Base, packaged

ENTITY = "https://w3id.org/geokg/data/entity/"


@pytest.fixture(scope="module")
def register() -> Register:
    return geokg.sample().curation.register


@pytest.fixture(scope="module")
def drafter(register: Register) -> Drafter:
    return Drafter(register)


def said(document: Document) -> list[str]:
    """Each statement as one line: who, the stance, to whom, what; statements inside it by their trigger."""
    told = []
    for event in document.events:
        if event.label == "Statement":
            roles = {role: [a.target for a in event.arguments if a.role == role] for role in _ROLES}
            words = {role: [_words(document, one) for one in targets] for role, targets in roles.items()}
            values = {a.name: a.value for a in document.attributes_of(event.id)}
            line = f"{' + '.join(words['Actor'])}: {values['Stance']}"
            line += " not" if values.get("Polarity") == "negative" else ""
            line += f" to {' + '.join(words['Recipient'])}" if words["Recipient"] else ""
            told.append(f"{line}: {' | '.join(words['Content'])}")
    return told


_ROLES = ("Actor", "Recipient", "Content")


def _words(document: Document, identifier: str) -> str:
    item = document.get(identifier)
    if item is None:
        return "?"
    if item.id.startswith("E"):
        return f"<{item.trigger.text}>" if item.label == "Statement" else item.trigger.text
    return item.text


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Ann Lee said that it rains.", ["Ann Lee: asserts: it rains"]),
        ("Ann Lee said it rains.", ["Ann Lee: asserts: it rains"]),
        ("China has repeatedly denied that it rains.", ["China: denies: it rains"]),
        ("China promised to help the Taliban.", ["China: promises: to help the Taliban"]),
        ("China condemned the attack.", ["China: asserts: the attack"]),
        ("China and Pakistan warned that it rains.", ["China + Pakistan: predicts: it rains"]),
        ("The minister, Ann Lee, added that it rains.", ["Ann Lee: asserts: it rains"]),
        ("Ann Lee, a minister, added that it rains.", ["Ann Lee: asserts: it rains"]),
        ("A spokesman for the Taliban said that it rains.", ["spokesman for the Taliban: asserts: it rains"]),
        ("Foreign Ministry spokesman Zhao Lijian said that it rains.", ["Zhao Lijian: asserts: it rains"]),
        ("On Friday the minister announced that it rains.", ["minister: asserts: it rains"]),
        ("She did not say whether it rains.", ["She: asserts not: it rains"]),
        ("He told reporters in Kabul on Friday that it rains.", ["He: asserts to reporters: it rains"]),
        # quotations
        ("“We stay,” said Hu Shisheng.", ["Hu Shisheng: asserts: We stay,"]),
        ("“We stay,” Hu Shisheng said. “We do.” He left.", ["Hu Shisheng: asserts: We stay, | We do."]),
        ("“We stay”, he said, “and we fight”.", ["he: asserts: We stay | and we fight"]),
        ("He said: “We stay. We fight.” Then he left.", ["He: asserts: We stay. We fight."]),
        ("“Go!” he said.", ["he: asserts: Go!"]),
        ('"We stay," China insisted.', ["China: asserts: We stay,"]),
        ("« On reste », China said.", ["China: asserts: On reste"]),
        ("He said the “Belt and Road” stays.", ["He: asserts: the “Belt and Road” stays"]),
        (
            "She said that it “rains”, and this is confirmed by China.",
            ["She: asserts: it “rains”", "China: confirms: "],
        ),
        # what is said first
        ("It rains, Hu Shisheng said on Friday.", ["Hu Shisheng: asserts: It rains"]),
        ("It rains, as China said.", []),
        ("According to China, it rains; it is wet.", ["China: asserts: it rains"]),
        ("It rains, according to a spokesman for China.", ["spokesman for China: asserts: It rains"]),
        # inside each other, and one after the other
        (
            "My friend told me that Reddit wrote that China promised to help.",
            ["My friend: asserts to me: <wrote>", "Reddit: asserts: <promised>", "China: promises: to help"],
        ),
        (
            "China said that it rains and that Pakistan promised to help.",
            ["China: asserts: it rains and that Pakistan promised to help | <promised>", "Pakistan: promises: to help"],
        ),
        (
            "Zhao Lijian said that it rains, but Beijing insists that it is dry.",
            ["Zhao Lijian: asserts: it rains", "Beijing: asserts: it is dry"],
        ),
        (
            "It believes that it rains, stressing that China stays.",
            ["It: asserts: it rains", "It: asserts: China stays"],
        ),
        ("He said: “China promised to help.”", ["He: asserts: <promised>", "China: promises: to help"]),
        # no speech
        ("The report was long, and the claim too.", []),
        ("The “Belt and Road” is long.", []),
        ("That was said.", []),
        ("", []),
    ],
)
def test_who_says_what(drafter: Drafter, text: str, lines: list[str]) -> None:
    assert said(drafter.draft(Text("demo", text))) == lines


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("China’s aim", ["State China state:CHN 0.9"]),
        ("the people's republic of CHINA", ["State people's republic of CHINA state:CHN 0.5"]),
        ("in Afghanistan", ["Territory Afghanistan geokg:territory-of-afghanistan 0.9"]),
        ("the Islamic Republic of Afghanistan", ["State Islamic Republic of Afghanistan state:AFG 0.9"]),
        ("Turkiye", ["State Turkiye state:TUR 0.7"]),
        ("tell us who", []),  # no US, and no WHO
        (
            "Chinese Foreign Ministry spokesman",
            [
                "Position Chinese Foreign Ministry spokesman "
                "geokg:spokesperson-of-the-ministry-of-foreign-affairs-of-china 0.9",
                "StateOrgan Chinese Foreign Ministry geokg:ministry-of-foreign-affairs-of-china 0.9",
                "State Chinese state:CHN 0.7",
            ],
        ),
        ("China Institute of Modern International Relations", ["ResearchOrganization … geokg:cicir 0.9"]),
        (
            "Beijing and \N{GRINNING FACE} Kabul",
            ["Settlement Beijing geokg:beijing 0.9", "Settlement Kabul geokg:kabul 0.9"],
        ),
        ("Beijing said that it rains", ["State Beijing state:CHN 0.7 Metonym"]),
    ],
)
def test_names_are_found(drafter: Drafter, text: str, names: list[str]) -> None:
    document = drafter.draft(Text("demo", text))
    links = {one.target: f"{one.resource}:{one.key}" for one in document.normalizations}
    found = []
    for mention in document.mentions:
        values = {one.name: one.value for one in document.attributes_of(mention.id)}
        words = "…" if mention.text == text and len(text) > 40 else mention.text
        flag = " Metonym" if "Metonym" in values else ""
        found.append(f"{mention.label} {words} {links.get(mention.id)} {values['Confidence']}{flag}")
    assert found == names


def test_a_name_of_several_is_nobody_s(register: Register) -> None:
    twins = [Entity(ENTITY + name, frozenset({str(GK.Person)}), ("Ann Lee",)) for name in ("a", "b")]
    document = Drafter(Register(twins, Scheme.packaged().superclasses)).draft(Text("demo", "Ann Lee left."))
    assert [mention.label for mention in document.mentions] == ["Person"]
    assert document.normalizations == ()
    assert "may be any of 2" in document.notes[0].text


def test_names_in_a_language_without_words_of_speech(drafter: Drafter) -> None:
    document = drafter.draft(Text("demo", "中国说中国会帮助。"), Source(language="zh"))
    assert [(one.label, one.text, one.start) for one in document.mentions] == [
        ("State", "中国", 0),
        ("State", "中国", 3),
    ]
    assert document.events == ()


def test_a_quotation_is_never_cut_and_an_apostrophe_opens_none() -> None:
    text = "He said “one. Two!” twice. It’s 5 o’clock, ‘so’ what? “No end."
    found = [text[slice(*one.quoted)] for one in quotations(text, 0, len(text)) if one.quoted]
    assert found == ["one. Two!", "so"]
    tokens = units(load("en")(text))
    ends = [sentence[-1].words for sentence in sentences(Text("demo", text), tokens, 0, len(text))]
    assert ends == [".", "?", "."]


def test_a_parse_is_asked_first(drafter: Drafter) -> None:
    from spacy.tokens import Doc

    words = ["Whatever", "the", "old", "minister", "from", "Pakistan", "may", "think", ",", "he", "said", "China"]
    words += ["never", "helps", "."]
    heads = [7, 3, 3, 7, 3, 4, 7, 10, 10, 10, 10, 13, 13, 10, 10]
    deps = ["dobj", "det", "amod", "nsubj", "prep", "pobj", "aux", "advcl", "punct", "nsubj", "ROOT", "nsubj", "neg"]
    deps += ["ccomp", "punct"]
    doc = Doc(load("en").vocab, words=words, heads=heads, deps=deps)
    document = drafter.from_doc(Text("demo", doc.text), doc)
    assert said(document) == ["he: asserts: China never helps"]
    assert any("as parsed" in note.text for note in document.notes)


def test_a_parsed_passive_and_a_second_verb_have_their_speaker(drafter: Drafter) -> None:
    from spacy.tokens import Doc

    words = ["Ann", "Lee", "came", "and", "promised", "to", "help", "."]
    heads = [1, 2, 2, 2, 2, 6, 4, 2]
    deps = ["compound", "nsubj", "ROOT", "cc", "conj", "aux", "xcomp", "punct"]
    doc = Doc(load("en").vocab, words=words, heads=heads, deps=deps)
    assert said(drafter.from_doc(Text("demo", doc.text), doc)) == ["Ann Lee: promises: to help"]


def test_everything_is_marked_as_a_draft_with_a_confidence(drafter: Drafter) -> None:
    document = drafter.draft(Text("demo", "Beijing said that the Taliban promised to let “us” stay."))
    for item in (*document.mentions, *document.events):
        values = {one.name: one.value for one in document.attributes_of(item.id)}
        assert values["Draft"] == DRAFTER
        assert 0 < float(values["Confidence"] or "0") < 1
        assert "Certainty" not in values


WORDS = (
    "China said that “ ” ‘ ’ , . he promised to the not and but e\u0301 : ; Ann by told according to \N{GRINNING FACE}"
)
PIECES = [*WORDS.split(" "), '"', "\n", "\n\n", "\r\n", "\u00a0"]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join))
def test_any_text_gives_a_document_that_populates(text: str) -> None:
    register = _china()
    document = Drafter(register).draft(Text("demo/a", text, "a.txt"))
    for item in (*document.mentions, *(event.trigger for event in document.events)):
        assert all(span.exact == text[span.start : span.end] and span.exact.strip() for span in item.spans)
    how = {"scheme": Scheme.packaged(), "register": register, "base": Base()}
    assert populate(document, **how).nquads.count("draftedBy") == 0
    populate(document, **how, accept_drafts=True)


@cache
def _china() -> Register:
    china = Entity("https://w3id.org/geokg/data/state/CHN", frozenset({str(GK.State)}), ("China",))
    return Register([china], Scheme.packaged().superclasses)


# What becomes of drafts


@pytest.fixture
def wire(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus" / "wire"
    folder.mkdir(parents=True)
    (folder / "note.txt").write_text("Beijing said that the Taliban promised to help.", encoding="utf-8")
    (folder.parent / "entities.ttl").write_bytes((packaged("data") / "entities.ttl").read_bytes())
    return folder


def run(*arguments: str | Path, code: int = 0, **how: str) -> str:
    result = CliRunner().invoke(main, [str(one) for one in arguments], **how)  # type: ignore[arg-type]
    assert result.exit_code == code, result.output
    return result.output


def test_drafts_are_left_out_and_told_until_they_are_accepted(wire: Path, tmp_path: Path) -> None:
    assert "3 mentions, 2 statements, all drafts" not in run("suggest", wire / "note.txt", "--json")
    assert "5 drafts by geokg-suggest left out" in run("build", wire.parent, "-o", tmp_path / "no.nq")
    assert geokg.open(tmp_path / "no.nq").claims() == []
    run("build", wire.parent, "-o", tmp_path / "yes.nq", "--accept-drafts")
    kg = geokg.open(tmp_path / "yes.nq")
    (promise,) = [claim for claim in kg.claims() if claim.stance == "promises"]
    assert [str(one) for one in promise.chain] == ["Taliban", "China", "the narrator of “wire/note”"]
    assert promise.evidence[0].exact == "to help"
    rows = kg.query("SELECT ?c { ?c a gk:Claim MINUS { ?c gk:isEvidencedBy/gk:draftedBy 'geokg-suggest' } }")
    assert list(rows) == []
    assert kg.validate().conforms


def test_what_a_person_has_looked_at_is_no_draft(drafter: Drafter) -> None:
    document = drafter.draft(Text("demo/a", "China said that it rains. Pakistan left.", "a.txt"))
    kept = {"E1", "E2", "T1"}
    looked = Document(
        document.content,
        document.mentions,
        document.events,
        attributes=tuple(one for one in document.attributes if one.name != "Draft" or one.target not in kept),
    )
    kg = geokg.KnowledgeGraph.empty()
    kg.add(looked)
    assert sorted(claim.content.kind for claim in kg.claims()) == ["Situation", "Statement"]
    assert [notice.message for notice in kg.notices if "draft" in notice.message] == [
        "1 draft by geokg-suggest left out"
    ]


def test_what_hangs_on_a_draft_goes_with_it_and_is_told(drafter: Drafter) -> None:
    document = drafter.draft(Text("demo/a", "China said that it rains.", "a.txt"))
    half = Document(
        document.content,
        document.mentions,
        document.events,
        attributes=tuple(one for one in document.attributes if one.name != "Draft" or one.target != "E1"),
    )
    kg = geokg.KnowledgeGraph.empty()
    kg.add(half)
    assert kg.claims() == []
    assert "E1 hangs on a draft, and is left out with it" in [notice.message for notice in kg.notices]


def test_a_scheme_cannot_lose_the_mark(wire: Path) -> None:
    run("suggest", wire / "note.txt")
    (wire / "scheme.toml").write_text('[labels]\nPER = "Person"\n', encoding="utf-8")
    mapped, _ = Mapper()(read(wire / "note.ann"))
    assert sum(one.name == "Draft" for one in mapped.attributes) == 5


def test_what_people_annotated_is_never_overwritten(wire: Path, tmp_path: Path) -> None:
    path = wire / "note.ann"
    run("suggest", wire / "note.txt")
    first = path.read_bytes()
    run("suggest", wire / "note.txt")
    assert path.read_bytes() == first
    for hand in (b"T1\tState 0 7\tBeijing\n", first + b"T99\tMovement 22 29\tTaliban\n", b"", b"T1 broken"):
        path.write_bytes(hand)
        assert "note.ann" in run("suggest", wire / "note.txt", code=2 if hand == b"T1 broken" else 3)
        assert path.read_bytes() == hand


def test_drafts_beside_gold_are_an_annotator_s(wire: Path, tmp_path: Path) -> None:
    (wire / "note.ann").write_bytes(b"T1\tState 0 7\tBeijing\n")
    run("suggest", wire / "note.txt", "-o", tmp_path / "drafts")
    document = read(tmp_path / "drafts" / "wire" / "annotators" / DRAFTER / "note.ann")
    assert (document.id, document.annotator) == (f"wire/note/{DRAFTER}", DRAFTER)
    assert len(document.mentions) == 2


def test_stdin_stdout_and_json(wire: Path) -> None:
    out = run("suggest", "-", input="China said that it rains.")
    assert out.splitlines()[0] == "T1\tState 0 5\tChina"
    assert run("suggest", wire / "note.txt", "-o", "-").startswith("T1\tState 0 7\tBeijing\n")
    (told,) = json.loads(run("suggest", wire / "note.txt", "--json"))
    assert (told["id"], told["mentions"], told["statements"]) == ("wire/note", 2, 2)
    run("suggest", "-", "other.txt", code=2)
    assert "ends in .txt" in run("suggest", wire / "source.toml", code=2)


def test_the_names_of_a_graph(wire: Path, tmp_path: Path) -> None:
    (wire.parent / "entities.ttl").unlink()
    graph = tmp_path / "kg.trig"
    graph.write_text(
        f"GRAPH <https://w3id.org/geokg/graph/entities> {{ <{ENTITY}ts> a <{GK.Movement}> ; "
        '<http://www.w3.org/2004/02/skos/core#prefLabel> "Taliban"@en }',
        encoding="utf-8",
    )
    assert "geokg:ts\tTaliban" in run("suggest", wire / "note.txt", "--graph", graph, "-o", "-")


def test_without_spacy_or_a_model_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, register: Register) -> None:
    with pytest.raises(GeokgError, match="no spaCy model 'en_none_sm' is installed"):
        Drafter(register, model="en_none_sm").draft(Text("demo", "x"))
    load.cache_clear()
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(GeokgError, match=r"geokg\[draft\]"):
        Drafter(register).draft(Text("demo", "x"))
    monkeypatch.undo()
    load.cache_clear()


# The words of speech


def test_the_packaged_words_are_good_and_reach_all_stances_of_speech() -> None:
    lexicon = Lexicon.packaged("en")
    assert lexicon is not None
    stances = set(Scheme.packaged().concepts["https://w3id.org/geokg/vocab/stance"])
    assert {verb.stance for verb in lexicon.verbs.values()} == stances


@pytest.mark.parametrize(
    ("old", "new", "error", "words"),
    [
        ('stance = "denies"', 'stance = "denis"', UnknownTerm, "did you mean denies"),
        ('"deny denies', '"says denies', ReadError, "'says' stands twice"),
        ('takes = ["that", "to", "bare"]', 'takes = ["this"]', ReadError, "takes is some of"),
        ('he = "Person"', 'he = "Persn"', UnknownTerm, "Person"),
        ("by = [", "bye = [", ReadError, "[words] has"),
        ('"say says', '"Say says', ReadError, "lower case"),
        ("[pronouns]", "[prenouns]", ReadError, "a lexicon has"),
        ("hearer = true", "listener = true", ReadError, "may have hearer"),
    ],
)
def test_a_lexicon_that_is_wrong_is_told(
    tmp_path: Path, old: str, new: str, error: type[GeokgError], words: str
) -> None:
    good = (packaged("ontology") / "lexicon" / "en.toml").read_text(encoding="utf-8")
    assert old in good
    path = tmp_path / "en.toml"
    path.write_text(good.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(error) as caught:
        Lexicon.read(path)
    assert words in str(caught.value)
    assert "en.toml" in str(caught.value)


def test_a_lexicon_of_one_s_own(wire: Path, tmp_path: Path) -> None:
    words = (packaged("ontology") / "lexicon" / "en.toml").read_text(encoding="utf-8")
    mine = tmp_path / "mine.toml"
    mine.write_text(words.replace("tweet tweets", "toot toots tooted tooting tweet tweets"), encoding="utf-8")
    (wire / "note.txt").write_text("China tooted that it rains.", encoding="utf-8")
    assert "Statement" not in run("suggest", wire / "note.txt", "-o", "-")
    assert "tooted" in run("suggest", wire / "note.txt", "-o", "-", "--lexicon", mine)
