"""Translation with types, and the mark of a text that stands in a table until it is shown."""

from __future__ import annotations

import flask_babel


def N_(text: str) -> str:  # noqa: N802 - the name by which the collector of texts knows it
    """Return ``text`` as it is, marked for translation."""
    return text


def gettext(text: str, **values: object) -> str:
    """Return ``text`` in the language of the page, with its values filled in."""
    return str(flask_babel.gettext(text, **values))


def ngettext(one: str, many: str, num: int, **values: object) -> str:
    """Return the form that belongs to ``num`` in the language of the page, with its values filled in."""
    return str(flask_babel.ngettext(one, many, num, **values))
