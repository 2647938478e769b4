"""The words of the centre's books: stages, sections, states of sessions, reasons that nobody typed, faults of forms."""

from __future__ import annotations

from enum import StrEnum

from booking.domain.ledger import Stage
from booking.domain.party_states import PartyStatus
from booking.domain.programmes import Every, Section, ToldTo
from booking.domain.registration import KeepUnit, Window
from booking.domain.states import SessionStatus
from booking.services.ledger import ATTENDANCE_CORRECTED, OUTING_COUNTED_ONCE, PLAN_CHANGED
from booking.web.marking import N_, gettext

LABELS: dict[type[StrEnum], dict[str, str]] = {
    Stage: {
        Stage.PLANNED: N_("계획"),
        Stage.CONFIRMED: N_("확정"),
        Stage.ATTENDED: N_("참석"),
    },
    Section: {
        Section.PROGRAMME: N_("프로그램"),
        Section.TRAINING: N_("교육·파견"),
        Section.MEETING: N_("협의회·회의"),
    },
    ToldTo: {
        ToldTo.PARENTS: N_("학부모 정기회의"),
        ToldTo.DONORS: N_("교육기부단 회의"),
    },
    SessionStatus: {
        SessionStatus.PLANNED: N_("계획"),
        SessionStatus.CONFIRMED: N_("확정"),
        SessionStatus.HELD: N_("마침"),
        SessionStatus.CANCELLED: N_("취소"),
    },
    PartyStatus: {
        PartyStatus.WAITING: N_("대기"),
        PartyStatus.OFFERED: N_("답 기다림"),
        PartyStatus.REGISTERED: N_("등록"),
        PartyStatus.DECLINED: N_("자리 거절"),
        PartyStatus.EXPIRED: N_("기한 지남"),
        PartyStatus.WITHDRAWN: N_("신청 취소"),
        PartyStatus.REMOVED: N_("센터가 뺌"),
        PartyStatus.CALLED_OFF: N_("회차 취소"),
    },
    Window: {
        Window.OPEN: N_("신청 받는 중"),
        Window.SOON: N_("접수 전"),
        Window.OVER: N_("접수 마감"),
        Window.CLOSED: N_("신청 닫음"),
    },
    KeepUnit: {KeepUnit.WORKING_DAYS: N_("근무일"), KeepUnit.HOURS: N_("시간")},
    Every: {
        Every.WEEK: N_("매주"),
        Every.TWO_WEEKS: N_("두 주마다"),
        Every.MONTH: N_("매달 같은 요일"),
    },
}
TONES: dict[type[StrEnum], dict[str, str]] = {
    SessionStatus: {
        SessionStatus.PLANNED: "info",
        SessionStatus.CONFIRMED: "mid",
        SessionStatus.HELD: "ok",
    },
    PartyStatus: {
        PartyStatus.WAITING: "mid",
        PartyStatus.OFFERED: "info",
        PartyStatus.REGISTERED: "ok",
        PartyStatus.EXPIRED: "bad",
        PartyStatus.REMOVED: "bad",
        PartyStatus.CALLED_OFF: "bad",
    },
    Window: {Window.OPEN: "ok", Window.SOON: "info", Window.CLOSED: "mid"},
}
_REASONS = {
    ATTENDANCE_CORRECTED: N_("학교가 온 인원을 고침"),
    PLAN_CHANGED: N_("계획이 바뀜"),
    OUTING_COUNTED_ONCE: N_("같은 때에 함께 나간 학급은 한 회로 셈"),
}
#: (field, reason) -> the sentence beside the field
SENTENCES: dict[tuple[str, str] | str, str] = {
    ("reason", "correction"): N_("이미 실적에 들어간 회차입니다. 왜 고치는지 적어 주세요. 장부에 함께 남습니다."),
    ("date", "held_later"): N_("아직 오지 않은 날은 마친 것으로 적을 수 없습니다."),
    ("programme", "required"): N_("종류를 골라 주세요."),
    ("listed", "nowhere"): N_("분기 보고의 어디에도 서지 않습니다. 추진실적에 적거나 주민소통실적의 줄을 골라 주세요."),
    ("topic", "required"): N_("제목을 적어 주세요."),
    ("planned", "required"): N_("인원을 한 줄은 적어 주세요. 모르면 0을 적어 주세요."),
    ("who", "twice"): N_("같은 학교나 학교급이 두 줄에 있습니다. 한 줄로 모아 주세요."),
    ("total", "sum"): N_("시비와 구비를 더한 수와 다릅니다. 세 칸을 다시 봐 주세요."),
    ("outlet", "required"): N_("매체의 이름을 적어 주세요."),
    ("address", "web_address"): N_("주소는 https://로 시작해야 합니다."),
    ("group", "required"): N_("단체나 모임의 이름을 적어 주세요."),
    ("volunteers", "required"): N_("몇 분이 함께했는지 적어 주세요."),
    ("hours", "halves"): N_("모두 더한 시간을 반 시간 단위로 적어 주세요. 보기: 12.5"),
    ("date", "future"): N_("앞으로의 날은 적을 수 없습니다. 오늘이나 지난 날을 적어 주세요."),
    ("file", "session_columns"): N_("첫 줄에 칸 이름이 있어야 합니다. 종류, 제목, 날짜는 꼭 있어야 합니다."),
    ("file", "session_rows"): N_("한 번에 100줄까지 채울 수 있습니다. 나누어 올려 주세요."),
    ("places", "below_promised"): N_("이미 약속했거나 답을 기다리는 인원보다 적게 줄일 수 없습니다."),
    ("closes_on", "order_closes"): N_("신청이 끝나는 때는 시작하는 때보다 뒤여야 합니다."),
    ("closes_on", "after_session"): N_("신청은 회차가 있는 날까지 끝나야 합니다."),
    ("largest", "above_places"): N_("한 모둠이 모든 자리보다 클 수 없습니다."),
    ("largest", "below_smallest"): N_("가장 작은 모둠보다 작을 수 없습니다."),
    ("label", "required"): N_("학급이나 모둠의 이름을 적어 주세요. 보기: 1-3"),
    ("label", "registered_already"): N_("이미 신청한 학급입니다. 그 신청의 인원을 고쳐 주세요."),
    ("grade", "required"): N_("학년을 골라 주세요."),
    ("grade", "not_for_grade"): N_("이 회차가 받지 않는 학년입니다."),
    ("grade", "not_for_level"): N_("이 회차가 받지 않는 학교급입니다."),
    ("pupils", "group_size"): N_("한 모둠의 인원이 이 회차에서 받는 범위를 벗어났습니다."),
    ("pupils", "no_room"): N_("그만큼 남은 자리가 없습니다. 남은 자리를 확인해 주세요."),
    ("to", "unknown"): N_("옮길 회차를 골라 주세요."),
    ("to", "not_for_level"): N_("그 회차는 이 학교급이나 학년을 받지 않습니다."),
    ("to", "registered_already"): N_("그 회차에 같은 학급의 신청이 있습니다."),
    ("to", "no_room"): N_("그 회차에는 이 인원이 들어갈 자리가 없습니다."),
    ("opinion", "required"): N_("한 문항은 골라 주세요."),
    ("text", "too_many"): N_("한 번에 묻는 문항은 여섯까지입니다. 다른 문항을 그만 묻거나 바꾸어 주세요."),
    ("text_en", "required"): N_("영어 문장도 적어 주세요."),
    ("copies", "required"): N_("복사할 날이 없습니다. 날짜나 마지막 날을 다시 봐 주세요."),
}


def reason_text(reason: str | None) -> str:
    """Return why an entry was corrected: as it was typed, or in the words for what nobody typed."""
    return gettext(_REASONS[reason]) if reason in _REASONS else reason or ""
