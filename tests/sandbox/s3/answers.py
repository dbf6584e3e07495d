"""What S3 answers in XML: errors by their codes, lists, and what became of a form or of a deletion."""

from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape

from starlette.responses import Response

XMLNS = "http://s3.amazonaws.com/doc/2006-03-01/"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
REQUEST_ID = "SANDBOX0000000000"


class Refusal(Exception):
    """An error answer; `more` are its further elements."""

    def __init__(self, status: int, code: str, message: str, **more: object) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        self.more = more


def denied(message: str = "Access Denied") -> Refusal:
    """Not by this person, not any more, or not like this."""
    return Refusal(403, "AccessDenied", message)


def invalid(message: str) -> Refusal:
    """A header, a field or a parameter is not as it has to be."""
    return Refusal(400, "InvalidArgument", message)


def no_such_key(key: str) -> Refusal:
    """Nothing is there."""
    return Refusal(404, "NoSuchKey", "The specified key does not exist.", Key=key)


def error(refused: Refusal, method: str = "GET") -> Response:
    """The answer to what is refused; one to HEAD has no body."""
    facts = {"Code": refused.code, "Message": refused.message, **refused.more, "RequestId": REQUEST_ID}
    body = "" if method == "HEAD" else f"{HEAD}<Error>{elements(facts)}</Error>"
    return Response(body, refused.status, {"x-amz-request-id": REQUEST_ID}, "application/xml")


def document(name: str, content: str, status: int = 200) -> Response:
    """A whole answer."""
    return Response(f'{HEAD}<{name} xmlns="{XMLNS}">{content}</{name}>', status, media_type="application/xml")


def elements(facts: Mapping[str, object]) -> str:
    """Elements in order."""
    return "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in facts.items())


def repeated(name: str, each: Iterable[Mapping[str, object]]) -> str:
    """The same element for each."""
    return "".join(f"<{name}>{elements(facts)}</{name}>" for facts in each)
