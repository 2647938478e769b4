"""Where the files lie that are not code: beside this file in an installed wheel, one folder up in a checkout."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def templates_folder() -> Path:
    """Pages, e-mails and text messages (``web/``, ``email/``, ``sms/``); the wheel carries them inside ``booking``."""
    beside = _HERE / "templates"
    return beside if beside.is_dir() else _HERE.parent / "templates"


def static_folder() -> Path:
    """Style sheets, scripts, fonts and pictures."""
    return _HERE / "static"


def translations_folder() -> Path:
    """The catalogues of Babel, one folder per language."""
    return _HERE / "translations"


def migrations_folder() -> Path:
    """Alembic's environment and versions."""
    return _HERE / "migrations"
