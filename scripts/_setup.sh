# shellcheck shell=bash
# What scripts/run and scripts/test share: system packages, a Python, an environment that is ready to use.
# Sourced at the root of the repository; keeps to the bash 3.2 of macOS.

export PIP_DISABLE_PIP_VERSION_CHECK=1
# uv reads none of pip's settings, and unlike pip trusts only the certificates it carries.
export UV_FIND_LINKS="${UV_FIND_LINKS:-${PIP_FIND_LINKS:-}}"
[ ! -s /etc/ssl/certs/ca-certificates.crt ] || export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-1}"

say() { printf '==> %s\n' "$*" >&2; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else return 1; fi
}

# What Qt takes from the system, and then whatever is named; systems without apt bring it along.
install_qt_libraries() {
  install_packages libegl1 libgl1 libglib2.0-0 libfontconfig1 libdbus-1-3 libxkbcommon0 libxkbcommon-x11-0 \
    libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 "$@"
}

install_packages() {
  command -v apt-get >/dev/null || return 0
  local have package missing=""
  have=" $(dpkg-query -W -f='${Package}=${db:Status-Status} ')"
  for package in "$@"; do
    case "$have" in
      *" $package=installed "* | *" ${package}t64=installed "*) ;; # t64: its name since Ubuntu 24.04 and Debian 13
      *) missing="$missing $package" ;;
    esac
  done
  [ -n "$missing" ] || return 0
  say "Installing system packages:$missing"
  as_root apt-get update -qq >/dev/null || true # an old list is often good enough
  # shellcheck disable=SC2086 # a list of names
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null ||
    say "That failed. Going on without; if something breaks, ask an administrator for:$missing"
}

# Print the version of a Python; fails unless that Python runs and is new enough.
version_of() {
  "$1" -c 'import sys; v = sys.version_info; print("%d.%d" % v[:2]); sys.exit(v < (3, 11))' 2>/dev/null
}

find_python() {
  local name names="python3.13 python3.12 python3.11 python3 python"
  [ -z "${PIP_FIND_LINKS:-}" ] || names="python3.11 $names" # a folder of wheels is built for the oldest
  for name in $names; do
    if version_of "$name" >/dev/null; then # a name on the path proves little: version managers leave stubs
      command -v "$name"
      return
    fi
  done
  return 1
}

make_venv() {
  local python version
  python=$(find_python) || { install_packages python3 python3-venv && python=$(find_python); } || {
    say "Python 3.11 or newer is needed and none was found. Get one, then run this again:"
    say "  macOS: brew install python@3.13, or the installer from python.org"
    say "  Linux: python3.13 from your distribution, or: uv python install 3.13"
    exit 1
  }
  version=$(version_of "$python")
  "$python" -c 'import ensurepip' 2>/dev/null || install_packages "python$version-venv" # Debian keeps it apart
  say "Making $1 with Python $version ($python)"
  rm -rf "$1"
  mkdir "$1"
  : >"$1/unfinished"
  "$python" -m venv "$1"
}

# ready_venv FOLDER ARGUMENT ...: an environment in which `pip install ARGUMENT ...` was done. It is done again only
# when something that decides the outcome has changed; an environment whose installation broke off is made anew.
ready_venv() {
  local venv=$1 python=$1/bin/python quiet="" stamp
  shift
  if [ -e "$venv/unfinished" ] || ! version_of "$python" >/dev/null; then make_venv "$venv"; fi
  stamp="$PWD $* $(version_of "$python") $(cat pyproject.toml constraints.txt | cksum)"
  [ "$(cat "$venv/stamp" 2>/dev/null)" != "$stamp" ] || return 0
  say "Installing into $venv; the first time takes some minutes"
  : >"$venv/unfinished"
  [ -t 2 ] || quiet="--quiet" # progress bars are for people
  if "$python" -m pip install --quiet uv; then
    "$python" -m uv pip install $quiet --python "$python" "$@" || pip_install "$python" $quiet "$@"
  else
    pip_install "$python" $quiet "$@"
  fi
  echo "$stamp" >"$venv/stamp"
  rm "$venv/unfinished"
}

pip_install() {
  local python=$1
  shift
  say "uv did not manage; trying pip, which takes longer"
  "$python" -m pip install "$@"
}
