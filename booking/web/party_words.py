"""What a school and the office read of places, offers and waiting lists: in words and numbers, never colour alone."""

from __future__ import annotations

from dataclasses import dataclass

from booking.domain.registration import Window
from booking.models.registrations import SessionOpening, SessionParty
from booking.services.registration_line import ahead_of
from booking.services.registrations import window_now
from booking.web.database import clock
from booking.web.formats import moment, pupils
from booking.web.labels import label, level_label
from booking.web.marking import gettext, ngettext

#: from which share of the places on it is said that few are left
NEARLY = 0.8


@dataclass(frozen=True, slots=True)
class Room:
    """How much room a session has, as a chip and a sentence."""

    tone: str
    word: str
    words: str


def room_of(opening: SessionOpening) -> Room:
    """Return how many places are left of how many, and how many wait."""
    free, waiting = opening.free, opening.waiting
    if not free:
        tone, word = "bad", gettext("빈자리 없음")
    elif opening.taken >= NEARLY * opening.places:
        tone, word = "mid", gettext("얼마 안 남음")
    else:
        tone, word = "ok", gettext("자리 있음")
    words = gettext("남은 자리 %(free)s, 모두 %(places)s", free=pupils(free), places=pupils(opening.places))
    if waiting:
        waits = ngettext("%(num)s학급이 기다립니다", "%(num)s학급이 기다립니다", len(waiting))
        words = f"{words} · {waits}"
    return Room(tone, word, words)


def standing_of(party: SessionParty) -> list[str]:
    """Return how a class or group stands, in sentences that its teacher reads."""
    size, opening = pupils(party.pupils), party.opening
    if party.status == "registered":
        return [gettext("%(size)s 등록되었습니다.", size=size)]
    if party.status == "offered" and party.offered_until is not None:
        until = moment(party.offered_until)
        return [gettext("%(size)s 자리를 잡아 두었습니다. %(until)s까지 답해 주세요.", size=size, until=until)]
    if party.status == "waiting":
        return _waiting(party, opening, size)
    said = [label(party.status) + "."]
    return [*said, gettext("까닭: %(reason)s", reason=party.reason)] if party.reason else said


def _waiting(party: SessionParty, opening: SessionOpening, size: str) -> list[str]:
    before = ahead_of(opening, party)
    if before:
        ahead = ngettext(
            "%(size)s 자리를 기다립니다. 앞에 %(num)s학급(%(pupils)s)이 있습니다.",
            "%(size)s 자리를 기다립니다. 앞에 %(num)s학급(%(pupils)s)이 있습니다.",
            len(before), size=size, pupils=pupils(sum(one.pupils for one in before)),
        )  # fmt: skip
    else:
        ahead = gettext("%(size)s 자리를 기다립니다. 앞에 기다리는 학급이 없습니다.", size=size)
    free = gettext("지금 빈자리는 %(free)s입니다.", free=pupils(opening.free)) if opening.free else _none_free()
    said = [ahead, free]
    if party.gathers:
        return [*said, gettext("센터가 이 학급이 들어갈 때까지 빈자리를 모으고 있습니다.")]
    return [
        *said,
        gettext("자리가 나면 먼저 온 순서대로 살펴, 빈자리에 들어가는 학급에 제안합니다."),
        gettext("더 작은 학급이 먼저 들어가더라도 이 학급의 순서는 그대로입니다."),
    ]


def _none_free() -> str:
    return gettext("지금은 빈자리가 없습니다.")


def window_of(opening: SessionOpening) -> Window:
    """Return whether schools may register for a session now."""
    return window_now(opening, clock())


def may_grow(party: SessionParty) -> int:
    """Return the largest number that a class or group may be changed to now."""
    opening = party.opening
    if party.status == "waiting":
        return opening.largest
    room = 0 if any(other.gathers for other in opening.waiting) else opening.free
    return max(party.pupils, min(opening.largest, party.pupils + room))


def whom(opening: SessionOpening) -> str:
    """Return for which levels and grades a session is: 중학교, 1·2학년."""
    levels = ", ".join(level_label(level) for level in opening.levels)
    if not opening.grades:
        return levels
    grades = "·".join(str(grade) for grade in sorted(opening.grades))
    return f"{levels} {gettext('%(n)s학년', n=grades)}"
