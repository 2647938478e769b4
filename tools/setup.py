"""Everything between a fresh clone and a checkout that runs: `make setup`.

Runs on the system's own Python with nothing installed, so only the standard library is used here.
Every step is remembered by a digest of what it was made from; a step whose digest still fits is not done again.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tools import paths

if TYPE_CHECKING:
    from collections.abc import Iterator

OLDEST_PYTHON = (3, 11)
STAMP = paths.VENV / "setup.json"


class Step(NamedTuple):
    """One part of the set-up: what it is made from, what it leaves behind, and how it is done."""

    name: str
    says: str
    made_from: str
    leaves: tuple[Path, ...]
    act: Callable[[], None]


def complaint() -> str | None:
    """Say in one sentence why this Python cannot do the set-up, or nothing."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        return (
            f"Python {OLDEST_PYTHON[0]}.{OLDEST_PYTHON[1]} or newer is needed, this one is {version}: "
            "choose another with `make setup PYTHON=python3.11`."
        )
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        return "This Python cannot make virtual environments: install the package python3-venv, then try again."
    return None


def digest(texts: Iterable[str], files: Iterable[Path] = ()) -> str:
    """Fingerprint the inputs of a step; a missing file counts as itself, so that its arrival is noticed."""
    total = hashlib.sha256()
    for text in texts:
        total.update(text.encode() + b"\0")
    for file in files:
        total.update(str(file.relative_to(paths.ROOT)).encode() + b"\0")
        total.update(hashlib.sha256(file.read_bytes()).digest() if file.is_file() else b"absent")
    return total.hexdigest()


def call(*command: str | Path) -> None:
    """Run a command in the checkout; its own words are shown only when it fails."""
    done = subprocess.run(
        [str(part) for part in command], cwd=paths.ROOT, capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode != 0:
        sys.stderr.write(done.stdout + done.stderr)
        raise SystemExit(f"make setup stopped: `{Path(command[0]).name} {command[1]} …` ended with {done.returncode}.")


def make_environment() -> None:
    """A new virtual environment with uv in it, uv itself checked against its hashes."""
    shutil.rmtree(paths.VENV, ignore_errors=True)
    call(sys.executable, "-m", "venv", paths.VENV)
    call(
        *(paths.VENV_PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--require-hashes", "--requirement", paths.REQUIREMENTS / "uv.txt"),
    )


def install_packages() -> None:
    """Exactly the locked packages, each checked; compiled now, or every later start takes seconds longer."""
    call(
        *(paths.VENV / "bin" / "uv", "pip", "sync", "--quiet", "--python", paths.VENV_PYTHON),
        *("--require-hashes", "--compile-bytecode", paths.REQUIREMENTS / "dev.txt"),
    )


def install_project() -> None:
    """The project itself, in place: its folders on the path, its version in the metadata."""
    call(
        *(paths.VENV / "bin" / "uv", "pip", "install", "--quiet", "--python", paths.VENV_PYTHON),
        *("--no-deps", "--no-build-isolation", "--editable", paths.ROOT),
    )


def fetch_front_end() -> None:
    """The front-end packages through npm, only the chosen files of them."""
    call(paths.VENV_PYTHON, "-m", "tools.vendor")


def compile_translations() -> None:
    """Catalogues as the application reads them; a fuzzy entry stays untranslated, as it should."""
    if catalogues():
        call(paths.VENV_PYTHON, "-m", "babel.messages.frontend", "compile", "--directory", paths.TRANSLATIONS)


def catalogues() -> list[Path]:
    """Every translated catalogue of the application."""
    return sorted(paths.TRANSLATIONS.glob("*/LC_MESSAGES/*.po"))


def steps() -> list[Step]:
    """The parts of the set-up in the order in which they need each other."""
    version = f"{sys.version_info} {os.path.realpath(sys.executable)} {paths.ROOT}"
    environment = digest([version], [paths.REQUIREMENTS / "uv.txt"])
    packages = digest([environment], [paths.REQUIREMENTS / "dev.txt"])
    project = digest([packages], [paths.ROOT / name for name in ("pyproject.toml", "README.md", "LICENSE")])
    front_end = digest(
        [], [paths.ROOT / "package.json", paths.ROOT / "package-lock.json", paths.ROOT / "tools/vendor.py"]
    )
    compiled = tuple(file.with_suffix(".mo") for file in catalogues())
    return [
        Step("environment", "a virtual environment in .venv", environment, (paths.VENV_PYTHON,), make_environment),
        Step("packages", "the locked Python packages", packages, (), install_packages),
        Step("project", "the project itself", project, (), install_project),
        Step("front end", "the front-end files", front_end, (paths.VENDOR,), fetch_front_end),
        Step("translations", "the translations", digest([], catalogues()), compiled, compile_translations),
    ]


@contextmanager
def alone() -> Iterator[None]:
    """Two set-ups of one checkout would tear each other's environment down: the second waits for the first."""
    paths.VAR.mkdir(exist_ok=True)
    with (paths.VAR / "setup.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def remembered() -> dict[str, str]:
    """What the last set-up of this checkout was made from."""
    try:
        stored = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(value) for name, value in stored.items()} if isinstance(stored, dict) else {}


def main() -> None:
    """Do what is not yet done, and say so; silent when there is nothing to do."""
    if problem := complaint():
        raise SystemExit(problem)
    began = time.monotonic()
    with alone():
        done = remembered()
        worked = False
        for step in steps():
            if done.get(step.name) == step.made_from and all(path.exists() for path in step.leaves):
                continue
            print(f"setup: {step.says} …", flush=True)
            step.act()
            done[step.name] = step.made_from
            STAMP.write_text(json.dumps(done, indent=1), encoding="utf-8")
            worked = True
    if worked:
        print(f"setup: ready in {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
