package main

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sealgate/keyring"
	"sealgate/smime"
	"sealgate/smime/cms"
	"sealgate/spool"
)

// digests are the names that --digest takes.
var digests = map[string]crypto.Hash{
	"": 0, "sha256": crypto.SHA256, "sha384": crypto.SHA384, "sha512": crypto.SHA512,
	"sha3-256": crypto.SHA3_256, "sha3-384": crypto.SHA3_384, "sha3-512": crypto.SHA3_512,
}

func signCommand() *cobra.Command {
	var keys []string
	var passwordFile, digest, out string
	var opaque, pss bool
	c := &cobra.Command{
		Use:   "sign --key FILE... [flags] MESSAGE",
		Short: "sign a message",
		Args:  oneMessage,
		RunE: func(c *cobra.Command, args []string) error {
			hash, ok := digests[strings.Replace(digest, "sha-", "sha", 1)]
			if !ok {
				return unreadable(fmt.Errorf("--digest %q is not known", digest))
			}
			list, err := credentials(keys, passwordFile)
			if err != nil {
				return err
			}
			list = slices.DeleteFunc(list, func(c *keyring.Credential) bool { return c.Signer() == nil })
			if len(list) == 0 {
				return unreadable(errors.New("no key that signs is given: X25519, and RSA marked for OAEP, is for encryption only"))
			}
			if len(keys) > 1 && len(list) > 1 {
				return unreadable(fmt.Errorf("%d keys are given, a message is signed with one", len(list)))
			}
			s := cms.Signer{
				Certificate:  list[0].Certificate,
				Key:          list[0].Signer(),
				Digest:       hash,
				PSS:          pss,
				SigningTime:  time.Now(),
				Capabilities: cms.OwnCapabilities(),
			}
			return transform(c.Context(), args[0], out, func(content *smime.Entity, sp *spool.Spool) (*smime.Entity, error) {
				return smime.Sign(c.Context(), content, smime.SignOptions{
					Signer: s,
					Chain:  list[0].Chain,
					Opaque: opaque,
					Spool:  sp,
				})
			})
		},
	}
	c.Flags().StringArrayVar(&keys, "key", nil, "key to sign with, FILE (PEM, DER, .p12); again for a "+
		"certificate that lies elsewhere")
	c.Flags().StringVar(&passwordFile, "password-file", "", "password of the key, FILE")
	c.Flags().StringVar(&digest, "digest", "", "sha256, sha384, sha512, sha3-256, … (default: what fits the key)")
	c.Flags().BoolVar(&opaque, "opaque", false, "application/pkcs7-mime instead of multipart/signed")
	c.Flags().BoolVar(&pss, "pss", false, "RSASSA-PSS")
	c.Flags().StringVar(&out, "out", "", "output FILE (default: standard output)")
	_ = c.MarkFlagRequired("key")
	return c
}

// transform prepares a message, gives it to do, and writes the result.
func transform(
	ctx context.Context,
	path, out string,
	do func(*smime.Entity, *spool.Spool) (*smime.Entity, error),
) error {
	msg, sp, err := messageToSend(path)
	if err != nil {
		return err
	}
	defer msg.Close()
	e, err := smime.ParseEntity(msg, msg.Size())
	if err != nil {
		return unreadable(err)
	}
	content, err := smime.Prepare(ctx, e, smime.PrepareOptions{Spool: sp})
	if err != nil {
		return &failure{exitNotValid, err}
	}
	defer content.Close()
	result, err := do(content, sp)
	if err != nil {
		return &failure{exitNotValid, err}
	}
	defer result.Close()
	return output(out, func(w io.Writer) error { return rewritten(w, e.Fields, result) })
}
