"""Where a request comes from, by proxies that we trust and never by what a client says of itself (ASVS 15.3.4)."""

import ipaddress
from typing import Any

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest, *args: Any, **kwargs: Any) -> str | None:
    """The address of the client of a Django request; also what django-axes counts by."""
    return address_of(request.META.get("REMOTE_ADDR"), request.META.get("HTTP_X_FORWARDED_FOR", ""))


def address_of(peer: str | None, forwarded_for: str) -> str | None:
    """The peer, or the entry of X-Forwarded-For that the outermost of our TRUSTED_PROXY_COUNT proxies wrote.

    Without trusted proxies the header is ignored; with too few entries, or garbage in it, the peer stands.
    """
    trusted: int = getattr(settings, "TRUSTED_PROXY_COUNT", 0)
    entries = [entry.strip() for entry in forwarded_for.split(",") if entry.strip()]
    chosen = entries[-trusted] if 0 < trusted <= len(entries) else peer
    return _valid(chosen) or _valid(peer)


def _valid(address: str | None) -> str | None:
    try:
        return str(ipaddress.ip_address(address or ""))
    except ValueError:
        return None
