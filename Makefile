# A thin face on the Bazel targets. Bazel decides what is out of date, so every target here is phony.
BAZEL  ?= bazel
PREFIX ?= /usr/local
BENCH  ?= sgemm

PROGRAM := bazel-bin/cli/neural
LIBRARY := bazel-bin/api/libneural.so
HEADERS := include/neural

BASH_COMPLETION := $(PREFIX)/share/bash-completion/completions
ZSH_COMPLETION  := $(PREFIX)/share/zsh/site-functions
FISH_COMPLETION := $(PREFIX)/share/fish/vendor_completions.d

.PHONY: all neural_framework lib debug install run-test verify test analyze bench validate-smoke \
	validate clean help

all: neural_framework

neural_framework:              ## ./neural_framework, the command line program (default)
	$(BAZEL) build -c opt //cli:neural
	install -m 755 $(PROGRAM) neural_framework

lib:                           ## ./libneural.so
	$(BAZEL) build -c opt //api:libneural.so
	install -m 755 $(LIBRARY) libneural.so
	ln -sf libneural.so libneural.so.2

debug:                         ## both, to step through C and NASM by source line from this directory
	$(BAZEL) build -c dbg //cli:neural //api:libneural.so
	install -m 755 $(PROGRAM) neural_framework
	install -m 755 $(LIBRARY) libneural.so
	ln -sf libneural.so libneural.so.2

install: all lib               ## program, library, headers, manual under $(DESTDIR)$(PREFIX)
	install -D -m 755 neural_framework $(DESTDIR)$(PREFIX)/bin/neural
	install -D -m 755 libneural.so $(DESTDIR)$(PREFIX)/lib/libneural.so.2
	ln -sf libneural.so.2 $(DESTDIR)$(PREFIX)/lib/libneural.so
	for header in $$($(CC) -MM -MT - -I. api/neural_api.h | tr -d '\\' | cut -d: -f2); do \
	    install -D -m 644 $$header $(DESTDIR)$(PREFIX)/$(HEADERS)/$$header || exit 1; done
	install -d $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(BASH_COMPLETION) \
	    $(DESTDIR)$(ZSH_COMPLETION) $(DESTDIR)$(FISH_COMPLETION)
	./neural_framework man > $(DESTDIR)$(PREFIX)/share/man/man1/neural.1
	./neural_framework completion bash > $(DESTDIR)$(BASH_COMPLETION)/neural
	./neural_framework completion zsh > $(DESTDIR)$(ZSH_COMPLETION)/_neural
	./neural_framework completion fish > $(DESTDIR)$(FISH_COMPLETION)/neural.fish
	install -d $(DESTDIR)$(PREFIX)/lib/pkgconfig
	printf '%s\n' 'Name: neural' 'Description: neural networks with hand-written kernels' \
	    "Version: $$(./neural_framework version | cut -d' ' -f2)" \
	    'Cflags: -I$(PREFIX)/$(HEADERS)' 'Libs: -L$(PREFIX)/lib -lneural' \
	    > $(DESTDIR)$(PREFIX)/lib/pkgconfig/neural.pc

run-test: all                  ## the program's own checks: SIMD level, gradients of every op
	./neural_framework test

verify: run-test               ## run-test, and the rules of the house
	$(BAZEL) test //tests/lint/...

test:                          ## all tests
	$(BAZEL) test //...

analyze:                       ## clang-tidy and cppcheck over every C file
	tools/analyze

bench:                         ## one benchmark: make bench BENCH=sgemm
	$(BAZEL) run //bench:$(BENCH)

validate-smoke:                ## builds, self checks and XOR: a minute
	python3 tools/run_validation_suite.py --tier smoke

validate:                      ## the same, the README's commands, every shipped config in full
	python3 tools/run_validation_suite.py --tier regression

clean:                         ## what make and Bazel built
	$(BAZEL) clean
	rm -f neural_framework libneural.so libneural.so.2

help:                          ## this list
	@sed -n 's/^\([a-z_-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 18
