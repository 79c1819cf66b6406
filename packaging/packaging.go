// Package packaging holds the files of the packages that the program itself needs.
package packaging

import (
	_ "embed" // for the configuration
)

// Config is /etc/sealgate/config.toml as the packages bring it: two lines of it are to be
// filled in.
//
//go:embed config.toml
var Config string
