# Two commands are enough: `make demo` (the whole product on this machine, no accounts) and
# `make test` (everything that must hold). Both install what they need, and say so where they can't.

.DEFAULT_GOAL := demo
CARGO ?= cargo
# Lint, docs and type checks need no built page; tests and the demo do.
LINT := GREENROOM_SKIP_WEB=1 $(CARGO)

.PHONY: demo test tools packages fmt lint rust web docs operations browser shots joining bench micro soak hostile deny audit clean

demo: tools
	@$(CARGO) build --locked --bin greenroom --example demo
	@exec $(CARGO) run --quiet --locked --example demo

test: tools packages fmt deny operations web lint docs rust browser
	@echo "make test: all of it passed"

## The steps of `make test`, each usable alone

tools:
	@tests/setup tools

packages:
	@tests/setup packages

fmt:
	$(CARGO) fmt --all --check

web: web/node_modules/.package-lock.json
	cd web && npm run --silent check && npm run --silent test && npm run --silent build
	node --test tests/sandbox/tests/stage/syntax.test.mjs

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# Licences, bans and sources of everything that is built in
deny:
	@deny=$$(tests/setup deny) && $$deny --log-level error check licenses bans sources

# What operators are given fits the program, and Prometheus and HAProxy take it
operations:
	node --test --test-reporter=dot tests/deploy/operators.test.mjs
	@promtool=$$(tests/setup promtool) && cd deploy/prometheus && $$promtool test rules alerts_test.yml && \
		node ../../tests/deploy/queries.mjs | $$promtool check rules alerts.yml /dev/stdin
	PATH=$$PATH:/usr/sbin haproxy -c -q -f deploy/haproxy.cfg

lint:
	$(LINT) clippy --workspace --all-targets --locked --quiet -- -D warnings

docs:
	RUSTDOCFLAGS="-D warnings" $(LINT) doc --workspace --no-deps --locked --quiet

rust:
	@CARGO=$(CARGO) tests/rust

browser: web/node_modules/.package-lock.json
	$(CARGO) build --locked --bin greenroom --example demo
	cd web && npm run --silent e2e

## A page of screenshots of every state of the join page, light and dark, wide and phone: artifacts/shots.html
shots: tools packages web/node_modules/.package-lock.json
	cd web && npm run --silent e2e -- --project page
	node web/e2e/shots.mjs

## What the page adds to the time that the SDK alone needs to come into a call; first paint, bytes and requests of the lobby
joining: web/node_modules/.package-lock.json
	$(CARGO) build --locked --bin greenroom --example demo
	cd web && NUMBERS=1 npm run --silent e2e -- --project numbers

## How fast the release build is on this machine, beside the stand-in alone and a bare relay; start, memory, first answers
## (a quarter of an hour; `make bench QUICK=1`: four minutes). Ends badly only with STRICT=1. DOCUMENT=1 puts it into docs/performance.md
bench:
	$(CARGO) build --locked --release --bin greenroom
	$(CARGO) build --locked --release --package sandbox --example bench
	target/release/examples/bench $(if $(QUICK),--quick) $(if $(STRICT),--strict)
	$(if $(DOCUMENT),target/release/examples/bench document)

## What single steps cost: names, tickets, cookies, cards, recording
micro:
	GREENROOM_SKIP_WEB=1 $(CARGO) bench --locked --bench micro

## What must hold under load and through failures, at length (two hours): storms, many rooms, outages, kills, cuts, a
## call of hours, an hour of ordinary use.
## One alone, or less of it: `make soak PROOF="kill --times 20"`
PROOF ?= all
soak:
	@tests/setup soak
	$(CARGO) build --locked --release --bin greenroom
	$(CARGO) run --quiet --locked --profile soak --example soak -- $(PROOF)
	@[ "$(PROOF)" != all ] || $(MAKE) --no-print-directory hostile

## A million of what nobody would send, and a thousand clients that never finish
hostile:
	PROPTEST_CASES=1000000 $(LINT) test --locked --profile soak -p greenroom --lib -- whatever_comes_is_an_event
	GREENROOM_FUZZ_CASES=1000000 $(CARGO) test --locked --profile soak --test it whatever_is_sent -- --nocapture
	$(CARGO) test --locked --profile soak --test it a_thousand_of_them -- --ignored --nocapture

## Known advisories about what is built in, here and in the page: asks RustSec's and npm's databases
audit: web/node_modules/.package-lock.json
	@tests/setup audit

clean:
	rm -rf target web/node_modules web/dist artifacts
