"""Many people at their browsers at once: each opens a page, reads for a while, opens the next."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass

import httpx

from booking.domain.vocabulary import Role
from tools.rush.forms import fields_of
from tools.rush.people import Somebody

#: what somebody reads a page for, on average; the time to the next one is spread as waiting times are
READING_SECONDS = {Role.COORDINATOR: 5.0, Role.TEACHER: 20.0}
PATIENCE_SECONDS = 30.0
KEPT_OPEN_SECONDS = 1.0
DATES = "dates"


@dataclass(frozen=True, slots=True)
class Taken:
    """One page that came: its name, who asked, how long it took, how it was answered."""

    page: str
    role: Role
    seconds: float
    status: int


@dataclass(frozen=True, slots=True)
class Place:
    """A page to open: its name in the report, its address, how often it is wanted compared with others."""

    name: str
    address: str
    weight: int = 1


def office_places(numbers: Mapping[str, Sequence[int]]) -> list[Place]:
    """What coordinators open; ``numbers`` are the rows that addresses name: published, draft, visit and more."""
    published, draft = numbers["published"][0], numbers["draft"][0]
    places = [
        Place("home", "/console", 6),
        Place("runs", "/console/runs", 2),
        Place("run", f"/console/runs/{published}", 2),
        Place("run, draft", f"/console/runs/{draft}", 3),
        Place("run by day", f"/console/runs/{draft}/days"),
        Place("run by school", f"/console/runs/{draft}/schools"),
        Place("run by workplace", f"/console/runs/{draft}/workplaces"),
        Place("difference", f"/console/runs/{draft}/difference"),
        Place("compare", f"/console/runs/compare?run={published}&run={draft}"),
        Place("board", f"/console/runs/{draft}/board", 3),
        Place("plan", f"/console/runs/{draft}/plan", 2),
        Place("publish", f"/console/runs/{draft}/publish", 2),
        Place("messages to come", f"/console/runs/{draft}/publish/messages", 2),
        Place("visits", "/console/visits", 3),
        Place("answers", "/console/answers"),
        Place("calls", "/console/calls"),
        Place("offers", "/console/offers"),
        Place("messages", "/console/messages", 2),
        Place("workplaces", "/console/workplaces", 3),
        Place("schools", "/console/schools"),
        Place("coaches", "/console/coaches"),
        Place("search", "/console/search?q=ㄱㅂ"),
        Place("figures", "/console/figures"),
        Place("dashboard", "/console/dashboard"),
        Place("ledger", "/console/ledger?period=2018-1"),
        Place("dispatches", "/console/dispatches"),
    ]
    for name, address in (
        ("visit", "/console/visits/{}"),
        ("workplace", "/console/workplaces/{}"),
        ("school", "/console/schools/{}"),
        ("change", f"/console/runs/{draft}/requests/{{}}"),
    ):
        places += [Place(name, address.format(number)) for number in numbers[name][:3]]
    return places


def school_places(somebody: Somebody) -> list[Place]:
    """What a teacher opens; a draft's dates are saved as well (see :func:`browse`)."""
    places = [
        Place("teacher home", "/teacher", 4),
        Place("new request", "/teacher/requests/new"),
        Place("school", "/teacher/school"),
        Place("calendar", "/teacher/school/calendar"),
        Place("credit", "/teacher/credit"),
        Place("programmes", "/teacher/programmes"),
    ]
    places += [Place("request", f"/teacher/requests/{number}") for number in somebody.requests[:3]]
    places += [Place("preparation", f"/teacher/requests/{number}/visit") for number in somebody.requests[:2]]
    for number in somebody.drafts[:2]:
        places += [
            Place(DATES, f"/teacher/requests/new/{number}/dates", 3),
            Place("check", f"/teacher/requests/new/{number}/check"),
        ]
    return places


async def browse(
    client: httpx.AsyncClient, somebody: Somebody, places: Sequence[Place], until: float, seed: int
) -> list[Taken]:
    """One person's pages until the clock of the event loop says ``until``; a draft's dates are saved when seen."""
    chance = random.Random(seed)  # noqa: S311 - who reads how long keeps no secret
    reading = READING_SECONDS[somebody.role]
    cookie = {"Cookie": "=".join(somebody.cookie)}
    taken: list[Taken] = []
    now = asyncio.get_running_loop().time
    await asyncio.sleep(chance.uniform(0, reading))
    while now() < until:
        place = chance.choices(places, [place.weight for place in places])[0]
        answer = await _timed(taken, place.name, somebody, client.get(place.address, headers=cookie))
        if place.name == DATES and answer is not None and answer.status_code == httpx.codes.OK:
            save, form = fields_of(answer.text, "data-save")
            await _timed(taken, "save dates", somebody, client.post(save, data=form, headers=cookie))
        await asyncio.sleep(chance.expovariate(1 / reading))
    return taken


async def _timed(
    taken: list[Taken], page: str, somebody: Somebody, asked: Awaitable[httpx.Response]
) -> httpx.Response | None:
    """Ask for a page and note how long it took; one that never came is noted with the status 0."""
    began = time.perf_counter()
    try:
        answer = await asked
    except httpx.HTTPError:
        taken.append(Taken(page, somebody.role, time.perf_counter() - began, 0))
        return None
    taken.append(Taken(page, somebody.role, time.perf_counter() - began, answer.status_code))
    return answer


async def crowd(
    url: str, people: Sequence[Somebody], office: Sequence[Place], seconds: float, seed: int
) -> list[Taken]:
    """Let all of them browse at once for so long; returns every page that was asked for."""
    # given up before the server does it (after two seconds): a browser asks again where the two cross
    limits = httpx.Limits(
        max_connections=len(people), max_keepalive_connections=len(people), keepalive_expiry=KEPT_OPEN_SECONDS
    )
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_SECONDS, limits=limits) as client:
        until = asyncio.get_running_loop().time() + seconds
        found = await asyncio.gather(
            *(
                browse(
                    client,
                    somebody,
                    office if somebody.role is Role.COORDINATOR else school_places(somebody),
                    until,
                    seed + number,
                )
                for number, somebody in enumerate(people)
            )
        )
    return [taken for of_one in found for taken in of_one]
