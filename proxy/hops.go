package proxy

// This file stops a mail that goes in a circle.

import (
	"bufio"
	"bytes"
	"strings"

	"github.com/emersion/go-smtp"

	"sealgate/spool"
)

// maxHops is how many Received fields a message may bear (RFC 5321 §6.3 asks for
// 100 at least). A next hop that leads back to us adds one each time.
const maxHops = 100

// looping refuses a message that has come too far.
func looping(msg *spool.File) error {
	r := bufio.NewReader(msg.NewReader())
	for hops := 0; ; {
		line, err := r.ReadSlice('\n')
		if err != nil || len(bytes.TrimRight(line, "\r\n")) == 0 {
			return nil // a line that is too long ends the search: it is no trace field
		}
		if name, _, ok := strings.Cut(string(line[:min(len(line), 10)]), ":"); ok && strings.EqualFold(strings.TrimSpace(name), "Received") {
			hops++
		}
		if hops > maxHops {
			return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 4, 6}, Message: "too many hops: the mail goes in a circle; does next_hop lead back to this listener?"}
		}
	}
}
