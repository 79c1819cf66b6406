package milter

// This file is the end of a message: Process, then edits, copies or a refusal.

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/emersion/go-milter"

	"sealgate/gateway"
	"sealgate/internal/sessions"
	"sealgate/spool"
)

// errHeader is a header that cannot be represented field by field.
var errHeader = errors.New("milter: a header field has an impossible name or folding")

// Body is called at the end of the message.
func (s *session) Body(m *milter.Modifier) (resp milter.Response, err error) {
	s.note(m)
	defer s.reset()
	defer func() {
		if p := recover(); p != nil {
			s.log().Error("panic while a message was handled", "panic", fmt.Sprint(p))
			resp = reply(gateway.Reply(sessions.Failed))
			err = nil
		}
	}()
	if s.msg == nil {
		return reply(gateway.Reply(sessions.Failed)), nil
	}
	if s.fault != nil {
		return s.refuse(s.fault), nil
	}
	out, err := s.process()
	if err != nil {
		return s.refuse(err), nil
	}
	defer out.Close()
	return s.handOver(out, m)
}

var unfit = gateway.Reply{Code: 554, Enhanced: "5.6.0", Text: "message header cannot be read"}

// refuse answers for a fault; the cause goes into the log.
func (s *session) refuse(err error) answer {
	r := gateway.Reply(sessions.Failed)
	switch {
	case errors.Is(err, spool.ErrFull):
		r = gateway.Reply(sessions.Full)
	case errors.Is(err, errHeader):
		r = unfit
	}
	s.log().Error("message not taken", "error", err, "reply", r.Code)
	return reply(r)
}

// process runs the engine.
func (s *session) process() (*gateway.Outcome, error) {
	defer s.alive()()
	ctx, cancel := context.WithTimeout(context.Background(), s.server.Timeout)
	defer cancel()
	return s.server.Processor.Process(ctx, s.envelope(), s.msg)
}

// alive sends signs of life to Postfix until it is stopped: a frame of them must
// not fall between those of an answer.
func (s *session) alive() (stop func()) {
	done := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		t := time.NewTicker(s.server.Progress)
		defer t.Stop()
		for {
			select {
			case <-done:
				return
			case <-t.C:
				_, _ = s.conn.Write(progressFrame) // a connection that is gone is seen by who answers
			}
		}
	}()
	return func() { close(done); <-stopped }
}

// progressFrame is SMFIR_PROGRESS, which go-milter does not know.
var progressFrame = append(binary.BigEndian.AppendUint32(nil, 1), 'p')

// handOver turns the outcome into what Postfix understands.
func (s *session) handOver(out *gateway.Outcome, m *milter.Modifier) (milter.Response, error) {
	if out.Disposition == gateway.Reject || out.Disposition == gateway.TempFail {
		return reply(out.Reply), nil
	}
	if len(out.Deliveries) > 1 || out.Disposition == gateway.Accept && s.noticed(out.Deliveries) {
		return s.split(out), nil
	}
	if !s.forAll(out.Deliveries) {
		return s.refuse(errors.New("milter: the one copy is not for every recipient")), nil
	}
	if err := s.edit(out, m); err != nil {
		return nil, err // the connection is gone, or half an edit is: Postfix keeps the mail
	}
	return goOn, nil
}

// forAll reports whether there is one copy, for all recipients: what is changed in
// place goes to each of them.
func (s *session) forAll(copies []gateway.Delivery) bool {
	return len(copies) == 1 &&
		slices.Equal(slices.Sorted(slices.Values(copies[0].To)), slices.Sorted(slices.Values(s.envelope().To)))
}

// split sends the copies away and lets Postfix drop its own. They have a time of their
// own: what processing took of it would show in the answer.
func (s *session) split(out *gateway.Outcome) answer {
	defer s.alive()()
	ctx, cancel := context.WithTimeout(context.Background(), s.server.Timeout)
	defer cancel()
	if s.server.Splitter == nil || out.Disposition == gateway.Quarantine {
		s.log().Error("several copies and no way to deliver them", "copies", len(out.Deliveries))
		return reply(gateway.Reply(sessions.Failed))
	}
	if r := s.server.Splitter.Deliver(ctx, s.t, s.msg, out.Deliveries); r.Code != 0 {
		s.log().Warn("copies not taken by reinject", "reply", r.Code, "text", r.Text)
		return reply(r)
	}
	s.log().Info("copies delivered through reinject", "copies", len(out.Deliveries))
	return answer{code: byte(milter.ActDiscard)}
}

// edit changes the message in place: sender, header, hold, and then the body in
// one run (Postfix cannot mix them).
func (s *session) edit(out *gateway.Outcome, m *milter.Modifier) error {
	d := out.Deliveries[0]
	if d.CameEncrypted {
		if err := m.ChangeFrom("<" + d.Sender + ">\x00RET=HDRS"); err != nil {
			return err
		}
	}
	for _, op := range operations(s.names, d.Edits) {
		if err := op.send(m); err != nil {
			return err
		}
	}
	if out.Disposition == gateway.Quarantine {
		if err := m.Quarantine(replyText(out.Reply.Text)); err != nil {
			return err
		}
	}
	if d.Body == nil {
		return nil
	}
	return replaceBody(m, d.Body)
}
