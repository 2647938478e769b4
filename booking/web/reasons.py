"""Why a class did not get its first choice, in plain words: the engine's code and its facts become a sentence.

The codes and facts are those of ``scheduler.explain``. A code or a fact that is not known here never breaks a page: a
general sentence stands in its place.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from booking.domain.vocabulary import Block
from booking.web.formats import day, number, pupils, when
from booking.web.marking import gettext

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Half:
    """A slot as the engine names it."""

    date: dt.date
    block: Block


def slot_words(code: str) -> str:
    """Return ``2026-06-12/PM`` as 6월 12일 (금) 오후."""
    date, _, block = code.partition("/")
    return when(_Half(dt.date.fromisoformat(date), Block(block)))


def _count(value: Any) -> str:
    return number(len(value) if isinstance(value, list) else int(value))


def _closed(facts: Facts) -> str:
    return gettext(
        "%(slot)s: 이 학급이 갈 수 있는 일터가 %(places)s곳, 자리가 %(seats)s개뿐이라 모둠을 나눌 수 없었습니다.",
        slot=slot_words(facts["slot"]),
        places=_count(facts["open_workplaces"]),
        seats=_count(facts["seats"]),
    )


def _bundle_too_large(facts: Facts) -> str:
    return gettext(
        "%(slot)s: 함께 나가는 %(classes)s학급 %(pupils)s, 자리는 모두 %(seats)s개라 한 번에 들어갈 수 없었습니다.",
        slot=slot_words(facts["slot"]),
        classes=_count(facts["visits"]),
        pupils=pupils(int(facts["pupils"])),
        seats=_count(facts["seats"]),
    )


def _bundle_not_accepted(facts: Facts) -> str:
    return gettext("%(slot)s: 함께 나가는 다른 학급이 고르지 않은 시간입니다.", slot=slot_words(facts["slot"]))


def _coaches_short(facts: Facts) -> str:
    needed, there = _count(facts["needed"]), _count(facts["there"])
    slot = slot_words(facts["slot"])
    if facts.get("alone"):
        return gettext(
            "%(slot)s: 이 학급에 필요한 진로코치는 %(needed)s명인데 나올 수 있는 분이 %(there)s명이었습니다.",
            slot=slot,
            needed=needed,
            there=there,
        )
    return gettext(
        "%(slot)s: 다른 학급과 합쳐 진로코치가 %(needed)s명 필요한데 나올 수 있는 분이 %(there)s명이었습니다.",
        slot=slot,
        needed=needed,
        there=there,
    )


def _class_same_day(facts: Facts) -> str:
    date = day(dt.date.fromisoformat(facts["date"]))
    return gettext("%(day)s: 같은 학급이 그날 다른 체험에 나갑니다.", day=date)


def _seats_taken(facts: Facts) -> str:
    return gettext(
        "%(slot)s: 다른 %(classes)s학급 %(pupils)s 배정으로 남은 자리가 %(free)s개뿐이라 모둠을 나눌 수 없었습니다.",
        slot=slot_words(facts["slot"]),
        classes=_count(facts["visits"]),
        pupils=pupils(int(facts["load"])),
        free=_count(facts["free_seats"]),
    )


def _levelled(facts: Facts) -> str:
    return gettext(
        "%(slot)s: 자리는 있었지만 여러 학교가 몰려 덜 붐비는 때로 옮겼습니다."
        " 혼잡 비용이 그때는 %(there)s, 배정된 때는 %(here)s입니다.",
        slot=slot_words(facts["slot"]),
        there=number(float(facts["price_there"])),
        here=number(float(facts["price_here"])),
    )


def _locked(facts: Facts) -> str:
    return gettext("이미 정해 둔 시간이 있었습니다: %(slot)s.", slot=slot_words(facts["locked"]))


def _within_gap(facts: Facts) -> str:
    return gettext(
        "%(slot)s: 이때도 자리가 있습니다. 전체로 보아 차이가 거의 없어 지금 시간이 되었으니,"
        " 센터에 말씀하시면 옮겨 볼 수 있습니다.",
        slot=slot_words(facts["slot"]),
    )


def _not_requested(_facts: Facts) -> str:
    return gettext("희망 순위가 없어 가능하다고 하신 시간에서 골랐습니다.")


def _by_hand(_facts: Facts) -> str:
    return gettext("센터에서 손으로 정한 자리입니다.")


SENTENCES: dict[str, Callable[[Facts], str]] = {
    "by_hand": _by_hand,
    "closed": _closed,
    "bundle_too_large": _bundle_too_large,
    "bundle_not_accepted": _bundle_not_accepted,
    "coaches_short": _coaches_short,
    "class_same_day": _class_same_day,
    "seats_taken": _seats_taken,
    "levelled": _levelled,
    "locked": _locked,
    "within_gap": _within_gap,
    "not_requested": _not_requested,
}


def _sentence(facts: Facts) -> str:
    try:
        return SENTENCES[str(facts["code"])](facts)
    except (AttributeError, KeyError, TypeError, ValueError):
        return gettext("다른 학급의 희망과 일터의 자리를 함께 맞추면서 이렇게 되었습니다.")


def explain(why: Facts | None) -> str:
    """Return the reason as one sentence, that of the best slot missed; an empty text where there is none."""
    return _sentence(why) if why else ""


def explain_all(why: Facts | None) -> list[str]:
    """Return one sentence for each better slot, the best first, none twice."""
    if not why:
        return []
    better = why.get("better")
    entries = [entry for entry in better if isinstance(entry, Mapping)] if isinstance(better, list) else []
    return list(dict.fromkeys(_sentence(entry) for entry in entries)) or [explain(why)]
