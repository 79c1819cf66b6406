package smime

// This file reads OpenPGP packets, just as far as telling an encrypted message (RFC 9580 §4, §10.3).

import (
	"encoding/binary"
	"errors"
	"io"
)

// Packet types (RFC 9580 §5).
const (
	packetPKESK  = 1  // session key for a public key
	packetSKESK  = 3  // session key for a passphrase
	packetSED    = 9  // encrypted data without integrity
	packetMarker = 10 // to be ignored
	packetSEIPD  = 18 // encrypted data with integrity
	packetAEAD   = 20 // encrypted data of GnuPG's own kind
)

// maxPackets bounds the session keys: one for each recipient.
const maxPackets = 2000

// isEncryptedPackets reports whether r is session keys and then one packet of
// encrypted data, to its last octet.
func isEncryptedPackets(r io.ReaderAt, size int64) (bool, error) {
	p := packetReader{r: r, size: size}
	keys := 0
	for range maxPackets {
		tag, err := p.next()
		if errors.Is(err, errPacket) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		switch tag {
		case packetPKESK, packetSKESK:
			keys++
		case packetMarker:
		case packetSED, packetSEIPD, packetAEAD:
			return keys > 0 && p.at == size, nil
		default:
			return false, nil
		}
	}
	return false, nil
}

var errPacket = errors.New("smime: not an OpenPGP packet")

type packetReader struct {
	r    io.ReaderAt
	at   int64
	size int64
}

// octets reads n octets as a number.
func (p *packetReader) octets(n int64) (uint64, error) {
	var b [8]byte
	if p.at+n > p.size {
		return 0, errPacket
	}
	if err := readFull(p.r, b[8-n:], p.at); err != nil {
		return 0, err
	}
	p.at += n
	return binary.BigEndian.Uint64(b[:]), nil
}

// next goes past one packet and returns its type.
func (p *packetReader) next() (int, error) {
	head, err := p.octets(1)
	if err != nil {
		return 0, err
	}
	if head&0x80 == 0 {
		return 0, errPacket
	}
	if head&0x40 == 0 { // RFC 9580 §4.2.2: the old form
		return int(head >> 2 & 15), p.oldLength(head & 3)
	}
	for partial := true; partial; {
		partial, err = p.newLength()
		if err != nil {
			return 0, err
		}
	}
	return int(head & 63), nil
}

func (p *packetReader) oldLength(kind uint64) error {
	if kind == 3 { // up to the end
		p.at = p.size
		return nil
	}
	n, err := p.octets(1 << kind)
	if err != nil {
		return err
	}
	return p.skip(n)
}

// newLength goes past one length and what it measures (RFC 9580 §4.2.1), and
// tells whether that is followed by another one.
func (p *packetReader) newLength() (partial bool, err error) {
	first, err := p.octets(1)
	if err != nil {
		return false, err
	}
	n := first
	switch {
	case first == 255:
		n, err = p.octets(4)
	case first >= 224:
		n = 1 << (first & 31)
		partial = true
	case first >= 192:
		n, err = p.octets(1)
		n += (first-192)<<8 + 192
	}
	if err != nil {
		return false, err
	}
	return partial, p.skip(n)
}

func (p *packetReader) skip(n uint64) error {
	if n > uint64(p.size-p.at) {
		return errPacket
	}
	p.at += int64(n)
	return nil
}
