package smime

// This file reads through buffers that are no larger than what there is to read.

import "io"

// bufferSize is how large a buffer need be for r, which may know its size; at most most.
func bufferSize(r any, most int64) int {
	if s, ok := r.(interface{ Size() int64 }); ok {
		return int(max(min(s.Size(), most), 1))
	}
	return int(most)
}

// copyChunk is how much is copied and hashed at once.
const copyChunk = 32 << 10

// readFull fills p from off; an input that ends before is a fault of ours.
func readFull(r io.ReaderAt, p []byte, off int64) error {
	n, err := r.ReadAt(p, off)
	if n == len(p) {
		return nil
	}
	if err == io.EOF || err == nil {
		return io.ErrUnexpectedEOF
	}
	return err
}
