package control

// This file carries a backup over the socket: in clear, for the socket is the gateway's
// user's alone, and who asks encrypts it before it touches a disk.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// backup streams a snapshot of the store. A failure cuts the answer off, so that nobody
// takes it for a whole one.
func (s *Server) backup(w http.ResponseWriter, r *http.Request) {
	s.Log.Info("control socket", "path", r.URL.Path)
	if s.Backup == nil {
		http.Error(w, "this store has no backup", http.StatusNotImplemented)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), backupTime)
	defer cancel()
	w.Header().Set("Content-Type", "application/octet-stream")
	out := &stepwise{w, http.NewResponseController(w), s.arrive()}
	err := s.Backup(ctx, out)
	if err == nil {
		return
	}
	s.Log.Error("control socket: the backup is not whole", "error", err)
	panic(http.ErrAbortHandler) // net/http's word for it: the connection ends, nothing is logged
}

// stepwise gives each write its time, however long all of them take.
type stepwise struct {
	io.Writer
	control *http.ResponseController
	step    time.Duration
}

func (w *stepwise) Write(p []byte) (int, error) {
	if err := w.control.SetWriteDeadline(time.Now().Add(w.step)); err != nil {
		return 0, err
	}
	return w.Writer.Write(p)
}

// Backup writes a snapshot of the running gateway's store to w, in clear. An error means
// that it is not whole.
func (c *Client) Backup(ctx context.Context, w io.Writer) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://control"+pathBackup, http.NoBody)
	if err != nil {
		return err
	}
	stream := &http.Client{Transport: c.http.Transport} // a backup takes longer than an answer
	resp, err := stream.Do(req)
	if err != nil {
		return fmt.Errorf("running gateway: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		why, _ := io.ReadAll(io.LimitReader(resp.Body, maxHeader))
		return fmt.Errorf("running gateway: it answers %s (%s)", resp.Status, strings.TrimSpace(string(why)))
	}
	_, err = io.Copy(w, resp.Body)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("running gateway: it broke the backup off; its log says why")
	}
	return err
}
