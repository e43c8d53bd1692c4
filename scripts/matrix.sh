#!/usr/bin/env bash
# Runs tests with the oldest and the newest versions of the Jupyter packages (tests/matrix/), each with the wheel in
# dist/ in a venv of its own: scripts/matrix.sh [oldest|newest]…
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- oldest newest
mapfile -t pythons < <(scripts/pythons.sh)

# What depends on these versions: Hub, spawner hooks, guards, contexts, routes, the labextension, the Hub service.
tests=(
  tests/python/enforce/test_{hub,kernels,proxies}.py
  tests/python/changes/test_{roles,server,stream}.py
  tests/python/joining/test_requests.py
  tests/python/test_{cli_hub,context,hub_api,labextension_loaded,routes_access,routes_cards,routes_hub,routes_local}.py
)
# Only from JupyterHub 5.3 on; configure refuses it for earlier ones.
newer=(tests/python/enforce/test_tokens.py)
failed=0
for name in "$@"; do
  case $name in
    oldest) python=${pythons[0]} chosen=("${tests[@]}") ;;
    newest) python=${pythons[-1]} chosen=("${tests[@]}" "${newer[@]}") ;;
    *) echo "error: unknown versions $name" >&2; exit 2 ;;
  esac
  venv=target/matrix/$name
  echo "==> tests/matrix/$name.txt with $("$python" --version)" >&2
  "$python" -m venv --clear "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "tests/matrix/$name.txt" dist/*.whl
  "$venv/bin/pip" freeze --quiet > "$venv/versions.txt"
  grep -i -E "^(jupyterhub|jupyterlab|jupyter[_-]server([_-](proxy|terminals))?|tornado)==" "$venv/versions.txt" >&2
  PATH="$PWD/$venv/bin:$PATH" "$venv/bin/pytest" -n 2 --dist loadgroup "${chosen[@]}" || failed=1
done
exit $failed
