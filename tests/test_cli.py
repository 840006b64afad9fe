"""The command line, in this process and in others."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import flask
import pyoxigraph as ox
import pytest
from click.testing import CliRunner, Result

import geokg
from geokg import errors
from geokg.cli import main, reference
from geokg.cli.app import exit_code
from geokg.cli.common import is_source
from geokg.cookbook import questions
from geokg.validation.formats import FORMATS
from geokg.vocabulary import GK
from processes import serving

COMMANDS = sorted(main.commands)
PROMISE = "gk:RestraintCommitment"
COLOURS = {"FORCE_COLOR": "1", "COLUMNS": "100"}  # what rich takes for a terminal


def run(*args: str | Path, stdin: str | bytes = b"", env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args], input=stdin, env=env)


def process(*args: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "geokg", *map(str, args)]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False, **options)


@pytest.fixture(scope="module")
def data() -> Path:
    return Path(__file__).parents[1] / "data"


@pytest.fixture(scope="module")
def trig(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The graph of the packaged data, as ``geokg build`` writes it."""
    target = tmp_path_factory.mktemp("cli") / "kg.trig"
    result = run("build", data, "-o", target)
    assert result.exit_code == 0, result.output
    return target


@pytest.fixture
def copy(data: Path, tmp_path: Path) -> Path:
    """A copy of the data that a test may break."""
    return Path(shutil.copytree(data, tmp_path / "data"))


@pytest.fixture
def decision(kg: geokg.KnowledgeGraph) -> geokg.Claim:
    """That China has not decided, as its spokesman says."""
    return next(claim for claim in kg.claims(stance="asserts") if claim.content.kind == "Decision")


# Help


@pytest.mark.parametrize("name", COMMANDS)
def test_help_tells_every_option_and_an_example(name: str) -> None:
    told = run(name, "--help").output
    for parameter in main.commands[name].params:
        if isinstance(parameter, click.Option):
            assert all(option in told for option in parameter.opts)
            assert parameter.help, parameter
    assert re.search(rf"\n  Example:\n    geokg {name}", told), told
    assert "--json" in told


def test_the_reference_is_the_help_of_all_commands() -> None:
    told = reference()
    assert re.findall(r"^## (.*)$", told, re.MULTILINE) == ["geokg", *(f"geokg {name}" for name in main.commands)]
    options = [o for c in main.commands.values() for p in c.params if isinstance(p, click.Option) for o in p.opts]
    assert all(option in told for option in options)
    assert "Usage: geokg build [OPTIONS] SOURCE..." in told
    assert told == reference()


def test_version() -> None:
    assert run("--version").output == f"geokg, version {geokg.__version__}\n"


@pytest.mark.parametrize(
    "args", [("quer",), ("check", "--formt", "json"), ("build",), ("check", "--fail-on", "x", "y")]
)
def test_bad_usage_is_2(args: tuple[str, ...]) -> None:
    result = run(*args)
    assert result.exit_code == 2
    assert "Usage:" in result.stderr
    assert not result.stdout


def test_a_base_that_is_no_iri_is_bad_usage(trig: Path) -> None:
    result = run("query", trig, "ASK {}", env={"GEOKG_BASE_IRI": "here"})
    assert result.exit_code == 2
    assert "GEOKG_BASE_IRI must be an absolute IRI" in result.stderr


