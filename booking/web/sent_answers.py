"""What pupils answered as a form sends it, from a school or from the office that has it on the telephone."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from booking.domain.errors import InvalidForm, InvalidInput
from booking.domain.ids import RequestId
from booking.domain.satisfaction import Audience
from booking.models.visits import Visit
from booking.queries.afterwards import satisfaction_of
from booking.queries.satisfaction import asked_of
from booking.services.attendance import report_satisfaction
from booking.services.remarks import write_remark
from booking.web.access import person
from booking.web.attendance_form import LONGEST_REMARK, counts_of, read_answers
from booking.web.database import clock, read, write


@dataclass(frozen=True, slots=True)
class SentAnswers:
    """What pupils answered as a form brought it, the remark with it."""

    typed: dict[str, list[str]]
    remark: str
    #: whether the form asked for a remark: where it did, an empty one takes an earlier one back
    with_remark: bool
    #: which answers the form showed
    seen: str
    faults: list[InvalidInput]

    def store(self, request_id: RequestId) -> None:
        """Store the counts, and the remark where the form had one.

        Raises:
            InvalidForm: what was typed is no number, or more pupils than came.
            InvalidInput: the remark cannot be kept as it is.
            NotNow: how many came is not known yet.
            Conflict: somebody else was first.
        """
        if self.faults:
            raise InvalidForm(self.faults)
        with write() as session:
            visit = report_satisfaction(session, clock(), person(), request_id, counts_of(self.typed), self.seen)
            if self.with_remark:
                write_remark(session, clock(), self.remark, visit_id=visit.id)


def sent_answers(visit: Visit) -> SentAnswers:
    """Read the form of this request."""
    asked = asked_of(read(), Audience.SCHOOL, satisfaction_of(read(), visit.id))
    typed, faults = read_answers(request.form, asked)
    remark = request.form.get("remark")
    return SentAnswers(typed, (remark or "")[:LONGEST_REMARK], remark is not None, request.form.get("seen", ""), faults)
