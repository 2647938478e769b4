"""What the demo's mailbox and phone have received: a small SQLite file, since they play parties outside the house."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TABLES = """
CREATE TABLE IF NOT EXISTS mail (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL DEFAULT (datetime('now')), recipient TEXT NOT NULL, sender TEXT NOT NULL,
    subject TEXT NOT NULL, message_id TEXT NOT NULL, text TEXT NOT NULL, html TEXT NOT NULL, attachments TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS sms (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL DEFAULT (datetime('now')), recipient TEXT NOT NULL, sender TEXT NOT NULL,
    kind TEXT NOT NULL, text TEXT NOT NULL, message_id TEXT NOT NULL UNIQUE, ref TEXT NOT NULL, code TEXT NOT NULL
);
"""
#: columns that an inbox of an older demo lacks
_LATER = {
    "group_id": "ALTER TABLE sms ADD COLUMN group_id TEXT NOT NULL DEFAULT ''",
    "instead": "ALTER TABLE sms ADD COLUMN instead INTEGER NOT NULL DEFAULT 0",
}


@dataclass(frozen=True, slots=True)
class StoredMail:
    """An e-mail that has arrived; ``at`` is UTC."""

    id: int
    at: str
    recipient: str
    sender: str
    subject: str
    message_id: str
    text: str
    html: str
    attachments: list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class StoredSms:
    """A text message that the gateway has taken; ``at`` is UTC."""

    id: int
    at: str
    recipient: str
    sender: str
    kind: str
    text: str
    message_id: str
    ref: str
    code: str
    group_id: str
    #: whether it went in the stead of an 알림톡
    instead: int


def store_path(environ: Mapping[str, str] | None = None) -> Path:
    """Where the demo keeps what it has received: ``ILTEO_DEMO_STORE``, or a file in the data folder."""
    env = os.environ if environ is None else environ
    given = env.get("ILTEO_DEMO_STORE", "").strip()
    return Path(given) if given else Path(env.get("DATA_FOLDER", "").strip() or "var") / "demo-inbox.sqlite3"


class Store:
    """The file; every call opens it anew, so that any thread and any process may use it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add_mail(self, *, recipient: str, sender: str, subject: str, message_id: str, **parts: Any) -> None:
        """Keep an e-mail; ``parts`` are ``text``, ``html`` and ``attachments``."""
        with self._open() as db:
            db.execute(
                "INSERT INTO mail (recipient, sender, subject, message_id, text, html, attachments)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    recipient,
                    sender,
                    subject,
                    message_id,
                    parts["text"],
                    parts["html"],
                    json.dumps(parts["attachments"]),
                ),
            )

    def add_sms(
        self, *, recipient: str, sender: str, kind: str, text: str, message_id: str, ref: str, **more: Any
    ) -> None:
        """Keep a text message that was accepted; ``more`` are ``group_id`` and ``instead``."""
        with self._open() as db:
            db.execute(
                "INSERT INTO sms (recipient, sender, kind, text, message_id, ref, code, group_id, instead)"
                " VALUES (?, ?, ?, ?, ?, ?, '2000', ?, ?)",
                (recipient, sender, kind, text, message_id, ref, more.get("group_id", ""), more.get("instead", 0)),
            )

    def set_code(self, message_id: str, code: str) -> None:
        """Note how far a text message has come."""
        with self._open() as db:
            db.execute("UPDATE sms SET code = ? WHERE message_id = ?", (code, message_id))

    def mails(self, recipient: str = "", limit: int = 200) -> list[StoredMail]:
        """The newest e-mails, of one recipient where one is named."""
        rows = self._rows("mail", recipient, limit)
        return [StoredMail(**{**row, "attachments": json.loads(row["attachments"])}) for row in rows]

    def mail(self, number: int) -> StoredMail | None:
        """One e-mail."""
        with self._open() as db:
            row = db.execute("SELECT * FROM mail WHERE id = ?", (number,)).fetchone()
        return None if row is None else StoredMail(**{**row, "attachments": json.loads(row["attachments"])})

    def texts(self, recipient: str = "", limit: int = 200) -> list[StoredSms]:
        """The newest text messages, to one number where one is named."""
        return [StoredSms(**row) for row in self._rows("sms", recipient, limit)]

    def recipients(self) -> list[str]:
        """Everybody who has received something."""
        with self._open() as db:
            rows = db.execute("SELECT recipient FROM mail UNION SELECT recipient FROM sms ORDER BY 1").fetchall()
        return [row["recipient"] for row in rows]

    def _rows(self, table: str, recipient: str, limit: int) -> list[dict[str, Any]]:
        # the table's name is one of ours
        query = f"SELECT * FROM {table} WHERE ? IN ('', recipient) ORDER BY id DESC LIMIT ?"  # noqa: S608 - see above
        with self._open() as db:
            return [dict(row) for row in db.execute(query, (recipient, limit))]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._path, timeout=10)) as db:
            db.row_factory = sqlite3.Row
            db.executescript(_TABLES)
            there = {row["name"] for row in db.execute("PRAGMA table_info(sms)")}
            for column, statement in _LATER.items():
                if column not in there:
                    db.execute(statement)
            with db:
                yield db
