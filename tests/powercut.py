"""What a power cut leaves, at worst: file operations as strace wrote them down, done again on a disk that forgets.

Such a disk keeps of a file what was there when it was last synced, and of a folder the names that were; or else, as
some file systems write down names before contents, the names as they are with the contents as they were.
"""

from __future__ import annotations

import codecs
import itertools
import os
import re
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

_CALLS = (
    "openat,mkdir,mkdirat,rmdir,rename,renameat,renameat2,link,linkat,unlink,unlinkat,write,pwrite64,ftruncate,"
    "sendfile,copy_file_range,fsync,fdatasync,sendto,"
)
_UNKNOWN = ("writev", "pwritev", "msync", "sync_file_range", "mmap", "truncate")
_STRING = r'"((?:[^"\\]|\\.)*)"'
_CALL = re.compile(r"(?P<name>\w+)\((?P<rest>.*)", re.DOTALL)
_FD = re.compile(r"\w+<(?P<path>/[^>]*)>(?!\(deleted\))")
_PLACE = re.compile(rf"(?:\w+<(?P<base>[^>]*)>, )?{_STRING}")
_RESULT = re.compile(r"\) *= (-?\d+)[^=]*$")
_LINE = re.compile(r"(\d+) +(.*)", re.DOTALL)


def command(log: Path, arguments: Sequence[str]) -> list[str]:
    """What runs a program so that its file operations are written down."""
    calls = f"trace={_CALLS}{','.join(_UNKNOWN)}"
    return ["strace", "-f", "-y", "-s", "100000000", "--seccomp-bpf", "-e", calls, "-o", str(log), *arguments]


def end(log: Path) -> None:
    """Ask the program to end; strace itself lets no signal through, and ends when all others have."""
    with log.open(encoding="utf-8") as lines:
        os.kill(int(lines.readline().split()[0]), signal.SIGTERM)


@dataclass(eq=False)
class File:
    """Bytes, as programs see them and as they were last synced, by the sync of which number."""

    data: bytearray = field(default_factory=bytearray)
    synced: bytes = b""
    since: int = 0


@dataclass(eq=False)
class Folder:
    """Names, as programs see them and as they were last synced, by the sync of which number."""

    names: dict[str, File | Folder] = field(default_factory=dict)
    synced: dict[str, File | Folder] = field(default_factory=dict)
    since: int = 0


Tree: TypeAlias = dict[str, bytes | None]
"""Files and their bytes; folders and nothing."""
_Begun: TypeAlias = tuple[File | Folder | None, Callable[[], None] | None]


