"""The centre's settings, and what its home page says of the year and of last week."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, replace

import pytest
import sqlalchemy as sa

from booking.domain.errors import Conflict, Forbidden, InvalidForm
from booking.domain.states import VisitStatus
from booking.domain.vocabulary import Role
from booking.models.history import HistoryEntry
from booking.queries.secured import WEEK, secured, secured_in_term, shifts_since
from booking.services.attendance import report_attendance
from booking.services.centre import CentreEntry, fingerprint, save_centre, stored_entry
from booking.services.terms import current_term, the_centre
from tests.support.factory import NOW, SmallTerm, at_slot
from tests.support.visits import DAY, at, confirmed, figures


def save(small: SmallTerm, role: Role = Role.COORDINATOR, **changes: str) -> list[str]:
    centre = the_centre(small.session)
    entry = replace(stored_entry(centre), **changes)
    return save_centre(small.session, small.person(role), entry, fingerprint(centre))


def test_what_changes_is_stored_and_kept_in_the_history(small: SmallTerm) -> None:
    assert save(small, telephone="02 0000 0001", yearly_target="9,000") == ["telephone", "yearly_target"]
    centre = the_centre(small.session)
    assert (centre.telephone, centre.yearly_target) == ("02-0000-0001", 9_000)
    entries = small.session.scalars(sa.select(HistoryEntry).where(HistoryEntry.action == "centre_changed")).all()
    assert [(entry.detail["field"], entry.detail["now"]) for entry in entries] == [
        ("telephone", "02-0000-0001"), ("yearly_target", 9_000),
    ]  # fmt: skip
    assert save(small) == []
    assert save(small, yearly_target="") == ["yearly_target"]


@pytest.mark.parametrize(
    ("field", "text", "reason"),
    [
        ("name", " ", "required"),
        ("name_en", "x" * 61, "too_long"),
        ("sms_header", "구로진로", "sms_header"),
        ("sms_header", "[구로구청소년진로]", "sms_header"),
        ("sms_header", "[진로😀]", "sms_header"),
        ("telephone", "", "required"),
        ("telephone", "1234", "phone"),
        ("answer_days", "1", "range"),
        ("answer_days", "일곱", "number"),
        ("answer_days", "", "required"),
        ("yearly_target", "0", "range"),
        ("yearly_target", "-5", "number"),
        ("yearly_target", "9" * 12, "number"),
    ],
)
def test_what_makes_no_sense_is_named_and_nothing_is_stored(
    small: SmallTerm, field: str, text: str, reason: str
) -> None:
    before = stored_entry(the_centre(small.session))
    centre = the_centre(small.session)
    entry = CentreEntry(**{**asdict(before), "answer_days": "9", field: text})
    with pytest.raises(InvalidForm) as refused:
        save_centre(small.session, small.person(Role.COORDINATOR), entry, fingerprint(centre))
    assert [(fault.field, fault.reason) for fault in refused.value.faults] == [(field, reason)]
    assert stored_entry(the_centre(small.session)) == before


def test_a_form_that_was_opened_before_is_refused(small: SmallTerm) -> None:
    centre = the_centre(small.session)
    entry, seen = stored_entry(centre), fingerprint(centre)
    save(small, answer_days="9")
    with pytest.raises(Conflict):
        save_centre(small.session, small.person(Role.COORDINATOR), replace(entry, answer_days="5"), seen)
    with pytest.raises(Forbidden):
        save(small, role=Role.OFFICER)
    assert the_centre(small.session).answer_days == 9


def test_a_visit_counts_as_planned_until_its_figures_have_come(small: SmallTerm) -> None:
    save(small, yearly_target="1000")
    small.publish()
    term = current_term(small.session).id
    planned = secured(small.session, 2027)
    assert (planned.attended, planned.target) == (0, 1000)
    assert planned.planned == secured_in_term(small.session, term) > 0
    assert secured(small.session, 2026).total == 0

    visit = confirmed(small)
    at(small, DAY, dt.time(17))
    person = small.person(Role.TEACHER, "S0")
    report_attendance(small.session, small.clock, person, visit.request_id, figures(visit, fewer=1))
    assert visit.status is VisitStatus.COMPLETED

    after = secured(small.session, 2027)
    assert after.attended == visit.request.pupils - 1
    assert after.total == planned.total - 1 == secured_in_term(small.session, term)


def test_days_are_compared_with_the_plan_of_a_week_ago(small: SmallTerm) -> None:
    term = current_term(small.session).id
    first = small.publish()
    assert shifts_since(small.session, term, NOW - WEEK) is None, "nothing had been published then"
    first.published_at = NOW - WEEK
    small.session.flush()
    assert shifts_since(small.session, term, NOW - WEEK) == []

    pupils = small.request("V0000").pupils
    _, plan = small.plan()
    small.publish(small.propose(at_slot(plan, "V0000", None)))
    lighter = shifts_since(small.session, term, NOW - WEEK)
    assert lighter is not None
    assert [(shift.date, shift.more) for shift in lighter] == [(DAY, -pupils)]
