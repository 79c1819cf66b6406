package gateway

// This file is the entry of a message in the log, one line: whose it was, what was found, and what
// became of it. Never its content, never its Subject.

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"sealgate/certstore"
	"sealgate/gateway/lookup"
	"sealgate/gateway/verdict"
	"sealgate/smime"
)

// The bounds of an entry: most of it is a stranger's text, and a line of the log is read by
// people. Who needs more asks explain.
const (
	maxLogged     = 20  // elements of a list
	maxLoggedText = 300 // octets of one value
)

// Entry is what became of one message.
type Entry struct {
	Direction    Direction
	QueueID      string // "" where the adapter has none, as before the queue
	MessageID    string // as it came; of outbound mail that had none the one it was given
	Client       string
	User         string
	EnvelopeFrom string
	EnvelopeTo   []string
	From         []string // all addresses in From, in normal form

	Result Result // what became of it
	Code   int    // of the SMTP reply, if it was not taken
	Text   string // of that reply
	Token  Token  // of that reply, if it has one
	Copies int
	Time   time.Duration // what the engine took

	// Of inbound mail to served mailboxes.
	Signature  verdict.SignatureStatus
	Encryption verdict.EncryptionStatus
	Rule       verdict.Rule // which check decided over the signature
	Reason     string       // why it is not valid or not decrypted
	Closed     string       // why it was left as it came, though it could have been opened
	Layers     []string     // outermost first, with their algorithms
	Signers    []Signatory
	OpenedBy   []string // fingerprints of our certificates
	Named      []string // whom the layer that stayed closed is for: issuer and serial number

	// Of outbound mail.
	Orders       []string // of the helpdesk, as "sign=yes"
	Rules        []int    // which [[rule]] spoke for it; the first is 1
	SignedBy     string   // fingerprint of our certificate, "" for none
	EncryptedFor []Recipient

	suspect bool // an admin should look at it
}

// Signatory is one signature of an inbound mail.
type Signatory struct {
	Address     string
	Fingerprint string // of the certificate, "" if it is not known
	Status      verdict.SignatureStatus
}

// Recipient is which certificate was chosen for an address, and where it was found.
type Recipient struct {
	Address     string
	Fingerprint string
	Source      certstore.Source
}

// Result is what became of a message.
type Result string

// The results.
const (
	Accepted    Result = "accepted"
	Rejected    Result = "rejected"
	Deferred    Result = "deferred"    // the sender keeps it for the time being
	Quarantined Result = "quarantined" // accepted, and on hold
	Failed      Result = "failed"      // by a fault of our own: the sender keeps it
)

// newEntry is what the session knows of a message.
func newEntry(env Envelope) *Entry {
	e := &Entry{
		Direction: env.Direction, QueueID: logged(env.QueueID), User: logged(env.User), EnvelopeFrom: logged(env.From),
		EnvelopeTo: loggedList(env.To),
	}
	if env.Client.IsValid() {
		e.Client = env.Client.String()
	}
	return e
}

// beside is the log of what else there is to say of the message.
func (e *Entry) beside(log *slog.Logger) *slog.Logger {
	return log.With("queue_id", e.QueueID, "message_id", e.MessageID, "direction", string(e.Direction))
}

// header notes what the header says: its Message-IDs, of which the first counts, and the
// addresses in From.
func (e *Entry) header(ids, from []string) {
	if len(ids) > 0 {
		e.MessageID = logged(ids[0])
	}
	e.From = loggedList(from)
}

// judged notes the verdict over an inbound mail.
func (e *Entry) judged(v *verdict.Verdict, m *smime.Message) {
	e.Signature = v.Signature
	e.Encryption = v.Encryption
	e.Rule = v.Rule
	e.Reason = logged(joinReasons(v.Reason, m.Undecryptable, m.Malformed))
	e.Layers = nil
	e.Signers = nil
	e.Named = nil
	for _, l := range m.Layers {
		e.Layers = append(e.Layers, strings.TrimSpace(l.Type+" "+l.Cipher+l.Digest))
		if l.Encrypted() && l.Err != nil {
			for i := range l.Recipients[:min(len(l.Recipients), maxLogged)] {
				e.Named = append(e.Named, logged(l.Recipients[i].String()))
			}
		}
	}
	for _, s := range v.Signers[:min(len(v.Signers), maxLogged)] {
		e.Signers = append(e.Signers, Signatory{logged(s.Address), fingerprint(s.Signature.Certificate), s.Status})
	}
}