class Disk:
    """A disk below a folder that is empty at first.

    Args:
        root: the folder.
    """

    def __init__(self, root: Path) -> None:
        self._root, self._top = str(root), Folder()
        self._syncs = itertools.count(1)

    def run(self, log: Path) -> Iterator[bytes]:
        """Do what a log says; after each thing that matters, what was sent to somebody by it, or nothing."""
        unfinished: dict[str, tuple[str, _Begun]] = {}
        with log.open(encoding="utf-8", newline="\n") as lines:
            for line in lines:
                found = _LINE.fullmatch(line.rstrip("\n"))
                assert found is not None
                process, said = found.groups()
                if said.endswith(" <unfinished ...>"):
                    begun = said.removesuffix(" <unfinished ...>")
                    unfinished[process] = begun, self._before(begun)
                elif said.startswith("<... "):
                    begun, before = unfinished.pop(process)
                    if self._root in begun:
                        self._do(begun + said.partition(" resumed>")[2], before)
                else:
                    begun = said
                    if self._root in said:
                        self._do(said, self._before(said))
                sent = b"" if said.startswith("<... ") else _sent(begun)
                if sent or (self._root in begun and not begun.startswith(("write", "pwrite", "mmap"))):
                    yield sent

    def left(self, *, are_names_ahead: bool = False) -> Tree:
        """What is there after a power cut now.

        Args:
            are_names_ahead: whether names are as they are; else they are as they were when last synced.
        """
        return dict(self._walk(self._top, "", are_names_ahead=are_names_ahead))

    def seen(self) -> Tree:
        """What programs see now."""
        return dict(self._walk(self._top, "", are_names_ahead=True, are_contents=True))

    def _walk(
        self, folder: Folder, above: str, *, are_names_ahead: bool, are_contents: bool = False
    ) -> Iterator[tuple[str, bytes | None]]:
        for name, one in (folder.names if are_names_ahead else folder.synced).items():
            if isinstance(one, File):
                yield above + name, bytes(one.data) if are_contents else one.synced
            else:
                yield above + name, None
                yield from self._walk(
                    one, f"{above}{name}/", are_names_ahead=are_names_ahead, are_contents=are_contents
                )

    def _find(self, path: str) -> File | Folder | None:
        one: File | Folder | None = self._top
        if path != self._root and not path.startswith(f"{self._root}/"):
            return None
        for name in Path(path).relative_to(self._root).parts:
            one = one.names.get(name) if isinstance(one, Folder) else None
        return one

    def _place(self, path: str) -> tuple[dict[str, File | Folder], str] | None:
        folder = self._find(str(Path(path).parent))
        return (folder.names, Path(path).name) if isinstance(folder, Folder) else None

    def _before(self, said: str) -> _Begun:
        """What a call is about; and what a sync keeps for sure, which is what was there when it began."""
        call = _CALL.match(said)
        found = _FD.match(call["rest"]) if call is not None else None
        one = self._find(found["path"]) if found is not None else None
        if one is None or call is None or call["name"] not in ("fsync", "fdatasync"):
            return one, None
        there = bytes(one.data) if isinstance(one, File) else dict(one.names)
        return one, partial(_keep, one, there, next(self._syncs))

    def _do(self, said: str, begun: _Begun) -> None:
        call, result = _CALL.match(said), _RESULT.search(said)
        if call is None or result is None or int(result[1]) < 0:
            return
        name, rest, count = call["name"], call["rest"][: result.start() - call.start("rest")], int(result[1])
        one, keep = begun
        if name in ("fsync", "fdatasync"):
            if keep is not None:
                keep()
        elif name in ("write", "pwrite64", "ftruncate", "sendfile", "copy_file_range"):
            if isinstance(one, File) or name == "copy_file_range":
                self._change(name, rest, count, one)
        elif name in _UNKNOWN:
            assert self._root not in rest or (name == "mmap" and "MAP_SHARED" not in rest), f"not played: {said}"
        else:
            self._name(name, rest)

    def _change(self, name: str, rest: str, count: int, one: File | Folder | None) -> None:
        paths = [found["path"] for found in _FD.finditer(rest)]
        if name in ("sendfile", "copy_file_range"):
            source, target = (paths[1], paths[0]) if name == "sendfile" else (paths[0], paths[1])
            one, other = self._find(target), self._find(source)
            if one is None:
                return
            assert isinstance(one, File) and isinstance(other, File)
            offset = len(one.data)  # a whole file is copied from its beginning
            one.data += other.data[offset : offset + count]
            return
        assert isinstance(one, File)
        if name == "ftruncate":
            size = int(rest.rpartition(", ")[2])
            one.data = one.data[:size] + bytes(max(0, size - len(one.data)))
            return
        text = re.search(_STRING, rest, re.DOTALL)
        assert text is not None
        data = _decoded(text[1])[:count]
        offset = int(rest.rpartition(", ")[2]) if name == "pwrite64" else len(one.data)
        one.data[offset : offset + len(data)] = data

    def _name(self, name: str, rest: str) -> None:
        places = [
            self._place(str(Path(found["base"] or "/") / _decoded(found[2]).decode()))
            for found in _PLACE.finditer(rest)
        ]
        if not places or places[0] is None:
            return
        (folder, own), *others = places[:2]  # type: ignore[misc]
        if name == "openat":
            if own not in folder and "O_CREAT" in rest:
                folder[own] = File()
            one = folder.get(own)
            if isinstance(one, File) and "O_TRUNC" in rest:
                one.data.clear()
        elif name in ("mkdir", "mkdirat"):
            folder[own] = Folder()
        elif name in ("rmdir", "unlink", "unlinkat"):
            del folder[own]
        else:
            assert others and others[0] is not None, "nothing leaves the disk"
            there, new = others[0]
            if name in ("link", "linkat"):
                there[new] = folder[own]
            elif "RENAME_EXCHANGE" in rest:
                folder[own], there[new] = there[new], folder[own]
            else:
                there[new] = folder.pop(own)


def _keep(one: File | Folder, there: Any, since: int) -> None:
    """Of two syncs at once, that which began first may end last; it takes nothing back."""
    if since > one.since:
        one.synced, one.since = there, since


def write(tree: Tree, folder: Path) -> None:
    """Put what is left where it can be opened."""
    folder.mkdir()
    for name, data in tree.items():
        if data is None:
            (folder / name).mkdir()
        else:
            (folder / name).write_bytes(data)


def _sent(said: str) -> bytes:
    """What goes to a client, or to whoever reads what a program prints."""
    found = re.match(rf"(?:sendto\(\d+<socket[^>]*>|write\(1<pipe[^>]*>), {_STRING}", said, re.DOTALL)
    return _decoded(found[1]) if found is not None else b""


def _decoded(text: str) -> bytes:
    return codecs.escape_decode(text.encode())[0]
