package main

// This file asks a resolver that ceases to validate.

import (
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/miekg/dns"
)

// TestResolverThatCeasesToValidate: that is said once, in the log and to monitoring, and so is
// that it does again.
func TestResolverThatCeasesToValidate(t *testing.T) {
	t.Parallel()
	var validates atomic.Bool
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{Listener: listener, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		reply := new(dns.Msg).SetReply(q)
		reply.AuthenticatedData = validates.Load()
		w.WriteMsg(reply)
	})}
	go server.ActivateAndServe()
	t.Cleanup(func() { server.Shutdown() })
	h := newHouse(t, t.TempDir(), fmt.Sprintf("[[directory]]\nsmimea = %q\n", listener.Addr()))
	var log bytes.Buffer
	h.log = slog.New(slog.NewTextHandler(&log, nil))
	name := "the DNS resolver " + listener.Addr().String()
	for _, step := range []struct {
		validates bool
		said      string
	}{
		{true, ""},
		{false, "does not validate"},
		{false, ""},
		{true, "can be asked for certificates again"},
	} {
		log.Reset()
		validates.Store(step.validates)
		h.probe(t.Context())
		if said := log.String(); !strings.Contains(said, step.said) || (said == "") != (step.said == "") {
			t.Errorf("%+v: the log says %q", step, said)
		}
		if silent, known := h.probes.silent()[name]; !known || silent == step.validates {
			t.Errorf("%+v: %v", step, h.probes.silent())
		}
	}
}
