package smime

// This file reads stretches of several readers as one, so that unchanged octets are never copied.

import (
	"bytes"
	"io"
	"sort"
)

// joined is an io.ReaderAt over stretches of others.
type joined struct {
	pieces []piece
	size   int64
}

type piece struct {
	r    io.ReaderAt
	off  int64 // where in r it begins
	n    int64
	from int64 // where in the whole it begins
}

// add appends n octets of r from off; a stretch that goes on where the last one
// ended makes it longer.
func (j *joined) add(r io.ReaderAt, off, n int64) {
	if n == 0 {
		return
	}
	if l := len(j.pieces) - 1; l >= 0 && j.pieces[l].r == r && j.pieces[l].off+j.pieces[l].n == off {
		j.pieces[l].n += n
	} else {
		j.pieces = append(j.pieces, piece{r, off, n, j.size})
	}
	j.size += n
}

func (j *joined) addBytes(p []byte) { j.add(bytes.NewReader(p), 0, int64(len(p))) }

// ReadAt reads as io.ReaderAt says.
func (j *joined) ReadAt(p []byte, off int64) (done int, err error) {
	k := sort.Search(len(j.pieces), func(i int) bool { return j.pieces[i].from+j.pieces[i].n > off })
	for ; done < len(p) && k < len(j.pieces); k++ {
		s := j.pieces[k]
		skip := off + int64(done) - s.from
		want := p[done:min(int64(len(p)), int64(done)+s.n-skip)]
		if err := readFull(s.r, want, s.off+skip); err != nil {
			return done, err
		}
		done += len(want)
	}
	if done < len(p) {
		return done, io.EOF
	}
	return done, nil
}
