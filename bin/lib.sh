# What the commands in this folder share. Sourced, never run.
# Callers set $scratch and use what looks unused here.
# shellcheck shell=bash disable=SC2034,SC2154
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/mainstay
tools=$cache/tools
target=$(realpath -m -- "${CARGO_TARGET_DIR:-$root/target}")

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

# Prints the path of the server for IMAP, which lies where only root looks.
find_dovecot() { PATH="$PATH:/usr/sbin:/usr/local/sbin" first_of dovecot; }

# Prints the path of a Redis server, of which tests start their own.
find_redis() { first_of redis-server valkey-server; }

free_port() {
  node -e 'const s = require("net").createServer(); s.listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'
}

# leptos_build <name> <options…>: Mainstay in $target/built/<name>, as it lies where it is deployed: the program, `site`, and
# `hash.txt` with the names of what is in there. A server reads all three while it runs, so each command has a folder of
# its own, and none changes what another serves.
leptos_build() {
  local folder=$target/built/$1 profile=debug
  shift
  if [[ " $* " == *" --release "* ]]; then profile=release; fi
  [ -d "$folder" ] || say "Building Mainstay: minutes the first time, seconds from then on"
  mkdir -p "$folder"
  # Otherwise cargo-leptos follows each error of a build with its own stack.
  RUST_BACKTRACE=0 LEPTOS_SITE_ROOT=$folder/site LEPTOS_HASH_FILE_NAME=$folder/hash.txt \
    cargo leptos build "$@" < /dev/null || return
  ln -f "$target/$profile/mainstay" "$folder/mainstay" 2> /dev/null || cp -f "$target/$profile/mainstay" "$folder/mainstay"
}

# begin <part>: from here on it is this part that takes the time, until the next. A command that another has called adds to
# what that has noted.
begin() {
  if [ -n "${MAINSTAY_MINUTES:-}" ]; then printf '%s %s\n' "$EPOCHSECONDS" "$1" >> "$MAINSTAY_MINUTES"; fi
}

# Prints how many minutes each part took.
print_minutes() {
  say "── minutes"
  awk -v now="$EPOCHSECONDS" '
    { began[NR] = $1; sub(/^[0-9]+ /, ""); part[NR] = $0 }
    END {
      began[NR + 1] = now
      for (i = 1; i <= NR; i++) {
        if (!(part[i] in took)) order[++parts] = part[i]
        took[part[i]] += (began[i + 1] - began[i]) / 60
      }
      for (i = 1; i <= parts; i++) printf "%6.1f  %s\n", took[order[i]], order[i]
      printf "%6.1f  in all\n", (now - began[1]) / 60
    }' "$MAINSTAY_MINUTES" >&2
}

postgres=
as_owner=()

# start_postgres <settings…>: a PostgreSQL of our own in $scratch/postgres, owned by an unprivileged user; its address
# is $postgres_url. Its order of text is a language's, as on most servers, so that a forgotten `collate "C"` shows.
start_postgres() {
  local folder port setting settings='' locale=(--locale=C.UTF-8)
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

peers=()

# start_peers: the servers of bin/peers.py, and one that shows their mail over IMAP to whoever signs in by its address
# with the password `secret`. Their addresses are exported, and where the Redis lies that tests start themselves.
start_peers() {
  [ ${#peers[@]} -eq 0 ] || return 0
  local folder=$scratch/peers waited
  mkdir "$folder"
  "$tools/peers/bin/python" bin/peers.py "$folder" > "$folder/log" 2>&1 < /dev/null &
  peers=($!)
  for ((waited = 0; waited < 600; waited++)); do
    if [ -f "$folder/peers" ]; then break; fi
    kill -0 "${peers[0]}" 2> /dev/null || break
    sleep 0.1
  done
  if [ ! -f "$folder/peers" ]; then cat "$folder/log" >&2; die "The servers that tests speak to did not start"; fi
  set -a
  # shellcheck disable=SC1091
  source "$folder/peers"
  set +a
  start_dovecot "$folder"
  MAINSTAY_TEST_REDIS=$(find_redis) || die "Redis is missing: run bin/setup test"
  export MAINSTAY_TEST_REDIS
}

# start_dovecot <folder>: all of it runs as one user who is not root.
start_dovecot() {
  local folder=$1 user group port waited as_user=()
  user=$(id -un) group=$(id -gn)
  if [ "$(id -u)" -eq 0 ]; then
    user=nobody group=$(id -gn nobody)
    as_user=(setpriv --reuid "$user" --regid "$group" --clear-groups --)
  fi
  port=$(free_port)
  mkdir "$folder/dovecot"
  cat > "$folder/dovecot/conf" << END
base_dir = $folder/dovecot/run
state_dir = $folder/dovecot/run
log_path = $folder/dovecot/log
default_internal_user = $user
default_internal_group = $group
default_login_user = $user
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:$folder/mail/%u
first_valid_uid = 1
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid=$user gid=$group home=$folder/dovecot/home/%u
}
service imap-login {
  chroot =
  inet_listener imap {
    port = $port
  }
  inet_listener imaps {
    port = 0
  }
}
service anvil {
  chroot =
}
END
  if [ ${#as_user[@]} -gt 0 ]; then chown -R "$user" "$folder/dovecot"; fi
  "${as_user[@]}" "$(find_dovecot)" -F -c "$folder/dovecot/conf" > "$folder/dovecot.log" 2>&1 < /dev/null &
  peers+=($!)
  for ((waited = 0; waited < 200; waited++)); do
    if (: < "/dev/tcp/127.0.0.1/$port") 2> /dev/null; then break; fi
    kill -0 "${peers[1]}" 2> /dev/null || break
    sleep 0.1
  done
  if ! (: < "/dev/tcp/127.0.0.1/$port") 2> /dev/null; then
    cat "$folder/dovecot.log" "$folder/dovecot/log" >&2 2> /dev/null || true
    die "The server for IMAP did not start"
  fi
  export MAINSTAY_TEST_IMAP=localhost:$port
}

stop_peers() {
  if [ ${#peers[@]} -eq 0 ]; then return; fi
  kill "${peers[@]}" 2> /dev/null || true
  wait "${peers[@]}" 2> /dev/null || true
  peers=()
}
