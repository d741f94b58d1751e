"""Static files as visitors get them: one sheet instead of twenty, hashed and compressed."""

import re
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from whitenoise.storage import CompressedManifestStaticFilesStorage

IMPORT = re.compile(r'@import url\("(?P<path>[^"]+)"\) layer\((?P<layer>\w+)\);')


def bundled(entry: str) -> str:
    """The text of a sheet whose layered imports are replaced by what they name."""

    def read(path: str) -> str:
        found = finders.find(path)
        if not found:
            raise FileNotFoundError(f"{entry} imports {path}, which no app has")
        return Path(found).read_text(encoding="utf-8")

    folder = entry.rpartition("/")[0]

    def in_place(match: re.Match[str]) -> str:
        path, layer = match["path"], match["layer"]
        return f"@layer {layer} {{\n{read(f'{folder}/{path}')}}}\n"

    return IMPORT.sub(in_place, read(entry))


class OneSheetStorage(CompressedManifestStaticFilesStorage):
    """Hashed and compressed names, with `css/site.css` in one piece.

    Read from the sources each time, so a changed component is seen even when the entry is not.
    """

    entry = "css/site.css"

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Any:
        if not dry_run and self.entry in paths:
            Path(self.path(self.entry)).write_text(bundled(self.entry), encoding="utf-8")
            paths = {**paths, self.entry: (self, self.entry)}
        yield from super().post_process(paths, dry_run, **options)
