// Package interop compares smime/cms with other people's implementations.
//
// It has only tests, behind the build tag interop: they run OpenSSL, NSS's
// cmsutil, gpgsm and BouncyCastle, let each write what we read and read what we
// write, print the matrix of docs/interop.md and, with -record, keep the peers'
// messages in ../testdata/interop for the ordinary tests.
package interop
