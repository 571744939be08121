# What each target does stands in launch/, a program of Python's standard library alone.
# Python: the first of these on the PATH that is 3.11 or newer; or make PYTHON=/path/to/python3.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	if command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
	then echo $$p; break; fi; done)
PORT ?= 8000
HOST ?= 127.0.0.1
DATA ?= var
BIN := .venv/bin
FLASK = DATA="$(DATA)" $(BIN)/python -m flask --app wsgi

.DEFAULT_GOAL := help
.PHONY: help run test stop servers set-up witness clean-data bench fmt translations lock python

help: ## this list
	@echo "make run [PORT=8000] [DATA=var]   from a fresh checkout to http://127.0.0.1:8000; Ctrl-C stops it"
	@echo "make test                         everything that CI runs"
	@echo
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-20s %s\n", $$1, $$2 }'

python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is not on the PATH."; \
	echo "  → install it (Debian, Ubuntu: apt install python3 python3-venv), or: make PYTHON=/path/to/python3 …"; exit 1; }

run: python ## set up, start everything, print addresses and accounts (HOST=, PORT=, DATA=)
	@exec $(PYTHON) -m launch run --host "$(HOST)" --port "$(PORT)" --data "$(DATA)"

test: python ## style, types, all tests; T="tests/unit -x" gives pytest other arguments
	@exec $(PYTHON) -m launch test -- $(T)

stop: python ## stop what runs on DATA, from another terminal
	@exec $(PYTHON) -m launch stop --data "$(DATA)"

servers: python ## only PostgreSQL and Valkey, in the background, for work on the code
	@exec $(PYTHON) -m launch servers --data "$(DATA)"

set-up: python ## only .venv, front-end packages and translations
	@exec $(PYTHON) -m launch set-up --data "$(DATA)"

witness: python ## the regulator's witness as one file, dist/witness.pyz, and its SHA-256 (docs/witness.md)
	@exec $(PYTHON) -m launch witness --data "$(DATA)"

clean-data: python ## delete DATA: databases, files, keys, logs
	@exec $(PYTHON) -m launch clean-data --data "$(DATA)"

bench: set-up ## page rates beside bare Flask pages, in one run
	@$(FLASK) bench pages
	@$(FLASK) bench reverify
	@$(FLASK) bench auction

fmt: set-up ## put the code into the house style
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

translations: set-up ## read the messages out of the code into supermarket/translations, and compile them
	@$(BIN)/pybabel -q extract --no-wrap --no-location --sort-output -F babel.cfg -k _l -o $(DATA)/messages.pot .
	@$(BIN)/pybabel -q update --no-wrap --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date \
		-i $(DATA)/messages.pot -d supermarket/translations
	@$(PYTHON) -m launch set-up --data "$(DATA)"

# Universal: the same list serves every Python from 3.11 on, on every system.
LOCK = $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
lock: set-up ## resolve requirements*.in again, keeping what still fits; U="--upgrade" renews all
	@$(LOCK) $(U) requirements.in -o requirements.txt
	@$(LOCK) $(U) requirements-dev.in -o requirements-dev.txt
	@$(LOCK) $(U) --no-deps requirements-servers.in -o requirements-servers.txt
