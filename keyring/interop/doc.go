// Package interop lets OpenSSL, NSS, Java, GnuTLS and GnuPG write key files, with several
// kinds of passwords, reads them all, and writes docs/keys.md (make interop). With -record
// it keeps the files in ../testdata/tools, where the keyring's own tests read them without
// the tools.
package interop
