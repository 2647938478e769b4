"""신청 표: requests that a school has sent as a list, entered by the office, judged as the teacher's own would be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.domain.errors import BookingError, InvalidForm, InvalidInput
from booking.domain.ids import RequestId, SchoolId, SlotId
from booking.domain.request_rows import REQUEST_COLUMNS, WISHES, RequestRow, read_request
from booking.domain.states import OPEN_REQUESTS, RequestStatus
from booking.domain.vocabulary import Block
from booking.models.requests import Bundle, Request, RequestSlot
from booking.models.schools import SchoolClass
from booking.models.terms import Slot, Term
from booking.queries.openings import slots_of
from booking.services.request_judging import RequestDraft, check_draft
from booking.services.requests import acknowledge, submit_requests, withdraw_request
from booking.services.school_sheets import school_named
from booking.services.sheet_desk import Desk, Form, Known, Stored
from booking.services.terms import current_term

WITHDRAWN = "표를 되돌림"
#: fields of a draft as the table's columns call them
_AS_COLUMNS = {"classes": "class", "requested": "wish_1", "negotiable": "possible"}


@dataclass(slots=True)
class Stack:
    """What the rows of one table have in common: the term, its classes, who goes together."""

    term: Term
    slots: dict[str, SlotId]
    days: frozenset[dt.date]
    classes: dict[tuple[SchoolId, str], SchoolClass]
    #: what each class has asked for already, by the codes of the dates
    asked: set[tuple[int, tuple[str, ...]]]
    together: dict[tuple[SchoolId, str], RequestRow] = field(default_factory=dict)
    bundles: dict[tuple[SchoolId, str], Bundle] = field(default_factory=dict)
    added: list[Request] = field(default_factory=list)


class Requests:
    """신청. A table only adds: what has been asked for is changed by the school."""

    columns = REQUEST_COLUMNS
    finds: frozenset[str] = frozenset()
    usual: Mapping[str, list[str]] = {}

    def known(self, session: Session) -> list[Known]:
        """The term's requests as rows; none of them is meant by a row of a table."""
        term = session.scalar(sa.select(Term).where(Term.is_current))
        if term is None:
            return []
        rows = session.scalars(
            sa.select(Request)
            .where(Request.term_id == term.id, Request.status != RequestStatus.WITHDRAWN)
            .options(
                selectinload(Request.school), selectinload(Request.bundle),
                selectinload(Request.wishes).selectinload(RequestSlot.slot),
            )
            .order_by(Request.school_id, Request.id)
        )  # fmt: skip
        return [Known(request.id, request.version, (), self._values(request)) for request in rows]

    def _values(self, request: Request) -> dict[str, list[str]]:
        wishes = [_cell(wish.slot) for wish in request.requested[:WISHES]]
        return {
            "school": [request.school.name],
            "class": [request.label],
            "fields": list(request.fields),
            **{f"wish_{number}": [text] for number, text in enumerate(wishes, 1)},
            "possible": [_cell(wish.slot) for wish in request.negotiable],
            "together": [request.bundle.code] if request.bundle is not None else [],
        }

    def whom(self, desk: Desk, given: Form) -> Known | None:
        """Nothing that stands: every row is a new request."""
        return None

    def like(self, desk: Desk, form: Form) -> str:
        """Nothing: a row says surely what it means."""
        return ""

    def check(self, desk: Desk, known: Known | None, form: Form) -> int:
        """As a teacher's request: school, class, dates of the term that their calendar leaves free."""
        self._draft(desk, form)
        return 0

    def store(self, desk: Desk, known: Known | None, form: Form) -> Stored:
        """Ask for it; rows with one mark go together. The receipt is written when all rows are in."""
        row, draft = self._draft(desk, form, again=True)
        stack = _stack(desk)
        key = (draft.school_id, row.together)
        (request,) = submit_requests(
            desk.session, desk.clock, desk.person, draft, bundle=stack.bundles.get(key), tell=False
        )
        if row.together and key not in stack.bundles:
            bundle = Bundle(term_id=stack.term.id, school_id=draft.school_id, code=f"bundle-{request.code}")
            desk.session.add(bundle)
            desk.session.flush()
            request.bundle_id = bundle.id
            stack.bundles[key] = bundle
            desk.session.flush()
        stack.added.append(request)
        return Stored(request.id, request.version, None)

    def finish(self, desk: Desk) -> None:
        """Confirm the receipt: one message for what one school has asked for with the same wishes."""
        stack = _stack(desk)
        alike: dict[tuple[SchoolId, tuple[SlotId, ...], tuple[str, ...]], list[Request]] = {}
        for request in stack.added:
            wishes = tuple(wish.slot_id for wish in request.requested)
            alike.setdefault((request.school_id, wishes, tuple(request.fields)), []).append(request)
        for requests in alike.values():
            acknowledge(desk.session, desk.clock, stack.term, requests)

    def take_back(self, desk: Desk, number: int, version: int, before: Form | None) -> bool:
        """Withdraw it; False where it was changed, planned or withdrawn since."""
        request = desk.session.get(Request, RequestId(number), populate_existing=True)
        if request is None or request.version != version or request.status is not RequestStatus.SUBMITTED:
            return False
        try:
            withdraw_request(desk.session, desk.clock, desk.config, desk.person, request.id, request.version, WITHDRAWN)
        except BookingError:
            return False
        return True

    def _draft(self, desk: Desk, form: Form, *, again: bool = False) -> tuple[RequestRow, RequestDraft]:
        """The row as a draft. ``again``: it was checked with the others before, and is stored now."""
        stack = _stack(desk)
        row = read_request(form, stack.days)
        faults: list[InvalidInput] = []
        try:
            school = school_named(desk, row.school)
        except InvalidInput as unknown:
            raise InvalidForm([unknown]) from unknown
        school_class = stack.classes.get((school, row.label))
        if school_class is None:
            raise InvalidForm([InvalidInput(field="class", reason="no_class")])
        for at, code in enumerate(row.requested, 1):
            if code not in stack.slots:
                faults.append(InvalidInput(field=f"wish_{at}", reason="out_of_term"))
        if any(code not in stack.slots for code in row.negotiable):
            faults.append(InvalidInput(field="possible", reason="out_of_term"))
        if faults:
            raise InvalidForm(faults)
        wanted = (int(school_class.id), row.requested)
        if not again:
            if wanted in stack.asked:
                raise InvalidForm([InvalidInput(field="class", reason="asked_already")])
            stack.asked.add(wanted)
            self._same_as_others(stack, school, row)
        draft = RequestDraft(
            school_id=school, class_ids=(school_class.id,), together=False, fields=row.fields,
            requested=tuple(stack.slots[code] for code in row.requested),
            negotiable=tuple(stack.slots[code] for code in row.negotiable),
        )  # fmt: skip
        try:
            check_draft(desk.session, desk.clock, stack.term, draft, [school_class])
        except InvalidForm as error:
            for fault in error.faults:
                fault.field = _AS_COLUMNS.get(fault.field or "", fault.field)
            raise
        return row, draft

    def _same_as_others(self, stack: Stack, school: SchoolId, row: RequestRow) -> None:
        if not row.together:
            return
        first = stack.together.setdefault((school, row.together), row)
        if (first.requested, first.negotiable, first.fields) != (row.requested, row.negotiable, row.fields):
            raise InvalidForm([InvalidInput(field="together", reason="not_the_same")])


