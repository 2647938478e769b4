"""Broken rules of a plan in words: each of the verifier's rules as a sentence, with the names that people use."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from booking.domain.vocabulary import Block
from booking.web.formats import day, number
from booking.web.labels import label
from booking.web.marking import N_, gettext
from scheduler.instance import Instance
from scheduler.verifier import Violation

#: limits of a workplace, as rule H3 names them
LIMITS: dict[str, str] = {
    "groups_per_slot": N_("한 시간에 받는 모둠은 %(most)s개까지인데 %(groups)s개가 됩니다."),
    "visits_per_day": N_("하루에 받는 모둠은 %(most)s개까지인데 %(groups)s개가 됩니다."),
    "visits_per_week": N_("한 주에 받는 모둠은 %(most)s개까지인데 %(groups)s개가 됩니다."),
    "visits_per_term": N_("한 학기에 받는 모둠은 %(most)s개까지인데 %(groups)s개가 됩니다."),
}


def slot_word(instance: Instance, code: object) -> str:
    """Return date and block of a slot by its code."""
    slot = instance.slot_by_id.get(str(code))
    return f"{day(slot.date)} {label(Block(slot.block))}" if slot is not None else str(code)


def _place(instance: Instance, code: object) -> str:
    found = instance.workplace_by_id.get(str(code))
    return found.name if found is not None else str(code)


def _not_accepted(_instance: Instance, _violation: Violation) -> str:
    return gettext("학교가 희망하지도, 가능하다고 하지도 않은 시간입니다.")


def _groups(instance: Instance, violation: Violation) -> str:
    facts = violation.facts
    if "grouped" not in facts:
        place = _place(instance, facts["workplace"])
        return gettext("%(place)s: 이 일터가 받는 모둠 크기에 맞지 않습니다.", place=place)
    if facts["grouped"]:
        return gettext(
            "모둠 인원을 더하면 %(grouped)s명으로 학급 인원 %(pupils)s명과 다릅니다.",
            grouped=facts["grouped"],
            pupils=facts["pupils"],
        )
    pupils = number(int(str(facts["pupils"])))
    return gettext("이 시간에는 %(n)s명이 나누어 들어갈 일터가 남아 있지 않습니다.", n=pupils)


def _limit(instance: Instance, violation: Violation) -> str:
    facts = violation.facts
    sentence = gettext(LIMITS[str(facts["limit"])], most=facts["most"], groups=facts["groups"])
    return f"{_place(instance, violation.subject)}: {sentence}"


def _not_here(instance: Instance, violation: Violation) -> str:
    place = _place(instance, violation.facts.get("workplace"))
    return gettext("%(place)s: 이 시간에 열지 않거나, 이 학교급을 받지 않거나, 너무 멉니다.", place=place)


def _coaches(instance: Instance, violation: Violation) -> str:
    return gettext(
        "%(when)s: 진로코치가 %(needed)s명 필요한데 %(there)s명뿐입니다.",
        when=slot_word(instance, violation.subject),
        needed=violation.facts["needed"],
        there=violation.facts["there"],
    )


def _split_bundle(_instance: Instance, _violation: Violation) -> str:
    return gettext("함께 가는 학급이 서로 다른 시간으로 나뉩니다. 묶음은 한꺼번에 옮겨야 합니다.")


def _locked(_instance: Instance, _violation: Violation) -> str:
    return gettext("고정했거나 이미 확정된 방문이라 옮길 수 없습니다.")


def _same_class(_instance: Instance, violation: Violation) -> str:
    date = dt.date.fromisoformat(str(violation.facts["date"]))
    return gettext("같은 학급이 %(day)s에 다른 체험을 나갑니다.", day=day(date))


SENTENCES: dict[str, Callable[[Instance, Violation], str]] = {
    "H1": _not_accepted,
    "H2": _groups,
    "H3": _limit,
    "H4": _not_here,
    "H5": _coaches,
    "H6": _split_bundle,
    "H7": _locked,
    "H8": _same_class,
}


def violation_words(instance: Instance, violation: Violation) -> str:
    """Return a broken rule as a sentence; a rule that is not known here in the verifier's own words."""
    rule = SENTENCES.get(violation.rule)
    return str(violation) if rule is None else rule(instance, violation)
