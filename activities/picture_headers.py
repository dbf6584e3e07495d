"""What a file says it is in its first bytes: its type by its magic, and a picture's size before anything is decoded."""

from domain.photos import JPEG, PDF, PNG, WEBP

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
PDF_VERSIONS = (b"%PDF-1.", b"%PDF-2.")
PDF_END = b"%%EOF"
# Readers look for a PDF's end in its last kilobyte, and some writers leave more behind it.
PDF_TAIL = 2_048
VP8_START = b"\x9d\x01\x2a"
VP8L_SIGNATURE = 0x2F
# Start of frame, but for the three markers in between that are tables.
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
FILL = 0xFF
START_OF_SCAN, END_OF_IMAGE = 0xDA, 0xD9

Size = tuple[int, int]


def type_of(content: bytes) -> str | None:
    """The content type by the magic at the very beginning; None for everything else, markup among it."""
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(PNG_MAGIC) and content[12:16] == b"IHDR":
        return PNG
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return WEBP
    return PDF if content.startswith(PDF_VERSIONS) else None


def is_whole_pdf(content: bytes) -> bool:
    """Whether a PDF has its end."""
    return content.startswith(PDF_VERSIONS) and PDF_END in content[-PDF_TAIL:]


def size_of(content: bytes, content_type: str) -> Size | None:
    """Width and height of a picture of that type, as stored; None where its header does not say."""
    try:
        match content_type:
            case "image/png":
                return _number(content[16:20]), _number(content[20:24])
            case "image/webp":
                return _webp(content)
            case _:
                return _jpeg(content)
    except IndexError:
        return None


def _number(raw: bytes, *, little: bool = False) -> int:
    if not raw:
        raise IndexError
    return int.from_bytes(raw, "little" if little else "big")


def _webp(content: bytes) -> Size | None:
    kind = content[12:16]
    if kind == b"VP8X":
        return 1 + _number(content[24:27], little=True), 1 + _number(content[27:30], little=True)
    if kind == b"VP8L" and content[20] == VP8L_SIGNATURE:
        bits = _number(content[21:25], little=True)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and content[23:26] == VP8_START:
        return _number(content[26:28], little=True) & 0x3FFF, _number(content[28:30], little=True) & 0x3FFF
    return None


def _jpeg(content: bytes) -> Size | None:
    """Walk from marker to marker up to the frame; what lies inside a segment, such as a thumbnail, is passed over."""
    at = 2
    while True:
        if content[at] != FILL:
            return None
        marker = content[at + 1]
        if marker == FILL:
            at += 1
        elif marker in FRAMES:
            return _number(content[at + 7 : at + 9]), _number(content[at + 5 : at + 7])
        elif marker in {START_OF_SCAN, END_OF_IMAGE}:
            return None
        else:
            at += 2 if marker in ALONE else 2 + _number(content[at + 2 : at + 4])
