"""What an 알림톡 template of each kind of message may name as ``#{…}``, and how each name is filled from the facts.

The same facts fill e-mail and text message; a name that a centre has put into an approved template keeps its meaning.
"""

from __future__ import annotations

from dataclasses import dataclass

from booking.domain.vocabulary import Channel
from booking.notify.catalogue import CATALOGUE, Kind, Recipient


@dataclass(frozen=True, slots=True)
class Variable:
    """One name, the Jinja text that fills it, and an example of what it then says in Korean and in English."""

    name: str
    template: str
    korean: str
    english: str


CENTRE = Variable("센터", "{{ centre.name }}", "구로구 청소년 진로직업체험지원센터", "Guro Youth Career Centre")
TELEPHONE = Variable("센터전화", "{{ centre.telephone }}", "02-0000-0000", "02-0000-0000")
READER = Variable("받는분", "{{ reader.name or _('담당자') }}", "김하늘", "Kim Haneul")
HOME = Variable("누리집", "{{ centre.home }}", "https://ilteo.example.kr", "https://ilteo.example.kr")
LINK = Variable("링크", "{{ link }}", "https://ilteo.example.kr/a/…", "https://ilteo.example.kr/a/…")
#: Kakao wants the protocol of a button's address to stand in the template itself
BARE_LINK = Variable("링크주소", "{{ link.partition('://')[2] }}", "ilteo.example.kr/a/…", "ilteo.example.kr/a/…")
#: the names that carry the private link
LINKS = frozenset({LINK.name, BARE_LINK.name})

SCHOOL = Variable("학교", "{{ school }}", "개봉중학교", "Gaebong Middle School")
CLASS = Variable("학급", "{{ label | class_name }}", "1-3반", "Class 1-3")
DATE = Variable("날짜", "{{ date | day }}", "6월 12일 (금)", "Fri 12 Jun")
STARTS = Variable("시각", "{{ starts | clock }}", "13:30", "13:30")
ENDS = Variable("끝", "{{ ends | clock }}", "15:45", "15:45")
PUPILS = Variable("인원", "{{ words.pupils(pupils) }}", "24명", "24 pupils")
ANSWER_BY = Variable("기한", "{{ answer_by | day }}", "6월 5일 (금)", "Fri 5 Jun")

_WHO = "{% from 'sms/_who.txt' import who, begins with context %}"
_NOTICE = (
    Variable("일터", "{{ workplace }}", "구로소방서", "Guro Fire Station"),
    DATE,
    Variable("시각", _WHO + "{{ begins(groups) }}", "13:30", "13:30"),
    Variable("학생", _WHO + "{{ who(groups) }}", "개봉중 10명", "Gaebong MS, 10 pupils"),
    Variable(
        "일정",
        "{% for group in groups %}{{ words.hours(group) }} {{ group.school }} {{ group.label | class_name }}"
        " {{ words.pupils(group.pupils) }}{% if group.change == 'cancelled' %} ({{ words.change(group) }}){% endif %}"
        "{% if not loop.last %}{{ '\\n' }}{% endif %}{% endfor %}",
        "13:30–15:45 개봉중학교 1-3반 10명",
        "13:30–15:45 Gaebong Middle School Class 1-3 10 pupils",
    ),
    ANSWER_BY,
)
_OUTING = (
    SCHOOL,
    DATE,
    STARTS,
    ENDS,
    Variable("만나는곳", "{{ address or school }}", "서울 구로구 가마산로 1", "1 Gamasan-ro, Guro-gu, Seoul"),
    Variable(
        "학급",
        "{% for one in classes %}{{ one.label | class_name }}{% if not loop.last %}, {% endif %}{% endfor %}",
        "1-3반, 1-4반",
        "Class 1-3, Class 1-4",
    ),
    ANSWER_BY,
)
_VISIT = (
    SCHOOL,
    CLASS,
    DATE,
    STARTS,
    ENDS,
    PUPILS,
    Variable("일터수", "{{ words.sites(workplaces | length) }}", "5곳", "5 workplaces"),
)
_OFFERS = (
    SCHOOL,
    Variable("건수", "{{ offers | length }}", "1", "1"),
    Variable(
        "제안",
        "{% for offer in offers %}{{ offer.label | class_name }}:"
        " {{ words.slot(offer.offered.date, offer.offered.block) }}"
        "{% if not loop.last %}{{ '\\n' }}{% endif %}{% endfor %}",
        "1-3반: 6월 19일 (금) 오후",
        "Class 1-3: Fri 19 Jun afternoon",
    ),
)
_COUNT = Variable("학급수", "{{ visits | length }}", "2", "2")
_LABELS = Variable(
    "학급",
    "{% for label in labels %}{{ label | class_name }}{% if not loop.last %}, {% endif %}{% endfor %}",
    "1-3반, 1-4반",
    "Class 1-3, Class 1-4",
)
_DUE = (SCHOOL, DATE, _LABELS, Variable("기한", "{{ due_on | day }}", "6월 19일 (금)", "Fri 19 Jun"))
_VISIT_LABELS = Variable(
    "학급",
    "{% for visit in visits %}{{ visit.label | class_name }}{% if not loop.last %}, {% endif %}{% endfor %}",
    "1-3반, 1-4반",
    "Class 1-3, Class 1-4",
)
_SESSION = (SCHOOL, Variable("프로그램", "{{ title }}", "직업인 특강", "Career talk"), DATE)
_SESSION_CLASS = (*_SESSION, Variable("학급", "{{ label }}", "1-3", "1-3"), PUPILS)

