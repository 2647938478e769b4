"""Where things are in the checkout; every other tool takes its folders from here."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
VAR = ROOT / "var"
VENDOR = ROOT / "booking" / "static" / "vendor"
TRANSLATIONS = ROOT / "booking" / "translations"
REQUIREMENTS = ROOT / "requirements"
