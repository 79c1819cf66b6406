// Command sealgate is an S/MIME gateway for Postfix.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

// The exit codes that scripts rely on.
const (
	exitNotValid = 1 // verify: anything but "valid"; elsewhere a failure
	exitUsage    = 2 // wrong use, or a file that cannot be read
)

// failure ends the program with an exit code. A nil error says nothing.
type failure struct {
	code int
	err  error
}

func (f *failure) Error() string {
	if f.err == nil {
		return ""
	}
	return f.err.Error()
}

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	root := &cobra.Command{Use: "sealgate", Short: "S/MIME gateway for Postfix", SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(serveCommand(), checkCommand(), verifyCommand(), decryptCommand(), signCommand(), encryptCommand(), explainCommand(), certCommand(), keyCommand())
	root.SetArgs(args)
	err := root.Execute()
	if err == nil {
		return 0
	}
	if text := err.Error(); text != "" {
		fmt.Fprintln(os.Stderr, "sealgate:", text)
	}
	var f *failure
	if errors.As(err, &f) {
		return f.code
	}
	return exitUsage
}
