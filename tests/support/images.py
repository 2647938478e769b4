"""Photographs as telephones take them: with a place, a moment and a maker hidden in them."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

#: where the invented photographs were taken; found in no picture that is kept
MAKER = "Invented Telephone 9"
LATITUDE = (37.0, 29.0, 38.25)


def photograph(number: int = 0, *, size: tuple[int, int] = (1200, 800), turned: bool = False) -> bytes:
    """A JPEG with EXIF: every second one upright; ``turned`` is stored lying and says so."""
    if number % 2:
        size = (size[1], size[0])
    picture = Image.new("RGB", size, (60 + number * 30 % 180, 120, 190 - number * 20 % 150))
    drawing = ImageDraw.Draw(picture)
    drawing.rectangle((0, 0, size[0] // 2, size[1] // 2), fill=(250, 220, 90))
    drawing.text((20, 20), f"{number}", fill="black")
    exif = Image.Exif()
    exif[0x010F] = MAKER
    if turned:
        exif[0x0112] = 6
    place = exif.get_ifd(0x8825)
    place[1], place[2] = "N", LATITUDE
    output = io.BytesIO()
    picture.save(output, "JPEG", exif=exif, comment=b"taken by somebody", quality=90)
    return output.getvalue()
