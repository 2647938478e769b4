"""비상 연습: what if workplaces fail on a day. A worker rehearses it; the page shows what would come of it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.drill import MOST_LOSSES, read_drill
from booking.domain.errors import DrillAlreadyActive, InvalidForm, InvalidInput
from booking.domain.ids import DrillId, RunId
from booking.domain.states import ACTIVE_DRILLS, RunStatus
from booking.models.drills import PlanDrill
from booking.models.runs import AllocationRun
from booking.queries import drills as rows
from booking.queries import planning
from booking.services import drills as services
from booking.services.instance_builder import facts_now
from booking.services.terms import current_term
from booking.web.access import STAFF, allow, person
from booking.web.console.base import pages
from booking.web.database import clock, config, read, write
from booking.web.marking import N_, gettext
from booking.web.problems import sentences

Page = str | tuple[str, int] | Response
#: why a drill ended without a result
ERRORS: dict[str, str] = {
    services.WORKER_DIED: N_("연습하던 프로그램이 세 번 멈추었습니다. 다시 해 주세요."),
    services.STALE: N_("안을 만든 뒤 신청이나 일터가 바뀌었습니다. 배정을 다시 실행한 다음 연습해 주세요."),
}
OTHER_ERROR = N_("계산 가운데 문제가 생겼습니다. 다시 해 주세요. 되풀이되면 관리자에게 알려 주세요.")


def _runs() -> list[AllocationRun]:
    """The plans that can be rehearsed: the published one, and the newest proposals."""
    session = read()
    term = current_term(session)
    published = planning.newest_run(session, term.id, [RunStatus.PUBLISHED])
    return [*([published] if published else []), *planning.drafts_of(session, term.id)[:4]]


def _page(drill: PlanDrill | None, faults: dict[str, str] | None = None, status: int = 200) -> tuple[str, int]:
    session = read()
    term, today = current_term(session), seoul_date(clock().now())
    runs = _runs()
    ahead = [day for day in rows.days_with_visits(session, runs[0]) if day >= today] if runs else []
    given = {
        "run": request.form.get("run", str(runs[0].id) if runs else ""),
        "date": request.form.get("date", ahead[0].isoformat() if ahead else "")[:10],
        "span": request.form.get("span", "day"),
        "losses": request.form.get("losses", "1")[:9],
    }
    page = render_template(
        "web/console/drills.html",
        **_progress(drill),
        result=rows.drill_result(session, drill) if drill is not None else None,
        stale=drill is not None and drill.result is not None and _overtaken(drill),
        past=rows.past_drills(session, term.id),
        runs=runs,
        given=given,
        faults=faults or {},
        most=MOST_LOSSES,
        today=today,
        drill_error=lambda error: gettext(ERRORS.get(error or "", OTHER_ERROR)),
    )
    return page, status


def _overtaken(drill: PlanDrill) -> bool:
    """Whether somebody in that plan is elsewhere now, or it is no longer of use."""
    return rows.plan_mark(read(), drill.run) != drill.plan_sha256


def _progress(drill: PlanDrill | None) -> dict[str, Any]:
    active = drill is not None and drill.status in ACTIVE_DRILLS
    since = drill.started_at if drill is not None and active else None
    return {
        "drill": drill,
        "rehearsing": active,
        "elapsed": (clock().now() - since).total_seconds() if since is not None else 0.0,
    }


@pages.get("/drills")
@allow(*STAFF)
def drills() -> Page:
    """The form, and the last drill: how far it is, or what came of it."""
    session = read()
    return _page(rows.newest_drill(session, current_term(session).id))


@pages.get("/drills/<int:drill_id>")
@allow(*STAFF)
def drill(drill_id: int) -> Page:
    """What came of an earlier drill."""
    return _page(services.find_drill(read(), DrillId(drill_id)))


@pages.post("/drills")
@allow(*STAFF)
def start_drill() -> Page:
    """Let a worker rehearse; where one is at it already, show that."""
    session = read()
    chosen = next((run for run in _runs() if str(run.id) == request.form.get("run", "")), None)
    try:
        if chosen is None:
            raise InvalidForm([InvalidInput(field="run", reason="unknown")])
        days = rows.days_with_visits(session, chosen)
        asked = read_drill(request.form.to_dict(flat=False), days, seoul_date(clock().now()))
        with write() as writing:
            services.start_drill(writing, clock(), config(), person(), RunId(chosen.id), asked)
    except InvalidForm as error:
        return _page(rows.newest_drill(session, current_term(session).id), sentences(error), 422)
    except DrillAlreadyActive:
        flash(gettext("이미 연습하고 있어 그 화면으로 왔습니다."), "info")
    return redirect(url_for("console.drills"), 303)


@pages.get("/drills/progress")
@allow(*STAFF)
def drill_progress() -> Page:
    """The part of the page that changes while a plan is rehearsed; makes the page load anew when it has ended."""
    session = read()
    words = _progress(rows.newest_drill(session, current_term(session).id))
    if not words["rehearsing"]:
        if not request.headers.get("HX-Request"):
            return redirect(url_for("console.drills"))
        return Response("", headers={"HX-Refresh": "true"})
    return render_template("web/console/_drill_progress.html", **words)


@pages.get("/drills/<int:drill_id>/freshness")
@allow(*STAFF)
def drill_freshness(drill_id: int) -> Page:
    """Whether requests or workplaces have changed since: that takes longer than the page, which has only the plan."""
    if not request.headers.get("HX-Request"):
        return redirect(url_for("console.drill", drill_id=drill_id))
    session = read()
    found = services.find_drill(session, DrillId(drill_id))
    changed = facts_now(session, clock(), current_term(session)) != found.facts_sha256
    return render_template("web/console/_drill_freshness.html", changed=changed)


@pages.post("/drills/<int:drill_id>/cancel")
@allow(*STAFF)
def cancel_drill(drill_id: int) -> Page:
    """Stop; the days rehearsed by then stay."""
    with write() as session:
        services.cancel_drill(session, clock(), person(), DrillId(drill_id))
    flash(gettext("연습을 멈추라고 했습니다. 그때까지 살펴본 날은 남습니다."), "info")
    return redirect(url_for("console.drills"), 303)
