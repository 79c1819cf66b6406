package config

// This file reads the file: strictly, with the line of every fault.

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/BurntSushi/toml"
)

// maxFile bounds a configuration file, in octets.
const maxFile = 1 << 20

// Load reads, checks and resolves the file at path. Errors name the file and,
// where there is one, the line.
func Load(path string) (*Config, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("config: %s has %d bytes, more than any configuration needs", path, info.Size())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	c, err := Parse(string(text), filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("config: %s: %w", path, err)
	}
	return c, nil
}

// Parse reads text; relative paths in it are relative to dir.
func Parse(text, dir string) (*Config, error) {
	c := Default()
	md, err := toml.Decode(text, c)
	if err != nil {
		return nil, syntax(err)
	}
	if unknown := md.Undecoded(); len(unknown) > 0 {
		return nil, unknownKey(text, unknown[0])
	}
	if err := c.resolve(dir); err != nil {
		return nil, err
	}
	return c, c.validate()
}

func syntax(err error) error {
	var p toml.ParseError
	if errors.As(err, &p) {
		return fmt.Errorf("line %d: %s", p.Position.Line, p.Message)
	}
	return err
}

// unknownKey names the line of a key that is not known, and the nearest one that
// is.
func unknownKey(text string, key toml.Key) error {
	name := key[len(key)-1]
	e := fmt.Sprintf("line %d: unknown key %q", lineOf(text, key), key.String())
	if near := nearest(name, known()[strings.Join(key[:len(key)-1], ".")]); near != "" {
		e += fmt.Sprintf(", did you mean %q?", near)
	}
	return errors.New(e)
}

// lineOf finds the first line that sets key in its table, or opens the table.
func lineOf(text string, key toml.Key) int {
	table, in := strings.Join(key[:len(key)-1], "."), ""
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			in = strings.TrimSpace(strings.Trim(strings.SplitN(line, "#", 2)[0], "[] \t"))
			if in == key.String() {
				return i + 1
			}
			continue
		}
		name, _, ok := strings.Cut(line, "=")
		if ok && in == table && strings.Trim(strings.TrimSpace(name), `"'`) == key[len(key)-1] {
			return i + 1
		}
	}
	return 0
}
