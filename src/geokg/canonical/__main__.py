"""``python -m geokg.canonical [--check] FILE...``: put Turtle files into canonical form, or list those that are not."""

from __future__ import annotations

import sys
from pathlib import Path

from . import rewrite


def main(arguments: list[str]) -> int:
    """Rewrite Turtle files in place; with ``--check``, only list those that differ.

    Args:
        arguments: the files, and ``--check``. Comments in a rewritten file are lost.

    Returns:
        0 if all is well, 1 if a file differs, 2 if one is not Turtle; the files before it are done.

    >>> from geokg.vocabulary import packaged
    >>> main(["--check", str(packaged("ontology") / "core.ttl")])
    0
    """
    files = [Path(name) for name in arguments if name != "--check"]
    check = len(files) < len(arguments)
    status = 0
    for path in files:
        before = path.read_bytes()
        try:
            after = rewrite(before).encode()
        except SyntaxError as error:
            sys.stderr.write(f"{path}:{error.lineno or 1}:{error.offset or 1}: {error.msg}\n")
            return 2
        if after == before:
            continue
        if check:
            status = 1
            sys.stdout.write(f"{path}: not in canonical form; python -m geokg.canonical {path} rewrites it\n")
        else:
            beside = path.with_name(path.name + ".new")
            beside.write_bytes(after)
            beside.replace(path)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
