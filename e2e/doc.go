// Package e2e holds the end-to-end tests: the real binary behind a real, private
// Postfix, with messages of openssl's and NSS's making.
package e2e
