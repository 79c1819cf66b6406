//go:build interop

// How we read what a peer wrote.

package interop

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"sealgate/smime/cms"
	"sealgate/spool"
)

// weRead verifies or decrypts a message; its content must be text.
func weRead(r row, message []byte, text string) error {
	info, err := cms.Parse(bytes.NewReader(message), int64(len(message)))
	if err != nil {
		return err
	}
	switch {
	case r.cipher == "certs-only":
		if info.Signed == nil || len(info.Signed.Certificates) < 2 {
			return fmt.Errorf("no bundle of two certificates")
		}
		return nil
	case r.cipher == "compressed":
		var out bytes.Buffer
		if err := info.Compressed.Decompress(&out, 1<<20); err != nil {
			return err
		}
		return want(out.Bytes(), text)
	case r.group == signatures:
		return weVerify(r, info.Signed, text)
	}
	return weDecrypt(r, info.Enveloped, text)
}

func weVerify(r row, sd *cms.SignedData, text string) error {
	if r.detached != (sd.Content == nil) {
		return fmt.Errorf("detached: %v", sd.Content == nil)
	}
	v := sd.Verifier()
	if r.detached {
		io.WriteString(v, text)
	} else {
		got, err := io.ReadAll(io.TeeReader(sd.Content.NewReader(), v))
		if err != nil {
			return err
		}
		if err := want(got, text); err != nil {
			return err
		}
	}
	signatures := v.Verify(context.Background(), bytes.NewReader([]byte(text)), int64(len(text)))
	if len(signatures) != 1 {
		return fmt.Errorf("%d signatures", len(signatures))
	}
	return signatures[0].Err
}

func weDecrypt(r row, e *cms.EnvelopedData, text string) error {
	c, err := certificate(r.key)
	if err != nil {
		return err
	}
	key, err := privateKey(r.key)
	if err != nil {
		return err
	}
	sp, err := spool.New(spool.Options{})
	if err != nil {
		return err
	}
	p, err := e.Decrypt(context.Background(), cms.DecryptOptions{Keys: []cms.DecryptionKey{{Certificate: c, Key: key}}, Spool: sp})
	if err != nil {
		return err
	}
	defer p.File.Close()
	got, err := io.ReadAll(p.File.NewReader())
	if err != nil {
		return err
	}
	return want(got, text)
}
