"""The set-up notices what changed, and says in a sentence why it cannot be done."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tools import paths, setup


def test_this_python_will_do() -> None:
    assert setup.complaint() is None


def test_an_old_python_is_named_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    assert setup.complaint() == (
        "Python 3.11 or newer is needed, this one is 3.9.2: choose another with `make setup PYTHON=python3.11`."
    )


def test_a_missing_venv_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec

    def without_ensurepip(name: str, *rest: Any) -> Any:
        return None if name == "ensurepip" else real(name, *rest)

    monkeypatch.setattr(importlib.util, "find_spec", without_ensurepip)
    assert "python3-venv" in (setup.complaint() or "")


def test_digest_follows_contents_and_absence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    file = tmp_path / "lock.txt"
    absent = setup.digest(["x"], [file])
    file.write_text("a")
    first = setup.digest(["x"], [file])
    file.write_text("b")
    assert len({absent, first, setup.digest(["x"], [file]), setup.digest(["y"], [file])}) == 4


def test_every_locked_package_has_one_version_and_hashes() -> None:
    for name in ("dev.txt", "production.txt", "uv.txt"):
        text = (paths.REQUIREMENTS / name).read_text(encoding="utf-8")
        assert "://" not in text
        assert "index-url" not in text
        for entry in re.split(r"\n(?=\S)", text.strip()):
            assert re.match(r"[A-Za-z0-9._-]+==\S+( ;.*)?( \\)?\n", entry), entry[:60]
            assert "--hash=sha256:" in entry, entry[:60]


def test_the_running_packages_are_those_of_production() -> None:
    """What is tested is what is installed: production's locks are a part of the developers'."""

    def versions(name: str) -> set[str]:
        text = (paths.REQUIREMENTS / name).read_text(encoding="utf-8")
        return set(re.findall(r"^([A-Za-z0-9._-]+==[^ \\;]+)", text, re.MULTILINE))

    assert versions("production.txt") <= versions("dev.txt")
