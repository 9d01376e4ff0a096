#!/usr/bin/env bash
# Our targets beside what is measured on this machine. Arguments go to the program: --quick, --only NAME, --dir DIR.
# With --aws first: the roles on an emulated AWS, and nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "${1:-}" = --aws ]; then
    shift
    exec scripts/with-emulators.py cargo bench --locked --profile dist -p tenantry --features aws --bench targets -- --only aws "$@"
fi
# Debian keeps nginx where only root looks.
export PATH="$PATH:/usr/sbin"
if ! command -v nginx >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        apt-get install -y --no-install-recommends nginx-light >/dev/null
    else
        echo "nginx is missing (apt-get install nginx-light): the gateway's rows will not be measured" >&2
    fi
fi
cargo bench --locked -p tenantry --bench targets -- "$@"
