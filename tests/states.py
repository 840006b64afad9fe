"""Makes data/reference/states.ttl: ``python tests/states.py``, offline, the same bytes each time.

Codes and names come from ISO 3166-1 as pycountry has it. The names that English speakers use instead, such as Britain
and Turkey, come from the time zone database, whose ``iso3166.tab`` lists "the usual English name".

Which entries are states is in neither list; the rule here is a plain one that anybody can check: members and observer
states of the United Nations are ``gk:State``, every other entry is ``gk:Territory``. It is a rule for typing a file, no
view on anybody's standing.
"""

from __future__ import annotations

import gettext
from collections.abc import Iterator
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Quad
from rdflib.namespace import DCTERMS, RDF, SKOS, VOID

from geokg.canonical import turtle
from geokg.vocabulary import DEFAULT_BASE, GK, Base, prefixes

TARGET = Path(__file__).parents[1] / "data" / "reference" / "states.ttl"

BASE = Base(DEFAULT_BASE)

# What ISO 3166-1 lists and what is neither a member nor an observer state of the United Nations.
TERRITORIES = """
ABW AIA ALA ASM ATA ATF BES BLM BMU BVT CCK COK CUW CXR CYM ESH FLK FRO
GGY GIB GLP GRL GUF GUM HKG HMD IMN IOT JEY MAC MAF MNP MSR MTQ MYT NCL
NFK NIU PCN PRI PYF REU SGS SHN SJM SPM SXM TCA TKL TWN UMI VGB VIR WLF
"""

# Catalogues of pycountry by the language tag they stand for; English is what it speaks itself.
CATALOGUES = {"ar": "ar", "es": "es", "fr": "fr", "ru": "ru", "zh": "zh_CN"}

# Everyday names where ISO turns a name round for its alphabetical list, or where a catalogue has none.
AS_SAID = {
    "ALA": {"fr": "Îles Åland"},
    "CCK": {"fr": "Îles Cocos (Keeling)"},
    "COD": {
        "ar": "جمهورية الكونغو الديمقراطية",
        "en": "Democratic Republic of the Congo",
        "es": "República Democrática del Congo",
    },
    "COM": {"es": "Comoras"},
    "CXR": {"fr": "Île Christmas"},
    "FLK": {"fr": "Îles Malouines (Falkland)"},
    "FSM": {"ar": "ميكرونيزيا", "en": "Micronesia", "es": "Micronesia", "fr": "Micronésie"},
    "HUN": {"ar": "المجر"},
    "IRN": {"ar": "إيران"},
    "KOR": {"ar": "كوريا الجنوبية"},
    "LAO": {"ar": "لاوس"},
    "PRK": {"ar": "كوريا الشمالية"},
    "PSE": {"ar": "فلسطين", "en": "Palestine", "es": "Palestina", "fr": "Palestine"},
    "REU": {"fr": "La Réunion"},
    "RUS": {"fr": "Russie"},
    "SLB": {"fr": "Îles Salomon"},
    "SYR": {"ar": "سوريا"},
    "TUR": {"ar": "تركيا"},
    "VAT": {"ar": "الكرسي الرسولي", "en": "Holy See", "es": "Santa Sede", "fr": "Saint-Siège"},
    "VGB": {"ar": "جزر فيرجن البريطانية", "en": "British Virgin Islands", "es": "Islas Vírgenes Británicas"},
    "VIR": {
        "ar": "جزر فيرجن الأميركية",
        "en": "United States Virgin Islands",
        "es": "Islas Vírgenes de los Estados Unidos",
        "fr": "Îles Vierges des États-Unis",
    },
}

# Where what iso3166.tab has in brackets is another name; elsewhere it tells namesakes apart.
TWO_NAMES = {"GB", "MM", "SZ"}

# What was the short name of a member of the United Nations and is in neither list.
ONCE = {"MKD": "Macedonia"}  # until the Prespa agreement of 17 June 2018, article 1, came into force

