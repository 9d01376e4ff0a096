#!/usr/bin/env bash
# Installs the pinned tools that a fresh machine lacks, outside the clone, and puts them on PATH. To be sourced.
TENANTRY_TOOLS="${TENANTRY_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/tenantry/tools}"
export PATH="$TENANTRY_TOOLS/bin:$PATH"

# tool NAME VERSION: built without optimisation, which is quicker than what it saves.
tool() {
    local name="$1" version="$2"
    if command -v "$name" >/dev/null 2>&1; then return 0; fi
    echo "installing $name $version into $TENANTRY_TOOLS"
    CARGO_TARGET_DIR="$TENANTRY_TOOLS/build" cargo install --quiet --debug --locked --root "$TENANTRY_TOOLS" "$name@$version"
}
