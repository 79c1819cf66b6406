// Command bench measures how fast and in how much memory smime works, beside
// "limit", the bare primitives of Go on the same bytes, and openssl cms.
//
//	bench speed    operations per second, interleaved: limit, ours, openssl in turns
//	bench memory   peak heap of one operation on 1 KiB to 1 GiB
//	bench remember what it costs to remember each content key
//	bench oracle   whether good and bad ciphertexts can be told apart by time
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("usage: bench speed | memory | remember | oracle"))
	}
	var err error
	switch os.Args[1] {
	case "speed":
		err = speed()
	case "memory":
		err = memory(os.Args[2:])
	case "remember":
		err = remember()
	case "oracle":
		err = oracle()
	default:
		err = fmt.Errorf("unknown command %q; there are speed, memory, remember and oracle", os.Args[1])
	}
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "bench:", err)
	os.Exit(1)
}
