"""배정 규칙의 값: what each price means, what other values would do to the last plan, and saving them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import Conflict, InvalidForm, NotFound, RunAlreadyActive
from booking.domain.policy import PRICES, policy_fields, rank_field, read_policy
from booking.domain.states import ACTIVE_RUNS, RunStatus
from booking.models.runs import AllocationRun
from booking.models.terms import Term
from booking.services import policy as values
from booking.services.terms import current_term
from booking.web.access import STAFF, allow, person
from booking.web.console.base import pages
from booking.web.database import clock, config, read, write
from booking.web.marking import N_, gettext
from booking.web.problems import sentences

Page = str | tuple[str, int] | Response
#: what each price is called, and what a person decides with it
MEANINGS: dict[str, tuple[str, str]] = {
    "shift_cost": (
        N_("희망하지 않은 날"),
        N_("학교가 고르지 않은 날로 갈 때의 부담입니다. 크면 꼭 필요할 때만 옮깁니다."),
    ),
    "crowding_price": (N_("혼잡 비용"), N_("크면 날마다 고르게 나누고, 작으면 붐비더라도 1지망을 지킵니다.")),
    "off_field_cost": (N_("희망 분야 밖"), N_("희망한 분야가 아닌 일터로 갈 때의 부담입니다.")),
    "travel_cost": (N_("이동 거리"), N_("1km를 갈 때의 부담입니다. 크면 가까운 일터를 고릅니다.")),
    "group_cost": (N_("모둠 하나"), N_("크면 많이 받는 일터에 모아 보내고, 작으면 여러 일터로 나눕니다.")),
    "change_cost": (N_("게시한 계획 바꾸기"), N_("이미 알린 날짜나 일터를 바꿀 때의 부담입니다. 크면 그대로 둡니다.")),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of both plans, and whether a smaller one is better."""

    name: str
    kind: str
    word: str
    now: float
    then: float
    less_is_better: bool

    @property
    def better(self) -> bool | None:
        """Whether the new values do better here; None: the same."""
        if round(self.now, 4) == round(self.then, 4):
            return None
        return (self.then < self.now) == self.less_is_better


#: figure, how it is written, its word, whether less of it is better
FIGURES = (
    ("unplaced_pupils", "pupils", N_("미배정"), True),
    ("first_choice_share", "percent", N_("1지망"), False),
    ("shifted_visits", "number", N_("희망 밖 방문"), True),
    ("peak_load", "pupils", N_("한 시간 최대"), True),
    ("bunching", "decimal", N_("몰림"), True),
    ("off_field_pupils", "pupils", N_("희망 분야 밖 인원"), True),
    ("kilometres", "decimal", N_("한 명의 이동 거리(km)"), True),
    ("groups", "number", N_("모둠 수"), True),
    ("changed_visits", "number", N_("게시된 방문 가운데 바뀜"), True),
)


def figures(now: dict[str, Any], then: dict[str, Any]) -> list[Figure]:
    """Return the figures that mean the same under any prices; costs do not, and are left out."""

    def value(kpis: dict[str, Any], name: str) -> float:
        if name == "kilometres":
            return float(kpis["travel_pupil_km"]) / max(1, int(kpis["placed_pupils"]))
        return float(kpis[name])

    return [Figure(name, kind, word, value(now, name), value(then, name), less) for name, kind, word, less in FIGURES]


def _trial(term: Term) -> dict[str, Any]:
    session = read()
    source, trial = values.tried_on(session, term), values.newest_trial(session, term)
    shown: dict[str, Any] = {"source": source, "trial": trial}
    if source is not None:
        shown["source_term"] = session.get_one(Term, source.term_id)
    if trial is not None and trial.status is RunStatus.FOUND and trial.kpis and trial.kpis_before:
        before = _tried_under(trial)
        shown |= {
            "figures": figures(trial.kpis_before, trial.kpis),
            "changes": _changes(policy_fields(before), policy_fields({**before, **trial.policy})),
            "outdated": any(before.get(name) != value for name, value in term.policy.items()),
            "saved": all(term.policy.get(name) == value for name, value in trial.policy.items()),
            "tried": policy_fields({**before, **trial.policy}),
        }
    return shown


def _tried_under(trial: AllocationRun) -> dict[str, Any]:
    return dict((trial.instance or {})["policy"])


def _changes(before: dict[str, str], after: dict[str, str]) -> list[tuple[str, str, str]]:
    return [(name, before.get(name, ""), value) for name, value in after.items() if before.get(name) != value]


def name_of(field: str) -> str:
    """What a field is called."""
    if field == "fairness_slack":
        return gettext("형평에 쓸 몫, 백분율")
    if field in MEANINGS:
        return gettext(MEANINGS[field][0])
    return gettext("%(n)s지망", n=int(field.rpartition("_")[2]) + 1)


def _page(
    entry: dict[str, str] | None = None, faults: dict[str, str] | None = None, status: int = 200
) -> tuple[str, int]:
    term = current_term(read())
    stored = policy_fields(term.policy)
    page = render_template(
        "web/console/policy.html",
        entry=entry or stored,
        stored=stored,
        ranks=[rank_field(rank) for rank in range(len(term.policy["date_cost"]))],
        prices=PRICES,
        meanings=MEANINGS,
        name_of=name_of,
        seen=values.fingerprint(term.policy),
        faults=faults or {},
        conflict=status == 409,
        active_runs=ACTIVE_RUNS,
        **_trial(term),
    )
    return page, status


@pages.get("/policy")
@allow(*STAFF)
def policy() -> Page:
    """The values of the term, and what the newest trial found."""
    return _page()


def _given() -> dict[str, str]:
    stored = policy_fields(current_term(read()).policy)
    return {field: request.form.get(field, "")[:12] for field in stored}


@pages.post("/policy")
@allow(*STAFF)
def save_policy() -> Page:
    """Save the values, or have them tried first."""
    trying = request.form.get("try") == "1"
    try:
        with write() as session:
            term = current_term(session)
            entry = read_policy(request.form.to_dict(flat=False), len(term.policy["date_cost"]))
            if trying:
                trial = values.start_trial(session, clock(), config(), person(), term, entry)
                return redirect(url_for("console.run", run_id=trial.id), 303)
            changed = values.save_policy(session, person(), term, entry, request.form.get("seen", ""))
    except InvalidForm as error:
        return _page(_given(), sentences(error), 422)
    except RunAlreadyActive as error:
        flash(gettext("다른 값을 시험하고 있어 그 화면으로 왔습니다. 끝난 뒤에 다시 해 주세요."), "info")
        return redirect(url_for("console.run", run_id=error.facts["run"]), 303)
    except Conflict:
        read().expire_all()
        return _page(_given(), status=409)
    except NotFound:
        if not trying:
            raise
        flash(gettext("아직 시험해 볼 배정안이 없습니다. 배정을 한 번 실행한 뒤에 해 주세요."), "mid")
        return redirect(url_for("console.policy"), 303)
    flash(gettext("저장했습니다. 다음 배정부터 쓰입니다.") if changed else gettext("바뀐 것이 없습니다."), "ok")
    return redirect(url_for("console.policy"), 303)
