"""The photos of the demo's cars are what the product takes, drawn in the site's own shapes and paints."""

from io import BytesIO

import pytest
from PIL import Image

from activities.pictures import Picture, picture_of
from domain.photos import WIDTHS
from domain.vehicles import BodyType
from temporal.demo.catalogue import catalogue
from temporal.demo.photo import CONTENT_TYPE, HEIGHT, WIDTH, paints, photo_of
from web.art import PAINTS


@pytest.mark.parametrize("body_type", BodyType)
def test_every_body_type_makes_a_photo_that_is_taken(body_type: BodyType) -> None:
    judged = picture_of(photo_of(body_type, "Red"), CONTENT_TYPE, WIDTHS, "WEBP")
    assert isinstance(judged, Picture)
    assert (judged.largest.width, judged.largest.height) == (WIDTH, HEIGHT)


def test_every_paint_of_the_site_has_its_colour() -> None:
    assert paints().keys() == PAINTS.keys()


def test_a_car_is_drawn_in_its_paint_and_the_same_each_time() -> None:
    red, blue = (Image.open(BytesIO(photo_of("sedan", name))).getpixel((420, 330)) for name in ("Race Red", "Blue"))
    assert isinstance(red, tuple)
    assert isinstance(blue, tuple)
    assert red[0] > 2 * red[2]
    assert blue[2] > 2 * blue[0]
    assert photo_of("sedan", "Race Red") == photo_of("sedan", "Race Red")


def test_a_photo_is_small() -> None:
    assert max(len(photo_of(car.spec.body_type, car.spec.exterior_color)) for car in catalogue()) < 40_000
