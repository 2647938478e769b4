"""A request without a service: enough for what speaks a language and needs nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask_babel import Babel, refresh

from booking import paths

Speak = Callable[[str], None]


@pytest.fixture
def speak() -> Iterator[Speak]:
    """Call it with ``ko`` or ``en``: from then on the page speaks that language."""
    app = Flask("booking")
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(paths.translations_folder())
    app.config["BABEL_DEFAULT_TIMEZONE"] = "Asia/Seoul"
    chosen = ["ko"]
    Babel(app, locale_selector=lambda: chosen[0])

    def choose(language: str) -> None:
        chosen[0] = language
        refresh()

    with app.test_request_context():
        yield choose
