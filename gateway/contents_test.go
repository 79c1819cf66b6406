package gateway

// This file sends recorded ciphertexts again, altered and as they were, and honest mail
// beside them.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"

	"sealgate/certstore"
	"sealgate/gateway/verdict"
	"sealgate/internal/efail"
	"sealgate/spool"
)

// mailOf is a mail with a header, its body the ciphertext.
func mailOf(t *testing.T, header string, der []byte, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return crlfLines(header + efail.Entity(der))
}

// outcome is all that a sender could learn of, but for the boundary that is random.
func (h *house) outcome(text string, to ...string) string {
	h.t.Helper()
	out := h.process(inboundTo(to...), text)
	said := fmt.Sprintf("%v %+v %d", out.Disposition, out.Reply, len(out.Deliveries))
	for i, mail := range out.text {
		_, _, explained := strings.Cut(mail, "If the sender did write to you")
		for _, f := range h.entity(mail).Fields {
			if strings.HasPrefix(f.Name, "X-SMIME-") || f.Name == "Authentication-Results" || f.Name == "Content-Type" {
				said += "\n" + f.Name + ": " + f.Value()
			}
		}
		said += fmt.Sprintf("\nexplained: %v, came encrypted: %v", explained, out.Deliveries[i].CameEncrypted)
	}
	return anyBoundary.ReplaceAllString(said, "boundary")
}

var anyBoundary = regexp.MustCompile(`boundary="[^"]*"`)

// encryption is the X-SMIME-Encryption of the one copy, with the reason when it was refused.
func (h *house) encryption(text string, to ...string) string {
	h.t.Helper()
	out := h.process(inboundTo(to...), text)
	if out.Disposition != Accept || len(out.text) != 1 {
		h.t.Fatalf("%+v", out.Outcome)
	}
	got := h.header(out.text[0], "X-SMIME-Encryption")
	reason := h.header(out.text[0], "X-SMIME-Reason")
	for why, sentence := range english.withheld {
		if reason == sentence {
			got += " " + string(why)
		}
	}
	if got != "decrypted" && strings.Contains(out.text[0], "the secret text") {
		h.t.Errorf("%s, and the text is there:\n%s", got, out.text[0])
	}
	return got
}

// TestPaddingOracleHasOneQuestion: a thousand altered copies of a recorded ciphertext,
// each of which asks for the padding of one block, have one and the same outcome.
func TestPaddingOracleHasOneQuestion(t *testing.T) {
	h := newHouse(t)
	v := h.victim(htmlVictim)
	original, err := v.Original()
	if got := h.encryption(mailOf(t, fromAnna, original, err), "support@firma.example"); got != "decrypted" {
		t.Fatal(got)
	}
	copies := 1000
	if testing.Short() {
		copies = 256 // one octet of one block
	}
	seen := map[string]int{}
	good := 0 // questions that are answered with yes where nobody remembers
	for i := range copies {
		der, err := v.Ask(2+i/256%(v.Blocks()-2), byte(i))
		text := mailOf(t, fromAnna, der, err)
		seen[h.outcome(text, "support@firma.example")]++
		if h.plaintext(der) != "" {
			good++
		}
	}
	if good == 0 || good == copies {
		t.Errorf("%d of %d questions are answered with yes: they ask nothing", good, copies)
	}
	if len(seen) != 1 {
		t.Errorf("%d outcomes: %v", len(seen), seen)
	}
	for said := range seen {
		if !strings.Contains(said, "X-SMIME-Encryption: undecryptable") || !strings.Contains(said, english.withheld[withheldAltered]) {
			t.Error(said)
		}
	}
}

// TestPaddingOracleUnderAnotherName: the same where the RecipientInfo, which nobody
// protects, is made to name no key of ours, so that those that fit are tried.
func TestPaddingOracleUnderAnotherName(t *testing.T) {
	h := newHouse(t)
	v := h.victim(htmlVictim)
	original, err := v.Original()
	h.process(toSupport, mailOf(t, fromAnna, original, err))
	serial := h.support.Certificate.SerialNumber.Bytes()
	other := bytes.Clone(serial)
	other[len(other)-1] ^= 1
	seen := map[string]int{}
	for guess := range 256 {
		der, err := v.Ask(2, byte(guess))
		renamed := bytes.Replace(der, serial, other, 1)
		if bytes.Equal(renamed, der) {
			t.Fatal("the serial number is not there")
		}
		seen[h.outcome(mailOf(t, fromAnna, renamed, err), "support@firma.example")]++
	}
	if len(seen) != 1 {
		t.Errorf("%d outcomes: %v", len(seen), seen)
	}
}

