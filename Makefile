# Everything that is done with this checkout. `make help` lists it. Paths are relative: they may contain spaces.
PYTHON ?= python3
PORT ?= 8000
PY := .venv/bin/python
CODE := booking scheduler workers tests tools
.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory

.PHONY: help setup run test check unit coverage format bench rush dispatch soak screenshots browser backup restore lock wheel translations clean faults

help: ## list what can be done
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile

setup: ## do all the set-up (nothing when nothing changed)
	@command -v "$(PYTHON)" >/dev/null || { echo "$(PYTHON) is not on the path: install Python 3.11, or name another with make PYTHON=…" >&2; exit 1; }
	@"$(PYTHON)" -m tools.setup

run: setup ## set up and start the whole service (PORT=8001 for another port); Ctrl-C stops it
	@exec $(PY) -m tools.dev --port "$(PORT)"

test: setup browser check ## set up and run everything: checks, unit and integration tests in two processes, end-to-end tests
	@$(PY) -m pytest -n 2 --dist loadfile tests/unit tests/integration
	@$(PY) -m pytest tests/e2e

check: setup ## ruff, mypy --strict, import contracts, translations
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check --quiet . || { echo "make format writes these files as they should be" >&2; exit 1; }
	@$(PY) -m mypy $(CODE)
	@.venv/bin/lint-imports
	@$(PY) -m tools.translations

unit: setup ## only the tests without servers
	@$(PY) -m pytest tests/unit

faults: setup ## the fault matrix with all its trials (`make test` runs a few of each)
	@ILTEO_FAULTS=all $(PY) -m pytest tests/integration/faults --durations=0

coverage: setup ## the engine's unit tests; every branch of scheduler/ must be taken
	@$(PY) -m pytest tests/unit/scheduler --hypothesis-seed=1 --cov=scheduler --cov-report=term-missing:skip-covered --cov-fail-under=100

format: setup ## write the code as ruff would
	@$(PY) -m ruff check --fix --quiet . || true
	@$(PY) -m ruff format .

bench: setup rush dispatch ## measure the engine against its peers, the pages in a rush, and the sending, into var/bench
	@$(PY) -m scheduler bench

rush: setup ## 20 coordinators and 200 teachers at their pages at once: how long each page takes
	@$(PY) -m tools.rush

dispatch: setup ## 10,000 text messages through two workers and a provider that takes 100 ms, and their receipts in a burst
	@$(PY) -m tools.dispatch

soak: setup ## the same with 100,000 (half an hour): does the workers' memory stay where it is
	@$(PY) -m tools.dispatch --messages 100000

screenshots: setup browser ## photograph the pages, Korean and English, wide and narrow, into var/screenshots
	@$(PY) -m tools.screenshots

browser: setup
	@$(PY) -m tools.browser

translations: setup ## collect the texts of code and templates into the catalogues
	@$(PY) -m tools.translations --update

backup: setup ## write everything into one file (FILE=… to name it), while the service runs
	@$(PY) -m tools.backup $(if $(FILE),"$(FILE)")

restore: setup ## bring a backup back (FILE=…; REPLACE=1 where there are data); sending stays paused until somebody looks
	@test -n "$(FILE)" || { echo "which backup? make restore FILE=var/backups/…" >&2; exit 1; }
	@$(PY) -m tools.restore $(if $(REPLACE),--replace) "$(FILE)"

lock: setup ## choose the newest allowed versions and write the lock files
	@$(PY) -m tools.lock

wheel: setup ## build the wheel into dist/
	@$(PY) -m hatchling build --target wheel --directory dist

clean: ## remove caches, the environment and the front-end files; the data in var/ stays
	@rm -rf .venv dist build htmlcov .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage booking/static/vendor
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@find booking/translations -name '*.mo' -delete 2>/dev/null || true
