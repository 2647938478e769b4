"""Solves runs, and looks for the alternatives to them."""

from __future__ import annotations

from booking.domain.ids import RunId
from booking.domain.topics import ROUTES, Topic
from booking.services.alternatives import survey_run
from booking.services.outbox import BegunJob
from booking.services.policy import try_policy
from booking.services.solving import Engine, solve_run
from workers.app import app
from workers.runtime import Runtime, keeper, run_job


def engine() -> Engine:
    """The solver; loaded late, so that only the processes that solve carry it."""
    from scheduler.allocate import Limits, allocate
    from scheduler.repair import repair

    return Engine(allocate=allocate, repair=repair, limits=Limits)


@app.task(name=ROUTES[Topic.SOLVE_RUN].task)
def solve(job_id: int) -> None:
    """Solve the run of a job."""
    run_job(job_id, solve_subject)


def solve_subject(means: Runtime, job: BegunJob) -> None:
    """Solve the run that a job is about, keeping the job's lease while it lasts."""
    solve_run(means.sessions, means.clock, means.config, RunId(job.subject_id), engine(), keep_alive=keeper(means, job))


@app.task(name=ROUTES[Topic.SURVEY_RUN].task)
def survey(job_id: int) -> None:
    """Look for the alternatives of a job's search."""
    run_job(job_id, survey_subject)


def survey_subject(means: Runtime, job: BegunJob) -> None:
    """Look for the alternatives that a job's search asks for."""
    from scheduler.frontier import frontier
    from scheduler.limits import Limits

    run_id = RunId(job.subject_id)
    alive = keeper(means, job)
    survey_run(means.sessions, means.clock, means.config, run_id, frontier, Limits, keep_alive=alive)


@app.task(name=ROUTES[Topic.TRY_POLICY].task)
def try_prices(job_id: int) -> None:
    """Try the prices of a job's trial."""
    run_job(job_id, _try)


def _try(means: Runtime, job: BegunJob) -> None:
    alive = keeper(means, job)
    try_policy(means.sessions, means.clock, means.config, RunId(job.subject_id), engine(), keep_alive=alive)
