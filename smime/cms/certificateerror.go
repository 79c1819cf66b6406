package cms

// This file has the error that says with which certificate something cannot be done.

import (
	"crypto/x509"
	"fmt"
)

// CertificateError says which certificate something cannot be done with.
type CertificateError struct {
	Certificate *x509.Certificate
	Err         error
}

func (e *CertificateError) Error() string {
	return fmt.Sprintf(
		"cms: certificate of %q, serial %x: %v",
		nameString(e.Certificate.RawSubject),
		e.Certificate.SerialNumber,
		e.Err,
	)
}

func (e *CertificateError) Unwrap() error { return e.Err }
