// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package smi is nvidia-smi for simulated devices: it tells which devices the container that it runs in may use.
//
// The answer is the kernel's. A device is listed when open(2) on its device node is let through; its UUID and name come
// from a read-only file that CDI mounts with the device (package identity). Nothing that a workload can write, set or
// mount makes another device appear.
package smi

import (
	"errors"
	"flag"
	"fmt"
	"io"

	"ailab.conformance/simgpu/internal/layout"
	"ailab.conformance/simgpu/internal/mark"
)

// Exit codes of nvidia-smi (nvidia-smi(1), RETURN VALUE).
const (
	exitSuccess  = 0
	exitArgument = 2 // a supplied argument or flag is invalid
	exitNotFound = 6 // a query to find an object was unsuccessful
	exitInternal = 255
)

// Main runs nvidia-smi with the arguments after the program's name and returns its exit code.
func Main(arguments []string, out, errs io.Writer) int {
	return run(linux, layout.Container{}, arguments, out, errs)
}

// options are the parsed arguments.
type options struct {
	list  bool
	query *query
}

func run(k kernel, container layout.Container, arguments []string, out, errs io.Writer) int {
	wanted, err := parse(arguments, errs)
	if errors.Is(err, flag.ErrHelp) {
		return exitSuccess
	}
	if err != nil {
		fmt.Fprintf(errs, "nvidia-smi (%s): %v\n", mark.Word, err)
		return exitArgument
	}
	devices, refusals, err := k.find(container)
	for _, refusal := range refusals {
		fmt.Fprintf(errs, "nvidia-smi (%s): %v\n", mark.Word, refusal)
	}
	if err != nil {
		fmt.Fprintf(errs, "nvidia-smi (%s): %v\n", mark.Word, err)
		return exitInternal
	}
	if len(devices) == 0 {
		fmt.Fprintf(out, "No devices were found (%s)\n", mark.Word)
		return exitNotFound
	}
	rows := make([]row, len(devices))
	for index, device := range devices {
		rows[index] = row{Device: device, index: index, count: len(devices)}
	}
	switch {
	case wanted.list:
		printList(out, rows)
	case wanted.query != nil:
		printQuery(out, rows, *wanted.query)
	default:
		printTable(out, rows)
	}
	return exitSuccess
}

func parse(arguments []string, errs io.Writer) (options, error) {
	var wanted options
	var columns, format string
	set := flag.NewFlagSet("nvidia-smi", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.BoolVar(&wanted.list, "L", false, "list the devices, one a line")
	set.BoolVar(&wanted.list, "list-gpus", false, "the same as -L")
	set.StringVar(&columns, "query-gpu", "", "`columns` to print, separated by commas")
	set.StringVar(&format, "format", "", "of --query-gpu: `csv`[,noheader][,nounits]")
	if err := set.Parse(arguments); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprintf(errs, "nvidia-smi (%s): lists the devices that this container may open\n", mark.Word)
			set.SetOutput(errs)
			set.PrintDefaults()
		}
		return options{}, err
	}
	if set.NArg() > 0 {
		return options{}, fmt.Errorf("argument %q is not valid: see nvidia-smi --help", set.Arg(0))
	}
	if columns != "" {
		parsed, err := parseQuery(columns, format)
		if err != nil {
			return options{}, err
		}
		wanted.query = &parsed
	} else if format != "" {
		return options{}, errors.New("--format is not valid without --query-gpu")
	}
	if wanted.list && wanted.query != nil {
		return options{}, errors.New("-L and --query-gpu exclude each other")
	}
	return wanted, nil
}
