// Mails as seven libraries compose them leave signed, encrypted and both, and nothing in them changes.

package gateway

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sealgate/gateway/verdict"
	"sealgate/smime"
)

// composed are the mails of testdata/composed, as they come by SMTP.
func composed(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("testdata/composed/*.eml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no mails: %v", err)
	}
	all := map[string]string{}
	for _, file := range files {
		octets, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := string(octets)
		// Those made by hand are as SMTP brings them; with BINARYMIME a line may end as it likes.
		if !strings.HasPrefix(filepath.Base(file), "hand-") {
			var lines strings.Builder
			if err := smime.ToCRLF(&lines, bytes.NewReader(octets)); err != nil {
				t.Fatal(err)
			}
			text = lines.String()
		}
		all[strings.TrimSuffix(filepath.Base(file), ".eml")] = text
	}
	return all
}

// protections are what may be ordered for a mail.
var protections = map[string]string{
	"sign":    "X-SMIME-Sign: yes\r\n",
	"encrypt": "X-SMIME-Sign: no\r\nX-SMIME-Encrypt: yes\r\n",
	"both":    "X-SMIME-Sign: yes\r\nX-SMIME-Encrypt: yes\r\n",
}

// decode undoes the Content-Transfer-Encoding of a body.
func decode(fields textproto.MIMEHeader, body []byte) ([]byte, error) {
	var decoded io.Reader = bytes.NewReader(body)
	switch strings.ToLower(fields.Get("Content-Transfer-Encoding")) {
	case "base64":
		decoded = base64.NewDecoder(base64.StdEncoding, decoded)
	case "quoted-printable":
		decoded = quotedprintable.NewReader(decoded)
	}
	return io.ReadAll(decoded)
}

// describe gives the type, the name and the octets of a text or an attachment.
func describe(fields textproto.MIMEHeader, octets []byte) string {
	media, parameters, err := mime.ParseMediaType(fields.Get("Content-Type"))
	if err != nil {
		media = "text/plain"
	}
	if strings.HasPrefix(media, "text/") {
		octets = bytes.ReplaceAll(octets, []byte("\r\n"), []byte("\n"))
	}
	_, disposition, _ := mime.ParseMediaType(fields.Get("Content-Disposition"))
	name := disposition["filename"]
	if name == "" {
		name = parameters["name"]
	}
	plain, err := new(mime.WordDecoder).DecodeHeader(name)
	if err != nil {
		plain = name
	}
	return fmt.Sprintf("%s %q %q", media, plain, octets)
}

// readLeaves reads the texts and attachments of an entity, with Go's own library.
func readLeaves(fields textproto.MIMEHeader, body []byte) (all []string, err error) {
	media, parameters, _ := mime.ParseMediaType(fields.Get("Content-Type"))
	if !strings.HasPrefix(media, "multipart/") {
		octets, err := decode(fields, body)
		if err != nil {
			return nil, err
		}
		if media == "message/rfc822" { // nodemailer writes it in base64, against RFC 2046 §5.2.1
			return readMail(string(octets))
		}
		return []string{describe(fields, octets)}, nil
	}
	parts := multipart.NewReader(bytes.NewReader(body), parameters["boundary"])
	for {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		octets, err := io.ReadAll(part)
		if err != nil {
			return nil, err
		}
		leaves, err := readLeaves(part.Header, octets)
		if err != nil {
			return nil, err
		}
		all = append(all, leaves...)
	}
}

func readMail(text string) ([]string, error) {
	m, err := mail.ReadMessage(strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(m.Body)
	if err != nil {
		return nil, err
	}
	return readLeaves(textproto.MIMEHeader(m.Header), body)
}

// opensslOpens decrypts and verifies what left with the program openssl.
func (h *house) opensslOpens(protection, text string) string {
	h.t.Helper()
	dir := h.t.TempDir()
	root := filepath.Join(dir, "root.pem")
	if err := os.WriteFile(root, h.pki.Root.CertPEM(), 0o600); err != nil {
		h.t.Fatal(err)
	}
	both, _, err := h.anna.WriteFiles(dir, "anna")
	if err != nil {
		h.t.Fatal(err)
	}
	if protection != "sign" {
		text = h.openssl(text, "cms", "-decrypt", "-recip", both)
	}
	if protection != "encrypt" {
		text = h.openssl(text, "cms", "-verify", "-CAfile", root)
	}
	return text
}

func (h *house) openssl(text string, args ...string) string {
	h.t.Helper()
	cmd := exec.Command("openssl", args...)
	cmd.Stdin = strings.NewReader(text)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		h.t.Fatalf("openssl %v: %v\n%s", args, err, stderr.String())
	}
	return string(out)
}

// TestComposedByLibraries: what nodemailer, JavaMail, Ruby's mail, MIME::Entity, Email::MIME, PHPMailer
// and Python write, and what hands write, leaves signed, encrypted and both. OpenSSL and we
// open it, and find each text and attachment as it was.
func TestComposedByLibraries(t *testing.T) {
	h := newHouse(t)
	h.knows(h.anna)
	for name, text := range composed(t) {
		for protection, order := range protections {
			t.Run(name+" "+protection, func(t *testing.T) {
				h := *h
				h.t = t
				want, err := readMail(text)
				if err != nil {
					t.Fatal(err)
				}
				if strings.HasSuffix(name, "-attached") && len(want) != 3 {
					t.Fatalf("the mail has %d texts and attachments", len(want))
				}
				out := h.process(outboundTo("anna@kunde.example"), order+text)
				if len(out.text) != 1 {
					t.Fatalf("%d copies: %+v", len(out.text), out.Reply)
				}
				h.mustHaveLeft(protection, out.text[0])
				got, err := readMail(h.opensslOpens(protection, out.text[0]))
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(got, want) {
					t.Errorf("got  %q\nwant %q", got, want)
				}
			})
		}
	}
}

// mustHaveLeft fails unless we find a copy protected as it was ordered.
func (h *house) mustHaveLeft(protection, text string) {
	h.t.Helper()
	_, v, m := h.readCopy(text, h.anna)
	if encrypted := v.Encryption == verdict.EncryptionDecrypted; encrypted != (protection != "sign") {
		h.t.Errorf("encryption: %v, %v", v.Encryption, m.Undecryptable)
	}
	if signed := v.Signature == verdict.SignatureValid; signed != (protection != "encrypt") {
		h.t.Errorf("signature: %+v", v)
	}
}
