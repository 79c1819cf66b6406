package sessions

// This file is what a server answers for faults that a milter and a proxy have alike.

// Fault is an answer to a client. It has the fields of an engine's reply, which stands
// above this package.
type Fault struct {
	Code     int
	Enhanced string // RFC 3463
	Text     string
}

// The faults. An address that would end its path early would bring arguments, or another
// recipient (RFC 3463 §3.2).
var (
	Stopping     = Fault{451, "4.3.2", "shutting down, try again later"}
	BadSender    = Fault{501, "5.1.7", "bad sender address"}
	BadRecipient = Fault{501, "5.1.3", "bad recipient address"}
	Full         = Fault{452, "4.3.1", "S/MIME gateway has too many messages at once, try again later"}
	Failed       = Fault{451, "4.3.0", "S/MIME gateway cannot handle the message now, try again later"}
)