// joinReasons is why a mail is not valid, and why it was not opened where that is another cause.
func joinReasons(reason string, causes ...error) string {
	parts := []string{}
	if reason != "" {
		parts = append(parts, reason)
	}
	for _, err := range causes {
		if err != nil && err.Error() != reason {
			parts = append(parts, err.Error())
		}
	}
	return strings.Join(parts, "; ")
}

// openedBy notes a certificate of ours whose key opened an inbound mail.
func (e *Entry) openedBy(c *x509.Certificate) {
	if f := fingerprint(c); !slices.Contains(e.OpenedBy, f) {
		e.OpenedBy = append(e.OpenedBy, f)
	}
}

// encryptedFor notes a certificate that was chosen.
func (e *Entry) encryptedFor(c *lookup.Certificate) {
	if len(e.EncryptedFor) < maxLogged {
		e.EncryptedFor = append(e.EncryptedFor, Recipient{logged(c.Address), fingerprint(c.Certificate), c.Source})
	}
}

// finished notes what became of the message.
func (e *Entry) finished(out *Outcome, err error, took time.Duration) {
	e.Time = took
	if err != nil {
		e.Result = Failed
		return
	}
	e.Copies = len(out.Deliveries)
	e.Result = map[Disposition]Result{
		Accept: Accepted, Reject: Rejected, TempFail: Deferred, Quarantine: Quarantined,
	}[out.Disposition]
	if out.Disposition != Accept {
		e.Code = out.Reply.Code
		e.Text = logged(out.Reply.Text)
		e.Token = out.Token
	}
}

// level is of the line.
func (e *Entry) level() slog.Level {
	if e.suspect {
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

// LogValue implements slog.LogValuer: the attributes of the one line, those that are empty left
// out. docs/operation.md names each.
func (e *Entry) LogValue() slog.Value {
	var all []slog.Attr
	text := func(key, value string) {
		if value != "" {
			all = append(all, slog.String(key, value))
		}
	}
	list := func(key string, values []string) {
		if len(values) > 0 {
			all = append(all, slog.Any(key, values))
		}
	}
	text("direction", string(e.Direction))
	text("queue_id", e.QueueID)
	text("message_id", e.MessageID)
	text("client", e.Client)
	text("user", e.User)
	all = append(all, slog.String("envelope_from", e.EnvelopeFrom)) // empty: a bounce
	list("envelope_to", e.EnvelopeTo)
	list("from", e.From)
	text("result", string(e.Result))
	if e.Code != 0 {
		all = append(all, slog.Int("code", e.Code))
	}
	text("text", e.Text)
	text("token", string(e.Token))
	if e.Copies > 0 {
		all = append(all, slog.Int("copies", e.Copies))
	}
	text("signature", string(e.Signature))
	text("encryption", string(e.Encryption))
	text("rule", string(e.Rule))
	text("reason", e.Reason)
	text("closed", e.Closed)
	list("layers", e.Layers)
	list("signers", texts(e.Signers))
	list("opened_by", e.OpenedBy)
	list("named", e.Named)
	list("orders", e.Orders)
	if len(e.Rules) > 0 {
		all = append(all, slog.Any("rules", e.Rules))
	}
	text("signed_by", e.SignedBy)
	list("encrypted_for", texts(e.EncryptedFor))
	all = append(all, slog.Float64("ms", float64(e.Time.Microseconds())/1000))
	return slog.GroupValue(all...)
}

// String is the signature for people.
func (s Signatory) String() string {
	return fmt.Sprintf("%s %s %s", s.Address, s.Status, s.Fingerprint)
}

// String is the choice for people.
func (r Recipient) String() string {
	return fmt.Sprintf("%s %s %s", r.Address, r.Fingerprint, r.Source)
}

func texts[T fmt.Stringer](list []T) (out []string) {
	for _, v := range list {
		out = append(out, v.String())
	}
	return out
}

// logged is a text that a stranger may have written, as an entry has it.
func logged(s string) string { return clean(s, maxLoggedText) }

// loggedList is a list of such texts; the last one says how many are left out.
func loggedList(list []string) (out []string) {
	for _, s := range list[:min(len(list), maxLogged)] {
		out = append(out, logged(s))
	}
	if more := len(list) - maxLogged; more > 0 {
		out = append(out, fmt.Sprintf("and %d more", more))
	}
	return out
}

// fingerprint is the SHA-256 of a certificate, as sealgate cert list has it.
func fingerprint(c *x509.Certificate) string {
	if c == nil {
		return ""
	}
	sum := sha256.Sum256(c.Raw)
	return hex.EncodeToString(sum[:])
}
