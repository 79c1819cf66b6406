package encodedword

import "testing"

// TestDecode: every charset that programs write, and ASCII in one that nobody knows.
func TestDecode(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                                   "plain",
		"=?utf-8?Q?gr=C3=BCn?=":                   "grün",
		"=?iso-8859-1?Q?gr=FCn?=":                 "grün",
		"=?windows-1251?B?7/Do4uXy?=.p7m":         "привет.p7m",
		"=?windows-1251?B?7/Do4uXy?= .p7m":        "привет .p7m",
		"=?windows-1251?Q?=EF=F0=E8.p7m?=":        "при.p7m",
		"=?x-unheard-of?Q?[signed]?=":             "[signed]",
		"=?utf-8?Q?one?= =?utf-8?Q?two?=":         "onetwo",
		"=?utf-8?X?what no encoding is named for": "=?utf-8?X?what no encoding is named for",
	} {
		if got := Decode(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
