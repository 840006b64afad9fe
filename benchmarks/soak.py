"""Readers, writers, killers and leavers at once, for as long as it takes to see what leaks.

A server is started on the article's graph. Readers ask, some for too much; visitors look at pages; writers insert and
delete; leavers go away in the middle of an answer, or before its first byte; killers end running queries by the
operator's address and by a signal to their process. Every answer must be one by design: 2xx, 4xx, or 503. In the end
there must be as many processes and open files as in the beginning, no copy of the data that nobody reads, and what was
acknowledged must be there.

    python benchmarks/soak.py [--seconds S]
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlsplit

from _servers import serving

DATA = Path(__file__).resolve().parents[1] / "data"
TOKEN = "a secret for the soak"
QUICK = ["ASK { ?s ?p ?o }", "SELECT * { ?s ?p ?o } LIMIT 10", "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", "ASK { broken"]
HEAVY = [
    "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }",
    "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?i",
    "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
]

PAGES = ["/", "/claims", "/claims?page=2", "/claims.csv", "/claims.json", "/commitments", "/data/entity/taliban"]
PAGES += ["/data/entity/taliban.ttl", "/network", "/network.json", "/timeline", "/timeline.csv", "/map", "/sparql"]
PAGES += ["/report", "/report.csv", "/report/state", "/search?q=taliban", "/suggest?q=ta", "/ontology", "/nothing"]


class Soak:
    """One server and those who pester it.

    Attributes:
        counts: answers, by who asked and the status.
        wrong: what should not have happened.
        written: the numbers that stand in the store, as was acknowledged.
    """

    def __init__(self, port: int, process: int, until: float) -> None:
        self.port, self.process, self.until = port, process, until
        self.counts: Counter[tuple[str, str]] = Counter()
        self.wrong: list[str] = []
        self.written: dict[int, bool] = {}
        self._lock = threading.Lock()

    def send(self, who: str, method: str, path: str, body: str | None = None, kind: str = "", read: int = -1) -> int:
        """Ask once; the status, or 0 if the connection broke."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        status, told = 0, b""
        try:
            headers = {"Authorization": f"Bearer {TOKEN}"} | ({"Content-Type": kind} if kind else {})
            headers |= {"Accept": "text/html, */*;q=0.5"} if who == "visitor" else {}
            connection.request(method, path, body, headers)
            if read != 0:
                response = connection.getresponse()
                status = response.status
                told = response.read(read) if read > 0 else response.read()
        except (OSError, http.client.HTTPException) as error:
            if status == 0 and read != 0:
                self._note(f"{who}: {type(error).__name__}: {error}")
        finally:
            connection.close()
        with self._lock:
            self.counts[who, str(status or "left")] += 1
        if status >= 500 and status != 503:
            self._note(f"{who}: status {status}: {told[:300].decode('utf-8', 'replace')}")
        return status

    def _note(self, words: str) -> None:
        with self._lock:
            self.wrong.append(words)

    def reader(self, dice: random.Random) -> None:
        """Ask something, now and then too much."""
        query = dice.choice(HEAVY) if dice.random() < 0.2 else dice.choice(QUICK)
        self.send("reader", "GET", f"/sparql?timeout=2&query={quote(query)}", read=1 << 20)

    def visitor(self, dice: random.Random) -> None:
        """Look at a page; now and then not to its end."""
        self.send("visitor", "GET", dice.choice(PAGES), read=dice.choice([1 << 20, 1 << 20, 1 << 20, 100]))

    def leaver(self, dice: random.Random) -> None:
        """Ask for much and go away."""
        self.send("leaver", "GET", f"/sparql?query={quote(dice.choice(HEAVY))}", read=dice.choice([0, 1, 5000]))
        time.sleep(0.2)

    def writer(self, dice: random.Random) -> None:
        """Insert a number, or take one out."""
        number = dice.randrange(1000)
        is_new = dice.random() < 0.7
        update = f"{'INSERT' if is_new else 'DELETE'} DATA {{ GRAPH <x:soak> {{ <x:n> <x:is> {number} }} }}"
        if self.send("writer", "POST", "/update", update, "application/sparql-update") in (200, 204):
            self.written[number] = is_new  # there is one writer
        time.sleep(0.1)

    def killer(self, dice: random.Random) -> None:
        """End a query, as the operator does, or any process that is not the server, its owner or its writer."""
        time.sleep(0.5)
        if dice.random() < 0.5:
            running = json.loads(self.ask("/admin/queries"))["queries"]
            if running:
                self.send("killer", "DELETE", f"/admin/queries/{dice.choice(running)['id']}")
            return
        workers = [child for child in descendants(self.process) if descendants(child) == [] and _reads(child)]
        if workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(dice.choice(workers), signal.SIGKILL)
                with self._lock:
                    self.counts["killer", "killed"] += 1

    def run(self, what: Callable[[random.Random], None], seed: int) -> None:
        """Do the same again and again until the time is over."""
        dice = random.Random(seed)
        while time.monotonic() < self.until:
            what(dice)

    def ask(self, path: str) -> str:
        """What stands at an address."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", path, headers={"Authorization": f"Bearer {TOKEN}"})
        text = connection.getresponse().read().decode()
        connection.close()
        return text

    def query(self, query: str) -> str:
        """An answer in CSV."""
        return self.ask(f"/sparql?format=csv&query={quote(query)}")


def descendants(process: int) -> list[int]:
    """The processes below one."""
    found: list[int] = []
    for tasks in Path(f"/proc/{process}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, tasks.read_text().split()):
                found += [child, *descendants(child)]
    return found


def _reads(process: int) -> bool:
    """Whether it is a worker that reads, and not the process that writes."""
    try:
        return b"scribe" not in Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False


def _command(process: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")[:200]
    return "?"


def state(process: int) -> tuple[int, int]:
    """How many processes there are below the server, and how many files it has open; one copy of the data is one."""
    files = set()
    for descriptor in Path(f"/proc/{process}/fd").iterdir():
        with contextlib.suppress(OSError):
            target = descriptor.readlink()
            files.add(target.parent if ".generations" in str(target) else descriptor)
    return len(descendants(process)), len(files)


def is_alive(process: int) -> bool:
    """Whether a process is there, and is more than a name that nobody has taken note of."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def soak(folder: Path, seconds: float) -> list[str]:
    """Run it; what was wrong."""
    (folder / "token").write_text(TOKEN, encoding="utf-8")
    build = [sys.executable, "-m", "geokg", "build", str(DATA), "-o", str(folder / "store")]
    subprocess.run(build, check=True, capture_output=True)
    options = [str(folder / "store"), "--token-file", str(folder / "token")]
    options += ["--gate", "off", "--deadline", "3", "--memory", "512"]
    with serving(*options, end=subprocess.Popen.kill) as (told, server):
        pester = Soak(urlsplit(told["address"]).port or 80, server.pid, time.monotonic() + seconds)
        pester.query("ASK {}")
        for page in PAGES:  # some of what is read stays open
            pester.send("visitor", "GET", page)
        before = state(server.pid)
        _pester(pester)
        return pester.wrong + _aftermath(pester, server, before, folder)


