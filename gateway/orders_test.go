package gateway

import (
	"strings"
	"testing"

	"sealgate/smime"
)

// header makes fields of raw lines.
func header(t *testing.T, raw string) []smime.Field {
	t.Helper()
	e, err := smime.ParseEntity(strings.NewReader(raw+"\r\n\r\nbody\r\n"), int64(len(raw)+10))
	if err != nil {
		t.Fatal(err)
	}
	return e.Fields
}

func bare() *Gateway {
	return &Gateway{o: Options{AuthservID: "gw.example", Headers: HeaderOptions{Prefix: "X-SMIME-", TagValid: "[signed]", TagDecrypted: "[encrypted]"}}}
}

func TestReadOrders(t *testing.T) {
	for _, c := range []struct {
		name, raw string
		want      Demand
		refused   bool
	}{
		{"none", "Subject: x", Demand{}, false},
		{"both", "X-SMIME-Sign: yes\r\nX-SMIME-Encrypt: if-possible", Demand{Yes, IfPossible}, false},
		{"case and blanks", "x-smime-SIGN:   YES  \r\nX-Smime-encrypt:If-Possible", Demand{Yes, IfPossible}, false},
		{"folded", "X-SMIME-Encrypt:\r\n  yes", Demand{Unset, Yes}, false},
		{"folded inside", "X-SMIME-Encrypt: if-\r\n\tpossible", Demand{Unset, IfPossible}, false},
		{"explicit no", "X-SMIME-Sign: no", Demand{No, Unset}, false},
		{"twice the same", "X-SMIME-Sign: yes\r\nX-SMIME-Sign: YES", Demand{Yes, Unset}, false},
		{"twice different", "X-SMIME-Sign: yes\r\nX-SMIME-Sign: no", Demand{}, true},
		{"empty", "X-SMIME-Encrypt:", Demand{}, true},
		{"wrong value", "X-SMIME-Encrypt: true", Demand{}, true},
		{"configuration's off is no order", "X-SMIME-Encrypt: off", Demand{}, true},
		{"status as order", "X-SMIME-Encryption: yes", Demand{}, true},
		{"signature as order", "X-SMIME-Signature: yes", Demand{}, true},
		{"quoted status", "X-SMIME-Encryption: decrypted\r\nX-SMIME-Signature: valid\r\nX-SMIME-Status: anything", Demand{}, false},
		{"unknown field", "X-SMIME-Crypt: yes", Demand{}, true},
		{"dashes lost", "X-SMIMEEncrypt: yes", Demand{}, true},
		{"underscores", "X_SMIME_Encrypt: yes", Demand{}, true},
		{"the name as people write it", "X-S/MIME-Encrypt: yes", Demand{}, true},
		{"dots", "X.SMIME.Encrypt: yes", Demand{}, true},
		{"quoted name", "\"X-SMIME-Encrypt\": yes", Demand{}, true},
		{"blank before the colon", "X-SMIME-Encrypt : yes", Demand{Unset, Yes}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, r := bare().readOrders(header(t, c.raw))
			if (r != nil) != c.refused {
				t.Fatalf("refused: %v, want %v", r, c.refused)
			}
			if r != nil && (r.Code != 550 || !strings.Contains(r.Text, "unknown order")) {
				t.Errorf("reply %+v", r.Reply)
			}
			if r == nil && o.Demand != c.want {
				t.Errorf("got %+v, want %+v", o.Demand, c.want)
			}
		})
	}
}

func TestCombine(t *testing.T) {
	for _, c := range []struct {
		name                    string
		rules, fallback, header Demand
		want                    Demand
	}{
		{"header no beats a default", Demand{}, Demand{Yes, Yes}, Demand{No, No}, Demand{No, No}},
		{"header no does not beat a rule", Demand{Yes, Yes}, Demand{}, Demand{No, No}, Demand{Yes, Yes}},
		{"the strongest wins", Demand{Encrypt: IfPossible}, Demand{Sign: IfPossible}, Demand{Yes, Unset}, Demand{Yes, IfPossible}},
		{"a rule's no is weaker than a header", Demand{No, No}, Demand{}, Demand{Yes, Yes}, Demand{Yes, Yes}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := combine(c.rules, c.fallback, c.header); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// TestRuleOfOneRecipientHoldsForAll, wherever he stands among them.
func TestRuleOfOneRecipientHoldsForAll(t *testing.T) {
	g := &Gateway{o: Options{Rules: []Rule{
		{Recipient: "@bank.example", Demand: Demand{Encrypt: Yes}},
		{Sender: "info@firma.example", Demand: Demand{Sign: IfPossible}},
		{Domain: "energy.example", Demand: Demand{Sign: Yes}, Algorithms: Algorithms{PSS: true, OAEP: true}},
		{SubjectTag: "[secure]", Demand: Demand{Encrypt: IfPossible}},
	}}}
	for _, c := range []struct {
		sender  string
		to      []string
		subject string
		want    Demand
		how     Algorithms
	}{
		{"a@firma.example", []string{"x@y.example", "b@bank.example"}, "", Demand{Encrypt: Yes}, Algorithms{}},
		{"a@firma.example", []string{"b@bank.example", "x@y.example"}, "", Demand{Encrypt: Yes}, Algorithms{}},
		{"a@firma.example", []string{"b@notbank.example"}, "", Demand{}, Algorithms{}},
		{"info@firma.example", []string{"b@sub.energy.example"}, "", Demand{Sign: Yes}, Algorithms{PSS: true, OAEP: true}},
		{"info@firma.example", []string{"b@badenergy.example"}, "", Demand{Sign: IfPossible}, Algorithms{}},
		{"a@firma.example", []string{"c@d.example"}, "Re: [SECURE] x", Demand{Encrypt: IfPossible}, Algorithms{}},
	} {
		got, how, _ := rulesFor(g.o.Rules, []string{c.sender}, c.to, c.subject)
		if got != c.want || how != c.how {
			t.Errorf("%s to %v %q: got %+v %+v, want %+v %+v", c.sender, c.to, c.subject, got, how, c.want, c.how)
		}
	}
}