// TestAlteredCiphertextIsNotDecrypted: whatever of the content is changed, whoever sends
// it; the mail comes with its original, and says why.
func TestAlteredCiphertextIsNotDecrypted(t *testing.T) {
	h := newHouse(t)
	v := h.victim(htmlVictim)
	original, err := v.Original()
	h.process(toSupport, mailOf(t, fromAnna, original, err))
	must := func(der []byte, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	fromEve := strings.ReplaceAll(fromAnna, "anna@kunde", "eve@evil")
	for name, der := range map[string][]byte{
		"first block exchanged": must(v.Prefix("Content-A: 12345")),
		"gadget in the middle":  must(v.Insert(3, "<img src=\"//e.e/")),
		"cut":                   must(v.Cut(1)),
		"question":              must(v.Ask(2, 7)),
	} {
		for _, header := range []string{fromAnna, fromEve} {
			text := mailOf(t, header, der, nil)
			if got := h.encryption(text, "support@firma.example"); got != "undecryptable altered" {
				t.Errorf("%s: %s", name, got)
			}
			out := h.process(toSupport, text).text[0]
			_, body, _ := strings.Cut(text, "\r\n\r\n")
			if !strings.Contains(out, body) || !strings.Contains(out, "altered copy of an earlier encrypted") {
				t.Errorf("%s: without its original, or without why:\n%s", name, out)
			}
		}
	}
	if got := h.encryption(mailOf(t, fromAnna, original, nil), "support@firma.example"); got != "decrypted" {
		t.Errorf("the original afterwards: %s", got)
	}
}

// TestAlteredBeforeTheOriginal: who presents a ciphertext first wins; the mail itself is
// delivered, with the reason.
func TestAlteredBeforeTheOriginal(t *testing.T) {
	h := newHouse(t)
	v := h.victim(htmlVictim)
	der, err := v.Cut(1)
	h.process(toSupport, mailOf(t, fromAnna, der, err))
	original, err := v.Original()
	if got := h.encryption(mailOf(t, fromAnna, original, err), "support@firma.example"); got != "undecryptable altered" {
		t.Error(got)
	}
}

// TestRefusalsInEveryLanguage: the agent reads why in his own.
func TestRefusalsInEveryLanguage(t *testing.T) {
	for _, l := range []*language{&english, &german} {
		for _, r := range []withheld{withheldAltered, withheldSender, withheldFull} {
			v := &verdict.Verdict{Signature: verdict.SignatureNone, Encryption: verdict.EncryptionUndecryptable}
			if s := l.withheld[r]; s == "" || l.reason(v, r) != s || !strings.Contains(l.explanation(v, r), paragraph(s)) || withheldCauses[r] == "" {
				t.Errorf("%s: %q", r, s)
			}
		}
	}
}

// resent is a header from Anna with some lines changed.
func resent(change ...string) string { return strings.NewReplacer(change...).Replace(fromAnna) }

// TestResentCiphertextIsForItsSenders: the same ciphertext is opened again only where no
// answer can go to somebody new.
func TestResentCiphertextIsForItsSenders(t *testing.T) {
	const from = "From: Anna <anna@kunde.example>\r\n"
	for name, c := range map[string]struct{ first, again, want string }{
		"as it was":                {fromAnna, fromAnna, "decrypted"},
		"another Message-ID":       {fromAnna, resent("<1@", "<2@"), "decrypted"},
		"no Message-ID":            {fromAnna, resent("Message-ID: <1@kunde.example>\r\n", ""), "decrypted"},
		"another name and case":    {fromAnna, resent("Anna <anna@kunde.example>", "\"A.\" <Anna@KUNDE.example>"), "decrypted"},
		"another Subject and To":   {fromAnna, resent("hello", "urgent", "To: support@", "To: sales@"), "decrypted"},
		"without its Reply-To":     {"Reply-To: a2@kunde.example\r\n" + fromAnna, fromAnna, "decrypted"},
		"Reply-To for From":        {"Reply-To: a2@kunde.example\r\n" + fromAnna, resent("anna@", "a2@"), "decrypted"},
		"From of another":          {fromAnna, resent("anna@kunde", "eve@evil"), "undecryptable sender"},
		"Reply-To of another":      {fromAnna, "Reply-To: eve@evil.example\r\n" + fromAnna, "undecryptable sender"},
		"Sender of another":        {fromAnna, "Sender: eve@evil.example\r\n" + fromAnna, "undecryptable sender"},
		"one more in From":         {fromAnna, resent("<anna@kunde.example>", "<anna@kunde.example>, eve@evil.example"), "undecryptable sender"},
		"a second From":            {fromAnna, fromAnna + "From: eve@evil.example\r\n", "undecryptable sender"},
		"a second Reply-To":        {"Reply-To: a2@kunde.example\r\n" + fromAnna, "Reply-To: a2@kunde.example\r\nReply-To: eve@evil.example\r\n" + fromAnna, "undecryptable sender"},
		"no From":                  {fromAnna, resent(from, ""), "undecryptable sender"},
		"From that nobody reads":   {fromAnna, resent("<anna@kunde.example>", "<anna@kunde.example> <eve@evil.example>"), "undecryptable sender"},
		"no From, twice":           {resent(from, ""), resent(from, ""), "decrypted"},
		"unread From, twice":       {resent("<anna@", "<<anna@"), resent("<anna@", "<<anna@"), "decrypted"},
		"unread From, another":     {resent("<anna@", "<<anna@"), resent("<anna@", "<<eve@"), "undecryptable sender"},
		"no From, then a From":     {resent(from, ""), fromAnna, "undecryptable sender"},
		"Reply-To of nobody":       {fromAnna, "Reply-To: undisclosed:;\r\n" + fromAnna, "undecryptable sender"},
		"Cc of another":            {fromAnna, "Cc: eve@evil.example\r\n" + fromAnna, "undecryptable sender"},
		"one more in To":           {fromAnna, resent("To: support@firma.example", "To: support@firma.example, eve@evil.example"), "undecryptable sender"},
		"a second To":              {fromAnna, fromAnna + "To: eve@evil.example\r\n", "undecryptable sender"},
		"To that nobody reads":     {fromAnna, resent("To: support@firma.example", "To: <support@firma.example> <eve@evil.example>"), "undecryptable sender"},
		"To of nobody":             {fromAnna, resent("To: support@firma.example", "To: undisclosed-recipients:;"), "decrypted"},
		"Cc of ours":               {fromAnna, "Cc: sales@firma.example\r\n" + fromAnna, "decrypted"},
		"the same Cc":              {"Cc: bob@kunde.example\r\n" + fromAnna, "Cc: bob@kunde.example\r\n" + fromAnna, "decrypted"},
		"Mail-Followup-To":         {fromAnna, "Mail-Followup-To: eve@evil.example\r\n" + fromAnna, "undecryptable sender"},
		"Mail-Reply-To":            {fromAnna, "Mail-Reply-To: eve@evil.example\r\n" + fromAnna, "undecryptable sender"},
		"a receipt to another":     {fromAnna, "Disposition-Notification-To: eve@evil.example\r\n" + fromAnna, "undecryptable sender"},
		"no From, with a Reply-To": {fromAnna, "Reply-To: anna@kunde.example\r\n" + resent(from, ""), "undecryptable sender"},
	} {
		h := newHouse(t)
		sealed := strings.TrimPrefix(h.sealed(fromAnna, plainText, h.support), fromAnna)
		if got := h.encryption(c.first+sealed, "support@firma.example"); got != "decrypted" {
			t.Fatalf("%s, the first time: %s", name, got)
		}
		if got := h.encryption(c.again+sealed, "support@firma.example"); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		if got := h.encryption(c.first+sealed, "support@firma.example"); got != "decrypted" {
			t.Errorf("%s, the first one once more: %s", name, got)
		}
	}
}

// TestManySenders: a list of any length is remembered in a few octets, and is the same
// list when it comes again.
func TestManySenders(t *testing.T) {
	replyTo := func(n int) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf("a%d@kunde.example", i))
		}
		return "Reply-To: " + strings.Join(all, ", ") + "\r\n" + fromAnna
	}
	for _, n := range []int{certstore.MaxSenders - 1, certstore.MaxSenders, verdict.MaxAddresses, verdict.MaxAddresses + 1, 500} {
		h := newHouse(t)
		sealed := strings.TrimPrefix(h.sealed(fromAnna, plainText, h.support), fromAnna)
		for i, want := range []string{"decrypted", "decrypted"} {
			if got := h.encryption(replyTo(n)+sealed, "support@firma.example"); got != want {
				t.Errorf("%d addresses, time %d: %s", n, i, got)
			}
		}
		if got := h.encryption(replyTo(n+1)+sealed, "support@firma.example"); got != "undecryptable sender" {
			t.Errorf("%d addresses and one more: %s", n, got)
		}
	}
}

