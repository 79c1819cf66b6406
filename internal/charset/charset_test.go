package charset

import "testing"

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"":                                      "",
		"plain":                                 "plain",
		"\ufeffone\n\ufefftwo":                  "one\ntwo",
		"\xff\xfea\x00\xe4\x00":                 "aä",
		"\xfe\xff\x00a\xd8\x3d\xdd\x11":         "a\U0001f511",
		"a\x00b\x00":                            "ab",
		"\x00a\x00b":                            "ab",
		"Br\xfcder":                             "Br\xfcder",
		"\x30\x80\x02\x01\x03\x30\x80\x06\x09*": "\x30\x80\x02\x01\x03\x30\x80\x06\x09*",
	} {
		if got := string(Text([]byte(in))); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestUTF8(t *testing.T) {
	for in, want := range map[string]string{"": "", "Grüße": "Grüße", "Gr\xfc\xdfe": "Grüße", "\xfcber ü": "über Ã¼"} {
		if got := UTF8(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestPassword(t *testing.T) {
	for in, want := range map[string]string{
		"":                             "",
		"secret\nmore":                 "secret",
		"secret\r\n":                   "secret",
		" with blanks \n":              " with blanks ",
		"\ufeffsecret\r\n":             "secret",
		"\xff\xfes\x00\xfc\x00\n\x00":  "sü",
		"\xfe\xff\x00s\x00\xfc\x00\n":  "sü",
		"s\x00e\x00\r\x00\n\x00":       "se",
		"gr\xfc\xdfe 5\x80\n":          "grüße 5€",
		"grüße":                        "grüße",
		"two\ufeffmarks":               "two\ufeffmarks",
		"\xff\xfe=\xd8\x11\xdd\n\x00x": "\U0001f511",
	} {
		if got := string(Password([]byte(in))); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
