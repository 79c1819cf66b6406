//go:build interop

// The kinds of file that each tool writes.

package interop

import (
	"os"
	"path/filepath"
)

// kind is one kind of file of one tool. write returns the file, or why the tool does not
// write it with this password.
type kind struct {
	tool, name, suffix string
	open               bool // the tool writes it without encryption, whatever the password
	write              func(b *bench, password string) ([]byte, error)
}

func kinds() (all []kind) {
	for name, options := range map[string][]string{
		"PKCS#12":                                 nil,
		"PKCS#12, -legacy (RC2-40, 3DES)":         {"-legacy"},
		"PKCS#12, as OpenSSL 1.x (3DES, RC2-128)": {"-legacy", "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-RC2-128", "-macalg", "sha1"},
		"PKCS#12, SHA-384 MAC":                    {"-macalg", "sha384"},
		"PKCS#12, SHA3-256 MAC":                   {"-macalg", "sha3-256"},
		"PKCS#12, 3DES under PBES2":               {"-keypbe", "des-ede3-cbc", "-certpbe", "des-ede3-cbc"},
		"PKCS#12, RC4":                            {"-legacy", "-keypbe", "PBE-SHA1-RC4-128", "-certpbe", "PBE-SHA1-RC4-40"},
		"PKCS#12, two-key 3DES":                   {"-keypbe", "PBE-SHA1-2DES", "-certpbe", "PBE-SHA1-2DES"},
		"PKCS#12, without MAC":                    {"-nomac"},
		"PKCS#12, nothing encrypted":              {"-keypbe", "NONE", "-certpbe", "NONE"},
	} {
		all = append(all, kind{"openssl", name, "p12", name == "PKCS#12, nothing encrypted", func(b *bench, pw string) ([]byte, error) { return opensslP12(b, pw, options...) }})
	}
	all = append(all, kind{"openssl", "PKCS#12, octets of OpenSSL 1.0", "p12", false, func(b *bench, pw string) ([]byte, error) {
		return opensslP12(b, widened(pw), "-legacy", "-macalg", "sha1")
	}})
	for name, options := range map[string][]string{
		"PKCS#8, SHA-1":              {"-v2prf", "hmacWithSHA1"},
		"PKCS#8, SHA-384":            {"-v2prf", "hmacWithSHA384"},
		"PKCS#8, SHA-512, AES-128":   {"-v2", "aes128", "-v2prf", "hmacWithSHA512"},
		"PKCS#8, scrypt":             {"-scrypt"},
		"PKCS#8, PBES1 MD5 DES":      {"-v1", "PBE-MD5-DES", "-provider", "legacy", "-provider", "default"},
		"PKCS#8, PBES1 SHA-1 RC2-64": {"-v1", "PBE-SHA1-RC2-64", "-provider", "legacy", "-provider", "default"},
		"PKCS#8, PKCS#12's 3DES":     {"-v1", "PBE-SHA1-3DES"},
		"PKCS#8, RC2 under PBES2":    {"-v2", "rc2", "-provider", "legacy", "-provider", "default"},
	} {
		all = append(all, kind{"openssl", name, "pem", false, func(b *bench, pw string) ([]byte, error) {
			args := append([]string{"pkcs8", "-topk8", "-in", "key.pem", "-out", "out", "-passout", "pass:" + pw}, options...)
			return b.withCertificate(b.made("", "openssl", args...))
		}})
	}
	for _, cipher := range []string{"aes256", "des3", "des"} {
		all = append(all, kind{"openssl", "PKCS#1, DEK-Info, " + cipher, "pem", false, func(b *bench, pw string) ([]byte, error) {
			return b.withCertificate(b.made("", "openssl", "rsa", "-traditional", "-"+cipher, "-provider", "legacy", "-provider", "default",
				"-in", "key.pem", "-out", "out", "-passout", "pass:"+pw))
		}})
	}
	all = append(all, nssKinds()...)
	all = append(all, javaKinds()...)
	all = append(all, gnutlsKinds()...)
	return append(all, gpgsmKinds()...)
}

// made runs a program and returns the file that it wrote.
func (b *bench) made(stdin, program string, args ...string) ([]byte, error) {
	if err := b.run(stdin, program, args...); err != nil {
		return nil, err
	}
	return b.result()
}

// widened is a password whose characters are the octets of pw: what it gives is what
// OpenSSL 1.0 gave for pw.
func widened(pw string) string {
	var runes []rune
	for _, b := range []byte(pw) {
		runes = append(runes, rune(b))
	}
	return string(runes)
}

func opensslP12(b *bench, pw string, options ...string) ([]byte, error) {
	args := append([]string{
		"pkcs12", "-export", "-inkey", "key.pem", "-in", "cert.pem", "-certfile", "chain.pem", "-name", "support",
		"-passout", "pass:" + pw, "-out", "out",
	}, options...)
	return b.made("", "openssl", args...)
}

// nssKinds go through a database of certificates and keys.
func nssKinds() (all []kind) {
	for name, options := range map[string][]string{
		"PKCS#12":               nil,
		"PKCS#12, AES-128":      {"-c", "AES-128-CBC", "-C", "AES-128-CBC"},
		"PKCS#12, 3DES, RC2-40": {"-c", "PKCS #12 V2 PBE With SHA-1 And 3KEY Triple DES-CBC", "-C", "PKCS #12 V2 PBE With SHA-1 And 40 Bit RC2 CBC"},
	} {
		all = append(all, kind{"NSS pk12util", name, "p12", false, func(b *bench, pw string) ([]byte, error) {
			db := "sql:nss"
			if _, err := os.Stat(filepath.Join(b.dir, "nss")); err != nil {
				if err := b.nssDatabase(db); err != nil {
					return nil, err
				}
			}
			b.commands = nil
			return b.made("", "pk12util", append([]string{"-o", "out", "-n", "support", "-d", db, "-K", "", "-W", pw}, options...)...)
		}})
	}
	return all
}

