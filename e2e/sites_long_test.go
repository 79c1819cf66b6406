//go:build long

package e2e

// This file says that `make long` plays the stranger on every site.

const everySite = true
