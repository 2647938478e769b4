"""`make dispatch`: how fast a term's messages leave, through the relay, two workers and a provider that takes its time.

Real PostgreSQL with its durability on, a real broker, the processes of the Procfile; the provider checks the signature,
answers after 100 ms and notes what it has taken and when. Afterwards every message's receipt comes twice, in a burst.
Prints the rate and what the workers' memory did, and writes var/bench/dispatch.json. Ends with 1 when a message was
lost, doubled, or came before an earlier one to its number, or a receipt was lost; a slow run is a figure, no failure.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config as Alembic
from sqlalchemy import Engine
from sqlalchemy.orm import joinedload

from booking.config import Solapi
from booking.db import make_engine, make_sessions, transaction
from booking.demo.gateway import Gateway, Reply
from booking.demo.store import Store
from booking.domain.states import MessageStatus
from booking.domain.vocabulary import JobField
from booking.models.messages import Message
from booking.models.sending import SenderNumber
from booking.models.terms import Centre
from booking.models.workplaces import Workplace, WorkplaceContact
from booking.notify.catalogue import Kind
from booking.paths import migrations_folder
from booking.services.messages import Draft, write_messages
from tools import paths, postgres, valkey
from tools.children import end, free_port, tied
from tools.environment import INVENTED_SENDER
from tools.memory import watching
from tools.processes import read_procfile
from tools.receipt_burst import burst

#: messages a second that should leave at least (issue 6)
WANTED = 50.0
ANSWER_SECONDS = 0.1
#: a message; patience is this many times the number of them, and a while
GIVE_UP_SECONDS, GIVE_UP_EACH = 120.0, 0.1
PROCESSES = ("relay", "worker-messages", "web")
#: the messages of one publication, written in one transaction
PUBLICATION = 2000


class SlowProvider(Gateway):
    """Takes every signed message after a while, and remembers the order."""

    def __init__(self, account: Solapi, folder: Path, answer_seconds: float) -> None:
        super().__init__(("127.0.0.1", int(account.url.rpartition(":")[2])), account, Store(folder / "unused"))
        self._answer_seconds = answer_seconds
        self._lock = threading.Lock()
        #: number, ref, and the moment of acceptance
        self.taken: list[tuple[str, str, float]] = []

    def accept(self, body: Any) -> Reply:
        """Accept the one message of a call."""
        time.sleep(self._answer_seconds)
        [message] = body["messages"]
        with self._lock:
            self.taken.append((message["to"], message["customFields"]["ref"], time.monotonic()))
            number = len(self.taken)
        entry = {"messageId": f"M{number}", "statusCode": "2000", "customFields": message["customFields"]}
        return Reply(200, {"failedMessageList": [], "messageList": [entry]})


def account() -> Solapi:
    """An account at a provider on a free port."""
    return Solapi(f"http://127.0.0.1:{free_port()}", "key-bench", "secret-bench", INVENTED_SENDER, "hook-bench")


def fill(engine: Engine, messages: int, recipients: int) -> float:
    """Write the messages, a publication of them in one transaction; returns how many seconds the slowest took."""
    with make_sessions(engine)() as session, transaction(session):
        session.add(
            Centre(
                name="센터", name_en="Centre", sms_header="[구로진로]", sms_header_en="[Guro]", telephone="02-0000-0000"
            )
        )
        session.add(SenderNumber(number=INVENTED_SENDER, holder="센터", registered_on=dt.date(2026, 1, 2)))
        places = [
            Workplace(
                code=f"W{number}", name=f"일터 {number}", sms_name=f"일터 {number}", field=JobField.ARTS, lat=37.5,
                lon=126.9, min_group=2, max_group=20, levels=["middle"],
                contact=WorkplaceContact(name="이나라", title="", phone=f"010-0000-{number:04d}"),
            )
            for number in range(recipients)
        ]  # fmt: skip
        session.add_all(places)
        session.flush()
        group = {"school": "개봉중학교", "school_sms": "개봉중", "label": "1-3", "pupils": 10, "block": "PM",
                 "starts": "13:30", "ends": "15:45", "change": "same"}  # fmt: skip
        facts = {"workplace": "일터", "workplace_sms": "일터", "contact": "이나라", "date": "2027-06-12",
                 "answer_by": "2027-06-05", "sequence": 1}  # fmt: skip
    longest = 0.0
    for first in range(0, messages, PUBLICATION):
        with make_sessions(engine)() as session, transaction(session):
            known = session.scalars(
                sa.select(Workplace).options(joinedload(Workplace.contact)).order_by(Workplace.id)
            ).all()
            began = time.monotonic()
            write_messages(
                session,
                [
                    Draft(Kind.WORKPLACE_CONFIRMED, known[number % recipients], f"notice:{number}", 1,
                          {**facts, "groups": [{**group, "uid": f"bench-{number}"}]})
                    for number in range(first, min(first + PUBLICATION, messages))
                ],
            )  # fmt: skip
        longest = max(longest, time.monotonic() - began)
    return longest


@contextmanager
def processes(environment: dict[str, str], folder: Path) -> Iterator[dict[str, int]]:
    """The relay, the message worker and the web process, as the Procfile starts them; their numbers by name."""
    commands = read_procfile()
    running: list[subprocess.Popen[bytes]] = []
    try:
        for name in PROCESSES:
            with (folder / f"{name}.log").open("wb") as output:
                running.append(
                    subprocess.Popen(
                        tied(["sh", "-c", f"exec {commands[name]}"]), cwd=paths.ROOT, env=environment,
                        stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
                    )
                )  # fmt: skip
        yield {name: process.pid for name, process in zip(PROCESSES, running, strict=True)}
    finally:
        for process in reversed(running):
            end(process, signal.SIGTERM, 10)


def migrate(engine: Engine) -> None:
    """Bring the empty database to the newest schema."""
    settings = Alembic()
    settings.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    with engine.connect() as connection:
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")
        connection.commit()


def wait_until_sent(engine: Engine, messages: int) -> bool:
    """Wait until every message has left; False where patience ends first."""
    last = time.monotonic() + GIVE_UP_SECONDS + GIVE_UP_EACH * messages
    counted = sa.select(sa.func.count()).where(Message.status == MessageStatus.SENT)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while time.monotonic() < last:
            if connection.scalar(counted) == messages:
                return True
            time.sleep(0.2)
    return False


def delivered(engine: Engine, messages: int) -> int:
    """How many messages are known to have arrived; waits a while, for the last receipts may be applied by a sweep."""
    last = time.monotonic() + GIVE_UP_SECONDS
    counted = sa.select(sa.func.count()).where(Message.status == MessageStatus.DELIVERED)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while (found := connection.scalar(counted) or 0) < messages and time.monotonic() < last:
            time.sleep(0.2)
    return found


def overtaken(engine: Engine, taken: list[tuple[str, str, float]]) -> int:
    """How many messages were accepted before an earlier one to the same number."""
    with engine.connect() as connection:
        order = {str(ref): number for number, ref in connection.execute(sa.select(Message.id, Message.ref))}
    by_number: defaultdict[str, list[int]] = defaultdict(list)
    for to, ref, _ in taken:
        by_number[to].append(order[ref])
    return sum(earlier > later for numbers in by_number.values() for earlier, later in pairwise(numbers))


def measure(folder: Path, messages: int, recipients: int, answer_seconds: float) -> dict[str, Any]:
    """Send them all and return the figures."""
    server = postgres.start(folder / "postgres", folder / "postgres.log")
    broker = valkey.start(folder / "valkey", folder / "valkey.log")
    own, port = account(), free_port()
    provider = SlowProvider(own, folder, answer_seconds)
    threading.Thread(target=provider.serve_forever, name="provider", daemon=True).start()
    try:
        server.create("bench")
        engine = make_engine(server.url("bench"))
        migrate(engine)
        environment = {
            **os.environ,
            "PATH": f"{paths.VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "DATABASE_URL": server.url("bench"), "REDIS_URL": broker.url, "SECRET_KEY": "x" * 32,
            "SOLAPI_URL": own.url, "SOLAPI_API_KEY": own.api_key, "SOLAPI_API_SECRET": own.api_secret,
            "SOLAPI_WEBHOOK_SECRET": own.webhook_secret, "SMS_SENDER": own.sender, "LOG_LEVEL": "WARNING",
            "DATA_FOLDER": str(folder), "PORT": str(port), "BASE_URL": f"http://127.0.0.1:{port}",
            "REMAP_SIGTERM": "SIGQUIT", "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
        }  # fmt: skip
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with processes(environment, folder) as running:
            time.sleep(5)  # the workers are up before the first message is written
            with watching(running) as memory:
                written = fill(engine, messages, recipients)
                complete = wait_until_sent(engine, messages)
            receipts = burst(f"http://127.0.0.1:{port}/receipts/solapi/{own.webhook_secret}", provider.taken)
            receipts["lost"] = messages - delivered(engine, messages)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        counted = Counter(ref for _, ref, _ in provider.taken)
        moments = [at for _, _, at in provider.taken]
        seconds = max(moments, default=0.0) - min(moments, default=0.0)
        found = {
            "messages": messages, "recipients": recipients, "answer_ms": round(1000 * answer_seconds),
            "written_seconds": round(written, 2), "seconds": round(seconds, 1),
            "a_second": round(messages / seconds, 1) if seconds else 0.0,
            "processor_ms_each": round(1000 * worked / messages, 1),
            "lost": messages - len(counted), "doubled": sum(count - 1 for count in counted.values()),
            "overtaken": overtaken(engine, provider.taken), "complete": complete, "receipts": receipts,
            "memory_mb": {name: [round(one, 1) for one in memory.growth(name)] for name in PROCESSES[:2]},
        }  # fmt: skip
        engine.dispose()
    finally:
        provider.close()
        broker.stop()
        server.stop()
    return found


def main() -> int:
    """Measure, print, write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--recipients", type=int, default=261, help="workplaces that they go to, in turn")
    parser.add_argument("--answer", type=float, default=ANSWER_SECONDS, help="seconds that the provider takes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ilteo-dispatch-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        found = measure(folder, options.messages, options.recipients, options.answer)
    receipts = found["receipts"]
    print(
        f"\nrelay and workers: {found['processor_ms_each']} ms of a processor for each message"
        f"\n{found['messages']} messages to {found['recipients']} recipients in {found['seconds']} s:"
        f" {found['a_second']} a second, wanted {WANTED:g}; written in {found['written_seconds']} s"
        f"\nlost {found['lost']}, doubled {found['doubled']}, overtaken {found['overtaken']}"
        f"\nreceipts: {receipts['receipts']} in {receipts['seconds']} s, {receipts['a_second']} a second, the slowest"
        f" call {receipts['longest_call_ms']} ms, {receipts['again']} calls made again, {receipts['lost']} lost"
    )
    for name, (warm, last, most) in found["memory_mb"].items():
        print(f"memory of {name}: {warm} MB when warm, {last} MB at the end, {most} MB at most")
    target = paths.VAR / "bench" / "dispatch.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    wrong = found["lost"] or found["doubled"] or found["overtaken"] or receipts["lost"]
    return 0 if found["complete"] and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
