package keyring

// This file reads what the tools write: testdata/tools/MANIFEST names each file, its
// password and the commands that made it (make interop, with -record).

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const tools = "testdata/tools"

// recordedFile is one line of the manifest.
type recordedFile struct{ name, password string }

func manifest(t *testing.T) (list []recordedFile) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(tools, "MANIFEST"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, "\t")
		if len(fields) != 3 {
			t.Fatalf("MANIFEST: %q", line)
		}
		list = append(list, recordedFile{fields[0], fields[1]})
	}
	files, err := os.ReadDir(tools)
	if err != nil || len(list) < 100 || len(files) != len(list)+1 {
		t.Fatalf("%d files, %d in MANIFEST, %v", len(files), len(list), err)
	}
	return list
}

// TestRecordedFiles: each is read with its password, and another one is called wrong.
func TestRecordedFiles(t *testing.T) {
	open := []string{"openssl-pkcs-12-nothing-encrypted", "gpgsm-pkcs-8"}
	for _, f := range manifest(t) {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			slow := strings.HasPrefix(f.name, "nss") || strings.HasPrefix(f.name, "certtool")
			if slow && testing.Short() {
				t.Skip("its password is derived in very many rounds: not in a short run")
			}
			data, err := os.ReadFile(filepath.Join(tools, f.name))
			if err != nil {
				t.Fatal(err)
			}
			got, err := Read(data, secret(f.password))
			if err != nil || len(got.Credentials) != 1 {
				t.Fatalf("%+v, %v", got, err)
			}
			if names := got.Credentials[0].Certificate.EmailAddresses; !slices.Equal(names, []string{"support@firma.example"}) {
				t.Errorf("the certificate of %q", names)
			}
			protected := !slices.ContainsFunc(open, func(name string) bool { return strings.HasPrefix(f.name, name) })
			if slow || f.password == "" || !protected {
				return
			}
			if _, err := Read(data, secret(f.password+"x")); !errors.Is(err, ErrPassword) {
				t.Errorf("another password: %v", err)
			}
			if _, err := Read(data, nil); !errors.Is(err, errNoPassword) {
				t.Errorf("no password: %v", err)
			}
		})
	}
}
