# Every target does its own set-up on a machine with Rust (rustup), Node >= 20 and Python >= 3.10,
# and is safe to repeat: what is installed or built already is used as it is.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/.venv/bin:$(PATH)

# How many random cases `make conformance` compares with the installed jupyterhub.
N ?= 100000

.PHONY: help demo test lint docs build wheel wheels sbom licences matrix develop conformance companions kubernetes grants-scale hub-bench bench \
  clean distclean setup-demo setup-test setup-hub5

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

demo: setup-demo ## Start the class example: a JupyterHub with an instructor and students (Ctrl-C stops it)
	@exec python scripts/demo.py

test: setup-test setup-hub5 ## Run every check and test (STAGES="rust browser" runs some)
	@eval "$$(scripts/tools.sh wasm32 wasm-bindgen wasm-pack)"; python scripts/run_tests.py $(STAGES)

lint: ## Run the formatters' and linters' checks alone
	@scripts/venv.sh test
	@scripts/npm-ci.sh
	@scripts/tools.sh wasm32 >/dev/null
	@python scripts/run_tests.py lint

docs: setup-demo ## Build the documentation site: target/docs/html/index.html
	@scripts/venv.sh docs
	@python scripts/run_tests.py docs

build: setup-demo ## Build the wheel and install it into .venv

wheel: setup-demo ## Build dist/*.whl with its manylinux tag, and the sdist
	@maturin sdist --out dist
	@ls -l dist

wheels: setup-demo ## Build, check and try the wheels of all platforms, the sdist and the npm package: target/packages/
	@scripts/build-wheels.sh
	@scripts/try-wheels.sh

sbom: ## Write what the packages of `make wheels` are made of, as CycloneDX: target/packages/*.cdx.json
	@scripts/sbom.sh

licences: ## Check the licences of all dependencies
	@scripts/venv.sh test
	@scripts/npm-ci.sh
	@eval "$$(scripts/tools.sh cargo-deny)"; cargo deny --all-features check licenses sources
	@python scripts/check_licences.py

matrix: setup-test ## Run tests with the oldest and the newest versions of the Jupyter packages
	@scripts/matrix.sh

develop: ## Install for development: debug engine, Python and labextension linked to this folder
	@scripts/venv.sh test
	@pip install --quiet --no-build-isolation --no-deps --editable .
	@rm -f .venv/.installed-wheel.sha256
	@jupyter-builder develop --overwrite .

conformance: setup-test ## Compare N random cases of the scope algebra with the installed jupyterhub
	@SCOPED_LAUNCHER_CASES=$(N) pytest tests/conformance

companions: setup-test ## Try JupyterLab 4.4 to 4.6 and other packages on a real Hub (docs/reference/companions.md)
	@scripts/companions.sh
	@node --test --test-concurrency=1 --test-reporter=spec tests/companions/

kubernetes: setup-test ## Check examples/kubernetes with Zero to JupyterHub's chart, from GitHub or in the folder CHART
	@CHART=$$(scripts/chart.sh) pytest tests/kubernetes

grants-scale: setup-test ## Measure the grants on a simulated Hub of up to 20,000 users
	@python tests/python/service/scale.py

hub-bench: setup-test ## Measure the Hub service on a real Hub with 5,000 simulated servers, and with 20,000 users (about 15 minutes)
	@python bench/changes.py
	@python bench/grants.py

bench: setup-test ## Run the benchmarks; writes docs/explanation/benchmarks.md and bench/results.json (about 6 minutes)
	@npm ci --silent --no-audit --no-fund --prefix bench
	@eval "$$(scripts/tools.sh wasm32 wasm-bindgen wasm-pack)"; npm run --silent build:wasm
	@node bench/run.mjs
	@python bench/scopes.py
	@python bench/server.py
	@node bench/check-budgets.mjs

clean: ## Remove what was built, and the demo's state
	@rm -rf target dist .demo jupyterlab_scoped_launcher/labextension python-data/data/share \
	  labextension/lib labextension/wasm tsconfig.tsbuildinfo test-results

distclean: clean ## Remove the venvs and node_modules too (compiled tools stay in the user's cache)
	@rm -rf .venv .venv-hub5 node_modules

setup-demo:
	@scripts/venv.sh demo
	@scripts/npm-ci.sh
	@scripts/build-wheel.sh
	@scripts/install-wheel.sh .venv

# Downloads and the compiling of tools wait for different things: both at once.
setup-test:
	@scripts/tools.sh wasm32 wasm-bindgen wasm-pack >/dev/null & tools=$$!; \
	scripts/venv.sh test; scripts/apt-install.sh chromium=chromium chromium-driver=chromedriver valgrind=valgrind postgresql=pg_ctlcluster; scripts/npm-ci.sh; wait $$tools
	@scripts/build-wheel.sh
	@scripts/install-wheel.sh .venv

setup-hub5: setup-test
	@scripts/venv.sh hub5 .venv-hub5
	@scripts/install-wheel.sh .venv-hub5
