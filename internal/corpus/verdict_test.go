// The verdicts over all messages of the corpus, compared with its manifest.

package corpus_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"strings"
	"testing"

	"sealgate/gateway/verdict"
	"sealgate/internal/corpus"
	"sealgate/smime"
	"sealgate/smime/cms"
	"sealgate/spool"
	"sealgate/trust"
)

// divergences are the undisputed rows whose verdict is not the manifest's. Each
// is argued, with another implementation that does the same, in docs/corpus.md.
var divergences = map[string]verdict.SignatureStatus{
	"comm-central/smime/alice.env.sig.SHA256.opaque.dave.sig.SHA256.opaque.eml": verdict.SignatureMismatch,
	"comm-central/smime/alice.env.sig.SHA384.opaque.dave.sig.SHA384.opaque.eml": verdict.SignatureMismatch,
	"comm-central/smime/alice.env.sig.SHA512.opaque.dave.sig.SHA512.opaque.eml": verdict.SignatureMismatch,
	"comm-central/smime/alice.env.sig.SHA1.opaque.eml":                          verdict.SignaturePartial,
	"comm-central/smime/alice.env.sig.SHA256.opaque.eml":                        verdict.SignaturePartial,
	"comm-central/smime/alice.env.sig.SHA384.opaque.eml":                        verdict.SignaturePartial,
	"comm-central/smime/alice.env.sig.SHA512.opaque.eml":                        verdict.SignaturePartial,
	"zammad/opaque_no_bundled_signer_cert.eml":                                  verdict.SignatureUnchecked,
}

// judged opens and judges one row at its own time, with its own anchors.
func verdictOf(t *testing.T, r corpus.Row) (*smime.Message, *verdict.Verdict) {
	t.Helper()
	sp, err := spool.New(spool.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	var msg bytes.Buffer
	if err := smime.ToCRLF(&msg, bytes.NewReader(r.Message(t))); err != nil {
		t.Fatal(err)
	}
	var keys []cms.DecryptionKey
	if c, k := r.Key(t); c != nil {
		keys = append(keys, cms.DecryptionKey{Certificate: c, Key: k})
	}
	m, err := smime.Open(t.Context(), bytes.NewReader(msg.Bytes()), int64(msg.Len()), smime.OpenOptions{Keys: keys, Spool: sp})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	check, err := trust.New(trust.Options{Roots: r.Anchors(t), AcceptAny: true, Revocation: trust.Off})
	if err != nil {
		t.Fatal(err)
	}
	from := ""
	if r.From == "" {
		from = strings.ToLower(r.Signer)
	}
	return m, verdict.Of(t.Context(), m, from, check, r.At)
}

func TestVerdicts(t *testing.T) {
	for _, r := range corpus.Load(t) {
		t.Run(r.Path, func(t *testing.T) {
			m, v := verdictOf(t, r)
			t.Logf("signature %s, encryption %s: %s", v.Signature, v.Encryption, v.Reason)
			if strings.HasPrefix(r.Expected, "spoof") && v.Signature == verdict.SignatureValid {
				t.Error("a spoof is shown as valid")
			}
			if r.Disputed != "" {
				return
			}
			compare(t, r, m, v)
		})
	}
}

func compare(t *testing.T, r corpus.Row, m *smime.Message, v *verdict.Verdict) {
	t.Helper()
	switch r.Expected {
	case "valid":
		want := verdict.SignatureValid
		if r.Weak != "" {
			want = verdict.SignatureWeak
		}
		if d, ok := divergences[r.Path]; ok {
			want = d
		}
		if v.Signature != want {
			t.Errorf("signature %s, want %s (%s) signer %s", v.Signature, want, r.Layers, r.Signer)
		}
	case "invalid", "malformed":
		if v.Signature == verdict.SignatureValid || r.Expected == "malformed" && v.Encryption == verdict.EncryptionDecrypted {
			t.Errorf("signature %s, encryption %s", v.Signature, v.Encryption)
		}
	case "passthrough", "certs-only":
		if m.Inner != m.Outer {
			t.Error("touched")
		}
	case "undecryptable":
		if v.Encryption != verdict.EncryptionUndecryptable {
			t.Errorf("encryption %s", v.Encryption)
		}
	case "decrypts":
		if r.Kind == "compressed" {
			if m.Inner == m.Outer || m.Malformed != nil {
				t.Errorf("not decompressed: %v", m.Malformed)
			}
			return
		}
		if strings.HasPrefix(r.DecryptKey, "secretkey:") { // a right answer, says the corpus's README
			return
		}
		if v.Encryption != verdict.EncryptionDecrypted {
			t.Errorf("encryption %s", v.Encryption)
		}
		h := sha256.New()
		if _, err := io.Copy(h, m.Inner.Section()); err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(h.Sum(nil)); len(m.Layers) == 1 && got != r.PlaintextSHA256 {
			t.Errorf("plaintext %s, want %s", got, r.PlaintextSHA256)
		}
	}
}

// TestDivergencesAreArgued: what is not as the manifest has it stands in the docs.
func TestDivergencesAreArgued(t *testing.T) {
	doc, err := os.ReadFile("../../docs/corpus.md")
	if err != nil {
		t.Fatal(err)
	}
	for path := range divergences {
		if !bytes.Contains(doc, []byte(path)) {
			t.Errorf("%s is not argued in docs/corpus.md", path)
		}
	}
}
