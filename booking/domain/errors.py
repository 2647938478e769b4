"""One tree of errors: whatever the service refuses is a ``BookingError`` with a code that the edge can translate.

A code names a sentence in ``booking/web/problem_pages.py``; ``facts`` are the words that go into it. Nothing here is
shown as it is, so the text of an exception stays English and is meant for the log.
"""

from __future__ import annotations

from typing import ClassVar


class BookingError(Exception):
    """Something that was asked for and refused; nothing has been changed."""

    code: ClassVar[str] = "refused"

    def __init__(
        self, detail: str = "", *, field: str | None = None, reason: str | None = None, **facts: object
    ) -> None:
        super().__init__(detail or self.code)
        self.field = field
        self.reason = reason
        self.facts = facts


class InvalidInput(BookingError):
    """A field holds what cannot be accepted; ``field`` names it, ``reason`` says why (a key of the edge's table)."""

    code = "invalid_input"


class InvalidForm(BookingError):
    """Several fields at once are refused: ``faults`` holds one ``InvalidInput`` each, in the order of the form."""

    code = "invalid_form"

    def __init__(self, faults: list[InvalidInput]) -> None:
        super().__init__("; ".join(f"{fault.field}: {fault.reason}" for fault in faults))
        self.faults = tuple(faults)


class NotFound(BookingError):
    """It does not exist, or it is not this person's to see: the two are never told apart."""

    code = "not_found"


class NoTerm(NotFound):
    """No term has been set up yet."""

    code = "no_term"


class Forbidden(BookingError):
    """The person is known, and may not do this."""

    code = "forbidden"


class SignInFailed(BookingError):
    """E-mail and password do not belong together (which of the two is wrong is not said)."""

    code = "sign_in_failed"


class TooManyAttempts(BookingError):
    """The throttle is closed; ``facts['seconds']`` says for how long."""

    code = "too_many_attempts"


class IllegalTransition(BookingError):
    """The state table does not allow this step (``facts``: ``old``, ``new``)."""

    code = "illegal_transition"


class PhaseClosed(BookingError):
    """The term's phase does not allow this (``facts``: ``phase``, ``action``)."""

    code = "phase_closed"


class Conflict(BookingError):
    """Somebody else changed the same thing first; nothing was overwritten."""

    code = "conflict"


class NotNow(BookingError):
    """It is not the day for this (``reason``: ``before_the_day``, ``after_the_day``, ``not_the_day``, ``too_late``)."""

    code = "not_now"


class StandingVisits(Conflict):
    """A change would cost visits that stand their places, and nobody has said yes to that (``facts['groups']``)."""

    code = "standing_visits"


class CoachesShort(Conflict):
    """A change would leave the plan short of coaches, and nobody has said yes to that (``facts['slots']``)."""

    code = "coaches_short"


class OfferGone(Conflict):
    """An offer for which nothing was held, and by now there is no room for it (``facts['offers']``: to be put away)."""

    code = "offer_gone"


class StalePlan(Conflict):
    """Requests, workplaces or answers changed since the plan was made; it has to be made again."""

    code = "stale_plan"


class RunAlreadyActive(Conflict):
    """Another run of this term is queued or solving (``facts['run']``)."""

    code = "run_active"


class SearchAlreadyActive(Conflict):
    """Offers of this term are being looked for already."""

    code = "search_active"


class DrillAlreadyActive(Conflict):
    """A plan of this term is being rehearsed already."""

    code = "drill_active"


class OffersDoNotFit(Conflict):
    """Some of the offers chosen cannot be sent as the term stands now (``facts['obstacles']``: which, and why)."""

    code = "offers_do_not_fit"


class RuleBroken(BookingError):
    """The verifier found violations (``facts['violations']``: the verifier's own words, rule by rule)."""

    code = "rule_broken"


class LinkInvalid(BookingError):
    """A private link that is forged, expired, or replaced by a newer one (``reason`` says which)."""

    code = "link_invalid"
