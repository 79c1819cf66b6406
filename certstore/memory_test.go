package certstore

import (
	"context"
	"testing"
	"time"
)

// TestMemoryFromBefore: what an older version has stored is still read.
func TestMemoryFromBefore(t *testing.T) {
	s, err := OpenBadger(BadgerOptions{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.keep(memoryKey([32]byte{1}), []byte(`{"HiddenSubject":true}`), time.Hour); err != nil {
		t.Fatal(err)
	}
	m, known, err := s.Recall(context.Background(), [32]byte{1})
	if err != nil || !known || !m.HiddenSubject || m.Own || m.Writers != nil {
		t.Errorf("%+v %v %v", m, known, err)
	}
}
