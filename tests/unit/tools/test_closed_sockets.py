"""The unit tests' own promise: nothing is reached, not even on this machine."""

from __future__ import annotations

import socket

import psycopg
import pytest

from tests.support.sockets import SocketOpened, is_here


def test_loopback_is_closed_too() -> None:
    with socket.socket() as loopback, pytest.raises(SocketOpened):
        loopback.connect(("127.0.0.1", 9))
    with socket.socket(socket.AF_UNIX) as local, pytest.raises(SocketOpened):
        local.connect("/nowhere.sock")


def test_the_database_driver_is_closed_although_it_connects_outside_python() -> None:
    with pytest.raises(SocketOpened):
        psycopg.connect("host=127.0.0.1")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_what_counts_as_here(host: str) -> None:
    assert is_here(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.1", "192.0.2.1", "example.com", "127.0.0.1.example.com", None])
def test_what_does_not(host: str | None) -> None:
    assert not is_here(host)
