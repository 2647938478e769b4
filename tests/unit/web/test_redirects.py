"""Only paths of this service."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.web.redirects import local_path


@pytest.mark.parametrize("path", ["/", "/teacher", "/teacher/requests/new?class=1&field=arts#s3", "/a%20b", "/학교"])
def test_a_path_of_ours_is_kept(path: str) -> None:
    assert local_path(path, "/home") == path


@pytest.mark.parametrize(
    "path",
    [None, "", "teacher", "//evil", "///evil", "/\\evil", "\\\\evil", "/\tevil", "/\n/evil", "/\r\nX: y", "http://evil",
     "https:evil", "javascript:alert(1)", "/a b", "/a\\b", "/" + "x" * 5000, "/\x00", "/\x7f"],
)  # fmt: skip
def test_anything_else_is_not(path: str | None) -> None:
    assert local_path(path, "/home") == "/home"


@given(st.text(max_size=40))
def test_what_is_kept_begins_with_one_slash_and_has_nothing_to_misread(path: str) -> None:
    kept = local_path(path, "")
    if kept:
        assert kept == path
        assert kept[0] == "/"
        assert kept[1:2] not in ("/", "\\")
        assert not any(ord(letter) <= 0x20 or letter in "\x7f\\" for letter in kept)
