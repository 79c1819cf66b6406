// Package sealed encrypts a file to a passphrase or to recipients, in the format of
// age-encryption.org/v1, and says in words that help why one cannot be read.
package sealed

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"filippo.io/age"
)

// The reasons why a file cannot be read.
var (
	ErrForeign    = errors.New("it is no encrypted backup (age-encryption.org/v1)")
	ErrPassphrase = errors.New("the passphrase is not the one that it was made with")
	ErrIdentity   = errors.New("it was made for other recipients: none of the identities fits")
	ErrWantsWord  = errors.New("it was made with a passphrase, and an identity was given")
	ErrWantsKey   = errors.New("it was made for recipients, and a passphrase was given: give the identity file")
	ErrDamaged    = errors.New("its head is damaged: it was altered, or cut off")
	ErrAltered    = errors.New("it was altered after it was made")
	ErrCut        = errors.New("it is cut off, or was altered at its very end")
)

// maxWork bounds what a passphrase may cost: scrypt with 2^20 takes 1 GiB and some
// seconds. Ours are made with age's 2^18.
const maxWork = 20

// magic begins every file of the format.
const magic = "age-encryption.org/v1\n"

// ToPassphrase is who has a passphrase.
func ToPassphrase(passphrase []byte) ([]age.Recipient, error) {
	r, err := age.NewScryptRecipient(string(passphrase))
	if err != nil {
		return nil, fmt.Errorf("sealed: %w", err)
	}
	return []age.Recipient{r}, nil
}

// ToRecipients are public keys as age-keygen writes them: age1…
func ToRecipients(list []string) (to []age.Recipient, err error) {
	for n, text := range list {
		parsed, err := age.ParseRecipients(strings.NewReader(text))
		if err != nil || len(parsed) != 1 { // neither is shown: it may be the secret key
			return nil, fmt.Errorf("sealed: recipient %d is none (age1…, the public key of age-keygen)", n+1)
		}
		to = append(to, parsed[0])
	}
	return to, nil
}

// Encrypt encrypts what is written until Close, which must succeed.
func Encrypt(w io.Writer, to []age.Recipient) (io.WriteCloser, error) { return age.Encrypt(w, to...) }

// Keys are what a file may be opened with.
type Keys struct {
	Passphrase []byte
	Identities io.Reader // secret keys as age-keygen writes them, nil: the passphrase counts
}

func (k Keys) identities() ([]age.Identity, error) {
	if k.Identities != nil {
		list, err := age.ParseIdentities(k.Identities)
		if err != nil {
			return nil, fmt.Errorf("sealed: identities: %w", err) // age's errors have no key in them
		}
		return list, nil
	}
	id, err := age.NewScryptIdentity(string(k.Passphrase))
	if err != nil {
		return nil, fmt.Errorf("sealed: %w", err)
	}
	id.SetMaxWorkFactor(maxWork)
	return []age.Identity{id}, nil
}

// Decrypt reads a file. What the reader returns is authentic, but the whole is whole only
// when it has returned io.EOF.
func Decrypt(in io.Reader, k Keys) (io.Reader, error) {
	ids, err := k.identities()
	if err != nil {
		return nil, err
	}
	buffered := bufio.NewReader(in)
	begin, err := buffered.Peek(len(magic))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if string(begin) != magic {
		return nil, ErrForeign
	}
	content, err := age.Decrypt(buffered, ids...)
	if err != nil {
		return nil, headError(err, k)
	}
	return &reader{content: content, sealed: buffered}, nil
}

// headError says why the head of a file does not open.
func headError(err error, k Keys) error {
	none := (*age.NoIdentityMatchError)(nil)
	if !errors.As(err, &none) {
		return fmt.Errorf("%w (%w)", ErrDamaged, err)
	}
	passphrase := slices.Contains(none.StanzaTypes, "scrypt")
	switch {
	case k.Identities == nil && passphrase:
		return ErrPassphrase
	case k.Identities == nil:
		return ErrWantsKey
	case passphrase:
		return ErrWantsWord
	}
	return ErrIdentity
}

// reader says whether more of the file follows where it does not authenticate.
type reader struct {
	content io.Reader
	sealed  *bufio.Reader
}

func (r *reader) Read(p []byte) (int, error) {
	n, err := r.content.Read(p)
	if disk := (*fs.PathError)(nil); err == nil || errors.Is(err, io.EOF) || errors.As(err, &disk) {
		return n, err
	}
	if _, more := r.sealed.Peek(1); more == nil {
		return n, ErrAltered
	}
	return n, ErrCut
}
