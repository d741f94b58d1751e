"""Pictures of a market aisle before and after a fix, drawn here so that no photo is carried.

One scene is an aisle in perspective between two rows of counters. A problem is painted into it;
the picture after the fix is the same scene without it.
"""

import io
import random
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFilter

SIZE = (1600, 1200)
HORIZON = 430
GRAIN = [round(128 + (value - 127.5) / 4) for value in range(256)]
Point = tuple[float, float]

PRODUCE = {
    "vegetables": ["#3f8f3a", "#6ab04c", "#c0392b", "#e67e22", "#7b3fa0", "#9ccc65"],
    "fruit": ["#f39c12", "#e74c3c", "#f7d154", "#8bc34a", "#d35400", "#b33951"],
    "fish": ["#90a4ae", "#b0bec5", "#78909c", "#cfd8dc", "#607d8b", "#a7b8bf"],
    "meat": ["#b03a3a", "#c65353", "#8e2f2f", "#d98880", "#a04848", "#e3aaaa"],
}
AWNINGS = [("#1f7a4d", "#e9f5ec"), ("#b5462f", "#fbeee6"), ("#27618f", "#e8f1f8")]


def _into(draw: ImageDraw.ImageDraw, depth: float, x: float, height: float) -> Point:
    """A point of the plan: depth 0 (near) to 1 (far), x −1 to 1 across, height above the floor."""
    scale = 1 - 0.82 * depth
    floor = HORIZON + (SIZE[1] + 160 - HORIZON) * scale
    return SIZE[0] / 2 + x * SIZE[0] * 0.62 * scale, floor - height * scale


