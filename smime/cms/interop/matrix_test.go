//go:build interop

// The matrix: every row with every peer, both ways.

package interop

import (
	"bytes"
	"crypto"
	_ "crypto/md5"
	_ "crypto/sha1"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var (
	record = flag.Bool("record", false, "keep the peers' messages in ../testdata/interop")
	update = flag.Bool("update", false, "write docs/interop.md")
)

const (
	recorded = "../testdata/interop"
	text     = "Content-Type: text/plain; charset=utf-8\r\n\r\nGuten Tag,\r\nthe same text for every peer.\r\n"
)

// cell is what came out for one row and peer, in one direction.
type cell struct{ they, we string }

func TestMatrix(t *testing.T) {
	for _, program := range []string{"openssl", "certutil", "cmsutil", "pk12util", "gpgsm", "javac"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%s is missing; on Debian: apt install openssl libnss3-tools gpgsm default-jdk-headless libbcprov-java libbcpkix-java", program)
		}
	}
	peers := []peer{newOpenSSL(t), newNSS(t), newGPGSM(t), newBouncyCastle(t)}
	for _, p := range peers {
		control(t, p)
	}
	table := map[string]cell{}
	for _, r := range rows() {
		for _, p := range peers {
			table[r.name()+"/"+p.name()] = cell{theyWrite(t, r, p), theyRead(t, r, p)}
		}
	}
	page := markdown(peers, table)
	fmt.Print(page)
	if *update {
		if err := os.WriteFile("../../../docs/interop.md", []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// control makes sure that the peer refuses what it should: without it, "ok" says nothing.
func control(t *testing.T, p peer) {
	r := row{group: signatures, key: "rsa", digest: crypto.SHA256, detached: true}
	message, err := weWrite(r, text)
	if err != nil {
		t.Fatal(err)
	}
	if p.read(r, message, strings.Replace(text, "same", "SAME", 1)) == nil {
		t.Errorf("%s verifies a changed text", p.name())
	}
}

// theyWrite lets the peer write and us read.
func theyWrite(t *testing.T, r row, p peer) string {
	message, err := p.write(r, text)
	if err != nil {
		return "– " + err.Error()
	}
	if err := weRead(r, message, text); err != nil {
		t.Errorf("%s writes %s, we do not read it: %v", p.name(), r.name(), err)
		return "**fails**"
	}
	if *record {
		keep(t, filepath.Join(recorded, strings.ToLower(p.name())), r, message)
	}
	return "yes"
}

// theyRead lets us write and the peer read.
func theyRead(t *testing.T, r row, p peer) string {
	if r.readOnly {
		return ""
	}
	message, err := weWrite(r, text)
	if err != nil {
		t.Errorf("we do not write %s: %v", r.name(), err)
		return "**fails**"
	}
	reason := p.cannotRead(r)
	switch err := p.read(r, message, text); {
	case err == nil && reason != "":
		t.Errorf("%s reads %s, though it is said that it cannot: %s", p.name(), r.name(), reason)
	case err == nil:
		if *record {
			keep(t, filepath.Join(recorded, "ours"), r, message)
		}
		return "yes"
	case reason == "":
		t.Errorf("%s does not read our %s: %v", p.name(), r.name(), err)
		return "**fails**"
	}
	return "– " + reason
}

func keep(t *testing.T, dir string, r row, message []byte) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, r.name()+".der")
	if old, err := os.ReadFile(path); err == nil && len(old) > 0 {
		return // kept: a new one would differ in random numbers only
	}
	if err := os.WriteFile(path, message, 0o644); err != nil {
		t.Fatal(err)
	}
}

func markdown(peers []peer, table map[string]cell) string {
	var b bytes.Buffer
	b.WriteString("# Who reads whom\n\nMade by `make interop`: each peer writes what we read (\"→ us\") and reads what we write (\"← us\"). " +
		"A dash says why a peer cannot; an empty field is something that we do not write.\n" +
		"The peers' messages lie in smime/cms/testdata/interop, where the ordinary tests read them again. " +
		"Newer versions of NSS know OAEP and ECDH too; the messages it is tested with are in the shared corpus, and we read them.\n\n")
	for _, p := range peers {
		fmt.Fprintf(&b, "- %s: %s\n", p.name(), p.version())
	}
	for _, group := range []string{signatures, management, content, other} {
		fmt.Fprintf(&b, "\n## %s\n\n|", group)
		for _, p := range peers {
			fmt.Fprintf(&b, " | %s → us | %s ← us", p.name(), p.name())
		}
		b.WriteString(" | |\n|---")
		b.WriteString(strings.Repeat("|---", 2*len(peers)+1))
		b.WriteString("|\n")
		for _, r := range rows() {
			if r.group == group {
				fmt.Fprintf(&b, "| %s%s | %s |\n", strings.ReplaceAll(r.name(), "_", " "), cells(r, peers, table), remark(r, peers, table))
			}
		}
	}
	return b.String()
}

func cells(r row, peers []peer, table map[string]cell) string {
	var b strings.Builder
	for _, p := range peers {
		c := table[r.name()+"/"+p.name()]
		fmt.Fprintf(&b, " | %s | %s", c.they, c.we)
	}
	return b.String()
}

// remark is "self only" for a row that no peer reads or writes.
func remark(r row, peers []peer, table map[string]cell) string {
	for _, p := range peers {
		if c := table[r.name()+"/"+p.name()]; c.they == "yes" || c.we == "yes" {
			if r.readOnly {
				return "read only"
			}
			return ""
		}
	}
	return "self only, off by default"
}
