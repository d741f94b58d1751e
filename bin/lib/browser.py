"""Chromium and a Chinese font for the browser tests, installed where they are missing."""

import os
import shutil
import subprocess
from pathlib import Path

from children import Child, Children
from environment import ROOT, Environment, clean_environment
from say import Stop, say

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLACES = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",)


def find() -> str | None:
    """The Chromium of this machine, if it has one; CHROMIUM names another."""
    if chosen := os.environ.get("CHROMIUM"):
        return chosen
    for name in NAMES:
        if path := shutil.which(name):
            return path
    return next((place for place in PLACES if Path(place).exists()), None)


def has_chinese_font() -> bool:
    if os.uname().sysname == "Darwin":
        return True
    if not shutil.which("fc-list"):
        return False
    said = subprocess.run(["fc-list", ":lang=zh-cn"], capture_output=True, text=True, check=False)
    return bool(said.stdout.strip())


def prepare(children: Children, environment: Environment) -> None:
    """Install what is missing with apt, else with Playwright's own download, else say so."""
    missing = [] if find() or _playwrights_own(environment) else ["chromium"]
    missing += [] if has_chinese_font() else ["fonts-noto-cjk", "fontconfig"]
    if not missing:
        return
    say(f"安装 {' '.join(missing)}", "for the browser tests")
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if shutil.which("apt-get") and (not sudo or shutil.which("sudo")):
        install = [*sudo, "apt-get", "install", "-y", "-q", "--no-install-recommends", *missing]
        if _run(children, "apt", [*sudo, "apt-get", "update", "-q"]) == 0:
            _run(children, "apt", install)
    if not find():
        _run(
            children, "playwright", [environment.python, "-m", "playwright", "install", "chromium"]
        )
    if not find() and not _playwrights_own(environment):
        raise Stop(
            "浏览器测试需要 Chromium,但没能装上。请安装 chromium 与 fonts-noto-cjk,"
            '或只跑其余测试:bin/test -m "not browser"。',
            "The browser tests need Chromium, which could not be installed. Install chromium and"
            ' fonts-noto-cjk, or run the other tests: bin/test -m "not browser".',
        )
    if not has_chinese_font():
        say("没有中文字体,截图中的汉字会显示为方框", "no Chinese font: screenshots will show boxes")


def _playwrights_own(environment: Environment) -> bool:
    probe = (
        "import os; from playwright.sync_api import sync_playwright as s; p = s().start();"
        " e = os.path.exists(p.chromium.executable_path); p.stop(); raise SystemExit(not e)"
    )
    return subprocess.run([environment.python, "-c", probe], check=False).returncode == 0


def _run(children: Children, name: str, argv: list[str]) -> int:
    env = clean_environment() | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        return children.run(Child(name, argv, env, ROOT, on_line=lambda line: None))
    except OSError:
        return 127
