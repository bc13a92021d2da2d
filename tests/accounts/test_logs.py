"""Log lines: one object a line, forged by nobody, without the words of exceptions."""

import json
import logging
import sys

from accounts.addresses import address_of
from accounts.errors import NotFound
from accounts.logs import SafeFormatter


def line_of(message: str, *, error: Exception | None = None) -> str:
    info = None
    if error is not None:
        try:
            raise error
        except Exception:  # noqa: BLE001
            info = sys.exc_info()
    return SafeFormatter().format(logging.LogRecord("name", logging.ERROR, "file", 1, message, (), info))


def test_a_line_break_in_a_message_makes_no_second_line() -> None:
    line = line_of("name\r\n2026 forged line\x1b[31m")
    assert len(line.splitlines()) == 1 and "\x1b" not in line
    assert json.loads(line)["message"].startswith("name\r\n")


def test_an_exception_is_told_by_class_and_place_only() -> None:
    line = line_of("failed", error=ValueError("ZZCANARY^SECRET"))
    told = json.loads(line)["exception"]
    assert "CANARY" not in line and told["class"] == "ValueError" and "test_logs.py" in told["at"][-1]


def test_a_fact_of_ours_is_told_by_its_code() -> None:
    assert json.loads(line_of("failed", error=NotFound()))["exception"]["code"] == "not_found"


def test_addresses_are_those_that_trusted_proxies_wrote(settings: object) -> None:
    settings.TRUSTED_PROXY_COUNT = 0
    assert address_of("192.0.2.1", "203.0.113.9") == "192.0.2.1"
    settings.TRUSTED_PROXY_COUNT = 1
    assert address_of("192.0.2.1", "203.0.113.9, 198.51.100.4") == "198.51.100.4"
    assert address_of("192.0.2.1", "") == "192.0.2.1"
    assert address_of("192.0.2.1", "garbage") == "192.0.2.1"
    settings.TRUSTED_PROXY_COUNT = 2
    assert address_of("192.0.2.1", "198.51.100.4") == "192.0.2.1"
    assert address_of(None, "x, y") is None
