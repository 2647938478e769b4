"""The tables of waits."""

from __future__ import annotations

import datetime as dt

from booking.domain import retries


def test_waits_grow_and_end() -> None:
    waits = [retries.send_wait(attempt) for attempt in range(1, len(retries.SEND_WAITS) + 2)]
    given = [wait for wait in waits if wait is not None]
    assert given == sorted(given)
    assert waits[-1] is None


def test_a_sender_gives_up_well_before_its_lease_does() -> None:
    assert retries.SEND_LIMIT + dt.timedelta(seconds=10) <= retries.SEND_LEASE


def test_a_look_up_waits_until_a_request_could_have_come_through() -> None:
    early = dt.timedelta(seconds=10)
    wait = retries.lookup_wait(early)
    assert wait is not None
    assert early + wait == retries.LOOKUP_AFTER


def test_look_ups_become_rare_and_end_after_two_days() -> None:
    since, asked = dt.timedelta(0), 0
    while (wait := retries.lookup_wait(since)) is not None:
        assert wait > dt.timedelta(0)
        since += wait
        asked += 1
    assert since >= retries.LOOKUP_HORIZON
    assert asked < 30


def test_receipts_are_asked_for_until_no_carrier_tries_any_more() -> None:
    since = dt.timedelta(0)
    asked = 0
    while (wait := retries.receipt_wait(since)) is not None:
        assert wait > since
        since = wait
        asked += 1
    assert since >= dt.timedelta(hours=80)
    assert asked == len(retries.RECEIPT_WAITS)


def test_a_job_is_tried_as_often_as_the_outbox_hands_it_out() -> None:
    from booking.services.outbox import MAX_ATTEMPTS

    assert retries.job_wait(MAX_ATTEMPTS - 1) is not None
    assert retries.job_wait(MAX_ATTEMPTS) is None
