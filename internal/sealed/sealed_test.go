package sealed

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"filippo.io/age"
)

// cheap is a passphrase with little work, which every reader takes.
func cheap(t *testing.T, passphrase string, work int) []age.Recipient {
	t.Helper()
	r, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	r.SetWorkFactor(work)
	return []age.Recipient{r}
}

func encrypt(t *testing.T, to []age.Recipient, text []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := Encrypt(&out, to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func decrypt(file []byte, k Keys) ([]byte, error) {
	r, err := Decrypt(bytes.NewReader(file), k)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func newIdentity(t *testing.T) (secret string, to []age.Recipient) {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	to, err = ToRecipients([]string{id.Recipient().String()})
	if err != nil {
		t.Fatal(err)
	}
	return "# of a test\n" + id.String() + "\n", to
}

// TestEachCause: each reason why a backup cannot be read is told apart.
func TestEachCause(t *testing.T) {
	text := bytes.Repeat([]byte("backup"), 50_000) // several chunks of 64 KiB
	secret, to := newIdentity(t)
	stranger, _ := newIdentity(t)
	word := Keys{Passphrase: []byte("word")}
	withWord := encrypt(t, cheap(t, "word", 2), text)
	withKey := encrypt(t, to, text)
	key := func(text string) Keys { return Keys{Identities: strings.NewReader(text)} }
	altered := func(file []byte, at int) []byte {
		out := bytes.Clone(file)
		out[at] ^= 1
		return out
	}
	for name, c := range map[string]struct {
		file []byte
		keys Keys
		want error
	}{
		"passphrase":                   {withWord, word, nil},
		"identity":                     {withKey, key(secret), nil},
		"one of two identities":        {withKey, key(stranger + secret), nil},
		"another passphrase":           {withWord, Keys{Passphrase: []byte("Word")}, ErrPassphrase},
		"another identity":             {withKey, key(stranger), ErrIdentity},
		"identity for passphrase":      {withWord, key(secret), ErrWantsWord},
		"passphrase for identity":      {withKey, word, ErrWantsKey},
		"empty":                        {nil, word, ErrForeign},
		"no such file":                 {text, word, ErrForeign},
		"cut off in its first line":    {withWord[:10], word, ErrForeign},
		"cut off in its head":          {withWord[:60], word, ErrDamaged},
		"altered in its head":          {altered(withWord, bytes.Index(withWord, []byte("--- "))+6), word, ErrDamaged},
		"altered at the beginning":     {altered(withWord, len(withWord)-len(text)), word, ErrAltered},
		"altered in the middle":        {altered(withWord, len(withWord)/2), word, ErrAltered},
		"altered at the end":           {altered(withWord, len(withWord)-1), word, ErrCut},
		"cut off by an octet":          {withWord[:len(withWord)-1], word, ErrCut},
		"cut off between chunks":       {withWord[:bytes.Index(withWord, []byte("--- "))+48+16+65536+16], word, ErrCut},
		"cut off behind its head":      {withWord[:bytes.Index(withWord, []byte("--- "))+48+16], word, ErrCut},
		"more behind it":               {append(bytes.Clone(withWord), make([]byte, 100_000)...), word, ErrAltered},
		"more work than we would wait": {encryptedWithWork(withWord, "21"), word, ErrDamaged},
	} {
		got, err := decrypt(c.file, c.keys)
		if !errors.Is(err, c.want) || c.want == nil && (err != nil || !bytes.Equal(got, text)) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// encryptedWithWork says that the passphrase has cost another work.
func encryptedWithWork(file []byte, work string) []byte {
	first, rest, _ := bytes.Cut(file[len(magic):], []byte("\n"))
	at := bytes.LastIndexByte(first, ' ')
	return bytes.Join([][]byte{[]byte(magic), first[:at+1], []byte(work), []byte("\n"), rest}, nil)
}

// TestRecipientsAndIdentities: what is none is refused, and no secret is in the error.
func TestRecipientsAndIdentities(t *testing.T) {
	secret, _ := newIdentity(t)
	for _, text := range []string{"", "age1", "anna@kunde.example", secret, "age1\nage1"} {
		_, err := ToRecipients([]string{text})
		if err == nil || strings.Contains(err.Error(), "AGE-SECRET-KEY-1") {
			t.Errorf("%q: %v", text, err)
		}
	}
	file := encrypt(t, cheap(t, "word", 2), nil)
	broken := strings.Replace(secret, "AGE-SECRET-KEY-1", "AGE-SECRET-KEY-1QQ", 1)
	for _, text := range []string{"", "# nothing\n", broken, "ssh-ed25519 AAAA"} {
		_, err := decrypt(file, Keys{Identities: strings.NewReader(text)})
		if err == nil || strings.Contains(err.Error(), "AGE-SECRET-KEY-1") {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := ToPassphrase(nil); err == nil {
		t.Error("an empty passphrase was taken")
	}
}
