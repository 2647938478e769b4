"""What a person may decide against with a reason: soft rules, which cost something and which no plan has to keep."""

from enum import StrEnum

from scheduler.allocation import Assignment
from scheduler.costs import distance_km, rank_of
from scheduler.instance import Instance

#: km as the crow flies: beyond this a group is on its way for longer than a lesson
FAR_KM = 5.0


class SoftRule(StrEnum):
    """A later wish; a slot that was not asked for; out of the plan; pupils outside their fields; pupils far away."""

    WISH = "wish"
    NOT_ASKED = "not_asked"
    OUT = "out"
    OFF_FIELD = "off_field"
    FAR = "far"


def broken(instance: Instance, given: Assignment) -> dict[SoftRule, int]:
    """How far a visit is from each soft rule that it does not keep.

    Of WISH, NOT_ASKED and OUT at most one stands, on one scale: the rank of the wish (1 the second choice), then what
    was not asked for, then not placed. OFF_FIELD and FAR are counted in pupils.

    Raises:
        KeyError: an unknown visit or workplace.
    """
    visit = instance.visit_by_id[given.id]
    number = len(visit.requested_slots)
    found: dict[SoftRule, int] = {}
    rank = rank_of(visit, given.slot) if given.slot is not None else None
    if given.slot is None:
        found[SoftRule.OUT] = number + 1
    elif rank is None:
        found[SoftRule.NOT_ASKED] = number
    elif rank > 0:
        found[SoftRule.WISH] = rank
    school = instance.school_by_id[visit.school]
    for group in given.groups:
        workplace = instance.workplace_by_id[group.workplace]
        if workplace.field not in visit.fields:
            found[SoftRule.OFF_FIELD] = found.get(SoftRule.OFF_FIELD, 0) + group.pupils
        if distance_km(school, workplace) > FAR_KM:
            found[SoftRule.FAR] = found.get(SoftRule.FAR, 0) + group.pupils
    return found


def worsened(instance: Instance, before: Assignment, after: Assignment) -> tuple[SoftRule, ...]:
    """The soft rules that a change of one visit keeps less than before, in the order of `SoftRule`.

    A visit that was not placed gains by any place: its workplaces are not held against it.

    Raises:
        KeyError: as for `broken`.
    """
    was, now = broken(instance, before), broken(instance, after)
    dates = (SoftRule.WISH, SoftRule.NOT_ASKED, SoftRule.OUT)
    at_most = max((was[rule] for rule in dates if rule in was), default=0)
    return tuple(
        rule
        for rule in SoftRule
        if rule in now
        and (now[rule] > at_most if rule in dates else before.slot is not None and now[rule] > was.get(rule, 0))
    )
