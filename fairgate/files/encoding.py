"""What an organizer chose, made into what browsers get: WebP in a few widths, drawn anew from the pixels alone.

Nothing of the file itself is passed on, neither what it says of its place and camera nor what may be hidden in it.
"""

from __future__ import annotations

import io
import struct
import threading
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import IO

from PIL import Image, ImageCms, ImageOps

from fairgate.files.errors import BadPicture, TooManyPixels, TooNarrow, TooSmall

MOST_BYTES = 8 * 1024 * 1024
# What a phone takes by itself, and half of that of what must be undone whole: both need some 200 MB at most.
MOST_PIXELS = {"JPEG": 26_000_000, "MPO": 26_000_000, "PNG": 13_000_000, "WEBP": 13_000_000}
LEAST_SIDE = 300
MOST_TIMES = 3
FORMATS = ("JPEG", "PNG", "WEBP")
# From a card on a phone to a wide screen with fine pixels.
WIDTHS = (400, 800, 1200, 1600)
MOST_HEIGHT = 2400
QUALITY = 80
KEY_LENGTH = 32
SRGB = ImageCms.createProfile("sRGB")
# What Pillow raises for files that are broken or made to break it.
BROKEN = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    struct.error,
    zlib.error,
)
BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
# One at a time in a process, so that what it takes in memory is known.
one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Encoded:
    """The same picture in several widths, each a file; the size is the largest one's."""

    key: str
    width: int
    height: int
    files: dict[int, bytes]

    @property
    def widths(self) -> Sequence[int]:
        return list(self.files)


def encode(source: IO[bytes]) -> Encoded:
    """Raises BadPicture."""
    with one_at_a_time:
        try:
            picture = _decode(source)
            files = {width: _webp(picture, width) for width in _widths(picture)}
        except BOMBS as error:
            raise TooManyPixels(MOST_PIXELS["PNG"]) from error
        except BROKEN as error:
            raise BadPicture from error
    key = sha256(b"".join(sha256(content).digest() for content in files.values())).hexdigest()[:KEY_LENGTH]
    return Encoded(key, picture.width, picture.height, files)


def is_whole_webp(content: bytes) -> bool:
    """As its first bytes say: what was cut off on its way would be kept for a year."""
    length = int.from_bytes(content[4:8], "little") + 8
    return content[:4] == b"RIFF" and content[8:12] == b"WEBP" and length == len(content)


def _decode(source: IO[bytes]) -> Image.Image:
    """Upright, in the colors of screens, no larger than the largest that is kept."""
    with Image.open(source, formats=FORMATS) as opened:
        _check(*opened.size, most_pixels=MOST_PIXELS[opened.format or ""])
        profile = opened.info.get("icc_profile")
        # A JPEG can be read at a half or a quarter of its size, for as much less of memory and time.
        opened.draft("", (WIDTHS[-1], WIDTHS[-1]))
        opened.load()
        ImageOps.exif_transpose(opened, in_place=True)
        picture = opened if opened.mode in ("RGB", "RGBA", "L", "CMYK") else opened.convert("RGBA")
        size = _fitting(*picture.size)
        picture = picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return _of_screens(picture, profile)


def _check(width: int, height: int, *, most_pixels: int) -> None:
    if width * height > most_pixels:
        raise TooManyPixels(most_pixels)
    if min(width, height) < LEAST_SIDE:
        raise TooSmall(LEAST_SIDE)
    if max(width, height) > MOST_TIMES * min(width, height):
        raise TooNarrow


def _fitting(width: int, height: int) -> tuple[int, int]:
    share = min(1.0, WIDTHS[-1] / width, MOST_HEIGHT / height)
    return round(width * share), round(height * share)


def _of_screens(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """What cameras see more of than screens show would look dull without this; what is transparent becomes white."""
    if picture.mode == "RGBA":
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture).convert("RGB")
    if profile:
        try:
            return _plain(ImageCms.profileToProfile(picture, io.BytesIO(profile), SRGB, outputMode="RGB"))
        except (ImageCms.PyCMSError, *BROKEN):
            pass  # A profile of another kind of picture, or none at all.
    return _plain(picture.convert("RGB"))


def _plain(picture: Image.Image | None) -> Image.Image:
    assert picture is not None
    picture.info.clear()
    return picture


def _widths(picture: Image.Image) -> list[int]:
    return [*(width for width in WIDTHS if width < picture.width), picture.width]


def _webp(picture: Image.Image, width: int) -> bytes:
    height = round(picture.height * width / picture.width)
    smaller = picture if width == picture.width else picture.resize((width, height), Image.Resampling.LANCZOS)
    output = io.BytesIO()
    smaller.save(output, "WEBP", quality=QUALITY)
    return output.getvalue()
