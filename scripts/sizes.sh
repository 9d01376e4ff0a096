#!/usr/bin/env bash
# No source file holds two ideas: 400 production lines at the most; tests and generated code are exempt.
set -euo pipefail
cd "$(dirname "$0")/.."
most=400
bad=0
while read -r file; do
    lines=$(awk '/^#\[cfg\(test\)\]/{exit} {n++} END{print n+0}' "$file")
    if [ "$lines" -gt "$most" ]; then
        echo "$file has $lines production lines; $most are the most. Is there a second idea in it?"
        bad=1
    fi
done < <(git ls-files '*.rs' '*.ts' '*.tsx' | grep -vE '(^|/)(tests?|generated|benches|e2e|examples)/')
exit $bad