// TestHonestMailComesTwice: what mail servers do with one mail, without anybody's fault.
func TestHonestMailComesTwice(t *testing.T) {
	h := newHouse(t)
	retried := resent("Message-ID: <1@kunde.example>\r\n", "")
	copies := h.sealed(retried, plainText, h.support, h.sales)
	list := h.sealed(fromAnna, plainText, h.support)
	forwarded := h.sealed(fromAnna, plainText, h.support)
	for _, c := range []struct {
		name, text, to, from, want string
	}{
		{"first try, to be answered with 451", copies, "support@firma.example", "anna@kunde.example", "decrypted"},
		{"retry without Message-ID", "Received: later\r\n" + copies, "support@firma.example", "anna@kunde.example", "decrypted"},
		{"the other mailbox, in a transaction of its own", copies, "sales@firma.example", "anna@kunde.example", "decrypted"},
		{"by the alias", copies, "ticket@helpdesk.local", "anna@kunde.example", "decrypted"},
		{"directly", forwarded, "support@firma.example", "anna@kunde.example", "decrypted"},
		{"by a forwarder with SRS", "Received: from forwarder\r\n" + forwarded, "support@firma.example", "SRS0=x=y=kunde.example=anna@fwd.example", "decrypted"},
		{"redirected by a person", "Resent-From: bob@other.example\r\n" + forwarded, "support@firma.example", "bob@other.example", "decrypted"},
		{"sent anew, newly encrypted", h.sealed(resent("anna@kunde", "bob@other"), plainText, h.support), "support@firma.example", "bob@other.example", "decrypted"},
		{"by a list that puts a footer around it", withFooter(list), "support@firma.example", "list-bounces@lists.example", "partial"},
		{"the same without the list", list, "support@firma.example", "anna@kunde.example", "decrypted"},
	} {
		env := inboundTo(c.to)
		env.From = c.from
		out := h.process(env, c.text)
		if got := h.header(out.text[0], "X-SMIME-Encryption"); got != c.want {
			t.Errorf("%s: %s, want %s\n%s", c.name, got, c.want, h.header(out.text[0], "X-SMIME-Reason"))
		}
	}
}

