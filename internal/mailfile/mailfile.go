// Package mailfile reads a mail out of a file, in whatever form somebody has saved it.
package mailfile

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"golang.org/x/text/encoding/unicode"

	"sealgate/smime"
)

// bareCMS is what stands before a CMS structure that was saved as it is.
const bareCMS = "MIME-Version: 1.0\r\n" +
	"Content-Type: application/pkcs7-mime; name=smime.p7m\r\n" +
	"Content-Transfer-Encoding: "

// beginPEM begins every PEM block (RFC 7468 §2). As the first line of a mail it
// would be no header field.
const beginPEM = "-----BEGIN "

// Copy writes the mail in a file to out, with CRLF line ends where it has LF. A bare CMS structure (DER,
// base64 or PEM) becomes a mail that has it as its content. remark is told what of the file is no mail's.
func Copy(out io.Writer, in io.Reader, remark func(string)) error {
	r := bufio.NewReaderSize(in, maxFirstLine)
	if skipMarks(r) {
		remark("the byte order mark at the beginning is left out: a mail has none (RFC 5322 §2.1)")
	}
	first, err := r.Peek(len(beginPEM))
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if err := foreign(first); err != nil {
		return err
	}
	switch {
	case len(first) == 0: // a message without header and text
		return nil
	case bytes.HasPrefix(first, littleEndian), bytes.HasPrefix(first, bigEndian):
		remark("the file is UTF-16, which no mail is: read as the text that it was saved from")
		utf16 := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder()
		return Copy(out, utf16.Reader(r), remark)
	case isBase64(r):
		_, err := io.Copy(out, io.MultiReader(strings.NewReader(bareCMS+"base64\r\n\r\n"), r))
		return err
	case string(first) == beginPEM:
		return copyPEM(out, r)
	case first[0] == 0x30 && (len(first) < 2 || first[1] >= 0x80): // a SEQUENCE longer than any mail's first letters
		if _, err := io.WriteString(out, bareCMS+"binary\r\n\r\n"); err != nil {
			return err
		}
		_, err := io.Copy(out, r)
		return err
	}
	if endsInCRLF(r) { // as it came over SMTP: what is binary in it has its own line ends
		_, err := io.Copy(out, r)
		return err
	}
	return smime.ToCRLF(out, r)
}

// The marks with which a text of some programs begins.
var (
	markUTF8     = []byte("\xEF\xBB\xBF")
	littleEndian = []byte("\xFF\xFE")
	bigEndian    = []byte("\xFE\xFF")
)

// skipMarks leaves the marks of UTF-8 out, and reports whether there is one.
func skipMarks(r *bufio.Reader) (found bool) {
	for {
		begin, _ := r.Peek(len(markUTF8)) // who reads on hears of an error
		if !bytes.Equal(begin, markUTF8) {
			return found
		}
		_, _ = r.Discard(len(markUTF8)) // they are in the buffer
		found = true
	}
}

// foreignFiles begin in a way of their own, and are no mail.
var foreignFiles = []struct{ begin, problem string }{
	{"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "this is an Outlook file (.msg), which keeps the mail in pieces of its own: " +
		"its signature cannot be checked. Take the mail from the server or another program as .eml (in new Outlook " +
		"and on the web: save as .eml)"},
	{"\x78\x9F\x3E\x22", "this is winmail.dat (TNEF), which a mail server made of a mail: take the mail itself, as .eml"},
	{"PK\x03\x04", "this is a ZIP archive: unpack it first"},
	{"%PDF-", "this is a PDF file: take the mail itself, as .eml"},
}

const mailboxFile = "this is a mailbox (mbox): take one mail out of it, as .eml"

// foreign says of a file that is no mail what it is, and what to do.
func foreign(first []byte) error {
	for _, f := range foreignFiles {
		if bytes.HasPrefix(first, []byte(f.begin)) {
			return errors.New(f.problem)
		}
	}
	rest, isFrom := bytes.CutPrefix(first, []byte("From "))
	if isFrom && !bytes.HasPrefix(bytes.TrimLeft(rest, " \t"), []byte(":")) { // RFC 4155; "From :" is RFC 5322 §4.5.2
		return errors.New(mailboxFile)
	}
	return nil
}

// isBase64 reports whether the first line is base64 of DER, as the content of a smime.p7m
// that was saved undecoded: no field of a mail begins with "MI" and has no colon.
func isBase64(r *bufio.Reader) bool {
	head, _ := r.Peek(maxFirstLine)
	line, _, _ := bytes.Cut(head, []byte("\n"))
	line = bytes.TrimRight(line, "\r=")
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	return bytes.HasPrefix(line, []byte("MI")) && len(bytes.Trim(line, alphabet)) == 0
}

// maxFirstLine bounds how far the end of the first line is looked for, in octets.
const maxFirstLine = 64 << 10

// endsInCRLF reports whether the first line does.
func endsInCRLF(r *bufio.Reader) bool {
	head, _ := r.Peek(maxFirstLine)
	i := bytes.IndexByte(head, '\n')
	return i > 0 && head[i-1] == '\r'
}

// copyPEM takes the base64 out of "BEGIN CMS", "BEGIN PKCS7" and their like.
func copyPEM(out io.Writer, r *bufio.Reader) error {
	if _, err := io.WriteString(out, bareCMS+"base64\r\n\r\n"); err != nil {
		return err
	}
	lines := bufio.NewScanner(r)
	lines.Scan() // the BEGIN line
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if strings.HasPrefix(line, "-----END ") {
			return nil
		}
		if _, err := io.WriteString(out, line+"\r\n"); err != nil {
			return err
		}
	}
	return errors.Join(errors.New("the PEM block has no END line: it is not whole"), lines.Err())
}
