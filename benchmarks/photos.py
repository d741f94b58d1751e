"""What a phone's photo costs us, beside the usual Pillow recipe and libvips, in one run.

    python benchmarks/photos.py [--rounds 7] [--heic] [FILE ...]

Rounds are interleaved, every picture of every round in a process of its own; medians of processor
time, of wall time and the largest memory. `ours+fence` is limited.process_limited, fork and limits
included. libvips takes part where pyvips can be imported; it is no dependency of the project.
"""

import argparse
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def usual(path: str) -> None:
    """As the tutorials have it: open, transpose by EXIF, thumbnail twice, save, hash."""
    from io import BytesIO

    from PIL import Image, ImageOps

    picture = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    for side in (1600, 480):
        copy = picture.copy()
        copy.thumbnail((side, side), Image.Resampling.LANCZOS)
        copy.save(BytesIO(), "JPEG", quality=82)
    picture.convert("L").resize((9, 8), Image.Resampling.LANCZOS).tobytes()


def usual_heic(path: str) -> None:
    import pi_heif

    pi_heif.register_heif_opener()
    usual(path)


def vips(path: str) -> None:
    """Its own best way: shrink while loading, turn, then the small one from the large one."""
    import pyvips

    large = pyvips.Image.thumbnail(path, 1600, height=1600, size="down").copy_memory()
    large.write_to_buffer(".jpg", Q=82, keep="none")
    small = large.thumbnail_image(480, height=480).copy_memory()
    small.write_to_buffer(".jpg", Q=78, keep="none")
    small.colourspace("b-w").thumbnail_image(9, height=8, size="force").write_to_memory()


def ours(path: str) -> None:
    from reports.imaging.process import process

    process(path)


def ours_fenced(path: str) -> None:
    from reports.imaging.limited import process_limited

    process_limited(path)


RECIPES = {
    "ours": ours,
    "ours+fence": ours_fenced,
    "usual": usual,
    "usual-heic": usual_heic,
    "vips": vips,
}


def measure(recipe: str, path: str, repeats: int) -> None:
    """In a fresh process: one picture to warm up, then the mean of some; prints cpu, wall, MB."""
    work = RECIPES[recipe]
    work(path)
    peak = _peak()  # of a worker's first picture: repeats may only make it larger
    start, wall = _cpu(), time.perf_counter()
    for _ in range(repeats):
        work(path)
    spent, waited = (_cpu() - start) / repeats, (time.perf_counter() - wall) / repeats
    print(spent * 1000, waited * 1000, max(peak, _peak()))


def _cpu() -> float:
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _peak() -> float:
    """Of this process and of the fence's children, in MB.

    Not RUSAGE_SELF: that starts from what the process that started this one had.
    """
    status = Path("/proc/self/status").read_text()
    own = int(status.split("VmHWM:")[1].split()[0])
    return max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024


def in_process(recipe: str, path: str, repeats: int) -> list[float]:
    done = subprocess.run(
        [sys.executable, __file__, "--one", recipe, str(repeats), path],
        capture_output=True,
        text=True,
        check=True,
    )
    return [float(word) for word in done.stdout.split()]


def compare(path: str, recipes: list[str], rounds: int) -> None:
    print(f"\n{Path(path).name}, {os.path.getsize(path) / 1e6:.1f} MB, {rounds} rounds")
    print(f"{'recipe':<12}{'cpu ms':>8}{'wall ms':>9}{'MB':>6}{'cpu, ours = 1':>16}{'range':>14}")
    seen: dict[str, list[list[float]]] = {recipe: [] for recipe in recipes}
    for number in range(rounds):
        # Another order each round, so that nobody always follows the same neighbour.
        for recipe in recipes[number % len(recipes) :] + recipes[: number % len(recipes)]:
            seen[recipe].append(in_process(recipe, path, 3))
    for recipe in recipes:
        cpu, wall = (statistics.median(row[i] for row in seen[recipe]) for i in (0, 1))
        peak = max(row[2] for row in seen[recipe])
        # Paired: each round's own ratio, then the middle one.
        pairs = zip(seen[recipe], seen["ours"], strict=True)
        ratios = sorted(theirs[0] / mine[0] for theirs, mine in pairs)
        print(
            f"{recipe:<12}{cpu:>8.0f}{wall:>9.0f}{peak:>6.0f}{statistics.median(ratios):>16.2f}"
            f"{f'{ratios[0]:.2f}-{ratios[-1]:.2f}':>14}"
        )


def machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--heic", action="store_true", help="the HEIC as well")
    parser.add_argument("--one", nargs=2, metavar=("RECIPE", "REPEATS"), help=argparse.SUPPRESS)
    parser.add_argument("files", nargs="*")
    asked = parser.parse_args()
    if asked.one:
        measure(asked.one[0], asked.files[0], int(asked.one[1]))
        return

    from PIL import __version__ as pillow

    from tests import camera

    recipes = ["ours", "ours+fence", "usual"]
    try:
        import pyvips

        recipes.append("vips")
        versions = f"Pillow {pillow}, libvips {'.'.join(str(pyvips.version(i)) for i in range(3))}"
    except ImportError:
        versions = f"Pillow {pillow}, no pyvips here"
    print(f"{machine()}, {versions}, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        files = list(asked.files)
        if not files:
            for orientation in (1, 6):
                made = Path(folder) / f"12MP-orientation-{orientation}.jpg"
                made.write_bytes(camera.photo(1, orientation=orientation))
                files.append(str(made))
        for path in files:
            compare(path, recipes, asked.rounds)
        if asked.heic:
            heic = ["ours", "ours+fence", "usual-heic"]
            compare(str(camera.HEIC), heic, asked.rounds)


if __name__ == "__main__":
    main()
