"""Which addresses only this machine reaches; apart from the rest of the API, so that asking does not load FastAPI.

Example: `is_loopback("127.0.0.1")` and `is_loopback("localhost")`, but not `is_loopback("0.0.0.0")`.
"""

from __future__ import annotations

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens on the host."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
