"""The ways without a solver: by telephone, in the order of the file."""

from collections.abc import Mapping
from dataclasses import replace

from scheduler.allocation import Assignment
from scheduler.baseline import first_come_first_served
from scheduler.costs import accepted_slots
from scheduler.instance import Instance


def first_come(instance: Instance, _seconds: float) -> tuple[Assignment, ...]:
    """First come, first served, as today: each party takes the best of its slots that is still free."""
    return first_come_first_served(instance)


def first_choice(instance: Instance, _seconds: float) -> tuple[Assignment, ...]:
    """Everybody's first choice or nothing: who does not fit there is not placed."""
    only: Mapping[str, str | None] = {
        visit.id: next(iter(accepted_slots(party)), None) for party in instance.parties for visit in party
    }
    visits = []
    for visit in instance.visits:
        slot = only[visit.id]
        visits.append(replace(visit, requested_slots=() if slot is None else (slot,), negotiable_slots=()))
    return first_come_first_served(replace(instance, visits=tuple(visits)))
