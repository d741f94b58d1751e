"""The demo's photos: each scene drawn, and processed as any photo is; many reports share one."""

import hashlib
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from pages.demo.data import CATEGORIES, PRODUCE_OF_ZONE
from pages.demo.drawings import draw_scene
from reports.files import store_picture, token
from reports.imaging.process import Processed, process


@dataclass(frozen=True)
class Picture:
    """Names in the photo store, and what a Photo row says of them."""

    original: str
    large: str
    small: str
    digest: str
    width: int
    height: int
    fingerprint: int


SceneKey = tuple[str, str, bool]  # problem, produce, after the fix


Drawing = tuple[str | None, str, int]  # problem or none, produce, which aisle
AISLES = 2


def _draw(key: Drawing) -> tuple[Drawing, bytes, Processed]:
    problem, produce, aisle = key
    raw = draw_scene(aisle, problem=problem, produce=produce)
    return key, raw, process(raw)


def draw_pictures() -> dict[SceneKey, Picture]:
    """Draw every scene before and after, on all cores, and store the results."""
    problems = sorted({each.scene for children in CATEGORIES.values() for each in children})
    scenes = [
        (problem, produce, sum(produce.encode()) + number % AISLES)
        for number, problem in enumerate(problems)
        for produce in sorted(set(PRODUCE_OF_ZONE.values()))
    ]
    # Several problems were in one aisle: fixed, they look the same and are drawn once.
    wanted = {(problem, produce, aisle) for problem, produce, aisle in scenes}
    fixed = {(None, produce, aisle) for _problem, produce, aisle in scenes}
    with ProcessPoolExecutor() as pool:
        drawn = pool.map(_draw, sorted(wanted | fixed, key=str), chunksize=2)
        made = {key: _store(raw, processed) for key, raw, processed in drawn}
    pictures = {}
    for problem, produce, aisle in scenes:
        pictures[problem, produce, False] = made[problem, produce, aisle]
        pictures[problem, produce, True] = made[None, produce, aisle]
    return pictures


def _store(drawn: bytes, processed: Processed) -> Picture:
    return Picture(
        original=default_storage.save(f"originals/demo/{token()}", ContentFile(drawn)),
        large=store_picture(processed.large),
        small=store_picture(processed.small),
        digest=hashlib.sha256(drawn).hexdigest(),
        width=processed.width,
        height=processed.height,
        fingerprint=processed.fingerprint,
    )
