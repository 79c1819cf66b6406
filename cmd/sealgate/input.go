package main

// This file reads the message that an offline command is given.

import (
	"errors"
	"fmt"
	"io"
	"os"

	"sealgate/internal/mailfile"
	"sealgate/spool"
)

// message reads FILE or "-".
func message(sp *spool.Spool, path string) (*spool.File, error) {
	in := io.ReadCloser(os.Stdin)
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, unreadable(err)
		}
		in = f
	}
	defer in.Close()
	out := sp.Create()
	remark := func(what string) { fmt.Fprintln(os.Stderr, what) }
	if err := mailfile.Copy(out, in, remark); err != nil {
		out.Close()
		return nil, unreadable(err)
	}
	return out, nil
}

// messageToSend is message for those who make another one of it: an empty one there is
// a command before that failed.
func messageToSend(sp *spool.Spool, path string) (*spool.File, error) {
	msg, err := message(sp, path)
	if err != nil {
		return nil, err
	}
	if msg.Size() == 0 {
		msg.Close()
		return nil, unreadable(errors.New("the message is empty"))
	}
	return msg, nil
}
