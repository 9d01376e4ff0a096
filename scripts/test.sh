#!/usr/bin/env bash
# Everything that has to hold before a change lands.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/tools.sh

step() { printf '\n== %s (%ss)\n' "$1" "$SECONDS"; }

step "tools"
tool cargo-nextest 0.9.143
tool cargo-machete 0.9.2
tool cargo-deny 0.20.2
tool mdbook 0.5.4

step "format"
cargo fmt --all --check

step "file sizes"
scripts/sizes.sh

step "lints"
cargo clippy --workspace --all-targets --all-features --locked -- -D warnings
# As `make run` builds it, which compiles no AWS SDK.
cargo clippy --package tenantry --locked -- -D warnings
if cargo tree --package tenantry --edges normal --prefix none --locked | grep '^aws-sdk'; then
    echo "the default build compiles the AWS SDK" >&2
    exit 1
fi

step "unused dependencies"
cargo machete

step "licences, bans, sources"
# Advisories need a database from the network, which CI has not.
cargo deny --all-features --log-level error check bans licenses sources

step "tests"
scripts/with-emulators.py cargo nextest run --workspace --all-features --locked

step "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --all-features --no-deps --locked --quiet
scripts/docs.sh

step "done"
