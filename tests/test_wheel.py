"""The built wheel works by itself: in an empty folder, with nothing of the checkout in sight."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import geokg

pytestmark = pytest.mark.xdist_group("wheel")  # they share what one of them sets up


@pytest.fixture(scope="session")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(root)], folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-index", "--no-deps"]
    run([*pip, "--target", str(folder), str(wheel)], folder)
    return folder


def run(command: list[str], folder: Path, **environment: str) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "GEOKG", "COV"))}
    done = subprocess.run(
        command, cwd=folder, env=clean | environment, capture_output=True, encoding="utf-8", timeout=300
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def python(installed: Path, folder: Path, *arguments: str) -> str:
    return run([sys.executable, *arguments], folder, PYTHONPATH=str(installed))


def test_the_packaged_data_conforms_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    program = "import geokg; print(geokg.sample().validate().conforms)"
    assert python(installed, tmp_path, "-c", program) == "True\n"


def test_it_is_the_wheel_that_runs(installed: Path, tmp_path: Path) -> None:
    program = (
        "import geokg; from geokg.vocabulary import packaged; "
        "print(geokg.__file__, packaged('data'), packaged('ontology'), sep='\\n')"
    )
    for line in python(installed, tmp_path, "-c", program).splitlines():
        assert Path(line).is_relative_to(installed)


def test_the_command_line_runs(installed: Path, tmp_path: Path) -> None:
    version = f"geokg, version {geokg.__version__}\n"
    assert python(installed, tmp_path, "-m", "geokg", "--version") == version
    assert run([str(installed / "bin" / "geokg"), "--version"], tmp_path, PYTHONPATH=str(installed)) == version


def test_the_endpoint_finds_its_pages(installed: Path, tmp_path: Path) -> None:
    program = "import geokg; print(geokg.create_app(geokg.sample()).test_client().get('/').status)"
    assert python(installed, tmp_path, "-c", program) == "200 OK\n"


def test_the_wheel_holds_all_that_is_needed_and_nothing_else(root: Path, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    tracked = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    folders = {"src/geokg/": "geokg/", "ontology/": "geokg/ontology_files/", "data/": "geokg/data_files/"}
    wanted = {new + name.removeprefix(old) for name in tracked for old, new in folders.items() if name.startswith(old)}
    assert wanted - held == set()
    assert {"geokg/py.typed", "geokg/data_files/china-taliban/article.ann", "geokg/ontology_files/geokg.ttl"} <= held
    assert any(name.startswith("geokg/endpoint/templates/") for name in held)
    bundle = root / "src" / "geokg" / "endpoint" / "static" / "bundle"
    assert {f"geokg/endpoint/static/bundle/{path.name}" for path in bundle.glob("*")} <= held
    assert all(name.startswith("geokg/") for name in held), "something beside the package, such as tests"
    with zipfile.ZipFile(wheel) as archive:
        assert (
            archive.read("geokg/data_files/china-taliban/article.txt")
            == (root / "data" / "china-taliban" / "article.txt").read_bytes()
        )
