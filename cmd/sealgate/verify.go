package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sealgate/gateway/verdict"
	"sealgate/internal/address"
	"sealgate/internal/dn"
	"sealgate/smime"
	"sealgate/trust"
)

// verifying are the options of verify and explain.
type verifying struct {
	roots         []string
	noSystemRoots bool
	at            string
	keys          []string
	passwordFile  string
	from          string
}

func (o *verifying) flags(f *pflag.FlagSet) {
	f.StringArrayVar(&o.roots, "roots", nil, "root certificates to trust, FILE")
	f.BoolVar(&o.noSystemRoots, "no-system-roots", false, "trust --roots only")
	f.StringVar(&o.at, "at", "", "time at which certificates are judged, RFC 3339 (default: now)")
	f.StringArrayVar(&o.keys, "key", nil, "decrypt with this key, FILE (PEM, DER, .p12)")
	f.StringVar(&o.passwordFile, "password-file", "", "password of the keys, FILE")
	f.StringVar(&o.from, "from", "", "compare the signer with this address instead of From")
}

// verified is an opened message and the verdict.
type verified struct {
	opened  *smime.Message
	verdict *verdict.Verdict
	close   func()
}

// verify opens and judges the message at path.
func (o *verifying) verify(path string) (*verified, error) {
	at := time.Now()
	if o.at != "" {
		t, err := time.Parse(time.RFC3339, o.at)
		if err != nil {
			return nil, unreadable(fmt.Errorf("--at: %w", err))
		}
		at = t
	}
	from := ""
	if o.from != "" {
		var err error
		from, err = address.Normalize(o.from)
		if err != nil {
			return nil, unreadable(fmt.Errorf("--from: %w", err))
		}
	}
	check, err := o.checker()
	if err != nil {
		return nil, err
	}
	keys, err := credentials(o.keys, o.passwordFile)
	if err != nil {
		return nil, err
	}
	sp, err := offlineSpool()
	if err != nil {
		return nil, unreadable(err)
	}
	msg, err := message(sp, path)
	if err != nil {
		return nil, err
	}
	opened, err := smime.Open(context.Background(), msg, msg.Size(), smime.OpenOptions{
		Keys:  decryptionKeys(keys),
		Spool: sp,
	})
	if err != nil {
		msg.Close()
		return nil, unreadable(err)
	}
	done := func() { opened.Close(); msg.Close() }
	return &verified{opened, verdict.Of(context.Background(), opened, from, check, at), done}, nil
}

func (o *verifying) checker() (*trust.Checker, error) {
	roots, err := o.trusted()
	if err != nil {
		return nil, err
	}
	return trust.New(trust.Options{Roots: roots, AcceptAny: true, Revocation: trust.Off})
}

// trusted are the roots of --roots and of the system.
func (o *verifying) trusted() ([]*x509.Certificate, error) {
	roots, err := certificates(o.roots, "")
	if err != nil || o.noSystemRoots {
		return roots, err
	}
	system, err := trust.SystemRoots()
	if err != nil {
		return nil, unreadable(err)
	}
	return append(roots, system.Certificates...), nil
}

func verifyCommand() *cobra.Command {
	var o verifying
	var asJSON bool
	c := &cobra.Command{
		Use:   "verify [flags] MESSAGE",
		Short: "judge a message; exit code 0 for valid, 1 for anything else, 2 for wrong use",
		Args:  oneMessage,
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := o.verify(args[0])
			if err != nil {
				return err
			}
			defer r.close()
			if err := r.print(os.Stdout, asJSON); err != nil {
				return err
			}
			if r.verdict.Signature != verdict.SignatureValid {
				return &failure{code: exitNotValid}
			}
			return nil
		},
	}
	o.flags(c.Flags())
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

// report is the JSON object of verify.
type report struct {
	Signature  string         `json:"signature"`
	Encryption string         `json:"encryption"`
	Reason     string         `json:"reason"`
	From       string         `json:"from"`
	Layers     []reportLayer  `json:"layers"`
	Signers    []reportSigner `json:"signers"`
	Notes      []string       `json:"notes"` // what no signature covers, worth a word
}

type reportLayer struct {
	Type       string `json:"type"`
	Cipher     string `json:"cipher,omitempty"`
	Recipients int    `json:"recipients,omitempty"`
	Digest     string `json:"digest,omitempty"`
}

type reportSigner struct {
	Address     string `json:"address"`
	Subject     string `json:"subject"`
	Issuer      string `json:"issuer"`
	Serial      string `json:"serial"`
	SHA256      string `json:"sha256"`
	Algorithm   string `json:"algorithm"`
	Digest      string `json:"digest"`
	SigningTime string `json:"signing_time"`
	Status      string `json:"status"`
}

func (r *verified) print(w io.Writer, asJSON bool) error {
	rep := r.report()
	if asJSON {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		return e.Encode(rep)
	}
	w = terminal{w}
	fmt.Fprintf(w, "signature:  %s\nencryption: %s\nfrom:       %s\n", rep.Signature, rep.Encryption, rep.From)
	if rep.Reason != "" {
		fmt.Fprintf(w, "reason:     %s\n", rep.Reason)
	}
	for _, n := range rep.Notes {
		fmt.Fprintf(w, "note:       %s\n", n)
	}
	for _, s := range rep.Signers {
		fmt.Fprintf(w, "signer:     %s (%s), %s with %s: %s\n", s.Address, s.Subject, s.Algorithm, s.Digest, s.Status)
	}
	_, err := fmt.Fprintln(w, "revocation: not checked, offline commands have no sources for it")
	return err
}

func (r *verified) report() report {
	rep := report{
		Signature:  string(r.verdict.Signature),
		Encryption: string(r.verdict.Encryption),
		Reason:     r.reason(),
		From:       r.verdict.From,
		Notes:      append([]string{}, r.verdict.Remarks()...),
		Layers:     []reportLayer{},
		Signers:    []reportSigner{},
	}
	for _, l := range r.opened.Layers {
		rep.Layers = append(rep.Layers, reportLayer{
			Type:       l.Type,
			Cipher:     l.Cipher,
			Recipients: l.Recipients,
			Digest:     l.Digest,
		})
	}
	for _, s := range r.verdict.Signers {
		rep.Signers = append(rep.Signers, signer(s))
	}
	return rep
}

// reason is why not, for the signature or else for the decryption.
func (r *verified) reason() string {
	if r.verdict.Reason == "" && r.opened.Undecryptable != nil {
		return r.opened.Undecryptable.Error()
	}
	return r.verdict.Reason
}

func signer(s verdict.Signer) reportSigner {
	out := reportSigner{
		Address:   s.Address,
		Algorithm: s.Signature.Algorithm,
		Digest:    s.Signature.Digest,
		Status:    string(s.Status),
	}
	if t := s.Signature.SigningTime; !t.IsZero() {
		out.SigningTime = t.UTC().Format(time.RFC3339)
	}
	if c := s.Signature.Certificate; c != nil {
		out.Subject = dn.String(c.Subject)
		out.Issuer = dn.String(c.Issuer)
		out.Serial = c.SerialNumber.Text(16)
		out.SHA256 = fmt.Sprintf("%x", sha256sum(c.Raw))
	}
	return out
}
