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

// TestAdminLogins: nobody is an admin by mistake, and no reverse proxy one that anybody could be.
func TestAdminLogins(t *testing.T) {
	const (
		tcp    = "address = \"127.0.0.1:8895\"\n"
		unix   = "address = \"unix:/run/sealgate/admin.sock\"\n"
		header = "login_header = \"X-Remote-User\"\n"
		secret = "login_secret = \"sha256:0000000000000000000000000000000000000000000000000000000000000001\"\n"
		anna   = "[[admin.login]]\nname = \"anna\"\n"
		hash   = "password = \"$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"\n"
	)
	for text, ok := range map[string]bool{
		tcp + anna + hash:                                      true,
		tcp + anna:                                             false,
		tcp + anna + hash + anna + hash:                        false,
		tcp + "[[admin.login]]\n" + hash:                       false,
		tcp + header + secret + anna:                           true,
		tcp + header + anna + hash:                             false,
		unix + header + anna:                                   false, // a member of the socket's group
		unix + header + anna + hash:                            false,
		unix + header + secret + anna:                          true,
		unix + header:                                          false,
		unix + secret + anna + hash:                            false,
		unix + secret + "login_header = \"X Remote\"\n" + anna: false,
		unix + secret + "login_header = \"x-sealgate-secret\"\n" + anna: false,
	} {
		_, err := Parse("[[listener]]\nprotocol = \"milter\"\naddress = \"127.0.0.1:8891\"\ndirection = \"inbound\"\n[admin]\n"+text, t.TempDir())
		if (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
}
