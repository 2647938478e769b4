"""Catalogues that keep up with the texts: every Korean source string has its English, compiled and up to date.

`python -m tools.translations` checks, `--update` collects the texts of code and templates into the catalogues first.
Only what stands in code or templates decides: the template of all texts (.pot) is made anew each time, never stored.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from tools import paths
from tools.setup import catalogues, compile_translations

LANGUAGES = ("en",)  # beside Korean, the language of the sources
SOURCES = ("booking", "workers", "templates")
MAPPING = paths.ROOT / "babel.cfg"


def babel(*arguments: str | Path) -> None:
    """Run one of Babel's commands; its chatter goes to standard error only when it fails."""
    command = [sys.executable, "-m", "babel.messages.frontend", "--quiet", *map(str, arguments)]
    done = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(done.stdout + done.stderr)


def extract(target: Path) -> None:
    """Collect the texts of code and templates."""
    sources = [name for name in SOURCES if (paths.ROOT / name).is_dir()]
    keywords = ["--keyword", "lazy_gettext", "--keyword", "_l", "--keyword", "pgettext:1c,2"]
    babel("extract", "--mapping", MAPPING, "--no-location", "--sort-output", *keywords, "--output", target, *sources)


def read(file: Path) -> Catalog:
    """A catalogue as it stands in its file."""
    with file.open("rb") as text:
        return read_po(text)


def faults(wanted: Catalog, file: Path) -> list[str]:
    """What keeps a page from being wholly in the language of this catalogue."""
    found = read(file)
    name = file.relative_to(paths.ROOT)
    problems = []
    for message in wanted:
        if not message.id:
            continue
        entry = found.get(message.id, message.context)
        if entry is None:
            problems.append(f"{name}: missing {message.id!r}")
        elif entry.fuzzy:
            problems.append(f"{name}: a guess (fuzzy) for {message.id!r}")
        elif not entry.string or (isinstance(entry.string, tuple | list) and not all(entry.string)):
            problems.append(f"{name}: no translation of {message.id!r}")
        else:
            problems += [f"{name}: {error} in {message.id!r}" for error in entry.check(found)]
    return problems


def write_catalogues(template: Path) -> None:
    """Bring every catalogue up to the texts as they are now; new texts wait there for their translation."""
    for language in LANGUAGES:
        file = paths.TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"
        # one line for each text: a changed word then changes one line, and two people's texts go together
        common = ("--input-file", template, "--output-file", file, "--locale", language, "--no-wrap")
        if file.exists():
            babel("update", *common, "--no-fuzzy-matching", "--ignore-obsolete", "--ignore-pot-creation-date")
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            babel("init", *common)
    compile_translations()


def main() -> int:
    """Check, after an update if one was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--update", action="store_true", help="collect the texts into the catalogues first")
    update = parser.parse_args().update
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "messages.pot"
        extract(template)
        if update:
            write_catalogues(template)
        wanted = read(template)
    present = {file.parent.parent.name for file in catalogues()}
    problems = [f"there is no catalogue for {language}" for language in LANGUAGES if language not in present]
    problems += [problem for file in catalogues() for problem in faults(wanted, file)]
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"translations: {len(wanted)} texts, {len(catalogues())} catalogues, {len(problems)} faults")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
