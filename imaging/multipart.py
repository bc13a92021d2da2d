"""multipart/form-data (RFC 7578) as a stream of events: nothing is collected, nothing is spooled."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from imaging.errors import UploadMalformed

MOST_PARTS = 64


@dataclass(frozen=True, slots=True)
class PartBegin:
    """A field, or a file when it has a file name."""

    name: str
    file_name: str | None


@dataclass(frozen=True, slots=True)
class PartEnd:
    """The part is complete."""


Event = PartBegin | bytes | PartEnd


def form_events(chunks: Iterable[bytes], *, content_type: str) -> Iterator[Event]:
    """PartBegin, bytes and PartEnd in the order of the form.

    Raises:
        UploadMalformed: no boundary, damaged, incomplete, or more than MOST_PARTS parts.
    """
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise UploadMalformed
    collector = _Collector()
    try:
        parser = MultipartParser(boundary, collector.callbacks())
        for chunk in chunks:
            parser.write(chunk)
            yield from collector.taken()
    except FormParserError as error:
        raise UploadMalformed from error
    if not collector.complete:
        raise UploadMalformed


class _Collector:
    """What the parser's callbacks said since they were last asked."""

    def __init__(self) -> None:
        self.complete = False
        self._events: list[Event] = []
        self._parts = 0
        self._name, self._value = b"", b""
        self._headers: dict[bytes, bytes] = {}

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._part_begin,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": lambda data, start, end: self._events.append(data[start:end]),
            "on_part_end": lambda: self._events.append(PartEnd()),
            "on_end": self._end,
        }

    def taken(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def _part_begin(self) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise UploadMalformed("The form has too many parts.")
        self._headers = {}

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        file_name = options.get(b"filename")
        name = options.get(b"name", b"").decode("utf-8", "replace")
        self._events.append(PartBegin(name, None if file_name is None else file_name.decode("utf-8", "replace")))

    def _end(self) -> None:
        self.complete = True
