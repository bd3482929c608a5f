"""What is made of the files that people choose, and of those that Mallory makes."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from fairgate.files.encoding import LEAST_SIDE, MOST_PIXELS, encode, is_whole_webp
from fairgate.files.errors import BadPicture, TooManyPixels, TooNarrow, TooSmall
from fairgate.testing.s3 import drawn

ORIENTATION, ARTIST = 0x0112, 0x013B


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content), formats=["WEBP"])


def is_white(picture: Image.Image, x: float, y: float) -> bool:
    at = (int(picture.width * x), int(picture.height * y))
    return min(picture.convert("RGB").getpixel(at)) > 230


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_becomes_webp_in_several_widths(kind: str) -> None:
    made = encode(io.BytesIO(drawn(2400, 1600, kind)))

    assert (made.width, made.height, made.widths) == (1600, 1067, [400, 800, 1200, 1600])
    for width, content in made.files.items():
        assert (opened(content).format, opened(content).width) == ("WEBP", width)
        assert is_whole_webp(content)
        assert is_white(opened(content), 0.25, 0.5)
        assert not is_white(opened(content), 0.75, 0.5)


@pytest.mark.parametrize(
    ("size", "made"),
    [
        ((1000, 600), (1000, 600, [400, 800, 1000])),
        ((400, 400), (400, 400, [400])),
        ((300, 500), (300, 500, [300])),
        ((2000, 5000), (960, 2400, [400, 800, 960])),
    ],
)
def test_nothing_is_made_larger_than_it_was(size: tuple[int, int], made: object) -> None:
    encoded = encode(io.BytesIO(drawn(*size)))

    assert (encoded.width, encoded.height, encoded.widths) == made


def test_the_same_pixels_have_the_same_key_and_others_another() -> None:
    first, again = (encode(io.BytesIO(drawn())) for _ in range(2))

    assert first == again
    assert encode(io.BytesIO(drawn(color="#804021"))).key != first.key
    assert len(first.key) == 32


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_it_is_turned_as_it_was_taken_and_tells_nothing_of_the_camera(kind: str) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # Turned to the right: what lay left is on top.
    exif[ARTIST] = "Olga at home"
    content = drawn(1000, 600, kind, exif=exif, icc_profile=ImageCms.ImageCmsProfile(profile()).tobytes())

    made = encode(io.BytesIO(content))

    assert b"Olga at home" in content
    assert (made.width, made.height) == (600, 1000)
    for file in made.files.values():
        assert b"Olga" not in file
        # One chunk alone: the pixels.
        assert (file[12:16], int.from_bytes(file[16:20], "little")) == (b"VP8 ", len(file) - 20)
        assert is_white(opened(file), 0.5, 0.25)
        assert not is_white(opened(file), 0.5, 0.75)


def profile() -> ImageCms.core.CmsProfile:
    return ImageCms.createProfile("sRGB")


def test_colors_are_those_that_the_camera_meant() -> None:
    """Of a camera that writes what is red where others write what is blue."""
    told = ImageCms.ImageCmsProfile(profile()).tobytes()
    swapped = told.replace(b"rXYZ", b"....").replace(b"bXYZ", b"rXYZ").replace(b"....", b"bXYZ")

    made = encode(io.BytesIO(drawn(color="#e01010", icc_profile=swapped)))

    red, _green, blue = opened(made.files[400]).convert("RGB").getpixel((380, 100))
    assert red < 60 < 180 < blue


@pytest.mark.parametrize(
    "told", [ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(), b"no profile"], ids=["LAB", "broken"]
)
def test_a_profile_that_does_not_fit_is_left_out(told: bytes) -> None:
    assert encode(io.BytesIO(drawn(icc_profile=told))) == encode(io.BytesIO(drawn()))


def test_what_is_transparent_becomes_white() -> None:
    picture = Image.new("RGBA", (400, 400), (200, 0, 0, 0))
    output = io.BytesIO()
    picture.save(output, "PNG")

    made = encode(io.BytesIO(output.getvalue()))

    assert is_white(opened(made.files[400]), 0.5, 0.5)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "CMYK"])
def test_other_kinds_of_pixels(mode: str) -> None:
    picture = Image.new("L", (400, 300), 255).convert(mode) if mode != "I;16" else Image.new(mode, (400, 300), 65535)
    output = io.BytesIO()
    picture.save(output, "JPEG" if mode == "CMYK" else "PNG")

    made = encode(io.BytesIO(output.getvalue()))

    assert is_white(opened(made.files[400]), 0.5, 0.5)


def bomb(width: int, height: int) -> bytes:
    """A PNG of some bytes that says how large it is, and is."""
    rows = zlib.compress(bytes(height * (width // 8 + 2)), 9)
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)), (b"IDAT", rows), (b"IEND", b"")]
    chunks = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize("side", [3700, 12_000, 20_000])
def test_a_bomb_is_not_undone(side: int) -> None:
    content = bomb(side, side)
    assert side * side > MOST_PIXELS["PNG"]
    assert len(content) < 64_000

    with pytest.raises(TooManyPixels) as refusal:
        encode(io.BytesIO(content))

    assert "13 million pixels" in refusal.value.message


def test_a_photo_may_have_more_pixels_than_what_must_be_undone_whole() -> None:
    assert encode(io.BytesIO(drawn(5000, 3000))).widths == [400, 800, 1200, 1600]
    with pytest.raises(TooManyPixels) as refusal:
        encode(io.BytesIO(drawn(6000, 5000)))

    assert "26 million pixels" in refusal.value.message


def test_the_sentence_of_what_is_too_small_or_narrow() -> None:
    with pytest.raises(TooSmall) as small:
        encode(io.BytesIO(drawn(LEAST_SIDE - 1, 500)))
    with pytest.raises(TooNarrow) as narrow:
        encode(io.BytesIO(drawn(1600, 400)))

    assert "at least 300 pixels" in small.value.message
    assert "three times" in narrow.value.message


NO_PICTURES = {
    "nothing": b"",
    "words": b"no picture at all",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="500" height="500"><script>alert(1)</script></svg>',
    "html": b"<!doctype html><script>alert(1)</script>",
    "gif": drawn(kind="GIF"),
    "tiff": drawn(kind="TIFF"),
    "bmp": drawn(kind="BMP"),
    "ps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 500 500\n",
    "cut": drawn()[:2000],
    "cut png": drawn(kind="PNG")[:-200],
    "cut webp": drawn(kind="WEBP")[:-200],
    "half a header": drawn()[:20],
}


@pytest.mark.parametrize("name", NO_PICTURES)
def test_what_is_no_picture_of_ours_is_refused(name: str) -> None:
    with pytest.raises(BadPicture) as refusal:
        encode(io.BytesIO(NO_PICTURES[name]))

    assert "JPEG, PNG or WebP" in refusal.value.message


def test_what_is_hidden_behind_a_picture_is_not_passed_on() -> None:
    made = encode(io.BytesIO(drawn() + b"<script>alert(1)</script>"))

    assert made == encode(io.BytesIO(drawn()))


SMALL = {kind: drawn(320, 300, kind) for kind in ("JPEG", "PNG", "WEBP")}


@given(kind=st.sampled_from(sorted(SMALL)), changes=st.lists(st.tuples(st.integers(0, 4000), st.binary(max_size=4))))
@settings(max_examples=60)
def test_a_broken_file_is_refused_or_drawn_and_nothing_else(kind: str, changes: list[tuple[int, bytes]]) -> None:
    content = bytearray(SMALL[kind])
    for place, piece in changes:
        at = place % len(content)
        content[at : at + len(piece)] = piece

    try:
        made = encode(io.BytesIO(content))
    except BadPicture:
        return

    assert all(is_whole_webp(file) for file in made.files.values())
