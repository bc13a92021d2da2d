# Second Reader. `make run` sets everything up and serves the portal; `make test` runs the tests. README.md says the rest.

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed

.PHONY: run test test-slow check screen screens reset install browser
.DEFAULT_GOAL := run

$(STAMP): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Second Reader needs Python 3.11 or newer: make run PYTHON=python3.11")'
	@echo "Installing the pinned requirements into $(VENV) (several GB, a few minutes the first time)"
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install --disable-pip-version-check --progress-bar on -r requirements.txt
	@touch $(STAMP)

install: $(STAMP)

run: $(STAMP)
	@exec $(PY) manage.py serve --port $(PORT)

# What the browser and JavaScript tests need, through apt where that works; where it does not, those tests skip and say so.
browser:
	@missing=""; \
	command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || missing="chromium"; \
	command -v node >/dev/null || missing="$$missing nodejs"; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if ! command -v apt-get >/dev/null; then echo "Not here:$$missing. The tests that need it will skip."; exit 0; fi; \
	as_root=""; [ "$$(id -u)" = 0 ] || { sudo -n true 2>/dev/null && as_root="sudo"; } || \
	{ echo "Not here: $$missing. The tests that need it will skip."; exit 0; }; \
	echo "Installing for the tests: $$missing"; \
	$$as_root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$as_root apt-get install -y -qq $$missing >/dev/null || true

test: $(STAMP) browser
	@$(PY) -m pytest -m "not slow" $(PYTEST)

test-slow: $(STAMP) browser
	@$(PY) -m pytest -m slow $(PYTEST)

check: $(STAMP)
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy accounts/crypto imaging/dicom imaging/pipeline registry/metrics
	@$(PY) -m pytest -q tests/architecture
	@DJANGO_SETTINGS_MODULE=diagnostics.settings.test $(PY) manage.py makemigrations --check --dry-run
	@DJANGO_SETTINGS_MODULE=diagnostics.settings.test $(PY) manage.py check

# make screen IMAGES="a.png folder" CASE_TYPE=chest
screen: $(STAMP)
	@test -n "$(IMAGES)" || { echo 'Say which images: make screen IMAGES="film.png folder" CASE_TYPE=chest'; exit 2; }
	@$(PY) manage.py screen $(IMAGES) $(if $(CASE_TYPE),--case-type $(CASE_TYPE))

# Pictures of every page and state: phantoms into docs/screens, or REAL=1 make screens into var/screens. ONLY="study models" makes some.
screens: $(STAMP) browser
	@REAL=$(REAL) $(PY) -m tests.screens $(ONLY)

reset: $(STAMP)
	@$(PY) manage.py start_over
