"""How long to wait before something is tried again: fixed tables, so that anybody can say when the next try is.

A wait is a later ``available_at`` in the database. Greylisting wants the second try within minutes, a provider's bad
day wants the last one after hours.
"""

from __future__ import annotations

import datetime as dt

_MINUTE = dt.timedelta(minutes=1)

#: after the first, second, … temporary refusal; after the last one the message has failed
SEND_WAITS = (0.5 * _MINUTE, 2 * _MINUTE, 10 * _MINUTE, 30 * _MINUTE, 120 * _MINUTE, 360 * _MINUTE)
#: after the first, second, … error of our own inside a job
JOB_WAITS = (0.5 * _MINUTE, 5 * _MINUTE)
#: while a channel is not set up, its messages wait and look again
UNCONFIGURED_WAIT = 10 * _MINUTE
#: while sending is paused, messages look again; resuming does not wait for that
PAUSED_WAIT = 5 * _MINUTE

#: how long one try may hold a message; longer than any sender may take
SEND_LEASE = _MINUTE
#: a sender gives up before its lease does, so that a slow peer is never doubled
SEND_LIMIT = dt.timedelta(seconds=40)
#: "not there" counts only so long after the hand-over: a request may still be on its way inside the provider
LOOKUP_AFTER = _MINUTE
#: then the provider forgets, and a person decides
LOOKUP_HORIZON = dt.timedelta(hours=48)


#: a receipt that has not come is asked for after so long, counted from the sending; the last is beyond the three days
#: and eight hours after which carriers give a long message up
RECEIPT_WAITS = (10 * _MINUTE, 60 * _MINUTE, 360 * _MINUTE, 1440 * _MINUTE, 4320 * _MINUTE, 4900 * _MINUTE)


def receipt_wait(since_sent: dt.timedelta) -> dt.timedelta | None:
    """How long after the sending a receipt is asked for next; None: it will not come any more."""
    return next((wait for wait in RECEIPT_WAITS if wait > since_sent), None)


def send_wait(attempts: int) -> dt.timedelta | None:
    """The wait after the ``attempts``-th temporary refusal (1 is the first); None: it has failed."""
    return SEND_WAITS[attempts - 1] if 1 <= attempts <= len(SEND_WAITS) else None


def job_wait(attempts: int) -> dt.timedelta | None:
    """The wait after the ``attempts``-th error of our own; None: the job is closed."""
    return JOB_WAITS[attempts - 1] if 1 <= attempts <= len(JOB_WAITS) else None


def lookup_wait(since_hand_over: dt.timedelta) -> dt.timedelta | None:
    """The wait before the provider is asked (again) for a message of unknown fate; None: a person has to settle it.

    Each wait is half the time gone by, so that a provider that is down for a day is asked some fifteen times.
    """
    if since_hand_over >= LOOKUP_HORIZON:
        return None
    if since_hand_over < LOOKUP_AFTER:
        return LOOKUP_AFTER - since_hand_over
    return max(LOOKUP_AFTER, since_hand_over / 2)
