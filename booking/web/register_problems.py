"""The sentences beside the fields of the register, for the one table in :mod:`booking.web.problem_fields`."""

from __future__ import annotations

from booking.web.marking import N_

#: (field, reason) or reason -> the sentence beside the field
SENTENCES: dict[tuple[str, str] | str, str] = {
    ("sms_name", "sms_bytes"): N_("문자에 쓰는 짧은 이름이 너무 깁니다. 한글은 한 글자가 2바이트입니다. 줄여 주세요."),
    ("lat", "degrees"): N_("위도는 37.4955처럼 33에서 39 사이로 적어 주세요."),
    ("lon", "degrees"): N_("경도는 126.8875처럼 124에서 132 사이로 적어 주세요."),
    ("max_group", "order"): N_("가장 많은 인원이 가장 적은 인원보다 적습니다."),
    ("levels", "required"): N_("받을 수 있는 학교급을 하나 이상 골라 주세요."),
    ("contact_phone", "reachable"): N_("담당자의 전화나 전자우편을 하나는 적어 주세요."),
    ("contact_name", "required"): N_("담당자의 이름을 적어 주세요."),
    ("contact_email", "email"): N_("전자우편 주소의 모양이 아닙니다. 보기: name@work.example.kr"),
    ("contact_phone", "phone"): N_("전화번호를 다시 봐 주세요. 보기: 010-0000-0000"),
    ("first", "past"): N_("내일이나 그 뒤의 날을 적어 주세요. 지난 날은 바꿀 수 없습니다."),
    ("last", "between"): N_("한 번에 200일까지 넣을 수 있습니다. 더 오래 쉬면 상태를 「쉼」으로 바꿔 주세요."),
    ("since", "future"): N_("앞으로의 날은 적을 수 없습니다. 오늘이나 지난 날을 적어 주세요."),
    ("since", "before_last_step"): N_("앞 단계의 날보다 빠릅니다. 그날이나 그 뒤의 날을 적어 주세요."),
    ("status", "step"): N_("지금 상태에서 바로 갈 수 없는 단계입니다."),
    ("name", "same_place"): N_("같은 이름과 주소의 일터가 이미 있습니다. 그 일터를 고쳐 주세요."),
    ("form", "held"): N_(
        "학교에 다른 날을 제안하며 잡아 둔 자리가 있어 바꿀 수 없습니다."
        " 학교의 답을 받거나 제안을 거둔 뒤에 다시 해 주세요."
    ),
    ("level", "visits_stand"): N_("이번 학기에 잡힌 방문이 있어 학교급을 바꿀 수 없습니다. 다음 학기에 바꿔 주세요."),
    ("name", "same_school_name"): N_("같은 이름의 학교가 이미 있습니다."),
    ("telephone", "phone"): N_("전화번호를 다시 봐 주세요. 보기: 02-0000-0000"),
    ("day_name", "required"): N_("일정 이름을 적어 주세요."),
    "term_so_far": N_(
        "이번 학기에 이미 다녀간 모둠과 맞지 않습니다. 다음 학기부터 바꾸거나, 남은 기간은 받지 않는 날로 넣어 주세요."
    ),
    "unencodable": N_("문자로 보낼 수 없는 글자가 들어 있습니다. 다른 글자로 바꿔 주세요."),
    ("name", "no_workplace"): N_("이 이름의 일터가 없습니다."),
    ("school", "ambiguous"): N_("이름이 같은 학교가 여럿입니다. 학교 번호를 적어 주세요."),
    ("class", "too_many_known"): N_("한 학교에 120개 학급까지 둘 수 있습니다."),
    ("school", "no_school"): N_("이 이름의 학교가 없습니다."),
    ("class", "class_name"): N_("학급을 1-3이나 1학년 3반처럼 적어 주세요."),
    ("class", "no_class"): N_("이 학교에 이 학급이 없습니다. 학교의 학급을 먼저 적어 주세요."),
    ("class", "asked_already"): N_("이 학급이 같은 날을 이미 신청했습니다."),
    ("together", "not_the_same"): N_("함께 가는 학급은 희망일과 분야가 같아야 합니다."),
    ("wish_1", "past"): N_("지난 날이 들어 있습니다. 오늘 뒤의 날을 적어 주세요."),
    ("wish_1", "twice"): N_("같은 날이 두 번 있습니다."),
    ("wish_1", "blocked"): N_("시험, 학교 행사, 휴일 때문에 나갈 수 없는 날이 들어 있습니다."),
    ("form", "clash"): N_("잡혀 있는 모둠이 한 일터에 들어가지 않아 합치지 않았습니다. 아래를 봐 주세요."),
    ("form", "same"): N_("같은 일터를 두 번 고르셨습니다."),
    ("row", "alike"): N_("이미 있는 일터와 비슷합니다. 같은 곳이면 번호를 적어 그 일터를 고쳐 주세요."),
    ("run", "required"): N_("고칠 배정안을 골라 주세요."),
    ("run", "no_draft"): N_("이 배정안은 이제 고칠 수 없습니다. 새 배정안에 다시 올려 주세요."),
    ("code", "no_request"): N_("이 배정안에 이 번호의 신청이 없습니다."),
    ("code", "required"): N_("신청 번호를 적어 주세요. 배정안을 내려받은 표에 있습니다."),
    ("date", "not_one_slot"): N_("한 신청의 모둠은 모두 같은 날 같은 시간이어야 합니다."),
    ("date", "out_of_term"): N_("이번 학기에 없는 날입니다."),
    ("place_code", "no_workplace"): N_("이 번호의 일터가 없습니다."),
    ("place", "no_workplace"): N_("이 이름의 일터가 없습니다."),
    ("place", "other_place"): N_("번호와 이름이 서로 다른 일터입니다. 하나만 남겨 주세요."),
    ("place", "ambiguous"): N_("이름이 같은 일터가 여럿입니다. 일터 번호를 적어 주세요."),
    ("place", "not_in_plan"): N_("이 배정안에 없는 일터입니다. 배정을 다시 실행한 뒤에 고르실 수 있습니다."),
    ("place", "twice"): N_("한 신청이 한 일터에 두 모둠을 보낼 수 없습니다. 한 모둠으로 합쳐 주세요."),
    ("place", "required"): N_("모둠마다 일터를 적거나, 이 신청의 일터를 모두 비워 주세요."),
    ("pupils", "required"): N_("인원을 적어 주세요."),
    ("reason", "soft"): N_("바꾸는 까닭을 적어 주시면 그렇게 바꿉니다."),
    "slot": N_("날짜와 오전·오후를 4/21 오전처럼 적어 주세요."),
    "between": N_("받을 수 있는 범위를 벗어났습니다. 숫자를 다시 봐 주세요."),
}
