# `make run` and `make test` are enough for a first day. Needs Python 3.11 or newer and pip, nothing else.
.DEFAULT_GOAL := help
.PHONY: help run test check env pictures proof
PORT ?= 8000
DATA ?= var

help: ## this list
	@echo 'Fairgate. Everything happens in .venv (programs) and ./$(DATA) (data).'
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-14s %s\n", $$1, $$2}'
	@echo 'Settings: PORT=8000, DATA=var for `make run`; PYTHON=python3.12 for another Python.'

run: ## everything with demo data at http://127.0.0.1:8000; Ctrl-C stops it
	@scripts/env run
	@exec .venv/bin/fairgate up --data $(DATA) --port $(PORT) --demo

test: ## the whole suite: style, types and imports too
	@scripts/env test
	@scripts/browser
	@scripts/check
	@.venv/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: ## style, types and imports only: ruff, mypy, import-linter
	@scripts/env test
	@scripts/check

env: ## prepare .venv only
	@scripts/env test

pictures: ## the guide's pictures in docs/images, taken anew
	@scripts/env test
	@scripts/browser
	@JOURNEY_PICTURES=docs/images .venv/bin/python -m pytest \
		tests/journeys/test_whole_sale.py tests/journeys/test_on_sale.py tests/journeys/test_seats.py

proof: ## the long form of the sale under faults, about half an hour; writes docs/proof.md
	@scripts/env test
	@.venv/bin/python -m tests.faults.long --report
