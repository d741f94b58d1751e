"""The catalogue of each room: what its source says, and what stands in its .po file.

Babel does the work: gettext's own programs are not on a fresh machine. Line numbers are left
out of the files, so that a change of code is not a change of every catalogue.
"""

import io
import re
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = ROOT / "config" / "settings.py"
LOCALE = "zh_Hans"
ROOMS = ("config", "pages", "reports", "rewards", "volunteers", "markets", "points", "accounts")
ROOMS += ("theme",)  # no room of ours: the words of packages that come without Chinese
# Folders of templates/ that belong to a room of another name; what is in none belongs to pages.
FOLDERS = {"account": "accounts", "mfa": "accounts", "allauth": "accounts"}
PACKAGES = ("unfold",)
TRANSLATED = ("django", "import_export", "simple_history")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
Key = tuple[str, str | None]  # the message (its singular) and its context


def po_file(room: str) -> Path:
    """Where the room's catalogue stands."""
    folders = {"config": ROOT / "locale", "theme": ROOT / "locale" / "theme"}
    folder = folders.get(room, ROOT / room / "locale")
    return folder / LOCALE / "LC_MESSAGES" / "django.po"


def said_in_source(room: str) -> Catalog:
    """Every translatable message of the room's Python files and templates."""
    catalog = Catalog(locale=LOCALE)
    if room == "theme":
        for package in PACKAGES:
            _add(catalog, _in_package(package))
        return catalog
    for path in sorted((ROOT / room).rglob("*.py")):
        if "migrations" not in path.parts:
            _add(catalog, _in_python(path.read_text(encoding="utf-8")))
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.suffix in (".html", ".txt", ".svg", ".xml") and _owner(path) == room:
            _add(catalog, in_template(path.read_text(encoding="utf-8"), str(path)))
    return catalog


def _owner(template: Path) -> str:
    first = template.relative_to(ROOT / "templates").parts[0]
    owner = FOLDERS.get(first, first)
    return owner if owner in ROOMS else "pages"


Found = tuple[str | tuple[str, str], str | None]  # singular or (singular, plural), context


def _in_python(text: str) -> Iterator[Found]:
    lines = io.BytesIO(text.encode())
    for _, function, parts, _ in extract_python(lines, list(KEYWORDS), (), {"encoding": "utf-8"}):
        said = list(parts) if isinstance(parts, tuple) else [parts]
        shape = KEYWORDS[function or "_"]
        context = None
        if shape and isinstance(shape[0], tuple):
            context = said[0]
            said = said[1:]
        if not said or not said[0]:
            continue  # a variable, not a text
        if function and function.startswith("n") and len(said) > 1 and said[1]:
            yield (said[0], said[1]), context
        else:
            yield said[0], context


def in_template(text: str, origin: str = "") -> Iterator[Found]:
    """Messages of a Django template: tags, filters and blocks, also with plural and trimmed.

    Django turns a template into something like Python in which only the messages are left.
    """
    if not settings.configured:
        settings.configure()
    skeleton = templatize(text, origin=origin)
    # What is left of the page's own indentation would be a syntax error.
    yield from _in_python("\n".join(line.strip() for line in skeleton.splitlines()) + "\n")


def _in_package(package: str) -> Iterator[Found]:
    """Messages of an installed package that nothing translates into Chinese."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return
    folder = Path(spec.submodule_search_locations[0])
    known = _translated_elsewhere()
    for path in sorted([*folder.rglob("*.py"), *folder.rglob("*.html")]):
        text = path.read_text(encoding="utf-8")
        found = _in_python(text) if path.suffix == ".py" else in_template(text, str(path))
        for message, context in found:
            first = message if isinstance(message, str) else message[0]
            if (first, context) not in known:
                yield message, context


def _translated_elsewhere() -> set[Key]:
    """What the packages beside it translate: Django looks into every installed app's catalogue."""
    known: set[Key] = set()
    installed = set(re.findall(r'"django\.contrib\.(\w+)"', SETTINGS.read_text(encoding="utf-8")))
    for package in TRANSLATED:
        spec = find_spec(package)
        for folder in (spec.submodule_search_locations if spec else None) or ():
            for path in Path(folder).glob(f"**/locale/{LOCALE}/LC_MESSAGES/django.mo"):
                inside = path.relative_to(folder).parts
                if inside[0] == "contrib" and inside[1] not in installed:
                    continue
                with path.open("rb") as file:
                    catalog = read_mo(file)
                known |= {_key(message) for message in catalog if message.id and _done(message)}
    return known


