package config

// This file is [[directory]]: where certificates of others are looked up.

import (
	"errors"
	"fmt"
	"time"

	"sealgate/directory"
	"sealgate/directory/httpstore"
	"sealgate/directory/ldap"
	"sealgate/directory/smimea"
)

// Directory is one [[directory]]: exactly one of LDAP, SMIMEA, HTTP and Folder is set.
type Directory struct {
	LDAP         string   `toml:"ldap"`
	StartTLS     bool     `toml:"starttls"`
	Base         string   `toml:"base"`
	Filter       string   `toml:"filter"`
	BindDN       string   `toml:"bind_dn"`
	PasswordFile string   `toml:"password_file"`
	SMIMEA       string   `toml:"smimea"`
	HTTP         string   `toml:"http"`
	Folder       string   `toml:"folder"`
	CAFile       string   `toml:"ca_file"`
	Domains      []string `toml:"domains"`
	Timeout      Duration `toml:"timeout"`
	Keep         Duration `toml:"keep"`
	KeepNone     Duration `toml:"keep_none"`
}

// maxDirectoryTimeout is what limits.look_ups leaves for all of them.
const maxDirectoryTimeout = time.Minute

// directories fills in what is not set, and finds what cannot be meant.
func (c *Config) directories() error {
	for i := range c.Directory {
		d := &c.Directory[i]
		if err := d.check(); err != nil {
			return at("directory", i+1, "", fmt.Errorf("directory %d: %w", i+1, err))
		}
	}
	return nil
}

func (d *Directory) check() error {
	set := 0
	for _, s := range []string{d.LDAP, d.SMIMEA, d.HTTP, d.Folder} {
		if s != "" {
			set++
		}
	}
	if set != 1 {
		return errors.New("exactly one of ldap, smimea, http and folder is set")
	}
	if d.LDAP == "" && d.Base+d.Filter+d.BindDN+d.PasswordFile != "" || d.LDAP == "" && d.StartTLS {
		return errors.New("starttls, base, filter, bind_dn and password_file are of ldap")
	}
	if (d.BindDN == "") != (d.PasswordFile == "") {
		return errors.New("bind_dn and password_file belong together")
	}
	if d.Folder != "" && d.CAFile != "" {
		return errors.New("ca_file is of ldap, smimea and http")
	}
	for i := range d.Domains {
		if err := domain(&d.Domains[i]); err != nil {
			return fmt.Errorf("domains: %w", err)
		}
	}
	d.fill()
	if time.Duration(d.Timeout) > maxDirectoryTimeout {
		return fmt.Errorf("timeout is at most %s", maxDirectoryTimeout)
	}
	return d.asked()
}

// fill sets the defaults of times.
func (d *Directory) fill() {
	for _, t := range []struct {
		to      *Duration
		without time.Duration
	}{
		{&d.Timeout, directory.DefaultTimeout},
		{&d.Keep, directory.DefaultKeep},
		{&d.KeepNone, directory.DefaultKeepNone},
	} {
		if *t.to == 0 {
			*t.to = Duration(t.without)
		}
	}
}

// asked lets the directory itself judge how it is to be asked.
func (d *Directory) asked() error {
	switch {
	case d.LDAP != "":
		_, err := ldap.New(d.LDAPOptions())
		return err
	case d.SMIMEA != "":
		_, err := smimea.New(smimea.Options{Resolver: d.SMIMEA})
		return err
	case d.HTTP != "":
		_, err := httpstore.New(httpstore.Options{URL: d.HTTP})
		return err
	}
	return nil
}

// LDAPOptions are the options that need no file.
func (d *Directory) LDAPOptions() ldap.Options {
	return ldap.Options{
		URL:      d.LDAP,
		StartTLS: d.StartTLS,
		BindDN:   d.BindDN,
		Base:     d.Base,
		Filter:   d.Filter,
		Timeout:  time.Duration(d.Timeout),
	}
}
