"""The term as months of weeks: holidays by name, the past closed, and better days nearby."""

from __future__ import annotations

import datetime as dt

from booking.domain.ids import SlotId
from booking.domain.vocabulary import Block
from booking.queries.load import SlotLoad
from booking.web.term_calendar import better_nearby, build_months

TODAY = dt.date(2026, 4, 1)


def load(day: dt.date, block: Block, pupils: int) -> SlotLoad:
    number = day.toordinal() * 2 + (block is Block.PM)
    return SlotLoad(SlotId(number), f"{day}/{block}", day, block, pupils, 100)


def may(crowded: dict[int, int] | None = None) -> list[SlotLoad]:
    """Every working day of May 2026 but the fifth (a holiday), empty but for those mornings that are given."""
    days = [dt.date(2026, 5, n) for n in range(1, 32)]
    return [
        load(day, block, (crowded or {}).get(day.day, 0) if block is Block.AM else 0)
        for day in days
        if day.weekday() < 5 and day.day not in (1, 5, 25)
        for block in Block
    ]


def test_a_month_has_its_weeks_from_monday_to_friday() -> None:
    (month,) = build_months(may(), {}, TODAY, "ko")
    assert month.first == dt.date(2026, 5, 1)
    assert [len(week) for week in month.weeks] == [5, 5, 5, 5]
    monday = month.weeks[0][0]
    assert monday is not None
    assert monday.date == dt.date(2026, 5, 4)
    tuesday = month.weeks[0][1]
    assert tuesday is not None
    assert (tuesday.holiday, tuesday.cells) == ("어린이날", ())


def test_holidays_are_named_in_the_language_of_the_page() -> None:
    (month,) = build_months(may(), {}, TODAY, "en")
    day = month.weeks[0][1]
    assert day is not None
    assert day.holiday == "Children's Day"


def test_what_is_past_cannot_be_chosen() -> None:
    months = build_months(may(), {}, dt.date(2026, 5, 12), "ko")
    cells = [cell for week in months[0].weeks for day in week if day for cell in day.cells]
    assert all(cell.load.date > dt.date(2026, 5, 12) for cell in cells)
    over = build_months(may(), {}, dt.date(2026, 7, 1), "ko")
    assert all(cell.past and cell.how == "off" for week in over[0].weeks for day in week if day for cell in day.cells)


def test_choices_stand_in_their_cells() -> None:
    loads = may()
    (month,) = build_months(loads, {loads[3].slot_id: "2"}, TODAY, "ko")
    assert [cell.choice for week in month.weeks for day in week if day for cell in day.cells if cell.choice] == ["2"]


def test_near_a_full_morning_the_nearest_empty_mornings_come_first() -> None:
    loads = may({13: 133, 12: 80, 14: 50})
    full = next(one for one in loads if one.pupils == 133)
    assert [one.code for one in better_nearby(full, loads, TODAY)] == ["2026-05-14/AM", "2026-05-11/AM"]
    (month,) = build_months(loads, {}, TODAY, "ko")
    assert [pair[0].code for pair in month.alternatives] == ["2026-05-13/AM"]


def test_no_term_no_months() -> None:
    assert build_months([], {}, TODAY, "ko") == ()
