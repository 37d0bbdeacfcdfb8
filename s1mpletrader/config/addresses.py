"""Is an address on this host?"""

import ipaddress
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Return whether `host` can only be this host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def host_of(url: str) -> str:
    """Return the host that an address names, "" if it names none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
