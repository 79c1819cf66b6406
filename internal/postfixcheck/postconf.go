package postfixcheck

// This file asks postconf and postmap.

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Read asks the Postfix whose configuration lies in dir; "" is Postfix's own
// choice.
func Read(dir string) (*Postfix, error) {
	ask := func(args ...string) (string, error) { return run("postconf", dir, args...) }
	main, err := ask()
	if err != nil {
		return nil, err
	}
	master, err := ask("-M")
	if err != nil {
		return nil, err
	}
	override, err := ask("-P")
	if err != nil {
		return nil, err
	}
	p := Parse(main, master, override)
	p.File = os.ReadFile
	p.Answers = answers
	if postfix, err := lookupAccount(p.value(nil, "mail_owner")); err == nil {
		p.MayOpen = postfix.MayOpen
	}
	p.Lookup = func(maps, key string) ([]string, error) { return lookup(dir, maps, key) }
	p.askExpanded(ask)
	p.List = func(table string) (map[string][]string, error) { return list(dir, table) }
	return p, nil
}

// askExpanded has Postfix itself replace $name, for main.cf and for each service with settings of
// its own. One that is too old for that (-o is of 2.10) leaves it to expandFor.
func (p *Postfix) askExpanded(ask func(args ...string) (string, error)) {
	expanded := func(args ...string) map[string]string {
		out, err := ask(append([]string{"-x"}, args...)...)
		if err != nil {
			return nil
		}
		return settingsOf(out)
	}
	p.Expanded = expanded()
	for i := range p.Services {
		s := &p.Services[i]
		var own []string
		for name, value := range s.Override {
			own = append(own, "-o", name+"="+value)
		}
		if len(own) > 0 {
			s.Expanded = expanded(own...)
		}
	}
}

// settingsOf reads lines "name = value".
func settingsOf(text string) map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(line, "="); ok {
			all[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
	}
	return all
}

// read is the text of a map's source.
func (p *Postfix) read(path string) (string, error) {
	if p.File == nil {
		return "", errors.New("no files here")
	}
	text, err := p.File(path)
	return string(text), err
}

func run(program, dir string, args ...string) (string, error) {
	if dir != "" {
		args = append([]string{"-c", dir}, args...)
	}
	cmd := exec.Command(program, args...)
	var msg bytes.Buffer
	cmd.Stderr = &msg
	out, err := cmd.Output()
	if err != nil {
		return string(out), fmt.Errorf("%s: %w %s", program, err, strings.TrimSpace(msg.String()))
	}
	return string(out), nil
}

// Parse reads the output of postconf, postconf -M and postconf -P.
func Parse(main, master, override string) *Postfix {
	p := &Postfix{Main: settingsOf(main)}
	for line := range strings.Lines(master) {
		f := strings.Fields(line)
		if len(f) < 8 {
			continue
		}
		p.Services = append(p.Services, Service{
			Name: f[0], Type: f[1], Chroot: f[4] == "y", Command: f[7],
			Override: map[string]string{},
		})
	}
	for line := range strings.Lines(override) {
		where, value, ok := strings.Cut(line, " = ")
		if !ok {
			where = strings.TrimSuffix(strings.TrimSpace(line), " =")
			value = ""
		}
		p.override(strings.TrimSpace(where), strings.TrimSpace(value))
	}
	return p
}

// override takes "service/type/name" apart; a service's name may hold slashes.
func (p *Postfix) override(where, value string) {
	for i := range p.Services {
		s := &p.Services[i]
		if name, ok := strings.CutPrefix(where, s.Name+"/"+s.Type+"/"); ok {
			s.Override[name] = value
			return
		}
	}
}

// lookup asks each of a list of tables, in order. postmap is silent, with status
// 1, about a key that is not there.
func lookup(dir, maps, key string) ([]string, error) {
	for _, m := range tables(maps) {
		out, err := run("postmap", dir, "-q", key, m)
		out = strings.TrimSpace(out)
		if out != "" {
			return split(out), nil
		}
		if err != nil && !strings.HasSuffix(err.Error(), "exit status 1 ") {
			return nil, err
		}
	}
	return nil, nil
}

// list reads a whole table, as far as its type can be listed.
func list(dir, table string) (map[string][]string, error) {
	out, err := run("postmap", dir, "-s", table)
	if err != nil {
		return nil, err
	}
	all := map[string][]string{}
	for line := range strings.Lines(out) {
		if key, value, ok := strings.Cut(line, "\t"); ok && key != "@" &&
			!strings.HasPrefix(key, "YP_") { // marks of postalias(1)
			all[strings.ToLower(key)] = split(value)
		}
	}
	return all, nil
}
