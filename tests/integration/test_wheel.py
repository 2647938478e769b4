"""The wheel is the whole service: an installation without the checkout has its pages, schema, languages and samples."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.servers import Database, settings
from tools import paths

LOOK = """
import json
import booking, scheduler, workers
from booking import paths
folders = {
    "templates": paths.templates_folder(), "static": paths.static_folder(),
    "migrations": paths.migrations_folder(), "translations": paths.translations_folder(),
}
print(json.dumps({
    "code": [module.__file__ for module in (booking, scheduler, workers)],
    "folders": {name: str(folder) for name, folder in folders.items()},
}))
"""

START = """
import booking.wsgi, scheduler.allocate, workers.outbox
from workers.app import app
app.loader.import_default_modules()
print(type(app.connection_for_write().transport).__module__)
"""

ANSWER = """
from booking import create_app
visitor = create_app().test_client()
for address in ("/health/live", "/", "/static/vendor/htmx.min.js"):
    print(address, visitor.get(address, base_url="http://127.0.0.1:8000", follow_redirects=True).status_code)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=paths.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the wheel and the packages of production, linked instead of downloaded."""
    environment = tmp_path_factory.mktemp("installed") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    python = environment / "bin" / "python"
    uv = Path(sys.executable).with_name("uv")
    subprocess.run(
        [str(uv), "pip", "install", "--quiet", "--offline", "--no-deps", "--python", str(python), str(wheel)],
        check=True,
    )
    (packages,) = environment.glob("lib/python*/site-packages")
    link_production(packages)
    return python


def link_production(target: Path) -> None:
    """Link what production installs, and nothing of what only developers have: a forgotten dependency shows here."""
    locked = (paths.REQUIREMENTS / "production.txt").read_text(encoding="utf-8")
    here = {canonical(found.metadata["Name"]): found for found in importlib.metadata.distributions()}
    for name in re.findall(r"^([A-Za-z0-9._-]+)==", locked, re.MULTILINE):
        found = here.get(canonical(name))  # a package of another platform or Python is locked, but not here
        for top in {file.parts[0] for file in (found.files if found else None) or ()} - {"..", "__pycache__"}:
            link = target / top
            if found is not None and not link.exists():
                link.symlink_to(Path(str(found.locate_file(top))))


def canonical(name: str) -> str:
    """A package's name as the locks write it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def run(python: Path, *arguments: str, cwd: Path, environment: dict[str, str] | None = None) -> str:
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "FLASK"))}
    done = subprocess.run(
        [str(python), *arguments],
        cwd=cwd,
        env={**bare, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_carries_everything_that_is_not_code(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    expected = {"booking/static/vendor/htmx.min.js", "booking/static/vendor/licences/PretendardGOV.txt"}
    for folder, target in (
        ("templates", "booking/templates"),
        ("booking/static", "booking/static"),
        ("booking/migrations", "booking/migrations"),
        ("scheduler/samples", "scheduler/samples"),
    ):
        files = [file for file in (paths.ROOT / folder).rglob("*") if file.is_file() and file.suffix != ".pyc"]
        expected |= {f"{target}/{file.relative_to(paths.ROOT / folder).as_posix()}" for file in files}
    for file in paths.TRANSLATIONS.glob("*/LC_MESSAGES/*.po"):
        expected.add(file.with_suffix(".mo").relative_to(paths.ROOT).as_posix())
    assert expected - names == set()


def test_the_wheel_carries_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"booking", "scheduler", "workers"}


def test_the_installed_code_is_used_and_finds_its_files(installed: Path, tmp_path: Path) -> None:
    found = json.loads(run(installed, "-c", LOOK, cwd=tmp_path))
    inside = str(installed.parent.parent)
    assert [file for file in found["code"] if not file.startswith(inside)] == []
    for name, folder in found["folders"].items():
        assert folder.startswith(inside), name
        assert any(Path(folder).rglob("*.*")), name


def test_the_installed_service_migrates_and_answers(installed: Path, tmp_path: Path, database: Database) -> None:
    name = f"wheel_{os.getpid()}"
    database.server.create(name)
    environment = settings(database.server.url(name)) | {"ILTEO_DEMO": "0"}
    try:
        commands = run(installed, "-m", "flask", "--app", "booking", "--help", cwd=tmp_path, environment=environment)
        assert {"db", "demo", "instance", "audit"} <= {
            line.split()[0] for line in commands.splitlines() if line.strip()
        }
        assert run(installed, "-c", START, cwd=tmp_path, environment=environment) == "kombu.transport.redis\n"
        run(installed, "-m", "flask", "--app", "booking", "db", "upgrade", cwd=tmp_path, environment=environment)
        answers = run(installed, "-c", ANSWER, cwd=tmp_path, environment=environment)
        assert {line.split()[1] for line in answers.splitlines()} == {"200"}, answers
    finally:
        database.server.drop(name)
