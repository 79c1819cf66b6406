package main

// This file is cert import: whatever holds certificates goes into the store, and what does
// not is named.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"sealgate/certstore"
	"sealgate/internal/certadmin"
	"sealgate/internal/certfile"
	"sealgate/internal/terminal"
	"sealgate/journal"
	"sealgate/spool"
)

// maxImportFiles bounds one import.
const maxImportFiles = 100_000

func importCommand(with runWithStore) *cobra.Command {
	var passwordFile string
	var states bool
	c := &cobra.Command{
		Use: "import [--password-file FILE] FILE|FOLDER... | import --states FILE...", Args: cobra.MinimumNArgs(1),
		Short: "add certificates: PEM, DER, base64, .p7b, .p12, LDIF, vCard, signed mail, folders of them",
		RunE: with(func(ctx context.Context, s *commandStore, args []string) error {
			if states {
				return importStates(ctx, s, args)
			}
			sp, err := offlineSpool()
			if err != nil {
				return unreadable(err)
			}
			return newImporter(s, sp, passwordFile).run(ctx, args)
		}),
	}
	c.Flags().StringVar(&passwordFile, "password-file", "",
		"password of .p12 files, FILE (default: asked for on the terminal)")
	c.Flags().BoolVar(&states, "states", false,
		"read what your own cert export --states wrote, with its blocks and pins: never a file of somebody else")
	return c
}

// importer is one import under way.
type importer struct {
	*certadmin.Import
	record       journal.Recorder
	passwordFile string
	leftOut      int
}

func newImporter(s *commandStore, sp *spool.Spool, passwordFile string) *importer {
	i := &importer{record: s.record, passwordFile: passwordFile}
	roots, err := readCertificates(s.roots, func(string, string) {})
	if err != nil {
		roots = nil // check says what is wrong with them; here they only spare a warning
	}
	i.Import = &certadmin.Import{
		Store: s, Spool: sp, LeftOut: i.leaveOut, Roots: roots,
		Stored: func(path string, r *certstore.Record, useless string) {
			fmt.Println(line(r))
			if useless != "" {
				fmt.Fprintf(terminal.New(os.Stderr), "%s: %q: %s: nobody will be encrypted to with it\n",
					path, r.Addresses[0], useless)
			}
		},
		Progress: func(done, all int) { progress(done, all, "certificates stored") },
	}
	return i
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
	change := journal.Change{
		By: commander(), What: "import", Text: fmt.Sprintf("%d certificates of %d files", i.Len(), len(files)),
	}
	if err := i.record.Make(ctx, change, func() error { return i.Commit(ctx) }); err != nil {
		return err
	}
	fmt.Printf("%d new, %d known already, %d chains completed, %d left out\n", i.Added, i.Known, i.Completed, i.leftOut)
	return failed
}

func (i *importer) leaveOut(path, why string) {
	i.leftOut++
	fmt.Fprintf(terminal.New(os.Stderr), "%s: left out: %s\n", path, why)
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
	return i.Import.Read(ctx, path, data, password(i.passwordFile, path))
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
