"""Upload forms, read as they stream in: fields first, then the one file (service.md 5)."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, ExitStack

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from wanflow.emulator.api.order import Rejected

# the parser logs what it refuses, which a client would write to our stderr
logging.getLogger("python_multipart").addHandler(logging.NullHandler())

MOST_FIELDS = 20
MOST_FIELD_BYTES = 1 << 18
"""Maximum bytes of all fields with their headers: a policy has a few hundred."""
PIECE_BYTES = 1 << 16
"""Bytes that the parser gets at once, so that it stops soon after what it refuses."""

Write = Callable[[bytes], object]
OpenFile = Callable[[Mapping[str, str]], AbstractContextManager[Write]]
"""Opens the file of a form with these fields; it is kept if the block ends well."""


async def read_upload(content_type: str, chunks: AsyncIterator[bytes], open_file: OpenFile) -> Mapping[str, str]:
    """Write the file of a form while it streams in; nothing is opened before all fields are known. Gives the fields.

    Fields after the file count for nothing, as at the vendor's storage. Raises Rejected for what is not such a form,
    and whatever `open_file` and its writer raise.
    """
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise _malformed()
    with ExitStack() as stack:
        form = _Form(lambda fields: stack.enter_context(open_file(fields)))
        try:
            parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": form.begin_part,
                    "on_header_field": form.name_header,
                    "on_header_value": form.fill_header,
                    "on_header_end": form.end_header,
                    "on_headers_finished": form.end_headers,
                    "on_part_data": form.fill_part,
                    "on_part_end": form.end_part,
                    "on_end": form.end,
                },
            )
            async for chunk in chunks:
                for start in range(0, len(chunk), PIECE_BYTES):
                    parser.write(chunk[start : start + PIECE_BYTES])
        except FormParserError:
            raise _malformed() from None
        if not form.ended:
            raise _malformed()
        if form.write is None:
            raise _not_one_file()
        return form.fields


class _Form:
    """What the parser has told of a form so far."""

    def __init__(self, open_file: Callable[[Mapping[str, str]], Write]) -> None:
        self.write: Write | None = None
        self.ended = False
        self._open_file = open_file
        self.fields: dict[str, str] = {}
        self._count = 0
        self._bytes = 0
        self._header, self._value = bytearray(), bytearray()
        self._disposition = b""
        self._name = ""
        self._text = bytearray()
        self._in_file = False

    def begin_part(self) -> None:
        """Begin a part, of which nothing is known yet."""
        self._disposition = b""
        self._text.clear()
        self._in_file = False

    def name_header(self, data: bytes, start: int, end: int) -> None:
        """Add to the name of a header."""
        self._add(self._header, data[start:end])

    def fill_header(self, data: bytes, start: int, end: int) -> None:
        """Add to the value of a header."""
        self._add(self._value, data[start:end])

    def end_header(self) -> None:
        """Keep the one header that counts."""
        if self._header.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def end_headers(self) -> None:
        """Open the file where its part begins."""
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        self._in_file = self._name == "file"
        if self._in_file:
            if self.write is not None:
                raise _not_one_file()
            self.write = self._open_file(self.fields)
            return
        self._count += 1
        if self._count > MOST_FIELDS:
            raise _malformed()

    def fill_part(self, data: bytes, start: int, end: int) -> None:
        """Write a piece of the file, or add to a field."""
        if self._in_file and self.write is not None:
            self.write(data[start:end])
        else:
            self._add(self._text, data[start:end])

    def end_part(self) -> None:
        """Keep a field that comes before the file; the first of a name counts."""
        if not self._in_file and self.write is None:
            self.fields.setdefault(self._name, self._text.decode("utf-8", "replace"))

    def end(self) -> None:
        """The closing boundary."""
        self.ended = True

    def _add(self, text: bytearray, more: bytes) -> None:
        self._bytes += len(more)
        if self._bytes > MOST_FIELD_BYTES:
            raise Rejected("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.")
        text += more


def _malformed() -> Rejected:
    message = "The body of your POST request is not well-formed multipart/form-data."
    return Rejected("MalformedPOSTRequest", message)


def _not_one_file() -> Rejected:
    return Rejected("InvalidArgument", "POST requires exactly one file upload per request.")
