package config

// This file reads the file: strictly, with the line of every fault.

import (
	"errors"
	"fmt"
	"io/fs"
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
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("config: %w; --config names the file, config.example.toml is one to begin with", err)
	}
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("config: %s has %d octets, more than any configuration needs", path, info.Size())
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
		return nil, located(text, err)
	}
	return c, located(text, c.validate())
}

func syntax(err error) error {
	var p toml.ParseError
	if errors.As(err, &p) {
		line := max(p.Position.Line, 1) // the parser steps back over the end of a file that is cut off
		return fmt.Errorf("line %d: %s%s", line, inKey(p.LastKey, p.Message), p.Message)
	}
	return errors.New(strings.TrimPrefix(err.Error(), "toml: "))
}

// inKey names the key of a value that cannot be read.
func inKey(key, message string) string {
	if key == "" || strings.Contains(message, key) {
		return ""
	}
	return key + " "
}

// unknownKey names the line of a key that is not known, and the nearest one that
// is.
func unknownKey(text string, key toml.Key) error {
	name := key[len(key)-1]
	table := strings.Join(key[:len(key)-1], ".")
	e := ""
	if line := (place{table, 0, name}).line(text); line > 0 { // a key in odd quotes is not found
		e = fmt.Sprintf("line %d: ", line)
	}
	e += fmt.Sprintf("unknown key %q", key.String())
	if near := nearest(name, known()[table]); near != "" {
		e += fmt.Sprintf(", did you mean %q?", near)
	}
	return errors.New(e)
}
