"""What a whole page says of an error: a title, what happened, and what became of what was entered."""

from __future__ import annotations

from booking.web.marking import N_

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
    "no_term": (
        N_("아직 학기가 없습니다"),
        N_("센터가 학기의 날짜를 정하면 이 화면이 열립니다."),
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
    "standing_visits": (
        N_("이미 잡힌 방문이 영향을 받습니다"),
        N_("그사이 이 일터의 방문이 달라졌습니다. 어떤 방문이 영향을 받는지 다시 확인한 뒤 저장해 주세요."),
        NOTHING_CHANGED,
    ),
    "coaches_short": (
        N_("인솔자가 모자라게 됩니다"),
        N_("그사이 인솔자나 방문이 달라졌습니다. 어느 시간에 모자라는지 다시 확인한 뒤 저장해 주세요."),
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
    "search_active": (
        N_("이미 조정 제안을 찾고 있습니다"),
        N_("한 학기의 제안은 한 번에 하나씩 찾습니다. 끝난 뒤에 다시 해 주세요."),
        NOTHING_CHANGED,
    ),
    "drill_active": (
        N_("이미 비상 연습을 하고 있습니다"),
        N_("비상 연습은 한 번에 하나씩 합니다. 끝난 뒤에 다시 해 주세요."),
        NOTHING_CHANGED,
    ),
    "offers_do_not_fit": (
        N_("지금은 보낼 수 없는 제안이 있습니다"),
        N_("찾은 뒤에 사정이 바뀐 제안이 있어 아무것도 보내지 않았습니다. 제안 목록에서 까닭을 확인해 주세요."),
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
#: others are writing the same things, and have not ended in time
BUSY = (
    N_("다른 분이 지금 같은 것을 바꾸고 있습니다"),
    N_("그쪽이 끝나기를 기다리다 멈추었습니다. 잠시 뒤에 한 번 더 눌러 주세요."),
    NOTHING_CHANGED,
)
CSRF = (
    N_("화면이 너무 오래 열려 있었습니다"),
    N_("안전을 위해 오래된 화면에서 보낸 내용은 받지 않습니다. 화면을 새로 열고 다시 보내 주세요."),
    BACK_AND_AGAIN,
)
#: why it is not the day for something
NOT_NOW: dict[str, str] = {
    "before_the_day": N_("온 인원은 방문일부터 적을 수 있습니다. 그날 다시 열어 주세요."),
    "after_the_day": N_("방문일이 지나 여기에서는 바꿀 수 없습니다. 센터로 전화해 주세요."),
    "not_the_day": N_("방문 당일에 쓰는 단추입니다. 급하시면 센터로 전화해 주세요."),
    "too_late": N_("누른 지 10분이 지나 되돌릴 수 없습니다. 센터로 전화해 주세요."),
    "quarter_runs": N_("아직 끝나지 않은 분기입니다. 분기가 끝난 다음 날부터 마감할 수 있습니다."),
    "registration_closed": N_("지금은 신청을 받지 않는 회차입니다. 필요하시면 센터로 전화해 주세요."),
    "session_over": N_("끝났거나 취소했거나 바로 앞둔 회차라 신청 조건을 바꿀 수 없습니다."),
    "opinion": N_("이 방문에 대해서는 답하실 때가 아닙니다. 다녀간 날부터 14일 동안 답하실 수 있습니다."),
    "session_first": N_("열린 회차만 만족도를 적을 수 있습니다. 온 인원을 먼저 적어 주세요."),
    "attendance_first": N_("모든 모둠의 온 인원을 먼저 적어 주세요. 그다음에 만족도를 적을 수 있습니다."),
}
