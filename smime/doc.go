// Package smime is the MIME layer of S/MIME 4.0 (RFC 8551): it takes a message
// apart byte for byte, finds what is signed or encrypted in it, opens layer
// after layer, and writes signed and encrypted entities.
//
// Nothing that was signed is ever decoded and written again: an [Entity] is a
// view on the bytes as they came. [Open] reads, [Prepare], [Sign] and [Encrypt]
// write. Memory does not grow with the message: what has to be kept is in a
// [spool.Spool].
//
// Whether a certificate can be trusted, and whether the signer is the author, is
// not decided here.
package smime

// Bounds of what is read from strangers.
const (
	maxHeader   = 1 << 20   // octets of one header; Postfix takes 100 KiB by default
	maxFields   = 10000     // fields of one header: their index stays under 1 MiB
	maxParts    = 10000     // entities of one message, all multiparts together
	maxNesting  = 32        // multiparts and messages within each other; mailers write 5
	maxBoundary = 200       // octets; RFC 2046 §5.1.1 allows 70
	maxPadding  = 100       // blanks after a boundary on its line
	maxLayers   = 8         // signed, encrypted and compressed layers; triple wrapping has 3
	maxExpanded = 256 << 20 // octets that compressed layers may become, all together

	// What compressed layers become costs time and room by the octet, so it is bounded by
	// the message's own size too: zlib makes 1 of 1,000 octets at most, text becomes a
	// fifth, a log a tenth. A small message may have minExpanded.
	maxExpandedPerByte = 20
	minExpanded        = 8 << 20

	// Octets that may be hashed or copied for signatures, all layers together: as much
	// as triple wrapping costs with two digests in each signature, and beside the
	// message's own size what compressed layers may become, for one of them.
	maxHashedPerExpanded = 2
	maxHashedPerByte     = 6
)
