// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package flags reads command lines as all commands of the stub do.
package flags

import (
	"errors"
	"flag"
	"fmt"
	"io"
)

// UsageError says that a command was called in a wrong way.
type UsageError struct{ reason string }

func (e UsageError) Error() string { return e.reason }

// Misused makes a UsageError: what was found, and what is expected.
func Misused(format string, values ...any) error {
	return UsageError{fmt.Sprintf(format, values...)}
}

// Set starts the flags of a command; its help goes to errs.
func Set(command string, errs io.Writer) *flag.FlagSet {
	set := flag.NewFlagSet("inference-stub "+command, flag.ContinueOnError)
	set.SetOutput(errs)
	return set
}

// Parse reads the arguments of a command, which takes flags only. The error is a UsageError, or flag.ErrHelp.
func Parse(set *flag.FlagSet, arguments []string) error {
	if err := set.Parse(arguments); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return Misused("%v", err)
	}
	if set.NArg() > 0 {
		return Misused("found arguments %q, expected flags only", set.Args())
	}
	return nil
}

// AtLeast says that a number given by a flag is too small. The error is a UsageError.
func AtLeast(name string, found, least int) error {
	if found < least {
		return Misused("--%s: found %d, expected at least %d", name, found, least)
	}
	return nil
}
