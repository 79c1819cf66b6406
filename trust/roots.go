package trust

// This file gives the roots that are trusted for e-mail.

import (
	"crypto/x509"
	_ "embed"
	"encoding/pem"
	"fmt"
	"os"
	"strings"

	"sealgate/internal/x509cert"
)

//go:embed roots/email.pem
var embeddedRoots string

// rhelBundle is where RHEL and its kin keep the roots trusted for e-mail.
const rhelBundle = "/etc/pki/ca-trust/extracted/pem/email-ca-bundle.pem"

// Roots is a set of roots and where it comes from.
type Roots struct {
	Certificates []*x509.Certificate
	Source       string  // a path, or the NSS version
	Date         string  // of an embedded set, YYYY-MM-DD
	Unread       []error // what the system's list has besides; each says why it is not among them
}

// SystemRoots are the roots trusted for e-mail: the system's own list where it
// has one, else Mozilla's as embedded here. Never the TLS bundle: it lacks mail
// roots and has ones that are for servers only.
func SystemRoots() (*Roots, error) {
	if system, err := os.ReadFile(rhelBundle); err == nil {
		return readRoots(string(system), rhelBundle, "")
	}
	return readRoots(embeddedRoots, comment("source"), comment("date"))
}

// readRoots reads PEM; a root that cannot be read costs the others nothing.
func readRoots(text, source, date string) (*Roots, error) {
	r := &Roots{Source: source, Date: date}
	for data := []byte(text); ; {
		block, rest := pem.Decode(data)
		if block == nil {
			break
		}
		data = rest
		if c, err := x509cert.Parse(block.Bytes); err != nil {
			r.Unread = append(r.Unread, fmt.Errorf("trust: root %d of %s: %w", len(r.Certificates)+len(r.Unread)+1, source, err))
		} else {
			r.Certificates = append(r.Certificates, c)
		}
	}
	if len(r.Certificates) == 0 {
		return nil, fmt.Errorf("trust: no roots in %s", source)
	}
	return r, nil
}

// comment reads a line "# name: value" of the embedded file.
func comment(name string) string {
	_, after, _ := strings.Cut(embeddedRoots, "# "+name+": ")
	value, _, _ := strings.Cut(after, "\n")
	return value
}
