//go:build readers

// Other people's readers open what we sign and encrypt, and find what the helpdesk wrote; this
// writes the table of docs/clients.md (make readers).

package gateway

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sealgate/internal/testpki"
)

// reader is a program that customers or helpdesks read mail with: its name and Debian
// package in the table, what it needs on this machine (a program or a file), and how it is run.
type reader struct {
	name, debian string
	needs        string
	opens        bool // it knows S/MIME; others read what OpenSSL opened
	lists        bool // it says itself which texts and attachments it finds; others leave the opened mail
	read         func(b *readersBench, mails []string) []answer
}

// answer is what a reader makes of a mail: what it says of each protection from outside to
// inside, and type, name and octets (in base64) of each text and attachment.
type answer struct {
	File   string
	Marks  []string
	Leaves [][3]string
}

func readers() []reader {
	const perl = "/usr/share/perl5/"
	mailparser := os.Getenv("NODE_PATH") + "/mailparser"
	return []reader{
		{"OpenSSL", "openssl", "openssl", true, false, (*readersBench).openssl},
		{"NSS cmsutil", "libnss3-tools", "cmsutil", true, false, (*readersBench).nss},
		{"gpgsm", "gpgsm", "gpgsm", true, false, (*readersBench).gpgsm},
		{"GMime", "gir1.2-gmime-3.0", "/usr/share/doc/gir1.2-gmime-3.0", true, false, script("/usr/bin/python3", "gmime.py")},
		{"BouncyCastle, JavaMail", "libbcmail-java", bouncycastleJar, true, false, (*readersBench).bouncycastle},
		{"mutt, gpgsm", "mutt", "mutt", true, true, (*readersBench).mutt},
		{"Thunderbird", "thunderbird", thunderbirdProgram, true, true, (*readersBench).thunderbird},
		{"Python email", "python3", "/usr/bin/python3", false, true, script("/usr/bin/python3", "python.py")},
		{"Ruby mail", "ruby-mail", "/usr/lib/ruby/vendor_ruby/mail.rb", false, true, script("ruby", "ruby.rb")},
		{"MIME::Tools", "libmime-tools-perl", perl + "MIME/Tools.pm", false, true, script("perl", "mime-tools.pl")},
		{"Email::MIME", "libemail-mime-perl", perl + "Email/MIME.pm", false, true, script("perl", "email-mime.pl")},
		{"PHP mailparse", "php-mailparse", "php", false, true, script("php", "mailparse.php")},
		{"node mailparser", "mailparser of npm", mailparser, false, true, script("node", "mailparser.js")},
	}
}

// readersBench is a folder with the mails and with the keys of the customer who reads them.
type readersBench struct {
	t              *testing.T
	dir            string
	root, key, p12 string
	both           string // certificate and key in one file
	db, home       string // of NSS, of GnuPG
}

// TestReadByOthers sends every mail of testdata/composed signed, encrypted and both, and lets each
// reader read it.
func TestReadByOthers(t *testing.T) {
	h := newHouse(t)
	h.knows(h.anna)
	b := newReadersBench(t, h)
	names := b.fill(h)
	var rows strings.Builder
	read := 0
	for _, r := range readers() {
		t.Run(r.name, func(t *testing.T) {
			if missing(r.needs) {
				t.Skipf("%s is missing: install %s", r.needs, r.debian)
			}
			b := *b
			b.t = t
			sent := b.sent(r, names)
			fmt.Fprintf(&rows, "| %s | %s |", r.name, version(r.debian))
			for _, protection := range []string{"sign", "encrypt", "both"} {
				fmt.Fprintf(&rows, " %d of %d |", b.compare(r, protection, names, sent), len(names))
			}
			rows.WriteString("\n")
			read++
		})
	}
	if *update && read == len(readers()) && !t.Failed() {
		writeClients(t, rows.String())
	}
}

// missing reports whether there is neither a program nor a file of this name.
func missing(needs string) bool {
	if _, err := exec.LookPath(needs); err == nil {
		return false
	}
	_, err := os.Stat(needs)
	return err != nil
}

