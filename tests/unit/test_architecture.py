"""The house stays as it is drawn: doors, queues, commands, and nothing of any one machine in it."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

from booking.config import load_config
from booking.domain.topics import ROUTES, Queue
from tests.support.servers import settings
from tools import paths
from tools.processes import read_procfile
from workers.app import app
from workers.config import celery_settings

MACHINE_FOLDERS = ("home", "root", "work", "mnt", "Users", "opt")
REGISTRY_HOSTS = (
    "pypi" + ".org",
    "files.python" + "hosted.org",
    "registry.npm" + "js.org",
    "registry.yarn" + "pkg.com",
)
LONGEST_FILE = 350
NO_DATABASE = "postgresql+psycopg://nobody@/nothing"
BINARY = {".png", ".woff2", ".ico", ".jpg", ".hwpx", ".docx", ".xlsx", ".mo"}


@cache
def tracked_files() -> tuple[Path, ...]:
    """What belongs to the project: tracked files and new ones that nothing ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=paths.ROOT,
        capture_output=True,
        check=False,
    )
    names = [name for name in listed.stdout.decode().split("\0") if name]
    if listed.returncode != 0 or not names:
        pytest.fail("git ls-files names no files: the checkout is not a git repository")
    return tuple(file for name in names if (file := paths.ROOT / name).is_file())


def texts() -> list[tuple[str, str]]:
    """Path and text of every file that is text."""
    return [
        (str(file.relative_to(paths.ROOT)), file.read_text(encoding="utf-8"))
        for file in tracked_files()
        if file.suffix not in BINARY
    ]


def test_import_contracts_hold() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=paths.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_contracts_name_every_floor() -> None:
    """A contract that is loosened or lost would not fail by itself."""
    settings = tomllib.loads((paths.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    contracts = {contract["name"][:2]: contract for contract in settings["contracts"]}
    assert contracts["1."]["layers"] == ["workers", "booking", "scheduler"]
    assert {"ortools", "celery", "redis"} <= set(contracts["4."]["forbidden_modules"])
    assert {"flask", "sqlalchemy", "celery", "redis"} <= set(contracts["3."]["forbidden_modules"])
    assert not any("ignore_imports" in contract for contract in contracts.values())


def consumed_queues() -> dict[str, set[str]]:
    """The queues that each worker of the Procfile listens to."""
    workers = {name: command for name, command in read_procfile().items() if "workers.app worker" in command}
    found = {name: re.search(r" (?:-Q|--queues)[ =](\S+)", command) for name, command in workers.items()}
    return {name: set(match.group(1).split(",")) if match else set() for name, match in found.items()}


def test_every_queue_has_a_worker_and_every_worker_a_queue() -> None:
    """A queue that nobody listens to swallows its jobs without a word."""
    declared = {queue.name for queue in celery_settings(load_config(settings(NO_DATABASE)))["task_queues"]}
    assert {queue.value for queue in Queue} == declared
    assert set().union(*consumed_queues().values()) == declared
    assert all(consumed_queues().values())


def test_every_topic_of_the_outbox_has_its_task(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in settings(NO_DATABASE).items():
        monkeypatch.setenv(name, value)
    workers = paths.ROOT / "workers"
    for module in workers.glob("*.py"):
        importlib.import_module(f"workers.{module.stem}")
    assert {route.task for route in ROUTES.values()} <= set(app.tasks)


def test_allocation_steps_aside_for_everything_else() -> None:
    """A term's solve takes minutes of all cores: it runs at a low priority and never before a repair."""
    command = read_procfile()["worker-allocation"]
    assert command.startswith("nice -n 10 ")
    assert consumed_queues()["worker-allocation"] == {"allocation"}
    assert consumed_queues()["worker-repair"] == {"repair"}


def test_a_server_runs_the_same_workers_as_a_checkout() -> None:
    expected = set().union(*consumed_queues().values())
    compose = (paths.ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")
    target = (paths.ROOT / "deploy" / "systemd" / "ilteo.target").read_text(encoding="utf-8")
    assert set(re.findall(r"-Q, ([\w,]+?),", compose)) == expected
    assert set(re.findall(r"ilteo-worker@([\w-]+)\.service", target)) == expected


def test_no_registry_and_no_folder_of_one_machine() -> None:
    folders = re.compile(rf"(?<![\w.:/~$-])/(?:{'|'.join(MACHINE_FOLDERS)})/")
    found = []
    for name, text in texts():
        if name in {"tests/unit/test_architecture.py"} or name.startswith("deploy/"):
            continue
        found += [f"{name}: {host}" for host in REGISTRY_HOSTS if host in text]
        found += [f"{name}: {match.group()}" for match in folders.finditer(text)]
    assert found == []


def test_no_python_file_holds_two_subjects() -> None:
    lengths = {name: text.count("\n") for name, text in texts() if name.endswith(".py") and "/migrations/" not in name}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_the_commands_of_the_readme_exist() -> None:
    readme = (paths.ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (paths.ROOT / "Makefile").read_text(encoding="utf-8")
    promised = set(re.findall(r"\bmake ([a-z][a-z-]*)", readme))
    assert {"run", "test"} <= promised
    assert promised <= set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))


def test_continuous_integration_runs_the_test_command() -> None:
    script = paths.ROOT / ".ci" / "run"
    assert "make test" in script.read_text(encoding="utf-8")
    assert script.stat().st_mode & 0o100