_OF_KIND: dict[Kind, tuple[Variable, ...]] = {
    Kind.ALLOCATION_PROPOSED: (SCHOOL, _COUNT, _VISIT_LABELS, ANSWER_BY),
    Kind.SHIFT_OFFER: (*_OFFERS, ANSWER_BY),
    Kind.SHIFT_EXPIRED: _OFFERS,
    Kind.SHIFT_WITHDRAWN: _OFFERS,
    Kind.WORKPLACE_ASK: _NOTICE,
    Kind.WORKPLACE_REMINDER: _NOTICE,
    Kind.WORKPLACE_CONFIRMED: _NOTICE,
    Kind.WORKPLACE_CHANGED: _NOTICE,
    Kind.WORKPLACE_CANCELLED: _NOTICE,
    Kind.COACH_DISPATCHED: _OUTING,
    Kind.COACH_CHANGED: _OUTING,
    Kind.COACH_CANCELLED: _OUTING,
    Kind.COACH_REMINDER: _OUTING,
    Kind.VISIT_CONFIRMED: _VISIT,
    Kind.VISIT_CANCELLED: _VISIT,
    Kind.DAY_CALLED_OFF: (
        SCHOOL,
        DATE,
        _COUNT,
        _VISIT_LABELS,
        Variable(
            "까닭", "{% from 'email/_causes.html' import word with context %}{{ word(cause) }}", "날씨", "weather"
        ),
    ),
    Kind.VISIT_REMINDER: (SCHOOL, DATE, _COUNT, _VISIT_LABELS),
    Kind.ATTENDANCE_DUE: _DUE,
    Kind.ATTENDANCE_REMINDER: _DUE,
    Kind.SESSION_REGISTERED: _SESSION_CLASS,
    Kind.SESSION_OFFER: (
        *_SESSION_CLASS,
        Variable("기한", "{{ until.date | day }} {{ until.time }}", "12월 11일 (금) 18:00", "Fri 11 Dec 18:00"),
    ),
    Kind.SESSION_OFFER_EXPIRED: _SESSION_CLASS,
    Kind.SESSION_REMOVED: _SESSION_CLASS,
    Kind.SESSION_CHANGED: _SESSION,
    Kind.SESSION_CALLED_OFF: _SESSION,
}


def variables_of(kind: Kind) -> dict[str, Variable]:
    """The names that a template of this kind may use, each with how it is filled."""
    entry = CATALOGUE[kind]
    common = [CENTRE, TELEPHONE, READER]
    if entry.private_link:
        common += [LINK, BARE_LINK]
    elif entry.recipient is Recipient.TEACHER:
        common.append(HOME)
    return {one.name: one for one in (*_OF_KIND.get(kind, ()), *common)}


#: every kind that goes as a text message may go as 알림톡; announcements never: Kakao takes no promotion
KINDS: tuple[Kind, ...] = tuple(
    kind for kind, entry in CATALOGUE.items() if Channel.SMS in entry.channels and not entry.consented
)
