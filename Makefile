# internvl: build, try and test.
PACKAGES = libvips42 libsentencepiece-dev libcurl4-openssl-dev libedit-dev

.PHONY: deps build test
deps:
	@missing=""; for p in $(PACKAGES); do dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then apt-get update -qq && apt-get install -y -qq --no-install-recommends $$missing; fi

build: deps
	swift build -c release --product internvl

test: deps
	swift test
