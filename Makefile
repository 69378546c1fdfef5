# make test     run every test, installing what they need (as root)
# make lint     formatting, vet and staticcheck
# make promql   every query of the dashboards and rules against what is exported, part of lint
# make grafana-types  every dashboard as a value of Grafana's TypeScript types, where node is
# make bench    the bounds of docs/bounds.md, rivals in the same run, about 12 minutes
# make soak     150 kills at random moments of random stages, and the table of what they hit
# make test-compose  docker-compose.yml with a real Engine of the test's own (root, Debian), about a minute
# make class    a class: every button of every stage, confirmed and healed, ten minutes
# make browser  a headless Chromium loads a page through a load balancer's node, and the live page
# make shots    docs/live/*.png anew, from a run of the journey, about eight minutes
# make faults   docs/faults.md anew: every chaos action played and measured
# make seeds    docs/seeds.md anew: the demo with ten seeds at both speeds, more than an hour
# make course   docs/course anew: a chapter for each journey, from a run of it, about six minutes
# make timings  docs/timings.md anew: every timing of balancers and groups, documented and measured

GO      ?= go
TOOLS   := $(CURDIR)/.ci/tools
SOURCES  = $(shell git ls-files '*.go' 2>/dev/null || find . -name '*.go')

# Go wants a cache and a folder for modules; who has a home that cannot be written
# gets them in the temporary folder.
CACHE := $(shell for v in GOCACHE GOMODCACHE; do d=$$($(GO) env $$v 2>/dev/null); \
  { [ -n "$$d" ] && mkdir -p "$$d" 2>/dev/null && [ -w "$$d" ]; } || { echo "$${TMPDIR:-/tmp}/showdown-go-$$(id -u)"; break; }; done)
ifneq ($(CACHE),)
export GOCACHE := $(CACHE)/build
export GOMODCACHE := $(CACHE)/mod
export GOPATH := $(CACHE)/path
endif

.PHONY: all build test test-deps test-compose lint promql grafana-types tidy cross bench bench-long soak fuzz picture faults browser timings seeds course

all: lint test

build:
	$(GO) build -o showdown ./cmd/showdown

test: test-deps
	$(GO) test -race -timeout 14m ./...

# Root gets what is missing; an ordinary user is told, and the tests that need it
# say that they did not run.
test-deps:
	@.ci/test-deps

lint: cross promql
	@out=$$($(GO) run -C $(TOOLS) mvdan.cc/gofumpt -l $(CURDIR)) && { [ -z "$$out" ] || { echo "not formatted, run go run -C .ci/tools mvdan.cc/gofumpt -w $(CURDIR):" "$$out" >&2; exit 1; }; }
	$(GO) vet ./...
	@$(GO) build -C $(TOOLS) -o $(CURDIR)/.ci/tools/bin/staticcheck honnef.co/go/tools/cmd/staticcheck
	.ci/tools/bin/staticcheck ./...
	$(GO) mod tidy -diff

# The lab is Linux's; everything else must still compile where people develop.
cross:
	GOOS=darwin GOARCH=arm64 $(GO) build -o /dev/null ./cmd/showdown
	GOOS=windows GOARCH=amd64 $(GO) build -o /dev/null ./cmd/showdown

# Prometheus' newest parser reads every query: 13 s the first time, 2 s from then on.
# Without the cache, which does not look at files of another module.
promql:
	$(GO) test -C .ci/promql -count=1 .

# 27 MB from npm the first time, by the lock file; 2 s from then on.
grafana-types:
	@.ci/grafana/check

tidy:
	$(GO) mod tidy

bench:
	$(GO) run -C .ci/bench . -root $(CURDIR)

bench-long:
	$(GO) run -C .ci/bench . -root $(CURDIR) -long

soak:
	SHOWDOWN_SOAK=150 $(GO) test -run TestKilledAnywhere -count=1 -timeout 60m -v ./cmd/showdown

# A class: every button of every stage, confirmed and healed, about a quarter of an hour.
.PHONY: class
class:
	SHOWDOWN_CLASS=10 $(GO) test -run 'TestClass$$' -count=1 -timeout 60m -v ./cmd/showdown

# SHOWDOWN_COMPOSE_FULL=1 lets the real Go build the image, which takes minutes.
test-compose: test-deps
	$(GO) test -count=1 -v -timeout 30m ./.ci/compose

# No part of make test: Debian's headless browser is 64 MB and 130 packages on a system
# that has nothing, 220 MB unpacked, to load one page.
BROWSER ?= chromium-headless-shell
browser:
	@command -v $(BROWSER) >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(BROWSER) >/dev/null; }
	SHOWDOWN_BROWSER=$(BROWSER) $(GO) test -count=1 -run 'TestButtons|TestTokenAndSilence|TestPredictionPage|TestAccessible' -v ./dashboards/live
	SHOWDOWN_BROWSER=$(BROWSER) $(GO) test -count=1 -run TestChromium -v ./targets/lab
	SHOWDOWN_BROWSER=$(BROWSER) $(GO) test -count=1 -run 'TestPage|TestComeback|TestPrompt|TestTab|TestTwoDrawings|TestWays|TestGhostAndCard|TestFigure|TestStill' -v ./dashboards/live

# The pictures of the live page in docs/live. RECORD is a journey's record, where there is one.
.PHONY: shots
shots: build
	@mkdir -p docs/live; record="$(RECORD)"; [ -n "$$record" ] || { out=$$(mktemp -d) && ./showdown run whatsthetime --out "$$out" --quiet >/dev/null; record=$$(ls -d "$$out"/*/ | head -1); }; \
	SHOWDOWN_BROWSER=$(BROWSER) SHOWDOWN_DOCS=$(CURDIR)/docs/live SHOWDOWN_RECORD=$${record%/} $(GO) test -count=1 -run TestShots -v ./dashboards/live

FUZZTIME ?= 10s
fuzz:
	@for f in $$(grep -rlE '^func Fuzz' --include='*_test.go' . | grep -v '^./.ci/'); do \
	  for name in $$(grep -oE '^func Fuzz[A-Za-z0-9_]*' $$f | sed 's/func //'); do \
	    echo "$$f $$name"; $(GO) test -run '^$$' -fuzz "^$$name$$" -fuzztime $(FUZZTIME) $$(dirname $$f) || exit 1; \
	  done; done

# The README's picture, from a real run.
picture: build
	script -qec './showdown demo' /dev/null </dev/null | $(GO) run -C .ci/picture . -from '^7/8' -to '^until then' >docs/demo.svg

# The catalogue of the faults, from a real run of a minute.
faults:
	$(GO) run ./.ci/faults -root $(CURDIR)

# The timings of load balancers and Auto Scaling groups, from real labs, in two to three
# minutes; the quieter the machine, the closer.
timings:
	$(GO) run ./.ci/timings -root $(CURDIR)

# The demo, seed by seed.
seeds:
	$(GO) run ./.ci/seeds -root $(CURDIR)

# The course material: chapters with figures, from real runs.
course:
	$(GO) run ./.ci/course -root $(CURDIR)
