package control

// This file carries a message to the gateway, and back what it is worth: no plaintext leaves
// the gateway that way.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// maxMessage bounds a message that is to be judged, in octets: no mail server takes a larger one.
const maxMessage = 1 << 30

// Judgement is what a message is worth.
type Judgement struct {
	Report  json.RawMessage // for programs, as verify --json prints it
	Drawing string          // for people
}

// judge answers with the Judgement of the message in the body.
func (s *Server) judge(w http.ResponseWriter, r *http.Request) {
	s.Log.Info("control socket", "path", r.URL.Path)
	c := http.NewResponseController(w)
	body := &patient{http.MaxBytesReader(w, r.Body, maxMessage), c, s.arrive()}
	ctx, cancel := context.WithTimeout(r.Context(), answerTime+s.arrive())
	defer cancel()
	j, err := s.Judge(ctx, r.URL.Query()["to"], body)
	a := answer{Judgement: j}
	if err != nil {
		a.Error = err.Error()
	}
	_ = c.SetWriteDeadline(time.Now().Add(s.arrive())) // if that fails, so does writing
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(a) // who asked may be gone
}

// patient gives each read its time, however long all of them take.
type patient struct {
	io.Reader
	control *http.ResponseController
	step    time.Duration
}

func (r *patient) Read(p []byte) (int, error) {
	if err := r.control.SetReadDeadline(time.Now().Add(r.step)); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

// Judge asks what a message is worth to these recipients; none are those that it names.
func (c *Client) Judge(ctx context.Context, to []string, msg io.Reader) (*Judgement, error) {
	path := pathJudge + "?" + url.Values{"to": to}.Encode()
	a, err := c.send(ctx, path, "message/rfc822", msg)
	switch {
	case err != nil:
		return nil, fmt.Errorf("running gateway: %w", err)
	case a.Error != "":
		return nil, errors.New(a.Error)
	case a.Judgement == nil:
		return nil, errors.New("running gateway: an answer without a judgement")
	}
	return a.Judgement, nil
}