// withFooter is a mail as a list sends it that adds a part.
func withFooter(text string) string {
	i := strings.Index(text, "Content-Type:")
	return text[:i] + "Content-Type: multipart/mixed; boundary=\"list\"\r\n\r\n--list\r\n" + text[i:] +
		"\r\n--list\r\nContent-Type: text/plain\r\n\r\n_____\r\nlist@lists.example\r\n--list--\r\n"
}

// TestMailman: one mail, directly and through a list that puts itself into Sender and
// Reply-To, or into From. The first that comes is opened; the list's after the direct
// one is not, since answers would go to the list.
func TestMailman(t *testing.T) {
	const list = "Sender: list-bounces@lists.example\r\nReply-To: list@lists.example\r\n"
	munged := "Reply-To: anna@kunde.example\r\n" + resent("Anna <anna@kunde.example>", "Anna via list <list@lists.example>")
	for name, c := range map[string]struct {
		headers []string
		want    []string
	}{
		"through the list only":        {[]string{list + fromAnna}, []string{"decrypted"}},
		"through the list twice":       {[]string{list + fromAnna, list + fromAnna}, []string{"decrypted", "decrypted"}},
		"the list, then directly":      {[]string{list + fromAnna, fromAnna}, []string{"decrypted", "decrypted"}},
		"directly, then the list":      {[]string{fromAnna, list + fromAnna}, []string{"decrypted", "undecryptable sender"}},
		"munged From, then directly":   {[]string{munged, fromAnna}, []string{"decrypted", "decrypted"}},
		"directly, then a munged From": {[]string{fromAnna, munged}, []string{"decrypted", "undecryptable sender"}},
	} {
		h := newHouse(t)
		sealed := strings.TrimPrefix(h.sealed(fromAnna, plainText, h.support), fromAnna)
		for i, header := range c.headers {
			if got := h.encryption(header+sealed, "support@firma.example"); got != c.want[i] {
				t.Errorf("%s, mail %d: %s, want %s", name, i, got, c.want[i])
			}
		}
	}
}

