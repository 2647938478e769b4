"""What every page of a request in the making knows, and how it answers when another has saved meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.domain.draft import Draft
from booking.domain.errors import Conflict
from booking.domain.ids import DraftId, SlotId
from booking.domain.phases import require_request
from booking.models.asking import RequestDraft
from booking.models.people import User
from booking.models.schools import School, SchoolClass
from booking.models.terms import Term
from booking.queries import teacher as rows
from booking.queries.load import SlotLoad, outlook
from booking.services.drafts import content_of, find_draft, save_draft
from booking.services.terms import current_term, phase_today
from booking.web.access import person
from booking.web.database import clock, read, write
from booking.web.drafts import pairs, read_draft
from booking.web.marking import gettext

Page = str | tuple[str, int] | Response
#: the steps in their order, by the names of their views
STEPS = ("classes", "fields", "dates", "check")


@dataclass(frozen=True, slots=True)
class Step:
    """The term, the school, the draft with only the classes that the school still has, and those classes."""

    term: Term
    school: School
    schools: list[School]
    stored: RequestDraft | None
    draft: Draft
    #: asked for after the window has closed
    late: bool

    @property
    def classes(self) -> list[SchoolClass]:
        """The chosen classes."""
        chosen = set(self.draft.class_ids)
        return [one for one in self.school.classes if one.active and one.id in chosen]

    @property
    def pupils(self) -> int:
        """Head count of the chosen classes."""
        return sum(one.pupils for one in self.classes)

    @property
    def grades(self) -> list[int | None]:
        """The grades that go."""
        return [one.grade for one in self.classes]

    @property
    def version(self) -> int:
        """The version that the page shows; where the form was sent, the one with which it was opened."""
        sent = request.form.get("version", type=int)
        return sent if sent is not None else self.stored.version if self.stored else 0

    @property
    def links(self) -> list[tuple[str, str]]:
        """Where each step is."""
        names = (gettext("학급"), gettext("직업 분야"), gettext("날짜"), gettext("확인"))
        if self.stored is None:
            return [(name, "") for name in names]
        places = [url_for(f"teacher.new.{step}", draft_id=self.stored.id) for step in STEPS]
        return list(zip(names, places, strict=True))

    def with_draft(self, draft: Draft) -> Step:
        """Return the step with what was sent instead of what is stored."""
        known = [one.id for one in self.school.classes if one.active]
        return replace(self, draft=draft.with_classes(known))


def open_step(session: Session, draft_id: int) -> Step:
    """Read a draft for one of its pages.

    Raises:
        PhaseClosed: no requests are taken at present.
        NotFound: there is no such draft of the teacher's schools.
    """
    term = current_term(session)
    late = require_request(phase_today(term, clock()))
    stored = find_draft(session, person(), DraftId(draft_id))
    school = rows.school_of(session, person(), stored.school_id)
    step = Step(term, school, rows.schools_of(session, person()), stored, content_of(stored), late)
    return step.with_draft(step.draft)


def sent_draft() -> Draft:
    """The whole draft as the page that was sent had it: what it asks for, and the rest in hidden fields."""
    return read_draft(request.form)


def go_to(step: str, draft_id: int) -> Response:
    """The page of a step."""
    return redirect(url_for(f"teacher.new.{step}", draft_id=draft_id), 303)


def keep(draft_id: int, step: Step, draft: Draft, after: str, then: Callable[[], Page]) -> Page:
    """Store what was sent and go on with ``then``; where another has saved meanwhile, show both side by side.

    ``after`` is the step to which the teacher comes after having chosen what was sent.
    """
    mine = step.with_draft(draft).draft
    try:
        with write() as session:
            save_draft(session, clock(), person(), DraftId(draft_id), step.version, mine)
    except Conflict:
        return side_by_side(draft_id, mine, after)
    return then()


def side_by_side(draft_id: int, mine: Draft, after: str) -> Page:
    """What was sent beside what another has stored meanwhile; the teacher decides which of the two stays."""
    session = read()
    session.expire_all()
    step = open_step(session, draft_id)
    now = find_draft(session, person(), DraftId(draft_id))
    slots = {load.slot_id: load for load in outlook(session, step.term, step.school.level).loads}

    def listed(draft: Draft) -> list[tuple[str, SlotLoad]]:
        known: list[tuple[SlotId, str]] = [(slot, value) for slot, value in draft.choices.items() if slot in slots]
        return sorted(((value, slots[slot]) for slot, value in known), key=lambda pair: pair[0])

    mine_step = step.with_draft(mine)
    page = render_template(
        "web/teacher/new_conflict.html",
        step=step,
        mine=mine_step,
        rest=pairs(mine_step.draft),
        after=after if after in STEPS else "check",
        by=session.get_one(User, now.updated_by_id).name,
        my_dates=listed(mine_step.draft),
        dates_stored=listed(step.draft),
    )
    return page, 409
