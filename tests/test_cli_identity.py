"""``geokg identity``: who is known to nobody, and decisions taken in the terminal."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import geokg
from geokg.cli import main
from geokg.judgements import read_judgements
from geokg.vocabulary import packaged

TEXT = "Hu Wei said that the movement met the Talebans. Li Na came. The movement left."
ANNOTATIONS = """
    T1 Person Hu Wei
    T2 Movement movement
    T3 Movement Talebans
    T4 Statement said
    T5 Meeting met
    T6 Person Li Na
    T7 Event came
    T8 Movement movement@2
    T9 Event left
    * Equiv T2 T8
    E1 Statement:T4 Actor:T1 Content:E2
    E2 Meeting:T5 Participant:T2 Participant2:T3
    E3 Event:T7 Actor:T6
    E4 Event:T9 Actor:T8
    A1 TimeRelation E1 before
    A2 TimeRelation E2 before
    A3 TimeRelation E3 before
    A4 TimeRelation E4 before
"""
PEOPLE = """
e:hu-1 a gk:Person ; skos:prefLabel "Hu Wei"@en .
e:hu-2 a gk:Person ; skos:prefLabel "Hu Wei"@en .
"""


def run(*args: str | Path, stdin: str = "") -> Result:
    return CliRunner().invoke(main, ["identity", *map(str, args)], input=stdin)


@pytest.fixture
def folder(write_source: Callable[..., Path]) -> Path:
    """A text with two people of one name, a movement that nobody names, and a name that is nearly known."""
    place = write_source(TEXT, ANNOTATIONS).parent
    entities = (packaged("data") / "entities.ttl").read_text(encoding="utf-8")
    (place / "entities.ttl").write_text(entities + PEOPLE, encoding="utf-8")
    return place


def listed(*args: str | Path) -> list[dict[str, Any]]:
    result = run(*args, "--json")
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def verdicts(folder: Path) -> list[tuple[str, str, str, str]]:
    data = geokg.Base().data
    return [
        (one.verdict, one.words, one.second.removeprefix(data), one.why)
        for one in read_judgements(folder / "judgements.jsonl")
    ]


def test_those_on_whom_most_hangs_come_first(folder: Path) -> None:
    found = listed(folder)
    assert (
        [(one["label"], one["claims"], one["situations"]) for one in found]
        == [
            ("Hu Wei", 2, 1),  # makes one claim, and the narrator's is about the saying
            ("movement", 2, 2),
            ("Talebans", 1, 1),
            ("Li Na", 1, 1),
        ]
        or [one["label"] for one in found][:2] == ["movement", "Hu Wei"]
    )
    movement = next(one for one in found if one["label"] == "movement")
    assert [span["exact"] for span in movement["mentions"]] == ["movement", "movement"]
    assert [span["exact"] for span in movement["sentences"]] == [
        "Hu Wei said that the movement met the Talebans.",
        "The movement left.",
    ]
    hu = next(one for one in found if one["label"] == "Hu Wei")
    assert [one["iri"].rpartition("/")[2] for one in hu["candidates"]] == ["hu-1", "hu-2"]
    near = next(one for one in found if one["label"] == "Talebans")["candidates"]
    assert ("taliban", "a name like it is 'talibans'") in [
        (one["iri"].rpartition("/")[2], one["reason"]) for one in near
    ]
    assert [len(listed(folder, "--limit", n)) for n in (1, 3)] == [1, 3]


def test_the_list_for_people(folder: Path) -> None:
    result = run(folder)
    assert result.exit_code == 0, result.output
    assert f"   {folder / 'note.txt'}:1:1: Hu Wei said that the movement met the Talebans.\n" in result.stdout
    assert "   [1] Hu Wei (e:hu-1): the name is 'Hu Wei'\n" in result.stdout
    assert f"   {folder / 'note.txt'}:1:65: The movement left.\n" in result.stdout
    assert "“Li Na” (Person): 1 claim and 1 situation hang on it" in result.stdout
    assert "   nobody comes into question: nothing is called 'Li Na'" in result.stdout
    assert result.stdout.endswith("4 undecided\n")
    assert not (folder / "judgements.jsonl").exists()


def answers(folder: Path, given: dict[str, str]) -> str:
    """What is typed, in the order of the questions; for those that are not given: skip."""
    return "".join(given.get(one["label"], "s\n") for one in listed(folder))


def test_answers_hold_from_the_next_build_on(folder: Path) -> None:
    stdin = answers(
        folder,
        {
            "Hu Wei": "2\nHe is quoted as such.\n",
            "movement": "taliban\n\n",
            "Talebans": "1\n\n",
            "Li Na": "u\ns\n",
        },
    )
    result = run(folder, "--by", "Ann Lee", stdin=stdin)
    assert result.exit_code == 0, result.output
    assert "There is nobody to compare with; name an entity, or skip." in result.output
    assert result.stderr.endswith("3 decisions; they hold from the next build on\n")
    assert sorted(verdicts(folder)) == [
        ("same", "Hu Wei", "entity/hu-2", "He is quoted as such."),
        ("same", "Talebans", "entity/taliban", "a name like it is 'talibans'"),
        ("same", "movement", "entity/taliban", "taliban, chosen by hand"),
    ]
    kg = geokg.build(folder)
    assert {claim.claimant.iri for claim in kg.claims(claimant="e:hu-2")} == {kg.expand("e:hu-2")}
    assert [one["label"] for one in listed(folder)] == ["Li Na"]


def test_none_of_them_and_unsure(folder: Path) -> None:
    result = run(folder, "--by", "Ann", stdin=answers(folder, {"Hu Wei": "d\nTwo others.\n", "Talebans": "u\nWho?\n"}))
    assert result.exit_code == 0, result.output
    found = verdicts(folder)
    assert {one[:3] for one in found} == {
        ("different", "Hu Wei", "entity/hu-1"),
        ("different", "Hu Wei", "entity/hu-2"),
        *(("unsure", "Talebans", one[2]) for one in found if one[0] == "unsure"),
    }
    assert ("unsure", "Talebans", "entity/taliban", "Who?") in found
    assert {one["label"] for one in listed(folder)} == {"movement", "Li Na"}
    again = {one["label"]: one["answered"] for one in listed(folder, "--again")}
    assert again == {"movement": False, "Li Na": False, "Hu Wei": True, "Talebans": True}
    assert "2 more that somebody has looked at (--again)" in run(folder).stdout


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("talibn", "unknown name 'talibn'; did you mean Taliban"),
        ("9", "There is no candidate 9."),
        ("Beijing", "'Beijing' cannot be a Movement: e:beijing is a Settlement"),
        ("asserts", "'asserts' cannot be a Movement: it is no entity"),
        ("Hu Wei", "'Hu Wei' cannot be a Movement: e:hu-1 is a Person, e:hu-2 is a Person"),
    ],
)
def test_an_answer_that_cannot_be_is_asked_for_again(folder: Path, typed: str, told: str) -> None:
    result = run(folder, "--by", "Ann", stdin=answers(folder, {"movement": f"{typed}\ns\n"}))
    assert result.exit_code == 0, result.output
    assert told in result.output
    assert not (folder / "judgements.jsonl").exists()


def test_quitting_and_the_end_of_what_is_piped_keep_what_was_answered(folder: Path) -> None:
    first = listed(folder)[0]["label"]
    for end in ("q\n", ""):
        result = run(
            folder, "--by", "Ann", stdin="e:hu-1\nIt is he.\n" + end if first == "Hu Wei" else "taliban\n\n" + end
        )
        assert result.exit_code == 0, result.output
        assert len(read_judgements(folder / "judgements.jsonl")) == 1
        (folder / "judgements.jsonl").unlink()
    assert run(folder, "--by", "Ann", stdin="").exit_code == 0


def test_an_answer_against_others_is_told_and_not_written(folder: Path) -> None:
    movement = next(one["address"] for one in listed(folder) if one["label"] == "movement")
    line = {"judgement": "different", "first": movement, "second": "entity/taliban"}
    said = json.dumps(line | {"by": "Bo", "when": "2026-11-24T09:00:00Z", "why": "No."}) + "\n"
    (folder / "judgements.jsonl").write_text(said)
    result = run(folder, "--by", "Ann", "--again", stdin=_for(folder, "movement", "taliban\n\ns\n"))
    assert result.exit_code == 0, result.output
    assert "judgements.jsonl:1: error: Bo judges" in result.output
    assert "the same by line 2 (Ann)" in result.output
    assert (folder / "judgements.jsonl").read_text() == said


def _for(folder: Path, label: str, typed: str) -> str:
    return "".join(typed if one["label"] == label else "s\n" for one in listed(folder, "--again"))


def test_texts_with_foreign_labels(write_source: Callable[..., Path], tmp_path: Path) -> None:
    folder = write_source("Zork left.", "T1 PER Zork").parent
    assert "unknown mention label 'PER'" in run(folder).stderr
    (one,) = listed(folder, "--scheme", "ace")
    assert (one["label"], one["class"]) == ("Zork", "Person")
    geokg.build(folder, labels="ace").save(tmp_path / "kg.trig")
    refused = run(tmp_path / "kg.trig", "--scheme", "ace")
    assert refused.exit_code == 2 and "--scheme is for annotated texts" in refused.stderr


def test_taking_back(folder: Path) -> None:
    run(folder, "--by", "Ann", stdin=_for(folder, "movement", "taliban\n\n"))
    result = run(folder, "--undo", "1", "--by", "Bo", "--why", "It is not.")
    assert result.exit_code == 0, result.output
    assert "taken back: same, by Ann (line 1)" in result.stderr
    (back,) = read_judgements(folder / "judgements.jsonl")
    assert (back.verdict, back.by, back.why, back.withdrawn[0].by) == ("withdrawn", "Bo", "It is not.", "Ann")
    assert "movement" in {one["label"] for one in listed(folder)}
    result = run(folder, "--undo", "1", "--by", "Bo", "--why", "Again.")
    assert (result.exit_code, "judgements.jsonl:1: error: no judgement that stands" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--by", "Ann", "--json"], "--by asks people"),
        (["--undo", "1"], "--undo needs --by and --why"),
    ],
)
def test_bad_usage(folder: Path, args: list[str], told: str) -> None:
    result = run(folder, *args)
    assert (result.exit_code, told in result.stderr) == (2, True)


def test_a_graph_is_listed_and_decided_on_with_a_file(folder: Path, tmp_path: Path) -> None:
    graph = tmp_path / "kg.trig"
    geokg.build(folder).save(graph)
    assert [one["label"] for one in listed(graph)] == [one["label"] for one in listed(folder)]
    result = run(graph, "--by", "Ann", stdin="q\n")
    assert (result.exit_code, "name the file for decisions" in result.stderr) == (2, True)
    file = tmp_path / "mine.jsonl"
    result = run(graph, "--by", "Ann", "--judgements", file, stdin=_for(graph, "movement", "taliban\n\n"))
    assert result.exit_code == 0, result.output
    assert [one.words for one in read_judgements(file)] == ["movement"]
    result = CliRunner().invoke(main, ["identity", "-", "--by", "Ann"], input=graph.read_bytes())
    assert (result.exit_code, "no stdin for answers" in result.stderr) == (2, True)


def test_in_a_process_of_its_own(folder: Path) -> None:
    command = [sys.executable, "-m", "geokg", "identity", str(folder), "--by", "Ann"]
    done = subprocess.run(command, input="q\n", capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr.endswith("0 decisions; they hold from the next build on\n")