// TestRecordedCiphertextInside: a recorded ciphertext in an encrypted mail of one's own,
// or under one's own signature.
func TestRecordedCiphertextInside(t *testing.T) {
	h := newHouse(t)
	recorded := strings.TrimPrefix(h.sealed(fromAnna, plainText, h.support), fromAnna)
	if got := h.encryption(fromAnna+recorded, "support@firma.example"); got != "decrypted" {
		t.Fatal(got)
	}
	fromEve := resent("anna@kunde", "eve@evil")
	for name, text := range map[string]string{
		"encrypted once more":  h.sealed(fromEve, recorded, h.support),
		"signed":               h.signed(h.anna, fromEve, recorded),
		"signed and encrypted": h.sealed(fromEve, h.signed(h.anna, "", recorded), h.support),
	} {
		if got := h.encryption(text, "support@firma.example"); !strings.HasPrefix(got, "undecryptable") {
			t.Errorf("%s: %s", name, got)
		}
		if got := h.outcome(text, "support@firma.example"); !strings.Contains(got, english.withheld[withheldSender]) {
			t.Errorf("%s:\n%s", name, got)
		}
	}
}

// TestOwnMailSentBack: what we have encrypted, to the mailbox that wrote it as well, is
// opened for nobody who has recorded it, though it comes in for the first time.
func TestOwnMailSentBack(t *testing.T) {
	h := newHouse(t)
	h.knows(h.anna)
	for name, c := range map[string]struct {
		change func(sent string) string
		want   string
	}{
		"as it was": {func(sent string) string { return sent }, "decrypted"},
		"From":      {func(sent string) string { return strings.Replace(sent, "support@firma", "eve@evil", 1) }, "undecryptable sender"},
		"Reply-To":  {func(sent string) string { return "Reply-To: eve@evil.example\r\n" + sent }, "undecryptable sender"},
		"altered":   {h.badPadding, "undecryptable altered"},
	} {
		text := fromSupport("anna@kunde.example", "X-SMIME-Encrypt: yes\r\n"+plainText)
		out := h.process(outboundTo("anna@kunde.example"), text)
		if out.Disposition != Accept || leaves(out, "the secret text") {
			t.Fatalf("%+v", out.Outcome)
		}
		if got := h.encryption(c.change(out.text[0]), "support@firma.example"); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// countingStore counts the content keys of each batch.
type countingStore struct {
	Store
	mu      sync.Mutex
	batches []int
	fail    error
}

func (s *countingStore) BindContent(ctx context.Context, keys [][32]byte, c certstore.Content) ([]certstore.Content, error) {
	s.mu.Lock()
	s.batches = append(s.batches, len(keys))
	s.mu.Unlock()
	if s.fail != nil {
		return nil, s.fail
	}
	return s.Store.BindContent(ctx, keys, c)
}

// TestStoreFaultIsNotUnknown: a store that does not answer keeps an encrypted mail with
// its sender, and disturbs no other.
func TestStoreFaultIsNotUnknown(t *testing.T) {
	store := &countingStore{fail: errors.New("the store does not answer")}
	h := newHouse(t, func(o *Options) { store.Store, o.Store = o.Store, store })
	process := func(text string) error {
		msg := h.file(text)
		defer msg.Close()
		out, err := h.g.Process(context.Background(), toSupport, msg)
		if err == nil {
			out.Close()
		}
		return err
	}
	if err := process(h.sealed(fromAnna, plainText, h.support)); !errors.Is(err, store.fail) {
		t.Errorf("encrypted: %v", err)
	}
	if err := process(h.signed(h.anna, fromAnna, plainText)); err != nil {
		t.Errorf("signed: %v", err)
	}
	if err := process(fromAnna + plainText); err != nil {
		t.Errorf("plain: %v", err)
	}
}

// TestNoRoomForContentKeys: nothing new is opened, what is known is, and all is delivered.
func TestNoRoomForContentKeys(t *testing.T) {
	store := &countingStore{}
	h := newHouse(t, func(o *Options) { store.Store, o.Store = o.Store, store })
	known := h.sealed(fromAnna, plainText, h.support)
	if got := h.encryption(known, "support@firma.example"); got != "decrypted" {
		t.Fatal(got)
	}
	store.fail = fmt.Errorf("%w: 4194304 content keys", certstore.ErrFull)
	if got := h.encryption(h.sealed(fromAnna, plainText, h.support), "support@firma.example"); got != "undecryptable full" {
		t.Error(got)
	}
}

// TestContentKeysOfOneMail: one batch for a layer, of those keys that are tried and no
// more, whether they are right or stand in for such as cannot be unwrapped.
func TestContentKeysOfOneMail(t *testing.T) {
	store := &countingStore{}
	h := newHouse(t, func(o *Options) { store.Store, o.Store = o.Store, store })
	once := h.sealed("", plainText, h.support)
	for name, c := range map[string]struct {
		text string
		want string
	}{
		"plain":                {fromAnna + plainText, "[]"},
		"one layer":            {fromAnna + once, "[1]"},
		"two layers":           {fromAnna + h.sealed("", once, h.support), "[1 1]"},
		"a key that only fits": {h.sealed(fromAnna, plainText, h.anna), "[1]"},
		"for two mailboxes":    {h.sealed(fromAnna, plainText, h.support, h.sales), "[1]"},
		"for two others":       {h.sealed(fromAnna, plainText, h.sales, h.anna), "[2]"},
	} {
		store.batches = nil
		h.process(toSupport, c.text)
		if got := fmt.Sprint(store.batches); got != c.want {
			t.Errorf("%s: batches %s, want %s", name, got, c.want)
		}
	}
}

// TestConcurrentDeliveries: one mail in many sessions at once is opened in all of them;
// of altered copies at once one is, at most, the first.
func TestConcurrentDeliveries(t *testing.T) {
	h := newHouse(t)
	statuses := func(texts []string) map[string]int {
		got := make([]string, len(texts))
		var all sync.WaitGroup
		for i, text := range texts {
			msg := h.file(text)
			all.Go(func() {
				defer msg.Close()
				got[i] = h.statusOf(msg, text)
			})
		}
		all.Wait()
		seen := map[string]int{}
		for _, s := range got {
			seen[s]++
		}
		return seen
	}
	const sessions = 16
	same := make([]string, sessions)
	mail := h.sealed(fromAnna, plainText, h.support)
	for i := range same {
		same[i] = mail
	}
	if seen := statuses(same); seen["decrypted"] != sessions {
		t.Errorf("the same mail: %v", seen)
	}
	v := h.victim(htmlVictim)
	altered := make([]string, sessions)
	for i := range altered {
		der, err := v.Insert(2+i%3, fmt.Sprint("gadget ", i))
		altered[i] = mailOf(t, fromAnna, der, err)
	}
	if seen := statuses(altered); seen["decrypted"] != 1 || seen["undecryptable"] != sessions-1 {
		t.Errorf("altered copies: %v", seen)
	}
}

// statusOf is the X-SMIME-Encryption of a mail's first copy, or the error.
func (h *house) statusOf(msg *spool.File, text string) string {
	out, err := h.g.Process(context.Background(), toSupport, msg)
	if err != nil {
		return err.Error()
	}
	defer out.Close()
	for _, e := range out.Deliveries[0].Edits {
		if e.Name == "X-SMIME-Encryption" {
			return strings.TrimSpace(e.Value)
		}
	}
	return "no status"
}

// TestMalformedInsideIsRemembered: a layer whose plaintext turns out to be no mail has
// had its question like any other.
func TestMalformedInsideIsRemembered(t *testing.T) {
	h := newHouse(t)
	inner := "Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\n\r\nno CMS at all\r\n"
	text := h.sealed(fromAnna, inner, h.support)
	first := h.outcome(text, "support@firma.example")
	if again := h.outcome(text, "support@firma.example"); again != first {
		t.Errorf("another outcome the second time:\n%s\n%s", first, again)
	}
	if got := h.encryption(strings.ReplaceAll(text, "anna@kunde", "eve@evil"), "support@firma.example"); got != "undecryptable sender" {
		t.Error(got)
	}
}
