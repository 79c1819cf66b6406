package spool

// This file is File: written once from front to back, then read from anywhere.

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// chunk is how much is encrypted at once; a multiple of the AES block.
const chunk = 128 << 10

// piece is the unit of memory: pieces are reused, where a slice that grows costs
// as much in copying and clearing as the disk.
const piece = 32 << 10

// ErrClosed is returned by a File after Close.
var ErrClosed = errors.New("spool: file is closed")

// File holds the octets of one message. Write appends; after the last Write,
// ReadAt may be called from any number of goroutines.
type File struct {
	mu     sync.RWMutex // memory goes back to the pool in Close: no reader may be in it then
	spool  *Spool
	public bool           // what is written is no secret
	memory []*[piece]byte // the first octets, up to kept
	kept   int64          // octets in memory; once there is a disk file, no more are added
	disk   *os.File       // what follows, from its offset 0 on
	block  cipher.Block
	stream cipher.Stream // encrypts what is appended
	size   int64
	closed bool
}

// Write appends p. ErrFull leaves the File as it was.
func (f *File) Write(p []byte) (int, error) {
	f.spool.rest()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return 0, ErrClosed
	}
	if err := f.spool.reserve(int64(len(p))); err != nil {
		return 0, err
	}
	n, err := f.write(p)
	f.size += int64(n)
	if n < len(p) {
		f.spool.release(int64(len(p) - n))
	}
	return n, err
}

func (f *File) write(p []byte) (n int, err error) {
	if f.disk == nil {
		n = f.keep(p)
	}
	if n == len(p) {
		return n, nil
	}
	if f.disk == nil {
		if err := f.toDisk(); err != nil {
			return n, err
		}
	}
	m, err := f.append(p[n:], f.size+int64(n)-f.kept)
	return n + m, err
}

// keep puts what still fits into memory.
func (f *File) keep(p []byte) (done int) {
	p = p[:min(int64(len(p)), f.spool.o.Memory-f.kept)]
	for done < len(p) {
		at := f.kept % piece
		if at == 0 {
			m := f.spool.memory()
			if m == nil {
				break
			}
			f.memory = append(f.memory, m)
		}
		n := copy(f.memory[len(f.memory)-1][at:], p[done:])
		done += n
		f.kept += int64(n)
	}
	return done
}

// toDisk makes the temporary file for what does not fit into memory.
func (f *File) toDisk() error {
	if !f.public {
		key := make([]byte, 32)
		if _, err := rand.Read(key); err != nil {
			return fmt.Errorf("spool: %w", err)
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return fmt.Errorf("spool: %w", err)
		}
		f.block = block
		f.stream = streamAt(block, 0)
	}
	disk, err := unlinked(f.spool.o.Dir)
	if err != nil {
		return fmt.Errorf("spool: cannot make a temporary file: %w", err)
	}
	f.disk = disk
	return nil
}

// append encrypts p and writes it at off, the end of the file. After a failed
// write the stream is set back to what was written.
func (f *File) append(p []byte, off int64) (done int, err error) {
	if f.public {
		done, err = f.disk.WriteAt(p, off)
		if err != nil {
			err = fmt.Errorf("spool: %w", err)
		}
		return done, err
	}
	buf := f.spool.buffers.Get().(*[chunk]byte)
	defer f.spool.buffers.Put(buf)
	for done < len(p) && err == nil {
		n := min(len(p)-done, chunk)
		f.stream.XORKeyStream(buf[:n], p[done:done+n])
		n, err = f.disk.WriteAt(buf[:n], off+int64(done))
		done += n
	}
	if err != nil {
		f.stream = streamAt(f.block, off+int64(done))
		return done, fmt.Errorf("spool: %w", err)
	}
	return done, nil
}

// ReadAt reads as io.ReaderAt says.
func (f *File) ReadAt(p []byte, off int64) (int, error) {
	f.spool.rest()
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.closed {
		return 0, ErrClosed
	}
	if off < 0 {
		return 0, errors.New("spool: negative offset")
	}
	if off >= f.size {
		return 0, io.EOF
	}
	short := int64(len(p)) > f.size-off
	if short {
		p = p[:f.size-off]
	}
	if err := f.read(p, off); err != nil {
		return 0, err
	}
	if short {
		return len(p), io.EOF
	}
	return len(p), nil
}

func (f *File) read(p []byte, off int64) error {
	for off < f.kept && len(p) > 0 {
		end := min(f.kept, off-off%piece+piece)
		n := copy(p, f.memory[off/piece][off%piece:end-off+off%piece])
		p = p[n:]
		off += int64(n)
	}
	if len(p) == 0 {
		return nil
	}
	off -= f.kept
	if _, err := f.disk.ReadAt(p, off); err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	if !f.public {
		streamAt(f.block, off).XORKeyStream(p, p)
	}
	return nil
}

// Size is the number of octets written.
func (f *File) Size() int64 { return f.size }

// NewReader reads the whole File from its beginning.
func (f *File) NewReader() *io.SectionReader { return io.NewSectionReader(f, 0, f.size) }

// Close frees the content. It may be called more than once; a ReadAt under way
// ends first, later ones get ErrClosed.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	f.closed = true
	f.spool.release(f.size)
	f.forget()
	f.block = nil
	f.stream = nil
	if f.disk == nil {
		return nil
	}
	return f.disk.Close()
}

// forget wipes what is in memory and gives it back.
func (f *File) forget() {
	for i, m := range f.memory {
		clear(m[:min(piece, f.kept-int64(i)*piece)])
		f.spool.giveBack(m)
	}
	f.memory = nil
}

// streamAt is the AES-CTR key stream from octet off on. The key is used for one
// file only, so the counter begins at zero.
func streamAt(b cipher.Block, off int64) cipher.Stream {
	var iv [aes.BlockSize]byte
	binary.BigEndian.PutUint64(iv[8:], uint64(off/aes.BlockSize))
	s := cipher.NewCTR(b, iv[:])
	var skip [aes.BlockSize]byte
	n := off % aes.BlockSize
	s.XORKeyStream(skip[:n], skip[:n])
	return s
}

// unlinked is a temporary file that has no name by the time it is returned.
func unlinked(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "sealgate-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
