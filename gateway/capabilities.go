package gateway

// This file says, before a mail is written, what its boxes can do. It asks the same functions
// that decide over the mail when it comes: there is no second rule.

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"strings"
	"time"

	"sealgate/gateway/lookup"
	"sealgate/internal/address"
	"sealgate/smime"
)

// MaxQuestionRecipients bounds who a question may be about.
const MaxQuestionRecipients = 100

// maxQuestionText bounds one other value of a question, in octets (RFC 5322 §2.1.1).
const maxQuestionText = 998

// Question is a mail that somebody is about to write.
type Question struct {
	From      string
	User      string // who is logged in to the helpdesk, as Envelope.User would have it; "" for nobody
	To        []string
	Cc        []string
	Bcc       []string
	Subject   string
	InReplyTo string // Message-ID, with angle brackets
	Calendar  bool   // it is an invitation
	CanSplit  bool   // as Envelope has it

	Language Language // of the sentences; "": that of the settings
}

// State is whether a box can be ticked.
type State string

// The states. Unknown: a source that would know has not answered; ask again.
const (
	Enabled  State = "enabled"
	Disabled State = "disabled"
	Unknown  State = "unknown"
)

// Box is what one of the helpdesk's two boxes can do.
type Box struct {
	State  State
	Preset bool  // it happens without being ordered: by a rule, a default, or what the mail answers
	Token  Token // why not, for programs; empty when it is enabled
	Code   int   // of the reply that the order would get
	Text   string
}

// Reader is a recipient, and what a mail to it would be encrypted for.
type Reader struct {
	Address     string
	State       State
	Inside      bool      // a mailbox of ours, which needs no certificate
	Fingerprint string    // of the certificate, as sealgate cert list has it
	Issuer      string    // its authority
	NotAfter    time.Time // its end
	Cause       Cause     // why there is none, for programs
	Text        string    // for who writes the mail
	Reason      string    // for admins
	Remedy      string
}

// Thread is what a mail must be for what it answers.
type Thread struct {
	Encrypted bool     // it answers an encrypted mail, and somebody outside gets it
	Encrypt   Strength // how strongly it must be encrypted for that; Unset: not for that
}

// Capabilities are the answer to a Question.
type Capabilities struct {
	Sign    Box
	Encrypt Box
	Plain   Box // sent without an order; disabled where a rule demands what cannot be done
	Thread  Thread
	Readers []Reader
}

// ErrQuestion says that a question cannot be a mail.
var ErrQuestion = errors.New("gateway: question")

// Capabilities answers a question. An error is ErrQuestion, or our own fault.
func (g *Gateway) Capabilities(ctx context.Context, q Question) (*Capabilities, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	ctx = g.withBudget(ctx)
	plain, err := g.would(ctx, q, "")
	if err != nil {
		return nil, err
	}
	sign, err := g.would(ctx, q, g.o.Headers.Prefix+"Sign: yes\r\n")
	if err != nil {
		return nil, err
	}
	encrypt, err := g.would(ctx, q, g.o.Headers.Prefix+"Encrypt: yes\r\n")
	if err != nil {
		return nil, err
	}
	c := &Capabilities{Plain: plain.box, Sign: sign.box, Encrypt: encrypt.box, Thread: plain.thread}
	c.Sign.Preset = plain.signs
	c.Encrypt.Preset = plain.encrypts
	c.Readers = g.readers(ctx, q.recipients(), speak(g.language(q)))
	return c, nil
}

// language is what a question is answered in.
func (g *Gateway) language(q Question) Language { return cmp.Or(q.Language, g.o.Language) }

// recipients are all of them, each once.
func (q Question) recipients() (all []string) {
	return unique(append(append(append(all, q.To...), q.Cc...), q.Bcc...))
}

// check refuses what would be another mail than it says.
func (q Question) check() error {
	all := q.recipients()
	if len(all) == 0 || len(all) > MaxQuestionRecipients {
		return fmt.Errorf("%w: %d recipients, it must be 1 to %d", ErrQuestion, len(all), MaxQuestionRecipients)
	}
	for _, a := range append([]string{q.From}, all...) {
		if _, err := address.Normalize(a); err != nil {
			return fmt.Errorf("%w: %q is not a mail address", ErrQuestion, printable(a, 100))
		}
	}
	for _, s := range []string{q.Subject, q.InReplyTo, q.User} {
		if len(s) > maxQuestionText || strings.ContainsAny(s, "\r\n\x00") {
			return fmt.Errorf("%w: a value with a line end, or with more than %d octets", ErrQuestion, maxQuestionText)
		}
	}
	return nil
}

