package main

// This file writes the man pages out of the commands and of config.example.toml,
// and fails when those in packaging are not what it would write. `make man` renews
// them.

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

var update = flag.Bool("update", false, "write the man pages anew")

const packaging = "../../packaging"

func TestManPages(t *testing.T) {
	example, err := os.ReadFile("../../config.example.toml")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"sealgate.8": commandPage(rootCommand()), "sealgate.toml.5": configPage(string(example))} {
		path := filepath.Join(packaging, name)
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%s is out of date: make man", name)
		}
	}
}

// roff escapes text for a man page: no line begins a request, hyphens stay hyphens.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}

// commandPage is sealgate(8).
func commandPage(root *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH SEALGATE 8\n.SH NAME\nsealgate \\- %s\n.SH SYNOPSIS\n.B sealgate\n.I command\n[flags]\n.SH DESCRIPTION\n%s\n.SH COMMANDS\n",
		roff(root.Short), strings.ReplaceAll(roff(root.Long), "\n\n", "\n.PP\n"))
	for _, c := range root.Commands() {
		if c.Name() != "help" && c.Name() != "completion" {
			describeCommand(&b, c, "sealgate ")
		}
	}
	b.WriteString(`.SH SIGNALS
.TP
.B SIGHUP
Keys, rules and roots are read anew. When anything is wrong with the new ones, the old ones stay and the log says why. Listeners and the store need a restart.
.TP
.BR SIGTERM ", " SIGINT
What is under way is finished, for at most a minute; new sessions are refused. Mail that is cut off stays with Postfix.
.SH FILES
.TP
.I /etc/sealgate/config.toml
The configuration, see
.BR sealgate.toml (5).
.TP
.I /var/lib/sealgate
The store of certificates (server.data_dir), and the socket through which
.B sealgate cert
reaches the gateway that runs. Only the gateway's user can enter: run
.B sealgate cert
as that user.
.SH EXAMPLES
.nf
` + roff(root.Example) + `
.fi
.SH SEE ALSO
.BR sealgate.toml (5),
.BR postconf (5),
.BR openssl\-cms (1)
`)
	return b.String()
}

// describeCommand writes a command with its flags, or those below it.
func describeCommand(b *strings.Builder, c *cobra.Command, before string) {
	if c.HasSubCommands() {
		for _, sub := range c.Commands() {
			describeCommand(b, sub, before+c.Name()+" ")
		}
		return
	}
	fmt.Fprintf(b, ".SS %s\n%s.\n", roff(before+c.Use), roff(upperFirst(c.Short)))
	if c.Long != "" {
		fmt.Fprintf(b, ".PP\n%s\n", roff(c.Long))
	}
	c.NonInheritedFlags().AddFlagSet(c.InheritedFlags())
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Name == "help" {
			return
		}
		value := ""
		if f.Value.Type() != "bool" {
			value = " \\fI" + roff(strings.TrimSuffix(f.Value.Type(), "Array")) + "\\fR"
		}
		fmt.Fprintf(b, ".TP\n\\fB%s\\fR%s\n%s", roff("--"+f.Name), value, roff(upperFirst(f.Usage)))
		if f.DefValue != "" && f.DefValue != "[]" && f.DefValue != "false" {
			fmt.Fprintf(b, " (default: %s)", roff(f.DefValue))
		}
		b.WriteString("\n")
	})
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// configPage is sealgate.toml(5): each table of the example is a section, each
// option stands with its default below the sentence that explains it.
func configPage(example string) string {
	var b, words strings.Builder
	b.WriteString(".TH SEALGATE.TOML 5\n.SH NAME\nsealgate.toml \\- configuration of sealgate(8)\n.SH DESCRIPTION\n")
	flush := func() {
		if words.Len() > 0 {
			fmt.Fprintf(&b, ".PP\n%s\n", roff(strings.TrimSpace(words.String())))
			words.Reset()
		}
	}
	for line := range strings.Lines(example) {
		line = strings.TrimSpace(line)
		bare := strings.TrimPrefix(line, "#")
		switch {
		case line == "":
			flush()
		case strings.HasPrefix(bare, "["):
			text := words.String()
			words.Reset()
			fmt.Fprintf(&b, ".SH %s\n", roff(bare))
			words.WriteString(text)
			flush()
		case strings.HasPrefix(line, "# "):
			words.WriteString(line[2:] + "\n")
		case strings.Contains(bare, " = "):
			flush()
			fmt.Fprintf(&b, ".br\n\\fB%s\\fR\n", roff(bare))
		}
	}
	flush()
	b.WriteString(".SH SEE ALSO\n.BR sealgate (8)\n")
	return b.String()
}
