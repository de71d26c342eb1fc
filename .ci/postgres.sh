#!/usr/bin/env bash
# A throw-away Postgres 15 with pgvector on a Debian machine.
#
#   .ci/postgres.sh start   installs what is missing, starts the server, prints its URL
#   .ci/postgres.sh url     prints the URL of the running server
#   .ci/postgres.sh stop    stops it and removes its directory
#   .ci/postgres.sh bin     prints where its programs are
#
# CI_POSTGRES_DIR names its directory, CI_POSTGRES_PORT its port; without them a fixed directory among the temporary
# files, and a free port. It answers on the loopback only, trusts everybody there and does not survive a power cut.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/apt.sh"

version=15
bin=/usr/lib/postgresql/$version/bin
directory=${CI_POSTGRES_DIR:-$(dirname "$(mktemp --dry-run)")/callboard-postgres-$(id -u)}
data=$directory/data

# Postgres refuses to run as root.
unprivileged() {
  if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi
}

install_postgres() {
  # Debian would create a cluster of its own and start it.
  install_missing postgresql-common
  local conf=/etc/postgresql-common/createcluster.conf
  [ -x "$bin/postgres" ] || grep -qs '^create_main_cluster *= *false' "$conf" ||
    echo 'create_main_cluster = false' >>"$conf"
  install_missing "postgresql-$version" "postgresql-$version-plpgsql-check"
}

# Debian packages pgvector for newer releases of Postgres only. The source package of its next release builds against
# this one. apt fetches it from the mirror the machine already uses and checks its signature.
install_pgvector() (
  [ ! -f "$("$bin/pg_config" --sharedir)/extension/vector.control" ] || exit 0
  install_missing "postgresql-server-dev-$version" build-essential ca-certificates
  mirror=$(apt-get indextargets --format '$(REPO_URI)' \
    'Created-By: Packages' 'Origin: Debian' 'Component: main' | head -n 1)
  if [ -z "$mirror" ]; then
    echo "No Debian mirror among the apt sources of this machine." >&2
    exit 1
  fi
  echo "Building pgvector" >&2
  build=$(mktemp -d)
  trap 'rm -rf "$build"' EXIT
  cd "$build"
  mkdir -p lists/partial cache/archives/partial
  chmod -R a+rwX .
  echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >sources.list
  from_next_release() {
    apt-get --quiet --quiet -o Dir::Etc::SourceList="$build/sources.list" -o Dir::Etc::SourceParts=- \
      -o Dir::State::Lists="$build/lists" -o Dir::Cache="$build/cache" "$@" </dev/null
  }
  from_next_release update >build.log 2>&1 &&
    from_next_release source --download-only pgvector >>build.log 2>&1 &&
    mkdir source && tar -xf pgvector_*.orig.tar.* -C source --strip-components=1 &&
    make -C source -j2 OPTFLAGS= with_llvm=no PG_CONFIG="$bin/pg_config" >>build.log 2>&1 &&
    make -C source install with_llvm=no PG_CONFIG="$bin/pg_config" >>build.log 2>&1 || {
    tail -n 40 build.log >&2
    exit 1
  }
)

running() { [ -f "$directory/url" ] && unprivileged "$bin/pg_ctl" --pgdata "$data" status >/dev/null 2>&1; }

free_port() {
  local port
  while port=$((20000 + RANDOM % 10000)); (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
  echo "$port"
}

start() {
  if running; then
    cat "$directory/url"
    return
  fi
  install_postgres
  install_pgvector
  if [ -e "$directory" ] && [ ! -e "$data/PG_VERSION" ] && [ -n "$(ls -A "$directory")" ]; then
    echo "$directory is there and holds something else." >&2
    return 1
  fi
  rm -rf "$directory"
  mkdir -p "$directory"
  [ "$(id -u)" != 0 ] || chown postgres "$directory"
  unprivileged "$bin/initdb" --pgdata "$data" --username postgres --auth trust --encoding UTF8 --locale C.UTF-8 \
    --no-sync >"$directory/initdb.log" 2>&1 || {
    cat "$directory/initdb.log" >&2
    return 1
  }
  local port=${CI_POSTGRES_PORT:-$(free_port)}
  unprivileged tee -a "$data/postgresql.conf" >/dev/null <<CONF
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = '$directory'
max_connections = 100
fsync = off
synchronous_commit = off
full_page_writes = off
timezone = 'UTC'
CONF
  unprivileged "$bin/pg_ctl" --pgdata "$data" --log "$directory/server.log" --wait --silent start >/dev/null || {
    tail -n 20 "$directory/server.log" >&2
    return 1
  }
  echo "postgres://postgres@127.0.0.1:$port/postgres" | tee "$directory/url"
}

stop() {
  if running; then unprivileged "$bin/pg_ctl" --pgdata "$data" --mode immediate --wait --silent stop; fi
  if [ -e "$data/PG_VERSION" ]; then rm -rf "$directory"; fi
}

case "${1-}" in
  start) start ;;
  stop) stop ;;
  bin) echo "$bin" ;;
  url)
    if ! running; then
      echo "It is not running: .ci/postgres.sh start" >&2
      exit 1
    fi
    cat "$directory/url"
    ;;
  *)
    sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0" >&2
    exit 2
    ;;
esac
