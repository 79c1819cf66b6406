package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sealgate/smime"
	"sealgate/smime/cms"
	"sealgate/spool"
)

func encryptCommand() *cobra.Command {
	var to []string
	var cipher, out, passwordFile string
	var oaep bool
	c := &cobra.Command{Use: "encrypt --to CERT... [flags] MESSAGE", Short: "encrypt a message", Args: oneMessage,
		RunE: func(_ *cobra.Command, args []string) error {
			if !slices.Contains(cms.Ciphers(), cipher) {
				return unreadable(fmt.Errorf("--cipher %q: there are %s", cipher, strings.Join(cms.Ciphers(), ", ")))
			}
			certs, err := certificates(to, passwordFile)
			if err != nil {
				return err
			}
			var recipients []cms.Recipient
			for _, c := range certs {
				recipients = append(recipients, cms.Recipient{Certificate: c, OAEP: oaep})
			}
			return transform(args[0], out, func(content *smime.Entity, sp *spool.Spool) (*smime.Entity, error) {
				return smime.Encrypt(content, smime.EncryptOptions{Cipher: cipher, Recipients: recipients, Spool: sp})
			})
		}}
	c.Flags().StringArrayVar(&to, "to", nil, "recipient's certificate, FILE (PEM, DER, .p7b, .p12)")
	c.Flags().StringVar(&passwordFile, "password-file", "", "password of a .p12, FILE")
	c.Flags().StringVar(&cipher, "cipher", "aes-256-cbc", "content cipher, such as aes-256-gcm")
	c.Flags().BoolVar(&oaep, "oaep", false, "RSAES-OAEP")
	c.Flags().StringVar(&out, "out", "", "output FILE (default: standard output)")
	c.MarkFlagRequired("to")
	return c
}
