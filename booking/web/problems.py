"""What went wrong, in words that help: one table from an error's code to a title and a sentence."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from booking.domain.errors import BookingError, InvalidForm, InvalidInput
from booking.domain.phases import Phase
from booking.web.labels import label
from booking.web.marking import N_, gettext


@dataclass(frozen=True, slots=True)
class Problem:
    """What an error page says: ``title``, what happened, and what became of what was entered."""

    title: str
    text: str
    kept: str = ""


NOTHING_CHANGED = N_("저장된 내용은 바뀌지 않았습니다.")
BACK_AND_AGAIN = N_("이전 화면으로 돌아가면 적으신 내용이 남아 있습니다.")

#: code of an error -> title, sentence, what became of the input
BY_CODE: dict[str, tuple[str, str, str]] = {
    "refused": (N_("요청을 처리하지 못했습니다"), N_("지금은 이 일을 할 수 없습니다."), NOTHING_CHANGED),
    "invalid_input": (N_("적으신 내용을 다시 봐 주세요"), N_("받을 수 없는 값이 있습니다."), NOTHING_CHANGED),
    "invalid_form": (N_("적으신 내용을 다시 봐 주세요"), N_("받을 수 없는 값이 있습니다."), NOTHING_CHANGED),
    "not_found": (
        N_("찾으시는 화면이 없습니다"),
        N_("주소가 바뀌었거나, 이 계정으로는 볼 수 없는 자료입니다."),
        "",
    ),
    "forbidden": (
        N_("이 화면은 볼 수 없습니다"),
        N_("이 계정의 역할로는 열 수 없는 화면입니다. 필요하시면 센터에 말씀해 주세요."),
        "",
    ),
    "sign_in_failed": (N_("로그인하지 못했습니다"), N_("전자우편 주소나 비밀번호가 맞지 않습니다."), ""),
    "illegal_transition": (
        N_("이미 다음 단계로 넘어갔습니다"),
        N_("그사이 상태가 바뀌어 이 일은 더 할 수 없습니다. 지금 상태를 다시 확인해 주세요."),
        NOTHING_CHANGED,
    ),
    "conflict": (
        N_("그사이 다른 분이 먼저 고쳤습니다"),
        N_("같은 내용을 다른 분이 먼저 저장했습니다. 새로 저장된 내용을 확인한 뒤 다시 해 주세요."),
        NOTHING_CHANGED,
    ),
    "stale_plan": (
        N_("배정안을 다시 만들어야 합니다"),
        N_("배정안을 만든 뒤 신청이나 일터의 답이 바뀌었습니다. 다시 배정하면 바뀐 내용이 들어갑니다."),
        NOTHING_CHANGED,
    ),
    "run_active": (
        N_("이미 배정을 계산하고 있습니다"),
        N_("한 학기의 배정은 한 번에 하나씩 계산합니다. 끝난 뒤에 다시 해 주세요."),
        NOTHING_CHANGED,
    ),
    "rule_broken": (
        N_("이렇게 바꾸면 규칙에 어긋납니다"),
        N_("일터의 인원이나 시간, 인솔자 규칙에 맞지 않아 저장하지 않았습니다."),
        NOTHING_CHANGED,
    ),
    "link_invalid": (
        N_("이 링크는 이제 쓸 수 없습니다"),
        N_("기한이 지났거나 더 새로운 안내가 나간 링크입니다. 가장 최근에 받으신 안내의 링크를 열어 주세요."),
        "",
    ),
}

#: HTTP status -> title, sentence, what became of the input, for what Flask itself refuses
BY_STATUS: dict[int, tuple[str, str, str]] = {
    400: (
        N_("요청을 이해하지 못했습니다"),
        N_("주소나 보낸 내용이 완전하지 않습니다. 화면을 새로 열고 다시 해 주세요."),
        NOTHING_CHANGED,
    ),
    401: (N_("로그인이 필요합니다"), N_("로그인한 뒤 다시 열어 주세요."), ""),
    403: BY_CODE["forbidden"],
    404: BY_CODE["not_found"],
    405: (N_("이 주소로는 할 수 없는 일입니다"), N_("단추나 링크로 다시 들어와 주세요."), NOTHING_CHANGED),
    409: BY_CODE["conflict"],
    410: BY_CODE["link_invalid"],
    413: (
        N_("보내신 내용이 너무 큽니다"),
        N_("한 번에 2 MB까지 받을 수 있습니다. 나누어 보내 주세요."),
        BACK_AND_AGAIN,
    ),
    415: (N_("받을 수 없는 형식입니다"), N_("화면에 있는 양식으로 보내 주세요."), NOTHING_CHANGED),
    422: BY_CODE["invalid_form"],
    429: (N_("잠시 뒤에 다시 해 주세요"), N_("짧은 시간에 너무 여러 번 시도했습니다."), ""),
    500: (
        N_("저희 쪽에서 문제가 생겼습니다"),
        N_("잘못하신 것이 아닙니다. 기록을 남겼으니 잠시 뒤에 다시 해 주시고, 되풀이되면 센터에 알려 주세요."),
        NOTHING_CHANGED,
    ),
    503: (
        N_("잠시 쉬고 있습니다"),
        N_("자료 저장소에 닿지 않습니다. 1–2분 뒤에 다시 열어 주세요."),
        NOTHING_CHANGED,
    ),
}
CSRF = (
    N_("화면이 너무 오래 열려 있었습니다"),
    N_("안전을 위해 오래된 화면에서 보낸 내용은 받지 않습니다. 화면을 새로 열고 다시 보내 주세요."),
    BACK_AND_AGAIN,
)

#: (field, reason) or reason -> the sentence beside the field
SENTENCES: dict[tuple[str, str] | str, str] = {
    ("classes", "required"): N_("학급을 하나 이상 골라 주세요."),
    ("classes", "unknown"): N_("우리 학교에 없는 학급이 들어 있습니다. 다시 골라 주세요."),
    ("fields", "required"): N_("직업 분야를 하나 이상 골라 주세요."),
    ("requested", "required"): N_("희망하는 날을 하나 이상 골라 주세요."),
    ("requested", "too_many"): N_("지망은 다섯 개, 가능한 시간은 열 개까지 고를 수 있습니다."),
    ("requested", "twice"): N_("같은 순위나 같은 시간이 두 번 들어 있습니다. 순위를 하나씩만 매겨 주세요."),
    ("requested", "out_of_term"): N_("이번 학기에 없는 날이 들어 있습니다. 다시 골라 주세요."),
    ("negotiable", "out_of_term"): N_("이번 학기에 없는 날이 들어 있습니다. 다시 골라 주세요."),
    ("negotiable", "twice"): N_("같은 시간이 희망과 가능에 모두 들어 있습니다. 한쪽만 골라 주세요."),
    ("classes", "too_many"): N_("한 번에 30개 학급까지 신청할 수 있습니다."),
    ("requested", "past"): N_("지난 날이 들어 있습니다. 오늘 뒤의 날을 골라 주세요."),
    ("pupils", "range"): N_("인원은 1명에서 100명까지 적어 주세요."),
    ("chaperones_needed", "range"): N_("인솔자 수는 0명에서 20명까지 적어 주세요."),
    ("reason", "required"): N_("까닭을 알려 주세요."),
    ("answer", "required"): N_("모둠마다 맞이하실 수 있는지 골라 주세요."),
    ("answer", "too_late"): N_("방문일이 되어 여기에서는 바꿀 수 없습니다. 센터로 전화해 주세요."),
    ("answer", "declined_before"): N_(
        "어렵다고 하신 자리는 이미 다른 일터에 부탁드렸습니다. 다시 맞이해 주실 수 있으면 센터로 전화해 주세요."
    ),
    ("answer", "conflict"): N_("그사이 방문 내용이 바뀌었습니다. 아래 내용을 다시 봐 주세요."),
    ("email", "required"): N_("전자우편 주소를 적어 주세요."),
    ("password", "required"): N_("비밀번호를 적어 주세요."),
    "required": N_("꼭 필요한 칸입니다."),
    "unknown": N_("목록에 없는 값입니다. 다시 골라 주세요."),
    "too_many": N_("너무 많이 골랐습니다."),
    "too_long": N_("너무 깁니다. 줄여 주세요."),
    "twice": N_("같은 값이 두 번 들어 있습니다."),
    "out_of_term": N_("이번 학기 밖의 날짜입니다."),
    "range": N_("받을 수 있는 범위를 벗어났습니다."),
    "number": N_("숫자로 적어 주세요."),
    "password_length": N_("비밀번호는 8자에서 128자까지입니다."),
}


def translated(texts: tuple[str, str, str]) -> Problem:
    """Return the problem in the language of the page."""
    return Problem(*(gettext(text) if text else "" for text in texts))


def _minutes(seconds: object) -> int:
    return max(1, math.ceil(float(str(seconds or 60)) / 60))


def describe(error: BookingError) -> Problem:
    """Return what to say of an error of ours."""
    if error.code == "too_many_attempts":
        wait = gettext("%(n)s분 뒤에 다시 하실 수 있습니다.", n=_minutes(error.facts.get("seconds")))
        title, text, kept = BY_STATUS[429]
        return Problem(gettext(title), f"{gettext(text)} {wait}", gettext(kept) if kept else "")
    if error.code == "phase_closed":
        phase = Phase(str(error.facts.get("phase", Phase.CLOSED)))
        text = gettext("지금은 「%(phase)s」 기간이라 이 일을 할 수 없습니다.", phase=label(phase))
        return Problem(gettext("지금은 할 수 없는 일입니다"), text, gettext(NOTHING_CHANGED))
    return translated(BY_CODE.get(error.code, BY_CODE["refused"]))


def describe_status(status: int) -> Problem:
    """Return what to say of an HTTP status."""
    return translated(BY_STATUS.get(status, BY_STATUS[500 if status >= 500 else 400]))


def sentence(fault: InvalidInput) -> str:
    """Return the sentence beside the field that a fault names."""
    reason = fault.reason or "unknown"
    name = (fault.field or "").partition("-")[0]  # reason-12 is the reason of group 12
    text = SENTENCES.get((name, reason)) or SENTENCES.get(reason, SENTENCES["unknown"])
    return gettext(text)


def sentences(error: InvalidInput | InvalidForm) -> dict[str, str]:
    """Return the first sentence of each field that an error names, in the order of the form."""
    faults: Iterable[InvalidInput] = error.faults if isinstance(error, InvalidForm) else (error,)
    found: dict[str, str] = {}
    for fault in faults:
        found.setdefault(fault.field or "form", sentence(fault))
    return found
