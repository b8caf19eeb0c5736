"""From a bare Python to a working tree: uv, the locked packages in .venv, the front end's bundle.

Each step keeps a stamp, the hash of what it was made from: a second run does nothing, a change redoes only
what it touches, and a step that was interrupted is done again. Standard library only; nothing is installed
outside this folder.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT / ".tools"
VENV = ROOT / ".venv"
FRONTEND = ROOT / "frontend"
UV = "0.13.9"
OLDEST_UV = (0, 8)


class Trouble(Exception):
    """One sentence that says what to do."""


def main() -> int:
    os.chdir(ROOT)
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w") as lock:
        # Two at once would install over each other; the second one waits and then has nothing to do.
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            make_environment()
            install_packages()
            install_project()
            install_node_packages()
            build_front_end()
        except Trouble as trouble:
            print(f"bootstrap: {trouble}", file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            return 130
    return 0


def make_environment() -> None:
    # Its programs name their interpreter by its full path, so a folder that was moved needs a new one.
    step = Step(VENV / ".made-at", [], str(VENV))
    if not step.is_done() or not (VENV / "bin" / "python").exists():
        with step.doing("Making .venv"):
            run([uv(), "venv", "--quiet", "--clear", "--no-project", "--python", sys.executable, str(VENV)])


def install_packages() -> None:
    step = Step(VENV / ".packages", [ROOT / "requirements.lock"])
    if not step.is_done():
        with step.doing("Installing Python packages"):
            # Syncing removes Cartera itself: were it cut short and the lock put back as it was, that stamp
            # would still say that all is there.
            (VENV / ".project").unlink(missing_ok=True)
            # Compiled now: a start where Python may write no bytecode would compile everything each time.
            options = ["--require-hashes", "--compile-bytecode"]
            run([uv(), "pip", "sync", *INTO_VENV, *options, "requirements.lock"])


def install_project() -> None:
    # After the packages, since syncing removes what the lock does not name: the project itself.
    step = Step(VENV / ".project", [ROOT / "pyproject.toml", ROOT / "requirements.lock"])
    if not step.is_done():
        with step.doing("Installing Cartera itself"):
            run([uv(), "pip", "install", *INTO_VENV, "--no-deps", "--no-build-isolation", "--editable", "."])
            run([str(VENV / "bin" / "python"), "-m", "compileall", "-q", "cartera", "api", "jobs"])


# From the wheel, and not the one in the wheel's own folder, which does not find its library.
NPM = str(VENV / "bin" / "npm")
INTO_VENV = ("--quiet", "--python", str(VENV / "bin" / "python"))


def install_node_packages() -> None:
    made_from = [FRONTEND / name for name in ("package.json", "package-lock.json", ".npmrc")]
    step = Step(FRONTEND / "node_modules" / ".packages", made_from)
    if not step.is_done():
        with step.doing("Installing the front end's packages"):
            run([NPM, "ci", "--no-progress", "--loglevel=error"], FRONTEND)


def build_front_end() -> None:
    # The types of its queries come from the schema.
    step = Step(TOOLS / "bundle", [*files_below(FRONTEND), *(ROOT / "api" / "schema").glob("*.graphql")])
    if not step.is_done() or not (FRONTEND / "dist" / "index.html").exists():
        with step.doing("Building the front end"):
            run([NPM, "run", "--silent", "build"], FRONTEND)


class Step:
    """One thing that is made, and the stamp that says from what."""

    def __init__(self, stamp: Path, made_from: Sequence[Path], *words: str) -> None:
        self._stamp = stamp
        digest = hashlib.sha256("\n".join(words).encode())
        for path in sorted(made_from):
            digest.update(f"\n{path.relative_to(ROOT)} {path.stat().st_size}\n".encode())
            digest.update(path.read_bytes())
        self._value = digest.hexdigest()

    def is_done(self) -> bool:
        return self._stamp.exists() and self._stamp.read_text("ascii") == self._value

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        print(f"{what} …", flush=True)
        began = time.monotonic()
        self._stamp.unlink(missing_ok=True)
        yield
        self._stamp.write_text(self._value, "ascii")
        print(f"{what} took {time.monotonic() - began:.1f} s", flush=True)


def files_below(folder: Path) -> list[Path]:
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in {"node_modules", "dist"}]
        # What `npm run check` makes of the schema are types, which no bundle holds.
        found += [Path(parent, name) for name in names if not name.endswith(".d.ts")]
    return found


@cache
def uv() -> str:
    """A uv that is here already, or one in a throw-away environment of its own."""
    folder = TOOLS / "uv"
    own = str(folder / "bin" / "uv")
    for here in (shutil.which("uv"), own):
        if here and version_of(here) >= OLDEST_UV:
            return here
    print("Fetching uv …", flush=True)
    run([sys.executable, "-m", "venv", "--clear", str(folder)], advice=VENV_ADVICE)
    run([str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", f"uv=={UV}"])
    return own


def version_of(program: str) -> tuple[int, ...]:
    """Major and minor; (0,) for a program that does not run here."""
    try:
        shown = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        shown = ""
    found = re.search(r"(\d+)\.(\d+)", shown)
    return tuple(int(number) for number in found.groups()) if found else (0,)


ADVICE = "its words are above; put that right (is the package index in reach?) and run it again"
VENV_ADVICE = "install your system's package for Python's venv module, such as python3-venv, and run it again"


def run(words: Sequence[str], folder: Path = ROOT, advice: str = ADVICE) -> None:
    """Run a command to its end. Raises Trouble when it fails; its own words are on the screen by then."""
    try:
        code = subprocess.run(words, cwd=folder, env=environment(), check=False).returncode
    except FileNotFoundError as error:
        raise Trouble(f"{words[0]} is missing: remove .venv and run it again.") from error
    if code != 0:
        raise Trouble(f"{Path(words[0]).name} {words[1]} failed with code {code}: {advice}.")


def environment() -> dict[str, str]:
    """Ours, with the wheel's Node first on the path, and what pip knows of this network for uv and npm."""
    environ = dict(os.environ)
    environ["PATH"] = os.pathsep.join([str(VENV / "bin"), environ.get("PATH", os.defpath)])
    # Only the Python that is here: uv would fetch others from elsewhere.
    environ["UV_PYTHON_DOWNLOADS"] = "never"
    for name, setting in (("UV_DEFAULT_INDEX", "index-url"), ("SSL_CERT_FILE", "cert")):
        if name not in environ and (value := pip_setting(setting)):
            environ[name] = value
    if "SSL_CERT_FILE" in environ:
        environ.setdefault("NODE_EXTRA_CA_CERTS", environ["SSL_CERT_FILE"])
    if not os.access(environ.get("HOME", ""), os.W_OK):
        environ |= {
            "UV_CACHE_DIR": str(TOOLS / "cache" / "uv"),
            "npm_config_cache": str(TOOLS / "cache" / "npm"),
        }
    return environ


def pip_setting(name: str) -> str:
    """A setting of pip's, from its environment variable or its files; empty when there is none, or no pip."""
    if value := os.environ.get(f"PIP_{name.replace('-', '_').upper()}"):
        return value
    # The first is there once uv was fetched, and has a pip even where the system's Python has none.
    pythons = (TOOLS / "uv" / "bin" / "python", Path(sys.executable))
    answers = (ask_pip(python, name) for python in pythons if python.exists())
    return next(filter(None, answers), "")


@cache
def ask_pip(python: Path, name: str) -> str:
    words = [str(python), "-m", "pip", "config", "get", f"global.{name}"]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
