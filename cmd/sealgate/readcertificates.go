package main

// This file reads the certificates that the configuration names.

import (
	"crypto/x509"
	"fmt"
	"os"

	"sealgate/certstore"
)

// readCertificates reads files of certificates. leftOut is told of each that cannot be
// read; when it is nil, that is an error.
func readCertificates(paths []string, leftOut func(path, what string)) (all []*x509.Certificate, err error) {
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		b, err := certstore.ReadBundle(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		for _, what := range b.LeftOut {
			if leftOut == nil {
				return nil, fmt.Errorf("%s: %s", path, what)
			}
			leftOut(path, what)
		}
		all = append(all, b.Certificates...)
	}
	return all, nil
}
