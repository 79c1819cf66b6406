// Tests of RecipientInfos that name our key in another way than its certificate.

package cms

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"io"
	"math/big"
	"slices"
	"testing"

	"sealgate/internal/testpki"
	"sealgate/spool"
)

func keyOf(c *testpki.Cert) DecryptionKey { return DecryptionKey{c.Certificate, c.Key} }

func encryptedFor(t *testing.T, recipients ...*testpki.Cert) *EnvelopedData {
	t.Helper()
	var list []Recipient
	for _, c := range recipients {
		list = append(list, Recipient{Certificate: c.Certificate})
	}
	var out bytes.Buffer
	if err := Encrypt(context.Background(), &out, bytes.NewReader(signText), int64(len(signText)), EncryptOptions{Recipients: list}); err != nil {
		t.Fatal(err)
	}
	return parse(t, out.Bytes()).Enveloped
}

func opens(t *testing.T, e *EnvelopedData, keys ...DecryptionKey) error {
	t.Helper()
	plain, err := e.Decrypt(context.Background(), DecryptOptions{Keys: keys, Spool: newSpool(t), Accept: isSignText})
	if err == nil {
		plain.File.Close()
	}
	return err
}

// isSignText is an Accept: a random key passes the padding once in 256 times.
func isSignText(f *spool.File) bool {
	got, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
	return err == nil && bytes.Equal(got, signText)
}

// putLast puts the RecipientInfo of a certificate behind the others: in a message they
// are sorted (X.690 §11.6).
func putLast(t *testing.T, e *EnvelopedData, c *testpki.Cert) {
	t.Helper()
	for i := range e.Recipients {
		if e.Recipients[i].id.means(c.Certificate) {
			mine := e.Recipients[i]
			e.Recipients = append(slices.Delete(e.Recipients, i, i+1), mine)
			return
		}
	}
	t.Fatal("no RecipientInfo for the certificate")
}

// TestKeyIdentifierForms: whichever form a sender made of the key identifier, the
// message is ours, and what is wrong with it is not called another's.
func TestKeyIdentifierForms(t *testing.T) {
	p := testpki.New(t)
	for _, kind := range []string{"rsa-2048", "p256"} {
		c := p.Issue(testpki.Options{Key: kind})
		spki := c.Certificate.RawSubjectPublicKeyInfo
		whole, whole256 := sha1.Sum(spki), sha256.Sum256(spki)
		forms := append(keyIDs(c.Certificate), whole[:], whole256[:20])
		for i, form := range forms {
			e := encryptedFor(t, c)
			e.Recipients[0].id = signerID{ski: form}
			if err := opens(t, e, keyOf(c)); err != nil {
				t.Errorf("%s, form %d: %v", kind, i, err)
			}
			e.Recipients[0].encryptedKey[5] ^= 1
			if err := opens(t, e, keyOf(c)); err != ErrDecrypt {
				t.Errorf("%s, form %d, damaged: %v", kind, i, err)
			}
		}
	}
}

// TestRenewedCertificate: the key was kept, the certificate renewed, by the same
// authority or another one; the sender has the old one.
func TestRenewedCertificate(t *testing.T) {
	p, elsewhere := testpki.New(t), testpki.New(t)
	for _, kind := range []string{"rsa-2048", "p256", "p384", "brainpoolP256r1"} {
		old := p.Issue(testpki.Options{Key: kind})
		e := encryptedFor(t, p.Issue(testpki.Options{Key: kind}), old)
		for name, by := range map[string]*testpki.PKI{"the same authority": p, "another authority": elsewhere} {
			renewed := by.Issue(testpki.Options{Key: kind, ReuseKeyFrom: old})
			if err := opens(t, e, keyOf(renewed)); err != nil {
				t.Errorf("%s, renewed by %s: %v", kind, name, err)
			}
		}
	}
}

