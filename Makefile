# Everything that is done with this repository, one word each. Needs Python 3.11 or newer and make.
PYTHON ?= python3
BIN := .venv/bin
# Tests wait more than they work: several files at a time, in the order of their names (e2e first).
SPREAD := -n 3 --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help setup lock up down status reset migrate demo test unit integration check format schemas docs bench mutants clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup: ## Make .venv complete (every other target does so by itself)
	@$(PYTHON) deploy/bootstrap.py

lock: setup ## Remake requirements.txt from all pyproject.toml files
	@$(PYTHON) deploy/bootstrap.py --lock
	@$(PYTHON) deploy/bootstrap.py

up: setup ## Start Kafka, Postgres and the services
	@$(BIN)/civicloop up

down: setup ## End what `make up` started; data stays
	@$(BIN)/civicloop down

status: setup ## Show what runs
	@$(BIN)/civicloop status

reset: setup ## Wipe the stack's data, logs and secrets (asks first)
	@$(BIN)/civicloop reset

migrate: setup ## Bring topics, rights and database schemas up to date
	@$(BIN)/civicloop migrate

demo: setup ## Start all, send a morning of reports and watch them end (ARGS="--keep")
	@$(BIN)/civicloop demo $(ARGS)

test: setup ## Run all tests, with real Kafka and Postgres
	@$(BIN)/pytest $(SPREAD)

unit: setup ## Run the tests that need no other process
	@$(BIN)/pytest $(SPREAD) tests/unit tests/contract

integration: setup ## Run the tests that need Kafka and Postgres
	@$(BIN)/pytest $(SPREAD) tests/integration tests/e2e

check: setup ## Lint, types, boundaries, broken promises, drift of what is generated or locked
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m civicloop_contracts.schemas --check
	@$(BIN)/python -m civicloop_contracts.compatibility
	@$(BIN)/python docs/generate.py --check
	@$(BIN)/python deploy/bootstrap.py --check-lock
	@$(BIN)/python tests/quality/tracked_files.py

format: setup ## Format and fix what can be fixed
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

schemas: setup ## Write the JSON Schemas, examples and AsyncAPI document from the models
	@$(BIN)/python -m civicloop_contracts.schemas

docs: setup ## Write the reference pages that code already says
	@$(BIN)/python docs/generate.py

bench: setup ## Measure, against the limits that the project promises (ARGS="--json")
	@$(BIN)/python -m tests.bench $(ARGS)

mutants: setup ## Change a rule here and there, and see whether a test notices (SEED=7)
	@$(BIN)/python -m tests.quality.mutants --seed $(or $(SEED),1) $(ARGS)

clean: ## Remove .venv (downloads stay in the cache)
	@rm -rf .venv
