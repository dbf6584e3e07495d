"""A seller's photo of a car: the site's own drawing of its body type in its paint, drawn by Pillow when it is sent."""

import io
import math
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw

from web import art
from web.art import Shape, paint_of, shape_of

CONTENT_TYPE = "image/jpeg"
WIDTH, HEIGHT = 640, 480
QUALITY = 86
# It is drawn twice as large, and made smaller for smooth edges.
LARGER = 2
SCALE, LEFT, TOP = 1.45 * LARGER, 30.0 * LARGER, 146.0 * LARGER
HORIZON = 0.62
SKY = ((233, 238, 247), (223, 230, 242))
GROUND = ((201, 210, 226), (221, 227, 238))
SHADOW, SILL, CREASE = (16, 24, 39, 71), (10, 14, 24, 71), (255, 255, 255, 107)
GLASS, SEAM, HANDLE = (29, 42, 63, 224), (10, 14, 24, 107), (255, 255, 255, 140)
DARK, HEAD_LIGHT, TAIL_LIGHT = (42, 48, 59), (255, 243, 207), (216, 48, 58)
ARCH, TIRE, RIM, RIM_EDGE = (18, 22, 30), (27, 31, 39), (59, 66, 78), (200, 206, 216)
SPOKE, HUB = (213, 218, 226), (238, 241, 245)
# Where its wheels stand, and how the drawing's sill and wheels are made, as in `templates/parts/drawing.html`.
ROAD, SILL_TOP, SILL_END, ARCH_WIDER, RIM_PART, SPOKE_PART, SPOKES, HUB_RADIUS = 147, 116, 129, 4, 0.66, 0.6, 5, 3.4
PIECES = 8
STYLES = Path(art.__file__).with_name("static") / "css" / "art.css"
PAINT = re.compile(r"\.paint-(\w+) \{ --paint: #([0-9a-f]{6}); \}")
TOKEN = re.compile(r"[MLCZ]|-?\d+(?:\.\d+)?")

Point = tuple[float, float]
Colour = tuple[int, ...]


def photo_of(body_type: str, colour_name: str) -> bytes:
    """A JPEG of 640 by 480 pixels; the same car gives the same bytes."""
    image = _scene().copy()
    _draw(ImageDraw.Draw(image, "RGBA"), shape_of(body_type), paints()[paint_of(colour_name)])
    file = io.BytesIO()
    image.resize((WIDTH, HEIGHT), Image.Resampling.BOX).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


@cache
def paints() -> dict[str, Colour]:
    """The paints of the site's style sheet by their class, as red, green and blue."""
    found = PAINT.findall(STYLES.read_text(encoding="utf-8"))
    return {name: tuple(bytes.fromhex(colour)) for name, colour in found}


@cache
def _scene() -> Image.Image:
    image = Image.new("RGB", (WIDTH * LARGER, HEIGHT * LARGER))
    draw, horizon = ImageDraw.Draw(image), HEIGHT * LARGER * HORIZON
    for y in range(image.height):
        (upper, lower), part = (SKY, y / horizon) if y < horizon else (GROUND, (y - horizon) / (image.height - horizon))
        colour = tuple(round(one + (other - one) * part) for one, other in zip(upper, lower, strict=True))
        draw.line(((0, y), (image.width, y)), fill=colour)
    return image


def _draw(draw: ImageDraw.ImageDraw, shape: Shape, paint: Colour) -> None:
    (back, back_radius), (front, front_radius) = shape.wheels
    draw.ellipse((*_place((16, 139)), *_place((380, 155))), fill=SHADOW)
    for path in (shape.seats, shape.trim):
        _fill(draw, path, DARK)
    _fill(draw, shape.body, paint)
    sill = (back + back_radius, SILL_TOP, front - front_radius, SILL_END)
    draw.rectangle((*_place(sill[:2]), *_place(sill[2:])), fill=SILL)
    _stroke(draw, shape.crease, CREASE, 2.4)
    _fill(draw, shape.glass, GLASS)
    _stroke(draw, shape.pillars, paint, 4.5)
    _stroke(draw, shape.seams, SEAM, 1.1)
    for x, y in shape.handles:
        draw.rectangle((*_place((x, y)), *_place((x + 13, y + 3))), fill=HANDLE)
    _fill(draw, shape.head_light, HEAD_LIGHT)
    _fill(draw, shape.tail_light, TAIL_LIGHT)
    for x, radius in shape.wheels:
        _wheel(draw, (x, ROAD - radius), radius)


def _wheel(draw: ImageDraw.ImageDraw, middle: Point, radius: float) -> None:
    x, y = middle
    wide = radius + ARCH_WIDER
    draw.pieslice((*_place((x - wide, y - wide)), *_place((x + wide, y + wide))), 180, 360, fill=ARCH)
    draw.rectangle((*_place((x - wide, y)), *_place((x + wide, SILL_END + 1))), fill=ARCH)
    _disc(draw, middle, radius, TIRE)
    _disc(draw, middle, radius * RIM_PART, RIM_EDGE)
    _disc(draw, middle, radius * RIM_PART - 1, RIM)
    for spoke in range(SPOKES):
        angle = math.tau * spoke / SPOKES
        end = (x + math.sin(angle) * radius * SPOKE_PART, y + math.cos(angle) * radius * SPOKE_PART)
        draw.line((_place(middle), _place(end)), fill=SPOKE, width=round(5 * SCALE))
    _disc(draw, middle, HUB_RADIUS, HUB)


def _disc(draw: ImageDraw.ImageDraw, middle: Point, radius: float, colour: Colour) -> None:
    x, y = middle
    draw.ellipse((*_place((x - radius, y - radius)), *_place((x + radius, y + radius))), fill=colour)


def _fill(draw: ImageDraw.ImageDraw, path: str, colour: Colour) -> None:
    for line in _lines(path):
        draw.polygon(line, fill=colour)


def _stroke(draw: ImageDraw.ImageDraw, path: str, colour: Colour, width: float) -> None:
    for line in _lines(path):
        draw.line(line, fill=colour, width=round(width * SCALE), joint="curve")


def _place(point: Sequence[float]) -> Point:
    """Where a point of the drawing's box comes to lie in the picture."""
    return LEFT + point[0] * SCALE, TOP + point[1] * SCALE


def _lines(path: str) -> Iterator[list[Point]]:
    """The lines of an SVG path of M, L, C and Z, with its curves as short straight pieces."""
    tokens = TOKEN.findall(path)
    line: list[Point] = []
    command, at = "", 0
    while at < len(tokens):
        if tokens[at].isalpha():
            command, at = tokens[at], at + 1
        if command == "Z":
            continue
        if command == "M" and line:
            yield [_place(point) for point in line]
            line = []
        count = 3 if command == "C" else 1
        numbers = [float(token) for token in tokens[at : at + 2 * count]]
        points = list(zip(numbers[::2], numbers[1::2], strict=True))
        line += _curve(line[-1], *points) if command == "C" else points
        at += 2 * count
    if line:
        yield [_place(point) for point in line]


def _curve(start: Point, first: Point, second: Point, end: Point) -> list[Point]:
    """A cubic Bézier curve from behind its start on."""
    points = []
    for piece in range(1, PIECES + 1):
        t = piece / PIECES
        parts = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
        places = (start, first, second, end)
        x, y = (sum(part * place[axis] for part, place in zip(parts, places, strict=True)) for axis in (0, 1))
        points.append((x, y))
    return points
