package trust

import (
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestSystemRoots(t *testing.T) {
	r, err := SystemRoots()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d e-mail roots, %s, %s", len(r.Certificates), r.Source, r.Date)
	if r.Source == "" || len(r.Certificates) < 50 || r.Date != "" && len(r.Unread) > 0 {
		t.Errorf("%d roots from %q", len(r.Certificates), r.Source)
	}
	for _, c := range r.Certificates {
		if !c.IsCA && c.BasicConstraintsValid {
			t.Errorf("%s is no authority", c.Subject)
		}
	}
	if _, err := x509.ParseCertificate(r.Certificates[0].Raw); err != nil {
		t.Error(err)
	}
}

// TestUnreadableRoot does not keep the others from being trusted.
func TestUnreadableRoot(t *testing.T) {
	bad := "-----BEGIN CERTIFICATE-----\nMAMCAQc=\n-----END CERTIFICATE-----\n"
	good, err := readRoots(embeddedRoots, "here", "")
	if err != nil {
		t.Fatal(err)
	}
	r, err := readRoots(bad+embeddedRoots, "here", "")
	if err != nil || len(r.Certificates) != len(good.Certificates) || len(r.Unread) != 1 {
		t.Errorf("%d roots, %v, %v", len(r.Certificates), r.Unread, err)
	}
	if _, err := readRoots(bad, "here", ""); err == nil {
		t.Error("no root at all is no error")
	}
}

var (
	// emailRoot is a line of certutil's list whose middle flag is a trusted CA.
	emailRoot = regexp.MustCompile(`(?m)^(Builtin Object Token:.*\S) +[^ ,]*,C[^ ,]*,[^ ,]* *$`)
	// fingerprint and distrusted are lines of certutil's description of one root.
	fingerprint = regexp.MustCompile(`Fingerprint \(SHA-256\):\s+([0-9A-F:]+)`)
	distrusted  = regexp.MustCompile(`E-mail Distrust After: \S`)
)

// TestSystemRootsAreNSSs compares, root by root, with what NSS itself trusts for
// e-mail without a date after which it does not.
func TestSystemRootsAreNSSs(t *testing.T) {
	r, err := SystemRoots()
	if err != nil {
		t.Fatal(err)
	}
	modules, _ := filepath.Glob("/usr/lib/*/libnssckbi.so")
	_, noTool := exec.LookPath("certutil")
	if len(modules) == 0 || noTool != nil || r.Date == "" {
		t.Skip("NSS and its certutil are not installed, or the system has a list of its own")
	}
	db := "sql:" + t.TempDir()
	run := func(args ...string) string {
		out, err := exec.Command(args[0], args[1:]...).Output()
		if err != nil {
			t.Fatalf("%v: %v", args, err)
		}
		return string(out)
	}
	run("certutil", "-N", "-d", db, "--empty-password")
	run("modutil", "-force", "-dbdir", db, "-add", "builtin", "-libfile", modules[0])
	theirs, dropped := map[string]string{}, 0
	for _, m := range emailRoot.FindAllStringSubmatch(run("certutil", "-L", "-d", db, "-h", "Builtin Object Token"), -1) {
		text := run("certutil", "-L", "-d", db, "-n", m[1])
		if distrusted.MatchString(text) {
			dropped++
			continue
		}
		all := fingerprint.FindAllStringSubmatch(text, -1) // two roots may have one name
		if len(all) == 0 {
			t.Fatalf("%s: no fingerprint", m[1])
		}
		for _, f := range all {
			theirs[strings.ToLower(strings.ReplaceAll(f[1], ":", ""))] = m[1]
		}
	}
	t.Logf("NSS: %d roots for e-mail, and %d that it distrusts by date; embedded: %d, %s, %s", len(theirs), dropped, len(r.Certificates), r.Source, r.Date)
	for _, c := range r.Certificates {
		sum := fmt.Sprintf("%x", sha256.Sum256(c.Raw))
		if theirs[sum] == "" {
			t.Errorf("%s is embedded, NSS does not trust it for e-mail: make roots", c.Subject)
		}
		delete(theirs, sum)
	}
	for _, name := range theirs {
		t.Errorf("%s is not embedded: make roots", name)
	}
}
