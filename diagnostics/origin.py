"""A page of another origin may not open our sockets, whatever cookies its visitor holds."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host

DEFAULT_PORTS = {"http": 80, "https": 443}


def origin_is_ours(headers: list[tuple[bytes, bytes]]) -> bool:
    """True when Origin names exactly the host and port of the Host header, and that host is allowed here.

    A missing Origin is refused: browsers always send it with a websocket handshake.
    """
    values = {name.lower(): value.decode("latin-1") for name, value in headers}
    origin, host = values.get(b"origin", ""), values.get(b"host", "")
    try:
        asked = urlsplit(origin)
        own = urlsplit(f"{asked.scheme}://{host}")
        ports = (asked.port or DEFAULT_PORTS[asked.scheme], own.port or DEFAULT_PORTS[asked.scheme])
    except (ValueError, KeyError):
        return False
    if not asked.hostname or asked.hostname != own.hostname or ports[0] != ports[1]:
        return False
    return validate_host(asked.hostname, settings.ALLOWED_HOSTS)
