"""bin/messages [--update|--check|--compile] [room ...]: the translations of each room.

--update   add what the source says and the catalogue lacks, drop what nothing says any more
--check    fail on what is missing, fuzzy, stale, wrongly formatted, or translated in two ways
--compile  write the .mo files that Django reads (the default)
"""

import sys
from pathlib import Path

import inside

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str]) -> int:
    inside.needs("babel", "django", locks=["base"])
    import catalogues

    modes = [word for word in arguments if word.startswith("--")] or ["--compile"]
    rooms = [word for word in arguments if not word.startswith("--")] or list(catalogues.ROOMS)
    if set(modes) - {"--update", "--check", "--compile"} or set(rooms) - set(catalogues.ROOMS):
        print(__doc__, "\nrooms:", " ".join(catalogues.ROOMS))
        return 2
    problems: list[str] = []
    if "--update" in modes:
        for room in rooms:
            added, dropped = catalogues.update(room)
            print(f"{room}: {added} added, {dropped} dropped")
    if "--compile" in modes:
        print(f"compiled: {sum(catalogues.compile_room(room) for room in rooms)}")
    if "--check" in modes:
        problems = catalogues.problems(rooms)
        for problem in problems:
            print(problem)
        print(f"translations: {len(problems)} problem(s) in {len(rooms)} catalogue(s)")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