func (b *bench) nssDatabase(db string) error {
	if err := os.Mkdir(filepath.Join(b.dir, "nss"), 0o700); err != nil {
		return err
	}
	base, err := opensslP12(b, "geheim")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(b.dir, "base.p12"), base, 0o600); err != nil {
		return err
	}
	if err := b.run("", "certutil", "-N", "-d", db, "--empty-password"); err != nil {
		return err
	}
	return b.run("", "pk12util", "-i", "base.p12", "-d", db, "-K", "", "-W", "geheim")
}

func javaKinds() (all []kind) {
	for name, option := range map[string]string{"PKCS#12": "-J-Duser.language=en", "PKCS#12, legacy": "-J-Dkeystore.pkcs12.legacy"} {
		all = append(all, kind{"keytool", name, "p12", false, func(b *bench, pw string) ([]byte, error) {
			base, err := opensslP12(b, "geheim")
			if err != nil {
				return nil, err
			}
			if err := os.WriteFile(filepath.Join(b.dir, "base.p12"), base, 0o600); err != nil {
				return nil, err
			}
			b.commands = nil
			return b.made("", "keytool", option, "-importkeystore", "-noprompt", "-srckeystore", "base.p12", "-srcstoretype", "PKCS12", "-srcstorepass", "geheim",
				"-destkeystore", "out", "-deststoretype", "PKCS12", "-deststorepass", pw)
		}})
	}
	return all
}

func gnutlsKinds() (all []kind) {
	for name, options := range map[string][]string{
		"PKCS#12":                   {"--outder"},
		"PKCS#12, PEM armour":       nil,
		"PKCS#12, AES-256":          {"--outder", "--pkcs-cipher", "aes-256"},
		"PKCS#12, 3DES":             {"--outder", "--pkcs-cipher", "3des-pkcs12"},
		"PKCS#12, 3DES under PBES2": {"--outder", "--pkcs-cipher", "3des"},
		"PKCS#12, RC2-40":           {"--outder", "--pkcs-cipher", "rc2-40"},
		"PKCS#12, ARCFOUR":          {"--outder", "--pkcs-cipher", "arcfour"},
		"PKCS#12, SHA-512 MAC":      {"--outder", "--hash", "sha512"},
	} {
		all = append(all, kind{"certtool", name, "p12", false, func(b *bench, pw string) ([]byte, error) {
			args := append([]string{
				"--to-p12", "--load-privkey", "key.pem", "--load-certificate", "cert.pem", "--load-ca-certificate", "chain.pem",
				"--p12-name", "support", "--outfile", "out",
			}, options...)
			return b.made("", "certtool", append(args, gnutlsPassword(pw)...)...)
		}})
	}
	for name, cipher := range map[string]string{"PKCS#8, AES-256": "aes-256", "PKCS#8, 3DES": "3des"} {
		all = append(all, kind{"certtool", name, "pem", false, func(b *bench, pw string) ([]byte, error) {
			args := []string{"--to-p8", "--load-privkey", "key.pem", "--pkcs-cipher", cipher, "--outfile", "out"}
			return b.withCertificate(b.made("", "certtool", append(args, gnutlsPassword(pw)...)...))
		}})
	}
	return all
}

func gnutlsPassword(pw string) []string {
	if pw == "" {
		return []string{"--empty-password"}
	}
	return []string{"--password", pw}
}

// gpgsmKinds have a home of their own for each password: gpgsm protects the key that it
// imports with the password that it exports it with.
func gpgsmKinds() (all []kind) {
	for name, options := range map[string][]string{
		"PKCS#12":             {"--export-secret-key-p12"},
		"PKCS#12, PEM armour": {"--armor", "--export-secret-key-p12"},
		"PKCS#8":              {"--armor", "--export-secret-key-p8"},
	} {
		suffix := "p12"
		if name == "PKCS#8" {
			suffix = "pem"
		}
		all = append(all, kind{"gpgsm", name, suffix, suffix == "pem", func(b *bench, pw string) ([]byte, error) {
			if err := b.gpgsmHome(pw); err != nil {
				return nil, err
			}
			b.commands = nil
			args := append([]string{"--batch", "--no-tty", "--pinentry-mode", "loopback", "--passphrase-fd", "0", "--output", "out"}, options...)
			data, err := b.made(pw+"\n", "gpgsm", append(args, "support@firma.example")...)
			if suffix == "pem" {
				return b.withCertificate(data, err)
			}
			return data, err
		}})
	}
	return all
}

func (b *bench) gpgsmHome(pw string) error {
	home := filepath.Join(b.dir, "gnupg")
	b.run("", "gpgconf", "--kill", "all")
	os.RemoveAll(home)
	if err := os.Mkdir(home, 0o700); err != nil {
		return err
	}
	for name, text := range map[string]string{"gpgsm.conf": "disable-crl-checks\n", "gpg-agent.conf": "allow-loopback-pinentry\n"} {
		if err := os.WriteFile(filepath.Join(home, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	base, err := opensslP12(b, widened(pw), "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(b.dir, "base.p12"), base, 0o600); err != nil {
		return err
	}
	return b.run(pw+"\n", "gpgsm", "--batch", "--no-tty", "--pinentry-mode", "loopback", "--passphrase-fd", "0", "--import", "base.p12")
}
