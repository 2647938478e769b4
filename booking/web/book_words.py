"""The words of the centre's books: stages, sections, states of sessions, reasons that nobody typed, faults of forms."""

from __future__ import annotations

from enum import StrEnum

from booking.domain.ledger import Stage
from booking.domain.programmes import Every, Section
from booking.domain.states import SessionStatus
from booking.services.ledger import ATTENDANCE_CORRECTED, PLAN_CHANGED
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
    SessionStatus: {
        SessionStatus.PLANNED: N_("계획"),
        SessionStatus.CONFIRMED: N_("확정"),
        SessionStatus.HELD: N_("마침"),
        SessionStatus.CANCELLED: N_("취소"),
    },
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
}
_REASONS = {
    ATTENDANCE_CORRECTED: N_("학교가 온 인원을 고침"),
    PLAN_CHANGED: N_("계획이 바뀜"),
}
#: (field, reason) -> the sentence beside the field
SENTENCES: dict[tuple[str, str] | str, str] = {
    ("reason", "correction"): N_("이미 실적에 들어간 회차입니다. 왜 고치는지 적어 주세요. 장부에 함께 남습니다."),
    ("date", "held_later"): N_("아직 오지 않은 날은 마친 것으로 적을 수 없습니다."),
    ("programme", "required"): N_("종류를 골라 주세요."),
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
    ("opinion", "required"): N_("한 문항은 골라 주세요."),
    ("text", "too_many"): N_("한 번에 묻는 문항은 여섯까지입니다. 다른 문항을 그만 묻거나 바꾸어 주세요."),
    ("text_en", "required"): N_("영어 문장도 적어 주세요."),
    ("copies", "required"): N_("복사할 날이 없습니다. 날짜나 마지막 날을 다시 봐 주세요."),
}


def reason_text(reason: str | None) -> str:
    """Return why an entry was corrected: as it was typed, or in the words for what nobody typed."""
    return gettext(_REASONS[reason]) if reason in _REASONS else reason or ""
