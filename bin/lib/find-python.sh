# Sourced by the commands in bin/: sets ROOT and PYTHON, or says in a sentence why it cannot.
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)" || exit 1

python_is() { # $1: a command, $2: an expression that must hold in it
    command -v "$1" >/dev/null 2>&1 && "$1" -c "import sys; sys.exit(not ($2))" >/dev/null 2>&1
}

PYTHON=""
seen=""
for candidate in python3 python3.13 python3.12 python3.11 python3.14 python; do
    command -v "$candidate" >/dev/null 2>&1 || continue
    if python_is "$candidate" "sys.version_info >= (3, 11)"; then
        # One that can make an environment wins over one that cannot (Debian splits that off).
        if python_is "$candidate" "__import__('ensurepip') and __import__('venv')"; then
            PYTHON="$candidate"
            break
        fi
        [ -n "$PYTHON" ] || PYTHON="$candidate"
    else
        version="$("$candidate" -c 'import platform; print(platform.python_version())' 2>/dev/null)"
        [ -z "$version" ] || seen="$seen $candidate=$version"
    fi
done

if [ -z "$PYTHON" ]; then
    found_zh="没有找到 Python"; found_en="no Python was found"
    [ -z "$seen" ] || { found_zh="只找到$seen"; found_en="only found$seen"; }
    {
        echo "✗ 需要 Python 3.11 或更新的版本,这台机器上$found_zh。请安装后再试(Debian/Ubuntu: apt install python3 python3-venv;macOS: brew install python)。"
        echo "✗ Python 3.11 or newer is needed, but $found_en. Install it and try again (Debian/Ubuntu: apt install python3 python3-venv; macOS: brew install python)."
    } >&2
    exit 1
fi
export PYTHONUTF8=1 PYTHONUNBUFFERED=1
