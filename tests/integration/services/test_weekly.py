"""The weekly run: off by default, once at its time, left out and told where it cannot be."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from booking.domain.errors import Conflict, InvalidForm
from booking.domain.states import RunStatus
from booking.models.history import HistoryEntry
from booking.models.runs import AllocationRun
from booking.services.allocations import cancel_run, start_run
from booking.services.audit import run_audit
from booking.services.weekly import last_due, last_skipped, next_due, set_weekly, start_weekly_run
from tests.support.factory import SmallTerm

#: Monday, six in the morning in Seoul
SETTING = (0, 6)
#: Sunday evening in UTC, an hour before that
HOUR_BEFORE = dt.datetime(2027, 2, 21, 20, tzinfo=dt.UTC)


def at(small: SmallTerm, moment: dt.datetime) -> None:
    small.clock.moment = moment


def beat(small: SmallTerm) -> AllocationRun | None:
    run = start_weekly_run(small.session, small.clock, small.config)
    small.session.flush()
    return run


def switch_on(small: SmallTerm) -> None:
    at(small, HOUR_BEFORE)
    set_weekly(small.session, small.clock, small.coordinator, SETTING, None)


def test_nothing_starts_by_itself_unless_it_was_set(small: SmallTerm) -> None:
    assert small.term.weekly_day is None
    assert beat(small) is None
    assert next_due(small.term, small.clock.now()) is None


def test_it_starts_once_at_its_time_and_again_a_week_later(small: SmallTerm) -> None:
    switch_on(small)
    assert beat(small) is None, "it is five o'clock on Monday morning in Seoul"
    small.clock.advance(dt.timedelta(hours=1))

    run = beat(small)

    assert run is not None
    assert run.created_by_id is None
    entry = small.session.scalars(sa.select(HistoryEntry).where(HistoryEntry.action == "run_started")).one()
    assert (entry.actor, entry.subject_id, entry.detail) == ("worker", run.id, {"weekly": True})
    assert beat(small) is None
    cancel_run(small.session, small.clock, small.coordinator, run.id)
    assert beat(small) is None, "it was started once, whatever became of it"
    small.clock.advance(dt.timedelta(days=7))
    assert beat(small) is not None
    assert run_audit(small.session, small.clock.now()) == []


def test_a_late_beat_starts_it_all_the_same(small: SmallTerm) -> None:
    switch_on(small)
    small.clock.advance(dt.timedelta(days=2))
    assert beat(small) is not None


def test_setting_it_after_its_time_waits_for_the_next_week(small: SmallTerm) -> None:
    at(small, HOUR_BEFORE + dt.timedelta(hours=3))
    set_weekly(small.session, small.clock, small.coordinator, SETTING, None)
    assert beat(small) is None
    assert next_due(small.term, small.clock.now()) == HOUR_BEFORE + dt.timedelta(days=7, hours=1)


def test_it_is_left_out_while_another_run_is_active_and_not_made_up_for(small: SmallTerm) -> None:
    switch_on(small)
    mine = start_run(small.session, small.clock, small.config, small.coordinator)
    small.clock.advance(dt.timedelta(hours=1))

    assert beat(small) is None

    assert last_skipped(small.session, small.term) == "active"
    cancel_run(small.session, small.clock, small.coordinator, mine.id)
    assert beat(small) is None
    small.clock.advance(dt.timedelta(minutes=1))
    start_run(small.session, small.clock, small.config, small.coordinator)
    assert last_skipped(small.session, small.term) is None, "somebody has looked after it"


def test_it_is_left_out_where_the_phase_allows_no_run(small: SmallTerm) -> None:
    switch_on(small)
    small.term.opens_on = dt.date(2027, 2, 23)
    small.clock.advance(dt.timedelta(hours=1))
    assert beat(small) is None
    assert last_skipped(small.session, small.term) == "phase"
    assert small.session.scalars(sa.select(AllocationRun)).all() == []


def test_switched_off_it_stays_off(small: SmallTerm) -> None:
    switch_on(small)
    set_weekly(small.session, small.clock, small.coordinator, None, SETTING)
    small.clock.advance(dt.timedelta(days=8))
    assert beat(small) is None
    assert last_skipped(small.session, small.term) is None


def test_a_setting_changed_meanwhile_is_not_overwritten(small: SmallTerm) -> None:
    switch_on(small)
    with pytest.raises(Conflict):
        set_weekly(small.session, small.clock, small.coordinator, (2, 7), None)
    set_weekly(small.session, small.clock, small.coordinator, SETTING, None)
    for wrong in ((7, 6), (0, 24), (-1, -1)):
        with pytest.raises(InvalidForm):
            set_weekly(small.session, small.clock, small.coordinator, wrong, SETTING)
    assert (small.term.weekly_day, small.term.weekly_hour) == SETTING


@pytest.mark.parametrize(("hours", "days"), [(0, -7), (1, 0), (25, 0), (7 * 24, 0), (7 * 24 + 1, 7)])
def test_the_last_time_it_was_due(hours: int, days: int) -> None:
    due = HOUR_BEFORE + dt.timedelta(hours=1)
    assert last_due(SETTING, HOUR_BEFORE + dt.timedelta(hours=hours)) == due + dt.timedelta(days=days)


def test_the_database_takes_no_half_setting(small: SmallTerm) -> None:
    small.term.weekly_day = 0
    with pytest.raises(sa.exc.IntegrityError, match="ck_term_weekly_time"):
        small.session.flush()


def test_a_run_of_the_week_is_a_run_like_any_other(small: SmallTerm) -> None:
    switch_on(small)
    small.clock.advance(dt.timedelta(hours=1))
    run = beat(small)
    assert run is not None
    assert (run.status, run.policy, run.weeks) == (RunStatus.QUEUED, {}, None)
