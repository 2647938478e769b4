"""Changes by hand in words: what was done, which soft rules it decides against, and what a hard rule would ask for."""

from __future__ import annotations

from collections.abc import Sequence

from booking.domain.journal import PINNED, HandKind
from booking.models.terms import Slot
from booking.queries.hand_changes import JournalRow, VisitChange
from booking.web.console.base import pages
from booking.web.formats import when
from booking.web.marking import N_, gettext
from scheduler.soft_rules import SoftRule

KINDS: dict[HandKind, str] = {
    HandKind.MOVE: N_("옮김"),
    HandKind.SWAP: N_("맞바꿈"),
    HandKind.SPLIT: N_("모둠 나눔"),
    HandKind.PIN: N_("고정"),
    HandKind.UNPIN: N_("고정 풂"),
    HandKind.EXCLUDE: N_("일터 뺌"),
    HandKind.ADMIT: N_("일터 다시 허용"),
    HandKind.SHEET: N_("표로 바꿈"),
    HandKind.UNDO: N_("되돌림"),
    HandKind.REDO: N_("다시 함"),
}

#: a soft rule: the word of its mark, and what a person decides when it is not kept
SOFT: dict[str, tuple[str, str]] = {
    SoftRule.WISH: (N_("뒤 지망"), N_("지금보다 뒤 지망으로 갑니다.")),
    SoftRule.NOT_ASKED: (
        N_("희망 밖"),
        N_("학교가 희망하지 않은 시간입니다. 게시하면 자리를 잡아 두고 학교에 먼저 여쭙니다."),
    ),
    SoftRule.OUT: (N_("안에서 뺌"), N_("이 학급은 갈 곳이 없게 됩니다.")),
    SoftRule.OFF_FIELD: (N_("분야 다름"), N_("희망하지 않은 분야의 일터로 가는 학생이 늘어납니다.")),
    SoftRule.FAR: (N_("먼 일터"), N_("5 km 넘게 떨어진 일터로 가는 학생이 늘어납니다.")),
    PINNED: (N_("고정을 옮김"), N_("사람이 고정해 둔 방문을 옮깁니다. 고정도 함께 옮겨집니다.")),
}

#: what would have to give, so that a hard rule could be kept
GIVES: dict[str, str] = {
    "H1": N_("학교가 이 시간을 희망이나 가능한 시간에 더해야 합니다."),
    "H2": N_("같은 시간의 다른 방문이 자리를 비우거나, 모둠 크기와 인원을 맞추어야 합니다."),
    "H3": N_("이 일터의 다른 모둠이 옮겨 가거나, 일터가 더 받겠다고 해야 합니다."),
    "H4": N_("일터가 이 시간에 열고 이 학교급을 받아야 하며, 뺀 일터라면 다시 허용해야 합니다."),
    "H5": N_("그 시간에 올 진로코치가 늘거나, 같은 시간의 다른 방문이 옮겨 가야 합니다."),
    "H6": N_("함께 가는 학급을 모두 같은 시간으로 옮겨야 합니다."),
    "H7": N_("고정을 풀어야 합니다. 일터가 확정한 방문은 일터에 먼저 여쭈어야 합니다."),
    "H8": N_("같은 학급의 다른 체험을 다른 날로 옮겨야 합니다."),
}


def kind_of_change(kind: HandKind) -> str:
    """Return 옮김, 맞바꿈 and so on."""
    return gettext(KINDS[kind])


@pages.app_template_filter("soft_mark")
def soft_mark(rule: str) -> str:
    """Return the word of the mark of a soft rule that was decided against."""
    return gettext(SOFT[rule][0]) if rule in SOFT else rule


def soft_sentence(rule: str) -> str:
    """Return what a person decides who does not keep a soft rule."""
    return gettext(SOFT[rule][1]) if rule in SOFT else rule


def gives(rules: Sequence[str]) -> list[str]:
    """Return what would have to give, once for each of the hard rules, in their order."""
    return [gettext(GIVES[rule]) for rule in dict.fromkeys(rules) if rule in GIVES]


def change_sentence(row: JournalRow, visit: VisitChange) -> str:
    """Return what one line of the journal did to one visit."""
    if row.kind in {HandKind.PIN, HandKind.UNPIN}:
        return gettext("%(who)s: %(when)s", who=visit.who, when=_where(visit.slot))
    if visit.excluded:
        return gettext("%(who)s: %(places)s 뺌", who=visit.who, places=", ".join(visit.excluded))
    if visit.admitted:
        return gettext("%(who)s: %(places)s 다시 허용", who=visit.who, places=", ".join(visit.admitted))
    if visit.slot_before is not visit.slot:
        return f"{visit.who}: {_where(visit.slot_before)} → {_where(visit.slot)}"
    if visit.left or visit.placed:
        return f"{visit.who}: {_sizes(visit.left)} → {_sizes(visit.placed)}"
    return visit.who


def _where(slot: Slot | None) -> str:
    return when(slot) if slot is not None else gettext("미배정")


def _sizes(groups: Sequence[tuple[str, int]]) -> str:
    return ", ".join(gettext("%(place)s %(n)s명", place=place, n=pupils) for place, pupils in groups) or "–"