def _cell(slot: Slot) -> str:
    """A slot as a cell writes it and :func:`slot_code` reads it back."""
    return f"{slot.date.isoformat()} {'오전' if slot.block is Block.AM else '오후'}"


def _stack(desk: Desk) -> Stack:
    known = desk.shared.get("requests")
    if isinstance(known, Stack):
        return known
    session = desk.session
    term = current_term(session)
    slots = slots_of(session, term.id)
    classes = session.scalars(sa.select(SchoolClass).where(SchoolClass.active))
    stack = Stack(
        term=term,
        slots={slot.code: slot.id for slot in slots},
        days=frozenset(slot.date for slot in slots),
        classes={(one.school_id, one.label): one for one in classes},
        asked=_asked(session, term),
    )
    desk.shared["requests"] = stack
    return stack


def _asked(session: Session, term: Term) -> set[tuple[int, tuple[str, ...]]]:
    rows: Sequence[Request] = session.scalars(
        sa.select(Request)
        .where(Request.term_id == term.id, Request.status.in_(OPEN_REQUESTS), Request.class_id.is_not(None))
        .options(selectinload(Request.wishes).selectinload(RequestSlot.slot))
    ).all()
    return {(int(row.class_id or 0), tuple(wish.slot.code for wish in row.requested)) for row in rows}
