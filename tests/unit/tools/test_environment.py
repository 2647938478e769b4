"""What is set is respected; what is not set is invented, kept, and readable by nobody else."""

from __future__ import annotations

from pathlib import Path

from booking.config import load_config
from tools.environment import INVENTED_SENDER, kept_secrets, service_environment

SERVERS = {"DATABASE_URL": "postgresql+psycopg://postgres@/ilteo?host=/tmp/x", "REDIS_URL": "redis+socket:///tmp/y"}


def test_the_demo_runs_without_any_setting(tmp_path: Path) -> None:
    environment, has_demo = service_environment({}, tmp_path, 8123, SERVERS)
    config = load_config(environment)
    assert has_demo
    assert config.demo
    assert config.base_url == "http://127.0.0.1:8123"
    assert config.smtp is not None
    assert config.smtp.host == "127.0.0.1"
    assert config.solapi is not None
    assert config.solapi.url.startswith("http://127.0.0.1:")
    assert config.solapi.sender == INVENTED_SENDER
    assert not config.secure_cookies


def test_own_servers_are_respected(tmp_path: Path) -> None:
    own = {
        "DATABASE_URL": "postgresql+psycopg://me@db/own",
        "REDIS_URL": "redis://broker/0",
        "SMTP_URL": "smtp://mail.example.kr:587?starttls=1",
        "SOLAPI_URL": "https://sms.example.kr",
        "SOLAPI_API_KEY": "key",
        "SOLAPI_API_SECRET": "secret",
        "SOLAPI_WEBHOOK_SECRET": "path",
        "SMS_SENDER": "0212345678",
        "SECRET_KEY": "k" * 40,
        "BASE_URL": "https://booking.example.kr",
    }
    environment, has_demo = service_environment(own, tmp_path, 8123, {})
    assert not has_demo
    assert environment["ILTEO_DEMO"] == "0"
    assert "SOLAPI_PF_ID" not in environment, "the demo's channel is none of theirs"
    assert own.items() <= environment.items()


def test_mail_and_text_messages_are_chosen_apart(tmp_path: Path) -> None:
    given = {"SMTP_URL": "smtp://mail.example.kr"}
    environment, has_demo = service_environment(given, tmp_path, 8123, SERVERS)
    assert has_demo
    assert environment["SMTP_URL"] == given["SMTP_URL"]
    assert environment["SOLAPI_URL"].startswith("http://127.0.0.1:")


def test_an_empty_setting_counts_as_none(tmp_path: Path) -> None:
    environment, _ = service_environment({"SMTP_URL": " ", "SECRET_KEY": ""}, tmp_path, 8123, SERVERS)
    assert environment["SMTP_URL"].startswith("smtp://127.0.0.1:")
    assert len(environment["SECRET_KEY"]) >= 32


def test_secrets_are_kept_and_private(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    first = kept_secrets(file)
    assert kept_secrets(file) == first
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(set(first.values())) == len(first)


def test_damaged_secrets_are_made_anew(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    file.write_text("{")
    assert all(kept_secrets(file).values())
