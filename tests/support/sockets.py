"""Tests open no socket that they do not mean to: a forgotten provider address fails here instead of at the provider."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest

NAMES_OF_HERE = frozenset({"localhost", "localhost.localdomain"})


class SocketOpened(AssertionError):
    """A test reached for the network where its kind may not."""


def is_here(host: object) -> bool:
    """Whether a host name or address means this machine's loopback."""
    if not isinstance(host, str):
        return False
    try:
        return host in NAMES_OF_HERE or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def close_sockets(patch: pytest.MonkeyPatch, *, even_here: bool) -> None:
    """Refuse connections beyond the loopback, and with ``even_here`` those within it and to the database too.

    libpq connects outside Python, so psycopg's own entrance is closed beside Python's sockets.
    """

    def guard(name: str) -> None:
        real = getattr(socket.socket, name)

        def checked(self: socket.socket, *arguments: Any) -> Any:
            address = arguments[-1]
            local = self.family == socket.AF_UNIX or (isinstance(address, tuple) and is_here(address[0]))
            if even_here or not local:
                raise SocketOpened(f"socket.{name} to {address!r}")
            return real(self, *arguments)

        patch.setattr(socket.socket, name, checked)

    for name in ("connect", "connect_ex", "sendto"):
        guard(name)

    look_up = socket.getaddrinfo

    def checked_look_up(host: Any, *arguments: Any, **options: Any) -> Any:
        if host and (even_here or not is_here(host)):
            raise SocketOpened(f"look-up of {host!r}")
        return look_up(host, *arguments, **options)

    patch.setattr(socket, "getaddrinfo", checked_look_up)
    if even_here:
        import psycopg

        def refuse(*_arguments: Any, **_options: Any) -> Any:
            raise SocketOpened("psycopg.connect")

        patch.setattr(psycopg.Connection, "connect", refuse)
        patch.setattr(psycopg, "connect", refuse)