// version is the version of a Debian package.
func version(debian string) string {
	out, err := exec.Command("dpkg-query", "-W", "-f", "${Package} ${Version}", debian).Output()
	if err != nil {
		return debian
	}
	return string(out)
}

// writeClients puts the table between its marks in docs/clients.md.
func writeClients(t *testing.T, rows string) {
	const path, begin, end = "../docs/clients.md", "<!-- make readers -->\n", "<!-- end -->\n"
	octets, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(octets), begin)
	_, after, ends := strings.Cut(rest, end)
	if !begins || !ends {
		t.Fatalf("%s has no %q and %q", path, begin, end)
	}
	table := "| reader | version | signed | encrypted | both |\n|---|---|---|---|---|\n" + rows
	if err := os.WriteFile(path, []byte(before+begin+table+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

func newReadersBench(t *testing.T, h *house) *readersBench {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "readers") // gpg-agent's socket needs a short path
	if err != nil {
		t.Fatal(err)
	}
	b := &readersBench{
		t: t, dir: dir, root: dir + "/root.pem", key: dir + "/anna.key", p12: dir + "/anna.p12",
		db: "sql:" + dir + "/nss", home: dir + "/gnupg",
	}
	t.Cleanup(func() {
		b.run("", "gpgconf", "--kill", "all")
		os.RemoveAll(dir)
	})
	b.write("root.pem", h.pki.Root.CertPEM())
	if b.both, _, err = h.anna.WriteFiles(dir, "anna"); err != nil {
		t.Fatal(err)
	}
	b.keys(h.anna)
	return b
}

// keys gives the customer's key to the stores of NSS and GnuPG.
func (b *readersBench) keys(anna *testpki.Cert) {
	b.must("openssl", "pkey", "-in", b.both, "-out", b.key)
	b.must("openssl", "pkcs12", "-export", "-in", b.both, "-certfile", b.root, "-passout", "pass:test", "-out", b.p12,
		"-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1")
	for _, dir := range []string{"nss", "gnupg"} {
		if err := os.Mkdir(filepath.Join(b.dir, dir), 0o700); err != nil {
			b.t.Fatal(err)
		}
	}
	b.fillNSS(b.db)
	pinentry, err := filepath.Abs("testdata/readers/pinentry.sh")
	if err != nil {
		b.t.Fatal(err)
	}
	fingerprint := b.must("openssl", "x509", "-in", b.root, "-noout", "-fingerprint", "-sha1")
	_, octets, _ := strings.Cut(strings.TrimSpace(fingerprint), "=")
	b.write("gnupg/trustlist.txt", []byte(octets+" S relax\n"))
	b.write("gnupg/gpgsm.conf", []byte("disable-crl-checks\n"))
	b.write("gnupg/gpg-agent.conf", []byte("pinentry-program "+pinentry+"\n"))
	b.must("gpgsm", "--batch", "--import", b.root)
	b.must("gpgsm", "--batch", "--import", b.p12)
}

// fillNSS makes a store of NSS that trusts the root and has the customer's key.
func (b *readersBench) fillNSS(db string) {
	b.must("certutil", "-N", "-d", db, "--empty-password")
	b.must("certutil", "-A", "-d", db, "-n", "root", "-t", "CT,C,C", "-i", b.root)
	b.must("pk12util", "-d", db, "-i", b.p12, "-W", "test")
}

func (b *readersBench) write(name string, octets []byte) string {
	path := filepath.Join(b.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, octets, 0o600); err != nil {
		b.t.Fatal(err)
	}
	return path
}

// run runs a program; its error has what it said.
func (b *readersBench) run(stdin, program string, args ...string) (string, error) {
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "GNUPGHOME="+b.home, "LC_ALL=C.UTF-8")
	cmd.Stdin = strings.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%s: %w: %s", program, err, strings.TrimSpace(stderr.String()))
	}
	return string(out), err
}