ABOUT = (
    "The entries of ISO 3166-1 with their alpha-2, alpha-3 and numeric codes and their names in the six languages of "
    "the United Nations. Members and observer states of the United Nations are states; every other entry, such as an "
    "overseas land or Antarctica, is a territory. This rule types a file and takes no view on anybody's standing. "
    "The everyday name is the preferred label; the formal ones, and what else is usual in English, are alternative "
    "labels. Made by tests/states.py; do not edit."
)

RIGHTS = (
    "Codes: ISO 3166-1. Names and their translations: Debian iso-codes, LGPL-2.1+. Usual English names: public domain."
)


class Silent(gettext.NullTranslations):
    """Says nothing where a translation is missing, so that English never passes for another language."""

    def gettext(self, message: str) -> str:
        return ""


def usual() -> dict[str, list[str]]:
    """The usual English names by alpha-2 code; without what is shortened with a full stop."""
    found = {}
    for line in files("tzdata").joinpath("zoneinfo/iso3166.tab").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#") and "." not in line:
            code, name = line.split("\t")
            names = name.removesuffix(")").split(" (")
            if len(names) == 1 or code in TWO_NAMES:
                found[code] = names
    return found


def quads() -> Iterator[Quad]:
    """Every triple of the file.

    Raises:
        ModuleNotFoundError: pycountry or tzdata is not installed.
    """
    import pycountry

    def quad(subject: NamedNode, predicate: str, value: str | NamedNode | Literal) -> Quad:
        return Quad(subject, NamedNode(str(predicate)), Literal(value) if isinstance(value, str) else value)

    graph = NamedNode(BASE.graph + "reference/states")
    yield quad(graph, RDF.type, NamedNode(str(VOID.Dataset)))
    yield quad(graph, DCTERMS.title, Literal("States and territories of ISO 3166-1", language="en"))
    yield quad(graph, DCTERMS.description, Literal(ABOUT, language="en"))
    yield quad(graph, DCTERMS.source, "ISO 3166-1, in the Debian project iso-codes")
    yield quad(graph, DCTERMS.source, "iso3166.tab of the IANA time zone database")
    yield quad(graph, DCTERMS.provenance, f"pycountry {version('pycountry')}, tzdata {version('tzdata')}")
    yield quad(graph, DCTERMS.rights, RIGHTS)

    territories = set(TERRITORIES.split())
    catalogues = {}
    for tag, name in CATALOGUES.items():
        catalogues[tag] = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[name])
        catalogues[tag].add_fallback(Silent())

    usual_names = usual()
    for country in pycountry.countries:
        code = country.alpha_3
        node = NamedNode(f"{BASE.data}state/{code}")
        kind = GK.Territory if code in territories else GK.State
        yield quad(node, RDF.type, NamedNode(str(kind)))
        yield quad(node, GK.iso3166Alpha2, country.alpha_2)
        yield quad(node, GK.iso3166Alpha3, code)
        yield quad(node, GK.m49Code, country.numeric)
        names = [getattr(country, key) for key in ("common_name", "name", "official_name") if hasattr(country, key)]
        for tag in ("en", *CATALOGUES):
            translate = catalogues[tag].gettext if tag in catalogues else str
            # Three Russian names come with stress marks, as in a dictionary; nobody writes them.
            labels = [AS_SAID.get(code, {}).get(tag, ""), *(translate(name).replace("\u0301", "") for name in names)]
            preferred, *others = dict.fromkeys(label for label in labels if label)
            yield quad(node, SKOS.prefLabel, Literal(preferred, language=tag))
            if tag == "en":
                more = [*usual_names.get(country.alpha_2, ()), *filter(None, [ONCE.get(code)])]
                others = [name for name in dict.fromkeys([*others, *more]) if name != preferred]
            for label in others:
                yield quad(node, SKOS.altLabel, Literal(label, language=tag))


def text() -> str:
    """The file, as canonical Turtle."""
    return turtle(quads(), prefixes(BASE))


if __name__ == "__main__":
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(text(), encoding="utf-8", newline="\n")
