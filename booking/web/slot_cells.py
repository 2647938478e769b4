"""Slots of the term's calendar as HTML, each written once for everybody who sees the same.

A term has some 170 of them, most alike for all schools, and to write them was most of what the page of dates cost.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from flask import Flask, current_app
from markupsafe import Markup

from booking.web.marking import language_of_page
from booking.web.term_calendar import Cell

#: a term's slots for three levels, with what schools have chosen and may expect; about half a kilobyte each
KEPT = 8192


@lru_cache(maxsize=KEPT)
def _written(language: str, cell: Cell) -> Markup:
    """The slot in the language of the page; ``language`` is part of the key, and the template asks for it itself."""
    del language
    pieces: Any = current_app.jinja_env.get_template("web/teacher/_slot.html").module
    return Markup(pieces.slot(cell))  # noqa: S704 - written by a template of ours, which escapes


def written_slot(cell: Cell) -> Markup:
    """Return the HTML of a slot."""
    return _written(language_of_page(), cell)


def init_slot_cells(app: Flask) -> None:
    """Give the templates of ``app`` the filter ``written_slot``."""
    app.jinja_env.filters["written_slot"] = written_slot
