// What a caller forgot is an error, and no panic.

package smime

import (
	"errors"
	"strings"
	"testing"

	"sealgate/smime/cms"
	"sealgate/spool"
)

func TestMissingArguments(t *testing.T) {
	sp := newSpool(t)
	good := parse(t, "Content-Type: text/plain\r\n\r\nText\r\n")
	for name, try := range map[string]func(e *Entity, sp *spool.Spool) error{
		"AlreadyEncrypted": func(e *Entity, sp *spool.Spool) error {
			_, err := AlreadyEncrypted(t.Context(), e, sp)
			return err
		},
		"Embedded": func(e *Entity, sp *spool.Spool) error {
			return Embedded(t.Context(), e, sp, func([]Field) {})
		},
		"Encrypt": func(e *Entity, sp *spool.Spool) error {
			return closed(Encrypt(t.Context(), e, EncryptOptions{Recipients: recipients(issue(t, "p256")), Spool: sp}))
		},
		"Legalize": func(e *Entity, sp *spool.Spool) error { return closed(Legalize(t.Context(), e, sp)) },
		"Outer":    func(e *Entity, sp *spool.Spool) error { return closed(Outer(t.Context(), e, sp)) },
		"Prepare": func(e *Entity, sp *spool.Spool) error {
			return closed(Prepare(t.Context(), e, PrepareOptions{Spool: sp}))
		},
		"Protect": func(e *Entity, sp *spool.Spool) error {
			return closed(Protect(t.Context(), e, Protection{}, sp))
		},
		"Sign": func(e *Entity, sp *spool.Spool) error {
			return closed(Sign(t.Context(), e, signOptions(sp, issue(t, "p256"))))
		},
		"TextOnly": func(e *Entity, sp *spool.Spool) error { return closed(TextOnly(t.Context(), e, sp)) },
		"WithoutLegacyDisplay": func(e *Entity, sp *spool.Spool) error {
			return closed(WithoutLegacyDisplay(t.Context(), e, sp))
		},
	} {
		if err := try(nil, sp); !errors.Is(err, errNoEntity) {
			t.Errorf("%s without an entity: %v", name, err)
		}
		if err := try(&Entity{}, sp); !errors.Is(err, errNoEntity) {
			t.Errorf("%s of an entity that nothing was parsed for: %v", name, err)
		}
		if err := try(good, nil); !errors.Is(err, errNoSpool) {
			t.Errorf("%s without a Spool: %v", name, err)
		}
		if err := try(good, sp); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMissingMessage(t *testing.T) {
	sp := newSpool(t)
	r := strings.NewReader("Subject: x\r\n\r\n")
	if _, err := ParseEntity(nil, 1); !errors.Is(err, errNoReader) {
		t.Errorf("ParseEntity of nothing: %v", err)
	}
	if _, err := ParseEntity(r, -1); !errors.Is(err, errSize) {
		t.Errorf("ParseEntity of -1 octets: %v", err)
	}
	if _, err := Open(t.Context(), nil, 1, OpenOptions{Spool: sp}); !errors.Is(err, errNoReader) {
		t.Errorf("Open of nothing: %v", err)
	}
	if _, err := Open(t.Context(), r, -1, OpenOptions{Spool: sp}); !errors.Is(err, errSize) {
		t.Errorf("Open of -1 octets: %v", err)
	}
	if _, err := Open(t.Context(), r, r.Size(), OpenOptions{}); !errors.Is(err, errNoSpool) {
		t.Errorf("Open without a Spool: %v", err)
	}
	if _, err := WithHeader(nil, nil); !errors.Is(err, errNoEntity) {
		t.Errorf("WithHeader without content: %v", err)
	}
}

// TestOneMalformed has a fault of MIME and one of CMS, which a caller asks for once.
func TestOneMalformed(t *testing.T) {
	_, err := cms.Parse(strings.NewReader("x"), 1)
	for name, err := range map[string]error{"CMS": err, "MIME": malformed("a header")} {
		if !errors.Is(err, ErrMalformed) || !errors.Is(err, cms.ErrMalformed) {
			t.Errorf("%s: %v is smime's: %v, cms's: %v",
				name, err, errors.Is(err, ErrMalformed), errors.Is(err, cms.ErrMalformed))
		}
	}
}

func TestWithHeader(t *testing.T) {
	message := parse(t, "From anna Sun Nov 29\nSubject: a\n b\nMIME-version: 1.0\ncontent-type: text/html\nX-Last: 1\n\n<p>")
	content := parse(t, "Content-Type: text/plain\r\n\r\nText\r\n")
	whole, err := WithHeader(message.Fields, content)
	if err != nil {
		t.Fatal(err)
	}
	want := "Subject: a\r\n b\r\nX-Last: 1\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nText\r\n"
	if got := text(t, whole); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestWithHeaderUnended has a header whose last line has no end.
func TestWithHeaderUnended(t *testing.T) {
	whole, err := WithHeader(parse(t, "Subject: a").Fields, parse(t, "Content-Type: text/plain\r\n\r\nText"))
	if err != nil {
		t.Fatal(err)
	}
	want := "Subject: a\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nText"
	if got := text(t, whole); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// closed is the error of a function whose result is not needed.
func closed(e *Entity, err error) error {
	if err == nil {
		err = e.Close()
	}
	return err
}

// TestSignUnprepared signs a whole message, whose header would move into what is
// signed and whose 8-bit text the way would change.
func TestSignUnprepared(t *testing.T) {
	sp := newSpool(t)
	o := signOptions(sp, issue(t, "p256"))
	o.Unprepared = false
	e := parse(t, "Subject: x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGrüße\r\n")
	for _, opaque := range []bool{false, true} {
		o.Opaque = opaque
		if err := closed(Sign(t.Context(), e, o)); !errors.Is(err, errUnprepared) {
			t.Errorf("opaque %v: %v", opaque, err)
		}
	}
	for name, e := range map[string]*Entity{"changed": e, "as it was": parse(t, "Content-Type: text/plain\r\n\r\nText\r\n")} {
		content, err := Prepare(t.Context(), e, PrepareOptions{Spool: sp})
		if err != nil {
			t.Fatal(err)
		}
		closing(t, content)
		protected, err := Protect(t.Context(), content, Protection{}, sp)
		if err != nil {
			t.Fatal(err)
		}
		closing(t, protected)
		for _, c := range []*Entity{content, protected} {
			if err := closed(Sign(t.Context(), c, o)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