// mail is the mail that is asked about, with an order or without.
func (q Question) mail(order string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "From: <%s>\r\n", q.From)
	for _, field := range []struct {
		name string
		list []string
	}{{"To", q.To}, {"Cc", q.Cc}} {
		if len(field.list) > 0 {
			fmt.Fprintf(&b, "%s: <%s>\r\n", field.name, strings.Join(field.list, ">,\r\n <"))
		}
	}
	fmt.Fprintf(&b, "Subject: %s\r\n", mime.QEncoding.Encode("utf-8", q.Subject))
	if q.InReplyTo != "" {
		fmt.Fprintf(&b, "In-Reply-To: %s\r\n", q.InReplyTo)
	}
	media := "text/plain"
	if q.Calendar {
		media = "text/calendar"
	}
	fmt.Fprintf(&b, "MIME-Version: 1.0\r\nContent-Type: %s\r\n%s\r\n\r\n", media, order)
	return b.Bytes()
}

// would is what became of a mail that is only asked about.
type would struct {
	box      Box
	signs    bool
	encrypts bool
	thread   Thread
}

// would decides over the mail as outbound does, and does nothing of it.
func (g *Gateway) would(ctx context.Context, q Question, order string) (w would, err error) {
	text := q.mail(order)
	e, err := smime.ParseEntity(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return w, fmt.Errorf("%w: %w", ErrQuestion, err)
	}
	env := Envelope{
		Direction: Outbound, From: q.From, To: q.recipients(), User: q.User, MayOrder: true, CanSplit: q.CanSplit,
	}
	m := newOutboundMail(g, env, e, &Entry{})
	m.log = slog.New(slog.DiscardHandler)
	m.spool = g.o.Spool.Share()
	defer m.spool.Close()
	p, err := m.decide(ctx)
	w.thread = Thread{Encrypted: m.reply.refers, Encrypt: g.o.Outbound.demand(m.reply, Unset)}
	var r *refusal
	switch {
	case errors.As(err, &r):
		out := r.outcome(g.language(q))
		w.box = Box{State: Disabled, Token: r.token, Code: out.Reply.Code, Text: out.Reply.Text}
		if out.Disposition == TempFail {
			w.box.State = Unknown
		}
		return w, nil
	case err != nil:
		return w, err
	}
	w.box.State = Enabled
	w.signs = p.credential != nil
	w.encrypts = p.encrypts()
	return w, nil
}

// readers says what a mail to each recipient would be encrypted for; they are looked up at once.
func (g *Gateway) readers(ctx context.Context, recipients []string, l *language) (list []Reader) {
	normal := make(map[string]string, len(recipients))
	var outside []string
	for _, to := range recipients {
		addr, err := address.Normalize(to)
		if err == nil && !g.Serves(to) { // check has seen to the address
			normal[to] = addr
			outside = append(outside, addr)
		}
	}
	found := g.finder.Find(ctx, unique(outside)...)
	for _, to := range recipients {
		addr, isOutside := normal[to]
		if !isOutside {
			list = append(list, Reader{Address: to, State: Enabled, Inside: true})
			continue
		}
		r := readerOf(to, found[addr])
		r.Text = l.readers[r.Cause]
		list = append(list, r)
	}
	return list
}

// readerOf is one recipient outside, as the look-up has it.
func readerOf(to string, found lookup.Result) Reader {
	r := Reader{Address: to, State: Enabled}
	switch {
	case found.Best != nil:
		r.Fingerprint = fingerprint(found.Best.Certificate)
		r.Issuer = printable(found.Best.Issuer.String(), maxLoggedText)
		r.NotAfter = found.Best.NotAfter
	case found.Answered.All() && found.Refused != nil:
		r.State = Disabled
		r.Cause = Cause(found.Refused.Rule)
		r.Reason = found.Refused.Reason
		r.Remedy = found.Refused.Remedy
	case found.Answered.All():
		r.State = Disabled
		r.Cause = CauseNone
		r.Reason = "no certificate is known"
	default:
		r.State = Unknown
		r.Cause = CauseSilent
		r.Reason = "a source of certificates does not answer"
	}
	return r
}
