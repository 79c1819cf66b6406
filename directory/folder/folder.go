// Package folder finds certificates in a folder of files (PEM, DER, .p7b), which somebody else
// fills and which is read again when it has changed.
package folder

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"sealgate/certstore"
	"sealgate/directory"
	"sealgate/trust"
)

// Bounds of a folder.
const (
	maxFiles = 10_000
	maxFile  = 1 << 20 // octets, as certstore.ReadCertificates has it
)

// look is how often it is asked whether the folder has changed.
const look = 10 * time.Second

// Folder is one folder. What begins with a dot is not read, so that a file can be
// written under such a name and renamed.
type Folder struct {
	path string
	now  func() time.Time
	log  *slog.Logger

	mu     sync.Mutex
	looked time.Time                      // guarded by mu, as all below
	files  map[string]file                // by name
	people map[string][]*x509.Certificate // by address
	issuer []*x509.Certificate
}

// file is what has been read of one file.
type file struct {
	size    int64
	changed time.Time
	certs   []*x509.Certificate
}

// New returns a folder, which is not read yet.
func New(path string, now func() time.Time, log *slog.Logger) *Folder {
	return &Folder{path: path, now: now, log: log}
}

// Name implements directory.Directory.
func (f *Folder) Name() string { return "the folder " + f.path }

// Source implements directory.Directory.
func (f *Folder) Source() certstore.Source { return certstore.Folder }

// Search implements directory.Directory.
func (f *Folder) Search(_ context.Context, addr string) ([]directory.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.files == nil || f.now().Sub(f.looked) >= look {
		if err := f.read(); err != nil {
			return nil, fmt.Errorf("folder: %w", err)
		}
		f.looked = f.now()
	}
	var found []directory.Certificate
	for _, c := range f.people[addr] {
		found = append(found, directory.Certificate{Certificate: c})
	}
	if len(found) == 0 {
		return nil, nil
	}
	for _, c := range f.issuer {
		found = append(found, directory.Certificate{Certificate: c})
	}
	return found, nil
}

// Probe implements directory.Directory.
func (f *Folder) Probe(context.Context) error {
	_, err := os.ReadDir(f.path)
	return err
}

// read brings what is known up to the files that are there now.
func (f *Folder) read() error {
	entries, err := os.ReadDir(f.path)
	if err != nil {
		return err
	}
	if len(entries) > maxFiles {
		return fmt.Errorf("%s holds %d files, at most %d are read", f.path, len(entries), maxFiles)
	}
	files := make(map[string]file, len(entries))
	for _, e := range entries {
		name := e.Name()
		if name[0] == '.' {
			continue
		}
		info, err := os.Stat(filepath.Join(f.path, name)) // a link may lead to it
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue // gone since
		case err != nil:
			return err
		case !info.Mode().IsRegular():
			continue
		}
		old, known := f.files[name]
		if known && old.size == info.Size() && old.changed.Equal(info.ModTime()) {
			files[name] = old
			continue
		}
		certs, err := f.certificates(name, old.certs)
		if err != nil {
			return err
		}
		files[name] = file{info.Size(), info.ModTime(), certs}
	}
	f.files = files
	f.sort()
	return nil
}

// certificates reads one file. One that holds none is named in the log and does no harm to the
// others; what it held before stays, since it may be half written. One that cannot be read is an
// error: nobody knows what is in it.
func (f *Folder) certificates(name string, before []*x509.Certificate) ([]*x509.Certificate, error) {
	data, err := content(filepath.Join(f.path, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // gone since
	}
	if err != nil {
		return nil, err
	}
	certs, err := certstore.ReadCertificates(data)
	if err != nil {
		f.log.Warn("a file in a folder of certificates holds none that can be read",
			slog.String("folder", f.path), slog.String("file", name), slog.String("error", err.Error()))
		return before, nil
	}
	return certs, nil
}

func content(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, maxFile+1))
}

// sort puts all certificates under their addresses.
func (f *Folder) sort() {
	f.people = make(map[string][]*x509.Certificate)
	f.issuer = nil
	for _, file := range f.files {
		for _, c := range file.certs {
			if c.IsCA {
				f.issuer = append(f.issuer, c)
				continue
			}
			for _, a := range trust.Addresses(c) {
				f.people[a] = append(f.people[a], c)
			}
		}
	}
}
