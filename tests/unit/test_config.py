"""A wrong setting is a sentence that names the variable and the fix."""

from __future__ import annotations

import pytest

from booking.config import Misconfigured, load_config

GOOD = {
    "SECRET_KEY": "k" * 32,
    "DATABASE_URL": "postgresql+psycopg://u@/d",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
}
SOLAPI = {
    "SOLAPI_URL": "https://sms.example.kr/",
    "SOLAPI_API_KEY": "a",
    "SOLAPI_API_SECRET": "b",
    "SOLAPI_WEBHOOK_SECRET": "c",
    "SMS_SENDER": "0200000000",
}


def test_the_smallest_configuration_starts() -> None:
    config = load_config(GOOD)

    assert config.smtp is None
    assert config.solapi is None
    assert not config.demo
    assert not config.secure_cookies


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"DATABASE_URL": ""}, "DATABASE_URL"),
        ({"DATABASE_URL": "sqlite:///x"}, "DATABASE_URL"),
        ({"REDIS_URL": ""}, "REDIS_URL"),
        ({"BASE_URL": "guro.example.kr"}, "BASE_URL"),
        ({"SMTP_URL": "mail.example.kr"}, "SMTP_URL"),
        ({"ILTEO_DEMO": "maybe"}, "ILTEO_DEMO"),
        ({"SOLVER_SECONDS": "soon"}, "SOLVER_SECONDS"),
        ({"SOLVER_SECONDS": "0"}, "SOLVER_SECONDS"),
        ({**SOLAPI, "SMS_SENDER": ""}, "SMS_SENDER"),
        ({**SOLAPI, "SOLAPI_PF_ID": "@our-channel"}, "SOLAPI_PF_ID"),
    ],
)
def test_a_wrong_setting_is_named(change: dict[str, str], named: str) -> None:
    with pytest.raises(Misconfigured, match=named):
        load_config({**GOOD, **change})


def test_alimtalk_needs_a_channel_and_is_off_without_one() -> None:
    without, with_one = (load_config({**GOOD, **SOLAPI, **more}).solapi for more in ({}, {"SOLAPI_PF_ID": "KA01PF1"}))
    assert without is not None
    assert with_one is not None
    assert (without.channel, with_one.channel) == ("", "KA01PF1")


def test_secrets_are_not_printed() -> None:
    config = load_config({**GOOD, **SOLAPI, "SMTP_URL": "smtp://user:geheim@mail.example.kr:587?starttls=1"})

    assert config.smtp is not None
    assert (config.smtp.host, config.smtp.port, config.smtp.starttls) == ("mail.example.kr", 587, True)
    shown = repr(config)
    assert not any(secret in shown for secret in ("geheim", "k" * 32, "api_secret", "postgresql"))


def test_cookies_are_secure_behind_https() -> None:
    assert load_config({**GOOD, "BASE_URL": "https://guro.example.kr"}).secure_cookies