# Errors


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ReadError("x", path="a.ttl", line=3), 2),
        (errors.OffsetMismatch("x"), 2),
        (errors.UnknownTerm("x"), 2),
        (errors.IdentityConflict("x"), 2),
        (errors.QuerySyntaxError("x"), 2),
        (errors.QueryNotAllowed("x"), 2),
        (geokg.validation.ShapesError("x"), 2),
        (errors.InvalidGraph(geokg.Report()), 1),
        (errors.QueryTimeout("x"), 3),
        (errors.QueryTooLarge("x"), 3),
        (geokg.validation.ValidationError("x"), 3),
        (errors.GeokgError("x"), 3),
    ],
)
def test_each_error_is_one_line_and_a_code(
    error: errors.GeokgError, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr("geokg.cli.scheme.tag_set", fail)
    result = run("scheme")
    assert (result.exit_code, exit_code(error)) == (code, code)
    assert len(result.stderr.splitlines()) == 1
    assert "error: " in result.stderr


def test_an_error_in_a_file_begins_with_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise errors.ReadError("is wrong", path="a.ann", line=3, column=7)

    monkeypatch.setattr("geokg.cli.scheme.tag_set", fail)
    assert run("scheme").stderr == "a.ann:3:7: error: is wrong\n"


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (KeyboardInterrupt(), 130, ""),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), 141, ""),
        (OSError(errno.ENOSPC, "No space left on device"), 3, "geokg: error: output: No space left on device\n"),
        (MemoryError(), 3, "geokg: error: out of memory\n"),
    ],
)
def test_what_ends_a_program_is_told_without_a_traceback(
    error: BaseException, code: int, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr("geokg.cli.scheme.tag_set", fail)
    result = run("scheme")
    assert (result.exit_code, result.stderr) == (code, told)


# build


def test_the_same_sources_give_the_same_bytes(trig: Path, data: Path, tmp_path: Path) -> None:
    """In another process, too, with its own order of sets."""
    target = tmp_path / "again.trig"
    done = process("build", data, "-o", target, env={**os.environ, "PYTHONHASHSEED": "7"})
    assert done.returncode == 0, done.stderr
    assert target.read_bytes() == trig.read_bytes()


def test_build_tells_its_size_and_what_was_noticed(data: Path, tmp_path: Path) -> None:
    result = run("build", data, "-o", tmp_path / "kg.nq")
    *notices, summary = result.stderr.splitlines()
    assert re.fullmatch(rf"{tmp_path}/kg\.nq: 1 document, \d+ claims, \d+ quads", summary)
    assert notices
    for notice in notices:
        assert re.match(rf"{data}/china-taliban/article\.txt:\d+:\d+: notice: \S", notice)
    assert result.stdout == ""


def test_what_is_told_of_many_texts_is_told_once_with_how_many(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.txt").write_text("Zork met Zork.", encoding="utf-8")
        (tmp_path / f"{name}.ann").write_text("T1\tPerson 0 4\tZork\nT2\tPerson 9 13\tZork\n", encoding="utf-8")
    nobody = "'Zork' is nobody that is known; it became a new Person of this document"
    target = tmp_path / "kg.nq"
    line, _ = run("build", tmp_path, "-o", target).stderr.splitlines()
    assert line == f"{tmp_path}/a.txt:1:1: notice: {nobody} (first of 6)"
    assert run("check", tmp_path).stderr.splitlines()[0] == line
    assert len(json.loads(run("build", tmp_path, "-o", target, "--json").stdout)["notices"]) == 6

    (tmp_path / "scheme.toml").write_text('[labels]\nPerson = "Persn"\n', encoding="utf-8")
    result = run("build", tmp_path, "-o", target)
    wrong = f"{tmp_path}/scheme.toml:2: error: unknown label 'Persn'; did you mean Person?"
    first, _ = result.stderr.splitlines()
    assert result.exit_code == 2
    assert first.startswith(wrong.removesuffix("?")) and first.endswith(" (3 left out)")


def test_build_summary_as_json(data: Path, tmp_path: Path, kg: geokg.KnowledgeGraph) -> None:
    target = tmp_path / "kg.trig"
    told = json.loads(run("build", data, "-o", target, "--json").stdout)
    assert told["documents"] == kg.documents()
    assert (told["claims"], told["quads"], told["output"]) == (len(kg.claims()), len(kg), str(target))
    assert [notice["message"] for notice in told["notices"]] == [notice.message for notice in kg.notices]
    assert told["notices"][0]["line"] == kg.notices[0].span.line


def test_a_built_graph_flows_through_a_pipe(data: Path, trig: Path) -> None:
    result = run("build", data, "-o", "-")
    assert result.stdout.encode() == trig.read_bytes()
    assert "stdout: 1 document" in result.stderr
    assert run("build", data, "-o", "-", "--json").exit_code == 2


def test_a_store_folder_is_written_and_read(data: Path, tmp_path: Path, kg: geokg.KnowledgeGraph) -> None:
    store = tmp_path / "store"
    assert run("build", data, "-o", store).exit_code == 0
    assert not is_source(str(store))
    result = run("query", store, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", "--format", "csv")
    assert result.stdout.split() == ["n", str(len(kg))]


def test_an_ending_that_cannot_be_written_is_told_before_the_work(tmp_path: Path) -> None:
    result = run("build", tmp_path / "nowhere", "-o", tmp_path / "kg.ttl")
    assert result.exit_code == 2
    assert "ends in none of .trig, .nq, .jsonld" in result.stderr


def test_an_output_that_cannot_be_written_is_3_and_leaves_nothing(data: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here first", encoding="utf-8")
    for target in (tmp_path / "file" / "kg.trig", tmp_path / "file" / "store", tmp_path / "file"):
        result = run("build", data, "-o", target)
        assert result.exit_code == 3
        assert result.stderr.splitlines()[-1].startswith(f"geokg: error: {target}: ")
    assert (tmp_path / "file").read_text(encoding="utf-8") == "here first"
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


LARGE = ("query", "CONSTRUCT WHERE { ?s ?p ?o }", "--format", "nquads")


def large(trig: Path, buffered: bool) -> tuple[list[str], dict[str, str]]:
    """A command with more output than a pipe holds, with and without Python's own buffer."""
    name, *rest = LARGE
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
    return [sys.executable, "-m", "geokg", name, str(trig), *rest], environment | (
        {} if buffered else {"PYTHONUNBUFFERED": "1"}
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize("buffered", [True, False])
def test_a_full_disk_is_3(trig: Path, buffered: bool) -> None:
    command, environment = large(trig, buffered)
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device, opened for a child
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, encoding="utf-8", env=environment, check=False
        )
    assert done.returncode == 3
    assert done.stderr == "geokg: error: output: No space left on device\n"


@pytest.mark.parametrize("buffered", [True, False])
def test_a_reader_that_leaves_early_is_no_error(trig: Path, buffered: bool) -> None:
    command, environment = large(trig, buffered)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert child.stdout.read(1) == b"<"
        child.stdout.close()
        assert child.stderr.read() == b""
    assert child.returncode == 141


@pytest.mark.parametrize(
    "command", [("build", "-o", "x.trig"), ("check",), ("query", "--name", "01"), ("explain", "x")]
)
def test_what_is_not_there_is_2(command: tuple[str, ...], tmp_path: Path) -> None:
    name, *rest = command
    result = run(name, tmp_path / "nothing.trig", *rest)
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == f"{tmp_path}/nothing.trig: error: there is no such file or folder"
    assert list(tmp_path.iterdir()) == []


def test_asking_a_folder_never_makes_a_store_of_it(tmp_path: Path) -> None:
    assert run("query", tmp_path, "ASK {}").exit_code == 2
    assert list(tmp_path.iterdir()) == []


# check


def test_the_shipped_data_conforms(trig: Path) -> None:
    result = run("check", trig)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == "no findings"


def broken(annotations: Path, pattern: str, replacement: str) -> tuple[int, str]:
    """Change one line of annotations; gives its number and what it is now."""
    before = annotations.read_text(encoding="utf-8")
    after, count = re.subn(pattern, replacement, before, count=1, flags=re.MULTILINE)
    assert count == 1, pattern
    annotations.write_text(after, encoding="utf-8")
    pairs = zip(before.splitlines(), after.splitlines(), strict=True)
    return next((number, new) for number, (old, new) in enumerate(pairs, 1) if old != new)


def test_a_wrong_offset_in_annotations_names_line_and_column(copy: Path) -> None:
    annotations = copy / "china-taliban" / "article.ann"
    line, now = broken(annotations, r"^(T\d+)\tMovement (\d+) (\d+)\tTaliban$", r"\1\tMovement 9\3 99\3\tTaliban")
    result = run("check", copy)
    assert result.exit_code == 2
    found = re.match(rf"{annotations}:{line}:(\d+): error: ", result.stderr)
    assert found, result.stderr
    assert now[int(found[1]) - 1 :] == "Taliban"
    assert "Taliban" in result.stderr


def test_a_claimant_that_is_not_there_names_its_line(copy: Path) -> None:
    annotations = copy / "china-taliban" / "article.ann"
    line, now = broken(annotations, r"^(E\d+\tStatement:T\d+) Actor:T\d+", r"\1 Actor:T9999")
    result = run("check", copy)
    assert result.exit_code == 2
    column = now.index("T9999") + 1
    assert result.stderr.startswith(f"{annotations}:{line}:{column}: error: "), result.stderr
    assert "T9999" in result.stderr


def test_a_claimant_that_can_say_nothing_points_at_the_words(copy: Path) -> None:
    annotations = copy / "china-taliban" / "article.ann"
    document = geokg.read(annotations)
    land = next(mention for mention in document.mentions if mention.label == "Territory")
    event = next(event for event in document.events if event.label == "Statement")
    broken(
        annotations,
        rf"^{event.id}\tStatement:T\d+ Actor:T\d+",
        f"{event.id}\tStatement:{event.trigger.id} Actor:{land.id}",
    )
    result = run("check", copy)
    assert result.exit_code == 1
    findings = [line for line in result.stdout.splitlines() if "Claim-claimant" in line]
    clauses = [document.get(a.target) for e in document.events for a in e.arguments if a.role == "Evidence"]
    places = {f"{copy}/china-taliban/article.txt:{one.spans[0].line}:{one.spans[0].column}" for one in clauses}
    assert findings
    for finding in findings:
        assert finding.split(": ")[0] in places
        assert finding.split(": ")[1] == "violation"


def test_a_polarity_that_there_is_not_names_its_line(copy: Path) -> None:
    annotations = copy / "china-taliban" / "article.ann"
    line, _ = broken(annotations, r"^(A\d+\tPolarity E\d+) negative$", r"\1 negatve")
    result = run("check", copy)
    assert result.exit_code == 2
    assert re.match(rf"{annotations}:{line}:(\d+:)? error: .*'negatve'; did you mean negative\?", result.stderr)


def damage(trig: Path, folder: Path, subject: str, pattern: str, replacement: str) -> Path:
    """A copy of the graph in which one statement about one subject is another."""
    content = trig.read_text(encoding="utf-8")
    block = re.search(rf"^<{re.escape(subject)}>\n(?:    .*\n)*\.", content, re.MULTILINE)
    assert block is not None
    changed, count = re.subn(pattern, replacement, block[0], count=1)
    assert count == 1, block[0]
    target = folder / "damaged.trig"
    target.write_text(content[: block.start()] + changed + content[block.end() :], encoding="utf-8")
    return target


def test_a_changed_claimant_in_a_graph_points_at_the_claim(trig: Path, tmp_path: Path, decision: geokg.Claim) -> None:
    result = run("check", damage(trig, tmp_path, decision.iri, r"gk:isClaimedBy [^ ]+", "gk:isClaimedBy e:taliban"))
    span = decision.evidence[0]
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    told = next(number for number, line in enumerate(lines) if line.endswith("(gks:Claim-recipe)"))
    assert lines[told].startswith(f"china-taliban/article.txt:{span.line}:{span.column}: violation: ")
    assert span.exact[:20] in lines[told + 1]
    assert "^~~~" in lines[told + 2]
    assert lines[told + 2].index("^") == lines[told + 1].index(span.exact[:20])


def test_a_changed_polarity_in_a_graph_points_at_the_claim(trig: Path, tmp_path: Path, decision: geokg.Claim) -> None:
    result = run("check", damage(trig, tmp_path, decision.iri, "gkx:negative", "gkx:positive"))
    span = decision.evidence[0]
    assert result.exit_code == 1
    assert f"china-taliban/article.txt:{span.line}:{span.column}: violation: " in result.stdout
    assert "1 violation" in result.stdout.splitlines()[-1]


def test_a_changed_offset_in_a_graph_points_at_the_characters(
    trig: Path, tmp_path: Path, decision: geokg.Claim, kg: geokg.KnowledgeGraph
) -> None:
    span = decision.evidence[0]
    [annotation] = kg.views.iris(decision.iri, str(GK.isEvidencedBy))
    selector = f"{annotation}/target/1/position"
    result = run("check", damage(trig, tmp_path, selector, rf"oa:start {span.start}\b", f"oa:start {span.start + 3}"))
    assert result.exit_code == 1
    line, column = kg.text(decision.document).position(span.start + 3)
    assert f"china-taliban/article.txt:{line}:{column}: violation: " in result.stdout
    assert span.exact[3:20] in result.stdout


@pytest.fixture(scope="module")
def report(trig: Path) -> geokg.Report:
    """What is found when a promise is nobody's."""
    kg = geokg.open(trig)
    [promise] = [one for one in kg.commitments() if one.kind == "RestraintCommitment"]
    for quad in list(kg.store.ox.quads_for_pattern(ox.NamedNode(promise.iri), ox.NamedNode(GK.hasDebtor), None)):
        kg.store.ox.remove(quad)
    return geokg.validate(kg)


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_findings_in_every_format(form: str, trig: Path, report: geokg.Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geokg.cli.check.validate", lambda *_, **__: report)
    result = run("check", trig, "--format", form)
    assert result.exit_code == 1
    assert result.stdout == report.serialize(form).replace("\r\n", "\n")
    assert ("judged no node" in result.stderr) == (form != "text"), "once, and not among what programs read"
    if form == "json":
        assert run("check", trig, "--json").stdout == result.stdout


def test_fail_on_and_shapes_of_ones_own(tmp_path: Path) -> None:
    shapes = tmp_path / "shapes.ttl"
    shapes.write_text(
        """@prefix sh: <http://www.w3.org/ns/shacl#> .
        <urn:shape> sh:targetNode <urn:post> ; sh:severity sh:Warning ;
          sh:property [ sh:path <urn:holder> ; sh:minCount 1 ; sh:severity sh:Warning ] .""",
        encoding="utf-8",
    )
    data = tmp_path / "data.ttl"
    data.write_text("<urn:post> a <urn:Post> .", encoding="utf-8")
    assert run("check", data, "--shapes", shapes).exit_code == 0
    result = run("check", data, "--shapes", shapes, "--fail-on", "warning")
    assert result.exit_code == 1
    assert result.stdout.startswith("urn:post: warning: ")
    assert run("check", data, "--shapes", tmp_path / "none.ttl").exit_code == 2


def test_shapes_that_cannot_be_used_are_unreadable_input(tmp_path: Path, trig: Path) -> None:
    (tmp_path / "shapes.ttl").write_text("<urn:shape> <urn:is", encoding="utf-8")
    result = run("check", trig, "--shapes", tmp_path / "shapes.ttl")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"{tmp_path}/shapes.ttl:1:")


def test_several_texts_make_one_graph(copy: Path, write_source: Callable[..., Path]) -> None:
    more = write_source(
        "China met Iran.", "T1 State China\nT2 Meeting met\nT3 State Iran\nE1 Meeting:T2 Participant:T1"
    )
    result = run("check", copy, more)
    assert "demo/note.txt:1:" in result.stdout, "a meeting of one, without a time"
    assert run("check", copy, "kg.trig").exit_code == 2


@pytest.mark.parametrize("form", [ox.RdfFormat.TRIG, ox.RdfFormat.N_QUADS, ox.RdfFormat.JSON_LD])
def test_a_graph_from_stdin_in_whatever_form(form: ox.RdfFormat, trig: Path, kg: geokg.KnowledgeGraph) -> None:
    content = ox.serialize(kg.store.quads(), format=form)
    result = run("query", "-", "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", "--format", "csv", stdin=content or b"")
    assert result.stdout.split() == ["n", str(len(kg))]


def test_stdin_that_is_no_rdf_is_told_with_its_line() -> None:
    result = run("check", "-", stdin="<urn:a> <urn:b> <urn:c> .\n<urn:a> <urn:b .")
    assert result.exit_code == 2
    assert result.stderr.startswith("<stdin>:2:")


def test_an_empty_stdin_is_no_empty_graph() -> None:
    result = run("check", "-", stdin=" \n")
    assert (result.exit_code, result.stderr) == (2, "<stdin>: error: nothing came in\n")


# query


def test_a_table_names_things(trig: Path) -> None:
    question = "SELECT ?debtor ?stance { ?c a gk:Commitment ; gk:hasDebtor ?debtor BIND (gkx:promises AS ?stance) }"
    assert run("query", trig, question).stdout.splitlines() == ["debtor   stance", "Taliban  gkx:promises"]
    coloured = run("query", trig, question, env=COLOURS).stdout
    assert "\x1b[1m" in coloured
    assert "Taliban" in coloured


def test_a_table_is_aligned_whatever_the_script(tmp_path: Path) -> None:
    data = tmp_path / "data.ttl"
    data.write_text('<urn:a> <urn:p> "中国" . <urn:b> <urn:p> "x" .', encoding="utf-8")
    result = run("query", data, "SELECT ?o ?s { ?s <urn:p> ?o } ORDER BY ?s")
    assert result.stdout.splitlines() == ["o     s", "中国  <urn:a>", "x     <urn:b>"]


def test_a_table_has_room_for_what_has_no_name(tmp_path: Path) -> None:
    data = tmp_path / "data.ttl"
    data.write_text("[] <urn:p> <<( <urn:a> <urn:b> <urn:c> )>> .", encoding="utf-8")
    result = run("query", data, "SELECT ?s ?none ?o { ?s <urn:p> ?o }")
    assert result.stdout.splitlines()[1] == "a node without a name        <urn:a> <urn:b> <urn:c>"


def test_a_table_cuts_what_csv_keeps(trig: Path, kg: geokg.KnowledgeGraph) -> None:
    question = "SELECT ?text { ?d gk:text ?text }"
    assert max(map(len, run("query", trig, question).stdout.splitlines())) <= 120
    [document] = kg.documents()
    assert kg.text(document).content in run("query", trig, question, "--format", "csv").stdout.replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("form", "begin"),
    [("json", '{"head":{"vars":["n"]}'), ("xml", '<?xml version="1.0"?>'), ("csv", "n\r\n1\r\n"), ("tsv", "?n\n1\n")],
)
def test_rows_in_every_format(form: str, begin: str, trig: Path) -> None:
    result = run("query", trig, "SELECT (1 AS ?n) {}", "--format", form)
    assert result.stdout_bytes.decode().startswith(begin)


@pytest.mark.parametrize("form", ["table", "json", "turtle", "ntriples", "nquads", "trig", "jsonld", "rdfxml"])
def test_triples_in_every_format(form: str, trig: Path) -> None:
    result = run("query", trig, "CONSTRUCT { ?c gk:hasDebtor ?d } WHERE { ?c gk:hasDebtor ?d }", "--format", form)
    names = {"table": "ttl", "turtle": "ttl", "json": "jsonld", "ntriples": "nt", "nquads": "nq", "rdfxml": "rdf"}
    as_read = ox.RdfFormat.from_extension(names.get(form, form))
    assert as_read is not None
    quads = list(ox.parse(result.stdout_bytes, format=as_read))
    assert [quad.predicate.value.rsplit("/", 1)[-1] for quad in quads] == ["hasDebtor"]


def test_a_truth_value(trig: Path) -> None:
    assert run("query", trig, "ASK { ?c a gk:Claim }").stdout == "true\n"
    assert run("query", trig, "ASK { ?c a gk:Nothing }").stdout == "false\n"
    assert json.loads(run("query", trig, "ASK { ?c a gk:Claim }", "--json").stdout)["boolean"] is True


def test_a_format_that_does_not_fit_the_answer_is_bad_usage(trig: Path) -> None:
    rows = run("query", trig, "SELECT * { ?s ?p ?o } LIMIT 1", "--format", "turtle")
    triples = run("query", trig, "CONSTRUCT WHERE { ?s gk:hasDebtor ?o }", "--format", "csv")
    assert (rows.exit_code, triples.exit_code) == (2, 2)
    assert "gives rows" in rows.stderr
    assert "gives triples" in triples.stderr


def test_a_slip_of_the_pen_is_shown(trig: Path) -> None:
    result = run("query", trig, "SELECT ?s {\n  ?s a nope:Claim\n}")
    assert result.exit_code == 2
    first, line, caret = result.stderr.splitlines()
    assert first.startswith("geokg: error: line 2, column ")
    column = int(re.findall(r"column (\d+)", first)[0])
    assert line == "      ?s a nope:Claim"
    assert caret == " " * (4 + column - 1) + "^"


def test_no_other_server_is_asked(trig: Path) -> None:
    result = run("query", trig, "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }")
    assert result.exit_code == 2
    assert "SERVICE is not allowed" in result.stderr


def test_a_query_from_a_file_and_from_stdin(trig: Path, tmp_path: Path) -> None:
    (tmp_path / "ask.rq").write_text("ASK {}", encoding="utf-8")
    assert run("query", trig, "-f", tmp_path / "ask.rq").stdout == "true\n"
    assert run("query", trig, "-f", "-", stdin="ASK {}").stdout == "true\n"
    assert run("query", trig, "-f", tmp_path / "none.rq").exit_code == 2


@pytest.mark.parametrize(
    "args", [(), ("kg.trig",), ("kg.trig", "ASK {}", "--name", "01"), ("kg.trig", "--name", "nope")]
)
def test_one_query_and_one_graph(args: tuple[str, ...]) -> None:
    assert run("query", *args).exit_code == 2


def test_the_cookbook_is_listed_with_its_questions() -> None:
    recipes = questions()
    assert recipes
    assert run("query", "--list").stdout.splitlines()[0].split(None, 1) == [recipes[0].name, recipes[0].question]
    assert json.loads(run("query", "--list", "--json").stdout)[-1]["name"] == recipes[-1].name
    for recipe in recipes:
        assert recipe.question.endswith("?"), recipe.name


def test_a_question_goes_by_its_number_its_name_or_both(trig: Path) -> None:
    recipe = questions()[-1]
    number, name = recipe.name.split("-", 1)
    answers = {run("query", trig, "--name", called, "--format", "csv").stdout for called in (number, name, recipe.name)}
    assert len(answers) == 1
    assert answers.pop().count("\n") > 1


# explain


def test_the_promise_is_explained_down_to_its_characters(trig: Path, kg: geokg.KnowledgeGraph) -> None:
    [promise] = [one for one in kg.commitments() if one.kind == "RestraintCommitment"]
    result = run("explain", trig, promise.iri)
    assert result.exit_code == 0
    assert "leaders of the Taliban <- Hu Shisheng <- the article\n" in result.stdout
    words = promise.claims[0].evidence[0]
    place = f"china-taliban/article.txt:{words.line}:{words.column} (characters {words.start} to {words.end})"
    assert f"{place}: “{words.exact}”" in result.stdout
    assert "  in: He added that China, by strengthening its contacts with the Taliban" in result.stdout
    assert run("explain", trig, PROMISE).stdout == result.stdout, "the only one of its class"
    assert run("explain", trig, f"<{promise.iri}>").stdout == result.stdout


def test_on_a_terminal_the_words_are_marked_in_their_sentence(trig: Path) -> None:
    told = run("explain", trig, PROMISE, env={**COLOURS, "COLUMNS": "4000"}).stdout
    assert re.search(r"“\x1b\[1;33mnot to allow any forces [^\x1b]* China’s security\x1b\[0m[.]?”", told)


def test_the_explanation_as_json_has_chain_and_offsets(trig: Path, kg: geokg.KnowledgeGraph) -> None:
    told = json.loads(run("explain", trig, PROMISE, "--json").stdout)
    [claim] = told["claims"]
    assert [speaker["label"] for speaker in claim["chain"]][:2] == ["leaders of the Taliban", "Hu Shisheng"]
    [span] = claim["evidence"]
    assert kg.text(claim["document"]).content[span["start"] : span["end"]] == span["exact"]
    assert claim["sentences"][0]["start"] <= span["start"]
    assert told["class"] == "RestraintCommitment"


def test_a_name_that_fits_several_nodes_lists_them(trig: Path) -> None:
    result = run("explain", trig, "China")
    assert result.exit_code == 2
    assert "fits 2 nodes" in result.stderr
    assert "/state/CHN>  China" in result.stderr
    assert result.stdout == ""


def test_a_name_that_nothing_has_comes_with_a_suggestion(trig: Path) -> None:
    result = run("explain", trig, "Talban")
    assert result.exit_code == 2
    assert "did you mean Taliban" in result.stderr
    assert run("explain", trig, "e:nobody").exit_code == 2


@pytest.mark.parametrize("env", [None, COLOURS])
def test_an_actor_is_explained_by_its_mentions_and_a_term_by_nobody(trig: Path, env: dict[str, str] | None) -> None:
    assert "(characters 44 to 51): “Taliban”" in run("explain", trig, "e:taliban", env=env).stdout
    assert "No text says this" in run("explain", trig, "gkx:promises", env=env).stdout


# diff


def test_a_graph_does_not_differ_from_itself(trig: Path, data: Path, kg: geokg.KnowledgeGraph) -> None:
    result = run("diff", trig, data, "--exit-code")
    assert result.exit_code == 0
    assert result.stdout == f"0 added, 0 withdrawn, 0 re-attributed, {len(kg.claims())} unchanged\n"


def test_a_claim_of_another_is_re_attributed(trig: Path, tmp_path: Path, decision: geokg.Claim) -> None:
    new = damage(trig, tmp_path, decision.iri, r"gk:isClaimedBy [^ ]+", "gk:isClaimedBy e:taliban")
    result = run("diff", trig, new)
    assert result.exit_code == 0
    first = result.stdout.splitlines()[0]
    assert first.startswith("~ The article says that Zhao Lijian says")
    assert decision.content.label in first
    assert run("diff", trig, new, "--exit-code").exit_code == 1
    told = json.loads(run("diff", trig, new, "--json").stdout)
    assert told["added"] == told["withdrawn"] == []
    assert told["reattributed"][0]["new"]["claimant"]["label"] == "Taliban"
    assert "\x1b[33m~ The article" in run("diff", trig, new, env=COLOURS).stdout


def test_one_of_two_graphs_may_come_from_stdin(trig: Path) -> None:
    assert run("diff", trig, "-", stdin=trig.read_bytes()).exit_code == 0
    assert run("diff", "-", "-").exit_code == 2
    assert run("diff", trig, "-", stdin="nothing like it").exit_code == 2


# scheme


def test_the_tag_set_for_people_and_tools() -> None:
    assert "  Situation (choose one below it)\n" in run("scheme").stdout
    assert "[entities]" in run("scheme", "--for", "brat").stdout
    assert json.loads(run("scheme", "--for", "inception").stdout)[0]["type"] == "span"
    assert run("scheme", "--for", "label-studio").stdout.startswith("<View>")
    told = json.loads(run("scheme", "--json").stdout)
    assert {"mentions", "events", "attributes"} == told.keys()
    assert run("scheme", "--for", "brat", "--json").exit_code == 2


# serve


@pytest.fixture
def server(trig: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, object]]]:
    """A server of its own, at a free port."""
    with serving(str(trig), "--read-only", stderr=subprocess.PIPE, end=subprocess.Popen.kill) as (told, process):
        yield process, told


def test_the_server_answers_and_ends_quietly(
    server: tuple[subprocess.Popen[str], dict[str, object]], kg: geokg.KnowledgeGraph
) -> None:
    child, told = server
    assert told["quads"] == len(kg)
    assert told["read_only"] is True
    with urllib.request.urlopen(f"{told['sparql']}?query=ASK%7B%3Fc%20a%20gk%3AClaim%7D", timeout=20) as response:
        assert json.load(response)["boolean"] is True
    child.send_signal(signal.SIGINT)
    assert child.wait(timeout=20) in (0, 130)
    assert child.stderr is not None
    assert child.stderr.read() == ""


@pytest.mark.parametrize("content", [None, "", " \n"])
def test_a_token_that_is_not_there_is_refused(content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "token"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    result = run("serve", tmp_path / "kg.trig", "--token-file", path)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"{path}: error: ")


def test_the_token_reaches_the_app_and_the_address_is_told(
    trig: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, Any] = {}

    class Server:
        def run(self) -> None:
            seen["ran"] = True

    def create_server(app: flask.Flask, *, sockets: list[socket.socket], **_: object) -> Server:
        seen.update(token=app.extensions["geokg"].token, address=sockets[0].getsockname())
        return Server()

    monkeypatch.setattr("waitress.server.create_server", create_server)
    (tmp_path / "token").write_text("secret\n", encoding="utf-8")
    result = run("serve", trig, "--port", "0", "--token-file", tmp_path / "token")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("http://{}:{}/ serves ".format(*seen["address"]))
    assert "read-only" in result.stdout
    assert "secret" not in result.output
    assert (seen["ran"], seen["token"]) == (True, "secret")


def test_without_a_graph_the_packaged_data_is_served(monkeypatch: pytest.MonkeyPatch, kg: geokg.KnowledgeGraph) -> None:
    class Server:
        def run(self) -> None:
            raise KeyboardInterrupt

    monkeypatch.setattr("waitress.server.create_server", lambda *_, **__: Server())
    result = run("serve", "--port", "0")
    assert result.exit_code == 130
    assert f"serves {len(kg)} quads" in result.stdout


def test_a_port_that_is_taken_is_3(trig: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = run("serve", trig, "--port", str(taken.getsockname()[1]))
    assert result.exit_code == 3
    assert re.fullmatch(r"geokg: error: cannot listen at 127\.0\.0\.1 port \d+: .*in use.*\n", result.stderr)


# Progress


def test_progress_is_shown_to_people_on_stderr_alone(data: Path, tmp_path: Path) -> None:
    result = run("build", data, "-o", tmp_path / "kg.trig", env=COLOURS)
    assert "Reading" in result.stderr
    assert result.stdout == ""
    assert "Checking" in run("check", tmp_path / "kg.trig", env=COLOURS).stderr
