"""How long a provider rests."""

from __future__ import annotations

from booking.domain import circuit


def test_rests_grow_and_have_an_end() -> None:
    rests = [circuit.rest(number) for number in range(1, 40)]
    assert rests == sorted(rests)
    assert rests[0] == circuit.SHORTEST_REST
    assert rests[1] == 2 * circuit.SHORTEST_REST
    assert rests[-1] == circuit.LONGEST_REST


def test_a_slow_answer_is_noticed_before_a_sender_gives_up() -> None:
    from booking.notify.senders.http import STEP_SECONDS

    assert circuit.SLOW.total_seconds() < STEP_SECONDS
