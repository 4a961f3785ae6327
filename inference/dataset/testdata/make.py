"""Makes pillow.csv: what Pillow makes of real photographs of all sizes and kinds.
Of each image, the first half of the hexadecimal SHA-256 of its RGB pixels, and of
the crops that filter-resize-size names, made as torchvision's Resize and
CenterCrop do. Made with Pillow 9.4.0 and libjpeg-turbo 2.1.5:

    python3 make.py DATA > pillow.csv

DATA is the folder that holds imagenet-sample-original.
"""

import glob
import hashlib
import os
import sys

from PIL import Image

RECIPES = [("bilinear", 256, 224), ("bilinear", 146, 128), ("bicubic", 232, 224), ("bicubic", 384, 384)]
FILTERS = {"bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC}


def crop(image, name, resize, size):
    w, h = image.size
    if w <= h:
        w, h = resize, int(resize * h / w)
    else:
        w, h = int(resize * w / h), resize
    if (w, h) != image.size:
        image = image.resize((w, h), FILTERS[name])
    left, top = int(round((w - size) / 2.0)), int(round((h - size) / 2.0))
    return image.crop((left, top, left + size, top + size))


def digest(image):
    return hashlib.sha256(image.tobytes()).hexdigest()[:16]


print(",".join(["image", "pixels"] + ["%s-%d-%d" % r for r in RECIPES]))
for path in sorted(glob.glob(os.path.join(sys.argv[1], "imagenet-sample-original", "*", "*"))):
    image = Image.open(path).convert("RGB")
    print(",".join([os.path.relpath(path, sys.argv[1]), digest(image)] + [digest(crop(image, *r)) for r in RECIPES]))
