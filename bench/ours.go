package main

// This file is our side of the benchmark: smime, MIME in and out, on RSA-2048.

import (
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"io"

	"sealgate/smime"
	"sealgate/smime/cms"
	"sealgate/spool"
)

// engine works on one content with one key.
type engine struct {
	key         *rsa.PrivateKey
	certificate *x509.Certificate
	spool       *spool.Spool
	content     []byte        // a MIME entity
	admit       cms.Admission // nil: nobody is asked
}

func (e *engine) keys() []cms.DecryptionKey {
	return []cms.DecryptionKey{{Certificate: e.certificate, Key: e.key}}
}

// message puts the fields of a message before an entity, as a gateway gets it.
func message(entity *smime.Entity) ([]byte, error) {
	b, err := io.ReadAll(entity.Section())
	if err != nil {
		return nil, err
	}
	return append([]byte("From: anna@kunde.example\r\nTo: support@firma.example\r\nMIME-Version: 1.0\r\n"), b...),
		entity.Close()
}

func (e *engine) entity() (*smime.Entity, error) {
	return smime.ParseEntity(bytes.NewReader(e.content), int64(len(e.content)))
}

func (e *engine) encrypted(cipher string) (*smime.Entity, error) {
	in, err := e.entity()
	if err != nil {
		return nil, err
	}
	return e.encryptEntity(in, cipher)
}

func (e *engine) encryptEntity(in *smime.Entity, cipher string) (*smime.Entity, error) {
	return smime.Encrypt(context.Background(), in, smime.EncryptOptions{
		Cipher:     cipher,
		Recipients: []cms.Recipient{{Certificate: e.certificate}}, Spool: e.spool,
	})
}

func (e *engine) signed(opaque bool) (*smime.Entity, error) {
	in, err := e.entity()
	if err != nil {
		return nil, err
	}
	return e.signEntity(in, opaque)
}

func (e *engine) signEntity(in *smime.Entity, opaque bool) (*smime.Entity, error) {
	return smime.Sign(
		context.Background(),
		in,
		smime.SignOptions{
			Signer:     cms.Signer{Certificate: e.certificate, Key: e.key},
			Opaque:     opaque,
			Spool:      e.spool,
			Unprepared: true, // the others are timed without it as well
		},
	)
}

// deliver reads the result as an adapter would.
func deliver(entity *smime.Entity, err error) error {
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, entity.Section())
	return closeBoth(entity, err)
}

func closeBoth(c io.Closer, err error) error {
	if closeErr := c.Close(); err == nil {
		err = closeErr
	}
	return err
}

// open opens a message, delivers what is to be shown, and wants a layer that is good.
func (e *engine) open(msg io.ReaderAt, size int64) error {
	m, err := smime.Open(context.Background(), msg, size, smime.OpenOptions{
		Keys: e.keys(), Admit: e.admit,
		Spool: e.spool,
	})
	if err != nil {
		return err
	}
	if len(m.Layers) != 1 || m.Undecryptable != nil || m.Malformed != nil {
		m.Close()
		return fmt.Errorf("%d layers, %v, %v", len(m.Layers), m.Undecryptable, m.Malformed)
	}
	for _, s := range m.Layers[0].Signatures {
		if s.Err != nil {
			m.Close()
			return s.Err
		}
	}
	_, err = io.Copy(io.Discard, m.Inner.Section())
	return closeBoth(m, err)
}
