"""Where a form may send a browser afterwards: to a path of this service, and to nothing else."""

from __future__ import annotations

import re

#: one slash, then neither slash nor backslash; no control characters, blanks or backslashes anywhere
_LOCAL = re.compile(r"/(?![/\\])[^\x00-\x20\x7f\\]*")
_LONGEST = 4000


def local_path(text: str | None, otherwise: str = "/") -> str:
    r"""Return ``text`` where it is a path of this service, else ``otherwise``.

    Browsers read ``//host``, ``/\host``, ``/<tab>/host`` and ``https:host`` as other hosts; address parsers do not.
    """
    if text and len(text) <= _LONGEST and _LOCAL.fullmatch(text):
        return text
    return otherwise
