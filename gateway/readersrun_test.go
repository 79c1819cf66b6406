//go:build readers

// How each reader of readers_test.go is run.

package gateway

import (
	"encoding/base64"
	"encoding/json"
	"net/mail"
	"os"
	"path/filepath"
	"strings"

	"sealgate/smime"
)

const (
	jars            = "/usr/share/java/"
	bouncycastleJar = jars + "bcmail.jar"
)

// script is a reader that is a script of testdata/readers: it takes paths and prints a JSON object for each.
func script(program, name string) func(*readersBench, []string) []answer {
	return func(b *readersBench, mails []string) []answer {
		return b.answers(program, append([]string{filepath.Join("testdata/readers", name)}, mails...)...)
	}
}

func (b *readersBench) answers(program string, args ...string) (all []answer) {
	out := b.must(program, args...)
	lines := json.NewDecoder(strings.NewReader(out))
	for lines.More() {
		var a answer
		if err := lines.Decode(&a); err != nil {
			b.t.Fatalf("%s: %v", program, err)
		}
		all = append(all, a)
	}
	return all
}

func (b *readersBench) bouncycastle(mails []string) []answer {
	var path []string
	for _, jar := range []string{"bcprov", "bcpkix", "bcutil", "bcmail", "javax.mail", "javax.activation"} {
		path = append(path, jars+jar+".jar")
	}
	path = append(path, b.dir)
	classes := strings.Join(path, ":")
	b.must("javac", "-encoding", "utf-8", "-nowarn", "-cp", classes, "-d", b.dir, "testdata/readers/BouncyCastle.java")
	return b.answers("java", append([]string{"-cp", classes, "BouncyCastle", b.root, b.key}, mails...)...)
}

// opener is a program for CMS alone: the mail around it is taken apart here.
type opener struct {
	decrypt func(message string) (content string, err error)
	verify  func(message, content string) error
}

// open lets an opener open mails, layer by layer, and leaves what is in them.
func (b *readersBench) open(o opener, mails []string) (all []answer) {
	for _, path := range mails {
		octets, err := os.ReadFile(path)
		if err != nil {
			b.t.Fatal(err)
		}
		a := answer{File: path}
		text := string(octets)
		for text != "" {
			b.write(strings.TrimPrefix(path, b.dir)+".opened", []byte(text))
			text = b.openLayer(o, text, &a)
		}
		all = append(all, a)
	}
	return all
}

// openLayer opens the outermost layer and gives what is in it, "" where nothing is left to open.
func (b *readersBench) openLayer(o opener, text string, a *answer) string {
	m, err := mail.ReadMessage(strings.NewReader(text))
	if err != nil {
		a.Marks = append(a.Marks, err.Error())
		return ""
	}
	kind := m.Header.Get("Content-Type")
	_, body, _ := strings.Cut(text, "\r\n\r\n")
	switch {
	case strings.HasPrefix(kind, "application/pkcs7-mime"):
		content, err := o.decrypt(b.der(body))
		if err != nil {
			a.Marks = append(a.Marks, err.Error())
			return ""
		}
		a.Marks = append(a.Marks, "encrypted")
		return content
	case strings.HasPrefix(kind, "multipart/signed"):
		content, signature := b.signedParts(text)
		mark := "signed"
		if err := o.verify(b.der(signature), content); err != nil {
			mark = err.Error()
		}
		a.Marks = append(a.Marks, mark)
		return content
	}
	return ""
}

// signedParts are the first part of a multipart/signed, as it was signed, and the body of the second.
func (b *readersBench) signedParts(text string) (content, signature string) {
	e, err := smime.ParseEntity(strings.NewReader(text), int64(len(text)))
	if err != nil {
		b.t.Fatal(err)
	}
	_, parameters := e.ContentType()
	parts := strings.Split(text, "\r\n--"+parameters["boundary"])
	if len(parts) != 4 {
		b.t.Fatalf("a signed mail of %d pieces", len(parts))
	}
	_, signature, _ = strings.Cut(parts[2], "\r\n\r\n")
	return strings.TrimPrefix(parts[1], "\r\n"), signature
}

func (b *readersBench) der(body string) string {
	octets, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(body, "\r\n", ""))
	if err != nil {
		b.t.Fatal(err)
	}
	return b.write("message", octets)
}

func (b *readersBench) openssl(mails []string) []answer {
	return b.open(opener{
		decrypt: func(message string) (string, error) {
			return b.run("", "openssl", "cms", "-decrypt", "-inform", "DER", "-in", message, "-recip", b.both)
		},
		verify: func(message, content string) error {
			file := b.write("content", []byte(content))
			_, err := b.run("", "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", message, "-content", file, "-CAfile", b.root)
			return err
		},
	}, mails)
}

func (b *readersBench) nss(mails []string) []answer {
	return b.open(opener{
		decrypt: func(message string) (string, error) {
			return b.run("", "cmsutil", "-D", "-d", b.db, "-i", message)
		},
		verify: func(message, content string) error {
			_, err := b.run("", "cmsutil", "-D", "-d", b.db, "-i", message, "-c", b.write("content", []byte(content)))
			return err
		},
	}, mails)
}

func (b *readersBench) gpgsm(mails []string) []answer {
	return b.open(opener{
		decrypt: func(message string) (string, error) {
			return b.run("", "gpgsm", "--batch", "--assume-binary", "--decrypt", message)
		},
		verify: func(message, content string) error {
			_, err := b.run("", "gpgsm", "--batch", "--assume-binary", "--verify", message, b.write("content", []byte(content)))
			return err
		},
	}, mails)
}
