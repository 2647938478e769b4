"""Configuration from the environment, read once and checked: a wrong setting is a sentence, not a stack trace.

``docs`` of every variable stand in the README's table; the names here are that table's first column.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import urlsplit

MIN_SECRET = 32
DEFAULT_SENDER = "no-reply@ilteo.example.kr"
NHN_ADDRESS = "https://sms.api.nhncloudservice.com"
NEIS_ADDRESS = "https://open.neis.go.kr/hub"


class Misconfigured(Exception):
    """The service refuses to start, or to send, with these settings; the message names the variable and the fix."""


@dataclass(frozen=True, slots=True)
class Smtp:
    """Where e-mail leaves: ``smtp://[user:password@]host:port[?starttls=1]``."""

    host: str
    port: int
    username: str | None = field(repr=False, default=None)
    password: str | None = field(repr=False, default=None)
    starttls: bool = False
    sender: str = DEFAULT_SENDER


@dataclass(frozen=True, slots=True)
class Solapi:
    """Where SMS leaves: a SOLAPI v4 endpoint, its key pair, the registered sender number, the webhook's secret path."""

    url: str
    api_key: str = field(repr=False)
    api_secret: str = field(repr=False)
    sender: str
    webhook_secret: str = field(repr=False)
    #: 발신 프로필: the account's channel of KakaoTalk, from which 알림톡 leaves; empty: none does
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Nhn:
    """The second way for SMS: NHN Cloud SMS v3.0, its app key and secret, and the signature of its webhook."""

    url: str
    app_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    sender: str
    webhook_signature: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Neis:
    """Where schools' calendars come from: the national open data's address, and the centre's own key to it."""

    url: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that differs between two installations."""

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    base_url: str
    smtp: Smtp | None
    solapi: Solapi | None
    nhn: Nhn | None = None
    #: networks from which receipts are taken; empty: from any
    receipt_sources: tuple[IPv4Network | IPv6Network, ...] = ()
    neis: Neis | None = None
    demo: bool = False
    #: coordinators and administrators need a second factor
    second_factor: bool = True
    trusted_proxies: int = 0
    secure_cookies: bool = True
    session_hours: int = 8
    solver_seconds: float = 60.0
    solver_workers: int = 2
    settle_seconds: int = 120
    log_level: str = "INFO"

    @property
    def trusted_host(self) -> str:
        """The one host name under which links are made and requests are answered."""
        return urlsplit(self.base_url).hostname or "localhost"


def _required(environ: Mapping[str, str], name: str, fix: str) -> str:
    value = environ.get(name, "").strip()
    if not value:
        raise Misconfigured(f"{name} is not set: {fix}")
    return value


def _number(environ: Mapping[str, str], name: str, default: float, least: float) -> float:
    text = environ.get(name, "").strip()
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        raise Misconfigured(f"{name} is {text!r}: write a number of at least {least:g}") from None
    if not value >= least:
        raise Misconfigured(f"{name} is {text}: must be at least {least:g}")
    return value


def _flag(environ: Mapping[str, str], name: str, default: bool) -> bool:
    text = environ.get(name, "").strip().lower()
    if text in {"", "0", "1", "true", "false", "yes", "no"}:
        return default if not text else text in {"1", "true", "yes"}
    raise Misconfigured(f"{name} is {text!r}: write 1 or 0")


def _smtp(environ: Mapping[str, str]) -> Smtp | None:
    url = environ.get("SMTP_URL", "").strip()
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme != "smtp" or not parts.hostname:
        raise Misconfigured("SMTP_URL must look like smtp://user:password@host:587?starttls=1")
    return Smtp(
        host=parts.hostname,
        port=parts.port or 25,
        username=parts.username,
        password=parts.password,
        starttls="starttls=1" in parts.query,
        sender=environ.get("MAIL_SENDER", "").strip() or DEFAULT_SENDER,
    )


def _solapi(environ: Mapping[str, str]) -> Solapi | None:
    url = environ.get("SOLAPI_URL", "").strip()
    if not url:
        return None
    return Solapi(
        url=url.rstrip("/"),
        api_key=_required(environ, "SOLAPI_API_KEY", "SOLAPI_URL is set, so its key is needed"),
        api_secret=_required(environ, "SOLAPI_API_SECRET", "SOLAPI_URL is set, so its secret is needed"),
        sender=_required(environ, "SMS_SENDER", "the number that is registered as a sender with the provider"),
        webhook_secret=_required(environ, "SOLAPI_WEBHOOK_SECRET", "the secret part of the address for receipts"),
        channel=_channel(environ),
    )


def _channel(environ: Mapping[str, str]) -> str:
    channel = environ.get("SOLAPI_PF_ID", "").strip()
    if channel and not channel.isalnum():
        raise Misconfigured(f"SOLAPI_PF_ID is {channel!r}: write the id of the KakaoTalk channel, as KA01PF0000")
    return channel


def _nhn(environ: Mapping[str, str]) -> Nhn | None:
    url = environ.get("NHN_SMS_URL", "").strip()
    if not url:
        return None
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        raise Misconfigured(f"NHN_SMS_URL is {url!r}: write the provider's address, as {NHN_ADDRESS}")
    return Nhn(
        url=url.rstrip("/"),
        app_key=_required(environ, "NHN_SMS_APP_KEY", "NHN_SMS_URL is set, so its app key is needed"),
        secret_key=_required(environ, "NHN_SMS_SECRET_KEY", "NHN_SMS_URL is set, so its secret key is needed"),
        sender=_required(environ, "SMS_SENDER", "the number that is registered as a sender with the provider"),
        webhook_signature=_required(environ, "NHN_WEBHOOK_SIGNATURE", "the signature entered for the webhook"),
    )


def _networks(environ: Mapping[str, str], name: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(part) for part in environ.get(name, "").replace(",", " ").split())
    except ValueError as error:
        raise Misconfigured(f"{name}: {error}; write addresses or networks as 192.0.2.0/24, with commas") from None


def _neis(environ: Mapping[str, str]) -> Neis | None:
    key = environ.get("NEIS_KEY", "").strip()
    if not key:
        return None
    url = environ.get("NEIS_URL", "").strip().rstrip("/") or NEIS_ADDRESS
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        raise Misconfigured(f"NEIS_URL is {url!r}: write the address of the open data, as {NEIS_ADDRESS}")
    return Neis(url, key)


def load_config(environ: Mapping[str, str] | None = None) -> Config:
    """Read and check the configuration.

    Raises:
        Misconfigured: a variable is missing or wrong; the message names it and the fix.
    """
    env = os.environ if environ is None else environ
    secret = _required(env, "SECRET_KEY", "a random text of at least 32 characters")
    if len(secret) < MIN_SECRET:
        raise Misconfigured(f"SECRET_KEY has {len(secret)} characters: at least {MIN_SECRET} are needed")
    database = _required(env, "DATABASE_URL", "for example postgresql+psycopg://user@/ilteo?host=/run/postgresql")
    if not database.startswith("postgresql+psycopg://"):
        raise Misconfigured("DATABASE_URL must begin with postgresql+psycopg:// (PostgreSQL by psycopg 3)")
    base_url = env.get("BASE_URL", "").strip().rstrip("/") or "http://127.0.0.1:8000"
    if urlsplit(base_url).scheme not in {"http", "https"} or not urlsplit(base_url).hostname:
        raise Misconfigured(f"BASE_URL is {base_url!r}: write the address that people open, as https://host")
    return Config(
        database_url=database,
        redis_url=_required(
            env, "REDIS_URL", "for example redis://127.0.0.1:6379/0 or redis+socket:///run/valkey.sock"
        ),
        secret_key=secret,
        base_url=base_url,
        smtp=_smtp(env),
        solapi=_solapi(env),
        nhn=_nhn(env),
        receipt_sources=_networks(env, "RECEIPT_SOURCES"),
        neis=_neis(env),
        demo=_flag(env, "ILTEO_DEMO", False),
        second_factor=_flag(env, "SECOND_FACTOR", not _flag(env, "ILTEO_DEMO", False)),
        trusted_proxies=int(_number(env, "TRUSTED_PROXIES", 0, 0)),
        secure_cookies=_flag(env, "SECURE_COOKIES", base_url.startswith("https://")),
        session_hours=int(_number(env, "SESSION_HOURS", 8, 1)),
        solver_seconds=_number(env, "SOLVER_SECONDS", 60, 1),
        solver_workers=int(_number(env, "SOLVER_WORKERS", 2, 1)),
        settle_seconds=int(_number(env, "SETTLE_SECONDS", 120, 0)),
        log_level=env.get("LOG_LEVEL", "INFO").strip().upper() or "INFO",
    )
