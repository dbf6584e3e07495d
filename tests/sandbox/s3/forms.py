"""A POSTed form, read while it comes: the fields first, judged before the first byte of the file is taken."""

from collections.abc import AsyncIterator, Callable
from email.message import Message

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from tests.sandbox.s3.answers import Refusal, invalid
from tests.sandbox.s3.objects import Draft
from tests.sandbox.s3.policies import Allowed

FIELDS_BYTES = 20_000
# How much longer than its file a form's body can be.
AROUND_FILE = 65_536
FILE = "file"
Judge = Callable[[dict[str, str]], Allowed]


class Form:
    """Collects fields by lower-case name, and writes the file into a draft, up to what `judge` has allowed."""

    def __init__(self, content_type: str, length: int, draft: Draft, judge: Judge) -> None:
        self.fields: dict[str, str] = {}
        self.allowed: Allowed | None = None
        self._length = length
        self._draft = draft
        self._judge = judge
        self._header, self._value = b"", b""
        self._part: dict[str, str] = {}
        self._text = bytearray()
        self._read = 0
        described = Message()
        described["content-type"] = content_type
        boundary = described.get_param("boundary")
        if described.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
            raise Refusal(412, "PreconditionFailed", "Bucket POST must be of the enclosure-type multipart/form-data")
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._on_field,
                "on_header_value": self._on_value,
                "on_header_end": self._on_header,
                "on_headers_finished": self._start,
                "on_part_data": self._on_data,
                "on_part_end": self._end,
            },
        )

    async def read(self, pieces: AsyncIterator[bytes]) -> Allowed:
        """Take the whole form; Refusal as soon as something is wrong with it."""
        try:
            async for piece in pieces:
                self._parser.write(piece)
            self._parser.finalize()
        except FormParserError:
            raise _malformed() from None
        if self.allowed is None:
            raise invalid("POST requires exactly one file upload per request.")
        if self._draft.size < self.allowed.least:
            facts = {"ProposedSize": self._draft.size, "MinSizeAllowed": self.allowed.least}
            raise Refusal(
                400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size", **facts
            )
        return self.allowed

    def _begin(self) -> None:
        self._part, self._text = {}, bytearray()

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header(self) -> None:
        self._part[self._header.decode("latin-1").lower()] = self._value.decode("latin-1")
        self._header, self._value = b"", b""

    def _start(self) -> None:
        if self.allowed is not None:
            raise invalid("The file must be the last field; fields after it are not seen.")
        if self._name() != FILE:
            return
        self.allowed = self._judge(self.fields)
        if self._length - AROUND_FILE > self.allowed.most:
            raise self._too_large(self._length)

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        piece = data[start:end]
        if self.allowed is not None:
            if self._draft.size + len(piece) > self.allowed.most:
                raise self._too_large(self._draft.size + len(piece))
            self._draft.write(piece)
            return
        self._read += len(piece)
        if self._read > FIELDS_BYTES:
            raise Refusal(400, "MaxPostPreDataLengthExceededError", "Your POST request fields were too large.")
        self._text += piece

    def _end(self) -> None:
        if self.allowed is not None:
            return
        name = self._name().lower()
        if name in self.fields:
            raise invalid(f"The field {name} is given twice.")
        self.fields[name] = self._text.decode("utf-8", "replace")

    def _name(self) -> str:
        described = Message()
        described["content-disposition"] = self._part.get("content-disposition", "")
        name = described.get_param("name", header="content-disposition")
        if not isinstance(name, str):
            raise _malformed()
        return name

    def _too_large(self, size: int) -> Refusal:
        facts = {"ProposedSize": size, "MaxSizeAllowed": self.allowed.most if self.allowed else 0}
        return Refusal(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", **facts)


def _malformed() -> Refusal:
    return Refusal(400, "MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data.")
