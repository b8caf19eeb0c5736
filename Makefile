# Every target is one line into the CLI, a script or a tool; `environment` does nothing when all is in place.
.PHONY: run test check bench demo-data environment

run: environment
	@exec .venv/bin/cartera up

test: environment
	@scripts/test

check: environment
	@scripts/check

bench: environment
	@exec .venv/bin/python -m bench $(SECTIONS)

demo-data: environment
	@exec .venv/bin/cartera seed $(ARGS)

environment:
	@scripts/bootstrap
