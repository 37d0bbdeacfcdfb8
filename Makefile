# S1mpleTrader: every target installs what it needs (packaging/bootstrap.sh).
PY := .venv/bin/python
.DEFAULT_GOAL := help

help: ## Show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/.ready: requirements.lock packaging/bootstrap.sh
	@packaging/bootstrap.sh

demo: .venv/.ready ## Trade real market data, kill -9 the engine mid-order, prove the books agree
	@$(PY) -m tests.demo

format: .venv/.ready ## Rewrite the code in the house's format
	@.venv/bin/ruff format -q . && .venv/bin/ruff check -q --fix . || true

lint: .venv/.ready ## Format check, ruff, mypy --strict, import contracts
	@.venv/bin/ruff format --check -q .
	@.venv/bin/ruff check -q .
	@$(PY) -m mypy
	@.venv/bin/lint-imports --no-cache | tail -n 12

unit: .venv/.ready ## Unit tests with branch coverage
	@$(PY) -m pytest -q -m "not slow" --cov --cov-report=

check: lint unit ## What every commit passes: lint and unit tests (<= 3 min)

test: lint ## Everything CI runs
	@$(PY) -m pytest -q --cov --cov-report=

clean: ## Remove what was built, installed or run here
	@rm -rf .venv var build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage

.PHONY: help demo format lint unit check test clean
