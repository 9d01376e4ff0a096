#!/usr/bin/env bash
# Builds the book; a broken link fails it.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/tools.sh
tool mdbook 0.5.4
mdbook build docs
scripts/links.py docs/book
