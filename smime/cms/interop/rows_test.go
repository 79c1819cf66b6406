//go:build interop

// The rows of the matrix: one for each algorithm that we read or write.

package interop

import (
	"crypto"
	"fmt"
	"strings"
)

// row is one algorithm, or one way to use it.
type row struct {
	group    string // the matrix's section
	key      string // of testdata/pki
	digest   crypto.Hash
	pss      bool
	detached bool

	cipher   string
	oaep     bool
	mgf      crypto.Hash // for OAEP, zero: as digest
	kdf      string
	wrap     string // of a key agreement; "": AES as long as the content key
	ski      bool
	readOnly bool // we do not write it
}

const (
	signatures = "Signatures"
	management = "Key management"
	content    = "Content encryption"
	other      = "Other"
)

func digestName(h crypto.Hash) string {
	return strings.ToLower(strings.ReplaceAll(h.String(), "/", "-"))
}

// name is also the name of the recorded message; the tests in smime/cms compare
// its words with what the reader says.
func (r row) name() string {
	var words []string
	add := func(format string, args ...any) { words = append(words, fmt.Sprintf(format, args...)) }
	switch r.group {
	case signatures:
		algorithm := map[string]string{"rsa": "rsa-pkcs1", "rsapss": "rsa-pss", "ed25519": "ed25519"}[r.key]
		if algorithm == "" {
			algorithm = "ecdsa"
		}
		if r.pss {
			algorithm = "rsa-pss"
		}
		add("sign_%s_%s_%s", algorithm, r.key, digestName(r.digest))
		if r.detached {
			add("detached")
		} else {
			add("opaque")
		}
	case management, content:
		add("encrypt_%s_%s", r.cipher, r.key)
		if r.oaep {
			add("rsa-oaep-%s", digestName(r.digest))
		}
		if r.oaep && r.mgf != 0 {
			add("mgf1-%s", digestName(r.mgf))
		}
		if r.kdf != "" {
			add("kdf-%s", r.kdf)
		}
		if r.wrap != "" {
			add("wrap-%s", r.wrap)
		}
		if r.ski {
			add("ski")
		}
	default:
		add("%s", r.cipher)
	}
	return strings.Join(words, "_")
}

func (r row) is(keys ...string) bool {
	for _, k := range keys {
		if r.key == k {
			return true
		}
	}
	return false
}

func (r row) sha3() bool { return strings.HasPrefix(r.digest.String(), "SHA3") }

func (r row) aead() bool {
	return strings.HasSuffix(r.cipher, "gcm") || strings.HasPrefix(r.cipher, "chacha")
}

// rows are all of the matrix.
func rows() (list []row) {
	sha2 := []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512}
	sha3 := []crypto.Hash{crypto.SHA3_256, crypto.SHA3_384, crypto.SHA3_512}
	for _, h := range append(sha2, sha3...) {
		list = append(list, row{group: signatures, key: "rsa", digest: h, detached: true},
			row{group: signatures, key: "rsa", pss: true, digest: h, detached: true})
	}
	list = append(list, row{group: signatures, key: "rsapss", digest: crypto.SHA256, detached: true})
	for _, h := range append(sha2, sha3...) {
		for _, k := range []string{"p256", "p384", "p521"} {
			list = append(list, row{group: signatures, key: k, digest: h, detached: true})
		}
	}
	fitting := []string{"sha-256", "sha-384", "sha-512"}
	brainpool := []string{"bp256", "bp384", "bp512"}
	for i, k := range brainpool {
		list = append(list, row{group: signatures, key: k, digest: sha2[i], detached: true})
	}
	list = append(list,
		row{group: signatures, key: "ed25519", digest: crypto.SHA512, detached: true},
		row{group: signatures, key: "rsa", digest: crypto.SHA256},
		row{group: signatures, key: "rsa", pss: true, digest: crypto.SHA256},
		row{group: signatures, key: "p256", digest: crypto.SHA256},
		row{group: signatures, key: "ed25519", digest: crypto.SHA512},
		row{group: signatures, key: "rsa", pss: true, digest: crypto.SHA224, detached: true, readOnly: true},
		row{group: signatures, key: "rsa", digest: crypto.SHA1, detached: true, readOnly: true},
		row{group: signatures, key: "rsa", digest: crypto.MD5, detached: true, readOnly: true},
	)
	for _, h := range []crypto.Hash{crypto.SHA224, crypto.SHA3_224, crypto.SHA512_224, crypto.SHA512_256} {
		list = append(list, row{group: signatures, key: "rsa", digest: h, detached: true, readOnly: true})
	}
	for _, h := range []crypto.Hash{crypto.SHA224, crypto.SHA3_224} {
		list = append(list, row{group: signatures, key: "p256", digest: h, detached: true, readOnly: true})
	}
	cbc := func(r row) row { r.group, r.cipher = management, "aes-256-cbc"; return r }
	list = append(list, cbc(row{key: "rsa"}), cbc(row{key: "rsa", ski: true}))
	for _, h := range sha2 {
		list = append(list, cbc(row{key: "rsa", oaep: true, digest: h}),
			cbc(row{key: "rsa", oaep: true, digest: h, mgf: crypto.SHA1, readOnly: true}))
	}
	list = append(list, cbc(row{key: "rsa", oaep: true, digest: crypto.SHA1, readOnly: true}), cbc(row{key: "rsa", oaep: true, digest: crypto.SHA224, readOnly: true}),
		cbc(row{key: "rsa", oaep: true, digest: crypto.SHA256, mgf: crypto.SHA224, readOnly: true}))
	for _, k := range []string{"p256", "p384", "p521"} {
		for _, d := range []string{"sha-1", "sha-256", "sha-384", "sha-512"} {
			list = append(list, cbc(row{key: k, kdf: d, readOnly: d == "sha-1"}))
		}
	}
	list = append(list, cbc(row{key: "p256", kdf: "sha-224", readOnly: true}), row{group: management, key: "p256", cipher: "des-ede3-cbc", kdf: "sha-256", wrap: "des3", readOnly: true},
		cbc(row{key: "p256", kdf: "sha-256", ski: true}))
	for i, k := range brainpool {
		list = append(list, cbc(row{key: k, kdf: fitting[i]}))
	}
	for _, d := range fitting {
		list = append(list, cbc(row{key: "x25519", kdf: d}))
	}
	for _, c := range []string{"aes-256-cbc", "aes-192-cbc", "aes-128-cbc", "aes-256-gcm", "aes-192-gcm", "aes-128-gcm", "chacha20-poly1305"} {
		list = append(list, row{group: content, key: "rsa", cipher: c})
		if !strings.HasPrefix(c, "chacha") {
			list = append(list, row{group: content, key: "p256", cipher: c, kdf: "sha-256"})
		}
	}
	for _, c := range []string{"des-ede3-cbc", "rc2-cbc-40", "rc2-cbc-64", "rc2-cbc-128"} {
		list = append(list, row{group: content, key: "rsa", cipher: c, readOnly: true})
	}
	return append(list, row{group: other, cipher: "compressed", readOnly: true}, row{group: other, cipher: "certs-only"})
}
