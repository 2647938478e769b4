"""`make rush`: 20 coordinators and 200 teachers at the Guro term, quiet and while plans are being solved.

The whole service is started with a data folder of its own; one plan is published and another waits. Prints the time
of every page and writes var/bench/rush.json. Ends with 1 when a page failed; a slow one is a figure, not a failure.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable, Sequence
from pathlib import Path
from typing import Any

import psycopg

from booking.domain.vocabulary import Role
from tools import paths
from tools.children import free_port
from tools.launcher import Launcher
from tools.rush.browsing import Place, Taken, crowd, office_places
from tools.rush.office import Office
from tools.rush.people import Somebody, invite

#: what the 95th percentile of all pages should stay under, in milliseconds
WANTED_MS = {"quiet": 300, "solving": 800}
SEED = 20261127
#: rows that addresses name, by what they are
ROWS = {
    "visit": "SELECT id FROM visit ORDER BY id LIMIT 3",
    "workplace": "SELECT id FROM workplace ORDER BY id LIMIT 3",
    "school": "SELECT id FROM school ORDER BY id LIMIT 3",
    "change": "SELECT request_id FROM visit ORDER BY id LIMIT 3",
}
#: what is due and not done
WAITING = "SELECT count(*) FROM job WHERE done_at IS NULL AND available_at <= now() + interval '5 seconds'"
PATIENCE = 600.0
_FAILED = 500


def percentile(seconds: Iterable[float], share: float) -> float:
    """The time, in milliseconds, under which this share of them stayed (the nearest rank)."""
    ordered = sorted(seconds)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def figures(taken: Sequence[Taken]) -> dict[str, float]:
    """How many pages there were and how long they took, in milliseconds."""
    times = [one.seconds for one in taken]
    return {
        "pages": len(times),
        "failed": sum(1 for one in taken if one.status == 0 or one.status >= _FAILED),
        "p50_ms": round(1000 * statistics.median(times)),
        "p95_ms": round(percentile(times, 0.95)),
        "p99_ms": round(percentile(times, 0.99)),
        "most_ms": round(1000 * max(times)),
    }


def summary(taken: Sequence[Taken]) -> dict[str, dict[str, float]]:
    """The figures of all pages, of each audience, and of each page, the slowest first."""
    by_page: dict[str, list[Taken]] = defaultdict(list)
    for one in taken:
        by_page[one.page].append(one)
    found = {"all": figures(taken)}
    found |= {f"all of a {role}": figures(some) for role in Role if (some := [t for t in taken if t.role is role])}
    pages = {name: figures(some) for name, some in by_page.items()}
    return found | dict(sorted(pages.items(), key=lambda item: -item[1]["p95_ms"]))


def show(name: str, measured: dict[str, dict[str, float]]) -> None:
    """Print one phase as a table."""
    print(f"\n{name}: p95 of all pages {measured['all']['p95_ms']} ms, wanted {WANTED_MS[name]} ms")
    print(f"  {'':22}{'pages':>7}{'failed':>8}{'p50':>7}{'p95':>7}{'p99':>7}{'most':>7}")
    for page, row in measured.items():
        print(f"  {page:22}{row['pages']:7}{row['failed']:8}" + "".join(
            f"{row[key]:7}" for key in ("p50_ms", "p95_ms", "p99_ms", "most_ms")
        ))  # fmt: skip


def prepared(service: Launcher, people: Sequence[Somebody]) -> list[Place]:
    """Publish a plan, let another wait, and return what the office can open then."""
    office = Office(service.url, people[0])
    published = office.solve()
    office.publish(published)
    draft = office.solve()
    until_idle(service)
    settle(service)
    with psycopg.connect(service.environment["DATABASE_URL"].replace("+psycopg", "")) as behind:
        numbers = {name: [row[0] for row in behind.execute(statement)] for name, statement in ROWS.items()}
    return office_places({**numbers, "published": [published], "draft": [draft]})


def until_idle(service: Launcher) -> None:
    """Wait until the workers have done what the publication gave them: the quiet phase is one without their work."""
    last = time.monotonic() + PATIENCE
    with psycopg.connect(service.environment["DATABASE_URL"].replace("+psycopg", ""), autocommit=True) as behind:
        while time.monotonic() < last and behind.execute(WAITING).fetchone() != (0,):
            time.sleep(1)


def settle(service: Launcher) -> None:
    """Tidy the tables and count what is in them, as the database by itself has done some minutes after a publication.

    Without that its own tidying falls into the quiet phase, and its plans are those for empty tables.
    """
    with psycopg.connect(service.environment["DATABASE_URL"].replace("+psycopg", ""), autocommit=True) as behind:
        behind.execute("VACUUM ANALYZE")


async def both(crowded: Coroutine[Any, Any, list[Taken]], solving: Callable[[], int]) -> tuple[list[Taken], int]:
    """Let people browse while plans are solved one after another."""
    taken, plans = await asyncio.gather(crowded, asyncio.to_thread(solving))
    return taken, plans


def measure(service: Launcher, seconds: float, coordinators: int, teachers: int) -> dict[str, Any]:
    """Measure both phases; returns what is written down."""
    people = invite(service.environment, coordinators, teachers)
    places = prepared(service, people)
    found: dict[str, Any] = {"coordinators": coordinators, "teachers": teachers, "seconds": seconds}
    found["quiet"] = summary(asyncio.run(crowd(service.url, people, places, seconds, SEED)))
    show("quiet", found["quiet"])
    office = Office(service.url, people[0])
    crowded = crowd(service.url, people, places, seconds, SEED + 1)
    taken, plans = asyncio.run(both(crowded, lambda: office.keep_solving(seconds)))
    found["solving"], found["plans"] = summary(taken), plans
    show("solving", found["solving"])
    print(f"\n{plans} plans were solved meanwhile")
    return found


def main() -> int:
    """Start the service, measure, stop it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long each phase lasts")
    parser.add_argument("--coordinators", type=int, default=20)
    parser.add_argument("--teachers", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ilteo-rush-", ignore_cleanup_errors=True) as folder:
        service = Launcher(Path(folder), free_port(), given=dict(os.environ), demo_term=[])
        try:
            service.start()
            service.wait_until_ready()
            found = measure(service, options.seconds, options.coordinators, options.teachers)
        finally:
            service.stop()
    target = paths.VAR / "bench" / "rush.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 1 if any(found[phase]["all"]["failed"] for phase in WANTED_MS) else 0


if __name__ == "__main__":
    sys.exit(main())
