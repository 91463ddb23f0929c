// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Program inference-stub answers like an inference server that speaks the OpenAI API, with nothing behind it.
//
//	inference-stub serve     serves models, chat completions and completions, /health and /metrics
//	inference-stub load      sends requests through a gateway and prints who answered them
//	inference-stub version
//
// Every answer, model and time series says that it is of a stub: see package mark.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"ailab.conformance/inference/internal/flags"
	"ailab.conformance/inference/internal/load"
)

// version is the version of the program and the tag of its image; the lab's image list says the same.
const version = "0.1.0"

const usage = `usage: inference-stub serve|load [flags]   (--help lists them)
       inference-stub version
`

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without the process: the arguments are those after the program's name. It returns the exit code.
func run(arguments []string, out, errs io.Writer) int {
	if len(arguments) == 0 {
		fmt.Fprint(errs, usage)
		return 2
	}
	command, rest := arguments[0], arguments[1:]
	var err error
	switch command {
	case "serve":
		err = serve(rest, errs)
	case "load":
		err = load.Main(rest, out, errs)
	case "version":
		fmt.Fprintln(out, version)
	default:
		fmt.Fprintf(errs, "inference-stub: unknown command %q\n%s", command, usage)
		return 2
	}
	var misused flags.UsageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, &misused):
		fmt.Fprintf(errs, "inference-stub %s: %v\n", command, err)
		return 2
	default:
		fmt.Fprintf(errs, "inference-stub %s: %v\n", command, err)
		return 1
	}
}