def _hall(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    for y in range(SIZE[1]):
        light = 236 - int(60 * abs(y - HORIZON) / SIZE[1])
        draw.line([(0, y), (SIZE[0], y)], fill=(light, light - 4, light - 14))
    draw.polygon(
        [
            _into(draw, 0, -1.2, 0),
            _into(draw, 1, -1.2, 0),
            _into(draw, 1, 1.2, 0),
            _into(draw, 0, 1.2, 0),
        ],
        fill="#b9b2a4",
    )
    for row in range(1, 14):
        depth = 1 - 0.8**row
        draw.line(
            [_into(draw, depth, -1.2, 0), _into(draw, depth, 1.2, 0)], fill="#a59d8d", width=3
        )
    for column in range(-4, 5):
        draw.line(
            [_into(draw, 0, column / 4, 0), _into(draw, 1, column / 4, 0)], fill="#a59d8d", width=2
        )
    for lamp in range(5):
        x, ceiling = _into(draw, 0.15 + lamp * 0.18, 0, 1150)
        size = 90 * (1 - 0.17 * lamp)
        draw.rounded_rectangle([x - size, ceiling - 8, x + size, ceiling + 8], 8, fill="#fffdf2")


def _counters(draw: ImageDraw.ImageDraw, rng: random.Random, kind: str) -> None:
    dark, pale = rng.choice(AWNINGS)
    for stall in reversed(range(6)):
        near, far = stall * 0.155, stall * 0.155 + 0.14
        for side in (-1, 1):
            front, back = side * 0.52, side * 1.15
            top = [
                _into(draw, near, front, 330),
                _into(draw, far, front, 330),
                _into(draw, far, back, 400),
                _into(draw, near, back, 400),
            ]
            draw.polygon(
                [
                    _into(draw, near, front, 0),
                    _into(draw, far, front, 0),
                    _into(draw, far, front, 330),
                    _into(draw, near, front, 330),
                ],
                fill="#dfe6e2",
                outline="#9aa8a0",
            )
            draw.polygon(top, fill="#7a5c3e", outline="#5a4229")
            _heap(draw, rng, near, far, front, back, PRODUCE[kind])
            stripes = 7
            for stripe in range(stripes):
                a = near + (far - near) * stripe / stripes
                b = near + (far - near) * (stripe + 1) / stripes
                draw.polygon(
                    [
                        _into(draw, a, front * 0.94, 830),
                        _into(draw, b, front * 0.94, 830),
                        _into(draw, b, back, 1010),
                        _into(draw, a, back, 1010),
                    ],
                    fill=dark if stripe % 2 else pale,
                )


def _heap(
    draw: ImageDraw.ImageDraw,
    rng: random.Random,
    near: float,
    far: float,
    front: float,
    back: float,
    colours: list[str],
) -> None:
    for crate in range(3):
        colour = rng.choice(colours)
        for _each in range(46):
            depth = near + (far - near) * (crate + rng.random()) / 3
            across = front + (back - front) * rng.random() * 0.8
            x, y = _into(draw, depth, across, 350 + rng.random() * 70)
            size = (20 + rng.random() * 12) * (1 - 0.82 * depth)
            shade = rng.choice([colour, colour, rng.choice(colours)])
            draw.ellipse([x - size, y - size, x + size, y + size], fill=shade, outline="#00000033")


def _crates(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    """占道经营: crates and baskets out in the aisle."""
    for _each in range(9):
        depth, x = 0.05 + rng.random() * 0.5, rng.uniform(-0.42, 0.42)
        for level in range(rng.randint(1, 3)):
            a = _into(draw, depth, x - 0.1, level * 120)
            b = _into(draw, depth, x + 0.1, level * 120 + 110)
            draw.rectangle([a[0], b[1], b[0], a[1]], fill="#c98f4e", outline="#7d5426", width=4)
            for plank in (0.35, 0.7):
                y = b[1] + (a[1] - b[1]) * plank
                draw.line([(a[0], y), (b[0], y)], fill="#7d5426", width=3)
    _leaves(draw, rng, 40)


def _leaves(draw: ImageDraw.ImageDraw, rng: random.Random, count: int) -> None:
    for _each in range(count):
        x, y = _into(draw, rng.random() * 0.6, rng.uniform(-0.5, 0.5), 0)
        w, h = rng.uniform(14, 46), rng.uniform(6, 18)
        colour = rng.choice(["#5d7f35", "#88994a", "#a9a14f", "#6e5a33"])
        draw.ellipse([x - w, y - h, x + w, y + h], fill=colour)


def _rubbish(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    """垃圾堆积: bags and rotten leaves."""
    _leaves(draw, rng, 160)
    for _each in range(7):
        depth, x = 0.08 + rng.random() * 0.35, rng.uniform(-0.45, 0.1)
        cx, cy = _into(draw, depth, x, 70)
        size = 105 * (1 - 0.82 * depth)
        draw.ellipse([cx - size, cy - size * 0.9, cx + size, cy + size], fill="#2c2f33")
        draw.polygon(
            [(cx - 20, cy - size * 0.8), (cx + 20, cy - size * 0.8), (cx, cy - size * 1.25)],
            fill="#3c4046",
        )


def _puddle(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    """污水横流: dirty water over the tiles."""
    for _each in range(14):
        x, y = _into(draw, rng.random() * 0.5, rng.uniform(-0.4, 0.4), 0)
        w = rng.uniform(80, 260)
        draw.ellipse([x - w, y - w * 0.18, x + w, y + w * 0.18], fill="#6d7462")
        draw.ellipse([x - w * 0.5, y - w * 0.1, x + w * 0.2, y], fill="#8f9987")
    _leaves(draw, rng, 30)


def _cart(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    """堵塞消防通道: a loaded cart across the way out."""
    for x in (-0.3, 0.0, 0.28):
        a, b = _into(draw, 0.22, x - 0.15, 60), _into(draw, 0.22, x + 0.15, 420)
        draw.rounded_rectangle(
            [a[0], b[1], b[0], a[1]], 12, fill="#d9d2c3", outline="#8a8272", width=5
        )
        draw.line([(a[0], (a[1] + b[1]) / 2), (b[0], (a[1] + b[1]) / 2)], fill="#b09f7d", width=8)
        for wheel in (a[0] + 30, b[0] - 30):
            draw.ellipse([wheel - 34, a[1] - 20, wheel + 34, a[1] + 48], fill="#2d2d2d")


def _wires(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    """私拉电线: loose wires and a socket hanging over the counters."""
    for _each in range(6):
        x0, x1, top = rng.uniform(150, 600), rng.uniform(900, 1500), rng.uniform(180, 380)
        points = [
            (x0 + (x1 - x0) * step / 20, top + 260 * (1 - (2 * step / 20 - 1) ** 2))
            for step in range(21)
        ]
        draw.line(points, fill=rng.choice(["#1b1b1b", "#8c1f1f", "#23466e"]), width=7)
    x = rng.uniform(700, 900)
    draw.rounded_rectangle([x - 90, 600, x + 90, 660], 10, fill="#f4f4f0", outline="#777", width=4)
    for hole in range(4):
        draw.rectangle([x - 70 + hole * 42, 618, x - 54 + hole * 42, 644], fill="#333333")


def _spoiled(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    """过期食材: dull goods in the tray in front, flies above."""
    a, b = _into(draw, 0.02, -0.4, 120), _into(draw, 0.02, 0.42, 420)
    draw.rounded_rectangle([a[0], b[1], b[0], a[1]], 20, fill="#e7ebec", outline="#90a0a6", width=8)
    for _each in range(70):
        x, y = rng.uniform(a[0] + 60, b[0] - 60), rng.uniform(b[1] + 50, a[1] - 50)
        w = rng.uniform(36, 80)
        draw.ellipse(
            [x - w, y - w * 0.4, x + w, y + w * 0.4],
            fill=rng.choice(["#7b6a4a", "#8d7b5e", "#6d6247", "#9b8a6c"]),
        )
    for _each in range(26):
        x, y = rng.uniform(a[0], b[0]), rng.uniform(b[1] - 160, a[1])
        draw.ellipse([x - 5, y - 4, x + 5, y + 4], fill="#151515")


PROBLEMS: dict[str, Callable[[ImageDraw.ImageDraw, random.Random], None]] = {
    "crates": _crates,
    "rubbish": _rubbish,
    "puddle": _puddle,
    "cart": _cart,
    "wires": _wires,
    "spoiled": _spoiled,
}


def draw_scene(seed: int, *, problem: str | None, produce: str) -> bytes:
    """A JPEG of the scene that belongs to `seed`, with the problem or, for None, without it."""
    rng = random.Random(seed)  # noqa: S311 - the same scene twice, before and after
    image = Image.new("RGB", SIZE, "#d8d3c6")
    draw = ImageDraw.Draw(image)
    _hall(draw, rng)
    _counters(draw, rng, produce)
    if problem is not None:
        PROBLEMS[problem](draw, random.Random(seed + 1))  # noqa: S311 - as above
    image = image.filter(ImageFilter.GaussianBlur(1.6))
    # Pillow's own noise is another each time. The sensor's is: the fix is another photo.
    dice = random.Random(f"{seed} {problem}")  # noqa: S311 - the same city everywhere
    grain = Image.frombytes("L", SIZE, dice.randbytes(SIZE[0] * SIZE[1])).point(GRAIN)
    image = Image.blend(image, grain.convert("RGB"), 0.06)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=86)
    return out.getvalue()
