package main

import (
	"crypto/x509"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sealgate/internal/dn"
	"sealgate/internal/spki"
	"sealgate/smime"
	"sealgate/smime/cms"
	"sealgate/spool"
	"sealgate/trust"
)

func encryptCommand() *cobra.Command {
	var to []string
	var cipher, out, passwordFile string
	var oaep bool
	c := &cobra.Command{
		Use:   "encrypt --to CERT... [flags] MESSAGE",
		Short: "encrypt a message",
		Args:  oneMessage,
		RunE: func(c *cobra.Command, args []string) error {
			if !slices.Contains(cms.Ciphers(), cipher) {
				return unreadable(fmt.Errorf("--cipher %q: there are %s", cipher, strings.Join(cms.Ciphers(), ", ")))
			}
			recipients, err := recipientsOf(to, passwordFile, oaep)
			if err != nil {
				return err
			}
			return transform(c.Context(), args[0], out, func(content *smime.Entity, sp *spool.Spool) (*smime.Entity, error) {
				return smime.Encrypt(c.Context(), content, smime.EncryptOptions{Cipher: cipher, Recipients: recipients, Spool: sp})
			})
		},
	}
	c.Flags().StringArrayVar(&to, "to", nil, "recipient's certificate, FILE (PEM, DER, .p7b, .p12)")
	c.Flags().StringVar(&passwordFile, "password-file", "", "password of a .p12, FILE")
	c.Flags().StringVar(&cipher, "cipher", "aes-256-cbc", "content cipher, such as aes-256-gcm")
	c.Flags().BoolVar(&oaep, "oaep", false, "RSAES-OAEP")
	c.Flags().StringVar(&out, "out", "", "output FILE (default: standard output)")
	_ = c.MarkFlagRequired("to")
	return c
}

// recipientsOf takes those out of each file who can be written to.
func recipientsOf(paths []string, passwordFile string, oaep bool) (list []cms.Recipient, err error) {
	for _, path := range paths {
		certs, err := certificates([]string{path}, passwordFile)
		if err != nil {
			return nil, err
		}
		certs = people(certs)
		if len(certs) == 0 {
			return nil, unreadable(fmt.Errorf("%s: there are certificates of authorities only, none of somebody to "+
				"encrypt to", path))
		}
		for _, c := range certs {
			if !spki.MayEncrypt(c) {
				return nil, unreadable(fmt.Errorf("%s: the key usage of %q does not allow to encrypt for it", path,
					dn.String(c.Subject)))
			}
			list = append(list, cms.Recipient{Certificate: c, OAEP: oaep})
		}
	}
	return list, nil
}

// people leaves the authorities out that came along with a chain. A certificate that
// somebody made for an address of his own says CA:TRUE too (openssl req -x509).
func people(certs []*x509.Certificate) []*x509.Certificate {
	leaf := slices.DeleteFunc(slices.Clone(certs), func(c *x509.Certificate) bool { return c.IsCA })
	if len(leaf) == 0 && len(certs) == 1 && len(trust.Addresses(certs[0])) > 0 {
		return certs
	}
	return leaf
}
