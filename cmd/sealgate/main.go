// Command sealgate is an S/MIME gateway for Postfix.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"sealgate/internal/terminal"
)

func main() { os.Exit(execute(os.Args[1:])) }

// The groups of the help text.
const (
	groupGateway  = "gateway"
	groupMessages = "messages"
	groupKeys     = "keys"
)

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use: "sealgate", Short: "S/MIME gateway for Postfix", SilenceErrors: true, SilenceUsage: true,
		Version: version(),
		Long: `sealgate gives a helpdesk that knows no S/MIME signed and encrypted mail: as a
milter or SMTP proxy of Postfix, it decrypts and verifies what comes in, and signs
and encrypts what goes out as X-SMIME-Sign and X-SMIME-Encrypt ask.

MESSAGE is a file, or - for standard input. Exit codes: 0, 1 for a failure (of
verify: for anything but "valid"), 2 for wrong use or a file that cannot be read.`,
		Example: `  sealgate key import --out keys/support.pem support.p12
  sealgate check --config config.toml --postfix
  sealgate verify --roots ca.pem message.eml`,
	}
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.AddGroup(
		&cobra.Group{ID: groupGateway, Title: "The gateway:"},
		&cobra.Group{ID: groupMessages, Title: "Messages:"},
		&cobra.Group{ID: groupKeys, Title: "Keys and certificates:"},
	)
	add := func(group string, list ...*cobra.Command) {
		for _, c := range list {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	add(groupGateway, initCommand(), serveCommand(), checkCommand(), healthCommand(), reloadCommand(), logCommand(),
		adminCommand(), versionCommand())
	add(groupMessages, verifyCommand(), explainCommand(), decryptCommand(), signCommand(), encryptCommand())
	add(groupKeys, certCommand(), keyCommand(), storeCommand())
	return root
}

func execute(args []string) int {
	root := rootCommand()
	root.SetArgs(args)
	err := root.Execute()
	if err == nil {
		return 0
	}
	if text := err.Error(); text != "" {
		fmt.Fprintln(terminal.New(os.Stderr), "sealgate:", text)
	}
	var f *failure
	if errors.As(err, &f) {
		return f.code
	}
	fmt.Fprintln(os.Stderr, "sealgate help says how it is used")
	return exitUsage
}
