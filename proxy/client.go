package proxy

// This file is the client of a next hop.

import "time"

// commandTimeout bounds one answer of the next hop, which is near.
const commandTimeout = 30 * time.Second

// Client delivers to one next hop.
type Client struct {
	Address  string        // host:port, or unix:PATH
	LMTP     bool          // it speaks LMTP (RFC 2033)
	Hostname string        // what it says in EHLO
	Patience time.Duration // for the answers to the final dots; 0: 8 min
	Own      *Own          // is told of its connections; nil: nobody is

	handed handed
}
