package page

import (
	"fmt"
	"strings"
	"testing"
)

// skipShort is for tests with the memory and the passes of a real password: the race detector
// takes seconds for each. Other tests log in with the least of both.
func skipShort(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("a real password's hash: not in a short run")
	}
}

// TestPasswordHash: what is printed is read, and fits one password alone.
func TestPasswordHash(t *testing.T) {
	t.Parallel()
	skipShort(t)
	written := HashPassword([]byte(testPassword)).String()
	var read PasswordHash
	if err := read.UnmarshalText([]byte(written)); err != nil {
		t.Fatal(err)
	}
	if !read.fits([]byte(testPassword)) || read.fits([]byte(testPassword+" ")) {
		t.Error("it fits the wrong one")
	}
	if !strings.HasPrefix(written, "$argon2id$v=19$m=65536,t=3,p=4$") {
		t.Error(written)
	}
}

// TestPasswordHashOfOthers: made by argon2(1) of Debian:
// echo -n password | argon2 somesaltsomesalt -id -t 2 -m 16 -p 1 -e
func TestPasswordHashOfOthers(t *testing.T) {
	t.Parallel()
	skipShort(t)
	const made = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$/DO3gTkjHTS3Fia9YkXB1y76GQrWBcPYFmpyrc7fosI"
	var h PasswordHash
	if err := h.UnmarshalText([]byte(made)); err != nil {
		t.Fatal(err)
	}
	if !h.fits([]byte("password")) {
		t.Error("it does not fit")
	}
}

// TestPasswordHashBounds: one below and one above each, and what is no hash.
func TestPasswordHashBounds(t *testing.T) {
	t.Parallel()
	salt, sum := strings.Repeat("A", 22), strings.Repeat("A", 43)
	hash := func(m, t, p int) string {
		return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", m, t, p, salt, sum)
	}
	for text, ok := range map[string]bool{
		hash(minMemory, 1, 1):                  true,
		hash(maxMemory, maxPasses, maxThreads): true,
		hash(minMemory-1, 1, 1):                false,
		hash(maxMemory+1, 1, 1):                false,
		hash(minMemory, 0, 1):                  false,
		hash(minMemory, maxPasses+1, 1):        false,
		hash(minMemory, 1, 0):                  false,
		hash(minMemory, 1, maxThreads+1):       false,
		hash(minMemory, 1, 257):                false,
		"":                                     false,
		testPassword:                           false,
		strings.Replace(hash(65536, 3, 4), "id", "i", 1):   false,
		strings.Replace(hash(65536, 3, 4), "19", "16", 1):  false,
		strings.Replace(hash(65536, 3, 4), "m=", "m= ", 1): false,
		hash(65536, 3, 4) + "$":                            false,
		hash(65536, 3, 4) + "A":                            false,
	} {
		if err := new(PasswordHash).UnmarshalText([]byte(text)); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}
