"""README.md, CONTRIBUTING.md and docs/ do what they say: every block is run, in order, in a copy of the checkout.

What a block is, its first line tells:

- ``python``: run as it is, or, with ``>>>``, compared with what it prints; one session a file.
- ``console``: lines that start with ``$`` go to a shell, what they print is compared; ``...`` stands for anything, and
  a line may be broken at any blank. Each must end well.
- ``sparql``: asked of the packaged data; there must be an answer.
- ``file=PATH`` or ``append=PATH`` behind any language: written there, for the blocks that follow.
- ``text``: the one drawing of the floors, compared with the linter's.
- no word: commands with what each does, where the tests cannot run them; commands, options and targets must exist.
- ``nginx``: settings of another program; only its brackets are looked at.
"""

from __future__ import annotations

import configparser
import doctest
import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

import geokg
from geokg.cli import main, reference

FILES = [
    "README.md",
    "CONTRIBUTING.md",
    "docs/building.md",
    "docs/drafting.md",
    "docs/formats.md",
    "docs/pages.md",
    "docs/schemes.md",
    "docs/serving.md",
    "docs/stores.md",
]
NOT_RUN = {
    "git clone": "needs the network",
    "make setup": "needs the network; CI runs it before any test",
    "make demo": "ends only with Ctrl-C; its commands stand in the README one by one",
    "make test": "is what runs this",
    "make bench": "takes minutes; tests/test_benchmarks.py runs the programs on less",
    "make soak": "takes ten minutes; tests/test_benchmarks.py runs it for some seconds",
    "make fuzz": "takes long; tests/test_fuzz.py sends some thousands",
    "make format": "works on what git has; its command for Turtle is run by itself",
    "geokg serve": "ends only with Ctrl-C; tests/test_cli.py starts and asks it",
    "python -m pip install .  ": "needs the network; tests/test_wheel.py installs without",
}
"""Commands that are not run here, by how they start, and why."""

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
BLOCK = re.compile(r"^```(?P<info>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block and where it is."""

    place: str
    info: list[str]
    body: str

    @property
    def language(self) -> str:
        return self.info[0] if self.info else ""

    @property
    def target(self) -> tuple[str, str] | None:
        for word in self.info[1:]:
            key, equals, value = word.partition("=")
            if equals and key in ("file", "append"):
                return key, value
        return None


def blocks(file: Path) -> list[Block]:
    text = file.read_text(encoding="utf-8")
    return [
        Block(f"{file.name}:{text.count(chr(10), 0, found.start()) + 1}", found["info"].split(), found["body"])
        for found in BLOCK.finditer(text)
    ]


class Session:
    """Runs the blocks of one file, one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: dict[str, object] = {"__name__": "__main__"}
        paths = [str(Path(sys.executable).parent), os.environ["PATH"]]
        self.environment = os.environ | {
            "PATH": os.pathsep.join(paths),
            "PYTHONPATH": str(folder / "src"),
            "NO_COLOR": "1",
        }

    def run(self, block: Block) -> None:
        if block.target:
            self.write(*block.target, block.body)
        elif block.language == "python":
            self.python(block)
        elif block.language == "console":
            self.console(block)
        elif block.language == "sparql":
            assert len(geokg.sample().query(block.body)), f"{block.place}: no answer"
        elif block.language == "":
            self.synopsis(block)
        elif block.language == "nginx":
            assert block.body.count("{") == block.body.count("}"), block.place
        elif block.language == "ini":
            configparser.ConfigParser(strict=False, interpolation=None).read_string(block.body)
            self.options(block)
        elif block.language == "dockerfile":
            self.options(block)
        else:
            assert block.language == "text", f"{block.place}: no rule for a block of {block.language!r}"

    def options(self, block: Block) -> None:
        """What starts geokg has options that there are."""
        started = re.findall(r"^(?:ExecStart=.*/geokg|CMD).*(?:\\\n.*)*", block.body, re.MULTILINE)
        given = set(re.findall(r"--[a-z][a-z-]*", " ".join(started)))
        assert given <= set(re.findall(r"--[a-z][a-z-]*", reference())), block.place

    def synopsis(self, block: Block) -> None:
        targets = re.findall(r"^([a-z]+):", (self.folder / "Makefile").read_text("utf-8"), re.MULTILINE)
        known = set(re.findall(r"--[a-z][a-z-]*", reference()))
        for line in block.body.splitlines():
            program, what, *rest = line.split()
            if program == "geokg":
                assert what in main.commands, f"{block.place}: {line}"
                assert {word for word in rest if word.startswith("--")} <= known, f"{block.place}: {line}"
            elif program == "make":
                assert what in targets, f"{block.place}: {line}"
            else:
                assert shutil.which(program, path=self.environment["PATH"]), f"{block.place}: {line}"

    def write(self, how: str, name: str, body: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a" if how == "append" else "w", encoding="utf-8", newline="") as file:
            file.write(("\n" if how == "append" and path.suffix != ".jsonl" else "") + body)

    def python(self, block: Block) -> None:
        if ">>>" not in block.body:
            exec(compile(block.body, block.place, "exec"), self.names)
            return
        test = doctest.DocTestParser().get_doctest(block.body, self.names, block.place, block.place, 0)
        said: list[str] = []
        result = doctest.DocTestRunner(optionflags=FLAGS).run(test, out=said.append, clear_globs=False)
        self.names.update(test.globs)
        assert not result.failed, "".join(said)

    def console(self, block: Block) -> None:
        for command, expected in commands(block):
            if any(command.startswith(start) for start in NOT_RUN):
                continue
            done = subprocess.run(
                command,
                shell=True,
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                timeout=300,
            )
            told = f"{block.place}: $ {command}\n{done.stdout}\n-- expected:\n{expected}"
            assert done.returncode == 0, told
            if expected:
                assert doctest.OutputChecker().check_output(expected, done.stdout, FLAGS), told


def commands(block: Block) -> list[tuple[str, str]]:
    """Each command of a console block with what it prints; a backslash at the end of a line goes on in the next."""
    assert block.body.startswith("$ "), f"{block.place}: a console block starts with a command"
    found: list[tuple[str, str]] = []
    for part in re.split(r"^\$ ", block.body, flags=re.MULTILINE)[1:]:
        command, _, printed = re.sub(r"\\\n\s*", "", part).partition("\n")
        found.append((command, printed))
    return found


@pytest.fixture
def copy(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What of the checkout the blocks work on; the other modules' caches stay behind."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    for name in ("src", "ontology", "data", "tests"):
        shutil.copytree(root / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "server.py", "Makefile"):
        shutil.copy(root / name, folder / name)
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("name", FILES)
def test_every_block_runs(root: Path, copy: Path, name: str) -> None:
    session = Session(copy)
    found = blocks(root / name)
    assert found
    for block in found:
        session.run(block)


def test_each_command_that_is_not_run_is_in_a_file(root: Path) -> None:
    said = [
        command for name in FILES for b in blocks(root / name) if b.language == "console" for command, _ in commands(b)
    ]
    assert [start for start in NOT_RUN if not any(command.startswith(start) for command in said)] == []


def test_readme_has_each_command_and_no_option_that_is_none(root: Path) -> None:
    text = (root / "README.md").read_text(encoding="utf-8")
    for name in main.commands:
        assert re.search(rf"^\| `geokg {name}\b", text, re.MULTILINE), f"geokg {name} is not in the table of commands"
    options = set(re.findall(r"--[a-z][a-z-]*", re.sub(r"python \S+ .*|make .*", "", text)))
    assert options
    assert options <= set(re.findall(r"--[a-z][a-z-]*", reference()))


def test_first_screen_says_what_it_is_and_shows_a_result(root: Path) -> None:
    start = "\n".join((root / "README.md").read_text(encoding="utf-8").splitlines()[:40])
    for words in ("make demo", "make test", "geokg explain", "leaders of the Taliban <- Hu Shisheng <- the article"):
        assert words in start


def test_links_lead_somewhere(root: Path) -> None:
    for name in [*FILES, "CHANGELOG.md", "docs/threat-model.md"]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", (root / name).read_text(encoding="utf-8")):
            assert ((root / name).parent / target).exists(), f"{name}: {target}"


def test_floors_are_drawn_as_the_linter_holds_them(root: Path) -> None:
    (drawing,) = [block.body for name in FILES for block in blocks(root / name) if block.info == ["text"]]
    drawn = [set(re.findall(r"[a-z_]+", re.split(" {3,}", line)[0])) for line in drawing.splitlines() if line.strip()]
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    (layers,) = [one["layers"] for one in settings["tool"]["importlinter"]["contracts"] if one["type"] == "layers"]
    held = [{room.strip("() ").removeprefix("geokg.") for room in layer.split("|")} for layer in layers]
    assert drawn == held
    rooms = {path.stem for path in (root / "src" / "geokg").iterdir() if path.suffix == ".py" or path.is_dir()}
    assert rooms - {"__init__", "__main__", "__pycache__"} == set().union(*held)
