package postfixcheck

// This file is what is compared: Postfix's configuration and sealgate's.

import "net/netip"

// Postfix is what postconf says.
type Postfix struct {
	Main     map[string]string                               // postconf
	Expanded map[string]string                               // postconf -x; nil: $name is replaced here
	Services []Service                                       // postconf -M and -P
	Lookup   func(maps, key string) ([]string, error)        // postmap -q over a list of maps
	List     func(table string) (map[string][]string, error) // postmap -s
	File     func(path string) ([]byte, error)               // nil: files cannot be read
	Answers  func(address string) bool                       // whether somebody listens there; nil: not known
	MayOpen  func(socket string) error                       // whether Postfix's user may; nil: not known
}

// Service is one entry of master.cf.
type Service struct {
	Name, Type, Command string
	Chroot              bool
	Override            map[string]string // -o options
	Expanded            map[string]string // postconf -x with them; nil: as Postfix.Expanded
}

// Listener is one of our listeners.
type Listener struct {
	Protocol, Address, Direction string
	Beyond                       string // next_hop or reinject: where our mail goes
	OrdersFrom                   []netip.Prefix
}

// Gateway is what sealgate's configuration says.
type Gateway struct {
	Listeners   []Listener
	Mailboxes   []string // every address that is served
	Bounces     []string // where bounces of mail that came encrypted go
	Domains     []string // server.domains
	MessageSize int64
}
