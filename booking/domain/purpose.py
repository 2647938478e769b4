"""목적: why personal data leave the house. Asked at every download that holds any, and kept in the access log."""

from __future__ import annotations

LEAST, MOST = 4, 200


def read_purpose(text: str) -> str | None:
    """Return the purpose in one line, or None where it says too little or too much."""
    purpose = " ".join(text.replace("\0", " ").split())
    return purpose if LEAST <= len(purpose) <= MOST else None