// TestTrialIsAdmitted: a captured ciphertext under another name is asked about as under
// its own, before anything is decrypted: whether it decrypts must not be seen first.
func TestTrialIsAdmitted(t *testing.T) {
	p := testpki.New(t)
	old, stranger := p.Issue(testpki.Options{Key: "p256"}), p.Issue(testpki.Options{Key: "p256"})
	renewed := p.Issue(testpki.Options{Key: "p256", ReuseKeyFrom: old})
	e := encryptedFor(t, old)
	for name, k := range map[string]struct {
		key          *testpki.Cert
		answer, want error
	}{
		"ours":               {renewed, nil, nil},
		"another's":          {stranger, nil, ErrNoRecipient},
		"ours, refused":      {renewed, ErrRefused, ErrRefused},
		"another's, refused": {stranger, ErrRefused, ErrRefused},
	} {
		asked := 0
		o := DecryptOptions{Keys: []DecryptionKey{keyOf(k.key)}, Spool: newSpool(t), Accept: isSignText}
		o.Admit = func([]ContentKey, [sha256.Size]byte) error {
			asked++
			if n := o.Spool.Used(); n != 0 {
				t.Errorf("%s: %d octets are decrypted before it is asked", name, n)
			}
			return k.answer
		}
		plain, err := e.Decrypt(t.Context(), o)
		if (plain != nil) != (k.want == nil) || err != k.want || asked != 1 {
			t.Errorf("%s: asked %d times, %v", name, asked, err)
		}
		if plain != nil {
			plain.File.Close()
		}
	}
}

// TestTrialsAreForNobodyElse: a message that is not ours stays not ours, and a key that
// is named keeps the others from being tried.
func TestTrialsAreForNobodyElse(t *testing.T) {
	p := testpki.New(t)
	ours, others := p.Issue(testpki.Options{Key: "p256"}), p.Issue(testpki.Options{Key: "p256"})
	if err := opens(t, encryptedFor(t, others), keyOf(ours)); err != ErrNoRecipient {
		t.Errorf("another's: %v", err)
	}
	renewed := p.Issue(testpki.Options{Key: "p256", ReuseKeyFrom: others})
	e := encryptedFor(t, ours, others)
	putLast(t, e, others)
	e.Recipients[0].encryptedKey[5] ^= 1
	if err := opens(t, e, keyOf(ours), keyOf(renewed)); err != ErrDecrypt {
		t.Errorf("one that is named and damaged: %v", err)
	}
}

// TestTrialBound: the right one opens the message if it is among the first four, and
// no more than 16 private operations are spent.
func TestTrialBound(t *testing.T) {
	p := testpki.New(t)
	old, stranger := p.Issue(testpki.Options{Key: "p256"}), p.Issue(testpki.Options{Key: "p256"})
	renewed := p.Issue(testpki.Options{Key: "p256", ReuseKeyFrom: old})
	for before, want := range map[int]error{maxContentKeys - 1: nil, maxContentKeys: ErrNoRecipient, maxTrials + 1: ErrNoRecipient} {
		var list []*testpki.Cert
		for range before {
			list = append(list, p.Issue(testpki.Options{Key: "p256", ReuseKeyFrom: stranger}))
		}
		e := encryptedFor(t, append(list, old)...)
		putLast(t, e, old)
		if err := opens(t, e, keyOf(renewed)); err != want {
			t.Errorf("%d others before it: %v, want %v", before, err, want)
		}
		if n := len(e.attempts([]DecryptionKey{keyOf(renewed), keyOf(old)})); n != min(before+1, maxTrials) {
			t.Errorf("%d others before it: %d attempts", before, n)
		}
	}
}

// TestTrialOrder: an authority that has issued one of ours comes first.
func TestTrialOrder(t *testing.T) {
	p, elsewhere := testpki.New(t), testpki.New(t)
	old := p.Issue(testpki.Options{Key: "p256"})
	renewed := p.Issue(testpki.Options{Key: "p256", ReuseKeyFrom: old})
	var list []*testpki.Cert
	for range maxTrials {
		list = append(list, elsewhere.Issue(testpki.Options{Name: "x", Key: "p256"}))
	}
	e := encryptedFor(t, append(list, old)...)
	putLast(t, e, old)
	for i := range list { // testpki's roots have one name
		e.Recipients[i].id.issuer = elsewhere.Issue(testpki.Options{Name: "elsewhere"}).Certificate.RawSubject
		e.Recipients[i].id.serial = derBigInt(big.NewInt(7))
	}
	if err := opens(t, e, keyOf(renewed)); err != nil {
		t.Error(err)
	}
}
