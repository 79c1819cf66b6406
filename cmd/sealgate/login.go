package main

// This file checks the logins of an smtp listener.

import (
	"fmt"
	"os"
	"strings"
	"sync"

	"golang.org/x/crypto/bcrypt"
)

// logins reads lines "user:bcrypt hash"; nil without a file.
func logins(path string) (func(user, password string) bool, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("login_file: %w", err)
	}
	hashes := map[string][]byte{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		user, hash, ok := strings.Cut(line, ":")
		if _, err := bcrypt.Cost([]byte(hash)); !ok || err != nil {
			return nil, fmt.Errorf("login_file: %s: the line of %q has no bcrypt hash (htpasswd -nB USER)", path, user)
		}
		hashes[user] = []byte(hash)
	}
	nobody, err := bcrypt.GenerateFromPassword([]byte("nobody"), bcrypt.DefaultCost)
	if err != nil {
		return nil, err
	}
	var one sync.Mutex // bcrypt is dear: guesses must not take every processor
	return func(user, password string) bool {
		one.Lock()
		defer one.Unlock()
		hash, known := hashes[user]
		if !known { // the same time for a user that does not exist
			hash = nobody
		}
		return bcrypt.CompareHashAndPassword(hash, []byte(password)) == nil && known
	}, nil
}
