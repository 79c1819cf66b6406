package milter

// This file is Postfix's side of the protocol, on raw frames.

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"sealgate/gateway"
	"sealgate/spool"
)

// engine answers what a test wants and keeps what it was given.
type engine struct {
	envs  []gateway.Envelope
	texts []string
	skip  bool
	do    func(ctx context.Context, env gateway.Envelope) (*gateway.Outcome, error)
}

func (e *engine) NeedsBody(gateway.Envelope) bool { return !e.skip }

func (e *engine) Process(ctx context.Context, env gateway.Envelope, msg *spool.File) (*gateway.Outcome, error) {
	text, err := io.ReadAll(msg.NewReader())
	if err != nil {
		return nil, err
	}
	e.envs, e.texts = append(e.envs, env), append(e.texts, string(text))
	if e.do != nil {
		return e.do(ctx, env)
	}
	return &gateway.Outcome{Deliveries: []gateway.Delivery{{To: env.To}}}, nil
}

// serve starts a server on a port of its own.
func serve(t *testing.T, s *Server) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveOn(t, s, l)
}

// serveOn starts a server and looks, at the end, that nothing is left in the spool.
func serveOn(t *testing.T, s *Server, l net.Listener) (address string) {
	t.Helper()
	if s.Direction == "" {
		s.Direction = gateway.Inbound
	}
	if s.Spool == nil {
		sp, err := spool.New(spool.Options{Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		s.Spool = sp
	}
	s.Log = slog.New(slog.DiscardHandler)
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		s.Shutdown(ctx)
		if err := <-done; err != nil {
			t.Error(err)
		}
		for range 100 {
			if s.Spool.Used() == 0 {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Errorf("%d octets are left in the spool", s.Spool.Used())
	})
	return l.Addr().String()
}

// frame is one message of the protocol.
type frame struct {
	code byte
	data string
}

// mta is a connection as Postfix makes it.
type mta struct {
	t *testing.T
	c net.Conn
}

func dial(t *testing.T, address string) *mta {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(10 * time.Second))
	return &mta{t, c}
}

func (m *mta) send(code byte, data string) {
	m.t.Helper()
	out := binary.BigEndian.AppendUint32(nil, uint32(len(data)+1))
	if _, err := m.c.Write(append(append(out, code), data...)); err != nil {
		m.t.Fatal(err)
	}
}

func (m *mta) read() frame {
	m.t.Helper()
	f, err := m.tryRead()
	if err != nil {
		m.t.Fatal(err)
	}
	return f
}

func (m *mta) tryRead() (frame, error) {
	var head [5]byte
	if _, err := io.ReadFull(m.c, head[:]); err != nil {
		return frame{}, err
	}
	data := make([]byte, binary.BigEndian.Uint32(head[:4])-1)
	_, err := io.ReadFull(m.c, data)
	return frame{head[4], string(data)}, err
}

// ask sends a command and expects an answer of that code.
func (m *mta) ask(code byte, data string, want byte) frame {
	m.t.Helper()
	m.send(code, data)
	f := m.read()
	if f.code != want {
		m.t.Fatalf("%c: answer %c %q, want %c", code, f.code, f.data, want)
	}
	return f
}

// connect negotiates and connects from an IPv4 address.
func (m *mta) connect(from string) {
	m.t.Helper()
	offer := m.ask('O', "\x00\x00\x00\x06\x00\x00\x01\xff\x00\x1f\xff\xff", 'O')
	if got := binary.BigEndian.Uint32([]byte(offer.data[8:12])); got != uint32(protocol) {
		m.t.Errorf("protocol bits %b, want %b", got, protocol)
	}
	m.send('D', "Cj\x00mail.firma.example\x00{daemon_name}\x00smtpd\x00")
	m.ask('C', "client.example\x004\x30\x39"+from+"\x00", 'c')
}

// message is what a test sends.
type message struct {
	from   string // with its arguments: "<a@b>\x00RET=HDRS"
	user   string
	to     []string
	header []string // "Name\x00value\x00"
	body   string
}

// begin sends everything but the end.
func (m *mta) begin(g message) {
	m.t.Helper()
	m.send('D', "M{auth_authen}\x00"+g.user+"\x00")
	m.ask('M', g.from+"\x00", 'c')
	for i, to := range g.to {
		m.send('D', "R{rcpt_addr}\x00"+to+"\x00"+map[bool]string{true: "i\x00QUEUEID\x00"}[i > 0])
		m.ask('R', to+"\x00", 'c')
	}
	for _, h := range g.header {
		m.send('L', h)
	}
	m.send('N', "")
}

// finish sends the body and the end, and returns what comes back.
func (m *mta) finish(g message) (all []frame) {
	m.t.Helper()
	for body := g.body; body != ""; {
		n := min(len(body), 65535)
		m.send('B', body[:n])
		if f := m.read(); f.code == 's' {
			break
		} else if f.code != 'c' {
			m.t.Fatalf("body: %c %q", f.code, f.data)
		}
		body = body[n:]
	}
	m.send('D', "Ei\x00QUEUEID\x00")
	m.send('E', "")
	for {
		f := m.read()
		all = append(all, f)
		if strings.IndexByte("cdytra", f.code) >= 0 {
			return all
		}
	}
}

func (m *mta) deliver(g message) []frame {
	m.t.Helper()
	m.begin(g)
	return m.finish(g)
}

// closed reports whether the server ends the connection.
func (m *mta) closed() bool {
	m.c.SetReadDeadline(time.Now().Add(3 * time.Second))
	_, err := m.tryRead()
	return err == io.EOF || strings.Contains(err.Error(), "reset")
}

func simple(to ...string) message {
	return message{from: "<anna@kunde.example>", to: wrap(to), header: []string{"From\x00 anna@kunde.example\x00", "Subject\x00 x\x00"}, body: "text\r\n"}
}

func wrap(list []string) (out []string) {
	for _, a := range list {
		out = append(out, "<"+a+">")
	}
	return out
}

// postfix applies modifications the way Postfix does: change and delete by the
// number among the fields of that name at this moment, insert by position.
type postfix struct {
	fields []string // "Name:value"
	body   bytes.Buffer
	from   string
	held   string
}

func (p *postfix) apply(t *testing.T, list []frame) {
	t.Helper()
	bodySeen := false
	for _, f := range list {
		if bodySeen && strings.IndexByte("mihqe", f.code) >= 0 {
			t.Errorf("%c after the body: Postfix cannot mix them", f.code)
		}
		switch f.code {
		case 'm', 'i':
			index := int(binary.BigEndian.Uint32([]byte(f.data)))
			name, value, _ := strings.Cut(strings.TrimSuffix(f.data[4:], "\x00"), "\x00")
			if f.code == 'i' {
				at := min(max(index-1, 0), len(p.fields))
				p.fields = append(p.fields[:at], append([]string{name + ":" + value}, p.fields[at:]...)...)
				continue
			}
			p.change(t, index, name, value)
		case 'h':
			name, value, _ := strings.Cut(strings.TrimSuffix(f.data, "\x00"), "\x00")
			p.fields = append(p.fields, name+":"+value)
		case 'b':
			bodySeen = true
			p.body.WriteString(f.data)
		case 'e':
			p.from = f.data
		case 'q':
			p.held = f.data
		}
	}
}

func (p *postfix) change(t *testing.T, index int, name, value string) {
	n := 0
	for i, f := range p.fields {
		had, _, _ := strings.Cut(f, ":")
		if !strings.EqualFold(had, name) {
			continue
		}
		if n++; n < index {
			continue
		}
		if value == "" {
			p.fields = append(p.fields[:i], p.fields[i+1:]...)
		} else {
			p.fields[i] = name + ":" + value
		}
		return
	}
	t.Errorf("there is no %s number %d in %q", name, index, p.fields)
}
