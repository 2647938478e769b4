"""Real processes between a real database, a real broker, a real mail server and a real provider."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.messaging import Post
from tests.support.processes import Processes, processes


@pytest.fixture
def started(post: Post, tmp_path: Path) -> Iterator[Processes]:
    with processes(post.config, tmp_path) as running:
        yield running
