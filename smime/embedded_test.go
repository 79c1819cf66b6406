// Headers that stand inside a message.

package smime

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// embeddedIDs are the values of Message-ID and Original-Message-ID inside a message.
func embeddedIDs(t *testing.T, text string) (ids []string, err error) {
	t.Helper()
	e, err := ParseEntity(strings.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	sp := newSpool(t)
	err = Embedded(context.Background(), e, sp, func(fields []Field) {
		for _, f := range fields {
			if name := strings.ToLower(f.Name); name == "message-id" || name == "original-message-id" {
				ids = append(ids, f.Value())
			}
		}
	})
	if sp.Used() != 0 {
		t.Errorf("%d octets are left in the spool", sp.Used())
	}
	return ids, err
}

// wrapped is a message as a message/rfc822 in the encoding, number times.
func wrapped(inner, encoding string, number int) string {
	for range number {
		body := inner
		if encoding == "base64" {
			body = base64.StdEncoding.EncodeToString([]byte(inner)) + "\r\n"
		}
		inner = "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: " + encoding + "\r\n\r\n" + body
	}
	return inner
}

func TestEmbedded(t *testing.T) {
	const original = "Message-ID: <1@x>\r\nSubject: s\r\n\r\ntext\r\n"
	part := func(header, body string) string {
		return "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n" + header + "\r\n" + body + "\r\n--b--\r\n"
	}
	nested := part("Content-Type: message/rfc822\r\n", part("Content-Type: message/rfc822\r\n", original))
	quoted := strings.ReplaceAll(original, "Message", "Mess=61ge")
	for name, text := range map[string]string{
		"attached message":             part("Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n", original),
		"message alone":                "Content-Type: message/rfc822\r\n\r\n" + original,
		"message in a message":         nested,
		"base64":                       part("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n", base64.StdEncoding.EncodeToString([]byte(original))),
		"quoted-printable":             part("Content-Type: message/global\r\nContent-Transfer-Encoding: quoted-printable\r\n", quoted),
		"encoded at the bound":         wrapped(original, "base64", maxEncoded),
		"returned headers":             part("Content-Type: text/rfc822-headers\r\n", "Subject: s\r\nMessage-ID: <1@x>"),
		"receipt":                      part("Content-Type: message/disposition-notification\r\n", "Final-Recipient: rfc822;a@b\r\nOriginal-Message-ID: <1@x>\r\n"),
		"delivery report, a recipient": part("Content-Type: message/delivery-status\r\n", "Reporting-MTA: dns; x\r\n\r\n\r\nAction: failed\r\n\r\nOriginal-Message-ID: <1@x>\r\nAction: failed\r\n"),
		"complaint":                    part("Content-Type: message/feedback-report\r\n", "Feedback-Type: abuse\r\nOriginal-Message-ID: <1@x>\r\n"),
		"delivery report":              part("Content-Type: message/delivery-status\r\n", "Reporting-MTA: dns; x\r\nOriginal-Message-ID: <1@x>\r\n\r\nAction: failed\r\n"),
		"under another media type":     part("Content-Type: application/octet-stream; name=\"Brief.EML\"\r\n", original),
		"part of a digest":             "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\n" + original + "\r\n--b--\r\n",
		"header of a part":             part("Message-ID: <1@x>\r\n", "text"),
		"after a malformed part":       strings.Replace(part("Content-Type: message/rfc822\r\n", original), "--b\r\n\r\ntext", "--b\r\nContent-Type: multipart/mixed\r\n\r\ntext", 1),
	} {
		if ids, err := embeddedIDs(t, text); err != nil || !slices.Equal(ids, []string{"<1@x>"}) {
			t.Errorf("%s: %q %v", name, ids, err)
		}
	}
	for name, text := range map[string]string{"its own": original, "text": part("Content-Type: text/plain\r\n", original), "no boundary": "Content-Type: multipart/mixed\r\n\r\n" + original} {
		if ids, err := embeddedIDs(t, text); err != nil || ids != nil {
			t.Errorf("%s: %q %v", name, ids, err)
		}
	}
}

// TestEmbeddedReportThatIsNone: text in the place of a delivery report has no groups, and
// its search an end.
func TestEmbeddedReportThatIsNone(t *testing.T) {
	for _, body := range []string{"x\r\n", "Reporting-MTA: dns; x\r\n\r\nno field\r\n", "\r\n\r\n\r\n"} {
		ids, err := embeddedIDs(t, "Content-Type: message/delivery-status\r\n\r\n"+body)
		if err != nil || len(ids) > 0 {
			t.Errorf("%q: %q, %v", body, ids, err)
		}
	}
}

// TestEmbeddedBeyond: what was not looked at is told.
func TestEmbeddedBeyond(t *testing.T) {
	const original = "Message-ID: <1@x>\r\n\r\ntext\r\n"
	many := "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\n\r\n", maxParts+1) + "--b--"
	for name, text := range map[string]string{
		"encodings": wrapped(original, "base64", maxEncoded+1), "messages": wrapped(original, "7bit", maxNesting+1), "parts": many,
		"fields": "Content-Type: message/rfc822\r\n\r\n" + strings.Repeat("X: y\r\n", maxFields+1) + original,
	} {
		if _, err := embeddedIDs(t, text); !errors.Is(err, ErrBeyond) || !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if ids, err := embeddedIDs(t, wrapped(original, "7bit", maxNesting)); err != nil || len(ids) != 1 {
		t.Errorf("at the bound of messages: %q %v", ids, err)
	}
	if err := fmt.Errorf("w: %w", malformed("no boundary")); errors.Is(err, ErrBeyond) {
		t.Error("all that is malformed is beyond a bound")
	}
}

// TestEmbeddedObeysTheContext.
func TestEmbeddedObeysTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	text := "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b--\r\n"
	e, err := ParseEntity(strings.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := Embedded(ctx, e, newSpool(t), func([]Field) {}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
