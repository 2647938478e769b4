"""Ports for what is started here: each once, and none that is in use."""

from __future__ import annotations

import socket

import pytest

from tools import children
from tools.children import PORTS, CannotStart, free_port

#: where nothing else is started by a test
HUNDRED = range(11_000, 11_100)


def test_each_is_given_once() -> None:
    given = [free_port() for _ in range(50)]
    assert len(set(given)) == 50
    assert set(given) <= set(PORTS)


def test_what_is_in_use_or_taken_already_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "PORTS", HUNDRED)
    monkeypatch.setattr(children, "_given", set(HUNDRED) - {11_007, 11_008})
    with socket.create_server(("127.0.0.1", 11_007)):
        with pytest.raises(CannotStart):
            free_port(besides=11_008)
        assert free_port() == 11_008
    with pytest.raises(CannotStart):
        free_port(besides=11_007)
    assert free_port() == 11_007