def _pester(pester: Soak) -> None:
    roles = [pester.reader] * 3 + [pester.visitor] * 2 + [pester.leaver] * 2 + [pester.writer, pester.killer]
    threads = [threading.Thread(target=pester.run, args=(role, seed)) for seed, role in enumerate(roles)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for (who, status), count in sorted(pester.counts.items()):
        print(f"{who} {status}: {count}")


def _aftermath(pester: Soak, server: subprocess.Popen[str], before: tuple[int, int], folder: Path) -> list[str]:
    """What was left behind."""
    wrong = []
    copies = folder / ".store.generations"
    rows = pester.query("SELECT ?n { GRAPH <x:soak> { <x:n> <x:is> ?n } }").split()[1:]
    expected = {str(number) for number, is_there in pester.written.items() if is_there}
    if set(rows) != expected:
        wrong.append(f"{len(set(rows) ^ expected)} of what was acknowledged is otherwise")
    for _ in range(300):  # what a page has begun to check is checked to its end
        after, left = state(server.pid), len(list(copies.iterdir()))
        if after[0] <= before[0] and after[1] <= before[1] + 3 and left == 1:
            break
        time.sleep(0.2)
    else:
        wrong.append(f"processes and open files: {before} before, {after} after; {left} copies of the data")
    print(f"processes and open files: {before} before, {after} after; copies of the data: {left}")
    family = descendants(server.pid)
    server.terminate()
    server.wait(60)
    end = time.monotonic() + 20
    while (alive := [child for child in family if is_alive(child)]) and time.monotonic() < end:
        time.sleep(0.2)
    if alive:
        wrong.append(f"processes of the server outlive it: {[_command(child) for child in alive]}")
    if copies.exists():
        wrong.append("copies of the data outlive the server")
    return wrong


def main() -> None:
    """Run it, say what was wrong, and end with 1 if anything was."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600.0, help="how long")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wrong = soak(Path(folder), given.seconds)
    for words, count in Counter(wrong).items():
        print(f"WRONG {count} x {words}")
    print("nothing was wrong" if not wrong else f"{len(wrong)} things were wrong")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