def _add(catalog: Catalog, found: Iterator[Found]) -> None:
    for message, context in found:
        first = message if isinstance(message, str) else message[0]
        old = catalog.get(first, context=context)
        if old is not None and isinstance(old.id, tuple):
            continue  # said with a plural already
        if old is not None and isinstance(message, tuple):
            catalog.delete(first, context=context)
        catalog.add(message, context=context)


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=LOCALE)


def _key(message: Message) -> Key:
    first = message.id if isinstance(message.id, str) else message.id[0]
    return first, message.context


def _done(message: Message) -> bool:
    said = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
    return bool(said) and all(said)


def update(room: str) -> tuple[int, int]:
    """Bring the room's catalogue in step with its source; how many were added and dropped."""
    path, said = po_file(room), said_in_source(room)
    old = {_key(m): m for m in read(path) if m.id} if path.exists() else {}
    new = Catalog(locale=LOCALE, project="suishoupai", version="1", charset="utf-8", fuzzy=False)
    new.header_comment = f"# {room}: English message ids, simplified Chinese."
    wanted = {_key(message): message for message in said if message.id}
    for key in sorted(wanted, key=lambda key: (key[0], key[1] or "")):
        message, before = wanted[key], old.get(key)
        text = _as_shaped(message, before)
        comments = before.user_comments if before else []
        flags = before.flags & {"fuzzy"} if before else set()
        new.add(message.id, text, context=message.context, user_comments=comments, flags=flags)
    path.parent.mkdir(parents=True, exist_ok=True)
    with io.BytesIO() as out:
        write_po(out, new, width=100, no_location=True, ignore_obsolete=True)
        text = out.getvalue().decode()
    # Dates and tool versions would change with every run.
    unwanted = ('"POT-Creation-Date', '"PO-Revision-Date', '"Generated-By', '"Last-Translator')
    unwanted += ('"Language-Team', '"Report-Msgid-Bugs-To')
    lines = [line for line in text.splitlines() if not line.startswith(unwanted)]
    path.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")
    return len(wanted.keys() - old.keys()), len(old.keys() - wanted.keys())


def _as_shaped(message: Message, before: Message | None) -> str | tuple[str, ...]:
    """The old translation in the new message's shape (Chinese has one plural form)."""
    old = before.string if before else ""
    first = old if isinstance(old, str) else (old[0] if old else "")
    return (first,) if isinstance(message.id, (tuple, list)) else first


def compile_room(room: str) -> int:
    """Write the .mo beside the .po where it is older; 1 when written."""
    path = po_file(room)
    target = path.with_suffix(".mo")
    if not path.exists():
        return 0
    if target.exists() and target.stat().st_mtime >= path.stat().st_mtime:
        return 0
    fresh = target.with_suffix(".mo.new")
    with fresh.open("wb") as file:
        write_mo(file, read(path))
    fresh.replace(target)
    return 1


def problems(rooms: list[str]) -> list[str]:
    """What keeps these catalogues from being complete, one line each."""
    found: list[str] = []
    texts: dict[Key, tuple[str, str]] = {}
    for room in rooms:
        path, said = po_file(room), said_in_source(room)
        catalog = read(path) if path.exists() else Catalog(locale=LOCALE)
        wanted = {_key(message): message for message in said if message.id}
        there = {_key(message): message for message in catalog if message.id}
        name = path.relative_to(ROOT)
        for key in sorted(wanted.keys() - there.keys(), key=str):
            found.append(f"{name}: missing: {key[0]!r}")
        for key in sorted(there.keys() - wanted.keys(), key=str):
            found.append(f"{name}: stale: {key[0]!r}")
        for key in sorted(there.keys() & wanted.keys(), key=str):
            message = there[key]
            if message.fuzzy:
                found.append(f"{name}: fuzzy: {key[0]!r}")
            elif not _done(message):
                found.append(f"{name}: not translated: {key[0]!r}")
            else:
                found.extend(f"{name}: {key[0]!r}: {error}" for error in message.check(catalog))
                if isinstance(wanted[key].id, tuple) != isinstance(message.id, (tuple, list)):
                    found.append(f"{name}: plural in one of source and catalogue: {key[0]!r}")
                text = str(message.string)
                where, other = texts.setdefault(key, (room, text))
                if other != text:
                    found.append(f"{name}: {key[0]!r} is {text} here and {other} in {where}")
    return found


if __name__ == "__main__":
    sys.exit("use bin/messages")
