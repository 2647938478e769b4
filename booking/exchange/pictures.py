"""Pictures that come in: opened, turned upright, made smaller, and written anew, so that nothing hidden comes along.

A photograph of a telephone carries where and when it was taken, and with what; none of that is kept.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from booking.domain.errors import InvalidInput

JPEG_TYPE = "image/jpeg"
#: bytes of a file that is looked at at all
LARGEST_FILE = 12 * 1024 * 1024
#: pixels: what a picture may unpack to, and the longer side of what is kept
MOST_PIXELS = 60_000_000
LONGER_SIDE = 1600
QUALITY = 82
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture as it is kept."""

    content: bytes
    width: int
    height: int
    digest: str


def take_picture(data: bytes) -> Kept:
    """Return an uploaded picture written anew as JPEG, with its pixels and nothing else.

    Raises:
        InvalidInput: ``picture`` is empty, too large, or no picture that can be read (``reason``: ``required``,
            ``picture_large``, ``picture``).
    """
    if not data:
        raise InvalidInput(field="picture", reason="required")
    if len(data) > LARGEST_FILE:
        raise InvalidInput(field="picture", reason="picture_large")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
                if opened.width * opened.height > MOST_PIXELS:
                    raise InvalidInput(field="picture", reason="picture_large")
                opened.draft("RGB", (LONGER_SIDE, LONGER_SIDE))
                upright = ImageOps.exif_transpose(opened)
                plain = _on_white(upright)
    except InvalidInput:
        raise
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InvalidInput(field="picture", reason="picture") from error
    plain.thumbnail((LONGER_SIDE, LONGER_SIDE), Image.Resampling.LANCZOS)
    # a new image from bare pixels: whatever the library keeps beside them stays behind
    bare = Image.frombytes("RGB", plain.size, plain.tobytes())
    output = io.BytesIO()
    bare.save(output, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    content = output.getvalue()
    return Kept(content, bare.width, bare.height, hashlib.sha256(content).hexdigest())


def _on_white(picture: Image.Image) -> Image.Image:
    """Without transparency, which a JPEG cannot keep: what was clear is paper."""
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        clear = picture.convert("RGBA")
        paper = Image.new("RGBA", clear.size, "white")
        return Image.alpha_composite(paper, clear).convert("RGB")
    return picture.convert("RGB")


def fitted(content: bytes, width: float, height: float) -> tuple[float, float]:
    """The size at which a picture fits into a frame without being squeezed; in the frame's unit."""
    with Image.open(io.BytesIO(content)) as picture:
        scale = min(width / picture.width, height / picture.height)
        return picture.width * scale, picture.height * scale
