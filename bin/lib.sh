# What the commands in this folder share. Sourced, never run.
# shellcheck shell=bash
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/mainstay
tools=$cache/tools
target=${CARGO_TARGET_DIR:-$root/target}

toolchain=1.95.0
cargo_leptos=0.3.10
binaryen=132.0.0
# The command line tool must be of the same version as the library.
wasm_bindgen=$(sed -n '/^name = "wasm-bindgen"$/{n;s/^version = "\(.*\)"$/\1/p;}' "$root/Cargo.lock")

export CARGO_TARGET_DIR=$target
export PATH="$tools/bin:$tools/binaryen/node_modules/.bin:$HOME/.cargo/bin:$PATH"
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1

cd "$root"

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
have() { command -v "$1" > /dev/null 2>&1; }

# Prints the path of the first of these commands that exists.
first_of() {
  local name
  for name in "$@"; do
    if have "$name"; then command -v "$name"; return; fi
  done
  return 1
}

find_chromium() {
  if [ -n "${PLAYWRIGHT_CHROMIUM:-}" ]; then printf '%s\n' "$PLAYWRIGHT_CHROMIUM"; return; fi
  first_of chromium chromium-browser google-chrome-stable google-chrome
}

# Prints the folder with initdb and pg_ctl, the newest version first.
find_postgres() {
  local folder
  for folder in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -Vr); do
    if [ -x "$folder/initdb" ]; then printf '%s\n' "$folder"; return; fi
  done
  if have initdb; then dirname "$(command -v initdb)"; return; fi
  return 1
}

free_port() {
  node -e 'const s = require("net").createServer(); s.listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'
}

# cargo-leptos would follow each error of a build with its own stack.
leptos_build() { RUST_BACKTRACE=0 cargo leptos build "$@" < /dev/null; }

postgres=
as_owner=()

# start_postgres <settings…>: a PostgreSQL of our own in $scratch/postgres, owned by an unprivileged user; its address
# is $postgres_url. Its order of text is a language's, as on most servers, so that a forgotten `collate "C"` shows.
start_postgres() {
  local folder port setting settings= locale=(--locale=C.UTF-8)
  for setting in "$@"; do settings+=" -c $setting"; done
  folder=$(find_postgres) || die "PostgreSQL is missing: run bin/setup test"
  mkdir "$scratch/postgres"
  if [ "$(id -u)" -eq 0 ]; then
    local owner=nobody
    if id postgres > /dev/null 2>&1; then owner=postgres; fi
    chown "$owner" "$scratch/postgres"
    as_owner=(runuser -u "$owner" --)
  fi
  if "$folder/initdb" --help | grep -q -- --icu-locale; then locale+=(--locale-provider=icu --icu-locale=en-US); fi
  port=$(free_port)
  (
    cd "$scratch/postgres"
    "${as_owner[@]}" "$folder/initdb" -D "$scratch/postgres/data" -U mainstay -A trust -E UTF8 --no-sync "${locale[@]}" \
      > "$scratch/initdb.log" 2>&1 || { cat "$scratch/initdb.log" >&2; exit 1; }
    "${as_owner[@]}" "$folder/pg_ctl" -D "$scratch/postgres/data" -l "$scratch/postgres/log" -w -t 60 start -o "-p $port \
      -c listen_addresses=127.0.0.1 -c unix_socket_directories=$scratch/postgres$settings" \
      > "$scratch/start.log" 2>&1 < /dev/null || { cat "$scratch/start.log" "$scratch/postgres/log" >&2; exit 1; }
  )
  postgres=$folder
  postgres_url=postgres://mainstay@127.0.0.1:$port/postgres
}

stop_postgres() {
  if [ -n "$postgres" ]; then
    "${as_owner[@]}" "$postgres/pg_ctl" -D "$scratch/postgres/data" -m immediate -w stop > /dev/null 2>&1 || true
    postgres=
  fi
}
