"""A workplace's answers as a form sends them: from its own page, or entered by the centre while it telephones."""

from __future__ import annotations

from flask import request

from booking.domain.answers import Answer, DeclineReason
from booking.domain.errors import InvalidInput
from booking.domain.ids import GroupId
from booking.models.visits import VisitGroup
from booking.services.answer_sheets import GONE

ACCEPT, DECLINE, FEWER = "accept", "decline", "fewer"


def _reason(name: str) -> DeclineReason | None:
    text = request.form.get(name, "")
    return DeclineReason(text) if text in set(DeclineReason) else None


def read_answers(groups: list[VisitGroup]) -> dict[GroupId, Answer]:
    """Read the form: one button for all groups, or one choice per group.

    Raises:
        InvalidInput: a decline has no reason, a smaller group no number, or nothing was chosen.
    """
    whole = request.form.get("all", "")
    found: dict[GroupId, Answer] = {}
    for group in groups:
        if whole and group.status in GONE:
            continue
        chosen = whole or request.form.get(f"answer-{group.id}", "")
        reason = _reason("reason" if whole else f"reason-{group.id}")
        if chosen == ACCEPT:
            found[group.id] = Answer(accept=True)
        elif chosen == FEWER and not whole:
            given = request.form.get(f"pupils-{group.id}", "")
            if not (given.isdecimal() and len(given) < 4):
                raise InvalidInput(field=f"pupils-{group.id}", reason="fewer")
            found[group.id] = Answer(accept=True, pupils=int(given))
        elif chosen == DECLINE:
            if reason is None:
                raise InvalidInput(field="reason" if whole else f"reason-{group.id}", reason="required")
            found[group.id] = Answer(accept=False, reason=reason)
    if not found:
        raise InvalidInput(field="answer", reason="required")
    return found
