package trust

import (
	"crypto/x509"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

func TestSystemRoots(t *testing.T) {
	r, err := SystemRoots()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d e-mail roots, %s, %s", len(r.Certificates), r.Source, r.Date)
	if r.Source == "" || len(r.Certificates) < 50 {
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

// emailRoot is a line of certutil's list whose middle flag is a trusted CA.
var emailRoot = regexp.MustCompile(`(?m)^Builtin Object Token:.*\S +[^ ,]*,C[^ ,]*,[^ ,]* *$`)

// TestSystemRootsAreNSSs compares with what NSS itself lists.
func TestSystemRootsAreNSSs(t *testing.T) {
	r, err := SystemRoots()
	if err != nil {
		t.Fatal(err)
	}
	modules, _ := filepath.Glob("/usr/lib/*/libnssckbi.so")
	certutil, noTool := exec.LookPath("certutil")
	if len(modules) == 0 || noTool != nil || r.Date == "" {
		t.Skip("NSS and its certutil are not installed, or the system has a list of its own")
	}
	db := "sql:" + t.TempDir()
	for _, args := range [][]string{{certutil, "-N", "-d", db, "--empty-password"}, {"modutil", "-force", "-dbdir", db, "-add", "builtin", "-libfile", modules[0]}} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v %s", args, err, out)
		}
	}
	out, err := exec.Command(certutil, "-L", "-d", db, "-h", "Builtin Object Token").Output()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(emailRoot.FindAll(out, -1)); n != len(r.Certificates) {
		t.Errorf("NSS has %d roots for e-mail, we embed %d (%s, %s): make roots", n, len(r.Certificates), r.Source, r.Date)
	}
}
