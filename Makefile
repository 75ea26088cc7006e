# What people and CI type. Each target says in one line what it does; the work is in the scripts it names.

TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
TOOLS := $(TARGET)/tools
export TOOLS

# A real dockerd, buildah and a small disk need root; without it the tests that use them are left out, and said to be.
ifneq ($(shell id -u),0)
SKIP := -- --skip dockerd --skip buildah --skip full_disk
endif

.PHONY: up demo install test bench fmt lint tools

up: ## both processes, release build, in the foreground; STATE=folder and CONFIG=file if the defaults do not suit
	cargo build --release --bins
	@BIN=$(TARGET)/release deploy/up.sh

demo: ## the same, unattended, against a throw-away registry; fails if anything does
	.ci/prepare demo
	cargo build --release --bins
	@BIN=$(TARGET)/release deploy/demo.sh

install: ## programs, units and an example of the configuration onto this host; DESTDIR=folder for a place below it
	cargo build --release --bins
	@BIN=$(TARGET)/release deploy/install.sh

test: tools lint ## everything
	$(if $(SKIP),@echo "not root: tests with a real dockerd or buildah or a full disk are left out")
	cargo test --workspace $(SKIP)

bench: ## ours beside a real dockerd, skopeo and moto, in turns; ARGS="--only archives --loads 5" and the like
	.ci/prepare bench
	cargo build --release --bins
	cargo run --release --package docker-shim --example bench -- $(ARGS)

fmt: ## formats everything
	cargo fmt --all

lint: ## formatting and warnings
	.ci/prepare lint
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

tools: ## what the tests run besides our own code
	.ci/prepare test
