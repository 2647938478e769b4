"""What the coordinator reads of an offer, in words: why it cannot be sent, whether a proposed date fits, time left."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from booking.domain.ids import OfferId
from booking.domain.vocabulary import Channel
from booking.models.terms import Centre
from booking.notify.catalogue import Kind
from booking.notify.rendering import CannotRender, Reader, render_email, render_sms
from booking.notify.rendering import Letter as Text
from booking.services.composing import letterhead
from booking.services.counter_accepting import Outlook
from booking.services.offer_choosing import Letter, Refused
from booking.web.console.rules import violation_words
from booking.web.formats import mask_email, mask_name, mask_phone
from booking.web.marking import N_, gettext, ngettext
from scheduler.instance import Instance

#: why a found offer cannot be sent as the term stands now
OBSTACLES: dict[str, str] = {
    "out_of_term": N_("이번 학기에 없는 날이 되었습니다."),
    "too_soon": N_("제안하는 날이 답할 날보다 늦지 않습니다."),
    "gone": N_("신청이 취소되었거나 더 배정할 것이 아닙니다."),
    "together": N_("함께 가는 학급이 달라졌습니다. 다시 찾아야 합니다."),
    "asked_already": N_("이미 다른 제안의 답을 기다리고 있습니다."),
    "blocked": N_("학교 학사일정에 나갈 수 없는 날로 되어 있습니다."),
    "wished": N_("학교가 희망한 날이라 여쭐 것이 없습니다."),
    "declined": N_("학교가 전에 어렵다고 한 날입니다."),
    "there_already": N_("이미 그날에 있습니다."),
    "settled": N_("지금 날짜의 일터가 모두 확정되어 옮기지 않습니다."),
    "half_placed": N_("함께 가는 학급 가운데 일부만 자리가 있습니다. 재배정을 먼저 게시해 주세요."),
    "no_room": N_("그날에 남은 자리가 없습니다."),
}
#: why a date that a school proposed does not fit into the plan
COUNTERS: dict[str, str] = {
    "past": N_("지난 날입니다."),
    "settled": N_("지금 날짜의 방문이 확정되었거나 배정할 신청이 아니어서 옮길 수 없습니다."),
    "fixed": N_("다른 날에 고정된 방문입니다. 고정을 먼저 풀어 주세요."),
    "full": N_("그날 남은 자리로는 이 인원을 나누어 보낼 수 없습니다."),
    "rules": N_("그날에 넣으면 일터 한도나 인솔자 규칙에 어긋납니다."),
}
#: why a search ended without a result
SEARCH_ERRORS: dict[str, str] = {
    "worker_died": N_("찾던 프로그램이 세 번 멈추었습니다. 다시 찾아 주세요. 되풀이되면 관리자에게 알려 주세요."),
    "stale": N_("찾기 시작한 뒤 신청이나 일터가 바뀌었습니다. 배정을 다시 실행한 다음 찾아 주세요."),
}
OTHER_ERROR = N_("계산 가운데 문제가 생겼습니다. 다시 찾아 주세요. 되풀이되면 관리자에게 알려 주세요.")


def obstacle_words(refused: Iterable[Refused]) -> dict[OfferId, list[str]]:
    """Return by offer why it cannot be sent, each reason once."""
    found: dict[OfferId, list[str]] = {}
    for one in refused:
        text = gettext(OBSTACLES[one.obstacle.reason])
        reasons = found.setdefault(one.offer_id, [])
        if text not in reasons:
            reasons.append(text)
    return found


def counter_words(instance: Instance, outlook: Outlook) -> tuple[str, str]:
    """Return tone and words of what would come of a proposed date; of broken rules, each by its name."""
    if outlook.obstacle is None:
        return "ok", gettext("자리 있음 · 일터 %(n)s곳", n=outlook.workplaces)
    if outlook.violations:
        return "mid", " ".join(dict.fromkeys(violation_words(instance, broken) for broken in outlook.violations))
    return "mid", gettext(COUNTERS[outlook.obstacle])


def search_error(error: str | None) -> str:
    """Return why a search failed."""
    return gettext(SEARCH_ERRORS.get(error or "", OTHER_ERROR))


def time_left(until: dt.date, today: dt.date) -> tuple[str, str]:
    """Return tone and words of how long an offer still waits."""
    days = (until - today).days
    if days < 0:
        return "bad", gettext("기한 지남")
    if days == 0:
        return "mid", gettext("오늘까지")
    return ("mid" if days == 1 else "none"), ngettext("%(n)s일 남음", "%(n)s일 남음", days, n=days)


@dataclass(frozen=True, slots=True)
class Mail:
    """What one person would receive over one channel."""

    school: str
    name: str
    channel: Channel
    address: str
    subject: str
    text: str
    size: str


def mails(centre: Centre, letters: Iterable[Letter], home: str) -> list[Mail]:
    """Return the messages as they would be read, the addresses masked."""
    found = []
    for letter in letters:
        user = letter.user
        text = Text(
            Kind.SHIFT_OFFER,
            user.language,
            letter.facts,
            letterhead(centre, user.language, home),
            Reader(mask_name(user.name), has_email=bool(user.email)),
        )
        address = mask_email(user.email) if letter.channel is Channel.EMAIL else mask_phone(user.phone)
        try:
            if letter.channel is Channel.EMAIL:
                email = render_email(text)
                subject, body, size = email.subject, email.text, ""
            else:
                sms = render_sms(text)
                subject, body, size = "", sms.text, sms.label
        except CannotRender:
            subject, body, size = "", gettext("글을 만들 수 없습니다. 보내면 알림 목록에 실패로 남습니다."), ""
        found.append(Mail(letter.school, mask_name(user.name), letter.channel, address, subject, body, size))
    return found
