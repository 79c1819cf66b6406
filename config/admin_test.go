package config

import "testing"

// TestAdminAtHome: without TLS it listens on this machine alone, also at a unix socket.
func TestAdminAtHome(t *testing.T) {
	for address, ok := range map[string]bool{
		"127.0.0.1:8895": true, "[::1]:8895": true, "localhost:8895": true, "unix:/run/sealgate/admin.sock": true,
		"0.0.0.0:8895": false, ":8895": false, "192.0.2.1:8895": false, "mail.example:8895": false,
	} {
		if _, err := Parse("[[listener]]\nprotocol = \"milter\"\naddress = \"127.0.0.1:8891\"\ndirection = \"inbound\"\n[admin]\naddress = \""+address+"\"\n", t.TempDir()); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}
