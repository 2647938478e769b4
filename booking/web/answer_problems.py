"""The sentences beside the fields of a workplace's pages, for the one table in :mod:`booking.web.problem_fields`."""

from __future__ import annotations

from booking.web.marking import N_

#: (field, reason) or reason -> the sentence beside the field
SENTENCES: dict[tuple[str, str] | str, str] = {
    ("answer", "changed"): N_("그사이 방문 내용이 바뀌었습니다. 아래 내용을 다시 보고 답해 주세요."),
    ("answer", "coach_required"): N_("함께 가실 수 있는지 골라 주세요."),
    ("answer", "coach_too_late"): N_("그날이 되어 여기에서는 바꿀 수 없습니다. 센터로 전화해 주세요."),
    ("answer", "coach_declined_before"): N_("어렵다고 하신 자리는 다른 코치님께 부탁드렸습니다. 센터로 전화해 주세요."),
    ("chosen", "required"): N_("부탁드릴 코치를 한 분 이상 골라 주세요."),
    ("chosen", "changed"): N_("그사이 방문이나 코치의 시간이 바뀌었습니다. 아래 내용을 보고 다시 골라 주세요."),
    ("pupils", "fewer"): N_("몇 명까지 맞이하실 수 있는지 다시 골라 주세요."),
    ("time", "required"): N_("괜찮으신 시간을 골라 주세요."),
    ("text", "note_too_long"): N_("전할 말씀은 300자까지 적을 수 있습니다. 줄여 주세요."),
    ("rest", "required"): N_("언제까지 쉬실지 골라 주세요."),
    ("rest", "past"): N_("내일이나 그 뒤의 날을 골라 주세요."),
    ("rest", "too_far"): N_("200일까지 쉬실 수 있습니다. 더 오래 쉬시려면 센터로 전화해 주세요."),
    ("phone", "reachable"): N_("전화나 전자우편을 하나는 적어 주세요."),
}
