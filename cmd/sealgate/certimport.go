package main

// This file is cert import: whatever holds certificates goes into the store, and what does
// not is named.

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"sealgate/certstore"
	"sealgate/internal/certfile"
	"sealgate/internal/control"
	"sealgate/internal/spki"
	"sealgate/internal/x509cert"
	"sealgate/spool"
	"sealgate/trust"
)

// Bounds of one import.
const (
	maxImportFiles = 100_000
	maxImport      = 200_000 // certificates
	maxChain       = 8       // authorities kept with one certificate
)

// runWithStore makes a command's RunE out of what it does with the store.
type runWithStore func(func(context.Context, control.Store, []string) error) func(*cobra.Command, []string) error

func importCommand(with runWithStore) *cobra.Command {
	var passwordFile string
	var states bool
	c := &cobra.Command{
		Use: "import [--password-file FILE] FILE|FOLDER... | import --states FILE...", Args: cobra.MinimumNArgs(1),
		Short: "add certificates: PEM, DER, base64, .p7b, .p12, LDIF, vCard, signed mail, folders of them",
		RunE: with(func(ctx context.Context, s control.Store, args []string) error {
			if states {
				return importStates(ctx, s, args)
			}
			sp, err := offlineSpool()
			if err != nil {
				return unreadable(err)
			}
			i := &importer{store: s, spool: sp, passwordFile: passwordFile, issuers: map[string][]*x509.Certificate{}}
			return i.run(ctx, args)
		}),
	}
	c.Flags().StringVar(&passwordFile, "password-file", "",
		"password of .p12 files, FILE (default: asked for on the terminal)")
	c.Flags().BoolVar(&states, "states", false,
		"read what your own cert export --states wrote, with its blocks and pins: never a file of somebody else")
	return c
}

// imported is one certificate and the file that it stood in.
type imported struct {
	path string
	cert *x509.Certificate
}

// importer is one import under way.
type importer struct {
	store        control.Store
	spool        *spool.Spool
	passwordFile string

	list      []imported
	issuers   map[string][]*x509.Certificate // authorities among them, by subject
	added     int
	known     int
	completed int // records whose chain the authorities completed
	leftOut   int
}

// run reads everything before it stores anything: a chain may lie in another file than
// its certificate.
func (i *importer) run(ctx context.Context, args []string) error {
	files, err := importFiles(args)
	if err != nil {
		return unreadable(err)
	}
	var failed error
	for n, f := range files {
		err := i.read(ctx, f.path)
		if missing := (*fs.PathError)(nil); errors.As(err, &missing) {
			return unreadable(err)
		}
		if err != nil {
			i.leaveOut(f.path, err.Error())
			if f.named {
				failed = errors.Join(failed, fmt.Errorf("%s: %w", f.path, err))
			}
		}
		progress(n+1, len(files), "files read")
	}
	for n, c := range i.list {
		if err := i.put(ctx, c); err != nil {
			return err
		}
		progress(n+1, len(i.list), "certificates stored")
	}
	if err := i.complete(ctx); err != nil {
		return err
	}
	fmt.Printf("%d new, %d known already, %d chains completed, %d left out\n", i.added, i.known, i.completed, i.leftOut)
	return failed
}

func (i *importer) leaveOut(path, why string) {
	i.leftOut++
	fmt.Fprintf(terminal{os.Stderr}, "%s: left out: %s\n", path, why)
}

// importFile is a file to be read; named tells that it does not just lie in a folder.
type importFile struct {
	path  string
	named bool
}

