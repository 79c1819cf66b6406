//go:build !long

package e2e

// This file says that `make test` plays the stranger on one site of each kind.

// everySite is true with the tag "long" (make long).
const everySite = false
