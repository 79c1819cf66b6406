package postgres

// This file logs in to a database with TLS and a password, which it finds in every place that there is.

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sealgate/internal/postgrestest"
)

// serverCert is a certificate that signs itself for one host name, and its key.
func serverCert(t *testing.T, host string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	return block("CERTIFICATE", der), block("PRIVATE KEY", raw)
}

// TestLogin: the server's certificate must be the one of its name, and the password may be given, or lie in
// a passfile or a service file.
func TestLogin(t *testing.T) {
	t.Parallel()
	own := postgrestest.ForTest(t, "fsync=off")
	for _, statement := range []string{
		"CREATE ROLE sealgate LOGIN PASSWORD 'a word'", "CREATE SCHEMA sealgate AUTHORIZATION sealgate",
	} {
		if err := own.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	cert, key := serverCert(t, "localhost")
	other, _ := serverCert(t, "localhost")
	hba := "host all postgres 127.0.0.1/32 trust\nhostssl all sealgate 127.0.0.1/32 scram-sha-256\n"
	err := own.Restart(map[string]string{"server.crt": cert, "server.key": key, "pg_hba.conf": hba}, "ssl=on")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := func(name, text string) string {
		t.Helper()
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	url := fmt.Sprintf("host=localhost port=%d user=sealgate dbname=postgres sslmode=verify-full sslrootcert=%s",
		own.Port, path("root", cert))
	service := fmt.Sprintf("[sealgate]\n%s\npassword=a word\n", strings.ReplaceAll(url, " ", "\n"))
	for name, c := range map[string]struct {
		o    Options
		want string
	}{
		"password":         {Options{URL: url, Password: "a word"}, ""},
		"passfile":         {Options{URL: url + " passfile=" + path("pass", "localhost:*:*:sealgate:a word\n")}, ""},
		"service file":     {Options{URL: "service=sealgate servicefile=" + path("service", service)}, ""},
		"another password": {Options{URL: url, Password: "another"}, "password authentication failed"},
		"none":             {Options{URL: url + " passfile=" + path("empty", "")}, "password"},
		"another authority": {
			Options{URL: strings.Replace(url, "/root", "/other", 1), Password: "a word"}, "certificate",
		},
		"another name": {
			Options{URL: strings.Replace(url, "host=localhost", "host=127.0.0.1", 1), Password: "a word"}, "certificate",
		},
		"no TLS": {Options{URL: strings.Replace(url, "verify-full", "disable", 1), Password: "a word"}, "no encryption"},
	} {
		path("other", other)
		s, err := Open(context.Background(), c.o)
		if err == nil {
			s.Close()
		}
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "a word") {
			t.Errorf("%s: the password is shown: %v", name, err)
		}
	}
}
