"""Makes the files of this folder: JPEG files of the kinds there are, each with
the pixels that Pillow gives for it, as NAME.png.

It takes Pillow with libjpeg-turbo (made with 9.4.0 and 2.1.5), and cjpeg of
libjpeg-turbo for what Pillow cannot write:

    python3 make.py
"""

import io
import random
import subprocess

from PIL import Image, ImageDraw


def picture(width, height):
    """Edges and gradients of colour, and noise: what upsampling shows up in."""
    rng = random.Random(width * 1000 + height)
    image = Image.new("RGB", (width, height))
    for x in range(width):
        for y in range(height):
            image.putpixel((x, y), (4 * x % 256, 5 * y % 256, (3 * x + 2 * y + rng.randrange(40)) % 256))
    draw = ImageDraw.Draw(image)
    draw.ellipse((width // 4, height // 4, width * 3 // 4, height * 3 // 4), fill=(230, 20, 30))
    draw.line((0, height, width, 0), fill=(10, 240, 250), width=2)
    return image


def cjpeg(image, *options):
    ppm = io.BytesIO()
    image.save(ppm, "ppm")
    return subprocess.run(["cjpeg", *options], input=ppm.getvalue(), stdout=subprocess.PIPE, check=True).stdout


def pillow(image, **options):
    out = io.BytesIO()
    image.save(out, "jpeg", **options)
    return out.getvalue()


def with_transform(jpeg, transform):
    """The same file with another meaning of its colours in the Adobe segment."""
    at = jpeg.index(b"Adobe") + 11
    return jpeg[:at] + bytes([transform]) + jpeg[at + 1:]


def without_jfif(jpeg):
    assert jpeg[2:4] == b"\xff\xe0" or b"JFIF" not in jpeg
    return jpeg[:2] + jpeg[20:] if b"JFIF" in jpeg else jpeg


def with_adobe(jpeg, transform):
    """The same file with an Adobe segment behind the first of its segments."""
    if b"Adobe" in jpeg:
        return with_transform(jpeg, transform)
    at = 20 if b"JFIF" in jpeg else 2
    return jpeg[:at] + b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0" + bytes([transform]) + jpeg[at:]


image = picture(61, 47)
cmyk = image.convert("CMYK")
files = {
    "grey": pillow(image.convert("L"), quality=80),
    "grey-2x2": cjpeg(image, "-grayscale", "-sample", "2x2"),
    "444": pillow(image, quality=80, subsampling="4:4:4"),
    "422": pillow(image, quality=90, subsampling="4:2:2"),
    "420": pillow(image, quality=90, subsampling="4:2:0"),
    "440": cjpeg(image, "-quality", "90", "-sample", "1x2"),
    "411": cjpeg(image, "-quality", "90", "-sample", "4x1"),
    "441": cjpeg(image, "-quality", "90", "-sample", "1x4"),
    "410": cjpeg(image, "-quality", "90", "-sample", "4x2"),
    "311": cjpeg(image, "-quality", "90", "-sample", "3x1"),
    "luma-less": cjpeg(image, "-quality", "90", "-sample", "1x1,2x2,2x1"),
    "rgb": cjpeg(image, "-rgb", "-quality", "90"),
    "restart": cjpeg(image, "-quality", "90", "-sample", "2x2", "-restart", "3B"),
    "optimized": pillow(image, quality=75, optimize=True),
    "coarse": cjpeg(image, "-quality", "1"),
    "fine": pillow(image, quality=100, subsampling="4:2:0"),
    "cmyk": pillow(cmyk, quality=90),
    "ycck": with_transform(pillow(cmyk, quality=90), 2),
    "jfif-and-adobe": with_adobe(pillow(image, quality=80), 0),  # JFIF rules
    "adobe-rgb": with_adobe(without_jfif(pillow(image, quality=80)), 0),
    "adobe-ycc": with_adobe(without_jfif(cjpeg(image, "-rgb")), 1),
    "neither": without_jfif(pillow(image, quality=80)),
    "progressive": pillow(image, quality=85, progressive=True, subsampling="4:2:0"),
    "progressive-cmyk": pillow(cmyk, quality=90, progressive=True),
    "1x1": pillow(picture(1, 1), subsampling="4:2:0"),
    "4x3": pillow(picture(4, 3), subsampling="4:2:0"),
    "4x5": pillow(picture(4, 5), subsampling="4:2:2"),  # two samples of colour across: no triangle
    "6x5": pillow(picture(6, 5), subsampling="4:2:2"),  # three: the least with one
    "6x7": pillow(picture(6, 7), subsampling="4:2:0"),
    "5x18": pillow(picture(5, 18), subsampling="4:2:0"),
    "17x5": pillow(picture(17, 5), subsampling="4:2:2"),
}
for name, data in files.items():
    with open(name + ".jpg", "wb") as f:
        f.write(data)
    Image.open(io.BytesIO(data)).convert("RGB").save(name + ".png", optimize=True)
