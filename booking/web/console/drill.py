"""훈련: what the loss of some workplaces would do to each day of a plan, and whom to ask to stand by."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import InvalidForm, RunAlreadyActive
from booking.domain.ids import RunId
from booking.domain.states import ACTIVE_RUNS, RunStatus
from booking.models.runs import AllocationRun
from booking.models.workplaces import Workplace
from booking.services import drills
from booking.web.access import STAFF, allow, person
from booking.web.console.base import View, gettext, pages
from booking.web.console.results import planned_run
from booking.web.database import clock, config, read, write
from booking.web.problems import sentences

#: how many workplaces whose loss hurts are listed
SHOWN = 15


def _findings(drill: AllocationRun) -> dict[str, Any]:
    """What the drill found, with dates as dates, workplaces with their names, and the days that would break first."""
    found: dict[str, Any] = drill.findings or {}
    codes = {row["workplace"] for row in (*found["worst"], *found["reserve"])}
    known = read().execute(sa.select(Workplace.code, Workplace.id, Workplace.name).where(Workplace.code.in_(codes)))
    names = {code: (number, name) for code, number, name in known}

    def row(given: dict[str, Any]) -> dict[str, Any]:
        day = {"date": dt.date.fromisoformat(given["date"])} if "date" in given else {}
        return {**given, **day, "place": names.get(given.get("workplace", ""))}

    days = [row(day) for day in found["days"]]
    return {
        "days": sorted(days, key=lambda day: (day["chance"], day["date"])),
        "broken": sum(1 for day in days if day["chance"] < 1),
        "worst": [row(loss) for loss in found["worst"][:SHOWN] if loss["days_broken"]],
        "reserve": [row(reserve) for reserve in found["reserve"]],
        "chance": found["chance"],
        "cut_short": found["cut_short"],
        "losses": found["losses"],
    }


def _page(run_id: int, faults: dict[str, str] | None = None, status: int = 200) -> tuple[str, int]:
    session = read()
    run = planned_run(session, run_id)
    drill = drills.newest_drill(session, run.id)
    done = drill is not None and drill.status is RunStatus.FOUND
    page = render_template(
        "web/console/run_drill.html",
        run=run,
        drill=drill,
        active=drill is not None and drill.status in ACTIVE_RUNS,
        found=_findings(drill) if done and drill is not None else None,
        outdated=done and drill is not None and drill.policy.get("version") != run.version,
        losses=drills.LOSSES,
        wanted=request.form.get("losses") or str(drill.policy.get("losses", 1) if drill else 1),
        faults=faults or {},
    )
    return page, status


@pages.get("/runs/<int:run_id>/drill")
@allow(*STAFF)
def run_drill(run_id: int) -> tuple[str, int]:
    """What the newest drill of this plan found, or how to start one."""
    return _page(run_id)


@pages.post("/runs/<int:run_id>/drill")
@allow(*STAFF)
def start_drill(run_id: int) -> View | tuple[str, int]:
    """Have it rehearsed."""
    text = request.form.get("losses", "")
    losses = int(text) if text.isdecimal() and len(text) < 4 else 0
    try:
        with write() as session:
            drill = drills.start_drill(session, clock(), config(), person(), RunId(run_id), losses)
    except InvalidForm as error:
        return _page(run_id, sentences(error), 422)
    except RunAlreadyActive as error:
        flash(gettext("다른 훈련을 하고 있어 그 화면으로 왔습니다. 끝난 뒤에 다시 해 주세요."), "info")
        return _away(error.facts["run"])
    return _away(drill.id)


def _away(run_id: Any) -> Response:
    return redirect(url_for("console.run", run_id=run_id), 303)
