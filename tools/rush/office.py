"""A coordinator who works on the plan while the others look at pages: solves, publishes, throws away."""

from __future__ import annotations

import re
import time

import httpx

from tools.rush.people import Somebody

SOLVED_SECONDS = 180
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_VERSION = re.compile(r'name="version" value="(\d+)"')
_RUN = re.compile(r"/runs/(\d+)$")


class Office:
    """One coordinator's browser, with the forms that it sends."""

    def __init__(self, url: str, somebody: Somebody) -> None:
        """``url`` is the service; ``somebody`` is signed in already."""
        self.client = httpx.Client(base_url=url, headers={"Cookie": "=".join(somebody.cookie)}, timeout=60)

    def press(self, page: str, action: str) -> str:
        """Open a page, send the form that it has for ``action``, and return the path to which that leads.

        Raises:
            RuntimeError: the service did not lead anywhere.
        """
        text = self.client.get(page).raise_for_status().text
        token, version = _TOKEN.search(text), _VERSION.search(text)
        form = {"csrf_token": token[1] if token else "", "version": version[1] if version else ""}
        answer = self.client.post(action, data=form)
        if answer.status_code not in {302, 303}:
            raise RuntimeError(f"{action} was answered {answer.status_code}")
        return httpx.URL(answer.headers["Location"]).path

    def solve(self) -> int:
        """Start a run and wait for its plan; returns its number.

        Raises:
            TimeoutError: there was none after :data:`SOLVED_SECONDS`.
        """
        path = self.press("/console/runs", "/console/runs")
        last_moment = time.monotonic() + SOLVED_SECONDS
        while f"{path}/publish" not in self.client.get(path).text:
            if time.monotonic() > last_moment:
                raise TimeoutError(f"{path} has no plan after {SOLVED_SECONDS} s")
            time.sleep(1)
        found = _RUN.search(path)
        return int(found[1]) if found else 0

    def publish(self, run: int) -> None:
        """Publish a plan as it stands."""
        self.press(f"/console/runs/{run}/publish", f"/console/runs/{run}/publish")

    def keep_solving(self, seconds: float) -> int:
        """Solve one plan after another for so long, each thrown away; returns how many there were."""
        done, until = 0, time.monotonic() + seconds
        while time.monotonic() < until:
            run = self.solve()
            self.press(f"/console/runs/{run}", f"/console/runs/{run}/discard")
            done += 1
        return done
