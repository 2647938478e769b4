"""Pictures come in without what telephones hide in them, upright and small; what is no picture is refused."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from booking.domain.errors import InvalidInput
from booking.exchange import pictures
from booking.exchange.pictures import LONGER_SIDE, fitted, take_picture
from tests.support.images import MAKER, photograph


def opened(content: bytes) -> Image.Image:
    """A picture in memory."""
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture


def test_where_and_with_what_it_was_taken_stays_behind() -> None:
    given_ = photograph()
    assert opened(given_).getexif().get_ifd(0x8825)
    assert MAKER.encode() in given_
    kept = take_picture(given_)
    assert dict(opened(kept.content).getexif()) == {}
    assert "comment" not in opened(kept.content).info
    for hidden in (MAKER.encode(), b"Exif", b"taken by somebody", b"ICC_PROFILE"):
        assert hidden not in kept.content
    assert opened(kept.content).format == "JPEG"


def test_a_picture_that_was_stored_lying_stands_upright() -> None:
    kept = take_picture(photograph(size=(900, 600), turned=True))
    assert (kept.width, kept.height) == (600, 900)
    # what was at the top left is at the top right after a quarter turn
    bright = opened(kept.content).getpixel((550, 50))
    assert isinstance(bright, tuple)
    assert bright[0] > 200


def test_a_large_picture_becomes_smaller_and_a_small_one_does_not_grow() -> None:
    large = take_picture(photograph(size=(4000, 3000)))
    assert (large.width, large.height) == (LONGER_SIDE, LONGER_SIDE * 3 // 4)
    small = take_picture(photograph(size=(40, 30)))
    assert (small.width, small.height) == (40, 30)
    assert take_picture(photograph(size=(40, 30))).digest == small.digest


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "1", "CMYK", "I;16"])
def test_every_kind_of_pixel_becomes_paper_and_ink(mode: str) -> None:
    picture = Image.new(mode, (20, 10))
    output = io.BytesIO()
    picture.save(output, "JPEG" if mode == "CMYK" else "PNG")
    kept = opened(take_picture(output.getvalue()).content)
    assert (kept.mode, kept.size) == ("RGB", (20, 10))
    if mode in {"RGBA", "LA"}:
        assert kept.getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "required"),
        (b"no picture at all", "picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "picture"),
        (b"%PDF-1.7 nothing", "picture"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "picture"),
        (photograph()[:2000], "picture"),
        (b"\0" * (pictures.LARGEST_FILE + 1), "picture_large"),
    ],
)
def test_what_is_no_picture_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        take_picture(data)
    assert (refused.value.field, refused.value.reason) == ("picture", reason)


def test_a_picture_that_would_unpack_to_a_wall_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_PIXELS", 1200 * 800 - 1)
    with pytest.raises(InvalidInput) as refused:
        take_picture(photograph())
    assert refused.value.reason == "picture_large"


@given(st.binary(max_size=300))
def test_anything_else_is_refused_and_nothing_falls_over(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        take_picture(data)


def test_a_picture_fits_its_frame_without_being_squeezed() -> None:
    lying = take_picture(photograph(size=(1200, 600))).content
    assert fitted(lying, 40, 40) == (40, 20)
    assert fitted(lying, 100, 20) == (40, 20)
