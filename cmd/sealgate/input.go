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

// message reads FILE or "-". What is made of it may lie in the same spool.
func message(path string) (*spool.File, *spool.Spool, error) {
	sp, err := offlineSpool()
	if err != nil {
		return nil, nil, unreadable(err)
	}
	in := io.ReadCloser(os.Stdin)
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, nil, unreadable(err)
		}
		in = f
	}
	defer in.Close()
	out := sp.Create()
	remark := func(what string) { fmt.Fprintln(os.Stderr, what) }
	if err := mailfile.Copy(out, in, remark); err != nil {
		out.Close()
		return nil, nil, unreadable(err)
	}
	return out, sp, nil
}

// messageToSend is message for those who make another one of it: an empty one there is
// a command before that failed.
func messageToSend(path string) (*spool.File, *spool.Spool, error) {
	msg, sp, err := message(path)
	if err != nil {
		return nil, nil, err
	}
	if msg.Size() == 0 {
		msg.Close()
		return nil, nil, unreadable(errors.New("the message is empty"))
	}
	return msg, sp, nil
}
