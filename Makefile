# sealgate: make run shows it, make test proves it, make check inspects it.

GOFUMPT     = mvdan.cc/gofumpt@v0.12.0
GOLANGCI    = github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOVULNCHECK = v1.9.0
MAILPARSER  = mailparser@3.14.2
AXE         = axe-core@4.14.1
FUZZTIME   ?= 5s
# check gives each target a count: CI has 20 minutes on two cores for check, test and run.
CHECKFUZZTIME ?= 500x
# A private Postfix needs root.
ROOT       := $(shell [ "$$(id -u)" = 0 ] || echo sudo -E env "PATH=$$PATH")

.PHONY: run test docs-test check build packages packages-test interop readers mtas page-test metrics-test bench fuzz roots load long postgres million man clean

# run plays one complete story through a private Postfix and stays up; with
# RUN_ONCE=1 it ends after the story.
run:
	scripts/need postfix openssl
	$(ROOT) go run ./internal/demo

# test installs what the tests need and passes them all. It trusts no earlier result:
# the end-to-end tests build the gateway themselves, which go test does not see. They wait
# more than they work: eight at once. What is run here has been vetted by make check.
test:
	scripts/need postfix openssl libnss3-tools gpgsm swaks opendkim opendkim-tools slapd unbound bind9-utils dovecot-lmtpd postgresql python3
	$(ROOT) go test -vet=off -count=1 -parallel 8 -timeout 25m ./...

# docs-test holds the documentation against the program: commands and their flags, settings,
# fields and tokens, Postfix's lines, man pages, and the set-ups of docs/postfix.md. Then it
# follows the README in a clean Debian, and runs there every command of the documentation that
# scripts/docs-commands does not except, with its reason (three minutes).
docs-test:
	scripts/need debootstrap
	$(ROOT) go test -count=1 -run 'Documented|TestInitSays|TestManPages|TestExample' ./cmd/sealgate ./config ./gateway ./e2e
	$(ROOT) scripts/docs-test

build:
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o bin/sealgate ./cmd/sealgate

# packages makes a .deb and a .rpm in bin/; packages-test installs the .deb in a clean Debian,
# sends a mail in and out, upgrades, removes and purges it (two minutes).
packages:
	scripts/package

packages-test:
	scripts/need debootstrap lintian
	$(ROOT) scripts/package-test
	lintian --fail-on error bin/sealgate_*.deb

# check is the inspector: form, linters, 32 bits, known faults of what we use, races, and
# each fuzzer for a moment. The race detector sees the short tests without e2e: those start
# processes of their own, hundreds, that it would only slow down.
check:
	@test -z "$$(go run $(GOFUMPT) -l . | tee /dev/stderr)"
	go run $(GOLANGCI) run ./...
	GOARCH=386 go vet ./...
	go vet -tags load,long,interop,readers,mtas,page,postgres,metrics ./...
	scripts/vuln $(GOVULNCHECK)
	go test -vet=off -short -race -shuffle=on $$(go list ./... | grep -v /e2e)
	$(MAKE) fuzz FUZZTIME=$(CHECKFUZZTIME)

# interop lets OpenSSL, NSS, gpgsm and BouncyCastle read what we write and write
# what we read, and writes docs/interop.md and docs/kinds.md; then it lets them, keytool and certtool
# write key files, and writes the matrix of docs/keys.md; then it reads the certificates of
# this machine and of ../shared with OpenSSL and with us.
interop:
	scripts/need openssl libnss3-tools gpgsm gnutls-bin default-jdk-headless libbcprov-java libbcpkix-java
	go test -count=1 -tags interop -run 'TestMatrix|TestKinds' -v ./smime/cms/interop -update
	go test -count=1 -timeout 20m -tags interop -run TestMatrix -v ./keyring/interop -update
	go test -count=1 -tags interop -run TestAgainstOpenssl -v ./internal/x509cert

# readers lets other people's programs read what leaves, and writes the table of
# docs/clients.md.
readers:
	scripts/need openssl libnss3-tools gpgsm gir1.2-gmime-3.0 python3-gi default-jdk-headless libbcmail-java \
		libmail-java ruby-mail libmime-tools-perl libemail-mime-perl php-cli php-mailparse mutt bsdutils thunderbird
	command -v npm >/dev/null || scripts/need nodejs npm # a machine may have them from elsewhere
	npm install --silent --no-save --no-audit --prefix bin/readers $(MAILPARSER)
	NODE_PATH=$(CURDIR)/bin/readers/node_modules \
		go test -count=1 -timeout 40m -tags readers -run TestReadByOthers -v ./gateway -update

