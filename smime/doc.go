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

	// Octets that may be hashed or copied for signatures, all layers together: as much
	// as triple wrapping costs with two digests in each signature, and beside the
	// message's own size what compressed layers may become, for one of them.
	maxHashed        = 2 * maxExpanded
	maxHashedPerByte = 6
)
