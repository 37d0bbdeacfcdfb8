# S1mpleTrader: every target installs what it needs (packaging/bootstrap.sh).
PY := .venv/bin/python
PYTEST := $(PY) -m pytest -q
PURE := s1mpletrader/core/*,s1mpletrader/model/*,s1mpletrader/config/*
.DEFAULT_GOAL := help

help: ## Show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/.ready: requirements.lock packaging/bootstrap.sh
	@packaging/bootstrap.sh

demo: .venv/.ready ## Trade real market data, kill -9 the engine mid-order, prove the books agree
	@$(PY) -m tests.demo

check: lint unit ## What every commit passes: lint and unit tests (<= 3 min)

test: lint tools unit slow chaos-ci ## Everything CI runs

format: .venv/.ready ## Rewrite the code in the house's format
	@.venv/bin/ruff format -q .
	@.venv/bin/ruff check -q --fix .

lint: .venv/.ready ## Format, ruff, mypy --strict, import contracts
	@.venv/bin/ruff format --check -q .
	@.venv/bin/ruff check -q .
	@$(PY) -m mypy
	@mkdir -p build && .venv/bin/lint-imports --no-logo --no-cache >build/imports.log \
	  || { cat build/imports.log; exit 1; }

unit: .venv/.ready ## Unit tests, branch coverage of the pure rooms 100 %
	@$(PYTEST) -n 2 --dist worksteal -m "not slow and not long" --cov --cov-report=
	@$(MAKE) -s cover

slow: .venv/.ready ## Real processes, crash points, long explorations
	@$(PYTEST) -m slow

cover:
	@$(PY) -m coverage report --include='$(PURE)' --skip-covered --fail-under=100

tools: .venv/.ready
	@packaging/bootstrap.sh tools

model: .venv/.ready ## Explore the order rules exhaustively, with every sabotage (about 75 min)
	@$(PYTEST) -m long tests/model
	@$(PY) -m tests.model.run

crash: .venv/.ready ## The crash harness in its long form
	@$(PY) -m tests.crash.run --all

chaos: .venv/.ready ## 2,000 faults and kills, the books equal after each (about 55 min)
	@$(PY) -m tests.chaos --cycles 2000

chaos-ci: .venv/.ready
	@$(PY) -m tests.chaos --cycles 210

fuzz: .venv/.ready ## A million inputs for every parser of outside bytes (about 15 min)
	@S1MPLETRADER_FUZZ=1000000 $(PYTEST) -m slow --timeout 3600 tests/fuzz

kills: .venv/.ready ## 200 real kill -9 while trading; the books equal each time (about 20 min)
	@S1MPLETRADER_KILLS=200 $(PYTEST) tests/system/test_real_kills.py

bench: .venv/.ready ## What costs what, as ratios in one run
	@$(PY) -m tests.bench

lock: ## Resolve requirements.lock anew (needs uv)
	@uv pip compile -q --universal --python-version 3.11 --generate-hashes --extra test \
	  --no-header pyproject.toml -o requirements.lock

clean: ## Remove what was built, installed or run here
	@rm -rf .venv var build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage

.PHONY: help demo check test format lint unit slow cover tools model crash chaos chaos-ci fuzz kills bench lock clean
