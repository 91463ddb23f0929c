// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package smi

import (
	"fmt"
	"io"
	"strings"

	"ailab.conformance/simgpu/internal/mark"
)

// printList writes the output of nvidia-smi -L.
func printList(out io.Writer, rows []row) {
	for _, r := range rows {
		fmt.Fprintf(out, "GPU %d: %s (UUID: %s)\n", r.index, r.Product, r.UUID)
	}
}

// printQuery writes the output of nvidia-smi --query-gpu.
func printQuery(out io.Writer, rows []row, wanted query) {
	line := func(cell func(field) string) {
		cells := make([]string, len(wanted.columns))
		for i, column := range wanted.columns {
			cells[i] = cell(column)
		}
		fmt.Fprintln(out, strings.Join(cells, ", "))
	}
	if wanted.header {
		line(func(f field) string { return f.title(wanted.units) })
	}
	for _, r := range rows {
		line(func(f field) string { return f.text(r, wanted.units) })
	}
}

// printTable writes the output of nvidia-smi without arguments; rows must not be empty.
func printTable(out io.Writer, rows []row) {
	const width = 96
	rule := "+" + strings.Repeat("-", width) + "+"
	text := func(format string, values ...any) {
		fmt.Fprintf(out, "|%-*s|\n", width, " "+fmt.Sprintf(format, values...))
	}
	fmt.Fprintln(out, rule)
	text("NVIDIA-SMI (%s: no hardware)   Driver Version: %s   CUDA Version: %s", mark.Word, rows[0].DriverVersion, short(rows[0].CUDAVersion))
	fmt.Fprintln(out, rule)
	const line = "%4v  %-22s %-14s %12s  %-36s"
	text(line, "GPU", "Name", "Device", "Memory", "UUID")
	for _, r := range rows {
		text(line, r.index, r.Product, r.Path, fmt.Sprintf("%d MiB", r.MemoryMiB), strings.TrimPrefix(r.UUID, "GPU-"))
	}
	fmt.Fprintln(out, rule)
}
