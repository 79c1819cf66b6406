package proxy

import (
	"strings"
	"testing"

	"sealgate/spool"
)

// TestQueueID: the trace fields of four mail servers, as they wrote them, and of clients that
// would like to be found under another id.
func TestQueueID(t *testing.T) {
	sp, err := spool.New(spool.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	const date = ";\r\n\tSun, 29 Nov 2026 12:15:05 +0000\r\n"
	long := strings.Repeat("A", maxQueueID)
	for name, k := range map[string]struct{ head, want string }{
		"Exim":                   {"Received: from [127.0.0.1] (helo=client.example)\r\n\tby mail.firma.example with esmtp (Exim 4.96)\r\n\t(envelope-from <anna@kunde.example>)\r\n\tid 1xXdo9-00000W-1L\r\n\tfor support@firma.example" + date, "1xXdo9-00000W-1L"},
		"OpenSMTPD":              {"Received: from client.example (localhost [127.0.0.1])\r\n\tby mail.firma.example (OpenSMTPD) with ESMTP id 2f1a8c03\r\n\tfor <support@firma.example>" + date, "2f1a8c03"},
		"Postfix":                {"Received: from client.example (unknown [127.0.0.1])\r\n\tby mail.firma.example (Postfix) with ESMTP id 4ZxQ1k5Tz1z\r\n\tfor <support@firma.example>" + date, "4ZxQ1k5Tz1z"},
		"Postfix before queue":   {"Received: from client.example (unknown [127.0.0.1])\r\n\tby mail.firma.example (Postfix) with ESMTP\r\n\tfor <support@firma.example>" + date, ""},
		"in a comment":           {"Received: from x (HELO id FAKE (id FAKE))\r\n\tby m (m) with ESMTP" + date, ""},
		"in an address":          {"Received: from x by m with ESMTP id REAL for <\"a id FAKE\"@firma.example>" + date, "REAL"},
		"in a name":              {"Received: from x id FAKE by m with ESMTP id REAL" + date, "REAL"},
		"in a name, no real one": {"Received: from x id FAKE by m with ESMTP" + date, ""},
		"a client named id":      {"Received: from id (unknown [127.0.0.1])\r\n\tby mail.firma.example (Postfix) with ESMTP\r\n\tfor <support@firma.example>" + date, ""},
		"a client named by":      {"Received: from by id FAKE\r\n\tby mail.firma.example (Postfix) with ESMTP" + date, ""},
		"behind the date":        {"Received: from x by m" + strings.TrimRight(date, "\r\n") + " id FAKE\r\n", ""},
		"in a later field":       {"Subject: x\r\nReceived: from x by m id FAKE" + date, ""},
		"in a second field":      {"Received: from x by m" + date + "Received: from x by m id FAKE" + date, ""},
		"none at the end":        {"Received: from x by m id" + date, ""},
		"no field at all":        {"\r\nReceived: from x by m id FAKE" + date, ""},
		"not for a log":          {"Received: from x by m id a=\"b\"" + date, ""},
		"as long as allowed":     {"Received: from x by m id " + long + date, long},
		"longer":                 {"Received: from x by m id " + long + "A" + date, ""},
	} {
		msg := sp.Create()
		if _, err := msg.Write([]byte(k.head + "From: x\r\n\r\nid FAKE\r\n")); err != nil {
			t.Fatal(err)
		}
		if got := queueID(msg); got != k.want {
			t.Errorf("%s: %q, want %q", name, got, k.want)
		}
		msg.Close()
	}
}
