"""ZIP codes, as people type them."""

import pytest

from activities import zips


@pytest.mark.parametrize("text", ["55101", " 55101 ", "55101-1234"])
def test_a_zip_code_is_somewhere(text: str) -> None:
    found = zips.find(text)
    assert found is not None
    assert (found.zip, found.city, found.state, round(found.lat), round(found.lng)) == (
        *("55101", "Saint Paul", "MN"),
        *(45, -93),
    )


@pytest.mark.parametrize("text", ["00000", "5510", "551011", "55101-12", "5510x", "", "\n5510", "\u0665" * 5])
def test_what_is_no_zip_code_is_nowhere(text: str) -> None:
    assert zips.find(text) is None


def test_the_first_and_the_last_are_found() -> None:
    assert [zips.find(text) is not None for text in ("00501", "99950")] == [True, True]
