"""Pictures drawn here, for whoever has no photo at hand: things that CIFAR-10 has classes for."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image, ImageDraw

SIDE = 256


def ship() -> Image.Image:
    """A freighter on the sea."""
    picture, draw = _sky((150, 190, 225), (215, 230, 240))
    draw.rectangle((0, 168, SIDE, SIDE), fill=(38, 84, 128))
    for y in range(180, SIDE, 14):
        for x in range(-20 + y % 28, SIDE, 40):
            draw.line((x, y, x + 18, y), fill=(84, 130, 170), width=3)
    draw.polygon([(22, 140), (236, 140), (206, 194), (54, 194)], fill=(58, 52, 60))
    draw.polygon([(46, 176), (216, 176), (206, 194), (54, 194)], fill=(150, 48, 42))
    draw.rectangle((60, 96, 128, 140), fill=(240, 240, 236))
    draw.rectangle((76, 70, 118, 98), fill=(228, 228, 222))
    for x in (82, 96, 110):
        draw.rectangle((x - 4, 78, x + 4, 88), fill=(60, 90, 120))
    draw.rectangle((94, 40, 112, 70), fill=(190, 70, 50))
    for x, colour in ((136, (190, 120, 50)), (164, (70, 120, 90)), (192, (170, 60, 60))):
        draw.rectangle((x, 114, x + 24, 140), fill=colour)
    return picture


def airplane() -> Image.Image:
    """An airliner in the sky."""
    picture, draw = _sky((96, 156, 220), (196, 222, 244))
    for left, top in ((10, 196), (150, 40), (176, 206)):
        for shift in (0, 22, 44):
            box = (left + shift, top - shift % 23, left + shift + 40, top + 24)
            draw.ellipse(box, fill=(240, 246, 250))
    draw.polygon([(122, 122), (92, 44), (112, 44), (160, 122)], fill=(170, 178, 188))
    draw.polygon([(40, 120), (22, 74), (42, 74), (72, 116)], fill=(60, 84, 140))
    draw.rounded_rectangle((30, 112, 238, 148), radius=18, fill=(240, 242, 246))
    draw.rectangle((44, 136, 222, 141), fill=(60, 84, 140))
    draw.polygon([(116, 138), (62, 214), (86, 214), (162, 138)], fill=(150, 158, 170))
    for x in range(64, 214, 14):
        draw.ellipse((x, 122, x + 6, 129), fill=(70, 90, 120))
    return picture


def car() -> Image.Image:
    """A red car on a street."""
    picture, draw = _sky((188, 206, 222), (226, 232, 236))
    draw.rectangle((0, 150, SIDE, SIDE), fill=(112, 112, 116))
    draw.rectangle((0, 138, SIDE, 152), fill=(120, 140, 96))
    for x in range(-10, SIDE, 60):
        draw.rectangle((x, 224, x + 34, 230), fill=(226, 226, 220))
    draw.polygon([(64, 120), (92, 78), (170, 78), (204, 120)], fill=(170, 26, 30))
    draw.polygon([(78, 118), (98, 86), (128, 86), (128, 118)], fill=(170, 204, 224))
    draw.polygon([(136, 118), (136, 86), (166, 86), (190, 118)], fill=(150, 188, 212))
    draw.rounded_rectangle((22, 116, 236, 182), radius=20, fill=(200, 34, 36))
    draw.rectangle((24, 158, 234, 168), fill=(150, 22, 26))
    draw.ellipse((214, 128, 234, 144), fill=(250, 240, 180))
    for x in (52, 168):
        draw.ellipse((x, 152, x + 50, 202), fill=(28, 28, 30))
        draw.ellipse((x + 14, 166, x + 36, 188), fill=(170, 172, 176))
    return picture


def frog() -> Image.Image:
    """A frog on the ground."""
    picture, draw = _sky((136, 122, 88), (96, 86, 60))
    for x, y in ((20, 30), (200, 24), (222, 210), (30, 220), (130, 236)):
        draw.ellipse((x - 24, y - 10, x + 24, y + 10), fill=(116, 104, 70))
    draw.ellipse((26, 130, 110, 214), fill=(70, 118, 44))
    draw.ellipse((146, 130, 230, 214), fill=(70, 118, 44))
    draw.ellipse((56, 76, 200, 206), fill=(92, 146, 56))
    draw.ellipse((86, 132, 170, 208), fill=(196, 204, 130))
    for x in (66, 146):
        draw.ellipse((x, 52, x + 44, 98), fill=(92, 146, 56))
        draw.ellipse((x + 10, 60, x + 34, 86), fill=(236, 220, 120))
        draw.ellipse((x + 17, 66, x + 28, 80), fill=(20, 20, 16))
    draw.arc((92, 92, 164, 136), 20, 160, fill=(44, 80, 28), width=5)
    for x in (40, 96, 140, 196):
        draw.ellipse((x - 22, 200, x + 22, 222), fill=(84, 134, 50))
    return picture


DRAWINGS: dict[str, Callable[[], Image.Image]] = {
    "Ship": ship,
    "Airplane": airplane,
    "Car": car,
    "Frog": frog,
}


def _sky(
    top: tuple[int, int, int], bottom: tuple[int, int, int]
) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """A square that fades from one colour to another, and what draws on it."""
    fade = Image.linear_gradient("L").resize((SIDE, SIDE))
    size = (SIDE, SIDE)
    picture = Image.composite(Image.new("RGB", size, bottom), Image.new("RGB", size, top), fade)
    return picture, ImageDraw.Draw(picture)
