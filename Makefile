# Hammertime: `make help` lists what can be done. Every target sets up what it needs by itself.
SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PY := .venv/bin/python
PROVISION := $(PY) -m temporal.provision
LOCK := .venv/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header

# Most of a test's time is waiting for a server; a file's tests stay together, because they share theirs.
SIDE_BY_SIDE := -n 2 --dist loadfile

# One line for each step: its name, then ok, or FAILED and what it said.
define step
@printf '%-32s' '$(1)'; if out=$$($(2) 2>&1); then echo ok; else echo FAILED; printf '%s\n' "$$out"; exit 1; fi
endef

.PHONY: help setup demo test check bench chaos lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make .venv from the hashed lock (again only when the lock changes)
	@.ci/setup

demo: setup ## start the whole product with a live market (ONCE=1: one auction from start to verified result)
	@$(PROVISION) temporal
	@exec $(PY) -m temporal.local $(if $(filter-out 0,$(ONCE)),--once)

test: setup ## everything CI runs: system packages, servers, static checks, all tests
	@$(PROVISION) system
	@$(PROVISION) temporal
	@$(PROVISION) test-server
	@$(MAKE) check
	@$(PY) -m pytest -q tests/domain -m "not hypothesis" $(SIDE_BY_SIDE) --cov --cov-report=term-missing --cov-fail-under=100
	@$(PY) -m pytest -q tests/domain -m hypothesis $(SIDE_BY_SIDE)
	@$(PY) -m pytest -q tests --ignore=tests/domain -m "not chaos" $(SIDE_BY_SIDE)

check: setup ## static checks: ruff, format, mypy, import-linter, djlint, alembic
	$(call step,ruff,.venv/bin/ruff check --quiet)
	$(call step,format,.venv/bin/ruff format --check --quiet)
	$(call step,mypy,.venv/bin/mypy --no-error-summary)
	$(call step,import-linter,.venv/bin/lint-imports)
	$(call step,djlint,.venv/bin/djlint web --check --lint --quiet)
	$(call step,alembic,.ci/migrations)

bench: setup ## measure: a table of figures, goals and baselines (ONLY="hot lone": these alone; QUICK=1: a few seconds each)
	@$(PROVISION) system
	@$(PROVISION) temporal
	@exec $(PY) -m tests.load $(ONLY) $(if $(filter-out 0,$(QUICK)),--quick)

chaos: setup ## kill servers in the middle of a burst and count what was acknowledged
	@$(PROVISION) system
	@$(PROVISION) temporal
	@$(PY) -m pytest -q tests -m chaos

lock: setup ## resolve the dependencies anew inside pyproject's bounds
	$(call step,requirements.lock,$(LOCK) --upgrade --output-file requirements.lock)
	$(call step,requirements-dev.lock,$(LOCK) --upgrade --group dev --constraint requirements.lock --output-file requirements-dev.lock)

clean: ## remove .venv, caches and the embedded profile's data
	@rm -rf .venv .hammertime .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
