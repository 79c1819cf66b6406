// The form of addresses that callers compare.

package trust

import "testing"

// TestNormalAddress has a request whose address the caller wrote as people do.
func TestNormalAddress(t *testing.T) {
	got, err := NormalAddress("Anna@KUNDE.Example.")
	if err != nil || got != "anna@kunde.example" {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := NormalAddress("anna"); err == nil {
		t.Errorf("%q is an address", got)
	}
}
