// What a SignedData may make us hash.

package cms

import (
	"bytes"
	"errors"
	"testing"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// TestDigestsAreBounded: nothing is hashed for a signer whose certificate is missing,
// and no more digests than the bound for those whose certificate is there.
func TestDigestsAreBounded(t *testing.T) {
	stranger := load(t, "rsa2").Certificate
	for _, n := range []int{0, 1, maxContentDigests - 1, maxContentDigests, len(digests)} { // of signers with a certificate
		m := honest(t, "rsa", signText)
		var infos, listed [][]byte
		for i := range digests {
			algorithm := derAlgorithm(digests[i].id)
			listed = append(listed, algorithm)
			if m.digest = algorithm; i < n {
				infos = append(infos, m.signerInfo(t))
				continue
			}
			infos = append(infos, der(cbasn1.SEQUENCE, derInt(1), issuerAndSerial(stranger), algorithm, m.algorithm, derOctets(make([]byte, 256))))
		}
		message := signedDataOf(m.contentType, derOctets(signText), m.certificates, infos, bytes.Join(listed, nil))
		if got := parse(t, message).Signed.Verifier().Digests(); got != min(n, maxContentDigests) {
			t.Errorf("%d of %d signers: %d digests", n, len(digests), got)
		}
		for i, s := range verifyAll(t, message, nil) {
			want := ErrSignature // the attribute is the digest of another algorithm
			switch {
			case i >= n:
				want = ErrNoCertificate
			case i == 0: // SHA-256
				want = nil
			case i >= maxContentDigests:
				want = ErrUnsupported
			}
			if !errors.Is(s.Err, want) {
				t.Errorf("%d signers, %s: %v, want %v", n, s.Digest, s.Err, want)
			}
		}
	}
}

// TestDigestOfASecondSigner: the bound is of digests, not of signers.
func TestDigestOfASecondSigner(t *testing.T) {
	m := honest(t, "rsa", signText)
	var more [][]byte
	for range maxContentDigests + 1 {
		more = append(more, m.signerInfo(t))
	}
	for i, s := range verifyAll(t, m.message(t, more...), nil) {
		if s.Err != nil {
			t.Errorf("signer %d: %v", i, s.Err)
		}
	}
}
