"""The project is laid out as it says, and nothing in it tells of the machine it was made on."""

from __future__ import annotations

import ast
import doctest
import hashlib
import importlib
import inspect
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

import geokg
from geokg import errors

LINES = 400
"""What a file in src may have; beyond, it is two nouns."""

TOP = {
    ".ci/run",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "benchmarks/",
    "data/",
    "docs/",
    "ontology/",
    "pyproject.toml",
    "server.py",
    "web/",
    "src/",
    "tests/",
}
NOBODY_S_BUSINESS = {
    "a folder of one machine": r"(?<![\w.<>/~-])/(?:work|tmp|root|home|Users)/\w",
    "a registry of packages": r"\b(?:pypi\.org|pythonhosted\.org|npmjs\.(?:com|org)|crates\.io|proxy\.golang\.org)\b",
    "a note to oneself": r"\b(?:TODO|FIXME|XXX)\b|raise NotImplementedError|pragma: no cover",
}


@pytest.fixture(scope="session")
def tracked(root: Path) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True).stdout
    return [root / name for name in listed.split("\0") if name and (root / name).is_file()]


def test_top_level_is_as_the_readme_draws_it(root: Path, tracked: list[Path]) -> None:
    names = {path.relative_to(root) for path in tracked}
    top = {f"{name.parts[0]}/" if len(name.parts) > 1 else str(name) for name in names if name.parts[0][0] != "."}
    assert top | {".ci/run"} == TOP
    assert Path(".ci/run") in names


def test_server_is_short_and_has_an_app(root: Path) -> None:
    server = root / "server.py"
    assert len(server.read_text(encoding="utf-8").splitlines()) <= 20
    program = "import server; print(server.app.test_client().get('/health').json['status'])"
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "ok\n"), done.stderr
    assert isinstance(geokg.create_app(geokg.sample()), Flask)


def test_no_file_is_two_nouns(tracked: list[Path], root: Path) -> None:
    sizes = {
        str(path.relative_to(root)): len(path.read_text(encoding="utf-8").splitlines())
        for path in tracked
        if path.suffix == ".py" and path.is_relative_to(root / "src")
    }
    assert sizes
    assert {name: size for name, size in sizes.items() if size > LINES} == {}


def test_ci_runs_the_command_of_the_readme(root: Path) -> None:
    script = root / ".ci" / "run"
    assert os.access(script, os.X_OK)
    lines = script.read_text(encoding="utf-8").splitlines()
    assert "set -euo pipefail" in lines
    assert lines[-2:] == ["export GEOKG_NO_SKIPS=1 GEOKG_WEB=require", "make test"]


def test_makefile_explains_its_targets(root: Path) -> None:
    text = (root / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):.*##", text, re.MULTILINE))
    assert {"setup", "demo", "test", "lint", "bench", "help"} <= targets


def test_the_article_is_the_one_that_was_given(root: Path) -> None:
    digest = hashlib.sha256((root / "data" / "china-taliban" / "article.txt").read_bytes()).hexdigest()
    assert digest == "ffbafe637f4c98c2b00fb23454ed076d969768b0c05ade27157b47e142e799a9"


@pytest.mark.parametrize("what", NOBODY_S_BUSINESS)
def test_no_file_holds(what: str, tracked: list[Path], root: Path) -> None:
    found = []
    for path in tracked:
        if path == Path(__file__).resolve() or path.parent == root / "tests" / "shapes":  # some show what is wrong
            continue
        if path.suffix == ".png":
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if re.search(NOBODY_S_BUSINESS[what], line):
                found.append(f"{path.relative_to(root)}:{number}: {line.strip()[:80]}")
    assert found == []


def test_the_version_is_one(root: Path) -> None:
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["project"]["version"] == geokg.__version__
    assert f"## [{geokg.__version__}]" in (root / "CHANGELOG.md").read_text(encoding="utf-8")


# What people import


def test_all_is_sorted_and_complete() -> None:
    assert geokg.__all__ == sorted(
        geokg.__all__, key=lambda name: (name != name.title() and not name[0].isupper(), name)
    )
    shown = {name for name, value in vars(geokg).items() if name[0] != "_" and not inspect.ismodule(value)}
    assert shown - {"TYPE_CHECKING", "Any", "annotations"} <= set(geokg.__all__)
    for name in geokg.__all__:
        assert getattr(geokg, name) is not None


def examples(item: object) -> list[doctest.Example]:
    """The examples in the docstrings of something and of what it defines."""
    own = [item.__doc__ or ""]
    if inspect.isclass(item):
        own += [inspect.getdoc(member) or "" for name, member in vars(item).items() if name[0] != "_"]
    return [example for text in own for example in doctest.DocTestParser().get_examples(text)]


@pytest.mark.parametrize("name", geokg.__all__)
def test_what_people_import_explains_itself(name: str) -> None:
    item = getattr(geokg, name)
    assert (inspect.getdoc(item) or "").strip()
    if inspect.isfunction(item) or (inspect.isclass(item) and not is_plain(item)):
        assert examples(item), f"{name} has no example"


def is_plain(item: type) -> bool:
    """Whether a class only holds values: its attributes are its whole story."""
    return not any(inspect.isfunction(member) for name, member in vars(item).items() if name[0] != "_")


def modules() -> Iterator[str]:
    for found in pkgutil.walk_packages(geokg.__path__, "geokg."):
        if not found.name.endswith("__main__"):
            yield found.name


@pytest.mark.parametrize("name", sorted(modules()))
def test_every_module_and_what_is_public_in_it_has_a_docstring(name: str) -> None:
    module = importlib.import_module(name)
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), name
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{name}.{node.name}"


def test_the_tree_of_errors_is_drawn_as_it_is() -> None:
    drawn: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"(?P<branch>[\s│├└─]*)(?P<name>[A-Z]\w+)(?=\s*\(|\s{2,}|$)", line)
        if found is None or found["name"] not in vars(errors):
            continue
        depth = len(found["branch"])
        above = [one for one in above if one[0] < depth]
        drawn[found["name"]] = above[-1][1] if above else ""
        above.append((depth, found["name"]))
    real = {
        # What only shares code, and is nobody's to catch, is not drawn.
        name: next(base.__name__ for base in item.__mro__[1:] if not base.__name__.startswith("_")).replace(
            "Exception", ""
        )
        for name, item in vars(errors).items()
        if inspect.isclass(item) and issubclass(item, Exception) and not name.startswith("_")
    }
    assert drawn == real


# Where everything is installed, a skipped test is a failed one


def test_a_skipped_test_fails_where_it_could_run(root: Path, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("import pytest\n\n\ndef test_it():\n    pytest.skip('no reason')\n")
    for name in ("conftest.py", "browser.py", "processes.py"):
        (tmp_path / name).write_text((root / "tests" / name).read_text(encoding="utf-8"))
    outcomes = {}
    for value in ("", "1"):
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--rootdir",
            str(tmp_path),
            str(tmp_path),
        ]
        outcomes[value] = subprocess.run(
            command, cwd=tmp_path, env=os.environ | {"GEOKG_NO_SKIPS": value}, capture_output=True, timeout=120
        ).returncode
    assert outcomes == {"": 0, "1": 1}
