# RNNs, Unrolled. `make help` lists what you can say; each target sets up what it needs.
# Variables: PYTHON (which Python makes .venv), TORCH_INDEX (the package index of torch's CPU wheels, for `make test`
# on Linux; without it pip takes the default build, which brings gigabytes of CUDA), ONLY (one notebook), WHAT (one
# benchmark), PORT.

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
SITE := $(VENV)/site.stamp
TEST := $(VENV)/test.stamp
ASSETS := node_modules/.assets.stamp
HTML := _build/html
PORT ?= 8000
ONLY ?=
WHAT ?= layers
# A kernel starts in two seconds, and in a minute on a machine that is busy with other things.
NBVAL := --nbval --nbval-current-env --nbval-cell-timeout=300 --nbval-kernel-startup-timeout=180
PARALLEL := -n 2 --dist loadfile
# Two run at a time, so each computes with one thread; threads that wait for each other must not spin meanwhile.
THREADS := OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive

.DEFAULT_GOAL := help
.PHONY: help book test lint units nbval notebooks check-site serve benchmark repository lock clean distclean
.DELETE_ON_ERROR:

help: ## list the targets
	@echo "RNNs, Unrolled"; echo
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | \
	  while IFS='|' read -r name text; do printf '%-20s %s\n' "$$name" "$$text"; done

$(SITE): requirements-site.txt tools/environment.sh
	@sh tools/environment.sh site && touch $@

$(TEST): requirements.txt pyproject.toml tools/environment.sh $(SITE)
	@sh tools/environment.sh test && touch $@

$(ASSETS): package.json package-lock.json | $(SITE)
	@sh tools/environment.sh assets && touch $@

book: $(SITE) $(ASSETS) ## build the site, warnings as errors, into _build/html (needs no torch)
	@$(PY) tools/build_site.py

test: lint units nbval ## prove everything: lint and types, unit and property tests, every notebook's stored outputs

lint: $(TEST)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

units: $(TEST)
	@$(THREADS) $(PY) -m pytest $(PARALLEL) tests

nbval: $(TEST)
	@$(THREADS) $(PY) -m pytest $(PARALLEL) $(NBVAL) $(if $(ONLY),$(ONLY),chapters)

notebooks: $(TEST) ## execute every notebook in place, or ONLY=chapters/x.ipynb, and normalise what is stored
	@$(THREADS) $(PY) tools/notebooks.py $(ONLY)

check-site: book $(TEST) ## check the built site in headless Chromium (needs Debian's chromium, or CHROMIUM=path)
	@$(PY) -m pytest -n 2 --dist loadscope site_checks

serve: book ## build the site and serve it on http://localhost:8000 (PORT=...)
	@echo "http://localhost:$(PORT)"; $(PY) -m http.server --directory $(HTML) --bind 127.0.0.1 $(PORT)

benchmark: $(TEST) ## measure on this machine: WHAT=layers, packing (20 to 30 minutes), buckets, depth or dates
	@$(PY) benchmarks/$(WHAT).py

repository: $(TEST) ## set the repository's address everywhere: make repository URL=https://github.com/org/repo
	@$(PY) tools/repository.py "$(URL)"

lock: $(SITE) ## pin the environments anew from pyproject.toml
	@$(PY) -m pip install --quiet uv
	@sh tools/lock.sh

clean: ## remove what builds and runs leave behind
	rm -rf _build build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -not -path './node_modules/*' -prune -exec rm -rf {} +

distclean: clean ## also remove the environment and the web assets
	rm -rf .venv node_modules *.egg-info
