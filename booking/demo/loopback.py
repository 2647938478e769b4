"""Whether somebody is on this machine: the demo's servers and pages are nobody else's business."""

from __future__ import annotations

import ipaddress


def on_loopback(host: str | None) -> bool:
    """Whether a host is this machine: the demo's servers are nobody else's business."""
    if host == "localhost":
        return True
    try:
        return host is not None and ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
