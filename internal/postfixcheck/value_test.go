package postfixcheck

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestReferences compares with postconf -x.
func TestReferences(t *testing.T) {
	const values = "full = v\nempty =\nSome_1 = $full\nv1 = a $full.b\nv2 = ${full}x\nv3 = $(full)y\nv4 = ${full?yes}\nv5 = ${empty?yes}\nv6 = ${full:no}\nv7 = ${empty:no}\nv8 = ${full?{yes, $v1}:{no}}\nv9 = ${empty?{yes}:{no $Some_1}}\nva = ${empty:{no}}z\nvb = $Some_1, ${v2}\n" +
		"vc = ${{$compatibility_level} <level {2} ? {old} : {}}\nvd = ${{$compatibility_level} >=level {3.6}?{new, $full}:{old}}\n" +
		"ve = ${{$full} == {v} ? {same} : {other}}\nvf = ${{10} > {9} ? {as numbers} : {as text}}\nvg = ${{$full} != {v} ? {other}}\nvh = ${{b10} > {b9} ? {no} : {as text}}\n"
	if _, err := exec.LookPath("postconf"); err != nil {
		t.Skip("postconf is not installed")
	}
	dir := t.TempDir()
	names := []string{"v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "va", "vb", "vc", "vd", "ve", "vf", "vg", "vh"}
	// only what is used counts as a parameter, so each value is one of Postfix's own
	known := []string{"mydomain", "relay_domains", "mydestination", "alias_maps", "canonical_maps", "virtual_alias_maps", "smtpd_milters", "non_smtpd_milters", "always_bcc", "relocated_maps", "mynetworks", "transport_maps", "local_recipient_maps", "relay_recipient_maps", "sender_bcc_maps", "recipient_bcc_maps", "smtpd_sender_login_maps"}
	text := "compatibility_level = 3.6\n" + values
	for i, n := range names {
		text += known[i] + " = $" + n + "\n"
	}
	if err := os.WriteFile(filepath.Join(dir, "main.cf"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	p := Parse(text, "", "")
	for i, n := range names {
		out, err := exec.Command("postconf", "-c", dir, "-x", "-h", known[i]).Output()
		if want, got := strings.TrimSpace(string(out)), strings.TrimSpace(p.expand("$"+n)); err != nil || got != want {
			t.Errorf("%s: %q, postconf says %q %v", n, got, want, err)
		}
	}
}

// TestPostconfIsAsked: where Postfix itself replaces $name, with a service's own settings, its word
// counts.
func TestPostconfIsAsked(t *testing.T) {
	if _, err := exec.LookPath("postconf"); err != nil {
		t.Skip("postconf is not installed")
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"main.cf": "compatibility_level = 3.6\nmydomain = main.example\nalways_bcc = all@$mydomain\n",
		"master.cf": "smtp inet n - n - - smtpd\nsubmission inet n - n - - smtpd\n  -o mydomain=own.example\n" +
			"  -o smtpd_milters=inet:$mydomain:8892\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	own := &p.Services[1]
	if p.Expanded["always_bcc"] != "all@main.example" || own.Expanded["always_bcc"] != "all@own.example" {
		t.Errorf("%q, %q", p.Expanded["always_bcc"], own.Expanded["always_bcc"])
	}
	own.Expanded["always_bcc"] = "as postconf says"
	if got := p.value(own, "always_bcc") + ", " + p.value(own, "smtpd_milters"); got != "as postconf says, inet:own.example:8892" {
		t.Errorf("%q", got)
	}
}

// TestReferencesOfAService: what main.cf refers to, a service may set for itself.
func TestReferencesOfAService(t *testing.T) {
	p := Parse(strings.Replace(mainCf, "smtpd_milters = inet:127.0.0.1:8891", "smtpd_milters = $ours\nours = inet:127.0.0.1:8891", 1), master, minusP+"smtp/inet/ours =\n")
	if got := strings.Join(faults(Check(p, house())), "\n"); !strings.Contains(got, "smtp/inet: mail that enters here does not pass") {
		t.Errorf("%q", got)
	}
	if got := p.expand("$a"); got != "" {
		t.Errorf("%q", got)
	}
	p.Main["a"] = "x $a"
	p.expand("$a") // ends
}
