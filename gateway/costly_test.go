package gateway

// This file makes the mails that cost the most operations with keys, and shows that
// there is one budget for all of them.

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"syscall"
	"testing"
	"time"

	"sealgate/internal/testpki"
	"sealgate/smime"
	"sealgate/smime/cms"
)

// mostCPU is what any mail of 1 MiB may take. The race detector and a machine that
// others share take longer, so the tests allow for three times that.
const mostCPU = 3 * time.Second

// cpuTime is what the process has used.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		t.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// noKey stands for a private key that nobody has: its signatures verify nothing, and
// cost as much as those that do.
type noKey struct{ crypto.PublicKey }

func (k noKey) Public() crypto.PublicKey { return k.PublicKey }

func (k noKey) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return make([]byte, k.PublicKey.(*rsa.PublicKey).Size()), nil
}

// hugeRSA is an RSA key of as many bits and as large an exponent as are read.
func hugeRSA() crypto.Signer {
	n := make([]byte, 16384/8)
	rand.Read(n)
	n[0] |= 0x80
	n[len(n)-1] |= 1
	return noKey{&rsa.PublicKey{N: new(big.Int).SetBytes(n), E: 1<<31 - 1}}
}

// bundle is an opaque signature by all, with more certificates.
func (h *house) bundle(content string, by, more []*testpki.Cert) string {
	h.t.Helper()
	o := cms.SignOptions{}
	for _, c := range by {
		o.Signers = append(o.Signers, cms.Signer{Certificate: c.Certificate, Key: c.Key, SigningTime: time.Now()})
	}
	for _, c := range more {
		o.Certificates = append(o.Certificates, c.Certificate)
	}
	var der bytes.Buffer
	if err := cms.Sign(context.Background(), &der, strings.NewReader(content), int64(len(content)), o); err != nil {
		h.t.Fatal(err)
	}
	return enclosed("signed-data", der.Bytes())
}

// enclosed is an entity of CMS.
func enclosed(kind string, der []byte) string {
	var lines strings.Builder
	for text := base64.StdEncoding.EncodeToString(der); len(text) > 0; {
		n := min(76, len(text))
		lines.WriteString(text[:n] + "\r\n")
		text = text[n:]
	}
	return "Content-Type: application/pkcs7-mime; smime-type=" + kind + "; name=smime.p7m\r\n" +
		"Content-Transfer-Encoding: base64\r\n\r\n" + lines.String()
}

// nested puts n layers around a text, each with all the signers.
func (h *house) nested(n int, by, more []*testpki.Cert) string {
	entity := plainText
	for range n {
		entity = h.bundle(entity, by, more)
	}
	return entity
}

// crossSigned are n authorities under two names that issue for each other, with a few
// keys under each name: of every certificate many may be the issuer, and some are.
func crossSigned(h *house, n, keys int, key string) (list []*testpki.Cert) {
	byName := [2][]*testpki.Cert{}
	outsider := testpki.New(h.t).Root
	for i := range n {
		own, other := byName[i%2], byName[(i+1)%2]
		by := outsider
		if len(other) > 0 {
			by = other[i/2%len(other)]
		}
		o := testpki.Options{Name: fmt.Sprintf("Cross %d", i%2), CA: true, Key: key}
		if len(own) >= keys {
			o.ReuseKeyFrom = own[i/2%keys]
		}
		c := h.pki.Under(by, o)
		byName[i%2] = append(own, c)
		list = append(list, c)
	}
	return list
}

// TestCostlySignatures: no mail of 1 MiB takes more than its budget of operations with
// keys, whatever the keys are and wherever they stand. What was not looked at is
// unchecked, and the reason says so.
func TestCostlySignatures(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures processor time, which the race detector and other packages' tests make longer")
	}
	h := newHouse(t, func(o *Options) { o.Limits.LookUps = time.Second })
	anna := func(key string, by *testpki.Cert) (list []*testpki.Cert) {
		for range 16 {
			o := testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: key}
			if key == "huge" {
				o.ReuseKeyFrom = &testpki.Cert{Key: hugeRSA()}
			}
			list = append(list, h.pki.Under(by, o))
		}
		return list
	}
	cross := crossSigned(h, 48, 2, "p521")
	sameName := crossSigned(h, 48, 48, "p521")
	elliptic := anna("p521", cross[47])
	trusted := h.pki.Issue(testpki.Options{Name: "Cross 1", CA: true, Key: "p521"})
	sameName = append(sameName[:46], trusted)
	known := anna("p521", trusted)
	huge := anna("huge", h.pki.Root)
	for name, c := range map[string]struct {
		entity string
		want   string
	}{
		"16 signers with P-521, 48 authorities that signed each other": {h.bundle(plainText, elliptic, cross), "untrusted"},
		"16 good signers with P-521, 48 authorities of two names":      {h.bundle(plainText, known, sameName), "unchecked"},
		"8 layers of 16 signers with P-521 and 48 authorities":         {h.nested(8, elliptic, cross), "unchecked"},
		"16 signers with RSA of 16,384 bits":                           {h.bundle(plainText, huge, nil), "invalid"},
		"8 layers of 16 signers with RSA of 16,384 bits":               {h.nested(8, huge, nil), "invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			mail := fromAnna + c.entity
			start := cpuTime(t)
			got := h.process(toSupport, mail).text[0]
			took := cpuTime(t) - start
			status, reason := h.header(got, "X-SMIME-Signature"), h.header(got, "X-SMIME-Cause")
			t.Logf("%d KiB: %s in %v of CPU (%s)", len(mail)>>10, status, took.Round(time.Millisecond), reason)
			if status != c.want || took > mostCPU {
				t.Errorf("%s in %v of CPU, want %s within %v", status, took, c.want, mostCPU)
			}
			if c.want == "unchecked" && !strings.Contains(reason, "more operations with keys") {
				t.Errorf("the reason does not say why: %s", reason)
			}
		})
	}
}

// TestCostlyRecipients: as many RecipientInfos for our key as are read, in as many
// layers, cost no more than a message may.
func TestCostlyRecipients(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures processor time, which the race detector and other packages' tests make longer")
	}
	h := newHouse(t)
	mine := h.pki.Issue(testpki.Options{Addresses: []string{"support@firma.example"}, Key: "rsa-3072"})
	var to []cms.Recipient
	for range 64 {
		to = append(to, cms.Recipient{Certificate: mine.Certificate})
	}
	entity := plainText
	for range 8 {
		var der bytes.Buffer
		o := cms.EncryptOptions{Recipients: to}
		if err := cms.Encrypt(context.Background(), &der, strings.NewReader(entity), int64(len(entity)), o); err != nil {
			t.Fatal(err)
		}
		entity = enclosed("enveloped-data", der.Bytes())
	}
	start := cpuTime(t)
	keys := []cms.DecryptionKey{{Certificate: mine.Certificate, Key: mine.Key}}
	m, err := smime.Open(t.Context(), strings.NewReader(entity), int64(len(entity)), smime.OpenOptions{Keys: keys, Spool: h.o.Spool})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	took := cpuTime(t) - start
	t.Logf("%d KiB: %d layers opened in %v of CPU, then %v", len(entity)>>10, len(m.Layers), took.Round(time.Millisecond), m.Undecryptable)
	if !errors.Is(m.Undecryptable, cms.ErrTooCostly) || took > mostCPU {
		t.Errorf("%v in %v of CPU, want %v within %v", m.Undecryptable, took, cms.ErrTooCostly, mostCPU)
	}
}
