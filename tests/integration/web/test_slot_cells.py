"""Slots that are written once for everybody who sees the same: nobody sees what another has chosen or reads."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from flask_babel import force_locale

from booking.domain.chances import Chance
from booking.domain.ids import SlotId
from booking.domain.vocabulary import Block
from booking.queries.load import SlotLoad
from booking.web import slot_cells
from booking.web.slot_cells import written_slot
from booking.web.term_calendar import Cell
from tests.support.pages import Site

LOAD = SlotLoad(SlotId(7), "2027-06-10/AM", dt.date(2027, 6, 10), Block.AM, 30, 60)
NEAR = SlotLoad(SlotId(9), "2027-06-11/PM", dt.date(2027, 6, 11), Block.PM, 6, 60)
CELL = Cell(LOAD, "", False, chance=Chance.OPEN)
#: each differs from the first in one thing that shows
OTHERS = {
    "load": replace(CELL, load=replace(LOAD, pupils=31)),
    "seats": replace(CELL, load=replace(LOAD, seats=80)),
    "slot": replace(CELL, load=replace(LOAD, slot_id=SlotId(8))),
    "date": replace(CELL, load=replace(LOAD, date=dt.date(2027, 6, 17))),
    "choice": replace(CELL, choice="2"),
    "may": replace(CELL, choice="may"),
    "past": replace(CELL, past=True),
    "why": replace(CELL, why="중간고사 <2>"),
    "chance": replace(CELL, chance=Chance.LIKELY),
    "near": replace(CELL, near=(NEAR,)),
}


def in_language(site: Site, language: str, cell: Cell) -> str:
    with site.app.test_request_context(), force_locale(language):
        return str(written_slot(cell))


@pytest.mark.parametrize("which", OTHERS)
def test_whatever_shows_in_a_slot_makes_another_of_it(site: Site, which: str) -> None:
    for language in ("ko", "en"):
        assert in_language(site, language, OTHERS[which]) != in_language(site, language, CELL)


def test_the_same_slot_is_written_once_in_each_language(site: Site) -> None:
    slot_cells._written.cache_clear()
    korean, english = (in_language(site, language, CELL) for language in ("ko", "en"))
    assert "오전" in korean
    assert "오전" not in english
    for _ in range(3):
        assert in_language(site, "ko", replace(CELL)) == korean
        assert in_language(site, "en", replace(CELL)) == english
    assert slot_cells._written.cache_info().misses == 2


def test_what_a_person_has_written_is_escaped(site: Site) -> None:
    assert "중간고사 &lt;2&gt;" in in_language(site, "ko", OTHERS["why"])
