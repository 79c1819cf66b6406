package ownkeys

// This file is a key as it is shown: never a private one.

import (
	"time"

	"sealgate/internal/dn"
	"sealgate/trust"
)

// Summary is one of our own certificates whose key the gateway holds, or says what a mailbox
// has no key for: then it has no Fingerprint.
type Summary struct {
	Mailbox     []string  `json:"mailbox"` // its addresses
	Fingerprint string    `json:"fingerprint"`
	Addresses   []string  `json:"addresses"` // of the certificate
	Authority   string    `json:"authority"`
	From        time.Time `json:"from,omitzero"`
	To          time.Time `json:"to,omitzero"`
	Can         []string  `json:"can"` // "sign", "decrypt"
	File        string    `json:"file"`
	Wrong       []Finding `json:"wrong"`
	Chain       [][]byte  `json:"chain,omitempty"` // what is sent along, DER
}

// Summarize is every key as it is shown.
func Summarize(keys []*Key) (out []Summary) {
	for _, k := range keys {
		out = append(out, k.summary())
	}
	return out
}

func (k *Key) summary() Summary {
	out := Summary{
		Mailbox: k.Mailbox.Addresses, Fingerprint: k.Fingerprint(), Can: []string{}, Addresses: []string{},
		Wrong: append([]Finding{}, k.Findings...),
	}
	if k.Credential == nil {
		return out
	}
	cert := k.Credential.Certificate
	out.Addresses = append(out.Addresses, trust.Addresses(cert)...)
	out.Authority = dn.String(cert.Issuer)
	out.From = cert.NotBefore
	out.To = cert.NotAfter
	out.File = k.Credential.Path
	if k.Sign {
		out.Can = append(out.Can, "sign")
	}
	if k.Decrypt {
		out.Can = append(out.Can, "decrypt")
	}
	for _, c := range k.Chain {
		out.Chain = append(out.Chain, c.Raw)
	}
	return out
}
