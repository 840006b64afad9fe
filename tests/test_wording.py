"""The pages in another language: every text of theirs is there, and says the same things in the same places."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

import geokg

FRENCH = Path("src/geokg/endpoint/locale/fr.po")


def read(path: Path, locale: str | None = None) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=locale)


@pytest.fixture(scope="module")
def texts(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """What templates and modules say."""
    path = tmp_path_factory.mktemp("texts") / "geokg.pot"
    command = [
        sys.executable,
        "-m",
        "babel.messages.frontend",
        "-q",
        "extract",
        "-F",
        "pyproject.toml",
        "-o",
        str(path),
    ]
    subprocess.run([*command, "."], cwd=root, check=True, timeout=120)
    return read(path)


def words(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string)


def test_every_text_is_said_in_french_and_nothing_else(root: Path, texts: Catalog) -> None:
    french = read(root / FRENCH, "fr")
    wanted, found = ({message.id for message in catalogue if message.id} for catalogue in (texts, french))
    assert wanted - found == set(), "make texts, and translate"
    assert found - wanted == set(), "make texts"
    assert [message.id for message in french if message.id and not all(words(message))] == []
    assert [message.id for message in french if message.id and message.fuzzy] == []


def test_what_is_filled_in_is_the_same(root: Path) -> None:
    holes = re.compile(r"%\(\w+\)s|\{\w*\}|</?\w+>")
    for message in read(root / FRENCH, "fr"):
        if not message.id:
            continue
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        for said in words(message):
            assert {*holes.findall(said)} == {*holes.findall(ids[-1])}, message.id


def test_pages_are_in_french_and_their_data_in_their_own_language(kg: geokg.KnowledgeGraph) -> None:
    client = geokg.create_app(kg).test_client()
    headers = {"Accept": "text/html", "Accept-Language": "fr-CA, en;q=0.5"}
    page = client.get("/data/state/CHN", headers=headers)
    assert page.headers["Content-Language"] == "fr"
    assert {"Accept-Language", "Cookie"} <= {*page.vary}
    assert '<html lang="fr">' in page.text and ">Aller au contenu<" in page.text
    assert client.get("/", headers=headers | {"Accept-Language": "de"}).headers["Content-Language"] == "en"
    chosen = client.get("/?lang=en", headers=headers)
    assert chosen.headers["Content-Language"] == "en"
    assert client.get("/", headers=headers).headers["Content-Language"] == "en", "what was chosen stays"
