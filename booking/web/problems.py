"""What went wrong, in words that help: one table from an error's code to a title and a sentence."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from booking.domain.errors import BookingError, InvalidForm, InvalidInput, NotNow
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
    "not_now": (
        N_("지금은 할 수 없는 일입니다"),
        N_("방문일에 따라 할 수 있는 일이 다릅니다. 화면을 새로 열어 확인해 주세요."),
        NOTHING_CHANGED,
    ),
    "kept_account": (
        N_("이 계정은 바꿀 수 없습니다"),
        N_("자기 계정과 마지막 남은 관리자 계정은 끄거나 역할을 바꿀 수 없습니다. 다른 관리자에게 부탁해 주세요."),
        NOTHING_CHANGED,
    ),
    "offer_gone": (
        N_("그사이 이날의 자리가 없어졌습니다"),
        N_(
            "답하시는 사이에 다른 학급이 자리를 채웠거나 지금 날짜의 일터가 모두 확정되어,"
            " 제안한 날로 옮길 수 없게 되었습니다. 제안은 거두었고, 더 하실 일은 없습니다. 죄송합니다."
        ),
        N_("지금 정해진 날짜와 일터는 그대로입니다."),
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
    ("drafts", "too_many"): N_("신청 준비를 스무 건까지 둘 수 있습니다. 쓰지 않을 것을 버린 뒤에 다시 해 주세요."),
    ("fields", "required"): N_("직업 분야를 하나 이상 골라 주세요."),
    ("requested", "required"): N_("희망하는 날을 하나 이상 골라 주세요."),
    ("requested", "too_many"): N_("지망은 다섯 개, 가능한 시간은 열 개까지 고를 수 있습니다."),
    ("requested", "twice"): N_("같은 순위나 같은 시간이 두 번 들어 있습니다. 순위를 하나씩만 매겨 주세요."),
    ("requested", "out_of_term"): N_("이번 학기에 없는 날이 들어 있습니다. 다시 골라 주세요."),
    ("negotiable", "out_of_term"): N_("이번 학기에 없는 날이 들어 있습니다. 다시 골라 주세요."),
    ("negotiable", "twice"): N_("같은 시간이 희망과 가능에 모두 들어 있습니다. 한쪽만 골라 주세요."),
    ("classes", "too_many"): N_("한 번에 30개 학급까지 신청할 수 있습니다."),
    ("requested", "blocked"): N_(
        "시험, 학교 행사, 휴일 때문에 나갈 수 없는 시간이 들어 있습니다. 달력에서 까닭을 보고 다른 날을 골라 주세요."
    ),
    ("file", "required"): N_("CSV 파일을 골라 주세요."),
    ("file", "too_long"): N_("파일이 너무 큽니다. 1 MB까지 받을 수 있습니다."),
    ("file", "too_many"): N_("줄이 너무 많습니다. 2,000줄까지 받을 수 있습니다."),
    ("file", "spreadsheet"): N_("엑셀 파일 그대로는 읽을 수 없습니다. 엑셀에서 「CSV(쉼표로 분리)」로 저장해 주세요."),
    ("file", "encoding"): N_("글자를 읽을 수 없는 파일입니다. 엑셀에서 「CSV UTF-8」로 다시 저장해 주세요."),
    ("file", "columns"): N_("첫 줄에 열 이름이 있어야 합니다: 학교, 학년, 시작일, 종료일, 구분, 내용"),
    ("file", "empty"): N_("파일에 일정이 없습니다."),
    ("label", "class"): N_("학급은 1-3처럼 학년과 반을 적어 주세요."),
    ("label", "twice"): N_("이미 있는 학급입니다. 표에서 인원을 고쳐 주세요."),
    ("new_pupils", "range"): N_("인원은 1명에서 100명까지 적어 주세요."),
    ("considered", "range"): N_("배려 필요 인원은 학급 인원보다 많을 수 없습니다."),
    ("own_chaperones", "range"): N_("인솔자 수는 0명에서 100명까지 적어 주세요."),
    ("am_starts", "order"): N_("오전 시작, 오전 끝, 오후 시작, 오후 끝의 차례로 늦어져야 합니다."),
    ("last", "order"): N_("끝나는 날이 시작하는 날보다 빠릅니다."),
    ("last", "span"): N_("한 번에 130일까지 넣을 수 있습니다."),
    ("date", "twice"): N_("이미 쉬는 날로 넣은 날입니다."),
    ("classes", "too_many_known"): N_("한 학교에 120개 학급까지 둘 수 있습니다."),
    ("neis_office", "neis_office"): N_("교육청 코드는 B10처럼 글자 하나와 숫자 둘입니다."),
    ("neis_code", "neis_code"): N_("학교 코드는 숫자 일곱 자리입니다."),
    "time": N_("시각은 09:00처럼 07:00에서 20:00 사이로 적어 주세요."),
    "date": N_("날짜는 2027-04-26처럼 적어 주세요."),
    "markup": N_("이름에는 < 와 > 를 쓸 수 없습니다."),
    ("counter", "required"): N_("대신 갈 수 있는 날을 골라 주세요."),
    ("counter", "out_of_term"): N_("이번 학기에 없는 날입니다. 다시 골라 주세요."),
    ("counter", "past"): N_("지난 날입니다. 오늘 뒤의 날을 골라 주세요."),
    ("counter", "offered"): N_("저희가 여쭌 날과 같은 날입니다. 다른 날을 골라 주세요."),
    ("counter", "requested"): N_("이미 희망하신 날입니다. 희망하지 않으신 날 가운데 골라 주세요."),
    ("counter", "blocked"): N_("시험, 학교 행사, 휴일 때문에 나갈 수 없는 날입니다. 다른 날을 골라 주세요."),
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
    ("attended", "range"): N_("온 인원은 0명에서 계획한 인원보다 5명 많은 수까지 적어 주세요."),
    ("attended", "number"): N_("온 인원을 숫자로 적어 주세요."),
    ("attended", "required"): N_("온 인원을 적어 주세요. 아무도 오지 않았으면 0을 적어 주세요."),
    ("attended", "fewer_than_answered"): N_("온 인원이 만족도에 답한 학생보다 적습니다. 만족도를 먼저 고쳐 주세요."),
    ("remark", "too_long"): N_("남길 말은 500자까지 적을 수 있습니다. 줄여 주세요."),
    ("q", "more_than_came"): N_("한 문항에 답한 학생은 온 학생보다 많을 수 없습니다. 다시 세어 주세요."),
    ("q", "number"): N_("답한 학생 수를 숫자로 적어 주세요. 묻지 않은 문항은 비워 두세요."),
    ("pupils", "unchanged"): N_("지금 인원과 같습니다. 바뀐 인원을 적어 주세요."),
    ("pupils", "number"): N_("바뀐 인원을 숫자로 적어 주세요."),
    ("again", "required"): N_("다른 날을 찾을지 골라 주세요."),
    ("reason", "too_long"): N_("까닭은 500자까지 적을 수 있습니다. 줄여 주세요."),
    ("note", "required"): N_("학교에 보낼 답을 적어 주세요."),
    ("note", "too_long"): N_("답은 500자까지 적을 수 있습니다. 줄여 주세요."),
    ("class", "required"): N_("확인할 학급을 하나 이상 골라 주세요."),
    ("briefing", "too_long"): N_("안내는 4,000자까지 적을 수 있습니다. 줄여 주세요."),
    ("prepares", "too_long"): N_("준비물은 500자까지 적을 수 있습니다. 줄여 주세요."),
    ("email", "required"): N_("전자우편 주소를 적어 주세요."),
    ("email", "email"): N_("전자우편 주소의 모양이 아닙니다. 보기: name@school.example.kr"),
    ("email", "has_account"): N_("이 주소는 다른 역할의 계정으로 쓰이고 있습니다. 다른 주소를 적어 주세요."),
    ("email", "switched_off"): N_("이 주소의 계정은 꺼져 있습니다. 먼저 그 계정을 다시 켜 주세요."),
    ("email", "already_there"): N_("이 선생님은 이미 이 학교에 계십니다."),
    ("phone", "phone"): N_("전화번호를 다시 봐 주세요. 보기: 010-0000-0000"),
    ("name", "required"): N_("이름을 적어 주세요."),
    ("title", "required"): N_("직함을 적어 주세요. 학교마다 다르니 쓰시는 대로 적어 주세요."),
    ("school", "required"): N_("학교를 골라 주세요."),
    ("school", "same_school"): N_("이미 이 학교에 계십니다. 옮겨 가실 학교를 골라 주세요."),
    ("password", "required"): N_("비밀번호를 적어 주세요."),
    ("old_password", "required"): N_("지금 쓰시는 비밀번호를 적어 주세요."),
    ("old_password", "wrong_password"): N_("지금 쓰시는 비밀번호와 다릅니다."),
    ("other", "same_party"): N_("함께 가는 학급끼리는 바꿀 수 없습니다."),
    ("other", "same_slot"): N_("두 방문이 같은 시간에 있습니다. 다른 시간의 방문을 골라 주세요."),
    ("groups", "no_slot"): N_("시간이 정해지지 않은 방문은 모둠을 나눌 수 없습니다. 먼저 시간을 정해 주세요."),
    ("groups", "required"): N_("일터를 하나 이상 고르고 인원을 적어 주세요."),
    ("groups", "unknown"): N_("이 안에 없는 일터가 들어 있습니다. 다시 골라 주세요."),
    ("groups", "number"): N_("모둠 인원을 숫자로 적어 주세요."),
    ("workplace", "excluded_before"): N_("이미 뺀 일터입니다."),
    "unchanged": N_("지금과 같습니다. 바꿀 것을 골라 주세요."),
    "required": N_("꼭 필요한 칸입니다."),
    "unknown": N_("목록에 없는 값입니다. 다시 골라 주세요."),
    "too_many": N_("너무 많이 골랐습니다."),
    "too_long": N_("너무 깁니다. 줄여 주세요."),
    "twice": N_("같은 값이 두 번 들어 있습니다."),
    "out_of_term": N_("이번 학기 밖의 날짜입니다."),
    "range": N_("받을 수 있는 범위를 벗어났습니다."),
    "number": N_("숫자로 적어 주세요."),
    "password_length": N_("비밀번호는 8자에서 128자까지입니다."),
    "password_common": N_("너무 쉽게 짐작할 수 있는 비밀번호입니다. 다른 것으로 정해 주세요."),
}


#: why it is not the day for something
NOT_NOW: dict[str, str] = {
    "before_the_day": N_("온 인원은 방문일부터 적을 수 있습니다. 그날 다시 열어 주세요."),
    "after_the_day": N_("방문일이 지나 여기에서는 바꿀 수 없습니다. 센터로 전화해 주세요."),
    "not_the_day": N_("방문 당일에 쓰는 단추입니다. 급하시면 센터로 전화해 주세요."),
    "too_late": N_("누른 지 10분이 지나 되돌릴 수 없습니다. 센터로 전화해 주세요."),
    "attendance_first": N_("모든 모둠의 온 인원을 먼저 적어 주세요. 그다음에 만족도를 적을 수 있습니다."),
}
#: what is wrong with a row of a pasted list or a CSV
FAULT_WORDS: dict[str, str] = {
    "class": N_("학급과 인원을 알아보지 못했습니다. 1-3 24처럼 적어 주세요."),
    "grade": N_("학년은 1에서 6까지입니다."),
    "pupils": N_("인원은 1명에서 100명까지입니다."),
    "twice": N_("같은 학급이 두 번 있습니다."),
    "formula": N_("수식은 받지 않습니다. 값만 넣어 주세요."),
    "markup": N_("이름에는 < 와 > 를 쓸 수 없습니다."),
    "too_long": N_("너무 깁니다. 나누어 넣어 주세요."),
    "too_many": N_("한 학교에 120개 학급까지 둘 수 있습니다."),
    "empty": N_("적힌 내용이 없습니다."),
    "date": N_("날짜를 알아보지 못했습니다. 2027-04-26처럼 적어 주세요."),
    "order": N_("종료일이 시작일보다 빠릅니다."),
    "span": N_("기간이 너무 깁니다. 130일까지 됩니다."),
    "name": N_("내용이 비었거나 100자를 넘습니다."),
    "kind": N_("구분은 시험, 행사, 휴업일, 공휴일, 참고 가운데 하나입니다."),
    "other_school": N_("다른 학교의 일정입니다."),
}
#: why a taking-over from the national system failed
IMPORT_FAULTS: dict[str, str] = {
    "key": N_("NEIS가 센터의 인증키를 받지 않았습니다. 센터에 알려 주세요."),
    "restricted": N_("센터의 NEIS 인증키가 막혀 있습니다. 센터에 알려 주세요."),
    "question": N_("NEIS가 학교 코드를 알아보지 못했습니다. 아래에서 코드를 확인해 주세요."),
    "too_many_rows": N_("한 번에 받을 수 있는 것보다 많은 일정이 있습니다. CSV로 나누어 넣어 주세요."),
    "daily_limit": N_("센터가 오늘 NEIS에 물을 수 있는 횟수를 다 썼습니다. 내일 다시 해 주세요."),
    "server": N_("NEIS에 문제가 있습니다. 잠시 뒤에 다시 해 주세요."),
    "time_out": N_("NEIS가 제때 답하지 않았습니다. 잠시 뒤에 다시 해 주세요."),
    "away": N_("NEIS에 닿지 않습니다. 잠시 뒤에 다시 해 주세요."),
    "malformed": N_("NEIS가 알아볼 수 없는 답을 보냈습니다. 잠시 뒤에 다시 해 주세요."),
    "nothing": N_("NEIS에 이 학교의 자료가 아직 없습니다. CSV로 넣거나 직접 적어 주세요."),
    "no_school": N_("NEIS에서 이 이름의 학교를 찾지 못했습니다. 학교 코드를 적어 주세요."),
    "ambiguous": N_("이름이 같은 학교가 여럿입니다. 우리 학교를 골라 주세요."),
    "worker_died": N_("가져오다가 멈추었습니다. 다시 해 주세요."),
}


def translated(texts: tuple[str, str, str]) -> Problem:
    """Return the problem in the language of the page."""
    return Problem(*(gettext(text) if text else "" for text in texts))


def _minutes(seconds: object) -> int:
    return max(1, math.ceil(float(str(seconds or 60)) / 60))


def not_now(error: NotNow) -> str:
    """Return why it is not the day for something, and what can be done instead."""
    _, otherwise, _ = BY_CODE[error.code]
    text = NOT_NOW.get(error.reason or "", otherwise)
    return gettext(text)


def describe(error: BookingError) -> Problem:
    """Return what to say of an error of ours."""
    if isinstance(error, NotNow):
        title, _, kept = BY_CODE[error.code]
        return Problem(gettext(title), not_now(error), gettext(kept))
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
