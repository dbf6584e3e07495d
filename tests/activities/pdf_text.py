"""What stands in a PDF, with its compressed streams opened: enough to ask for single words of its structure."""

import re
import zlib

STREAM = re.compile(rb"<<((?:(?!stream).)*?)>>\nstream\n(.*?)\nendstream", re.DOTALL)


def opened(pdf: bytes) -> str:
    """Everything of a file that is text."""
    parts = [STREAM.sub(b"", pdf)]
    for head, content in STREAM.findall(pdf):
        parts.append(head)
        parts.append(zlib.decompress(content) if b"FlateDecode" in head else content)
    return "\n".join(part.decode("latin-1") for part in parts)


def pages(pdf: bytes) -> int:
    """How many pages there are."""
    return len(re.findall(r"/Type /Page\b(?!s)", opened(pdf)))
