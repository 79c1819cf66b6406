package main

// This file opens the directories that certificates are looked up in.

import (
	"crypto/x509"
	"fmt"
	"log/slog"
	"time"

	"sealgate/config"
	"sealgate/directory"
	"sealgate/directory/folder"
	"sealgate/directory/httpstore"
	"sealgate/directory/ldap"
	"sealgate/directory/smimea"
	"sealgate/gateway/lookup"
	"sealgate/keyring"
)

// directories are those of [[directory]], in its order.
func directories(cfg *config.Config, observer directory.Observer, log *slog.Logger) ([]lookup.Source, error) {
	var list []lookup.Source
	for i := range cfg.Directory {
		d := &cfg.Directory[i]
		place, err := openDirectory(d, log)
		if err != nil {
			return nil, fmt.Errorf("directory %d: %w", i+1, err)
		}
		list = append(list, directory.New(place, directory.Options{
			Domains:  d.Domains,
			Timeout:  time.Duration(d.Timeout),
			Keep:     time.Duration(d.Keep),
			KeepNone: time.Duration(d.KeepNone),
			Now:      time.Now,
			Observer: observer,
		}))
	}
	return list, nil
}

func openDirectory(d *config.Directory, log *slog.Logger) (directory.Directory, error) {
	cas, err := serverCAs(d.CAFile)
	if err != nil {
		return nil, err
	}
	switch {
	case d.LDAP != "":
		o := d.LDAPOptions()
		o.CAs = cas
		if d.PasswordFile != "" {
			password, err := keyring.PasswordFile(d.PasswordFile)()
			if err != nil {
				return nil, err
			}
			o.Password = string(password)
		}
		return ldap.New(o)
	case d.SMIMEA != "":
		return smimea.New(smimea.Options{Resolver: d.SMIMEA, CAs: cas, Timeout: time.Duration(d.Timeout)})
	case d.HTTP != "":
		return httpstore.New(httpstore.Options{URL: d.HTTP, CAs: cas, Timeout: time.Duration(d.Timeout)})
	}
	return folder.New(d.Folder, time.Now, log), nil
}

// serverCAs are the authorities of a directory's own certificate; nil: those of the system.
func serverCAs(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	certs, err := readCertificates([]string{file}, nil)
	if err != nil {
		return nil, fmt.Errorf("ca_file: %w", err)
	}
	pool := x509.NewCertPool()
	for _, c := range certs {
		pool.AddCert(c)
	}
	return pool, nil
}
