"""The settings with which `make run` starts the service; every one that is already set in the environment stays."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from booking.demo.kakaotalk import CHANNEL
from booking.demo.people import SENDER_NUMBER
from tools import paths
from tools.children import free_port

SECRETS = ("SECRET_KEY", "SOLAPI_API_KEY", "SOLAPI_API_SECRET", "SOLAPI_WEBHOOK_SECRET")
SMS = ("SOLAPI_URL", "SOLAPI_API_KEY", "SOLAPI_API_SECRET", "SOLAPI_WEBHOOK_SECRET", "SMS_SENDER")
INVENTED_SENDER = SENDER_NUMBER


def kept_secrets(file: Path) -> dict[str, str]:
    """Random values, made once and readable by their owner alone, so that sessions survive a restart of the demo."""
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        stored = {}
    kept = {name: str(stored.get(name) or secrets.token_urlsafe(32)) for name in SECRETS}
    if kept != stored:
        write_private(file, json.dumps(kept, indent=1))
    return kept


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner can read, all of it or nothing."""
    fresh = file.with_name(file.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as output:
        output.write(text)
    fresh.replace(file)


def wants(given: Mapping[str, str], *names: str) -> bool:
    """Whether none of these settings is given, so that the demo's own take their place."""
    return not any(given.get(name, "").strip() for name in names)


def service_environment(
    given: Mapping[str, str], data: Path, port: int, servers: Mapping[str, str]
) -> tuple[dict[str, str], bool]:
    """The environment of our processes, and whether the demo's mail server or text gateway is part of it.

    ``servers`` are the addresses of the embedded database and broker, where those were started.
    """
    own = kept_secrets(data / "secrets.json")
    settings = {**servers, "SECRET_KEY": own["SECRET_KEY"], "BASE_URL": f"http://127.0.0.1:{port}"}
    mail, texts = wants(given, "SMTP_URL"), wants(given, *SMS)
    if mail:
        settings["SMTP_URL"] = f"smtp://127.0.0.1:{free_port(besides=port)}"
    if texts:
        settings |= {name: own[name] for name in SMS if name in own}
        settings |= {"SOLAPI_URL": f"http://127.0.0.1:{free_port(besides=port)}", "SMS_SENDER": INVENTED_SENDER}
        settings["SOLAPI_PF_ID"] = CHANNEL
    settings["ILTEO_DEMO"] = "1" if mail or texts else "0"
    if mail or texts:
        # who tries the demo does not wait two minutes for the first mail
        settings["SETTLE_SECONDS"] = "5"
    set_already = {name: value for name, value in given.items() if value.strip() or name not in settings}
    always = {
        "PORT": str(port),
        "DATA_FOLDER": str(data),
        "PATH": f"{paths.VENV / 'bin'}{os.pathsep}{given.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
        "REMAP_SIGTERM": "SIGQUIT",  # Celery: wait a few seconds for running tasks, then hand them back
    }
    return {**settings, **set_already, **always}, mail or texts