// importFiles are the files named, and those in the folders named.
func importFiles(args []string) (files []importFile, err error) {
	for _, arg := range args {
		err := filepath.WalkDir(arg, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case len(files) == maxImportFiles:
				return fmt.Errorf("%s: more than %d files", arg, maxImportFiles)
			case d.IsDir():
				return nil
			case path == arg || d.Type().IsRegular():
				files = append(files, importFile{path, path == arg})
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

func (i *importer) read(ctx context.Context, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, certfile.MaxSize+1))
	if err != nil {
		return err
	}
	if certstore.HasStates(data) {
		return errStates
	}
	b, err := certfile.Read(ctx, data, certfile.Options{Spool: i.spool, Password: password(i.passwordFile, path)})
	if err != nil {
		return err
	}
	for _, what := range b.LeftOut {
		i.leaveOut(path, what)
	}
	if len(i.list)+len(b.Certificates) > maxImport {
		return fmt.Errorf("more than %d certificates at once", maxImport)
	}
	for _, c := range b.Certificates {
		i.list = append(i.list, imported{path, c})
		if c.IsCA {
			i.issuers[string(c.RawSubject)] = append(i.issuers[string(c.RawSubject)], c)
		}
	}
	return nil
}

// put stores one certificate under the addresses in it.
func (i *importer) put(ctx context.Context, in imported) error {
	c := in.cert
	names := trust.Addresses(c)
	if len(names) == 0 && c.IsCA {
		return nil // complete tells whether it was of use
	}
	if len(names) == 0 {
		i.leaveOut(in.path, fmt.Sprintf("%q names no address", c.Subject))
		return nil
	}
	now := time.Now()
	r := certstore.NewRecord(c, names, certstore.Imported, certstore.Active, now)
	r.ProofTime = now
	r.Intermediates = i.chain(c)
	_, err := i.store.ByIdentity(ctx, r.Identity)
	unknown := errors.Is(err, certstore.ErrNotFound)
	if err != nil && !unknown {
		return err
	}
	err = i.store.Put(ctx, r)
	if errors.Is(err, certstore.ErrRecord) {
		i.leaveOut(in.path, err.Error())
		return nil
	}
	if err != nil {
		return err
	}
	if unknown {
		i.added++
	} else {
		i.known++
	}
	stored, err := i.store.ByIdentity(ctx, r.Identity) // what was decided before stays
	if err != nil {
		return err
	}
	fmt.Println(line(stored))
	if why := useless(c, stored.State, now); why != "" {
		fmt.Fprintf(terminal{os.Stderr}, "%s: %q: %s: nobody will be encrypted to with it\n", in.path, names[0], why)
	}
	return nil
}

// chain are the authorities of this import between a certificate and its root.
func (i *importer) chain(c *x509.Certificate) (raw [][]byte) {
	for len(raw) < maxChain {
		issuer := i.issuer(c)
		if issuer == nil || bytes.Equal(issuer.RawSubject, issuer.RawIssuer) {
			return raw
		}
		raw = append(raw, issuer.Raw)
		c = issuer
	}
	return raw
}

func (i *importer) issuer(c *x509.Certificate) *x509.Certificate {
	for _, a := range i.issuers[string(c.RawIssuer)] {
		if spki.CheckSignatureFrom(c, a) == nil {
			return a
		}
	}
	return nil
}

// complete gives the records of the store the authorities that they lack.
func (i *importer) complete(ctx context.Context) error {
	if len(i.issuers) == 0 {
		return nil
	}
	var incomplete []*certstore.Record
	err := all(ctx, i.store, func(r *certstore.Record) error {
		c, err := x509cert.Parse(r.DER)
		if err != nil {
			return nil // shown by cert show; nothing can be completed
		}
		if chain := i.chain(c); len(chain) > len(r.Intermediates) {
			r.Intermediates = chain
			incomplete = append(incomplete, r)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, r := range incomplete {
		if err := i.store.Put(ctx, r); err != nil {
			return err
		}
		i.completed++
	}
	return nil
}

// progressStep is how many things are done between two lines of progress.
const progressStep = 50

// progress tells who sits at a terminal how far a long import is.
func progress(done, all int, what string) {
	if term.IsTerminal(int(os.Stderr.Fd())) {
		fmt.Fprint(os.Stderr, progressLine(done, all, what))
	}
}

// progressLine is shown when so many of all are done; "" when nothing new is to be said.
func progressLine(done, all int, what string) string {
	if all <= progressStep || done%progressStep != 0 && done != all {
		return ""
	}
	const width = 30
	line := fmt.Sprintf("\r[%-*s] %d of %d %s ", width, strings.Repeat("#", width*done/all), done, all, what)
	if done == all {
		line += "\n"
	}
	return line
}
