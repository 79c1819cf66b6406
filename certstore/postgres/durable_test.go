package postgres

import (
	"context"
	"strings"
	"testing"
)

// TestWhatAFailoverLoses: only a commit that a standby has confirmed outlives its primary.
func TestWhatAFailoverLoses(t *testing.T) {
	for d, want := range map[Durability]string{
		{"on", "standby"}:            "",
		{"remote_apply", "ANY 1(*)"}: "",
		{"on", ""}:                   "synchronous_standby_names is empty",
		{"off", "standby"}:           "synchronous_commit is off",
		{"local", "standby"}:         "synchronous_commit is local",
		{"remote_write", "standby"}:  "synchronous_commit is remote_write",
	} {
		err := d.Lacks()
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", d, err, want)
		}
	}
	s := open(t, Options{URL: newURL(t)})
	d, err := s.Durability(context.Background())
	if err != nil || d.Commit != "on" || d.Standbys != "" {
		t.Errorf("%+v, %v", d, err)
	}
}