# mtas lets Exim, Sendmail, OpenSMTPD and Dovecot stand where Postfix does, with the very
# lines of docs/mta.md, and rspamd before and behind sealgate. The packages are unpacked to
# bin/mtas, nothing of them is installed, and each server runs in namespaces of its own.
mtas:
	scripts/need postfix openssl dovecot-lmtpd
	scripts/unpack bin/mtas/exim exim4-daemon-light
	scripts/unpack bin/mtas/sendmail sendmail-bin
	scripts/unpack bin/mtas/opensmtpd opensmtpd
	scripts/unpack bin/mtas/rspamd rspamd
	$(ROOT) go test -count=1 -timeout 20m -tags mtas -run 'TestMTA|TestDovecotLMTP' -v ./e2e

# page-test looks at the admin's page in Debian's Chromium: every page in both languages, light and
# dark, wide and narrow, inspected by axe-core, with pictures in bin/page; then an admin without
# JavaScript while mail passes through Postfix.
page-test:
	scripts/need chromium postfix openssl
	command -v npm >/dev/null || scripts/need nodejs npm # a machine may have them from elsewhere
	npm install --silent --no-save --no-audit --prefix bin/page $(AXE)
	AXE=$(CURDIR)/bin/page/node_modules/axe-core/axe.min.js PICTURES=$(CURDIR)/bin/page \
		go test -count=1 -timeout 20m -tags page -run InChromium -v ./admin/page
	$(ROOT) go test -count=1 -tags page -run TestAdminAtThePage -v ./e2e

# metrics-test lets Prometheus's own tool read the alert rules and the dashboard, then has a
# Prometheus scrape a gateway until alerts fire.
metrics-test:
	scripts/need prometheus postfix openssl
	go test -count=1 -tags metrics -run 'TestRules|TestDashboard' ./packaging
	$(ROOT) go test -count=1 -tags metrics -run TestPrometheus -v ./e2e

# bench prints the tables of docs/performance.md; it takes four minutes.
bench:
	go build -o bin/bench ./bench
	bin/bench speed
	bin/bench memory
	bin/bench remember
	bin/bench oracle

# fuzz gives every target FUZZTIME.
fuzz:
	scripts/fuzz $(FUZZTIME)

# roots makes the embedded list of e-mail roots anew out of Debian's libnss3.
roots:
	scripts/need libnss3 libnss3-tools
	trust/roots/refresh.sh

# load measures ordinary mail beside mails that unfold to very much, then sends 1,000 mails
# in 50 sessions through Postfix alone, with an empty proxy, and with sealgate, in turns
# (docs/performance.md).
load:
	scripts/need postfix openssl
	go test -tags load -run TestLoad -v ./admin ./gateway ./journal
	$(ROOT) go test -tags load -run TestLoad -v -timeout 20m ./e2e

# long plays the stranger of e2e/notices_test.go on every site, with every action, and asks
# a thousand times for the padding of a recorded mail on each; and smuggles requests to the
# HTTP side through nginx and HAProxy.
long:
	scripts/need postfix openssl nginx-light haproxy
	go test -count=1 -tags long -run TestSmugglingThroughProxies ./admin
	$(ROOT) go test -count=1 -tags long -run 'TestNoticesTellNothing|TestAnswersTellNothing|TestRecordedCiphertext' -timeout 30m ./e2e

# postgres puts two gateways with one database behind one Postfix, kills a gateway and the
# database's primary under load, promotes its standby, fills its disk (docs/scale.md; four
# minutes), and kills gateways that tell of certificates' ends. million imports a million
# certificates into both drivers and looks them up.
postgres:
	scripts/need postfix openssl postgresql
	$(ROOT) go test -count=1 -tags postgres -run 'TestTwoGateways|TestPrimaryDies' -v -timeout 10m ./e2e
	$(ROOT) go test -count=1 -tags postgres -run 'TestAcknowledged|TestFullDisk' -v -timeout 10m ./certstore/postgres
	$(ROOT) go test -count=1 -tags postgres -run TestProcessesOnPostgreSQL -v -timeout 10m ./expiry

million:
	scripts/need postgresql
	$(ROOT) go test -count=1 -tags load -run TestLoad -v -timeout 60m ./certstore/postgres

# man writes packaging/sealgate.8 and sealgate.toml.5 out of the commands and of
# config.example.toml; a test says when they are out of date.
man:
	go test -count=1 -run TestManPages ./cmd/sealgate -update

clean:
	rm -rf bin run
