#!/usr/bin/env bash
# Runs tests with the oldest and the newest versions of the Jupyter packages (tests/matrix/), each with the wheel in
# dist/ in a venv of its own: scripts/matrix.sh [oldest|newest]…
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- oldest newest
mapfile -t pythons < <(scripts/pythons.sh)

# What depends on these versions: Hub, spawner hooks, guards, contexts, routes, the labextension, the Hub service.
tests=(
  tests/python/changes/test_roles.py
  tests/python/enforce/test_{hub,kernels,proxies}.py
  tests/python/joining/test_requests.py
  tests/python/test_{cli_hub,context,hub_api,labextension_loaded,routes_access,routes_cards,routes_hub,routes_local}.py
)
# Their policies use shares, which need JupyterHub 5.5.1, or scopes for tokens, which need 5.3: earlier ones are refused.
newer=(tests/python/changes/test_{server,stream}.py tests/python/enforce/test_tokens.py)
older=(
  --deselect tests/python/enforce/test_kernels.py::test_visitors_tokens_have_the_least_scopes
  # jupyter-server-proxy passes on event streams from 4.4 on.
  --deselect tests/python/enforce/test_proxies.py::test_access_follows_the_membership_and_open_connections_end_with_it
)
failed=0
for name in "$@"; do
  case $name in
    oldest) python=${pythons[0]} chosen=("${tests[@]}" "${older[@]}") ;;
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
