# The commands people type. Each does its own set-up; scripts/ holds what they do.
SHELL := /bin/bash
export CARGO_TERM_COLOR ?= auto

.DEFAULT_GOAL := help
.PHONY: help run test bench lint rust-test docs schemas openapi clean

help: ## What there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

run: ## Start the whole system on this machine, with its data in ./data (ARGS="--listen 127.0.0.1:9000" for more)
	cargo run --release --locked --bin tenantry -- up --data-dir data $(ARGS)

test: ## Set up and run everything: format, lints, tests, documentation
	scripts/test.sh

lint: ## Format and lints only
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --all-features --locked -- -D warnings

rust-test: ## Rust tests only
	scripts/with-emulators.py cargo nextest run --workspace --all-features --locked

bench: ## Our targets beside what is measured on this machine
	scripts/bench.sh

docs: ## Build the book into docs/book
	scripts/docs.sh

schemas: ## Write docs/events again from the code
	cargo run --locked -p tenantry-contract --example schemas -- docs/events

openapi: ## Write control-plane/openapi.json again from the code
	UPDATE_OPENAPI=1 cargo nextest run --locked -p tenantry-control-plane openapi

clean: ## Remove build output and ./data
	cargo clean
	rm -rf data docs/book
