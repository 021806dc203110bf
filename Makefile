# The doors to the project. `make help` lists them.

JOBS ?= $(shell nproc)
DEMO_ARGS ?=
BENCH_ARGS ?=
LABELS ?= .
RELEASE := build/release

# Clones and build folders share what ccache has compiled.
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := 1

.PHONY: help demo test sanitize crash fuzz soak bench lint docs clean bootstrap bootstrap-tests release \
        packages package-test

help:
	@echo "make demo      run the example shop on var/demo/shop.db (DEMO_ARGS=...)"
	@echo "make test      build the release preset and run every test"
	@echo "make sanitize  unit and contract tests under ASan+UBSan, then under TSan"
	@echo "make crash     the long crash run"
	@echo "make fuzz      the long fuzz run"
	@echo "make soak      the long load run"
	@echo "make bench     the benchmarks (BENCH_ARGS=--check compares with the targets)"
	@echo "make packages  Debian packages, in build/release/packages"
	@echo "make package-test  installs them into a bare Debian 12 and uses them there (needs root)"
	@echo "make lint      rules of the tree, formatting, clang-tidy"
	@echo "make docs      reference pages made from the sources"
	@echo "make clean     remove build/ and var/"

bootstrap:
	@scripts/bootstrap

bootstrap-tests:
	@scripts/bootstrap tests

release: bootstrap
	@cmake --preset release
	@cmake --build --preset release -j $(JOBS)

test: bootstrap-tests release
	@ctest --preset release -j $(JOBS) -L '$(LABELS)' --output-on-failure

sanitize: bootstrap-tests
	@cmake --preset asan
	@cmake --build --preset asan -j $(JOBS)
	@ctest --preset asan -j $(JOBS) --output-on-failure
	@cmake --preset tsan
	@cmake --build --preset tsan -j $(JOBS)
	@ctest --preset tsan -j $(JOBS) --output-on-failure

demo: bootstrap
	@test -f examples/shop/CMakeLists.txt || { echo "demo: there is no examples/shop yet" >&2; exit 2; }
	@cmake --preset release >/dev/null
	@cmake --build --preset release -j $(JOBS) --target eventcore-shop
	@mkdir -p var/demo
	@$(RELEASE)/bin/eventcore-shop demo --store sqlite:var/demo/shop.db $(DEMO_ARGS)

# A long run is the program scripts/<name>; it finds the release build in build/release.
crash soak: bootstrap
	@test -x scripts/$@ || { echo "$@: there is no scripts/$@ yet" >&2; exit 2; }
	@$(MAKE) --no-print-directory release
	@scripts/$@

fuzz: bootstrap
	@test -x scripts/fuzz || { echo "fuzz: there is no scripts/fuzz yet" >&2; exit 2; }
	@cmake --preset fuzz
	@cmake --build --preset fuzz -j $(JOBS)
	@scripts/fuzz

bench: release
	@test -x $(RELEASE)/bin/eventcore-bench || { echo "bench: there is no eventcore-bench yet" >&2; exit 2; }
	@$(RELEASE)/bin/eventcore-bench $(BENCH_ARGS)

packages: release
	@cpack --config $(RELEASE)/CPackConfig.cmake

package-test: release
	@scripts/debian_package_check

docs: bootstrap
	@test -x scripts/docs || { echo "docs: there is no scripts/docs yet" >&2; exit 2; }
	@$(MAKE) --no-print-directory release
	@scripts/docs

lint: bootstrap
	@python3 scripts/tidy.py
	@git ls-files '*.cpp' '*.hpp' | xargs -r clang-format-16 --dry-run -Werror
	@cmake --preset lint
	@cmake --build --preset lint -j $(JOBS)

clean:
	@rm -rf build var
