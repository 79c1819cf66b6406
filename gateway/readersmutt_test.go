//go:build readers

// mutt, with gpgsm behind it, as a person at a terminal uses it: what it shows of a mail, and what
// it copies to another folder when it is told to decrypt.

package gateway

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// mboxLine begins each mail of a folder (RFC 4155).
const mboxLine = "From MAILER-DAEMON Fri Jan  2 10:00:00 2026\n"

// longestMutt is how long mutt may take for all mails, before it is taken to wait for somebody.
const longestMutt = 5 * time.Minute

// mutt reads all mails in one go, since each start of it opens the folder anew.
func (b *readersBench) mutt(mails []string) (all []answer) {
	dir, err := os.MkdirTemp(b.dir, "mutt")
	if err != nil {
		b.t.Fatal(err)
	}
	b.fillMbox(filepath.Join(dir, "mails"), mails)
	b.press(dir, strings.Repeat("R", len(mails)-1)+"L")
	octets, err := os.ReadFile(filepath.Join(dir, "opened"))
	if err != nil {
		b.t.Fatal(err)
	}
	copies := strings.Split("\n"+string(octets), "\n"+mboxLine)[1:]
	if len(copies) != len(mails) {
		b.t.Fatalf("mutt copied %d of %d mails", len(copies), len(mails))
	}
	for i, path := range mails {
		shown, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("shown.%d", i+1)))
		if err != nil {
			b.t.Fatal(err)
		}
		marks, text := shownByMutt(string(shown))
		text64 := base64.StdEncoding.EncodeToString([]byte(text))
		a := answer{File: path, Marks: marks, Leaves: [][3]string{{"text/plain", "shown", text64}}}
		leaves := b.leavesOfCopy(copies[i])
		if len(marks) == 0 { // as the helpdesk sent it: a folder does not keep octets that are no lines
			leaves = b.readFile(path)
		}
		for _, leaf := range leaves {
			if !strings.HasPrefix(leaf, "text/") { // mutt shows these
				a.Leaves = append(a.Leaves, [3]string{"copied", leaf, ""})
			}
		}
		all = append(all, a)
	}
	return all
}

// fillMbox writes a folder, with line ends as Unix has them.
func (b *readersBench) fillMbox(path string, mails []string) {
	var box strings.Builder
	for _, mail := range mails {
		octets, err := os.ReadFile(mail)
		if err != nil {
			b.t.Fatal(err)
		}
		box.WriteString(mboxLine + strings.ReplaceAll(string(octets), "\r\n", "\n") + "\n")
	}
	if err := os.WriteFile(path, []byte(box.String()), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// press starts mutt on a terminal of its own and presses keys.
func (b *readersBench) press(dir, keys string) {
	readers, err := filepath.Abs("testdata/readers")
	if err != nil {
		b.t.Fatal(err)
	}
	mutt := fmt.Sprintf(`mutt -n -F %s/mutt.rc -e 'set folder=%s pager=%[1]s/mutt-pager.sh' -e 'push %[3]s' -f mails`,
		readers, dir, keys)
	ctx, cancel := context.WithTimeout(b.t.Context(), longestMutt)
	defer cancel()
	cmd := exec.CommandContext(ctx, "script", "-qec", mutt, "/dev/null")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GNUPGHOME="+b.home, "HOME="+dir, "TERM=xterm", "LC_ALL=C.UTF-8")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.t.Fatalf("mutt: %v: %q", err, out)
	}
}

// leavesOfCopy are texts and attachments of a mail that mutt copied. What is signed stays so in
// the copy.
func (b *readersBench) leavesOfCopy(text string) []string {
	text = strings.ReplaceAll(text, "\n", "\r\n")
	if strings.Contains(text, "\r\nContent-Type: multipart/signed") {
		content, _ := b.signedParts(text)
		text = mimeVersion + content
	}
	leaves, err := readMail(text)
	if err != nil {
		return []string{err.Error()}
	}
	return leaves
}

var (
	muttsSignature = regexp.MustCompile(`(?s)\[-- Begin signature information --\]\n(.*?)\[-- End signature information --\]\n`)
	muttsRemark    = regexp.MustCompile(`(?m)^\[-- (?:Type:|The following data is|End of) .*\n`)
)

// shownByMutt is what mutt says of each protection, from outside to inside, and the text and
// names of attachments that it shows below the header.
func shownByMutt(shown string) (marks []string, text string) {
	_, mail, _ := strings.Cut(shown, "\n\n") // above it is mutt's line on the mail
	_, text, _ = strings.Cut(mail, "\n\n")
	if strings.HasPrefix(text, "[-- The following data is S/MIME encrypted --]\n") {
		marks = append(marks, "encrypted")
	}
	for _, said := range muttsSignature.FindAllStringSubmatch(text, -1) {
		mark := said[1]
		if strings.HasPrefix(mark, "Good signature from: CN=support@firma.example\n") {
			mark = "signed"
		}
		marks = append(marks, mark)
	}
	text = muttsSignature.ReplaceAllString(text, "")
	text = muttsRemark.ReplaceAllString(text, "")
	return marks, strings.Trim(text, "\n")
}