func (b *readersBench) must(program string, args ...string) string {
	b.t.Helper()
	out, err := b.run("", program, args...)
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

// fill writes each mail as the helpdesk sends it, as it leaves, and as OpenSSL opens it.
func (b *readersBench) fill(h *house) (names []string) {
	for name, text := range composed(b.t) {
		names = append(names, name)
		b.write("sent/"+name, []byte(text))
		for protection, order := range protections {
			out := h.process(outboundTo("anna@kunde.example"), order+text)
			if len(out.text) != 1 {
				b.t.Fatalf("%s %s: %+v", name, protection, out.Reply)
			}
			b.write(protection+"/"+name, []byte(out.text[0]))
			b.write("opened-"+protection+"/"+name, []byte(mimeVersion+h.opensslOpens(protection, out.text[0])))
		}
	}
	slices.Sort(names)
	return names
}

// mimeVersion stands above what OpenSSL opened: no parser takes its first line for a header.
const mimeVersion = "MIME-Version: 1.0\r\n"

func (b *readersBench) paths(folder string, names []string) (paths []string) {
	for _, name := range names {
		paths = append(paths, filepath.Join(b.dir, folder, name))
	}
	return paths
}

// compare counts the mails that a reader reads as they were sent.
func (b *readersBench) compare(r reader, protection string, names []string, sent [][]string) (good int) {
	folder := protection
	if !r.opens && protection != "sign" {
		folder = "opened-" + protection
	}
	got := r.read(b, b.paths(folder, names))
	if len(got) != len(names) {
		b.t.Fatalf("%s: %d answers to %d mails", protection, len(got), len(names))
	}
	marks := map[string][]string{"sign": {"signed"}, "encrypt": {"encrypted"}, "both": {"encrypted", "signed"}}
	for i, name := range names {
		if r.opens && !slices.Equal(got[i].Marks, marks[protection]) {
			b.t.Errorf("%s %s: %q", protection, name, got[i].Marks)
			continue
		}
		leaves := b.leaves(r, got[i])
		// A parser may read what we sent better than what it was made of: raw names, binary.
		same := slices.Equal(leaves, sent[i]) || slices.Equal(leaves, b.readFile(b.paths("sent", names)[i]))
		reads := len(leaves) > 0 && same
		if !reads {
			b.t.Errorf("%s %s:\n got %q\nwant %q", protection, name, leaves, sent[i])
			continue
		}
		good++
	}
	return good
}

// sent are texts and attachments as the helpdesk wrote them: as the reader itself finds them
// in what the helpdesk sent or, if it lists none, as Go's library does.
func (b *readersBench) sent(r reader, names []string) (all [][]string) {
	paths := b.paths("sent", names)
	if !r.lists {
		for _, path := range paths {
			all = append(all, b.readFile(path))
		}
		return all
	}
	for _, a := range r.read(b, paths) {
		all = append(all, b.leaves(r, a))
	}
	return all
}

// leaves describes what a reader found. The file that it left is taken away: no other reader's
// work is counted.
func (b *readersBench) leaves(r reader, a answer) (all []string) {
	if !r.lists {
		opened := a.File + ".opened"
		all = b.readFile(opened)
		os.Remove(opened)
		return all
	}
	for _, leaf := range a.Leaves {
		if leaf[0] == "application/pkcs7-signature" {
			continue
		}
		octets, err := base64.StdEncoding.DecodeString(leaf[2])
		if err != nil {
			b.t.Fatal(err)
		}
		if strings.HasPrefix(leaf[0], "text/") {
			octets = bytes.ReplaceAll(octets, []byte("\r\n"), []byte("\n"))
			octets = bytes.TrimSuffix(octets, []byte("\n")) // mailparser ends a text with one
		}
		all = append(all, fmt.Sprintf("%s %q %q", leaf[0], leaf[1], octets))
	}
	return all
}

func (b *readersBench) readFile(path string) []string {
	octets, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	leaves, err := readMail(string(octets))
	if err != nil {
		return []string{err.Error()}
	}
	return leaves
}
